"""A raw article in, a clean one or a rejection out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from streams.contracts.limits import MOST, bounded, clip
from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean.extraction import body_lines, from_page, from_text
from streams.stages.clean.identity import article_id, content_hash
from streams.stages.clean.memory.context import NOTHING_KNOWN, Context
from streams.stages.clean.metadata import dates, language
from streams.stages.clean.metadata.credit import find_credit
from streams.stages.clean.model.line_classifier import LineClassifiers, shipped
from streams.stages.clean.parse.bodies import BodyError, open_body
from streams.stages.clean.parse.decoding import UndecodableError
from streams.stages.clean.parse.lines import words
from streams.text import primary_language

#: Shorter texts (words) are a headline or a stub: nothing that could be compared with other articles.
MIN_WORDS = 8


class Cleaner:
    """Cleans articles. Build one a process; ``clean`` is a pure function of its arguments.

    ``max_bytes``: larger contents (UTF-8 or as fetched) are rejected as ``too_large``. ``classifiers``: other weights
    than the shipped ones, for the evaluation.

    >>> text = "Home\\n\\nThe harbour will be closed for two weeks, the port authority said on Monday.\\n\\n3 comments"
    >>> Cleaner().clean(RawArticle(content=text, title="Harbour closed")).text
    'The harbour will be closed for two weeks, the port authority said on Monday.'
    >>> Cleaner().clean(RawArticle(content="Home")).reason
    'too_short'
    """

    def __init__(self, max_bytes: int = 10_000_000, classifiers: LineClassifiers | None = None) -> None:
        self.max_bytes = max_bytes
        self.classifiers = classifiers or shipped()

    def clean(
        self, raw: RawArticle, context: Context | None = None, *, received_at: datetime | None = None
    ) -> CleanArticle | Rejection:
        """The article in ``raw``, with ``revision`` 0, or why there is none.

        ``context`` is what the host's earlier pages had in common (``CleaningMemory.lookup_context``); ``received_at``
        is the latest time at which the article can have been published, where ``raw.fetched_at`` is not known.
        """
        raw = bounded(raw)
        name = article_id(raw)
        if raw.retracted:
            return CleanArticle(id=name, text="", url=raw.url, source=raw.source, retracted=True, cut=raw.cut)
        try:
            with _uncollected():
                return self._clean(raw, name, context or NOTHING_KNOWN, raw.fetched_at or received_at)
        except BodyError as error:
            return _reject(raw, name, error.reason, str(error))
        except UndecodableError as error:
            return _reject(raw, name, "undecodable", str(error))

    def _clean(self, raw: RawArticle, name: str, context: Context, now: datetime | None) -> CleanArticle:
        published = _given_date(raw.published, now)
        body = open_body(raw, self.max_bytes)
        if body.kind == "html":
            found = from_page(body, raw.title, raw.url, context, self.classifiers)
        else:
            found = from_text(body, raw.title, context, self.classifiers)
        beside = found.metadata
        text = "\n\n".join(found.paragraphs)
        size = words(text)
        if size < MIN_WORDS:
            total = words(body.text) if body.kind == "text" else 0
            if total > 10 * MIN_WORDS:
                raise BodyError("not_an_article", f"{size} words of running text in {total}")
            raise BodyError("too_short", f"{size} words, an article has at least {MIN_WORDS}")
        if len(text) > MOST["text"]:
            raise BodyError("too_large", f"{len(text)} characters of text, the limit is {MOST['text']}")
        title = found.title
        told = raw.language or primary_language(beside.language)
        code, confidence = (told, None) if told else language.detect(f"{title or ''} {text}")
        return bounded(
            CleanArticle(
                id=name,
                text=text,
                title=title,
                url=raw.url or beside.url,
                source=raw.source or beside.site,
                authors=beside.authors,
                published=published or _plausible(beside.published, now),
                modified=_plausible(beside.modified, now),
                language=told or primary_language(code),
                language_confidence=confidence,
                credit=find_credit(found.paragraphs, found.dropped_lines),
                image=beside.traits.image,
                section=beside.traits.section,
                paywalled=beside.traits.paywalled,
                live_blog=beside.traits.live_blog,
                confidence=found.confidence,
                fallback=found.fallback,
                content_hash=content_hash(title, text),
                dropped=found.dropped,
                cut=raw.cut,
            )
        )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Leave garbage in cycles until afterwards: an article has next to none, while the search for it among the many
    small objects of a page, again and again, is a fifth of the page's time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _reject(raw: RawArticle, name: str, reason: str, detail: str) -> Rejection:
    return Rejection(
        stage="clean", reason=reason, detail=clip(detail, MOST["reason"]), id=name, url=raw.url, source=raw.source
    )


def _given_date(text: str | None, now: datetime | None) -> datetime | None:
    if not text or not text.strip():
        return None
    moment = dates.parse(text)
    if moment is None:
        raise BodyError("bad_date", f"published {text[:80]!r} is no date")
    why = dates.is_absurd(moment, now)
    if why:
        raise BodyError("bad_date", f"published {why}")
    return moment


def _plausible(moment: datetime | None, now: datetime | None) -> datetime | None:
    return None if moment is None or dates.is_absurd(moment, now) else moment


def explain(raw: RawArticle, article: CleanArticle) -> list[tuple[bool, str, str, float]]:
    """``(kept, line, reason, score)`` for each non-empty line of what was cleaned; kept lines have no reason.

    >>> raw = RawArticle(content="Home\\n\\nThe harbour will be closed for two weeks, a port official said.")
    >>> for row in explain(raw, Cleaner().clean(raw)):
    ...     print(row)
    (False, 'Home', 'label', 1.0)
    (True, 'The harbour will be closed for two weeks, a port official said.', '', 1.0)
    """
    body = open_body(raw, 1 << 62)
    rows: list[tuple[bool, str, str, float]] = []
    stretches = iter(article.dropped)
    current = next(stretches, None)
    for line in body_lines(body):
        while current is not None and current.end <= line.start:
            current = next(stretches, None)
        if current is not None and current.start <= line.start:
            rows.append((False, line.text, current.reason, current.score))
        else:
            rows.append((True, line.text, "", 1.0))
    return rows
