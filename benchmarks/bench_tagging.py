"""Speed and memory of tagging, on one core, in one run. Run: ``python benchmarks/bench_tagging.py [DATA] [--json]``.

Compares, on the same texts: spaCy's full pipeline, its recogniser alone, tagging in full with it (recogniser,
relabelling, resolution, quotations), and the same two with the fast recogniser. The figures that count are ratios: they
hold on a busy machine. Memory is that of a fresh process that tags everything once.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

import spacy

from streams.contracts.records import CleanArticle
from streams.models import store
from streams.settings import load, user_models_dir
from streams.stages.tag import create_tagger
from training.entities_data import CORPORA, read

_ROUNDS = 3


def texts(data: Path) -> list[CleanArticle]:
    """The worldwide corpus where it is, else the seeds twenty times over."""
    corpus = data / CORPORA["worldwide"]
    if corpus.exists():
        return [CleanArticle(id=document.id, text=document.text, language="en") for document in read(corpus)]
    seeds = sorted((Path(__file__).parents[1] / "seeds").glob("*.txt"))
    return [CleanArticle(id=f"{p.name}-{n}", text=p.read_text(encoding="utf-8")) for n in range(20) for p in seeds]


def measure(data: Path) -> dict[str, float]:
    """CPU seconds, best of three rounds each, interleaved; ratios; RSS of a tagging process, MB."""
    articles = texts(data)
    words = sum(len(article.text.split()) for article in articles)
    models_dir = load().models_dir or user_models_dir()
    full = spacy.load(store.verify(store.find("md"), models_dir))
    taggers = {
        kind: create_tagger(backend=name, models_dir=models_dir) for kind, name in (("", "spacy-md"), ("fast_", "fast"))
    }
    plain = [article.text for article in articles]
    seconds: dict[str, list[float]] = defaultdict(list)
    for _ in range(_ROUNDS):
        started = time.process_time()
        for _doc in full.pipe(plain, batch_size=32):
            pass
        seconds["full"].append(time.process_time() - started)
        for kind, tagger in taggers.items():
            started = time.process_time()
            for at in range(0, len(plain), 32):
                tagger.backend.find(plain[at : at + 32])
            seconds[f"{kind}recogniser"].append(time.process_time() - started)
            started = time.process_time()
            for at in range(0, len(articles), 32):
                tagger.tag(articles[at : at + 32])
            seconds[f"{kind}tagging"].append(time.process_time() - started)
    best = {name: min(times) for name, times in seconds.items()}
    return {
        "articles": len(articles),
        "words": words,
        "full_pipeline_seconds": best["full"],
        "recogniser_seconds": best["recogniser"],
        "tagging_seconds": best["tagging"],
        "articles_per_second": len(articles) / best["tagging"],
        "speed_over_full_pipeline": best["full"] / best["tagging"],
        "own_share": 1 - best["recogniser"] / best["tagging"],
        "fast_recogniser_seconds": best["fast_recogniser"],
        # The first time it meets the words.
        "fast_recogniser_first_seconds": seconds["fast_recogniser"][0],
        "fast_tagging_seconds": best["fast_tagging"],
        "fast_articles_per_second": len(articles) / best["fast_tagging"],
        "fast_words_per_second": words / best["fast_tagging"],
        "fast_over_tagging": best["tagging"] / best["fast_tagging"],
        "rss_mb": resident(data, "spacy-md"),
        "fast_rss_mb": resident(data, "fast"),
    }


def resident(data: Path, backend: str) -> float:
    """Peak resident memory of a process that loads the tagger with this backend and tags all in batches of 32, MB."""
    # VmHWM rather than getrusage: that one inherits the parent's peak over exec.
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1])\n"
        "import bench_tagging as bench\n"
        "from streams.stages.tag import create_tagger\n"
        "from streams.settings import load\n"
        "articles = bench.texts(Path(sys.argv[2]))\n"
        "tagger = create_tagger(backend=sys.argv[3], models_dir=load().models_dir)\n"
        "for at in range(0, len(articles), 32): tagger.tag(articles[at : at + 32])\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(status.partition('VmHWM:')[2].split()[0]) / 1024)"
    )
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", code, here, str(data), backend], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def main() -> None:
    # The libraries read these when they first compute, which is later.
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS"):
        os.environ[variable] = "1"
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=Path("../shared/data"))
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    figures = measure(options.data)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:26} {value:10.2f}")


if __name__ == "__main__":
    main()
