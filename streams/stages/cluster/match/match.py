"""Which story an article belongs to, if any, and why; and whether two stories have turned out to be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp
from typing import Protocol

from streams.contracts.records import Evidence, Grain, LinkKind, TaggedArticle
from streams.stages.cluster.features.article_features import Vector
from streams.stages.cluster.features.join_features import (
    CONTENDERS,
    Match,
    brief,
    join_features,
    matches,
    names_of,
    shares_of,
)
from streams.stages.cluster.features.pair_features import Probe
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.match.evidence import evidence_for, hours_apart, hours_or_nan, measured, strongest
from streams.stages.cluster.match.follow import LINKED, LINKED_AT_ONCE, LinkWeights, has_moved_on, shipped_links
from streams.stages.cluster.match.nearest import (
    CROSSED_SIZE,
    CROSSED_THRESHOLD,
    LARGE,
    PARTED,
    RIVALS,
    Nearest,
    as_chance,
    as_nearness,
)
from streams.stages.cluster.match.scored import THRESHOLD, Scored, Verdict
from streams.stages.cluster.store.story_store import Member, StoryStore

#: `STREAMS_STORY_GRAIN` → what is added to the log-odds of every join and merge, and of staying one. One is a factor of
#: e on the odds: development data, one corpus left out: it moves precision and recall by some .02 to .08 each.
GRAINS: dict[Grain, float] = {"event": -1.0, "balanced": 0.0, "topic": 1.0}
#: Probability that is left at most of what would join a story that news has moved on from: it starts one of its own,
#: which may follow it (`follow`).
MOVED_ON = 0.45
#: A larger story is asked at a second look as often as one of so many articles: with each article of thousands it would
#: be the same question, and cost more than the article.
ASKED_BY = 24
#: A second story whose two nearest members are less likely than this about the article's event is not asked whether it
#: is the same: an article is about both, or says nothing of the two.
RIVAL = 0.5
#: An article looks for stories by this many of its terms of each field (body, title, names, entities) …
SOUGHT = (12, 0, 6, 6)
#: … and scores this many of those it finds exactly.
RESCORED = 32


class JoinModel(Protocol):
    """A join decision: ``join_model.Blend``, or another for comparison."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class Matcher:
    """A language's stories as candidates; ``join_model`` decides on all of them, ``nearest`` on large ones as well.

    ``lean``, the grain's, is added to the log-odds of every join and merge, and of what keeps a story whole: above 0
    stories are broader, below 0 narrower. Joins take the stream's (``LanguageIndex.leaning``) on top. Where it is above
    0, only what large stories' members say does: of small ones, look-alikes would run together.
    """

    stories: StoryStore
    index: LanguageIndex
    join_model: JoinModel
    nearest: Nearest
    lean: float = 0.0
    link_weights: LinkWeights = field(default_factory=shipped_links)

    def verdict(self, one: Probe, article: TaggedArticle, labels: Mapping[int, str]) -> Verdict:
        """The verdict on an article that is in no story yet; ``labels``: key → what a person reads."""
        scored = self.contenders(one)
        if not scored.chances:
            return Verdict(None)
        best = scored.best
        joins = scored.chances[best] >= THRESHOLD
        evidence = evidence_for(scored, joins, labels, article, one, self.stories)
        if not joins:
            return Verdict(None, evidence, links=self._links(scored, labels, one))
        winner = scored.ranked[best]
        rivals = [
            rival
            for place, rival in enumerate(scored.ranked[:CONTENDERS])
            if place != best
            and scored.nearness[place].two >= RIVAL
            and self.stories.may_merge(winner.story_id, rival.story_id)
        ]
        for rival, chance in zip(rivals, self._same(winner.story_id, rivals), strict=True):
            if chance >= THRESHOLD:
                terms, entities = strongest(one.vector, rival, labels)
                both = Evidence(score=round(chance, 4), threshold=THRESHOLD, terms=terms, entities=entities)
                return Verdict(winner.story_id, evidence, rival.story_id, both)
        return Verdict(winner.story_id, evidence)

    def _links(
        self, scored: Scored, labels: Mapping[int, str], one: Probe
    ) -> tuple[tuple[str, LinkKind, Evidence], ...]:
        """What a new story follows: the likeliest of its contenders, from ``LINKED`` on."""
        chances = [(self.link_weights.probability(values), place) for place, values in enumerate(scored.values)]
        found: list[tuple[str, LinkKind, Evidence]] = []
        for chance, place in sorted(chances, key=lambda each: (-each[0], each[1]))[:LINKED_AT_ONCE]:
            if chance < LINKED:
                continue
            other = scored.ranked[place]
            story = self.stories[other.story_id].story
            kind: LinkKind = "related"
            if one.published is not None and story.first_seen is not None:
                kind = "follows" if one.published >= story.first_seen else "followed"
            terms, entities = strongest(one.vector, other, labels)
            told = Evidence(
                score=round(chance, 4),
                threshold=LINKED,
                terms=terms,
                entities=entities,
                hours_apart=hours_apart(one.published, story),
                similarity=round(other.similarity, 4),
                measures=measured(scored.values[place]),
            )
            found.append((other.story_id, kind, told))
        return tuple(found)

    def contenders(self, one: Probe, leave_out: str = "") -> Scored:
        """The stories that an article might join, without one that is left out."""
        ranked = self.ranked(one, leave_out)
        few = [each.story_id for each in ranked[:CONTENDERS]]
        near = self.nearest.nearness(one, few)
        shares = shares_of(one.vector.keys)
        names = names_of(one)
        shortness = brief(one.words)
        values = [
            join_features(
                rank,
                ranked,
                shares,
                names,
                near[rank],
                hours=hours_or_nan(one.published, self.stories[story_id].story),
                shortness=shortness,
            )
            for rank, story_id in enumerate(few)
        ]
        of_stream = self.index.leaning
        chances = []
        for each, chance, nearest in zip(ranked, self.join_model.probabilities(values), near, strict=False):
            chance = leaned(chance, self.lean + min(0.0, of_stream))
            if each.size >= LARGE:
                chance = max(chance, leaned(as_chance(nearest.four), self.lean + of_stream))
            chances.append(chance)
        chances = [
            min(chance, MOVED_ON) if has_moved_on(each) else chance
            for chance, each in zip(chances, values, strict=True)
        ]
        return Scored(ranked, values, chances, near, self.lean + of_stream)

    def ranked(self, one: Probe, leave_out: str = "", least: int = 1) -> list[Match]:
        """The candidates, most similar first: of at least so many articles, and without one that is left out."""
        shares = shares_of(one.vector.keys)
        found = []
        for story_id in candidates(one.vector, shares, self.index):
            count, profile = self.stories.outline(story_id)
            size = max(1, count)
            if story_id != leave_out and size >= least:
                found.append((story_id, profile, size))
        return sorted(matches(one, shares, found), key=lambda each: (-each.similarity, each.story_id))

    def _same(self, story_id: str, rivals: Sequence[Match]) -> list[float]:
        """The probability that a story and each of its rivals are one, on the scale where .5 merges."""
        least = as_nearness(leaned(THRESHOLD, -self.lean), CROSSED_THRESHOLD)
        chances = self.nearest.crossed(story_id, [rival.story_id for rival in rivals], least)
        return [leaned(as_chance(chance, CROSSED_THRESHOLD), self.lean) for chance in chances]

    def two_stories(self, one: Sequence[Member], other: Sequence[Member]) -> bool:
        """Whether two groups of one story's members, neither empty, are two stories."""
        return leaned(as_chance(self.nearest.between(one, other), PARTED), self.lean) < THRESHOLD

    def same_by_members(self, story_id: str, member: Member) -> tuple[str, Evidence] | None:
        """The story that has turned out to be the same as a member's.

        A story of one article is asked as if the article came only now; a larger one by what its members and the
        other's have in common.
        """
        size = self.stories[story_id].story.article_count
        found: list[tuple[str, float]] = []
        if size == 1:
            scored = self.contenders(self.nearest.probe_of(member), story_id)
            found = [(each.story_id, chance) for each, chance in zip(scored.ranked, scored.chances, strict=False)]
            found = sorted(found, key=lambda one: -one[1])
        elif size >= CROSSED_SIZE and member.number % max(1, size // ASKED_BY) == 0:
            rivals = self.ranked(self.nearest.probe_of(member), story_id, CROSSED_SIZE)[:RIVALS]
            found = [
                (rival.story_id, chance) for rival, chance in zip(rivals, self._same(story_id, rivals), strict=True)
            ]
        for rival_id, chance in found:
            if chance >= THRESHOLD and self.stories.may_merge(story_id, rival_id):
                return rival_id, Evidence(score=round(chance, 4), threshold=THRESHOLD)
        return None


def leaned(chance: float, lean: float) -> float:
    """A probability with its log-odds moved.

    >>> leaned(0.3, 0.0), round(leaned(0.5, 1.0), 3)
    (0.3, 0.731)
    """
    if not lean or not 0.0 < chance < 1.0:
        return chance
    return 1.0 / (1.0 + (1.0 - chance) / chance * exp(-lean))


def candidates(vector: Vector, shares: Sequence[float], group: LanguageIndex) -> list[str]:
    """Stories worth scoring: those that most of the strongest terms lead to, each term by its squared weight."""
    left = list(SOUGHT)
    votes: dict[str, float] = {}
    for key, weight in zip(vector.keys.tolist(), vector.weights.tolist(), strict=True):
        field = key & 3
        if left[field]:
            left[field] -= 1
            vote = weight * weight * shares[field]
            for story_id in group.found_by(key):
                votes[story_id] = votes.get(story_id, 0.0) + vote
    if len(votes) > RESCORED:
        return sorted(votes, key=lambda story_id: (-votes[story_id], story_id))[:RESCORED]
    return sorted(votes)
