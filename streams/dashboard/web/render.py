"""Values as pages show them: times, sparklines, safe links, marked text. Pure, but for the template environment."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from streams import text
from streams.contracts.records import Entity, Quote, TaggedArticle
from streams.query.times import showable
from streams.text import path_part

#: Control characters, and those that turn the direction of the text after them (UAX #9): never part of a title.
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
#: The confidence in an article's text from which the story page offers to show only those (``?sure=``).
SURE = 0.9
KINDS = {"PER": "People", "LOC": "Places", "ORG": "Organisations", "MISC": "Also"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRun:
    """A stretch of an article's text: in a quotation or not, of an entity or of none."""

    text: str
    entity: Entity | None
    quoted: bool


def environment() -> Environment:
    """Templates with everything escaped and unknown names an error."""
    env = Environment(
        loader=PackageLoader("streams.dashboard.web", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        shown=shown,
        iso=iso,
        day=day,
        moment=moment,
        clock=clock,
        seconds=seconds,
        safe_url=safe_url,
        path=path_part,
        host=host,
        many=many,
    )
    env.globals.update(ago=ago, spark=spark_path, bars=bar_path, KINDS=KINDS, SURE=SURE)
    return env


def shown(text: str | None) -> str:
    """A line from outside without control characters and direction overrides. Escaping is the template's."""
    return _UNPRINTABLE.sub("", text or "").strip()


def iso(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def date(day: int) -> str:
    """A day since the epoch as ``Filter.day`` has it: ``2026-03-01``."""
    return iso(day * 86400)[:10]


def moment(at: datetime) -> float:
    """A record's time in seconds since the epoch, within what can be written."""
    return showable(at.timestamp())


def day(moment: float) -> str:
    then = datetime.fromtimestamp(moment, UTC)
    return f"{then.day} {then:%b %Y}"


def clock(moment: float) -> str:
    then = datetime.fromtimestamp(moment, UTC)
    return f"{then.day} {then:%b %Y, %H:%M} UTC"


def ago(moment: float, now: float) -> str:
    """How long since, short: ``now``, ``4 min``, ``3 h``, ``2 d``; a date from a week on. ``live.js`` does the same."""
    gap = now - moment
    if gap < 60:
        return "now"
    if gap < 3600:
        return f"{int(gap // 60)} min"
    if gap < 86_400:
        return f"{int(gap // 3600)} h"
    if gap < 7 * 86_400:
        return f"{int(gap // 86_400)} d"
    return day(moment)


def seconds(value: float | None) -> str:
    """A duration with as many digits as matter."""
    if value is None:
        return "–"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms"
    if value < 100:
        return f"{value:.1f} s"
    return f"{value / 60:.0f} min" if value < 6000 else f"{value / 3600:.0f} h"


def many(number: int, what: str) -> str:
    return text.many(number, what).replace(",", "\u202f")


def safe_url(url: str | None) -> str | None:
    """An absolute http(s) URL as it is, anything else (``javascript:``, ``data:``, nonsense) as None."""
    try:
        parts = urlsplit((url or "").strip())
        return url.strip() if url and parts.scheme.lower() in ("http", "https") and parts.hostname else None
    except ValueError:
        return None


def host(url: str) -> str:
    return (urlsplit(url).hostname or "").removeprefix("www.")


def spark_path(values: Sequence[int], width: int = 96, height: int = 20) -> str:
    """Bars as one SVG path, the highest value at full height; zero is a baseline of one pixel. ``live.js`` too."""
    return bar_path(values, width, height)


def bar_path(values: Sequence[int], width: int, height: int) -> str:
    top = max(values, default=0) or 1
    step = width / max(1, len(values))
    parts = []
    for number, value in enumerate(values):
        bar = max(1, round(value / top * height)) if value else 1
        parts.append(f"M{number * step:.4g} {height - bar}h{step * 0.75:.4g}v{bar}h-{step * 0.75:.4g}z")
    return "".join(parts)


#: Characters of an article that its page shows.
MOST_SHOWN = 200_000


def paragraphs(article: TaggedArticle) -> Iterator[list[TextRun]]:
    """The text, paragraph by paragraph, cut wherever an entity or a quotation begins or ends."""
    entities = sorted(
        ((mention.start, mention.end, entity) for entity in article.entities for mention in entity.mentions
         if mention.field == "text"), key=lambda each: (each[0], -each[1]),
    )  # fmt: skip
    text = article.text[:MOST_SHOWN]
    marks = _Marks(len(text), entities, article.quotes)
    start = 0
    for part in re.split(r"(\n{2,})", text):
        end = start + len(part)
        if part.strip():
            yield marks.runs(text, start, end)
        start = end


class _Marks:
    """Which entity and whether a quotation covers each position of a text: painted once, whatever overlaps."""

    def __init__(self, length: int, entities: Sequence[tuple[int, int, Entity]], quotes: Sequence[Quote]) -> None:
        self._entities = entities
        self._owner = array("i", bytes(4 * length))
        # The first of those that overlap is seen: it is painted last. Zero is none.
        for number in range(len(entities) - 1, -1, -1):
            start, end, _ = entities[number]
            end = min(end, length)
            if start < end:
                self._owner[start:end] = array("i", [number + 1]) * (end - start)
        self._quoted = bytearray(length)
        for one in quotes:
            end = min(one.end, length)
            if one.start < end:
                self._quoted[one.start : end] = b"\1" * (end - one.start)
        ends = {at for start, end, _ in entities for at in (start, end)}
        self._cuts = sorted(ends | {at for one in quotes for at in (one.start, one.end)})

    def runs(self, text: str, start: int, end: int) -> list[TextRun]:
        """The stretches of ``text[start:end]``, cut wherever an entity or a quotation begins or ends."""
        inside = self._cuts[bisect_right(self._cuts, start) : bisect_left(self._cuts, end)]
        runs = []
        for left, right in pairwise([start, *inside, end]):
            owner = self._owner[left]
            entity = self._entities[owner - 1][2] if owner else None
            shown_text = _UNPRINTABLE.sub("", text[left:right])
            runs.append(TextRun(text=shown_text, entity=entity, quoted=bool(self._quoted[left])))
        return runs
