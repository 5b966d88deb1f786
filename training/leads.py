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

from streams.contracts.records import Sentence, Story, StoryEvent
from streams.stages.cluster import fold
from streams.stages.cluster.lifecycle.present import story_article
from training.stories_data import Labelled, by_time, shuffled

#: Stories of each set in each sample; no two samples share one. The rules were made on the first two, the figure comes
#: from the last. ``groundnews_dev`` has 32 in all, ``g5w1h`` 69.
SAMPLES = (
    {"basil": 28, "gva_dev": 28, "g5w1h": 28, "groundnews_dev": 16},
    {"basil": 28, "gva_dev": 28, "g5w1h": 28, "groundnews_dev": 16},
    {"basil": 40, "gva_dev": 47, "g5w1h": 13},
)
VERDICTS = Path(__file__).parent / "data" / "leads.tsv"


@dataclass(frozen=True, slots=True)
class Told:
    """A story as its articles add up, and how many of the joins changed its lead."""

    story: Story
    joins: int
    changes: int


def told(rows: Sequence[Labelled], story_id: str = "story") -> Told:
    """The story of ``rows`` in this order."""
    stories: dict[str, Story] = {}
    shown: list[tuple[Sentence, ...]] = []
    for number, row in enumerate(rows):
        article = story_article(row.article)
        event = StoryEvent(
            id=f"{row.article.id}:{number}:0",
            type="joined" if number else "created",
            story_id=story_id,
            at=row.article.published,
            article_id=row.article.id,
            article=article,
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
