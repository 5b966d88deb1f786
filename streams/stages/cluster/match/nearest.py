"""Stories asked member by member: what keeps a story whole while it grows, and small ones apart.

The mean similarity with all of a story's members falls as the story covers more of what is told of an event, and the
margin falls with every fragment of it that there is. How likely an article is about one event with the *nearest*
members does neither. It is one of the measures of ``join_features``; large stories are decided by it alone as well.

``pairs.json`` has the learned part, boosted trees over the features of a pair of articles, in the one format of
``models.trees``; ``streams train stories`` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import nan
from typing import Protocol

from streams.models.table import Table, Vector
from streams.models.trees import Trees, load
from streams.stages.cluster.features.article_features import unpack, unpack_keys
from streams.stages.cluster.features.pair_features import (
    PAIR_CONSTRAINTS,
    Nearness,
    Probe,
    compare_all,
    nearness,
    probe,
    side_of,
)
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.store.story_store import Member, StoryStore

#: Articles from which a story is large. Development data: with four (and fragments of three, merged from .6) snippets
#: ran together.
LARGE = 6
#: The mean probability of the nearest members from which an article joins. Development data, leave one corpus out: .6
#: found more of large stories than .7 at the same precision.
NEAR = 0.6
#: Two stories of at least so many listed articles each …
CROSSED_SIZE = 4
#: … are one if so many members of the smaller are, on the average, this likely to belong to the other.
CROSSED, CROSSED_THRESHOLD = 6, 0.7
#: Other stories that a second look compares with, the most similar: it must not cost more than the first.
RIVALS = 2


class PairModel(Protocol):
    """What says how likely pairs of articles are about one event: the shipped trees, or another for comparison."""

    def predict(self, table: Table) -> Vector: ...


@dataclass(frozen=True, slots=True)
class Nearest:
    """What a language's stories say of an article through the members that their snapshots list."""

    members: Mapping[str, Member]
    stories: StoryStore
    index: LanguageIndex
    model: PairModel

    def nearness(self, one: Probe, story_ids: Sequence[str]) -> list[Nearness]:
        """What each story's nearest members say of an article; all of them are asked at once."""
        listed = [self._listed(story_id) for story_id in story_ids]
        chances = self.model.predict(self._compared([one], [member for some in listed for member in some])).tolist()
        found, start = [], 0
        for some in listed:
            found.append(nearness(chances[start : start + len(some)]))
            start += len(some)
        return found

    def pairs(self, one: Probe, story_id: str) -> Table:
        """The features of an article's pairs with the story's members, a row each."""
        return self._compared([one], self._listed(story_id))

    def _compared(self, probes: Sequence[Probe], members: Sequence[Member]) -> Table:
        dates = [member.published.timestamp() if member.published else nan for member in members]
        return compare_all(probes, [side_of(member.vector, member.proper) for member in members], dates)

    def crossed(self, story_id: str, other_id: str, least: float = 0.0) -> float:
        """How likely members of the smaller of two stories belong to the other, on the average.

        0: one is too small, or the average cannot reach ``least``, as two members that do not belong mostly tell.
        """
        some, others = sorted((self._listed(story_id), self._listed(other_id)), key=len)
        if len(some) < CROSSED_SIZE:
            return 0.0
        last, steps = len(some) - 1, min(CROSSED, len(some)) - 1
        picked = [some[last * step // max(1, steps)] for step in range(steps + 1)]
        total, left = 0.0, len(picked)
        for part in (picked[:2], picked[2:]):
            probes = [self.probe_of(member) for member in part]
            chances = self.model.predict(self._compared(probes, others)).tolist()
            ends = range(len(others), len(chances) + 1, len(others))
            total += sum(nearness(chances[end - len(others) : end]).four for end in ends)
            left -= len(part)
            if total + left < least * len(picked):
                return 0.0
        return total / len(picked)

    def probe_of(self, member: Member) -> Probe:
        """A member as it would be compared today."""
        vector = unpack(member.vector)
        proper, side = frozenset(unpack_keys(member.proper)), side_of(member.vector, member.proper)
        return probe(vector, proper, self.index.idf(vector), member.published, member.words, side)

    def _listed(self, story_id: str) -> list[Member]:
        found = (self.members.get(each.id) for each in self.stories[story_id].story.articles)
        return [member for member in found if member is not None and member.vector]


def as_chance(nearness: float, half: float = NEAR) -> float:
    """A mean probability of the nearest members on the scale of the join decision, where .5 joins and ``half`` is .5.

    >>> as_chance(0.3), as_chance(NEAR), as_chance(1.0)
    (0.25, 0.5, 1.0)
    """
    return 0.5 * nearness / half if nearness < half else 0.5 + 0.5 * (nearness - half) / (1.0 - half)


def as_nearness(chance: float, half: float = NEAR) -> float:
    """The mean probability that ``as_chance`` takes to ``chance``.

    >>> as_nearness(0.25), as_nearness(0.5), as_nearness(1.0)
    (0.3, 0.6, 1.0)
    """
    return chance * half / 0.5 if chance < 0.5 else half + (chance - 0.5) * (1.0 - half) / 0.5


def parse_pairs(data: bytes) -> Trees:
    """The trees in a ``pairs.json``.

    Raises:
        ValueError: they were learned from other features.
    """
    return load(data, list(PAIR_CONSTRAINTS), "the weights of pairs of articles")


@cache
def shipped_pairs() -> Trees:
    """The trees that the package ships."""
    return parse_pairs(files("streams.stages.cluster.match").joinpath("pairs.json").read_bytes())
