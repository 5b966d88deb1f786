"""Why an article is where it is, in the words and names that it shares with a story."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import nan

from streams.contracts.limits import clip
from streams.contracts.records import Evidence, RunnerUp, Shared, Story, TaggedArticle
from streams.stages.cluster.features.article_features import ENTITIES, Vector
from streams.stages.cluster.features.join_features import MEASURES, Match
from streams.stages.cluster.features.pair_features import Probe
from streams.stages.cluster.lifecycle.quotes import shared_quotes
from streams.stages.cluster.match.scored import THRESHOLD, Scored
from streams.stages.cluster.store.story_store import StoryStore

#: Shared terms, entities and quotations that evidence shows.
SHOWN = 5
#: Characters of a shared term that evidence shows.
LABEL = 80


def evidence_for(
    scored: Scored,
    joins: bool,
    labels: Mapping[int, str],
    article: TaggedArticle,
    one: Probe,
    stories: StoryStore,
) -> Evidence:
    """Why an article joins its best contender (``joins``), or joins none; ``labels``: key → what a person reads."""
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
    terms, entities = strongest(one.vector, winner, labels)
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
            *measured(scored.values[best]),
            ("lean", round(scored.lean, 4)),
        ),
    )


def measured(values: Sequence[float]) -> tuple[tuple[str, float | None], ...]:
    """The decision's measures by name; None: not known."""
    return tuple(
        (name, None if value != value else round(value, 4)) for name, value in zip(MEASURES, values, strict=True)
    )


def strongest(vector: Vector, match: Match, labels: Mapping[int, str]) -> tuple[tuple[Shared, ...], tuple[Shared, ...]]:
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


def _times(story: Story) -> list[datetime]:
    return [member.published for member in story.articles if member.published]


def hours_or_nan(published: datetime | None, story: Story) -> float:
    """The same as ``hours_apart``, for arrays."""
    apart = hours_apart(published, story)
    return nan if apart is None else apart


def hours_apart(published: datetime | None, story: Story) -> float | None:
    """Hours between an article and the nearest listed member of a story; None: not known."""
    times = _times(story)
    if published is None or not times:
        return None
    return round(min(abs((published - time).total_seconds()) for time in times) / 3600, 2)
