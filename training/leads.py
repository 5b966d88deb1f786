"""`streams eval leads`: the leads of stories with known articles, to be read by a person; and how often they change.

A fixed sample of the stories of four development sets, each folded from its own articles in their order, whatever the
clusterer makes of them: story ids, and so verdicts, stay. Verdicts are a person's, kept by story id without any text.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from streams.contracts.records import Sentence, Story, StoryEvent, TaggedArticle
from streams.stages.cluster import fold
from streams.stages.cluster.lifecycle.present import story_article
from training.stories_data import Labelled, by_time, read, shuffled

#: Stories of each set in each sample; no two samples share one. The rules were made on the first two, the figure comes
#: from the last. ``groundnews_dev`` has 32 in all, ``g5w1h`` 69.
SAMPLES = (
    {"basil": 28, "gva_dev": 28, "g5w1h": 28, "groundnews_dev": 16},
    {"basil": 28, "gva_dev": 28, "g5w1h": 28, "groundnews_dev": 16},
    {"basil": 40, "gva_dev": 47, "g5w1h": 13},
)
VERDICTS = Path(__file__).parent / "data" / "leads.tsv"


Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """A story as its articles add up, and how many of the joins changed its lead."""

    story: Story
    joins: int
    changes: int


def told(articles: Sequence[TaggedArticle], story_id: str = "story") -> Told:
    """The story of these articles in this order, whatever the clusterer would make of them."""
    stories: dict[str, Story] = {}
    shown: list[tuple[Sentence, ...]] = []
    for number, article in enumerate(articles):
        event = StoryEvent(
            id=f"{article.id}:{number}:0",
            type="joined" if number else "created",
            story_id=story_id,
            at=article.published,
            article_id=article.id,
            article=story_article(article),
        )
        fold(stories, [event])
        shown.append(stories[story_id].lead)
    changes = sum(one != other for one, other in pairwise(shown))
    return Told(stories[story_id], len(shown) - 1, changes)


def sampled(name: str, rows: Iterable[Labelled], sample: int) -> list[list[Labelled]]:
    """The articles, in their order, of each story of the set ``name`` that is in the sample (from 0)."""
    groups: dict[str, list[Labelled]] = defaultdict(list)
    for row in by_time(shuffled(rows, 1)):
        groups[row.story].append(row)
    ids = sorted(groups)
    random.Random(0).shuffle(ids)
    start = sum(one.get(name, 0) for one in SAMPLES[:sample])
    return [groups[id_] for id_ in ids[start : start + SAMPLES[sample].get(name, 0)]]


def verdicts(path: Path = VERDICTS) -> dict[str, tuple[int, bool]]:
    """Story → the sample that it is in, and whether its lead says what happened."""
    lines = path.read_text(encoding="utf-8").splitlines()
    parts = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {story: (int(sample), verdict == "yes") for sample, story, verdict, *_ in parts}


def measure(data: Path) -> Figures:
    """``{"sets": {name: (joins, changes)}, "samples": [{story: sentences}, …], "verdicts": …}``.

    ``sets`` counts the joins to every story of a set and those that changed its lead.
    """
    sets: dict[str, tuple[int, int]] = {}
    samples: list[dict[str, list[str]]] = [{} for _ in SAMPLES]
    for name in SAMPLES[0]:
        rows = read(data / "stories" / f"{name}.jsonl.gz")
        groups: dict[str, list[Labelled]] = defaultdict(list)
        for row in by_time(shuffled(rows, 1)):
            groups[row.story].append(row)
        stories = {id_: told([row.article for row in some]) for id_, some in groups.items()}
        sets[name] = sum(one.joins for one in stories.values()), sum(one.changes for one in stories.values())
        for number, leads in enumerate(samples):
            for some in sampled(name, rows, number):
                story = stories[some[0].story].story
                leads[some[0].story] = [f"{one.text} ({one.outlet}, {one.article_id})" for one in story.lead]
    return {"sets": sets, "samples": samples, "verdicts": verdicts()}


def render(figures: Figures) -> str:
    """Each story of the samples with its lead, then how often leads change and what the verdicts add up to."""
    lines = [
        f"{id_}\n" + "".join(f"    {sentence}\n" for sentence in lead)
        for leads in figures["samples"]
        for id_, lead in leads.items()
    ]
    for name, (joins, changes) in figures["sets"].items():
        lines.append(f"{name}: {changes} of {joins} joins change the lead")
    joins, changes = (sum(each) for each in zip(*figures["sets"].values(), strict=True))
    lines.append(f"together: {changes / joins:.3f}")
    lines += [
        f"sample {sample}: {good} of {count} say what happened" for sample, (good, count) in summed(figures["verdicts"])
    ]
    return "\n".join(lines)


def summed(judged: dict[str, tuple[int, bool]]) -> list[tuple[int, tuple[int, int]]]:
    """Of each sample that was judged: how many leads say what happened, of how many."""
    return [
        (number, (sum(good for sample, good in judged.values() if sample == number), count))
        for number in sorted({sample for sample, _ in judged.values()})
        if (count := sum(sample == number for sample, _ in judged.values()))
    ]
