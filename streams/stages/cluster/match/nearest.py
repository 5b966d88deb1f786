"""Stories asked member by member: what keeps a story whole while it grows, and small ones apart.

The mean similarity with all of a story's members falls as the story covers more of what is told of an event, and the
margin falls with every fragment of it that there is. How likely an article is about one event with the *nearest*
members does neither. It is one of the measures of ``join_features``; large stories are decided by it alone as well.

``pairs.json`` has the learned part, boosted trees over the features of a pair of articles, in the one format of
``models.trees``; ``streams train stories`` writes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from itertools import accumulate
from math import nan
from typing import Protocol

from streams.models.table import Table, Vector
from streams.models.trees import Trees, load
from streams.stages.cluster.features.article_features import read_vector
from streams.stages.cluster.features.pair_features import (
    PAIR_CONSTRAINTS,
    Nearness,
    Probe,
    Stack,
    compare,
    nearness,
    piled,
    probe,
    side_of,
    stack,
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
#: Two groups of one story are two stories if members of the smaller are, on the average, less likely than this to
#: belong to the other: lower than what merges, lest stories part and merge again. Development data, one corpus left
#: out: .6 costs g5w1h .006 of B-cubed F1.
PARTED = 0.5
#: Other stories that a second look compares with, the most similar: it must not cost more than the first.
RIVALS = 2


class PairModel(Protocol):
    """What says how likely pairs of articles are about one event: the shipped trees, or another for comparison."""

    def predict(self, table: Table) -> Vector: ...


@dataclass(frozen=True, slots=True)
class Nearest:
    """What a language's stories say of an article through the members that their snapshots list: for one decision."""

    members: Mapping[str, Member]
    stories: StoryStore
    index: LanguageIndex
    model: PairModel
    #: Members as they would be compared now.
    _probes: dict[str, Probe] = field(default_factory=dict)
    #: Members by story.
    _lists: dict[str, tuple[Member, ...]] = field(default_factory=dict)

    def nearness(self, one: Probe, story_ids: Sequence[str]) -> list[Nearness]:
        """What each story's nearest members say of an article; all of them are asked at once."""
        stacks = [self._stack(story_id) for story_id in story_ids]
        return _nearness(self.model.predict(compare([(one, piled(stacks))])).tolist(), stacks)

    def pairs(self, one: Probe, story_id: str) -> Table:
        """The features of an article's pairs with the story's members, a row each."""
        return compare([(one, self._stack(story_id))])

    def pair(self, one: Member, other: Member) -> Table:
        """The features of a pair of members, one row."""
        return compare([(self.probe_of(one), _stacked((other,)))])

    def crossed(self, story_id: str, other_ids: Sequence[str], least: float = 0.0) -> list[float]:
        """How likely members of the smaller of two stories belong to the other, on the average: a story, and others.

        0: one is too small, or the average cannot reach ``least``, as two members that do not belong mostly tell.
        """
        trials = [trial for other_id in other_ids if (trial := self._trial(story_id, other_id))]
        for part in (slice(2), slice(2, None)):
            asked = [trial for trial in trials if trial.total + trial.left >= least * len(trial.picked)]
            jobs = [(self.probe_of(member), trial.others) for trial in asked for member in trial.picked[part]]
            if not jobs:
                break
            near = iter(_nearness(self.model.predict(compare(jobs)).tolist(), [others for _, others in jobs]))
            for trial in asked:
                for _ in trial.picked[part]:
                    trial.total += next(near).four
                    trial.left -= 1
        means = {t.other_id: t.total / len(t.picked) for t in trials if not t.left and t.total >= least * len(t.picked)}
        return [means.get(other_id, 0.0) for other_id in other_ids]

    def between(self, one: Sequence[Member], other: Sequence[Member]) -> float:
        """How likely members of the smaller of two groups belong to the other, on the average; neither is empty."""
        some, others = sorted((tuple(one), tuple(other)), key=len)
        picked, stack = _spread(some), _stacked(others)
        jobs = [(self.probe_of(member), stack) for member in picked]
        near = _nearness(self.model.predict(compare(jobs)).tolist(), [stack] * len(picked))
        return sum(each.four for each in near) / len(picked)

    def _trial(self, story_id: str, other_id: str) -> _Trial | None:
        some, others = sorted((self._listed(story_id), self._listed(other_id)), key=len)
        if len(some) < CROSSED_SIZE:
            return None
        picked = _spread(some)
        return _Trial(other_id, picked, _stacked(others), left=len(picked))

    def probe_of(self, member: Member) -> Probe:
        """A member as it would be compared today."""
        found = self._probes.get(member.id)
        if found is None:
            vector = read_vector(member.vector)
            own, idf = side_of(member.vector, member.proper), self.index.idf(vector.keys)
            found = probe(vector, own, idf, member.published, member.words)
            self._probes[member.id] = found
        return found

    def _stack(self, story_id: str) -> Stack:
        return _stacked(self._listed(story_id))

    def _listed(self, story_id: str) -> tuple[Member, ...]:
        listed = self._lists.get(story_id)
        if listed is None:
            found = (self.members.get(each.id) for each in self.stories[story_id].story.articles)
            listed = tuple(member for member in found if member is not None and member.vector)
            self._lists[story_id] = listed
        return listed


@dataclass(slots=True)
class _Trial:
    """Whether two stories are one: the members that are asked, of whom, what they said, how many are yet to be."""

    other_id: str
    picked: Sequence[Member]
    others: Stack
    total: float = 0.0
    left: int = 0


def _spread(members: Sequence[Member]) -> list[Member]:
    """``CROSSED`` of the members at most, from the first to the last."""
    last, steps = len(members) - 1, min(CROSSED, len(members)) - 1
    return [members[last * step // max(1, steps)] for step in range(steps + 1)]


@lru_cache(maxsize=1024)  # at most some 30 kB each: the stories that decisions look at
def _stacked(members: tuple[Member, ...]) -> Stack:
    dates = [member.published.timestamp() if member.published else nan for member in members]
    return stack([side_of(member.vector, member.proper) for member in members], dates)


def _nearness(chances: Sequence[float], stacks: Sequence[Stack]) -> list[Nearness]:
    """What the members of each of the stacks say, from the chances of all of them, one after the other."""
    ends = list(accumulate(map(len, stacks)))
    return [nearness(chances[end - len(each) : end]) for each, end in zip(stacks, ends, strict=True)]


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
