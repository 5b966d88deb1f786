"""What a page's markup says of its blocks, in numbers. A feature is defined once, by its name and its computation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial

import numpy as np
import numpy.typing as npt

from streams.models.table import Table, Vector
from streams.stages.clean.parse.pages import ABOVE, HINTS, Block

#: Tags that tell what a block is: those of a kind tell the same.
_TAGS_OF = {
    "p": ("p",), "heading": ("h1", "h2", "h3", "h4", "h5", "h6"), "li": ("li",), "div": ("div", "section", "article"),
    "td": ("td", "th"), "quote": ("blockquote",),
}  # fmt: skip
_KINDS = tuple(_TAGS_OF)
_TAGS = {tag: number for number, tags in enumerate(_TAGS_OF.values()) for tag in tags}
#: What the bits of a block's numbers are called.
_BITS = {"near": HINTS, "any": HINTS, "above": ABOVE}


def _bits_of(numbers: Sequence[int], count: int) -> npt.NDArray[np.int64]:
    """(numbers, bits), each 0 or 1."""
    return np.array(numbers, dtype=np.int64)[:, None] >> np.arange(count) & 1


class _Blocks:
    """The blocks of a page by what is known of each, and by what holds several of them."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._known = dict(zip(Block._fields, zip(*blocks, strict=True), strict=True))
        self._bits = {name: _bits_of(self._known[name], len(names)) for name, names in _BITS.items()}
        self.count = len(blocks)

    def __getitem__(self, name: str) -> Vector:
        return np.array(self._known[name], dtype=np.float64)

    def bit(self, name: str, index: int) -> npt.NDArray[np.int64]:
        return self._bits[name][:, index]

    @cached_property
    def _tags(self) -> npt.NDArray[np.int64]:
        return np.array([_TAGS.get(tag, -1) for tag in self._known["tag"]])

    def tagged(self, kind: str) -> Vector:
        return np.equal(self._tags, _KINDS.index(kind)).astype(np.float64)

    @cached_property
    def family(self) -> npt.NDArray[np.intp]:
        """The same number for all blocks whose elements one element holds."""
        return np.unique(np.array(self._known["parent"]), return_inverse=True)[1]

    @cached_property
    def family_size(self) -> Vector:
        """Characters of text, by the number of the family."""
        return np.bincount(self.family, weights=self["size"]).astype(np.float64)

    def family_share(self, shares: Vector) -> Vector:
        """For each block the mean of its family's shares, weighed by their characters."""
        return (np.bincount(self.family, weights=self["size"] * shares) / self.family_size)[self.family]


def _bit(name: str, index: int, blocks: _Blocks) -> npt.ArrayLike:
    return blocks.bit(name, index)


def _known(name: str, blocks: _Blocks) -> Vector:
    return blocks[name]


#: Name → what gives a page's column of it. The order is that in which training draws columns.
MARKUP: dict[str, Callable[[_Blocks], npt.ArrayLike]] = {
    "link_share": partial(_known, "linked"),
    "links": partial(_known, "links"),
    "depth": partial(_known, "depth"),
    "is_p": lambda blocks: blocks.tagged("p"),
    "is_heading": lambda blocks: blocks.tagged("heading"),
    "is_li": lambda blocks: blocks.tagged("li"),
    "is_div": lambda blocks: blocks.tagged("div"),
    "is_td": lambda blocks: blocks.tagged("td"),
    "is_quote": lambda blocks: blocks.tagged("quote"),
    "is_br": partial(_known, "after_br"),
    "emphasis": partial(_known, "emphasis"),
    "hidden": partial(_known, "hidden"),
    **{f"near_{name}": partial(_bit, "near", index) for index, name in enumerate(HINTS)},
    **{f"any_{name}": partial(_bit, "any", index) for index, name in enumerate(HINTS)},
    **{f"in_{name}": partial(_bit, "above", index) for index, name in enumerate(ABOVE)},
    "itemprop": partial(_known, "itemprop"),
    "siblings": lambda blocks: np.bincount(blocks.family)[blocks.family].astype(np.float64),
    "parent_words": lambda blocks: blocks.family_size[blocks.family],
    "parent_link_share": lambda blocks: blocks.family_share(blocks["linked"]),
    "parent_p": lambda blocks: blocks.family_share(blocks.tagged("p")),
    "h1_before": partial(_known, "h1_before"),
    "h1_distance": partial(_known, "h1_distance"),
}


def describe_markup(blocks: Sequence[Block]) -> Table:
    """The features of each block, of one at least: columns ``MARKUP``."""
    known = _Blocks(blocks)
    return Table.of({name: column(known) for name, column in MARKUP.items()})
