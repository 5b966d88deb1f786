"""`streams eval links`: whether stories that are linked belong to one affair, against chains checked by hand.

Streams are in order of time. A link is right where both stories are of one true event (a follow-up that did not join),
or their events are of one chain: ``data/chains.tsv`` has those of *basil*, read by hand; *gva_dev* has none, as each of
its events is one crime, so that any other link there is wrong. Where chains are silent, a link counts as wrong. The
weights of links never saw the set that they are measured on; the join decision, the shipped one, did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from streams.contracts.records import Story
from streams.stages.cluster import Clusterer
from streams.stages.cluster.features.join_features import MEASURES
from streams.stages.cluster.match.follow import MOVED_HOURS, LinkWeights, link_inputs
from training.stories_data import Labelled, by_time, read

Figures = dict[str, Any]

CHAINS = Path(__file__).parent / "data" / "chains.tsv"
#: Sets with true dates, or many, that the weights are learned from; the first two are measured.
SETS = ("basil", "gva_dev", "g5w1h")
MEASURED = SETS[:2]
#: Squared weights are held down by so much: that of scikit-learn's C = 1, over a set's rows.
PENALTY = 1.0
_HOURS = MEASURES.index("hours")


@dataclass(frozen=True, slots=True)
class Lesson:
    """Contenders along a stream that a link may be asked about: their inputs, and whether a link would be right."""

    inputs: list[list[float]]
    right: list[bool]


@cache
def chains() -> Mapping[str, str]:
    """Event → its chain, of the events that are in one: both by the chain's name."""
    chain: dict[str, str] = {}
    for line in CHAINS.read_text(encoding="utf-8").splitlines():
        later, _, rest = line.partition("\t")
        earlier, _, verdict = rest.partition("\t")
        if verdict == "yes":
            one, other = (chain.setdefault(f"basil-{id_}", f"basil-{id_}") for id_ in (earlier, later))
            chain.update({event: one for event, name in chain.items() if name == other})
    return chain


def affair(event: str) -> str:
    """The chain of an event, or the event itself."""
    return chains().get(event, event)


def lesson(rows: Sequence[Labelled]) -> Lesson:
    """The contenders of every article that begins a story, or comes so late that it might."""
    clusterer, true = Clusterer(), {row.article.id: affair(row.story) for row in rows}
    told = Lesson([], [])
    for position, row in enumerate(rows):
        scored, decision = clusterer.contenders(row.article), clusterer.decide(row.article)
        if decision is None:
            continue
        begins = any(event.type == "created" for event in decision.events)
        stories = {story.id: story for story in map(clusterer.story, (one.story_id for one in scored.ranked)) if story}
        for match, values in zip(scored.ranked, scored.values, strict=False):
            if begins or values[_HOURS] >= MOVED_HOURS:
                told.inputs.append(link_inputs(values))
                told.right.append(_affair_of(stories[match.story_id], true) == affair(row.story))
        clusterer.apply(row.article, decision, position)
    return told


def learn(lessons: Sequence[Lesson]) -> LinkWeights:
    """The weights of a logistic regression in which every set counts alike."""
    from sklearn.linear_model import LogisticRegression

    inputs = np.concatenate([one.inputs for one in lessons])
    right = np.concatenate([one.right for one in lessons])
    each = len(right) / len(lessons)
    weights = np.concatenate([np.full(len(one.right), each / len(one.right)) for one in lessons])
    model = LogisticRegression(C=1.0 / PENALTY, max_iter=2000).fit(inputs, right, sample_weight=weights)
    return LinkWeights(tuple(round(float(one), 4) for one in model.coef_[0]), round(float(model.intercept_[0]), 4))


def score(rows: Sequence[Labelled], weights: LinkWeights | None = None) -> Figures:
    """Cluster a stream and judge the links that stand at its end; None: the shipped weights.

    ``links`` and how many of them are ``right``; ``linkable`` stories, that have an earlier one of their affair, and
    how many of them were ``found``: linked to one of it. ``precision`` and ``recall`` are None where there are none.
    """
    clusterer, true = Clusterer(link_weights=weights), {row.article.id: affair(row.story) for row in rows}
    for position, row in enumerate(rows):
        decision = clusterer.decide(row.article)
        if decision is not None:
            clusterer.apply(row.article, decision, position)
    live = [story for story in clusterer.stories() if story.status in ("open", "closed")]
    of = {story.id: _affair_of(story, true) for story in live}
    made = [(story.id, link.story_id) for story in live for link in story.links if link.kind != "followed"]
    right = [(one, other) for one, other in made if of[one] == of[other]]
    firsts = {event: story_id for story_id, event in reversed(of.items())}
    linkable = [story_id for story_id, event in of.items() if firsts[event] != story_id]
    found = {one for one, _ in right}
    recalled = sum(id_ in found for id_ in linkable)
    return {
        "links": len(made),
        "right": len(right),
        "precision": len(right) / len(made) if made else None,
        "linkable": len(linkable),
        "found": recalled,
        "recall": recalled / len(linkable) if linkable else None,
    }


def read_sets(data: Path) -> dict[str, list[Labelled]]:
    return {name: by_time(read(data / "stories" / f"{name}.jsonl.gz")) for name in SETS}


def measure(data: Path) -> Figures:
    """``{set: figures as score gives them}``, each set left out of the weights of links."""
    sets = read_sets(data)
    lessons = {name: lesson(rows) for name, rows in sets.items()}
    return {
        name: score(sets[name], learn([one for other, one in lessons.items() if other != name])) for name in MEASURED
    }


def render(figures: Figures) -> str:
    """The figures as a Markdown table."""
    lines = [
        "Streams in order of time. *Follow-ups*: stories that have an earlier one of their affair. The weights of "
        "links never saw the set; the join decision did.",
        "",
        "| set | links | right | precision | follow-ups | linked | recall |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in figures.items():
        precision, recall = ("" if one[key] is None else f"{one[key]:.2f}" for key in ("precision", "recall"))
        counts = f"{one['links']} | {one['right']} | {precision} | {one['linkable']} | {one['found']}"
        lines.append(f"| {name} | {counts} | {recall} |")
    return "\n".join(lines)


def _affair_of(story: Story, true: Mapping[str, str]) -> str:
    """What most of a story's listed articles are about; ties: the first."""
    return Counter(true[article.id] for article in story.articles).most_common(1)[0][0]
