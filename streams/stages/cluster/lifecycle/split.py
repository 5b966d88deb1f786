"""When a story that grew has become two: a running topic whose members fall into groups of little in common.

A story is looked through at ``FIRST_SIZES`` and then whenever it has doubled since (or grown by ``LOOK_EVERY``). A look
compares every pair of at most ``SAMPLE`` members; only where they fall apart are others read, the newest ``READ``, to
tell which of the two groups each is nearer to. Hence a look costs the same whatever the story's size.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from streams.stages.cluster.features.article_features import FIELDS
from streams.stages.cluster.features.join_features import shares_of

#: Sizes at which a young story is looked at. Development data, one corpus left out: those below ten gain .001 to .002
#: of B-cubed F1 on g5w1h and allsides, and change nothing to speak of on the others.
FIRST_SIZES = (6, 8, 10, 14, 18, 23)
#: Members gained after which any story is looked at again: no part can have grown much larger than that meanwhile.
LOOK_EVERY = 256
#: Members that a look compares with each other: half of them over all the story's life, half since the last look.
SAMPLE = 32
#: Newest members that are read where the sample falls apart, and most that move: what one decision may cost and hold.
READ, MOVED = 2048, 512
#: Two groups part if they are less alike than this fraction of what each holds together with. Development data: of
#: two events put together, as many full texts are found apart as with .4, and 2 % fewer headlines; of large stories of
#: headlines that are one, half as many are cut (4 % instead of 10 %; of full texts none). Groups that are more alike
#: part if their members say that they are two stories (``Matcher.two_stories``). And …
APART = 0.25
#: … each has this many members.
SMALLEST = 3

Vector = Mapping[int, float]


def due(count: int, looked: int) -> bool:
    """Whether a story of ``count`` articles, last looked at when it had ``looked``, is to be looked at now.

    >>> [count for count in range(24) if due(count, count - 1)], due(45, 23), due(46, 23), due(1256, 1000)
    ([6, 8, 10, 14, 18, 23], False, True, True)
    """
    for size in FIRST_SIZES:
        if looked < size:
            return count >= size
    return count >= min(2 * looked, looked + LOOK_EVERY)


def sampled(ids: Sequence[str], new: int) -> list[str]:
    """The members to compare, in their order: all of a few, else half evenly over all and half over the ``new`` last.

    >>> sampled([str(number) for number in range(3)], 1), len(sampled([str(number) for number in range(1000)], 100))
    (['0', '1', '2'], 32)
    """
    if len(ids) <= SAMPLE:
        return list(ids)
    half = SAMPLE // 2
    recent = max(half, min(new, len(ids) // 2))
    older = len(ids) - recent
    early = [step * older // half for step in range(half)] if older >= half else list(range(older))
    left = SAMPLE - len(early)
    late = [older + step * recent // left for step in range(left)]
    return [ids[place] for place in (*early, *late)]


def part(
    ids: Sequence[str], vectors: Mapping[str, Vector], groups: tuple[Sequence[str], Sequence[str]]
) -> tuple[str, ...]:
    """The members among ``ids`` that leave, of a story whose sample fell into ``groups`` (staying, leaving).

    Those of the sample go with their group; the others to the group that they are more alike on the average. Empty:
    more than ``MOVED`` would have to.
    """
    means = [_mean([vectors[id_] for id_ in group]) for group in groups]
    of_sample = {id_: place for place, group in enumerate(groups) for id_ in group}
    leaving = []
    for id_ in ids:
        place = of_sample.get(id_)
        if place is None:
            near, far = (_dot(vectors[id_], mean) for mean in means)
            place = 1 if far > near else 0
        if place:
            leaving.append(id_)
    return tuple(leaving) if len(leaving) <= MOVED else ()


@dataclass(frozen=True, slots=True)
class Halves:
    """The two groups that a story's members fall into."""

    #: Those that would leave the first one's story.
    leaves: tuple[str, ...]
    #: The mean similarity between the groups, as a fraction of the lesser of those within.
    alike: float


def bisect(vectors: Mapping[str, Vector]) -> Halves | None:
    """The groups by average-link clustering; None: as alike as each within, or one has too few.

    Cost: the square of their number in comparisons.
    """
    ids = list(vectors)
    if len(ids) < 2 * SMALLEST:
        return None
    alike = _similarities([vectors[id_] for id_ in ids])
    groups = {place: [place] for place in range(len(ids))}
    #: Sums of the similarities between two groups, which merging adds up.
    sums = {(a, b): alike[a][b] for a in groups for b in groups if a < b}
    within = dict.fromkeys(groups, 0.0)
    while len(groups) > 2:
        a, b = max(sums, key=lambda pair: sums[pair] / (len(groups[pair[0]]) * len(groups[pair[1]])))
        within[a] += within.pop(b) + sums.pop((a, b))
        groups[a] += groups.pop(b)
        for other in groups:
            if other != a:
                sums[min(a, other), max(a, other)] += sums.pop((min(b, other), max(b, other)))
    (one, first), (other, second) = groups.items()
    if min(len(first), len(second)) < SMALLEST:
        return None
    across = sums[one, other] / (len(first) * len(second))
    inside = min(
        2 * within[place] / (len(group) * (len(group) - 1)) for place, group in ((one, first), (other, second))
    )
    if across >= inside:
        return None
    return Halves(tuple(ids[place] for place in sorted(second if 0 in first else first)), across / inside)


def _similarities(vectors: Sequence[Vector]) -> list[list[float]]:
    """The combined similarity of each pair a < b, by the shares of either one's fields on the average."""
    sides = [np.fromiter(vector, np.uint32, len(vector)) for vector in vectors]
    shares = np.array([shares_of(keys) for keys in sides])
    keys, column, held = np.unique(np.concatenate(sides), return_inverse=True, return_counts=True)
    weights = np.zeros((len(vectors), len(keys)))
    row = np.arange(len(vectors)).repeat([len(vector) for vector in vectors])
    weights[row, column] = np.concatenate([np.fromiter(vector.values(), np.float64, len(vector)) for vector in vectors])
    # What one has alone adds to no pair.
    weights, fields = weights[:, held > 1], keys[held > 1] & 3
    alike = np.zeros((len(vectors), len(vectors)))
    for a in range(len(vectors) - 1):
        products = weights[a] * weights[a + 1 :]
        slots = np.arange(len(products))[:, None] * FIELDS + fields
        # In the order of the keys, not by a product of matrices, whose last digits are the machine's.
        dots = np.bincount(slots.ravel(), products.ravel(), len(products) * FIELDS).reshape(-1, FIELDS)
        alike[a, a + 1 :] = ((shares[a] + shares[a + 1 :]) / 2 * dots).sum(axis=1)
    found: list[list[float]] = alike.tolist()
    return found


def _mean(vectors: Sequence[Vector]) -> dict[int, float]:
    total: dict[int, float] = {}
    for vector in vectors:
        for key, weight in vector.items():
            total[key] = total.get(key, 0.0) + weight / len(vectors)
    return total


def _dot(vector: Vector, mean: Vector) -> float:
    return sum(weight * mean.get(key, 0.0) for key, weight in vector.items())
