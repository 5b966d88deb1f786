"""Which story an article belongs to, if any, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from math import exp

from streams.clustering.features import BODY, ENTITIES, FIELDS, NAMES, TITLE, Features, unpack
from streams.clustering.state import Group, Live
from streams.records import Evidence, RunnerUp, Shared, Story, TaggedArticle
from streams.text import fold as folded

#: Share of each field in the similarity; those an article lacks give theirs to the others. Development data.
WEIGHTS = {BODY: 0.55, TITLE: 0.2, NAMES: 0.1, ENTITIES: 0.15}
#: Similarity from which an article joins. Development data: the best mean B-cubed F1 over three sets.
THRESHOLD = 0.18
#: Days to the story's newest article at which similarity counts exp(-1/2) of itself.
SIGMA_DAYS = 14.0
#: An article looks for stories by this many of its terms of each field …
SOUGHT = (12, 6, 6, 8)
#: … and scores this many of those it finds exactly.
RESCORED = 32
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """The story to join (None: start one) and the evidence for it."""

    story_id: str | None
    evidence: Evidence | None


def judge(
    features: Features, vector: Mapping[int, float], article: TaggedArticle, group: Group, stories: Mapping[str, Live]
) -> Verdict:
    """The verdict on an article that is in no story yet."""
    shares = _shares(vector)
    best: list[tuple[float, str, dict[int, float]]] = []
    for story_id in candidates(vector, group):
        live = stories[story_id]
        parts = contributions(vector, live, shares)
        nearness = _nearness(article.published, live.story)
        best.append((sum(parts.values()) * nearness, story_id, parts))
    if not best:
        return Verdict(None, None)
    best.sort(key=lambda one: (-one[0], one[1]))
    score, story_id, parts = best[0]
    runner = None
    if len(best) > 1:
        other = stories[best[1][1]].story
        runner = RunnerUp(story_id=other.id, headline=other.headline, score=round(best[1][0], 4))
    found = stories[story_id].story
    evidence = Evidence(
        score=round(score, 4),
        threshold=THRESHOLD,
        terms=_strongest(parts, features, (BODY, TITLE, NAMES)),
        entities=_strongest(parts, features, (ENTITIES,)),
        quotes=_shared_quotes(article, found),
        hours_apart=hours_apart(article.published, found),
        runner_up=runner,
    )
    return Verdict(story_id if score >= THRESHOLD else None, evidence)


def candidates(vector: Mapping[int, float], group: Group) -> list[str]:
    """Stories worth scoring: those that most of the article's strongest terms lead to, weighted by the terms."""
    left = list(SOUGHT)
    votes: Counter[str] = Counter()
    for key, weight in vector.items():
        if left[key & 3]:
            left[key & 3] -= 1
            for story_id in group.found_by(key):
                votes[story_id] += weight * weight  # type: ignore[assignment]
    ranked = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    return [story_id for story_id, _ in ranked[:RESCORED]]


def contributions(vector: Mapping[int, float], live: Live, shares: tuple[float, ...]) -> dict[int, float]:
    """What each shared term adds to the similarity to the story's average member."""
    size = max(1, live.story.article_count)
    profile = unpack(live.profile)
    return {key: shares[key & 3] * weight * profile[key] / size for key, weight in vector.items() if key in profile}


def _shares(vector: Mapping[int, float]) -> tuple[float, ...]:
    held = {key & 3 for key in vector}
    total = sum(WEIGHTS[field] for field in held) or 1.0
    return tuple(WEIGHTS[field] / total for field in range(FIELDS))


def hours_apart(published: datetime | None, story: Story) -> float | None:
    if published is None or story.last_seen is None:
        return None
    return round(abs((published - story.last_seen).total_seconds()) / 3600, 2)


def _nearness(published: datetime | None, story: Story) -> float:
    hours = hours_apart(published, story)
    return 1.0 if hours is None else exp(-0.5 * (hours / 24 / SIGMA_DAYS) ** 2)


def _strongest(parts: Mapping[int, float], features: Features, fields: tuple[int, ...]) -> tuple[Shared, ...]:
    """The strongest shared terms of some fields; a word that counts twice (text and title) once."""
    total = sum(parts.values()) or 1.0
    weights: dict[str, tuple[float, int]] = {}
    for key, part in parts.items():
        if key & 3 in fields:
            label = features.labels[key]
            weight, first = weights.get(label, (0.0, key))
            weights[label] = weight + part / total, first
    ranked = sorted(weights.items(), key=lambda one: (-one[1][0], one[0]))[:SHOWN]
    return tuple(Shared(key=f"{key:08x}", label=label, weight=round(weight, 4)) for label, (weight, key) in ranked)


def _shared_quotes(article: TaggedArticle, story: Story) -> tuple[Shared, ...]:
    """Quotations that the article and the story both carry, whole or one within the other; longest first."""
    shared: dict[str, Shared] = {}
    held = [(folded(quote.text), quote.text) for quote in story.quotes]
    for quote in article.quotes:
        plain = folded(quote.text)
        for other, text in held:
            if plain and other and (plain in other or other in plain):
                shorter = quote.text if len(plain) <= len(other) else text
                shared.setdefault(folded(shorter), Shared(key=folded(shorter), label=shorter, weight=1.0))
    return tuple(sorted(shared.values(), key=lambda one: (-len(one.label), one.key))[:SHOWN])
