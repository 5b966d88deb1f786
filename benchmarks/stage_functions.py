"""The stage functions alone, offline, and a script that a user might write instead: cost an article, and the stories.

Run: ``python stage_functions.py functions|script WARM COUNT``; figures as JSON. Milliseconds are of processor time.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from load import load as made_up

from streams import pipeline
from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.models import store
from streams.settings import load, user_models_dir
from training.stories_scores import scores

S = TypeVar("S")
T = TypeVar("T")

#: Articles that a pool process gets at once (``runtime.pool``).
_TOGETHER = 8
#: Articles after those that warm up of the script, which takes longest; the stories of both are compared on these.
_OF_SCRIPT = 100


def measured(what: str, warm: int, count: int, *, at_once: int = 1) -> dict[str, float]:
    """``functions`` or ``script`` in a process of its own, as a worker's pool is one; the mean of so many ``at_once``.

    Cores share caches, memory and at times more: with all of them at work the same functions take longer.

    Raises:
        RuntimeError: a process failed.
    """
    command = [sys.executable, str(Path(__file__)), what, str(warm), str(count)]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(at_once)]
    outputs = [process.communicate()[0] for process in started]
    if any(process.returncode for process in started):
        raise RuntimeError(f"{' '.join(command)} failed")
    found: list[dict[str, float]] = [json.loads(output) for output in outputs]
    return {name: round(sum(each[name] for each in found) / at_once, 4) for name in found[0]}


def functions(warm: int, count: int) -> dict[str, float]:
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
    return cost | {"b3_f1": _agreement(raws[: warm + _OF_SCRIPT], clusterer.assignments())}


def script(warm: int, count: int) -> dict[str, float]:
    """trafilatura, spaCy's whole pipeline, TF-IDF and HDBSCAN over all articles at once: one script, no Kafka."""
    import spacy
    import trafilatura
    from sklearn.cluster import HDBSCAN
    from sklearn.feature_extraction.text import TfidfVectorizer

    raws = list(made_up(warm + min(count, _OF_SCRIPT)))
    language = spacy.load(store.verify(store.find("md"), load().models_dir or user_models_dir()))
    cost: dict[str, float] = {}

    def extract(batch: list[RawArticle]) -> list[str]:
        pages = (raw.content or "" for raw in batch)
        return [trafilatura.extract(page) or "" if page.startswith("<") else page for page in pages]

    texts = _timed(cost, "clean", warm, raws, 1, extract)
    _timed(cost, "tag", warm, texts, 32, lambda batch: [doc.ents for doc in language.pipe(batch, batch_size=32)])
    begun = time.process_time()
    vectors = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit_transform(texts)
    labels = HDBSCAN(min_cluster_size=2, metric="cosine", algorithm="brute", copy=True).fit_predict(vectors)
    cost["cluster"] = round((time.process_time() - begun) / len(texts) * 1000, 2)
    # What it calls noise is alone.
    found = {raw.id or "": str(label) for raw, label in zip(raws, labels, strict=True) if label >= 0}
    return cost | {"b3_f1": _agreement(raws, found)}


def _agreement(raws: list[RawArticle], found: Mapping[str, str]) -> float:
    """B-cubed F1 against the stories that the load was made of: an id is its story's, and a number."""
    true = {raw.id: raw.id.rpartition("-")[0] for raw in raws if raw.id}
    return round(scores(true, found)["b3_f1"], 4)


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
    work = {"functions": functions, "script": script}[sys.argv[1]]
    print(json.dumps(work(int(sys.argv[2]), int(sys.argv[3]))))
