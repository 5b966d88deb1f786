"""What speaks for two articles' being about one event, as a few numbers: what a story's nearest members say.

They compare an article with *one* member of a story, so that they know neither how large the story is nor how busy
the stream: a pair in a story of ten is like a pair in a story of a thousand. What cannot be measured (no title, no
date) takes a neutral value, never that of what was measured and found to differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import accumulate
from math import nan
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.models.table import Table
from streams.stages.cluster.features.article_features import (
    BODY,
    FIELDS,
    NAMES,
    TITLE,
    Keys,
    Vector,
    read_vector,
    unpack_keys,
)

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

    keys: Keys
    weights: NDArray[np.float32]
    #: Where in the vector each key stands.
    places: NDArray[np.uint16]
    #: Which keys are words that stand in names.
    named: NDArray[np.bool_]
    #: The squared weight of those.
    named_weight: float
    has_title: bool
    has_names: bool


def side(vector: Vector, proper: frozenset[int]) -> Side:
    """The side of a vector, and of its body words those that stand in names."""
    places = vector.keys.argsort()
    keys, weights = vector.keys.take(places), vector.weights.take(places)
    named = np.fromiter(map(proper.__contains__, keys.tolist()), np.bool_, len(keys))
    strong = weights[named].astype(np.float64)
    held = np.bincount(keys & 3, minlength=FIELDS).tolist()
    squared = float((strong * strong).sum())
    return Side(keys, weights, places.astype(np.uint16), named, squared, held[TITLE] > 0, held[NAMES] > 0)


@lru_cache(maxsize=32_768)  # some 1 kB each: the members that decisions look at
def side_of(vector: str, proper: str) -> Side:
    """The side of a member, from its row's packed vector and name words."""
    return side(read_vector(vector), frozenset(unpack_keys(proper)))


@dataclass(frozen=True, slots=True)
class Stack:
    """Articles' sides one after the other, so that an article is compared with all of them at once."""

    keys: Keys
    weights: NDArray[np.float32]
    named: NDArray[np.bool_]
    #: The place among the articles of whose key each is.
    owner: NDArray[np.int64]
    #: A row an article: the squared weight of its name words, 1 where it has a title, 1 where it has names, and when
    #: it was published (seconds since 1970; NaN: not known).
    facts: Floats

    def __len__(self) -> int:
        return len(self.facts)


def stack(sides: Sequence[Side], dates: Sequence[float]) -> Stack:
    """Articles to compare with, each with when it was published: seconds since 1970; NaN: not known."""
    if not sides:
        return _NOTHING
    facts = [(side.named_weight, side.has_title, side.has_names, date) for side, date in zip(sides, dates, strict=True)]
    return Stack(
        np.concatenate([side.keys for side in sides]),
        np.concatenate([side.weights for side in sides]),
        np.concatenate([side.named for side in sides]),
        np.arange(len(sides)).repeat([len(side.keys) for side in sides]),
        np.array(facts, np.float64),
    )


def piled(stacks: Sequence[Stack]) -> Stack:
    """The articles of several stacks as one."""
    held = [each for each in stacks if len(each)]
    if len(held) < 2:
        return held[0] if held else _NOTHING
    before = [0, *accumulate(map(len, held))]
    return Stack(
        np.concatenate([each.keys for each in held]),
        np.concatenate([each.weights for each in held]),
        np.concatenate([each.named for each in held]),
        np.concatenate([each.owner + start for each, start in zip(held, before, strict=False)]),
        np.concatenate([each.facts for each in held]),
    )


_NOTHING = Stack(
    np.empty(0, np.uint32), np.empty(0, np.float32), np.empty(0, np.bool_), np.empty(0, np.int64), np.empty((0, 4))
)


@dataclass(frozen=True, slots=True)
class Probe:
    """An article that is compared with others; make one with ``probe``."""

    vector: Vector
    side: Side
    published: datetime | None
    #: Words of the article, as far as it was read.
    words: int
    #: A column a key of the side: its weight, that squared, that again if it is a word in a name, and its idf.
    terms: Floats
    #: Each body word's rank by idf, the rarest first, and the idf of each rank; other terms come last, with 0.
    ranks: NDArray[np.int64]
    by_rank: Floats
    #: 16 bits of the keys that there are.
    known: NDArray[np.bool_]

    def shared(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The places in ``keys`` of those that the article has, and where among its side's each is."""
        # Nearly all are not, which the table tells by 16 of their bits, four times as fast as a search.
        place = self.known.take(keys.astype(np.uint16)).nonzero()[0]
        found = keys.take(place)
        at = self.side.keys.searchsorted(found)
        same = self.side.keys.take(at, mode="clip") == found
        return place[same], at[same]


def probe(vector: Vector, side: Side, idf: Floats, published: datetime | None = None, words: int = 0) -> Probe:
    """An article ready to be compared: its vector, the vector's side, the idf of its terms, its date and length.

    >>> vector = Vector(np.array([4], np.uint32), np.array([1.0], np.float32))
    >>> one = probe(vector, side(vector, frozenset()), np.array([6.0]))
    >>> pairs = compare([(one, stack([one.side], [nan]))])
    >>> pairs["body"].tolist(), pairs["hours"].tolist()
    ([1.0], [36.0])
    """
    idf = idf.take(side.places)
    terms = np.empty((4, len(side.keys)))
    terms[0] = side.weights
    np.multiply(terms[0], terms[0], out=terms[1])
    np.multiply(terms[1], side.named, out=terms[2])
    terms[3] = idf
    body = (side.keys & 3 == BODY).nonzero()[0]
    rarity = idf.take(body)
    order = (-rarity).argsort(kind="stable")
    ranks = np.full(len(side.keys), len(body))
    ranks[body.take(order)] = np.arange(len(body))
    known = np.zeros(1 << 16, dtype=np.bool_)
    known[side.keys.astype(np.uint16)] = True
    return Probe(vector, side, published, words, terms, ranks, np.append(rarity.take(order), 0.0), known)


def compare(jobs: Sequence[tuple[Probe, Stack]]) -> Table:
    """The features of each job's article with each of its stack's, a row each, in the constraints' order.

    All at once, as the time goes into the number of steps much more than into how much each has to do.
    """
    count = sum(len(others) for _, others in jobs)
    if not count:
        return Table(tuple(PAIR_CONSTRAINTS), np.empty((0, len(PAIR_CONSTRAINTS)), dtype=np.float32))
    # What each pair shares, by the pair's row: the field, what the article knows of it, and the other's weight.
    slots, ours, theirs, named, ranks, by_rank = [], [], [], [], [], []
    rows = ranked = 0
    for one, others in jobs:
        place, at = one.shared(others.keys)
        slots.append((others.owner.take(place) + rows) * FIELDS + (others.keys.take(place) & 3))
        ours.append(one.terms.take(at, axis=1))
        theirs.append(others.weights.take(place))
        named.append(others.named.take(place))
        ranks.append(one.ranks.take(at) + ranked)
        by_rank.append(one.by_rank)
        rows, ranked = rows + len(others), ranked + len(one.by_rank)
    slot, rank = _joined(slots), _joined(ranks)
    own, own_squares, own_named, idf = ours[0] if len(ours) == 1 else np.concatenate(ours, axis=1)
    their = _joined(theirs).astype(np.float64)
    products, their_squares = own * their, their * their

    def totals(of: Any) -> Any:
        return np.bincount(slot, of, count * FIELDS).reshape(count, FIELDS)

    cosines = totals(products)
    body = cosines[:, BODY]
    mine, yours = totals(own_squares)[:, BODY], totals(their_squares)[:, BODY]
    mine_named = totals(own_named)[:, BODY]
    facts = np.concatenate([others.facts for _, others in jobs]) if len(jobs) > 1 else jobs[0][1].facts
    sizes = [len(others) for _, others in jobs]
    own_facts = np.array(
        [(one.side.named_weight, one.side.has_title, one.side.has_names, _seconds(one.published)) for one, _ in jobs]
    ).repeat(sizes, axis=0)
    own_weights = own_facts[:, 0]
    names = _share(mine_named, own_weights, mine)
    their_names = _share(totals(their_squares * _joined(named))[:, BODY], facts[:, 0], yours)
    rest = _share(mine - mine_named, 1.0 - own_weights, mine)
    both = own_facts[:, 1:3] * facts[:, 1:3] > 0
    apart = np.abs(own_facts[:, 3] - facts[:, 3]) / 3600.0
    row = slot // FIELDS
    ends = np.bincount(row, minlength=count).cumsum()
    columns = {
        "body": body,
        "title": np.where(both[:, 0], cosines[:, TITLE], body),
        "names": np.where(both[:, 1], cosines[:, NAMES], body),
        "rarest": _rarest(row, rank, np.concatenate(by_rank), ends),
        "shared": totals(idf)[:, BODY],
        "covered_less": np.minimum(mine, yours),
        "covered_more": np.maximum(mine, yours),
        "named_less": np.minimum(names, their_names),
        "named_more": np.maximum(names, their_names),
        "contrast": np.where(own_weights > 0, names - rest, 0.0),
        "top_share": _largest(products * (slot & 3 == BODY), ends) / np.maximum(body, 1e-9),
        "hours": np.where(np.isnan(apart), UNDATED, np.minimum(apart, WEEK)),
    }
    return Table.of(columns)


def _joined(parts: Sequence[NDArray[Any]]) -> NDArray[Any]:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _seconds(moment: datetime | None) -> float:
    return moment.timestamp() if moment else nan


def _share(part: Floats, whole: Floats, otherwise: Floats) -> Floats:
    """``part`` of ``whole``; ``otherwise`` where there is no whole."""
    return np.where(whole > 1e-6, part / np.maximum(whole, 1e-6), otherwise)


def _rarest(row: NDArray[np.int64], rank: NDArray[np.int64], by_rank: Floats, ends: NDArray[np.int64]) -> Floats:
    """The mean idf of each row's rarest shared words; those that it lacks count 0."""
    ordered = np.sort(row * len(by_rank) + rank)
    idf = by_rank.take(np.append(ordered, [0] * _RAREST) % len(by_rank))
    places = np.concatenate([[0], ends[:-1]])[:, None] + np.arange(_RAREST)
    rarest: Floats = np.where(places < ends[:, None], idf.take(places), 0.0).sum(axis=1)
    return rarest / _RAREST


def _largest(values: Floats, ends: NDArray[np.int64]) -> Floats:
    """The largest value of each row, which has those up to ``ends``; 0 where there is none."""
    starts = np.concatenate([[0], ends[:-1]])
    # A row without values takes what begins the next one, or the 0 at the end: set right after.
    largest: Floats = np.maximum.reduceat(np.append(values, 0.0), starts)
    return np.where(ends > starts, largest, 0.0)
