"""When a story that grew has become two: a running topic whose members fall into groups of little in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streams.stages.cluster.features.article_features import FIELDS
from streams.stages.cluster.features.join_features import shares_of

#: Sizes at which a story is looked at: rarely, since looking costs a comparison of every pair, and while all its
#: members are still listed.
SPLIT_SIZES = (10, 14, 18, 23)
#: It parts if its two groups are less alike than this fraction of what each holds together with …
APART = 0.4
#: … and each has this many members.
SMALLEST = 3


def similarity(one: Mapping[int, float], other: Mapping[int, float], shares: Sequence[float]) -> float:
    """The combined similarity of two articles' vectors."""
    dots = [0.0] * FIELDS
    for key, weight in one.items():
        held = other.get(key)
        if held is not None:
            dots[key & 3] += weight * held
    return sum(share * dot for share, dot in zip(shares, dots, strict=True))


def bisect(vectors: Mapping[str, Mapping[int, float]]) -> tuple[str, ...]:
    """The articles that would leave the first one's story; empty: it holds together.

    Average-link clustering down to two groups; they part where the mean similarity between them is below ``APART``
    times the lesser of those within.
    """
    ids = list(vectors)
    if len(ids) < 2 * SMALLEST:
        return ()
    shares = {id_: shares_of(vectors[id_]) for id_ in ids}
    alike = {
        (a, b): (similarity(vectors[a], vectors[b], shares[a]) + similarity(vectors[b], vectors[a], shares[b])) / 2
        for place, a in enumerate(ids)
        for b in ids[place + 1 :]
    }
    groups: list[list[str]] = [[id_] for id_ in ids]

    def between(one: list[str], other: list[str]) -> float:
        return sum(alike.get((a, b), alike.get((b, a), 0.0)) for a in one for b in other) / (len(one) * len(other))

    while len(groups) > 2:
        pairs = [(between(groups[i], groups[j]), -i, -j) for i in range(len(groups)) for j in range(i + 1, len(groups))]
        _, left, right = max(pairs)
        groups[-left] += groups.pop(-right)
    if min(map(len, groups)) < SMALLEST:
        return ()
    across = between(*groups)
    if across >= APART * min(_within(group, alike) for group in groups):
        return ()
    leaving = groups[1] if ids[0] in groups[0] else groups[0]
    return tuple(id_ for id_ in ids if id_ in leaving)


def _within(group: Sequence[str], alike: Mapping[tuple[str, str], float]) -> float:
    members = set(group)
    inside = [value for (a, b), value in alike.items() if a in members and b in members]
    return sum(inside) / len(inside)
