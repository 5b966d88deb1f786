"""Cleaning's speed against trafilatura's default, in one run on one core: `python benchmarks/bench_cleaning.py [DATA]`.

DATA is a folder with cleaning/pages.jsonl.gz and dumps.jsonl.gz; without it, the pages that the tests ship are read.
"""

from __future__ import annotations

import gzip
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import trafilatura

from streams.contracts.records import RawArticle
from streams.stages.clean import Cleaner

ROOT = Path(__file__).parents[1]


def rows(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def load(data: Path) -> tuple[list[str], list[str], str]:
    """Pages, dumps of the same pages, and what they are."""
    if (data / "cleaning" / "pages.jsonl.gz").exists():
        pages = [row["html"] for row in rows(data / "cleaning" / "pages.jsonl.gz")]
        dumps = [row["text"] for row in rows(data / "cleaning" / "dumps.jsonl.gz")]
        return pages, dumps, str(data)
    from resiliparse.extract.html2text import extract_plain_text

    pages = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "tests/quality/pages").glob("*.html"))]
    return pages, [extract_plain_text(page, main_content=False) for page in pages], "tests/quality/pages"


def rate(work: Callable[[str], object], inputs: Sequence[str]) -> float:
    """Inputs a second of processor time."""
    started = time.process_time()
    for value in inputs:
        work(value)
    return len(inputs) / (time.process_time() - started)


def main() -> None:
    pages, dumps, name = load(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT.parent / "shared" / "data")
    cleaner = Cleaner()
    work: dict[str, tuple[Callable[[str], object], list[str]]] = {
        "trafilatura": (lambda page: trafilatura.extract(page, include_comments=False), pages),
        "pages": (lambda page: cleaner.clean(RawArticle(content=page, content_type="text/html")), pages),
        "dumps": (lambda text: cleaner.clean(RawArticle(content=text)), dumps),
    }
    for run, inputs in work.values():
        rate(run, inputs[:5])
    # The best of three rounds in turn: other work on the machine slows a round down, never up.
    best = dict.fromkeys(work, 0.0)
    for _ in range(3):
        for label, (run, inputs) in work.items():
            best[label] = max(best[label], rate(run, inputs))
    print(f"{len(pages)} pages and {len(dumps)} dumps of {name}, one core")
    print(f"trafilatura (default)   {best['trafilatura']:7.1f} pages/s")
    print(f"pages                   {best['pages']:7.1f} pages/s  {best['pages'] / best['trafilatura']:.2f} x (>= 0.6)")
    print(f"dumps                   {best['dumps']:7.1f} dumps/s  {best['dumps'] / best['trafilatura']:.2f} x (>= 2)")


if __name__ == "__main__":
    main()
