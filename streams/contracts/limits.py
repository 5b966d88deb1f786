"""How long what comes from outside may be: one table, and the one function that holds a record to it.

Producers, pages, feeds and JSON bodies are not ours. Every string and list of theirs is bounded where it enters, so
that whatever a stage writes afterwards stays far below what a topic takes (``topics.MAX_MESSAGE_BYTES``): a decision
repeats an outlet's name some twenty times, a story's row some thirty times. Control characters go as well, which keeps
a character at four bytes of JSON at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

from streams.contracts import codec
from streams.contracts.records import CleanArticle, Correction, Entity, Mention, RawArticle, TaggedArticle
from streams.text import digest, primary_language

T = TypeVar("T")
R = TypeVar("R", RawArticle, CleanArticle, TaggedArticle)

Beyond = Literal["cut", "dropped", "hashed", "folded", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One bound. ``beyond``: what happens past it. ``cut`` keeps the beginning; ``dropped`` leaves the value out;
    ``hashed`` keeps a beginning and a digest; ``folded`` maps it to a known value or none; ``refused`` makes the record
    a rejection (in cleaning) or a dead letter (later)."""

    field: str
    most: int
    unit: str
    beyond: Beyond
    why: str


LIMITS: tuple[Limit, ...] = (
    Limit(field="id", most=256, unit="characters", beyond="hashed", why="GUIDs that are URLs are shorter"),
    Limit(field="url", most=2048, unit="characters", beyond="dropped", why="what browsers and sitemaps.org take"),
    Limit(field="image", most=2048, unit="characters", beyond="dropped", why="an address, as url"),
    Limit(field="section", most=120, unit="characters", beyond="cut", why="a line of a menu"),
    Limit(field="source", most=120, unit="characters", beyond="cut", why="the longest outlet's name known has 80"),
    Limit(field="credit", most=120, unit="characters", beyond="cut", why="an outlet or an agency, as source"),
    Limit(field="title", most=500, unit="characters", beyond="cut", why="the longest development title has 214"),
    Limit(field="published", most=120, unit="characters", beyond="refused", why="no written date is longer"),
    Limit(field="language", most=8, unit="characters", beyond="folded", why="the primary subtag of a known language"),
    Limit(field="authors", most=50, unit="names", beyond="cut", why="a list of staff is no byline"),
    Limit(field="author", most=120, unit="characters", beyond="cut", why="a name with titles"),
    Limit(field="text", most=1_000_000, unit="characters", beyond="refused", why="a long novel; no article"),
    Limit(field="dropped", most=20_000, unit="stretches", beyond="cut", why="no page has more lines that are read"),
    Limit(field="reason", most=200, unit="characters", beyond="cut", why="a few words of ours"),
    Limit(field="entities", most=1000, unit="entities", beyond="cut", why="the most in the development news is 163"),
    Limit(field="entity", most=120, unit="characters of name, id, detail or link", beyond="dropped", why="no name"),
    Limit(field="mentions", most=10_000, unit="mentions of all entities", beyond="cut", why="a name every tenth word"),
    Limit(field="quotes", most=1000, unit="quotations", beyond="cut", why="an hour's hearing, word for word"),
    Limit(field="quote", most=5000, unit="characters", beyond="dropped", why="a speech, not a quotation"),
    Limit(field="by", most=120, unit="characters", beyond="refused", why="a person's name, of a correction"),
    Limit(field="why", most=500, unit="characters", beyond="refused", why="a reason in a sentence or two"),
    Limit(field="headline", most=240, unit="characters", beyond="refused", why="a story's titles are cut there"),
    Limit(field="corrected", most=128, unit="articles", beyond="refused", why="what a person decides on at once"),
    Limit(field="cue", most=800, unit="characters", beyond="cut", why="the sentence that names a speaker"),
)
MOST = {limit.field: limit.most for limit in LIMITS}

#: Times outside are clock or parsing accidents, and the year 1 or 9999 cannot be moved between time zones.
EARLIEST, LATEST = datetime(1800, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
#: Characters of an over-long id that stay readable before its digest.
_ID_HEAD = 64
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def bounded(record: R) -> R:
    """The record within the limits; ``cut`` names what had to go. The same record where nothing had to."""
    changed: dict[str, object]
    if isinstance(record, RawArticle):
        changed = _raw(record)
    else:
        changed = _clean(record)
        if isinstance(record, TaggedArticle):
            changed |= _tagged(record)
    if not changed:
        return record
    cut = tuple(dict.fromkeys((*record.cut, *changed)))
    return replace(record, **changed, cut=cut)  # type: ignore[arg-type]  # each value is of its field's type


def decode(kind: type[T], data: bytes | str) -> T:
    """``codec.decode``, held to the limits: for every record that comes in.

    Raises:
        codec.DecodeError: as ``codec.decode``, a correction is beyond a limit, or the text of a clean or tagged article
            is longer than any that a stage of ours lets pass.
    """
    record = codec.decode(kind, data)
    if isinstance(record, CleanArticle) and len(record.text) > MOST["text"]:
        raise codec.DecodeError(f"text has {len(record.text)} characters, the limit is {MOST['text']}")
    if isinstance(record, Correction):
        _check(record)
    return _bounded(record) if isinstance(record, RawArticle | CleanArticle) else record


def _check(correction: Correction) -> None:
    """A correction is a person's words, hence refused rather than cut."""
    ids = (correction.id, correction.story_id, correction.other_id, correction.undoes, *correction.articles)
    fields = {"id": max(ids, key=len), "by": correction.by, "why": correction.why, "headline": correction.headline}
    for name, value in fields.items():
        if len(value) > MOST[name]:
            raise codec.DecodeError(f"{name} has {len(value)} characters, the limit is {MOST[name]}")
    if any(_CONTROL.search(value) for value in (*fields.values(), *ids)):
        raise codec.DecodeError("it holds control characters")
    if not (correction.id.strip() and correction.by.strip()):
        raise codec.DecodeError("a correction says its id and who makes it")
    if len(correction.articles) > MOST["corrected"]:
        raise codec.DecodeError(f"it names {len(correction.articles)} articles, the limit is {MOST['corrected']}")


#: ``bounded`` for a record whose class only the caller knows.
_bounded: Any = bounded


def bounded_id(given: str) -> str:
    """An id within its limit: the given one, or its beginning and a digest of the whole. Deterministic."""
    if len(given) <= MOST["id"] and not _CONTROL.search(given):
        return given
    return f"{_single(given[: 4 * _ID_HEAD])[:_ID_HEAD]}~{digest('id', given)}"


def clip(text: str, limit: int) -> str:
    """The beginning of a text, cut between words where there are some, with an ellipsis in place of the rest."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    space = -1 if text[limit - 1].isspace() else head.rfind(" ", limit // 2)
    return (head[:space] if space > 0 else head).rstrip() + "…"


def _single(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


def _line(value: str | None, field: str) -> str | None:
    """A one-line text within its field's limit; None for nothing."""
    if value is None:
        return None
    if len(value) <= MOST[field] and not _CONTROL.search(value):
        return value
    # A megabyte need not be searched for white space to keep a hundred characters of it.
    return clip(_single(value[: 4 * MOST[field]]), MOST[field]) or None


def _url(value: str | None) -> str | None:
    return None if value is None or len(value) > MOST["url"] or _CONTROL.search(value) else value


def _differing(record: object, values: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if getattr(record, name) != value}


def _raw(raw: RawArticle) -> dict[str, object]:
    # An impossible date is for cleaning to reject, with its beginning in the reason.
    published = raw.published if raw.published is None else raw.published[: MOST["published"] + 1]
    return _differing(
        raw,
        {
            "id": None if raw.id is None else bounded_id(raw.id),
            "url": _url(raw.url),
            "source": _line(raw.source, "source"),
            "title": _line(raw.title, "title"),
            "language": raw.language if raw.language is None else primary_language(raw.language),
            "published": published,
            "fetched_at": _moment(raw.fetched_at),
        },
    )


def _clean(article: CleanArticle) -> dict[str, object]:
    authors = article.authors[: MOST["authors"]]
    if any(len(name) > MOST["author"] or _CONTROL.search(name) for name in authors):
        authors = tuple(name for each in authors if (name := _line(each, "author")))
    dropped = article.dropped[: MOST["dropped"]]
    if any(len(stretch.reason) > MOST["reason"] for stretch in dropped):
        dropped = tuple(replace(stretch, reason=stretch.reason[: MOST["reason"]]) for stretch in dropped)
    return _differing(
        article,
        {
            "id": bounded_id(article.id),
            "url": _url(article.url),
            "source": _line(article.source, "source"),
            "title": _line(article.title, "title"),
            "credit": _line(article.credit, "credit"),
            "image": _url(article.image),
            "section": _line(article.section, "section"),
            "fallback": _line(article.fallback, "reason"),
            "confidence": _share(article.confidence),
            "language": article.language if article.language is None else primary_language(article.language),
            "content_hash": article.content_hash if article.content_hash is None else article.content_hash[:64],
            "authors": authors,
            "dropped": dropped,
            "published": _moment(article.published),
            "modified": _moment(article.modified),
        },
    )


def _share(value: float | None) -> float | None:
    return value if value is not None and 0 <= value <= 1 else None


def _moment(moment: datetime | None) -> datetime | None:
    try:
        return moment if moment is not None and EARLIEST <= moment <= LATEST else None
    except OverflowError:
        return None


def _tagged(article: TaggedArticle) -> dict[str, object]:
    lengths = {"title": len(article.title or ""), "text": len(article.text)}
    left = MOST["mentions"]
    entities: list[Entity] = []
    for entity in article.entities[: MOST["entities"]]:
        if any(len(part) > MOST["entity"] or _CONTROL.search(part) for part in _parts(entity)):
            continue
        mentions = tuple(one for one in entity.mentions[:left] if _inside(one, lengths[one.field]))
        left -= len(mentions)
        reason = entity.reason if entity.reason is None else entity.reason[: MOST["reason"]]
        same = len(mentions) == len(entity.mentions) and reason == entity.reason
        entities.append(entity if same else replace(entity, mentions=mentions, reason=reason))
    quotes = tuple(
        quote if quote.cue is None or len(quote.cue) <= MOST["cue"] else replace(quote, cue=quote.cue[: MOST["cue"]])
        for quote in article.quotes[: MOST["quotes"]]
        if len(quote.text) <= MOST["quote"]
        and len(quote.speaker or "") <= MOST["entity"]
        and 0 <= quote.start < quote.end <= min(lengths["text"], quote.start + 2 * MOST["quote"])
    )
    return _differing(article, {"entities": tuple(entities), "quotes": quotes})


def _parts(entity: Entity) -> Iterable[str]:
    return (entity.id, entity.name, entity.detail or "", entity.link or "")


def _inside(mention: Mention, length: int) -> bool:
    return 0 <= mention.start < mention.end <= length and len(mention.surface) <= MOST["entity"]
