"""The stage functions alone, offline: milliseconds of processor time an article. Run: ``python stage_functions.py``."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from load import load as made_up

from streams import pipeline
from streams.contracts.records import CleanArticle, TaggedArticle
from streams.settings import load

S = TypeVar("S")
T = TypeVar("T")

#: Articles that a pool process gets at once (``runtime.pool``).
_TOGETHER = 8


def measured(warm: int, count: int) -> dict[str, float]:
    """``measure`` in a process of its own, as a worker's pool is one."""
    command = [sys.executable, str(Path(__file__)), str(warm), str(count)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(warm: int, count: int) -> dict[str, float]:
    """Each stage over ``count`` articles of the load, after ``warm`` others; nothing is encoded, sent or read."""
    raws = list(made_up(warm + count))
    cleaner, memory = pipeline.Cleaner(), pipeline.CleaningMemory()
    cost: dict[str, float] = {}
    cleaned = _timed(
        cost, "clean", warm, list(enumerate(raws)), 1,
        lambda batch: [pipeline.clean_one(raw, n, cleaner=cleaner, memory=memory) for n, raw in batch],
    )  # fmt: skip
    articles = [each for each in cleaned if isinstance(each, CleanArticle)]
    tagger = pipeline.create_tagger(backend=load().ner_backend, models_dir=load().models_dir)
    tagged = _timed(cost, "tag", warm, articles, _TOGETHER, tagger.tag)
    clusterer = pipeline.Clusterer()

    def cluster(batch: list[tuple[int, TaggedArticle]]) -> list[None]:
        for place, article in batch:
            decision = clusterer.decide(article)
            if decision is not None:
                clusterer.apply(article, decision, place)
        return []

    _timed(cost, "cluster", warm, list(enumerate(tagged)), 1, cluster)
    return cost


def _timed(
    cost: dict[str, float], stage: str, warm: int, items: list[S], size: int, work: Callable[[list[S]], list[T]]
) -> list[T]:
    done: list[T] = []
    for at in range(0, warm, size):
        done += work(items[at : min(at + size, warm)])
    begun = time.process_time()
    for at in range(warm, len(items), size):
        done += work(items[at : at + size])
    cost[stage] = round((time.process_time() - begun) / (len(items) - warm) * 1000, 2)
    return done


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]))))
