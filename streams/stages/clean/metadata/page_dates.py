"""When a page's article was published: from given values, labelled elements, the address, and htmldate's search."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from streams.stages.clean.metadata import dates
from streams.stages.clean.metadata.markup import label_of, text_of

_URL_DATE = re.compile(
    r"/((?:19|20)\d\d)(?:([/-])(1[0-2]|0?[1-9]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\2(3[01]|[12]\d|0?[1-9])"
    r"|(1[0-2]|0[1-9])(3[01]|[12]\d|0[1-9]))(?!\d)",
    re.IGNORECASE,
)
_DATE_LABEL = re.compile(r"publish|posted|entry-date|pubdate|post-date|dateline|article.?date|date|time", re.IGNORECASE)


def first_date(*values: Any) -> datetime | None:
    """The first of the values that is a plausible date."""
    for value in values:
        moment = dates.parse(value) if isinstance(value, str) else None
        if moment is not None and moment >= dates.EARLIEST:
            return moment
    return None


def visible_date(tree: Any) -> datetime | None:
    """The first ``time`` element, or dated label, that stands for the article's publication."""
    times = list(tree.iter("time"))[:30]
    times = [element for element in times if not re.search("updat|modif", label_of(element))]
    said = [element for element in times if element.get("pubdate") is not None or "publish" in label_of(element)]
    for element in (*said, *times):
        moment = first_date(element.get("datetime"), text_of(element))
        if moment is not None:
            return moment
    for element in tree.iter("span", "div", "p", "li", "abbr"):
        label = label_of(element)
        if label and _DATE_LABEL.search(label) and "updat" not in label:
            moment = first_date(
                element.get("title"), element.get("data-date"), element.get("content"), text_of(element)[:100]
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
