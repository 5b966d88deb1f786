"""`streams eval metadata`: title, authors and day of the cleaned record, on pages with known ones, and of peers.

A title is right if it is the true one, white space and the shape of quotes and dashes aside. Authors count by name,
case and diacritics aside: F1 of all names of all pages. A date is right if it is the true day, as the record or the
peer gives it; pages without a known date do not count. Nothing of metadata is learned; its rules were made on the pages
of half of the sites, and the other half is reported apart.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import md5
from pathlib import Path
from typing import Any

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner
from streams.stages.clean.identity import host_of
from streams.text import fold, plain_marks
from training.cleaning_data import read_rows

#: Names in one string, as bylines join them.
_JOINED = re.compile(r",\s*(?:and\s+)?|\s+and\s+|\s*&\s*|;\s*")
_DATES_ONLY = ("htmldate",)
_PARTS = ("all sites", "held-out sites")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an extractor says of a page; ``day`` is ``YYYY-MM-DD``."""

    title: str = ""
    authors: Sequence[str] = ()
    day: str = ""


Extract = Callable[[dict[str, Any]], Found]


def is_held_out(url: str) -> bool:
    """Whether a page's site is of the half that no rule was made on: by a hash of its host.

    >>> is_held_out("https://example.org/a") == is_held_out("https://www.example.org/b")
    True
    """
    return md5((host_of(url) or url).encode(), usedforsecurity=False).digest()[0] % 2 == 1


def score(pairs: Sequence[tuple[dict[str, Any], Found]]) -> dict[str, float]:
    """Share of exact titles, F1 of authors' names and share of right days over ``(true row, found)`` pairs.

    >>> row = {"title": "Harbour closed", "authors": ["Ann Sand and Bo Lund"], "date": "2025-03-04"}
    >>> found = Found(title="Harbour closed", authors=["Ann Sand"], day="2025-03-04")
    >>> {name: round(value, 3) for name, value in score([(row, found)]).items()}
    {'title': 1.0, 'authors': 0.667, 'day': 1.0, 'pages': 1, 'dated': 1}
    """
    titles = right = given = true = days = dated = 0
    for row, found in pairs:
        titles += _plain(found.title) == _plain(row["title"] or "")
        wanted, names = _names(row["authors"]), _names(found.authors)
        right, given, true = right + len(wanted & names), given + len(names), true + len(wanted)
        if row["date"]:
            dated += 1
            days += found.day == row["date"][:10]
    return {
        "title": titles / max(len(pairs), 1),
        "authors": 2 * right / max(given + true, 1),
        "day": days / max(dated, 1),
        "pages": len(pairs),
        "dated": dated,
    }


def _plain(title: str) -> str:
    return " ".join(plain_marks(title).split())


def _names(authors: Sequence[str]) -> set[str]:
    return {name for author in authors for name in _JOINED.split(fold(author)) if name}


def measure(data: Path, *, peers: bool = True) -> dict[str, Any]:
    """The figures by extractor and part, ``ms`` of processor time a page, and ``skipped`` peers with the reason."""
    rows = read_rows(data / "cleaning" / "wcxb.jsonl.gz")
    figures: dict[str, Any] = {"extractors": {}, "skipped": []}
    loaders = {"News Streams": _ours, **(_PEERS if peers else {})}
    for name, load in loaders.items():
        try:
            extract = load()
        except ImportError as error:
            figures["skipped"].append(f"{name} ({error}; the `peers` extra has it)")
            continue
        extract(rows[0])
        started = time.process_time()
        pairs = [(row, extract(row)) for row in rows]
        spent = 1000 * (time.process_time() - started) / len(rows)
        parts = (pairs, [pair for pair in pairs if is_held_out(pair[0]["url"])])
        figures["extractors"][name] = {
            "ms": spent,
            **{part: score(chosen) for part, chosen in zip(_PARTS, parts, strict=True)},
        }
    return figures


def _ours() -> Extract:
    cleaner = Cleaner()

    def extract(row: dict[str, Any]) -> Found:
        record = cleaner.clean(RawArticle(content=row["html"], content_type="text/html", url=row["url"]))
        if not isinstance(record, CleanArticle):
            return Found()
        return Found(title=record.title or "", authors=record.authors, day=_day(record.published))

    return extract


def _day(moment: date | None) -> str:
    return moment.isoformat()[:10] if moment else ""


def _trafilatura() -> Extract:
    from trafilatura import extract_metadata

    def extract(row: dict[str, Any]) -> Found:
        found: Any = extract_metadata(row["html"], default_url=row["url"])
        if found is None:
            return Found()
        authors = (found.author or "").split("; ")
        return Found(title=found.title or "", authors=authors, day=(found.date or "")[:10])

    return extract


def _htmldate() -> Extract:
    from htmldate import find_date

    def extract(row: dict[str, Any]) -> Found:
        try:
            return Found(day=find_date(row["html"], url=row["url"], original_date=True) or "")
        except (ValueError, TypeError):
            return Found()

    return extract


def _newspaper() -> Extract:
    import newspaper

    def extract(row: dict[str, Any]) -> Found:
        article = newspaper.Article(row["url"], fetch_images=False, language="en")
        try:
            article.download(input_html=row["html"])
            article.parse()
        except (newspaper.ArticleException, ValueError):  # the latter of control characters in a page
            return Found()
        return Found(title=article.title or "", authors=article.authors, day=_day(article.publish_date or None))

    return extract


_PEERS: dict[str, Callable[[], Extract]] = {
    "trafilatura": _trafilatura,
    "htmldate": _htmldate,
    "newspaper4k": _newspaper,
}


def render(figures: dict[str, Any]) -> str:
    """The figures as a page of Markdown."""
    return "\n".join(_rendered(figures))


def _rendered(figures: dict[str, Any]) -> Iterator[str]:
    whole = next(iter(figures["extractors"].values()))
    counts = "; ".join(f"{part}: {whole[part]['pages']} pages, {whole[part]['dated']} dated" for part in _PARTS)
    yield f"Title, authors and day of publication ({counts}):"
    yield ""
    head = " | ".join(f"{figure}, {part}" for part in _PARTS for figure in ("title exact", "authors F1", "same day"))
    yield f"| extractor | {head} | ms a page |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, row in figures["extractors"].items():
        told = ("day",) if name in _DATES_ONLY else ("title", "authors", "day")
        cells = " | ".join(
            f"{row[part][key]:.3f}" if key in told else "–" for part in _PARTS for key in ("title", "authors", "day")
        )
        yield f"| {name} | {cells} | {row['ms']:.1f} |"
    for sentence in figures["skipped"]:
        yield ""
        yield f"Left out: {sentence}."
