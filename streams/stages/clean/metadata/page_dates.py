"""When a page's article was published: from given values, labelled elements, the address, and htmldate's search."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from streams.stages.clean.metadata import dates
from streams.stages.clean.metadata.markup import is_article, label_of, text_of
from streams.stages.clean.metadata.surroundings import Printed

#: Names of meta elements (``name``, ``property`` or ``itemprop``), lower case, most trusted first; those of the second
#: table say when the page was made, or are filled by templates with other times as well.
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "og:published_time", "datepublished", "parsely-pub-date",
    "sailthru.date", "dc.date.issued", "pubdate", "publishdate", "publish-date", "publish_date", "publication_date",
    "article.published", "article_date_original", "originalpublicationdate", "cxenseparse:recs:publishtime",
    "rnews:datepublished", "date_published", "displaydate", "ptime", "bt:pubdate", "iso-8601-publish-date",
    "citation_publication_date",
)  # fmt: skip
_MADE = ("dcterms.created", "dc.date", "dcterms.date", "dcterms.available", "date", "datecreated", "timestamp")
_URL_DATE = re.compile(
    r"/((?:19|20)\d\d)(?:([/-])(1[0-2]|0?[1-9]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|january|february|march|"
    r"april|june|july|august|september|october|november|december)\2(3[01]|[12]\d|0?[1-9])"
    r"|(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9]))(?!\d)",
    re.IGNORECASE,
)
_DATE_LABEL = re.compile(r"publish|posted|entry-date|pubdate|post-date|dateline|article.?date|date|time", re.IGNORECASE)
_DIGIT = re.compile(r"\d")
_SAYS_PUBLISHED = re.compile(
    r"publi|posted|pubdate|first aired|issued|released|veröffentlicht|erstellt|gepubliceerd|opublik", re.IGNORECASE
)
_SAYS_CHANGED = re.compile(
    r"updat|modif|review|edited|revis|verified|aktualisi|bijgewerkt|actuali|mise? à jour|mis à jour|aggiorna|atualiz",
    re.IGNORECASE,
)
#: Elements that are looked at for a label, and characters and words of a text that is a date and little else.
_MOST_LOOKED_AT, _LONGEST_TEXT, _MOST_WORDS = 20_000, 100, 12
#: Days differ by one where the page prints another time zone's.
_DAY = timedelta(days=1, hours=12)


def published(
    tree: Any, linked: Sequence[dict[str, Any]], meta: dict[str, list[str]], url: str | None, near: Sequence[Printed]
) -> datetime | None:
    """The time of publication by the best evidence that the page gives, or None.

    In this order: the article's JSON-LD; meta elements of publication; the JSON-LD of the page; a date by the headline
    (``near``: the texts around it) that is said to be of publication; other meta elements; the day in the address; a
    date by the headline; a dated element anywhere; a date by the headline that is said to be of a change. A day printed
    by the headline that is before what the markup states is the true one: many systems state when they last wrote.
    """
    articles = [entry for entry in linked if is_article(entry)]
    others = [entry for entry in linked if not is_article(entry) and entry.get("@type") == "WebPage"]
    stated = (
        first_date(*_stated(articles))
        or first_date(*(value for key in _PUBLISHED for value in meta.get(key, ())))
        or first_date(*_stated(others))
    )
    said, plain, changed = _near_dates(near)
    printed = said or plain
    if stated is not None:
        return printed if printed is not None and printed < stated - _DAY else stated
    if said is not None:
        return said
    day = address_date(url or "")
    if day is not None and plain is not None and plain.date() == day.date():
        return plain
    return (
        first_date(*(value for key in _MADE for value in meta.get(key, ())))
        or day
        or plain
        or visible_date(tree)
        or changed
    )


def _stated(entries: Sequence[dict[str, Any]]) -> Iterator[Any]:
    for entry in entries:
        yield entry.get("datePublished")
        yield entry.get("dateCreated")


def first_date(*values: Any) -> datetime | None:
    """The first of the values that is a plausible date."""
    for value in values:
        moment = dates.parse(value) if isinstance(value, str) else None
        if moment is not None and moment >= dates.EARLIEST:
            return moment
    return None


def _near_dates(near: Sequence[Printed]) -> tuple[datetime | None, datetime | None, datetime | None]:
    """The first date said to be of publication, the first that says nothing, and the first said to be of a change."""
    found: list[datetime | None] = [None, None, None]
    before = ""
    for piece in near:
        moment = _moment_of(piece) if _DIGIT.search(piece.text) or piece.element.tag == "time" else None
        if moment is not None:
            words, label = f"{before} {piece.text}", piece.label
            if _SAYS_CHANGED.search(words) or _SAYS_CHANGED.search(label):
                kind = 2
            elif _SAYS_PUBLISHED.search(words) or _SAYS_PUBLISHED.search(label) or _is_pubdate(piece.element):
                kind = 0
            else:
                kind = 1
            found[kind] = found[kind] or moment
        before = piece.text if moment is None and len(piece.text) < 40 else ""
    return found[0], found[1], found[2]


def _is_pubdate(element: Any) -> bool:
    return element.get("pubdate") is not None


def _moment_of(piece: Printed) -> datetime | None:
    element = piece.element if piece.element.tag == "time" else piece.element.getparent()
    if element is not None and element.tag == "time":
        return first_date(element.get("datetime"), piece.text[:_LONGEST_TEXT])
    if len(piece.text) > _LONGEST_TEXT or piece.text.count(" ") >= _MOST_WORDS:
        return None
    return first_date(piece.text)


def visible_date(tree: Any) -> datetime | None:
    """The first ``time`` element, or dated label, that stands for the article's publication."""
    times = [element for element in islice(tree.iter("time"), 30) if not _SAYS_CHANGED.search(label_of(element))]
    said = [element for element in times if _is_pubdate(element) or "publish" in label_of(element)]
    for element in (*said, *times):
        moment = first_date(element.get("datetime"), text_of(element))
        if moment is not None:
            return moment
    for element in islice(tree.iter("span", "div", "p", "li", "abbr"), _MOST_LOOKED_AT):
        label = label_of(element)
        if label and _DATE_LABEL.search(label) and "updat" not in label:
            moment = first_date(
                element.get("title"), element.get("data-date"), element.get("content"), text_of(element)[:_LONGEST_TEXT]
            )
            if moment is not None:
                return moment
    return None


def address_date(url: str) -> datetime | None:
    """The day in an address: ``/2024/03/12/``."""
    match = _URL_DATE.search(url)
    if not match:
        return None
    year, month, day = match[1], match[3] or match[5], match[4] or match[6]
    return dates.parse(f"{day} {month} {year}" if not month.isdigit() else f"{year}-{int(month):02}-{int(day):02}")


def searched_date(tree: Any, url: str | None) -> datetime | None:
    """What htmldate finds in the whole page."""
    from htmldate import find_date

    try:
        text = find_date(tree, url=url, original_date=True, extensive_search=False, deferred_url_extractor=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return dates.parse(text) if text else None
