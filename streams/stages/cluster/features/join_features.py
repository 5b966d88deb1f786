"""What speaks for an article's joining a story, as a few explainable numbers: the input of the join decision.

Similarities are between 0 and 1. What cannot be measured (no date, no title) is NaN, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import nan, sqrt

from streams.stages.cluster.features.article_features import BODY, FIELDS

#: Share of each field (body, title, names, entities) in the combined similarity; those an article lacks give theirs to
#: the others. Development data: titles help as a bonus to body words, not as a share; names and entities are no
#: help there (names are measured apart), but keep made-up look-alikes apart.
WEIGHTS = (0.9, 0.0, 0.07, 0.03)
#: What a story of one article is taken to hold together with, and unrelated stories to be alike by. Development data.
COHESION, BACKGROUND = 0.35, 0.04
#: Most similar stories that can win. The others are the background that they stand out from.
CONTENDERS = 4

#: Measure → +1 or -1: joining can only become likelier, or less likely, as it grows; 0: either.
MONOTONE_CONSTRAINTS = {
    "margin": 1,  # similarity less that of the best other story
    "background_ratio": 1,  # similarity over the mean similarity of the stories after the first three
    "margin_ratio": 1,  # similarity / (similarity + that of the best other story)
    "cohesion_ratio": 1,  # similarity over that between the story's own members
    "centroid": 1,  # cosine of the article's words with the story's
    "time_share": -1,  # share of recent articles nearer in time than the story is
    "rarest": 1,  # mean idf of the three rarest shared words
    "top_share": 0,  # share of the strongest shared term in the similarity
    "rank": -1,
    "body": 1,
    "names_found": 1,  # share of the weight of the article's words in names that the story has too
    "names_contrast": 1,  # that less the same share of its other words: look-alikes share words, not names
}


@dataclass(frozen=True, slots=True)
class Match:
    """A candidate story, with what it shares with the article: key → what the term adds to the similarity."""

    story_id: str
    similarity: float
    fields: tuple[float, ...]
    parts: dict[int, float]
    size: int
    profile: Mapping[int, float]


def shares_of(vector: Mapping[int, float]) -> tuple[float, ...]:
    """The weight of each field for an article that may lack some."""
    held = {key & 3 for key in vector}
    total = sum(WEIGHTS[field] for field in held) or 1.0
    return tuple(WEIGHTS[field] / total if field in held else 0.0 for field in range(FIELDS))


def match(
    story_id: str, vector: Mapping[int, float], shares: Sequence[float], profile: Mapping[int, float], size: int
) -> Match:
    """The article against the story's average member: dot(article, sum of members) / members, field by field."""
    dots = [0.0] * FIELDS
    parts: dict[int, float] = {}
    total = 0.0
    for key, weight in vector.items():
        held = profile.get(key)
        if held is not None:
            field = key & 3
            part = weight * held / size
            dots[field] += part
            if share := shares[field]:
                total += part * share
                parts[key] = part * share
    return Match(story_id, total, tuple(dots), parts, size, profile)


def cohesion(profile: Mapping[int, float], size: int, shares: Sequence[float]) -> float:
    """Mean similarity between two members: (|sum|² - n) / n(n-1), each field's vectors being of length 1."""
    if size < 2:
        return COHESION
    squares = [0.0] * FIELDS
    for key, weight in profile.items():
        squares[key & 3] += weight * weight
    pairs = size * (size - 1)
    total = sum(share * max(0.0, square - size) / pairs for share, square in zip(shares, squares, strict=True))
    return max(0.02, total)  # a profile cut short may lose the little that its members share


def found(weights: Sequence[tuple[int, float]], profile: Mapping[int, float]) -> float:
    """The share of the weights whose keys a story has; NaN without any."""
    total = sum(weight for _, weight in weights)
    return sum(weight for key, weight in weights if key in profile) / total if total else nan


def join_features(
    rank: int,
    ranked: Sequence[Match],
    shares: Sequence[float],
    idf: Mapping[int, float],
    *,
    names: Sequence[tuple[int, float]],
    others: Sequence[tuple[int, float]],
    time_share: float,
) -> tuple[float, ...]:
    """The measures of the candidate at ``rank`` of ``ranked`` (most similar first), in the constraints' order.

    ``names`` and ``others`` are the squared weights of the article's body words that stand in names, and of the rest.
    """
    one = ranked[rank]
    other = max((match.similarity for match in ranked[:2] if match is not one), default=0.0)
    rest = [match.similarity for match in ranked[3:] if match is not one]
    # Four imaginary strangers, so that the first stories of a stream have a background too.
    background = (sum(rest) + 4 * BACKGROUND) / (len(rest) + 4)
    body_length = sqrt(sum(weight * weight for key, weight in one.profile.items() if not key & 3)) or 1.0
    rarest = sorted((idf[key] for key in one.parts if key & 3 == BODY), reverse=True)[:3]
    named = found(names, one.profile)
    return (
        one.similarity - other,
        one.similarity / background,
        one.similarity / (one.similarity + other) if one.similarity else 0.0,
        one.similarity / cohesion(one.profile, one.size, shares),
        one.fields[BODY] * one.size / body_length,
        time_share,
        sum(rarest) / 3,
        max(one.parts.values(), default=0.0) / one.similarity if one.similarity else 1.0,
        float(rank),
        one.fields[BODY],
        named,
        named - found(others, one.profile),
    )
