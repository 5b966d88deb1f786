"""What other extractors make of a page: for each block, how much of it they keep."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
from lxml import etree

from streams.models.table import Table, Vector
from streams.stages.clean.features.characters import words_by_line
from streams.stages.clean.features.sequences import beside
from streams.stages.clean.features.trafilatura_vote import trafilatura_vote
from streams.stages.clean.parse.lines import Line

#: Longer blocks (characters) have enough runs of three words to be told by those.
_SHORT = 200
#: What trafilatura never keeps, of what the walk over the page leaves: a third of a page's elements.
_NEVER_KEPT = ("aside", "footer", "nav", "img", "link", "meta", "source", "label", "time")
#: Tags of formatting, and the product of their number and all tags' from which they are left out. In each block
#: browsers' parsers open anew what formatting was left open: 40 kB made 1.5 million elements and a gigabyte of memory.
#: Up to here it is a second's work; one in thirty development pages is beyond, and their votes stay the same.
_FORMATTING = re.compile(
    r"</?(?=[bcefinstu])(?:b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)(?=[\s/>])[^<>]*>?", re.IGNORECASE
)
_MOST_REOPENED = 1_000_000
#: A page has one of each. What a further one has is added to the first, attribute by attribute: quadratic time.
_ROOTS = re.compile(r"<(?:html|body)(?=[\s/>])[^<>]*>?", re.IGNORECASE)
_MOST_ROOTS = 50
#: Where trafilatura, in its fast mode, keeps less than this part of what resiliparse keeps, it has lost the article as
#: a rule, and is asked again with all its ways to find more. (Of 859 development pages 39, with F1 .25 and then .72;
#: the next 13 got no better.) Not on pages of more characters than any of those has.
_TOO_LITTLE, _LARGE = 0.3, 1_000_000


def votes(source: str, tree: Any, lines: Sequence[Line]) -> Table:
    """Columns ``VOTES``: the share (0 to 1) of each block that an extractor keeps, and that of the blocks beside it."""
    blocks = words_by_line([line.text for line in lines])
    texts = {name: extract(source, tree) for name, extract in EXTRACTORS.items()}
    if len(texts["trafilatura"]) < _TOO_LITTLE * len(texts["resiliparse"]) and len(source) < _LARGE:
        texts["trafilatura"] = _thorough_trafilatura(source)
    shares = [_shares(lines, blocks, text) for text in texts.values()]
    columns = [beside(share[:, None], tuple(_PLACES.values()), 0.0) for share in shares]
    return Table(VOTES, np.concatenate(columns, axis=1).astype(np.float32))


def _shares(lines: Sequence[Line], blocks: Sequence[list[str]], text: str) -> Vector:
    """``blocks`` are the words of those lines."""
    kept = text.splitlines()
    parts = words_by_line(kept)
    words = list(chain.from_iterable(parts))
    is_triple = set(zip(words, words[1:], words[2:], strict=False)).__contains__
    # Most blocks are kept as they are: only the others are looked at.
    same = {line.strip() for line in kept}
    whole = {tuple(part) for part, line in zip(parts, kept, strict=True) if len(line) < _SHORT}
    shares: list[float] = []
    for line, block in zip(lines, blocks, strict=True):
        if line.text in same and line.text[0].isalnum():
            shares.append(1.0)
        elif not block:
            shares.append(0.0)
        elif tuple(block) in whole:
            shares.append(1.0)
        elif len(block) < 3:
            shares.append(0.0)
        else:
            triples = zip(block, block[1:], block[2:], strict=False)
            shares.append(sum(map(is_triple, triples)) / (len(block) - 2))
    return np.array(shares)


_vote = lru_cache(maxsize=1)(trafilatura_vote)


@lru_cache(maxsize=1)
def _all_ways() -> Any:
    from trafilatura.settings import Extractor

    return Extractor(comments=False)


def _trafilatura(tree: Any) -> str:
    vote = _vote()
    # It drops these as its first step, but only after half a dozen searches and copies of the tree with them.
    etree.strip_elements(tree, *_NEVER_KEPT, with_tail=False)
    return _unless_odd(lambda: vote(tree))


def _thorough_trafilatura(source: str) -> str:
    import trafilatura

    return _unless_odd(lambda: trafilatura.extract(without_multipliers(source), options=_all_ways()) or "")


def _unless_odd(extract: Callable[[], str]) -> str:
    try:
        return extract()
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError):
        # Its own bugs on odd trees are one vote less.
        return ""


def _resiliparse(source: str) -> str:
    from resiliparse.extract.html2text import extract_plain_text

    return str(extract_plain_text(without_multipliers(source), main_content=True, alt_texts=False))


def without_multipliers(source: str) -> str:
    """The page without the tags that make a browser's parser do quadratic work, where there are so many of them.

    A function of counts alone: no way to nest them evades it.
    """
    tags = source.count("<")
    if tags * tags > _MOST_REOPENED and tags * len(_FORMATTING.findall(source)) > _MOST_REOPENED:
        source = _FORMATTING.sub("", source)
    if tags > _MOST_ROOTS and len(_ROOTS.findall(source)) > _MOST_ROOTS:
        source = _ROOTS.sub("", source)
    return source


#: Whose votes are heard.
EXTRACTORS: dict[str, Callable[[str, Any], str]] = {
    "trafilatura": lambda _, tree: _trafilatura(tree),
    "resiliparse": lambda source, _: _resiliparse(source),
}
_PLACES = {"": 0, "_above": -1, "_below": 1}
#: The columns of ``votes``.
VOTES = tuple(f"{name}{place}" for name in EXTRACTORS for place in _PLACES)
