"""Which story an article belongs to, if any, and why; and whether two stories have turned out to be one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import exp, nan
from typing import Protocol

from streams.contracts.limits import clip
from streams.contracts.records import Evidence, Grain, LinkKind, RunnerUp, Shared, Story, TaggedArticle
from streams.stages.cluster.features.article_features import ENTITIES, Vector
from streams.stages.cluster.features.join_features import (
    CONTENDERS,
    MEASURES,
    Match,
    brief,
    join_features,
    matches,
    names_of,
    shares_of,
)
from streams.stages.cluster.features.pair_features import Nearness, Probe
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.lifecycle.quotes import shared_quotes
from streams.stages.cluster.match.follow import LINKED, LINKED_AT_ONCE, LinkWeights, has_moved_on, shipped_links
from streams.stages.cluster.match.nearest import (
    CROSSED_SIZE,
    CROSSED_THRESHOLD,
    LARGE,
    RIVALS,
    Nearest,
    as_chance,
    as_nearness,
)
from streams.stages.cluster.store.story_store import Member, StoryStore

#: `STREAMS_STORY_GRAIN` → what is added to the log-odds of every join and merge. One is a factor of e on the odds:
#: development data, one corpus left out: it moves precision and recall by some .02 to .08 each.
GRAINS: dict[Grain, float] = {"event": -1.0, "balanced": 0.0, "topic": 1.0}
#: Probability from which an article joins: the training's own balance of wrong joins against wrong beginnings.
THRESHOLD = 0.5
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
SHOWN = 5
#: Characters of a shared term that evidence shows.
LABEL = 80


class JoinModel(Protocol):
    """A join decision: ``join_model.Blend``, or another for comparison."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """The story to join (None: start one) and the evidence; likewise a story that turned out to be the same.

    ``links``: the stories that one to start follows or is related to, the likeliest first, with why.
    """

    story_id: str | None
    evidence: Evidence | None = None
    same: str | None = None
    same_evidence: Evidence | None = None
    links: tuple[tuple[str, LinkKind, Evidence], ...] = ()


@dataclass(frozen=True, slots=True)
class Scored:
    """Contenders, most similar first, with each one's measures and probability."""

    ranked: Sequence[Match]
    values: Sequence[tuple[float, ...]]
    chances: Sequence[float]
    #: What each one's nearest members say.
    nearness: Sequence[Nearness]
    #: What the grain and the stream have added to the log-odds of each.
    lean: float = 0.0

    @property
    def best(self) -> int:
        return max(range(len(self.chances)), key=lambda place: (self.chances[place], -place))


@dataclass(frozen=True, slots=True)
class Matcher:
    """A language's stories as candidates; ``join_model`` decides on all of them, ``nearest`` on large ones as well.

    ``lean``, the grain's, is added to the log-odds of every join and merge: above 0 stories are broader, below 0
    narrower. Joins take the stream's (``LanguageIndex.leaning``) on top. Where it is above 0, only what large stories'
    members say does: of small ones, look-alikes would run together.
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
        evidence = _evidence(scored, joins, labels, article, one, self.stories)
        if not joins:
            return Verdict(None, evidence, links=self._links(scored, labels, one))
        winner = scored.ranked[best]
        rivals = [
            rival
            for place, rival in enumerate(scored.ranked[:CONTENDERS])
            if place != best and scored.nearness[place].two >= RIVAL
        ]
        for rival, chance in zip(rivals, self._same(winner.story_id, rivals), strict=True):
            if chance >= THRESHOLD:
                terms, entities = _strongest(one.vector, rival, labels)
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
            terms, entities = _strongest(one.vector, other, labels)
            told = Evidence(
                score=round(chance, 4),
                threshold=LINKED,
                terms=terms,
                entities=entities,
                hours_apart=hours_apart(one.published, story),
                similarity=round(other.similarity, 4),
                measures=_measured(scored.values[place]),
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
                hours=_hours(one.published, self.stories[story_id].story),
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
            min(chance, MOVED_ON) if has_moved_on(measured) else chance
            for chance, measured in zip(chances, values, strict=True)
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

    def same_by_members(self, story_id: str, member: Member) -> tuple[str, Evidence] | None:
        """The story that has turned out to be the same as a member's.

        A story of one article is asked as if the article came only now; a larger one by what its members and the
        other's have in common.
        """
        size = self.stories[story_id].story.article_count
        found: list[tuple[str, float]] = []
        if size == 1:
            scored = self.contenders(self.nearest.probe_of(member), story_id)
            if scored.chances:
                found = [(scored.ranked[scored.best].story_id, scored.chances[scored.best])]
        elif size >= CROSSED_SIZE and member.number % max(1, size // ASKED_BY) == 0:
            rivals = self.ranked(self.nearest.probe_of(member), story_id, CROSSED_SIZE)[:RIVALS]
            found = [
                (rival.story_id, chance) for rival, chance in zip(rivals, self._same(story_id, rivals), strict=True)
            ]
        for rival_id, chance in found:
            if chance >= THRESHOLD:
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


def _times(story: Story) -> list[datetime]:
    return [member.published for member in story.articles if member.published]


def _hours(published: datetime | None, story: Story) -> float:
    apart = hours_apart(published, story)
    return nan if apart is None else apart


def hours_apart(published: datetime | None, story: Story) -> float | None:
    """Hours between an article and the nearest listed member of a story; None: not known."""
    times = _times(story)
    if published is None or not times:
        return None
    return round(min(abs((published - time).total_seconds()) for time in times) / 3600, 2)


def _evidence(
    scored: Scored,
    joins: bool,
    labels: Mapping[int, str],
    article: TaggedArticle,
    one: Probe,
    stories: StoryStore,
) -> Evidence:
    best = scored.best
    winner = scored.ranked[best]
    story = stories[winner.story_id].story
    others = sorted((place for place in range(len(scored.chances)) if place != best), key=lambda p: -scored.chances[p])
    # An article that starts a story tells which one it came nearest to.
    place = best if not joins else others[0] if others else None
    runner = None
    if place is not None:
        other = stories[scored.ranked[place].story_id].story
        runner = RunnerUp(
            story_id=other.id,
            headline=other.headline,
            score=round(scored.chances[place], 4),
            similarity=round(scored.ranked[place].similarity, 4),
        )
    terms, entities = _strongest(one.vector, winner, labels)
    return Evidence(
        score=round(scored.chances[best], 4),
        threshold=THRESHOLD,
        similarity=round(winner.similarity, 4),
        margin=round(
            winner.similarity - max((o.similarity for o in scored.ranked[:2] if o is not winner), default=0.0), 4
        ),
        terms=terms,
        entities=entities,
        quotes=shared_quotes(article, story, SHOWN),
        hours_apart=hours_apart(one.published, story),
        runner_up=runner,
        measures=(
            *_measured(scored.values[best]),
            ("lean", round(scored.lean, 4)),
        ),
    )


def _measured(values: Sequence[float]) -> tuple[tuple[str, float | None], ...]:
    return tuple(
        (name, None if value != value else round(value, 4)) for name, value in zip(MEASURES, values, strict=True)
    )


def _strongest(
    vector: Vector, match: Match, labels: Mapping[int, str]
) -> tuple[tuple[Shared, ...], tuple[Shared, ...]]:
    """The strongest shared terms, and entities; a word that counts in several fields once."""
    shared = match.parts.nonzero()[0]
    keys, parts = vector.keys.take(shared).tolist(), match.parts.take(shared).tolist()
    total = sum(parts) or 1.0
    weights: tuple[dict[str, tuple[float, int]], ...] = ({}, {})
    for key, part in zip(keys, parts, strict=True):
        if key in labels:
            of_kind = weights[key & 3 == ENTITIES]
            weight, first = of_kind.get(labels[key], (0.0, key))
            of_kind[labels[key]] = weight + part / total, first
    terms, entities = (
        tuple(
            Shared(key=f"{key:08x}", label=clip(label, LABEL), weight=round(weight, 4))
            for label, (weight, key) in sorted(each.items(), key=lambda one: (-one[1][0], one[0]))[:SHOWN]
        )
        for each in weights
    )
    return terms, entities


__all__ = ["GRAINS", "THRESHOLD", "JoinModel", "Matcher", "Scored", "Verdict"]
