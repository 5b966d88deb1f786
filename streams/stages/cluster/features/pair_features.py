"""What speaks for two articles' being about one event, as a few numbers: what a story's nearest members say.

They compare an article with *one* member of a story, so that they know neither how large the story is nor how busy
the stream: a pair in a story of ten is like a pair in a story of a thousand. What cannot be measured (no title, no
date) takes a neutral value, never that of what was measured and found to differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.models.table import Table
from streams.stages.cluster.features.article_features import BODY, NAMES, TITLE, unpack, unpack_keys

#: Feature → +1 or -1: one event can only become likelier, or less likely, as it grows.
PAIR_CONSTRAINTS = {
    "body": 1,  # cosine of the words
    "title": 1,  # cosine of the titles; the words' where one has none
    "names": 1,  # cosine of runs of capitalised words; the words' where one has none
    "rarest": 1,  # mean idf of the three rarest shared words
    "shared": 1,  # sum of the idf of the shared words
    "covered_less": 1,  # share of an article's words, by squared weight, that the other has: the lesser of the two
    "covered_more": 1,  # … and the greater
    "named_less": 1,  # the same of the words that stand in names
    "named_more": 1,
    "contrast": 1,  # names covered less other words covered: look-alikes share words, not names
    "top_share": -1,  # share of the strongest shared word in the cosine
    "hours": -1,  # between their dates, at most `WEEK`
}
#: From here on, how long ago something was tells nothing more: wrong dates are as common as long stories. Development
#: data: 3 to 30 days measured alike, no limit worse.
WEEK = 168.0
#: Hours that an undated pair counts as: neither the same day nor another week.
UNDATED = 36.0
_RAREST = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Nearness:
    """How likely an article is about one event with a story's nearest members."""

    #: The mean of the two nearest, and of the four nearest.
    two: float = 0.0
    four: float = 0.0


def nearness(chances: Sequence[float]) -> Nearness:
    """What the chances of an article's pairs with a story's members say; none: nothing speaks for it.

    >>> nearness([0.2, 0.9, 0.7])
    Nearness(two=0.8, four=0.6)
    """
    nearest = sorted(chances, reverse=True)[:4]
    if not nearest:
        return Nearness()
    two = nearest[:2]
    return Nearness(sum(two) / len(two), sum(nearest) / len(nearest))


@dataclass(frozen=True, slots=True)
class Side:
    """An article's vector as arrays, in the order of its keys."""

    keys: NDArray[np.uint32]
    weights: Floats
    #: Which keys are words that stand in names.
    named: NDArray[np.bool_]
    #: The squared weight of those.
    named_weight: float
    has_title: bool
    has_names: bool


def _side(vector: Mapping[int, float], proper: frozenset[int]) -> Side:
    ordered = sorted(vector.items())
    keys = np.array([key for key, _ in ordered], dtype=np.uint32)
    weights = np.array([weight for _, weight in ordered], dtype=np.float64)
    named = np.array([key in proper for key, _ in ordered], dtype=bool)
    fields = keys & 3
    named_weight = float((weights[named] ** 2).sum())
    return Side(keys, weights, named, named_weight, bool((fields == TITLE).any()), bool((fields == NAMES).any()))


@lru_cache(maxsize=32_768)  # some 2 kB each: the members that decisions look at
def side_of(vector: str, proper: str) -> Side:
    """The side of a member, from its row's packed vector and name words."""
    return _side(unpack(vector), frozenset(unpack_keys(proper)))


@dataclass(frozen=True, slots=True)
class Probe:
    """An article that is compared with others; make one with ``probe``."""

    vector: Mapping[int, float]
    proper: frozenset[int]
    #: The idf of the vector's keys.
    idf_of: Mapping[int, float]
    published: datetime | None
    side: Side
    #: The idf of the side's keys, and each key's rank by it, the rarest word first.
    idf: Floats
    ranks: NDArray[np.int64]
    by_rank: Floats
    #: Words of the article, as far as it was read.
    words: int


def probe(
    vector: Mapping[int, float],
    proper: frozenset[int],
    idf: Mapping[int, float],
    date: datetime | None,
    words: int = 0,
) -> Probe:
    """An article ready to be compared: its vector, the words of it in names, their idf, its date, its length.

    >>> one = probe({4: 1.0}, frozenset(), {4: 6.0}, None)
    >>> pairs = compare(one, [one.side], [float("nan")])
    >>> pairs["body"].tolist(), pairs["hours"].tolist()
    ([1.0], [36.0])
    """
    side = _side(vector, proper)
    rarity = np.array([idf[key] for key in side.keys.tolist()], dtype=np.float64)
    order = np.argsort(-rarity, kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return Probe(vector, proper, idf, date, side, rarity, ranks, rarity[order], words)


def compare(one: Probe, others: Sequence[Side], dates: Sequence[float]) -> Table:
    """The features of an article with each of ``others``, a row each, in the constraints' order.

    Args:
        dates: when the others were published, seconds since 1970; NaN: not known.
    """
    count = len(others)
    if not count or not len(one.side.keys):
        return Table(tuple(PAIR_CONSTRAINTS), np.zeros((count, len(PAIR_CONSTRAINTS)), dtype=np.float32))
    lengths = [len(other.keys) for other in others]
    keys = np.concatenate([other.keys for other in others])
    at = np.searchsorted(one.side.keys, keys)
    at[at == len(one.side.keys)] = 0
    shared = np.flatnonzero(one.side.keys[at] == keys)
    at, row = at[shared], np.repeat(np.arange(count), lengths)[shared]
    own = one.side.weights[at]
    theirs = np.concatenate([other.weights for other in others])[shared]
    theirs_named = np.concatenate([other.named for other in others])[shared]
    fields = keys[shared] & 3

    def cosine(field: int) -> Floats:
        found = np.bincount(row, np.where(fields == field, own * theirs, 0.0), minlength=count)
        return found.astype(np.float64)

    body, title, names = cosine(BODY), cosine(TITLE), cosine(NAMES)
    words = fields == BODY
    at, row, own, theirs, theirs_named = at[words], row[words], own[words], theirs[words], theirs_named[words]
    own_named = own * own * one.side.named[at]

    def total(values: Any) -> Floats:
        return np.bincount(row, values, minlength=count).astype(np.float64)

    mine, yours = total(own * own), total(theirs * theirs)
    named = _share(total(own_named), one.side.named_weight, mine)
    their_weights = np.array([other.named_weight for other in others])
    their_named = _share(total(theirs * theirs * theirs_named), their_weights, yours)
    rest = _share(mine - total(own_named), 1.0 - one.side.named_weight, mine)
    titled = np.array([one.side.has_title and other.has_title for other in others])
    known = np.array([one.side.has_names and other.has_names for other in others])
    date = one.published.timestamp() if one.published else float("nan")
    hours = np.minimum(np.abs(np.asarray(dates) - date) / 3600.0, WEEK)
    columns = {
        "body": body,
        "title": np.where(titled, title, body),
        "names": np.where(known, names, body),
        "rarest": _rarest(one, at, row, count),
        "shared": total(one.idf[at]),
        "covered_less": np.minimum(mine, yours),
        "covered_more": np.maximum(mine, yours),
        "named_less": np.minimum(named, their_named),
        "named_more": np.maximum(named, their_named),
        "contrast": named - rest if one.side.named_weight > 0 else np.zeros(count),
        "top_share": _largest(own * theirs, row, count) / np.maximum(body, 1e-9),
        "hours": np.where(np.isnan(hours), UNDATED, hours),
    }
    return Table.of(columns)


def _share(part: Floats, whole: Floats | float, otherwise: Floats) -> Floats:
    """``part`` of ``whole``; ``otherwise`` where there is no whole."""
    whole = np.broadcast_to(whole, part.shape)
    return np.where(whole > 1e-6, part / np.maximum(whole, 1e-6), otherwise)


def _rarest(one: Probe, at: NDArray[np.int64], row: NDArray[np.int64], count: int) -> Floats:
    """The mean idf of each row's rarest shared words; those that it lacks count 0."""
    width = len(one.idf)
    ordered = np.sort(row * width + one.ranks[at])
    ends = np.searchsorted(ordered, np.arange(1, count + 1) * width)
    starts = np.concatenate([[0], ends[:-1]])
    total = np.zeros(count)
    for place in range(_RAREST):
        there = starts + place < ends
        total[there] += one.by_rank[ordered[starts[there] + place] % width]
    return total / _RAREST


def _largest(values: Floats, row: NDArray[np.int64], count: int) -> Floats:
    """The largest value of each row (the rows are in order); 0 where there is none."""
    found = np.zeros(count)
    if len(values):
        starts = np.flatnonzero(np.diff(row, prepend=-1))
        found[row[starts]] = np.maximum.reduceat(values, starts)
    return found
