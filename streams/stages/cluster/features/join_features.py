"""What speaks for an article's joining a story, as a few explainable numbers: the input of the join decision.

No measure knows how large the story is or how busy the stream: each compares the story with what else there is, with
its own members, or the article with its nearest members. Similarities and chances are between 0 and 1. What cannot be
measured (no date, no names) is NaN, never 0; ``for_trees`` gives it a neutral place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from math import log, log1p, nan

import numpy as np
from numpy.typing import NDArray

from streams.stages.cluster.features.article_features import FIELDS, Keys, Vector
from streams.stages.cluster.features.pair_features import UNDATED, WEEK, Floats, Nearness, Probe

#: Share of each field (body, title, names, entities) in the combined similarity; those an article lacks give theirs to
#: the others. Development data: titles help as a bonus to body words, not as a share; names and entities are no
#: help there (names are measured apart), but keep made-up look-alikes apart.
WEIGHTS = (0.9, 0.0, 0.07, 0.03)
#: What a story of one article is taken to hold together with, and unrelated stories to be alike by. Development data.
COHESION, BACKGROUND = 0.35, 0.04
#: What the best of the stories that are yet to come is taken to be alike by: at the beginning of a stream nothing else
#: speaks against the first that there is. Development data: at .04, first stories drew in whatever came.
STRANGER = 0.08
#: Hours from which on the regression takes dates to tell nothing more, as wrong dates are common: the trees see `WEEK`.
FAR = 48.0
#: Most similar stories that can win. The others are the background that they stand out from.
CONTENDERS = 4
#: Words of an article from which it is no snippet, and at most which it is as short as a headline.
FULL, HEADLINE = 200, 12

#: What is measured of an article and a story, and shown as evidence.
MEASURES = (
    "background_ratio",  # similarity over the mean similarity of the stories after the first three
    "margin_ratio",  # similarity / (similarity + that of the best other story)
    "cohesion_ratio",  # similarity over that between the story's own members
    "names_found",  # share of the weight of the article's words in names that the story has too
    "nearest_two",  # how likely the article is about one event with the nearest two members, on the average
    "hours",  # to the nearest member's date
    "brief",  # how short the article is: 0 a full text, 1 a headline
)
#: Input of the regression → +1 or -1: joining can only become likelier, or less likely, as it grows; 0: either. What
#: stands out from the background says less of a headline than of a full text, hence twice; ``headline`` is the square
#: of ``brief``, so that headlines are told from snippets; ``undated`` is 1 where there are no two dates to compare.
MONOTONE_CONSTRAINTS = {
    "background_ratio": 1,
    "background_ratio_of_brief": 1,
    "margin_ratio": 1,
    "cohesion_ratio": 1,
    "names_found": 1,
    "nearest_two": 1,
    "hours": -1,
    "undated": 0,
    "brief": 0,
    "headline": 0,
}

#: The same for the trees, which take what stands out in one and need no help with what is short.
TREE_CONSTRAINTS = {
    name: sign for name, sign in MONOTONE_CONSTRAINTS.items() if name not in ("background_ratio_of_brief", "headline")
}


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate story, with what it shares with the article."""

    story_id: str
    similarity: float
    #: Of each term of the article, in its vector's order, what it adds to the similarity.
    parts: Floats
    size: int
    profile: Vector


def shares_of(keys: Keys) -> tuple[float, ...]:
    """The weight of each field for an article of these terms, which may lack some."""
    held = np.bincount(keys & 3).nonzero()[0].tolist()
    total = sum(WEIGHTS[field] for field in held) or 1.0
    return tuple(WEIGHTS[field] / total if field in held else 0.0 for field in range(FIELDS))


def matches(one: Probe, shares: Sequence[float], stories: Sequence[tuple[str, Vector, int]]) -> list[Match]:
    """The article against each story's average member: dot(article, sum of members) / members, field by field.

    Args:
        stories: id, profile and number of articles of each.
    """
    if not stories:
        return []
    profiles = [profile for _, profile, _ in stories]
    width, count = len(one.vector.keys), len(stories)
    owner = np.arange(count).repeat([len(profile.keys) for profile in profiles])
    place, at = one.shared(np.concatenate([profile.keys for profile in profiles]))
    held = np.zeros(count * width)
    held[owner.take(place) * width + one.side.places.take(at)] = np.concatenate(
        [profile.weights for profile in profiles]
    ).take(place)
    parts = held.reshape(count, width) * one.vector.weights.astype(np.float64)
    parts /= np.array([[size] for _, _, size in stories], np.float64)
    parts *= np.array(shares).take(one.vector.keys & 3)
    # Term after term, so that the sum is the same whatever it is added up with.
    totals = np.bincount(np.arange(count).repeat(width), parts.ravel(), count).tolist()
    return [
        Match(story_id, total, row, size, profile)
        for (story_id, profile, size), total, row in zip(stories, totals, parts, strict=True)
    ]


def cohesion(profile: Vector, size: int, shares: Sequence[float]) -> float:
    """Mean similarity between two members: (|sum|² - n) / n(n-1), each field's vectors being of length 1."""
    if size < 2:
        return COHESION
    weights = profile.weights.astype(np.float64)
    squares: list[float] = np.bincount(profile.keys & 3, weights * weights, FIELDS).tolist()
    pairs = size * (size - 1)
    total = sum(share * max(0.0, square - size) / pairs for share, square in zip(shares, squares, strict=True))
    return max(0.02, total)  # a profile cut short may lose the little that its members share


@dataclass(frozen=True, slots=True)
class Names:
    """An article's body words that stand in names: their places in its vector, and their squared weights."""

    places: NDArray[np.int64]
    weights: list[float]

    def found(self, parts: Floats) -> float:
        """The share of the weights whose words a story has, by what each term adds; NaN without any."""
        total = sum(self.weights)
        held: list[bool] = (parts.take(self.places) > 0).tolist()
        return sum(compress(self.weights, held)) / total if total else nan


def names_of(one: Probe) -> Names:
    """The words of an article in names, as it is compared."""
    named = np.zeros(len(one.side.keys), np.bool_)
    named[one.side.places] = one.side.named
    weights = one.vector.weights[named].astype(np.float64)
    return Names(named.nonzero()[0], (weights * weights).tolist())


def brief(words: int) -> float:
    """How short an article is: 0 from ``FULL`` words on, 1 up to ``HEADLINE``, by the logarithm between.

    >>> brief(800), round(brief(50), 2), brief(9)
    (0.0, 0.49, 1.0)
    """
    return min(1.0, max(0.0, log(FULL / max(1, words)) / log(FULL / HEADLINE)))


def join_features(
    rank: int,
    ranked: Sequence[Match],
    shares: Sequence[float],
    names: Names,
    near: Nearness,
    *,
    hours: float,
    shortness: float,
) -> tuple[float, ...]:
    """The measures of the candidate at ``rank`` of ``ranked`` (most similar first), in the order of ``MEASURES``.

    Args:
        names: the article's words in names.
        near: what the story's nearest members say.
        hours: to the nearest member's date; NaN: unknown.
        shortness: the article's ``brief``.
    """
    one = ranked[rank]
    # There is always something else that it could be about, even where no story tells it yet.
    other = max([STRANGER, *(match.similarity for match in ranked[:2] if match is not one)])
    rest = [match.similarity for match in ranked[3:] if match is not one]
    # Four imaginary strangers, so that the first stories of a stream have a background too.
    background = (sum(rest) + 4 * BACKGROUND) / (len(rest) + 4)
    return (
        one.similarity / background,
        one.similarity / (one.similarity + other) if one.similarity else 0.0,
        one.similarity / cohesion(one.profile, one.size, shares),
        names.found(one.parts),
        near.two,
        hours,
        shortness,
    )


def _log_odds(chance: float) -> float:
    chance = min(0.99, max(0.01, chance))
    return log(chance / (1.0 - chance))


def for_trees(values: Sequence[float]) -> list[float]:
    """The measures as trees take them, in the order of ``TREE_CONSTRAINTS``: ratios by logarithm, chances by log-odds.

    >>> for_trees([1.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0])
    [0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    """
    background, margin, cohesive, names, two, hours, shortness = values
    undated = hours != hours
    return [
        log(max(background, 0.1)),
        margin,
        log(max(cohesive, 0.05)),
        0.5 if names != names else names,
        _log_odds(two),
        log1p(UNDATED if undated else min(hours, WEEK)),
        float(undated),
        shortness,
    ]


def for_regression(values: Sequence[float]) -> list[float]:
    """The measures as a regression takes them, in the order of ``MONOTONE_CONSTRAINTS``.

    >>> for_regression([1.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.5])
    [0.0, 0.0, 0.5, 0.0, 1.0, 0.0, 0.0, 0.0, 0.5, 0.25]
    """
    unrelated, margin, cohesive, names, two, hours, undated, shortness = for_trees(values)
    return [
        unrelated * (1.0 - shortness),
        unrelated * shortness,
        margin,
        cohesive,
        names,
        two,
        min(hours, log1p(FAR)),
        undated,
        shortness,
        shortness * shortness,
    ]
