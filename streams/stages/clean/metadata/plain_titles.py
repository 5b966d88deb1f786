"""The title that the models of cleaning know: what blocks are compared with, apart from the one that the record tells.

The record's title (``page_titles``) gets better; what a model's features were learned with must not change under it.
The line classifiers' weights were learned with this one; its tables are those of ``page_titles``, and whoever changes
them learns the weights anew.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from streams.stages.clean.metadata.markup import LONGEST, text_of
from streams.stages.clean.metadata.page_titles import (
    LONGEST_HEADING,
    MARKS,
    MOST_CUTS,
    MOST_HEADINGS,
    SEPARATOR,
    TITLES,
    page_element_title,
)
from streams.text import fold


def plain_title(tree: Any, item: dict[str, Any], meta: dict[str, list[str]], site: str | None) -> str | None:
    """The ``h1`` that the page's other titles begin or end with, else the first of those without the outlet's name.

    ``item`` is the JSON-LD article, ``meta`` what ``meta_elements`` gives, ``site`` the outlet's name.
    """
    page = page_element_title(tree)
    headline = item.get("headline")
    given = [headline] if isinstance(headline, str) else []
    given += [value for key in TITLES for value in meta.get(key, ())[:1]] + [page]
    given = [" ".join(value[:LONGEST].split()) for value in given if value.strip()]
    texts = [text_of(element) for element in islice(tree.iter("h1"), MOST_HEADINGS)]
    headings = [text for text in texts if 0 < len(text) < LONGEST_HEADING]
    folded = [fold(value) for value in given]
    outlet = fold(site) if site else ""
    for text in headings:
        plain = fold(text)
        # A heading that is the outlet's name also stands in its titles, but is the lesser part of them.
        if len(plain) > 10 and plain != outlet and any(_most_of(value, plain) for value in folded):
            return text
    if given:
        best = _without_site(given[0], outlet)
        # Long headlines are cut short in social titles; the h1 has them whole.
        start = fold(best).rstrip(" .…")[:40]
        return next((text for text in headings if len(start) > 15 and fold(text).startswith(start)), best)
    return headings[0] if len(headings) == 1 else None


def _most_of(title: str, heading: str) -> bool:
    return len(heading) >= 0.4 * len(title) and (title.startswith(heading) or title.endswith(heading))


def _without_site(title: str, name: str) -> str:
    """``Headline | Section - Outlet`` without what follows the headline."""
    title = title[:LONGEST]
    cuts = [(match.start(), match.end()) for match in SEPARATOR.finditer(title)][-MOST_CUTS:]
    while cuts:
        start, end = cuts.pop()
        tail = fold(title[end:])
        known = bool(name) and (tail == name or name.startswith(tail) or tail.startswith(name))
        short = len(tail.split()) <= 4 and len(title[:start].split()) >= 3 and title[start:end].strip() in MARKS
        if not known and not short:
            break
        title = title[:start].strip()
    return title
