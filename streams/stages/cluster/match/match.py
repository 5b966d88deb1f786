"""Which story an article belongs to, if any, and why; and whether two stories have turned out to be one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import nan
from typing import Protocol

from streams.contracts.limits import clip
from streams.contracts.records import Evidence, RunnerUp, Shared, Story, TaggedArticle
from streams.stages.cluster.features.article_features import BODY, ENTITIES, Features, added, pack, unpack
from streams.stages.cluster.features.join_features import (
    CONTENDERS,
    MONOTONE_CONSTRAINTS,
    Match,
    join_features,
    match,
    shares_of,
)
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.lifecycle.quotes import shared_quotes
from streams.stages.cluster.store.story_store import StoryStore

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
    #: The same article against other candidates.
    again: Callable[[Sequence[Match]], Scored]

    @property
    def best(self) -> int:
        return max(range(len(self.chances)), key=lambda place: (self.chances[place], -place))


def judge(
    features: Features,
    vector: Mapping[int, float],
    idf: Mapping[int, float],
    article: TaggedArticle,
    published: datetime | None,
    group: LanguageIndex,
    stories: StoryStore,
    join_model: JoinModel,
) -> Verdict:
    """The verdict on an article that is in no story yet."""
    scored = contenders(features, vector, idf, published, group, stories, join_model)
    if not scored.chances:
        return Verdict(None)
    rivals = [one for one in scored.ranked[:CONTENDERS] if one.similarity >= RIVAL * scored.ranked[0].similarity]
    if scored.chances[scored.best] < THRESHOLD and len(rivals) > 1:
        # Two halves of one story take each other's margin away: look again without the second.
        first, second = rivals[0], rivals[1]
        if same_story(first.story_id, second.story_id, group, stories, join_model, {}) >= THRESHOLD:
            without = scored.again([one for one in scored.ranked if one is not second])
            scored = without if without.chances[without.best] >= THRESHOLD else scored
    best = scored.best
    joins = scored.chances[best] >= THRESHOLD
    evidence = _evidence(scored, best, joins, features.labels, article, published, stories)
    if not joins:
        return Verdict(None, evidence)
    winner = scored.ranked[best]
    grown = {winner.story_id: (added(stories[winner.story_id].profile, plus=pack(vector)), winner.size + 1)}
    for rival in rivals:
        if rival.story_id == winner.story_id:
            continue
        chance = same_story(winner.story_id, rival.story_id, group, stories, join_model, grown)
        if chance >= MERGE_THRESHOLD:
            both = Evidence(
                score=round(chance, 4),
                threshold=MERGE_THRESHOLD,
                terms=_strongest(rival.parts, features.labels, entities=False),
                entities=_strongest(rival.parts, features.labels, entities=True),
            )
            return Verdict(winner.story_id, evidence, rival.story_id, both)
    return Verdict(winner.story_id, evidence)


def contenders(
    features: Features,
    vector: Mapping[int, float],
    idf: Mapping[int, float],
    published: datetime | None,
    group: LanguageIndex,
    stories: StoryStore,
    join_model: JoinModel,
) -> Scored:
    """The stories that an article might join."""
    dates = [published] if published else []
    return score(vector, idf, features.proper, dates, group, stories, join_model, grown={}, leave_out="")


def score(
    vector: Mapping[int, float],
    idf: Mapping[int, float],
    proper: frozenset[int],
    dates: Sequence[datetime],
    group: LanguageIndex,
    stories: StoryStore,
    join_model: JoinModel,
    *,
    grown: Mapping[str, tuple[str, int]],
    leave_out: str,
) -> Scored:
    """The contenders for a vector. ``grown``: story → (profile, size) to take instead of what stands."""
    shares = shares_of(vector)
    matches = []
    for story_id in candidates(vector, shares, group):
        if story_id != leave_out:
            live = stories[story_id]
            profile, size = grown.get(story_id) or (live.profile, live.story.article_count)
            matches.append(match(story_id, vector, shares, unpack(profile), max(1, size)))
    matches.sort(key=lambda one: (-one.similarity, one.story_id))
    body = [(key, weight * weight) for key, weight in vector.items() if key & 3 == BODY]
    names = [one for one in body if one[0] in proper]
    others = [one for one in body if one[0] not in proper] if names else []
    shares_of_time: dict[str, float] = {}

    def assess(ranked: Sequence[Match]) -> Scored:
        values, chances = [], []
        for rank, one in enumerate(ranked[:CONTENDERS]):
            if one.story_id not in shares_of_time:
                times = _times(stories[one.story_id].story)
                shares_of_time[one.story_id] = min((group.time_share(date, times) for date in dates), default=nan)
            share = shares_of_time[one.story_id]
            value = join_features(rank, ranked, shares, idf, names=names, others=others, time_share=share)
            values.append(value)
            chances.append(join_model.probability(value))
        return Scored(ranked, values, chances, assess)

    return assess(matches)


def same_story(
    story_id: str,
    other_id: str,
    group: LanguageIndex,
    stories: StoryStore,
    join_model: JoinModel,
    grown: Mapping[str, tuple[str, int]],
) -> float:
    """The probability that the average article of one story belongs to the other, if that is its best match; else 0."""
    other = stories[other_id]
    size = max(1, other.story.article_count)
    mean = {key: weight / size for key, weight in unpack(other.profile).items()}
    dates = _times(other.story)[-8:]
    scored = score(
        mean, group.idf(mean), frozenset(), dates, group, stories, join_model, grown=grown, leave_out=other_id
    )
    if not scored.chances or scored.ranked[scored.best].story_id != story_id:
        return 0.0
    return scored.chances[scored.best]


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
    best: int,
    joins: bool,
    labels: Mapping[int, str],
    article: TaggedArticle,
    published: datetime | None,
    stories: StoryStore,
) -> Evidence:
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
        measures=tuple(
            (name, None if value != value else round(value, 4))
            for name, value in zip(MONOTONE_CONSTRAINTS, scored.values[best], strict=True)
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


__all__ = ["THRESHOLD", "JoinModel", "Scored", "Verdict", "judge"]
