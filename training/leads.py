"""`streams eval leads`: the leads of stories with known articles, to be read by a person; and how often they change.

Fixed samples of the stories of six development sets, each folded from its own articles in their order, whatever the
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

#: Stories of each set in each sample; no two samples share one. The first leads were made on the first two samples,
#: today's on all but the last four, each of which was read before a rule was changed for it. ``/4`` are stories of four
#: of a story's articles: ``groundnews_dev`` has 32 stories in all, ``g5w1h`` 69.
SAMPLES = (
    {"basil": 28, "gva_dev": 28, "g5w1h": 28, "groundnews_dev": 16},
    {"basil": 28, "gva_dev": 28, "g5w1h": 28, "groundnews_dev": 16},
    {"basil": 40, "gva_dev": 47, "g5w1h": 13},
    {"gva_dev": 40, "groundnews_dev/4": 30, "allsides": 15, "neus1k": 15},
    {"gva_dev": 48, "groundnews_dev/4": 30, "allsides": 10, "neus1k": 10},
    {"gva_dev": 40, "groundnews_dev/4": 30, "allsides": 15, "neus1k": 15},
    {"gva_dev": 40, "groundnews_dev/4": 20, "allsides": 20, "neus1k": 16, "basil": 4},
    {"gva_dev": 40, "groundnews_dev/4": 20, "allsides": 20, "neus1k": 20},
    {"gva_dev": 40, "groundnews_dev/4": 20, "allsides": 20, "neus1k": 20},
    {"gva_dev": 40, "groundnews_dev/4": 20, "allsides": 20, "neus1k": 20},
)
#: The first of the samples that take stories of several articles first.
SEVERAL = 3
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


def stories_of(name: str, rows: Iterable[Labelled]) -> dict[str, list[Labelled]]:
    """Story → its articles in their order, of a set as ``SAMPLES`` names it."""
    groups: dict[str, list[Labelled]] = defaultdict(list)
    for row in by_time(shuffled(rows, 1)):
        groups[row.story].append(row)
    size = int(name.partition("/")[2] or 0)
    if not size:
        return groups
    parts = {
        f"{id_}/{start // size}": some[start : start + size]
        for id_, some in groups.items()
        for start in range(0, len(some), size)
    }
    return {id_: some for id_, some in parts.items() if len(some) > 1}


def sampled(name: str, stories: dict[str, list[Labelled]], sample: int) -> list[str]:
    """The stories of the set ``name`` that are in the sample (from 0)."""
    ids = sorted(stories)
    random.Random(0).shuffle(ids)
    first = 0
    if sample >= SEVERAL:
        first = SEVERAL
        ids = ids[sum(one.get(name, 0) for one in SAMPLES[:SEVERAL]) :]
        ids.sort(key=lambda id_: len(stories[id_]) == 1)
    start = sum(one.get(name, 0) for one in SAMPLES[first:sample])
    return ids[start : start + SAMPLES[sample].get(name, 0)]


def verdicts(path: Path = VERDICTS) -> dict[str, tuple[int, bool]]:
    """Story → the sample that it is in, and whether its lead says what happened."""
    lines = path.read_text(encoding="utf-8").splitlines()
    parts = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return {story: (int(sample), verdict == "yes") for sample, story, verdict, *_ in parts}


def measure(data: Path) -> Figures:
    """``{"sets": {name: (joins, changes)}, "samples": [{story: sentences}, …], "verdicts": …}``.

    ``sets`` counts the joins to every story of a set that is sampled whole, and those that changed its lead.
    """
    sets: dict[str, tuple[int, int]] = {}
    samples: list[dict[str, list[str]]] = [{} for _ in SAMPLES]
    for name in dict.fromkeys(name for sample in SAMPLES for name in sample):
        stories = stories_of(name, read(data / "stories" / f"{name.partition('/')[0]}.jsonl.gz"))
        if name in SAMPLES[0]:
            all_told = [told([row.article for row in some]) for some in stories.values()]
            sets[name] = sum(one.joins for one in all_told), sum(one.changes for one in all_told)
        for number, leads in enumerate(samples):
            for id_ in sampled(name, stories, number):
                lead = told([row.article for row in stories[id_]]).story.lead
                leads[id_] = [f"{one.text} ({one.outlet}, {one.article_id})" for one in lead]
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
