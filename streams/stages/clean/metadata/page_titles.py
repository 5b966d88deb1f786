"""A page's headline: as the page prints it, without the outlet's name."""

from __future__ import annotations

import re
from html import unescape
from itertools import islice
from typing import Any, NamedTuple
from urllib.parse import unquote

from streams.stages.clean.metadata import dates
from streams.stages.clean.metadata.markup import LONGEST, text_of
from streams.stages.clean.parse.decoding import repair
from streams.text import fold

#: Names of meta elements that hold it, most trusted first.
TITLES = (
    "og:title",
    "twitter:title",
    "parsely-title",
    "sailthru.title",
    "dc.title",
    "dcterms.title",
    "headline",
    "title",
)
SEPARATOR = re.compile(r"\s+[|–—·•»-]+\s+|\s*[|»]\s*|\s::\s|\s?\|\|\s?")
#: Of a page's ``h1`` so many are looked at, and headlines have fewer characters than this.
MOST_HEADINGS, LONGEST_HEADING = 8, 400
#: A heading that is the headline shares this share of its words with the page's other titles and its address.
_SHARED = 0.4
_WORD = re.compile(r"\w+")
#: Separators of a title that are tried, from its end.
MOST_CUTS = 8
#: Marks between a headline and the outlet's name; after others, only what is known to be its name goes.
MARKS = ("|", "»", "·", "•", "||", "::", "-", "–", "—")
#: What a heading element may hold after the headline.
_TRAILER = re.compile(
    r"\s*(?:[|•·–—-]\s*)?(?:posted|published|updated|written|by)\b(?:\s+(?:on|by|in))?\s", re.IGNORECASE
)


class Headline(NamedTuple):
    """The headline, and the element that prints it, if one does."""

    text: str | None
    element: Any


def page_title(
    tree: Any, item: dict[str, Any], meta: dict[str, list[str]], site: str | None, url: str | None = None
) -> Headline:
    """The headline as the page prints it: the ``h1`` that its other titles, or its address, speak of; else those.

    ``item`` is the JSON-LD article, ``meta`` what ``meta_elements`` gives, ``site`` the outlet's name, ``url`` the
    page's address.
    """
    page = page_element_title(tree)
    headline = item.get("headline")
    raw = [headline] if isinstance(headline, str) else []
    raw += [value for key in TITLES for value in meta.get(key, ())[:1]] + [page]
    given = [_mended(value) for value in raw if value.strip()]
    headings = [
        (text, element)
        for element in islice(tree.iter("h1"), MOST_HEADINGS)
        if 0 < len(text := repair(text_of(element))) < LONGEST_HEADING
    ]
    house = _names_of_house(site, url)
    told = [_without_site(value, house) for value in given]
    best = _heading(headings, given, told, house, url)
    if best is not None:
        return best
    if told:
        # Long headlines are cut short in social titles; the h1 has them whole.
        start = fold(told[0]).rstrip(" .…")[:40]
        whole = next((each for each in headings if len(start) > 15 and fold(each[0]).startswith(start)), None)
        return Headline(*whole) if whole else Headline(told[0], None)
    return Headline(*headings[0]) if len(headings) == 1 else Headline(None, None)


def page_element_title(tree: Any) -> str:
    """The text of the ``title`` in the page's head; empty: there is none."""
    in_head = (element for element in tree.iter("title") if getattr(element.getparent(), "tag", None) == "head")
    return next(map(text_of, in_head), "")


def _mended(value: str) -> str:
    """One line; entities that were escaped twice, and UTF-8 that was read as something else, as what they stand for."""
    text = " ".join(value[:LONGEST].split())
    if "&" in text:
        text = " ".join(unescape(text).split())
    return repair(text)


def _heading(
    headings: list[tuple[str, Any]], given: list[str], told: list[str], house: set[str], url: str | None
) -> Headline | None:
    """The heading that the page's other titles or its address speak of, or None."""
    folded = [fold(value) for value in given]
    words = {word for value in folded for word in _WORD.findall(value) if len(word) > 2}
    words |= {word for word in _WORD.findall(_last_part(url)) if len(word) > 2}
    best: Headline | None = None
    best_score = 0.0
    for text, element in headings:
        plain = fold(text)
        if _squeezed(plain) in house:
            continue
        # A heading that is the outlet's name also stands in its titles, but is the lesser part of them.
        whole = any(
            (len(plain) >= 0.4 * len(value) and (value.startswith(plain) or value.endswith(plain))) for value in folded
        ) or any(plain == fold(value) for value in told)
        own = {word for word in _WORD.findall(plain) if len(word) > 2}
        shared = own & words
        score = 1.0 + len(plain) / LONGEST if whole and len(plain) > 3 else len(shared) / max(len(own), 1)
        if (whole or (len(shared) >= 2 and score >= _SHARED)) and score > best_score:
            best, best_score = Headline(_without_trailer(text, told), element), score
    return best and Headline(_without_site(best.text or "", house, only_known=True), best.element)


def _without_trailer(text: str, told: list[str]) -> str:
    """The heading without the date and author that some templates put into the same element."""
    for title in told:
        if len(title) > 15 and len(title) < len(text):
            before, found, after = text.partition(title)
            if found and (_TRAILER.match(after) if not before else not after and dates.parse(before) is not None):
                return title
    plain = fold(text)
    # Headings are set in capitals or in lower case for the looks; what is written elsewhere is how it is spelt.
    return next((title for title in told if title != text and fold(title) == plain), text)


def _last_part(url: str | None) -> str:
    path = (url or "").split("?", 1)[0].split("#", 1)[0].rstrip("/")
    return fold(unquote(path.rsplit("/", 1)[-1][:LONGEST])) if path.count("/") > 2 else ""


def _squeezed(folded: str) -> str:
    return "".join(_WORD.findall(folded))


def _names_of_house(site: str | None, url: str | None) -> set[str]:
    """How the outlet may be called in a title, letters only: its name, parts of that, and its host's labels."""
    names = set()
    if site:
        plain = fold(site[:LONGEST])
        names |= {_squeezed(plain), *(_squeezed(part) for part in SEPARATOR.split(plain))}
    host = fold((url or "").split("//", 1)[-1].split("/", 1)[0][:LONGEST]).split(":")[0].removeprefix("www.")
    labels = host.split(".")
    if len(labels) > 1:
        names |= {_squeezed(host), *(_squeezed(label) for label in labels[:-1] if len(label) > 3)}
    names |= {name.removeprefix("the") for name in names}
    return {name for name in names if len(name) > 1}


def _without_site(title: str, house: set[str], *, only_known: bool = False) -> str:
    """``Headline | Section - Outlet`` without what follows the headline; ``only_known``: without the name alone."""
    title = title[:LONGEST]
    cuts = [(match.start(), match.end()) for match in SEPARATOR.finditer(title)][-MOST_CUTS:]
    while cuts:
        start, end = cuts.pop()
        if not title[:start].strip():
            break
        tail = fold(title[end:])
        squeezed = _squeezed(tail)
        known = squeezed in house or (len(squeezed) > 3 and any(name.startswith(squeezed) for name in house))
        known = known or (len(squeezed) > 5 and any(len(name) > 5 and squeezed.startswith(name) for name in house))
        short = (
            not only_known
            and len(tail.split()) <= 4
            and len(title[:start].split()) >= 3
            and title[start:end].strip() in MARKS
        )
        if not known and not short:
            break
        title = title[:start].strip()
    first = next(iter(SEPARATOR.finditer(title)), None)
    if first and not only_known and first.start() and _squeezed(fold(title[: first.start()])) in house:
        rest = title[first.end() :].strip()
        return rest if len(rest.split()) >= 3 else title
    return title
