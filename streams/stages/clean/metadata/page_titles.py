"""A page's headline: as the page prints it, without the outlet's name."""

from __future__ import annotations

import re
from typing import Any

from streams.stages.clean.metadata.markup import LONGEST, text_of
from streams.text import fold

#: Names of meta elements that hold it, most trusted first.
_TITLES = (
    "og:title",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "headline",
    "title",
)
_SEPARATOR = re.compile(r"\s+[|–—·•»-]+\s+|\s*[|»]\s*|\s::\s|\s?\|\|\s?")


def page_title(tree: Any, item: dict[str, Any], meta: dict[str, list[str]], site: str | None) -> str | None:
    """The headline as the page prints it: the ``h1`` that its other titles begin with, else the best of those."""
    page = next((text_of(element) for element in tree.iter("title") if element.getparent().tag == "head"), "")
    headline = item.get("headline")
    given = [headline] if isinstance(headline, str) else []
    given += [value for key in _TITLES for value in meta.get(key, ())[:1]] + [page]
    given = [" ".join(value[:LONGEST].split()) for value in given if value.strip()]
    headings = [text for text in (text_of(element) for element in list(tree.iter("h1"))[:8]) if 0 < len(text) < 400]
    folded = [fold(value) for value in given]
    outlet = fold(site) if site else ""
    for text in headings:
        plain = fold(text)
        # A heading that is the outlet's name also stands in its titles, but is the lesser part of them.
        if (
            len(plain) > 10
            and plain != outlet
            and any(
                len(plain) >= 0.4 * len(value) and (value.startswith(plain) or value.endswith(plain))
                for value in folded
            )
        ):
            return text
    if given:
        best = _without_site(given[0], site)
        # Long headlines are cut short in social titles; the h1 has them whole.
        start = fold(best).rstrip(" .…")[:40]
        return next((text for text in headings if len(start) > 15 and fold(text).startswith(start)), best)
    return headings[0] if len(headings) == 1 else None


def _without_site(title: str, site: str | None) -> str:
    """``Headline | Section - Outlet`` without what follows the headline."""
    name = fold(site) if site else ""
    title = title[:LONGEST]
    while cuts := [(match.start(), match.end()) for match in _SEPARATOR.finditer(title)]:
        start, end = cuts[-1]
        tail = fold(title[end:])
        if not (name and (tail == name or name.startswith(tail) or tail.startswith(name))) and not (
            len(tail.split()) <= 4
            and len(title[:start].split()) >= 3
            and title[start:end].strip() in ("|", "»", "·", "•", "||", "::", "-", "–", "—")
        ):
            break
        title = title[:start].strip()
    return title
