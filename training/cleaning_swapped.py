"""Pages made to learn from: the article of one site in the page of another, so that what surrounds an article and how
it is written are learned apart.

The element that holds a page's article takes the place of another page's, with the headline where that stands outside.
Pages are of one corpus and one fold, so that no tree sees what is left out for it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from lxml import etree

from streams.stages.clean.parse.pages import parse, without_data
from training.cleaning_data import fold_of, label

#: What is no text of a page.
_SILENT = frozenset(("script", "style", "noscript", "template", "svg", "head", "title"))
#: The element of an article holds at least this share of the words that are the article's, which are at least so many.
_HELD, _LEAST = 0.97, 60
#: Pages that are asked for an article of their own until one has one.
_TRIES = 4


@dataclass(frozen=True, slots=True)
class _Page:
    tree: Any
    article: Any

    @property
    def headline(self) -> Any:
        """The first ``h1`` beside the article; None where it has one inside, or none is."""
        if next(self.article.iter("h1"), None) is not None:
            return None
        around = set(self.article.iterancestors())
        return next((each for each in self.tree.iter("h1") if each not in around), None)


def swapped(rows: Iterable[dict[str, Any]], seed: int) -> Iterator[dict[str, Any]]:
    """Each page's article in the page of another, drawn with ``seed``: rows as ``cleaning_data.read_pages`` has them.

    ``url`` and ``body`` are those of the article. Pages whose article has no element of its own are left out.
    """
    rows = list(rows)
    random = np.random.default_rng(seed)
    kin: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        kin[row["corpus"], fold_of(row["url"])].append(index)
    for index, row in enumerate(rows):
        giving = _page(row)
        others = [other for other in kin[row["corpus"], fold_of(row["url"])] if other != index]
        drawn = random.permutation(len(others))[:_TRIES]
        taking = next((page for place in drawn if (page := _page(rows[others[place]]))), None)
        if giving is not None and taking is not None:
            yield {**row, "html": _together(giving, taking)}


def _page(row: dict[str, Any]) -> _Page | None:
    tree = parse(without_data(row["html"]))
    article = article_element(tree, row["body"]) if tree is not None else None
    return None if article is None else _Page(tree, article)


def article_element(tree: Any, body: str) -> Any:
    """The deepest element that holds a page's article, of which ``body`` is the text; None where there is none."""
    elements, texts = _own_texts(tree)
    if not texts:
        return None
    held: defaultdict[Any, int] = defaultdict(int)
    total = 0
    for element, text, share in zip(elements, texts, label(texts, body), strict=True):
        if share >= 0.5:
            words = len(text.split())
            total += words
            for each in (element, *element.iterancestors()):
                held[each] += words
    wide = [each for each, words in held.items() if words >= _HELD * total and each.tag not in ("html", "body")]
    if total < _LEAST or not wide:
        return None
    return max(wide, key=lambda each: sum(1 for _ in each.iterancestors()))


def _own_texts(tree: Any) -> tuple[Sequence[Any], Sequence[str]]:
    """The elements that have text of their own, not of elements within, and that text."""
    elements: list[Any] = []
    texts: list[str] = []
    silent: set[Any] = set()
    for element in tree.iter(etree.Element):
        if element.tag in _SILENT or element.getparent() in silent:
            silent.add(element)
            continue
        parts = (element.text, *(child.tail for child in element))
        text = " ".join(part for part in parts if part and part.strip())
        if text:
            elements.append(element)
            texts.append(text)
    return elements, texts


def _together(giving: _Page, taking: _Page) -> str:
    """The page of ``taking``, which is used up, with the article, headline and title of ``giving``."""
    headline, place = giving.headline, taking.headline
    _replace(taking.article, giving.article)
    if headline is not None and place is not None:
        _replace(place, headline)
    for path in (".//title", ".//meta[@property='og:title']", ".//meta[@name='twitter:title']"):
        ours, theirs = giving.tree.find(path), taking.tree.find(path)
        if ours is not None and theirs is not None:
            _replace(theirs, ours)
    # What a page says of itself is of the article that it had.
    for script in taking.tree.findall(".//script[@type='application/ld+json']"):
        script.text = None
    return str(etree.tostring(taking.tree, encoding="unicode", method="html"))


def _replace(element: Any, other: Any) -> None:
    new = deepcopy(other)
    new.tail = element.tail
    element.getparent().replace(element, new)
