"""A raw article in, a clean one or a rejection out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.cleaning import dates, dumps, language
from streams.cleaning.bodies import Body, BodyError, open_body
from streams.cleaning.context import Context
from streams.cleaning.credit import find_credit
from streams.cleaning.decoding import UndecodableError
from streams.cleaning.identity import article_id, content_hash
from streams.cleaning.lines import Line, split, words
from streams.cleaning.programs import looks_like_program
from streams.records import CleanArticle, Dropped, RawArticle, Rejection

#: Shorter texts (words) are a headline or a stub: nothing that could be compared with other articles.
MIN_WORDS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What was found in a body: the kept paragraphs, the audit, and metadata from the markup."""

    title: str | None
    paragraphs: Sequence[str]
    dropped: tuple[Dropped, ...] = ()
    dropped_lines: Sequence[str] = ()
    authors: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    source: str | None = None
    url: str | None = None


class Cleaner:
    """Cleans articles. Build one a process; ``clean`` is a pure function of its arguments.

    ``max_bytes``: larger contents (UTF-8 or as fetched) are rejected as ``too_large``.
    """

    def __init__(self, max_bytes: int = 10_000_000) -> None:
        self.max_bytes = max_bytes

    def clean(
        self, raw: RawArticle, context: Context | None = None, *, received_at: datetime | None = None
    ) -> CleanArticle | Rejection:
        """The article in ``raw``, with ``revision`` 0, or why there is none.

        ``context`` is what the host's earlier pages had in common (``CleaningMemory.observe``); ``received_at`` is
        the latest time at which the article can have been published, where ``raw.fetched_at`` is not known.
        """
        name = article_id(raw)
        if raw.retracted:
            return CleanArticle(id=name, text="", url=raw.url, source=raw.source, retracted=True)
        try:
            return self._clean(raw, name, raw.fetched_at or received_at)
        except BodyError as error:
            return _reject(raw, name, error.reason, str(error))
        except UndecodableError as error:
            return _reject(raw, name, "undecodable", str(error))

    def _clean(self, raw: RawArticle, name: str, now: datetime | None) -> CleanArticle:
        published = _given_date(raw.published, now)
        body = open_body(raw, self.max_bytes)
        found = _from_html(body, raw) if body.kind == "html" else _from_text(body, raw)
        text = "\n\n".join(found.paragraphs)
        size = words(text)
        if size < MIN_WORDS:
            total = words(body.text) if body.kind == "text" else 0
            if total > 10 * MIN_WORDS:
                raise BodyError("not_an_article", f"{size} words of running text in {total}")
            raise BodyError("too_short", f"{size} words, an article has at least {MIN_WORDS}")
        title = found.title
        code, confidence = language.detect(f"{title or ''} {text}")
        return CleanArticle(
            id=name,
            text=text,
            title=title,
            url=raw.url or found.url,
            source=raw.source or found.source,
            authors=found.authors,
            published=published or _plausible(found.published, now),
            modified=_plausible(found.modified, now),
            language=raw.language or body.language or code,
            language_confidence=None if raw.language or body.language else confidence,
            credit=find_credit(found.paragraphs, found.dropped_lines),
            content_hash=content_hash(title, text),
            dropped=found.dropped,
        )


def _reject(raw: RawArticle, name: str, reason: str, detail: str) -> Rejection:
    return Rejection(stage="clean", reason=reason, detail=detail, id=name, url=raw.url, source=raw.source)


def _given_date(text: str | None, now: datetime | None) -> datetime | None:
    if not text or not text.strip():
        return None
    moment = dates.parse(text)
    if moment is None:
        raise BodyError("bad_date", f"published {text[:80]!r} is no date")
    why = dates.is_absurd(moment, now)
    if why:
        raise BodyError("bad_date", f"published {why}")
    return moment.astimezone(UTC)


def _plausible(moment: datetime | None, now: datetime | None) -> datetime | None:
    return None if moment is None or dates.is_absurd(moment, now) else moment.astimezone(UTC)


def _from_text(body: Body, raw: RawArticle) -> Extracted:
    if looks_like_program(body.text):
        raise BodyError("not_an_article", "the text is program code")
    lines = split(body.text)
    given = raw.title or body.title
    title = " ".join(given.split()) if given and given.strip() else dumps.find_title(lines)
    verdicts = dumps.judge(lines, title)
    kept = [line.text for line, verdict in zip(lines, verdicts, strict=True) if verdict.reason is None]
    gone = [line.text for line, verdict in zip(lines, verdicts, strict=True) if verdict.reason is not None]
    return Extracted(
        title=title,
        paragraphs=kept,
        dropped=_stretches(lines, verdicts),
        dropped_lines=gone,
        authors=body.authors,
        published=dates.parse(body.published) if body.published else None,
        modified=dates.parse(body.modified) if body.modified else None,
        source=body.source,
        url=body.url,
    )


def _stretches(lines: Sequence[Line], verdicts: Sequence[dumps.Verdict]) -> tuple[Dropped, ...]:
    """Neighbouring lines that go for the same reason, as one stretch; its score is the least sure line's."""
    stretches: list[Dropped] = []
    open_reason: str | None = None
    for line, verdict in zip(lines, verdicts, strict=True):
        if verdict.reason is not None and verdict.reason == open_reason:
            last = stretches[-1]
            stretches[-1] = Dropped(
                start=last.start, end=line.end, reason=last.reason, score=min(last.score, verdict.score)
            )
        elif verdict.reason is not None:
            stretches.append(Dropped(start=line.start, end=line.end, reason=verdict.reason, score=verdict.score))
        open_reason = verdict.reason
    return tuple(stretches)


def _from_html(body: Body, raw: RawArticle) -> Extracted:
    import trafilatura
    from trafilatura.settings import Document

    document = trafilatura.bare_extraction(body.text, url=raw.url, include_comments=False, with_metadata=True)
    if not isinstance(document, Document):
        raise BodyError("not_an_article", "no article text in the page")
    found = document.as_dict()
    text = str(found.get("text") or "")
    authors = [name.strip() for name in str(found.get("author") or "").split(";") if name.strip()]
    date = found.get("date")
    return Extracted(
        title=raw.title or body.title or found.get("title"),
        paragraphs=[" ".join(line.split()) for line in text.splitlines() if line.strip()],
        authors=body.authors or tuple(authors),
        published=dates.parse(body.published or str(date)) if body.published or date else None,
        source=body.source or found.get("sitename"),
        url=found.get("url") or body.url,
    )


def explain(raw: RawArticle, article: CleanArticle) -> list[tuple[bool, str, str, float]]:
    """``(kept, line, reason, score)`` for each non-empty line of what was cleaned; kept lines have no reason."""
    body = open_body(raw, 1 << 62)
    rows: list[tuple[bool, str, str, float]] = []
    stretches = iter(article.dropped)
    current = next(stretches, None)
    for line in split(body.text):
        while current is not None and current.end <= line.start:
            current = next(stretches, None)
        if current is not None and current.start <= line.start:
            rows.append((False, line.text, current.reason, current.score))
        else:
            rows.append((True, line.text, "", 1.0))
    return rows
