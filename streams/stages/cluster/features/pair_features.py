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
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.models.table import Table
from streams.stages.cluster.features.article_features import BODY, FIELDS, NAMES, TITLE, unpack, unpack_keys

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
    keys = np.fromiter(vector, np.uint32, len(vector))
    order = keys.argsort()
    keys, weights = keys[order], np.fromiter(vector.values(), np.float64, len(vector))[order]
    named = np.fromiter(map(proper.__contains__, keys.tolist()), np.bool_, len(vector))
    strong = weights[named]
    held = np.bincount(keys & 3, minlength=FIELDS).tolist()
    return Side(keys, weights, named, float((strong * strong).sum()), held[TITLE] > 0, held[NAMES] > 0)


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
    side: Side | None = None,
) -> Probe:
    """An article ready to be compared: its vector, the words of it in names, their idf, its date, its length.

    ``side`` is the vector's own, where it is known already.

    >>> one = probe({4: 1.0}, frozenset(), {4: 6.0}, None)
    >>> pairs = compare(one, [one.side], [float("nan")])
    >>> pairs["body"].tolist(), pairs["hours"].tolist()
    ([1.0], [36.0])
    """
    side = side or _side(vector, proper)
    rarity = np.fromiter(map(idf.__getitem__, side.keys.tolist()), np.float64, len(side.keys))
    order = np.argsort(-rarity, kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return Probe(vector, proper, idf, date, side, rarity, ranks, rarity[order], words)


def compare(one: Probe, others: Sequence[Side], dates: Sequence[float]) -> Table:
    """The features of an article with each of ``others``, a row each, in the constraints' order.

    Args:
        dates: when the others were published, seconds since 1970; NaN: not known.
    """
    return compare_all([one], others, dates)


def compare_all(probes: Sequence[Probe], others: Sequence[Side], dates: Sequence[float]) -> Table:
    """The features of each of ``probes`` with each of ``others``: the first one's rows, then the second one's.

    All at once, as the time goes into the number of steps much more than into how much each has to do.
    """
    width, count = sum(len(one.side.keys) for one in probes), len(probes) * len(others)
    if not count or not width:
        return Table(tuple(PAIR_CONSTRAINTS), np.zeros((count, len(PAIR_CONSTRAINTS)), dtype=np.float32))
    # What each pair shares: the row, the place among the probes' terms and that among the others'.
    keys = np.concatenate([other.keys for other in others])
    owner = np.repeat(np.arange(len(others)), [len(other.keys) for other in others])
    rows, ats, places, before = [], [], [], 0
    for number, one in enumerate(probes):
        place, at = _shared(one.side.keys, keys)
        rows.append(owner[place] + number * len(others))
        ats.append(at + before)
        places.append(place)
        before += len(one.side.keys)
    row, at, place = np.concatenate(rows), np.concatenate(ats), np.concatenate(places)
    own = np.concatenate([one.side.weights for one in probes])[at]
    theirs = np.concatenate([other.weights for other in others])[place]
    theirs_named = np.concatenate([other.named for other in others])[place]
    fields = keys[place] & 3
    products = own * theirs
    cosines = np.bincount(row * FIELDS + fields, products, minlength=count * FIELDS).reshape(count, FIELDS)
    body = cosines[:, BODY]
    words = fields == BODY
    row, at, own, theirs, products = row[words], at[words], own[words], theirs[words], products[words]
    shared = np.bincount(row, minlength=count)
    ends = np.cumsum(shared)
    own_squares, their_squares = own * own, theirs * theirs

    def total(values: Any) -> Any:
        return np.bincount(row, values, minlength=count)

    mine, yours = total(own_squares), total(their_squares)
    mine_named = total(own_squares * np.concatenate([one.side.named for one in probes])[at])
    own_weights = np.repeat([one.side.named_weight for one in probes], len(others))
    their_weights = np.tile([other.named_weight for other in others], len(probes))
    named = _share(mine_named, own_weights, mine)
    their_named = _share(total(their_squares * theirs_named[words]), their_weights, yours)
    rest = _share(mine - mine_named, 1.0 - own_weights, mine)
    idf = np.concatenate([one.idf for one in probes])
    titled = _both([one.side.has_title for one in probes], [other.has_title for other in others])
    known = _both([one.side.has_names for one in probes], [other.has_names for other in others])
    apart = np.abs(np.subtract.outer([_seconds(one.published) for one in probes], dates)).ravel() / 3600.0
    columns = {
        "body": body,
        "title": np.where(titled, cosines[:, TITLE], body),
        "names": np.where(known, cosines[:, NAMES], body),
        "rarest": _rarest(probes, row, at, ends),
        "shared": total(idf[at]),
        "covered_less": np.minimum(mine, yours),
        "covered_more": np.maximum(mine, yours),
        "named_less": np.minimum(named, their_named),
        "named_more": np.maximum(named, their_named),
        "contrast": np.where(own_weights > 0, named - rest, 0.0),
        "top_share": _largest(products, shared, ends) / np.maximum(body, 1e-9),
        "hours": np.where(np.isnan(apart), UNDATED, np.minimum(apart, WEEK)),
    }
    return Table.of(columns)


def _shared(own: NDArray[np.uint32], keys: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The places in ``keys`` of those that are in ``own``, which is in order, and where in ``own`` each is."""
    # Nearly all are not, which the table tells by 16 of their bits, four times as fast as a search.
    table = np.zeros(1 << 16, dtype=np.bool_)
    table[own.astype(np.uint16)] = True
    place = table[keys.astype(np.uint16)].nonzero()[0]
    found = keys[place]
    at = own.searchsorted(found)
    same = own.take(at, mode="clip") == found
    return place[same], at[same]


def _both(ours: Sequence[bool], theirs: Sequence[bool]) -> NDArray[np.bool_]:
    """For each pair whether both have it."""
    return np.logical_and.outer(ours, theirs).ravel()


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else nan


def _share(part: Floats, whole: Floats, otherwise: Floats) -> Floats:
    """``part`` of ``whole``; ``otherwise`` where there is no whole."""
    return np.where(whole > 1e-6, part / np.maximum(whole, 1e-6), otherwise)


def _rarest(probes: Sequence[Probe], row: NDArray[np.int64], at: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """The mean idf of each row's rarest shared words; those that it lacks count 0."""
    by_rank = np.concatenate([one.by_rank for one in probes])
    first = np.cumsum([0, *(len(one.ranks) for one in probes[:-1])])
    ranks = np.concatenate([one.ranks + start for one, start in zip(probes, first, strict=True)])
    ordered = np.sort(row * len(ranks) + ranks[at]) % len(ranks)
    starts = np.concatenate([[0], ends[:-1]])
    total = np.zeros(len(ends))
    for place in range(_RAREST):
        there = starts + place < ends
        total[there] += by_rank[ordered[starts[there] + place]]
    return total / _RAREST


def _largest(values: Floats, shared: NDArray[np.int64], ends: NDArray[np.int64]) -> Floats:
    """The largest value of each row, which has ``shared`` of them up to ``ends``; 0 where there is none."""
    found = np.zeros(len(ends))
    some = shared > 0
    if len(values):
        found[some] = np.maximum.reduceat(values, (ends - shared)[some])
    return found
