"""Cleaning's speed against trafilatura's default on the same pages, and on what crawlers make of them as text.

`python benchmarks/bench_cleaning.py [DATA] [--sample N] [--json]`, from the checkout. DATA is a folder with
cleaning/pages.jsonl.gz and wcxb.jsonl.gz; without it, the pages that the tests ship are read.

All run in one process on one core, a few pages of each in turn, by processor time: what else the machine does slows
them alike. The ratios are medians over those turns. Each page comes once, since what recurs is remembered.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import trafilatura

from streams.contracts.records import RawArticle
from streams.stages.clean import Cleaner
from training.cleaning_dumps import bs4, html_text, inscriptis

ROOT = Path(__file__).parents[1]
#: Pages of a turn.
TURN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Milliseconds of processor time a page or dump (medians), and how many times trafilatura's speed ours is."""

    corpus: str
    pages: int
    trafilatura_ms: float
    page_ms: float
    dump_ms: float
    pages_ratio: float
    dumps_ratio: float


def corpora(data: Path, sample: int) -> Iterable[tuple[str, list[str]]]:
    """Names and pages of what there is; ``sample`` pages of each, evenly out of all."""
    for name in ("pages", "wcxb"):
        path = data / "cleaning" / f"{name}.jsonl.gz"
        if path.exists():
            with gzip.open(path, "rt", encoding="utf-8") as file:
                yield name, spread([json.loads(line)["html"] for line in file], sample)
    if not (data / "cleaning" / "pages.jsonl.gz").exists():
        paths = sorted((ROOT / "tests" / "quality" / "pages").glob("*.html"))
        yield "tests/quality/pages", [path.read_text(encoding="utf-8") for path in paths]


def spread(pages: list[str], sample: int) -> list[str]:
    """``sample`` of the pages, as far from each other as can be."""
    return [pages[index * len(pages) // sample] for index in range(sample)] if sample < len(pages) else pages


def measure(name: str, pages: list[str], cleaner: Cleaner) -> Speed:
    """One corpus; its dumps are made first."""

    def clean(content: str, content_type: str = "text/plain") -> object:
        return cleaner.clean(RawArticle(content=content, content_type=content_type))

    dumps = {page: [dump(page) for dump in (inscriptis, html_text, bs4)] for page in pages}
    work: dict[str, Callable[[str], object]] = {
        "trafilatura": lambda page: trafilatura.extract(page, include_comments=False),
        "pages": lambda page: clean(page, "text/html"),
        "dumps": lambda page: [clean(dump) for dump in dumps[page]],
    }
    for run in work.values():
        run(pages[0])
    turns: list[dict[str, float]] = []
    for start in range(0, len(pages), TURN):
        some, taken = pages[start : start + TURN], {}
        for label, run in work.items():
            started = time.process_time()
            for page in some:
                run(page)
            taken[label] = (time.process_time() - started) / len(some)
        taken["dumps"] /= 3
        turns.append(taken)
    return Speed(
        corpus=name,
        pages=len(pages),
        trafilatura_ms=round(1000 * median(turn["trafilatura"] for turn in turns), 2),
        page_ms=round(1000 * median(turn["pages"] for turn in turns), 2),
        dump_ms=round(1000 * median(turn["dumps"] for turn in turns), 2),
        pages_ratio=round(median(turn["trafilatura"] / turn["pages"] for turn in turns), 3),
        dumps_ratio=round(median(turn["trafilatura"] / turn["dumps"] for turn in turns), 3),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Cleaning's speed against trafilatura's default.")
    parser.add_argument("data", nargs="?", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--sample", type=int, default=120, help="pages of each corpus")
    parser.add_argument("--json", action="store_true", help="one object a line instead of a table")
    options = parser.parse_args()
    cleaner = Cleaner()
    if not options.json:
        print("| corpus | pages | trafilatura, ms | page, ms | dump, ms | pages ≥ 1 × | dumps ≥ 3 × |")
        print("|---|---|---|---|---|---|---|")
    for name, pages in corpora(options.data, options.sample):
        speed = measure(name, pages, cleaner)
        print(json.dumps(asdict(speed)) if options.json else f"| {' | '.join(map(str, asdict(speed).values()))} |")


if __name__ == "__main__":
    main()
