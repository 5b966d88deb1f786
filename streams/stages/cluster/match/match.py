"""Which story an article belongs to, if any, and why; and whether two stories have turned out to be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan
from types import MappingProxyType
from typing import Protocol

from streams.contracts.limits import clip
from streams.contracts.records import Evidence, RunnerUp, Shared, Story, TaggedArticle
from streams.stages.cluster.features.article_features import BODY, ENTITIES, added, pack, unpack
from streams.stages.cluster.features.join_features import (
    CONTENDERS,
    MONOTONE_CONSTRAINTS,
    Match,
    join_features,
    match,
    shares_of,
)
from streams.stages.cluster.features.pair_features import Probe, probe
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.lifecycle.quotes import shared_quotes
from streams.stages.cluster.match.nearest import CROSSED_SIZE, CROSSED_THRESHOLD, LARGE, RIVALS, Nearest, as_chance
from streams.stages.cluster.store.story_store import Member, StoryStore

#: Probability from which an article joins: the training's own balance of wrong joins against wrong beginnings.
THRESHOLD = 0.5
#: Probability from which a second story turns out to be the same one. Development data: of the merges made at .5,
#: three in five are wrong, at .85 one in three; undoing one costs more than waiting for the next article.
MERGE_THRESHOLD = 0.85
#: Only a story at least this fraction as similar as the one joined can be the same.
RIVAL = 0.5
#: An article looks for stories by this many of its terms of each field (body, title, names, entities) …
SOUGHT = (12, 0, 6, 6)
#: … and scores this many of those it finds exactly.
RESCORED = 32
SHOWN = 5
#: Characters of a shared term that evidence shows.
LABEL = 80


class JoinModel(Protocol):
    """A join decision: ``join_model.JoinTrees``, or another for comparison."""

    def probability(self, values: Sequence[float]) -> float: ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """The story to join (None: start one) and the evidence; likewise a story that turned out to be the same."""

    story_id: str | None
    evidence: Evidence | None = None
    same: str | None = None
    same_evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Scored:
    """Contenders, most similar first, with each one's measures and probability."""

    ranked: Sequence[Match]
    values: Sequence[tuple[float, ...]]
    chances: Sequence[float]
    #: How likely the article is about one event with the nearest members; None: the story is too small to be asked.
    nearness: Sequence[float | None]
    #: The same article against other candidates.
    again: Callable[[Sequence[Match]], Scored]

    @property
    def best(self) -> int:
        return max(range(len(self.chances)), key=lambda place: (self.chances[place], -place))


@dataclass(frozen=True, slots=True)
class Matcher:
    """A language's stories as candidates; ``join_model`` decides on all of them, ``nearest`` on large ones as well."""

    stories: StoryStore
    index: LanguageIndex
    join_model: JoinModel
    nearest: Nearest

    def verdict(self, one: Probe, article: TaggedArticle, labels: Mapping[int, str]) -> Verdict:
        """The verdict on an article that is in no story yet; ``labels``: key → what a person reads."""
        scored = self.contenders(one)
        if not scored.chances:
            return Verdict(None)
        rivals = [each for each in scored.ranked[:CONTENDERS] if each.similarity >= RIVAL * scored.ranked[0].similarity]
        if scored.chances[scored.best] < THRESHOLD and len(rivals) > 1:
            # Two halves of one story take each other's margin away: look again without the second.
            first, second = rivals[0], rivals[1]
            if self._same(first.story_id, second.story_id, {}) >= THRESHOLD:
                without = scored.again([each for each in scored.ranked if each is not second])
                scored = without if without.chances[without.best] >= THRESHOLD else scored
        best = scored.best
        joins = scored.chances[best] >= THRESHOLD
        evidence = _evidence(scored, joins, labels, article, one.published, self.stories)
        if not joins:
            return Verdict(None, evidence)
        winner = scored.ranked[best]
        grown = {
            winner.story_id: (added(self.stories[winner.story_id].profile, plus=pack(one.vector)), winner.size + 1)
        }
        for rival in rivals:
            if rival.story_id == winner.story_id:
                continue
            chance, least = self._same(winner.story_id, rival.story_id, grown), MERGE_THRESHOLD
            if chance < least:
                chance, least = self.nearest.crossed(winner.story_id, rival.story_id), CROSSED_THRESHOLD
            if chance >= least:
                both = Evidence(
                    score=round(chance, 4),
                    threshold=least,
                    terms=_strongest(rival.parts, labels, entities=False),
                    entities=_strongest(rival.parts, labels, entities=True),
                )
                return Verdict(winner.story_id, evidence, rival.story_id, both)
        return Verdict(winner.story_id, evidence)

    def contenders(self, one: Probe) -> Scored:
        """The stories that an article might join."""
        return self._score(one, [one.published] if one.published else [])

    def _score(
        self,
        one: Probe,
        dates: Sequence[datetime],
        *,
        grown: Mapping[str, tuple[str, int]] = MappingProxyType({}),
        leave_out: str = "",
        by_members: bool = True,
    ) -> Scored:
        """The contenders of an article. ``grown``: story → (profile, size) to take instead of what stands;
        ``by_members``: whether large stories are asked member by member as well."""
        vector, idf = one.vector, one.idf_of
        shares = shares_of(vector)
        matches = []
        for story_id in candidates(vector, shares, self.index):
            if story_id != leave_out:
                live = self.stories[story_id]
                profile, size = grown.get(story_id) or (live.profile, live.story.article_count)
                matches.append(match(story_id, vector, shares, unpack(profile), max(1, size)))
        matches.sort(key=lambda each: (-each.similarity, each.story_id))
        body = [(key, weight * weight) for key, weight in vector.items() if key & 3 == BODY]
        names = [each for each in body if each[0] in one.proper]
        others = [each for each in body if each[0] not in one.proper] if names else []
        shares_of_time: dict[str, float] = {}
        asked: dict[str, float | None] = {}

        def assess(ranked: Sequence[Match]) -> Scored:
            values, chances, nearness = [], [], []
            for rank, each in enumerate(ranked[:CONTENDERS]):
                if each.story_id not in shares_of_time:
                    times = _times(self.stories[each.story_id].story)
                    share = min((self.index.time_share(date, times) for date in dates), default=nan)
                    shares_of_time[each.story_id] = share
                    ask = by_members and each.size >= LARGE
                    asked[each.story_id] = self.nearest.nearness(one, each.story_id) if ask else None
                share = shares_of_time[each.story_id]
                value = join_features(rank, ranked, shares, idf, names=names, others=others, time_share=share)
                near = asked[each.story_id]
                values.append(value)
                nearness.append(near)
                chances.append(max(self.join_model.probability(value), 0.0 if near is None else as_chance(near)))
            return Scored(ranked, values, chances, nearness, assess)

        return assess(matches)

    def _same(self, story_id: str, other_id: str, grown: Mapping[str, tuple[str, int]]) -> float:
        """The probability that one story's average article belongs to the other, if that is its best match; else 0."""
        other = self.stories[other_id]
        size = max(1, other.story.article_count)
        mean = {key: weight / size for key, weight in unpack(other.profile).items()}
        dates = _times(other.story)[-8:]
        one = probe(mean, frozenset(), self.index.idf(mean), None)
        scored = self._score(one, dates, grown=grown, leave_out=other_id, by_members=False)
        if not scored.chances or scored.ranked[scored.best].story_id != story_id:
            return 0.0
        return scored.chances[scored.best]

    def same_by_members(self, story_id: str, member: Member) -> tuple[str, Evidence] | None:
        """The story that has turned out to be the same as a member's, by what their members have in common."""
        if self.stories[story_id].story.article_count < CROSSED_SIZE:
            return None
        one = self.nearest.probe_of(member)
        shares = shares_of(one.vector)
        found = []
        for other_id in candidates(one.vector, shares, self.index):
            live = self.stories[other_id]
            if other_id != story_id and live.story.article_count >= CROSSED_SIZE:
                found.append(match(other_id, one.vector, shares, unpack(live.profile), live.story.article_count))
        found.sort(key=lambda each: (-each.similarity, each.story_id))
        for rival in found[:RIVALS]:
            chance = self.nearest.crossed(story_id, rival.story_id)
            if chance >= CROSSED_THRESHOLD:
                return rival.story_id, Evidence(score=round(chance, 4), threshold=CROSSED_THRESHOLD)
        return None


def candidates(vector: Mapping[int, float], shares: Sequence[float], group: LanguageIndex) -> list[str]:
    """Stories worth scoring: those that most of the strongest terms lead to, each term by its squared weight."""
    left = list(SOUGHT)
    votes: dict[str, float] = {}
    for key, weight in vector.items():
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
    published: datetime | None,
    stories: StoryStore,
) -> Evidence:
    best = scored.best
    winner = scored.ranked[best]
    near = scored.nearness[best]
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
    return Evidence(
        score=round(scored.chances[best], 4),
        threshold=THRESHOLD,
        similarity=round(winner.similarity, 4),
        margin=round(scored.values[best][0], 4),
        terms=_strongest(winner.parts, labels, entities=False),
        entities=_strongest(winner.parts, labels, entities=True),
        quotes=shared_quotes(article, story, SHOWN),
        hours_apart=hours_apart(published, story),
        runner_up=runner,
        measures=(
            *(
                (name, None if value != value else round(value, 4))
                for name, value in zip(MONOTONE_CONSTRAINTS, scored.values[best], strict=True)
            ),
            *((("nearest_members", round(near, 4)),) if near is not None else ()),
        ),
    )


def _strongest(parts: Mapping[int, float], labels: Mapping[int, str], *, entities: bool) -> tuple[Shared, ...]:
    """The strongest shared entities or other terms; a word that counts in several fields once."""
    total = sum(parts.values()) or 1.0
    weights: dict[str, tuple[float, int]] = {}
    for key, part in parts.items():
        if (key & 3 == ENTITIES) is entities and key in labels:
            weight, first = weights.get(labels[key], (0.0, key))
            weights[labels[key]] = weight + part / total, first
    ranked = sorted(weights.items(), key=lambda one: (-one[1][0], one[0]))[:SHOWN]
    return tuple(
        Shared(key=f"{key:08x}", label=clip(label, LABEL), weight=round(weight, 4)) for label, (weight, key) in ranked
    )


__all__ = ["THRESHOLD", "JoinModel", "Matcher", "Scored", "Verdict"]
