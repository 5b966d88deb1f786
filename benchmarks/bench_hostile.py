"""What hostile inputs cost: processor seconds by size for every kind of ``hostile_inputs``, and how the cost grows.

Each kind runs in a process of its own, with the weights loaded, from the smallest size up; a size that takes more than
``--limit`` seconds ends the kind. ``growth`` is the exponent between the two largest sizes measured (1: linear).
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection

from hostile_inputs import BODIES, DUMPS, PAGES, TEXTS

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.pipeline import CleaningMemory, clean_one, create_tagger
from streams.stages.clean import Cleaner
from streams.stages.cluster import Clusterer

#: Articles of a kind that the clusterer is given, all of one story.
_ARTICLES = 30

Run = Callable[[str], object]


def cleaning(content_type: str) -> Run:
    cleaner = Cleaner()

    def run(text: str) -> object:
        raw = RawArticle(content=text, content_type=content_type, url="https://example.org/a")
        return clean_one(raw, 0, cleaner=cleaner, memory=CleaningMemory())

    return run


def tagging() -> Run:
    tagger = create_tagger()
    return lambda text: tagger.tag([_article(text)])


def _article(text: str) -> CleanArticle:
    """With a headline in capitals, whose names are looked for with more effort."""
    return CleanArticle(id="a", text=text, title=text[:400].upper(), language="en", source="One")


def clustering() -> Run:
    """As the stage is given it: tagged, with the quotations that tagging finds; without its processor time."""
    tagger = create_tagger()
    prepared: dict[int, TaggedArticle] = {}

    def prepare(text: str) -> None:
        prepared[0] = tagger.tag([_article(text)])[0]

    def run(_: str) -> object:
        clusterer = Clusterer()
        for number in range(_ARTICLES):
            article = replace(prepared[0], id=f"a{number}", source=f"Outlet {number}")
            decision = clusterer.decide(article)
            assert decision is not None
            clusterer.apply(article, decision, number)
        return clusterer

    run.prepare = prepare
    return run


STAGES: dict[str, tuple[Callable[[], Run], dict[str, Callable[[int], str]]]] = {
    "pages": (lambda: cleaning("text/html"), PAGES),
    "dumps": (lambda: cleaning("text/plain"), DUMPS | TEXTS),
    "bodies": (lambda: cleaning("application/json"), BODIES),
    "tag": (tagging, TEXTS | DUMPS),
    "cluster": (clustering, TEXTS),
}


def measure(stage: str, kind: str, sizes: list[int], limit: float) -> list[tuple[int, float, float]]:
    """(size, processor seconds, megabytes at the peak) for each size that was finished, and the first that was not."""
    here, there = multiprocessing.get_context("fork").Pipe(duplex=False)
    process = multiprocessing.get_context("fork").Process(
        target=_measure, args=(there, stage, kind, sizes), daemon=True
    )
    process.start()
    there.close()
    found: list[tuple[int, float, float]] = []
    for size in sizes:
        try:
            if not here.poll(limit * 12 + 5):
                found.append((size, math.inf, math.nan))
                break
            row = here.recv()
        except EOFError:
            found.append((size, math.nan, math.nan))
            break
        found.append(row)
        if row[1] > limit:
            break
    process.kill()
    process.join()
    return found


def _measure(out: Connection, stage: str, kind: str, sizes: list[int]) -> None:
    text = STAGES[stage][1][kind]
    run = _RUNS[stage]
    for size in sizes:
        content = text(size)
        prepare = getattr(run, "prepare", None)
        if prepare is not None:
            prepare(content)
        started = time.process_time()
        run(content)
        spent = time.process_time() - started
        out.send((size, spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


_RUNS: dict[str, Run] = {}


def growth(rows: list[tuple[int, float, float]]) -> float:
    """The exponent between the two largest sizes; NaN where the cost is too small to tell."""
    timed = [row for row in rows if math.isfinite(row[1])]
    if len(timed) < 2 or timed[-1][1] < 0.2:
        return math.nan
    (small, before, _), (large, after, _) = timed[-2:]
    return math.log(after / max(before, 1e-3)) / math.log(large / small)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("stages", nargs="*", help=f"of {', '.join(STAGES)}; default: all")
    parser.add_argument("--kinds", help="only kinds with this in their name")
    parser.add_argument("--sizes", default="12500,100000,500000", help="bytes, ascending")
    parser.add_argument("--limit", type=float, default=5.0, help="processor seconds for one input")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",")]
    bad: list[str] = []
    for stage in options.stages or STAGES:
        make, kinds = STAGES[stage]
        _RUNS[stage] = make()
        warm = "The mayor said on Monday that the bridge is closed. " * 20
        if (prepare := getattr(_RUNS[stage], "prepare", None)) is not None:
            prepare(warm)
        _RUNS[stage](warm)
        for kind in kinds:
            if options.kinds and options.kinds not in kind:
                continue
            rows = measure(stage, kind, sizes, options.limit)
            exponent = growth(rows)
            over = not rows[-1][1] <= options.limit
            steep = exponent > 1.35 and rows[-1][1] > options.limit / 4
            if over or steep:
                bad.append(f"{stage}/{kind}")
            if options.json:
                sys.stdout.buffer.write(
                    codec.encode({"stage": stage, "kind": kind, "rows": rows, "growth": exponent}) + b"\n"
                )
            else:
                cells = " ".join(f"{seconds:7.2f}" for _, seconds, _ in rows)
                mark = "OVER" if over else "STEEP" if steep else ""
                print(f"{stage:8}{kind:26}{cells:32}  {exponent:5.2f}  {rows[-1][2]:6.0f} MB  {mark}", flush=True)
    if not options.json:
        print("not linear, or beyond the limit: " + (", ".join(bad) or "none"))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
