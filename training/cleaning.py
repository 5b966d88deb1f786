"""Cleaning against other extractors: shingle F1 of pages and of text dumps, out of fold by site, in one run.

Needs LightGBM and the dumpers (the `dev` extra), because every site is cleaned by trees that have not seen it, and
every corpus a second time by trees that have seen nothing of that corpus. The fixtures, which nothing is learned from,
are cleaned by the shipped weights: not all of them have an address.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner, Context
from streams.stages.clean.identity import host_of
from streams.stages.clean.model.line_classifier import LineClassifiers, shipped
from streams.stages.clean.parse.lines import split
from training import cleaning_learning, cleaning_samples
from training.cleaning_data import Sample, fold_of, read_dumps, read_pages, read_rows, score
from training.cleaning_peers import PEERS, PROBE

Figures = dict[str, Any]
_Rows = list[Figures]
#: Which trees clean a page or dump.
_Pick = Callable[[Figures], LineClassifiers]
OURS, LEFT_OUT = "News Streams", "News Streams, learned without this corpus"
_BASELINE = "trafilatura"
#: The pages that all extractors are run on, and those that only ours and the baseline are.
_HOME, _FIXTURES = "home", ("fixtures_newspaper4k", "fixtures_readability")
#: The dumps of ``home`` that a file has, so that hosts' other pages are dumped alike.
_GIVEN = ("inscriptis", "html_text", "bs4")


def measure(
    data: Path, *, peers: bool = True, samples: tuple[Sequence[Sample], Sequence[Sample]] | None = None
) -> Figures:
    """All figures of ``data``/cleaning.

    ``pages``: by set of pages and extractor; ``dumps``: the given ones by way of cleaning; ``dumpers``: F1 by corpus,
    way of cleaning and dumper; ``sites`` of ``home``; ``skipped`` peers with the reason. ``samples`` are those of pages
    and of dumps, where the caller has them already.
    """
    page_samples, dump_samples = samples or (cleaning_samples.page_samples(data), cleaning_samples.dump_samples(data))
    folds = cleaning_learning.classifiers_by_fold(dump_samples, page_samples)
    without = cleaning_learning.classifiers_by_corpus(dump_samples, page_samples)

    def unseen_site(row: Figures) -> LineClassifiers:
        return folds[fold_of(row["url"])]

    def as_shipped(_: Figures) -> LineClassifiers:
        return shipped()

    def unseen_corpus(row: Figures) -> LineClassifiers:
        return without[row["corpus"]]

    extractors, skipped = _load_peers() if peers else ({}, [])
    pages: dict[str, Figures] = {}
    for name, rows in _sets(data).items():
        pick = as_shipped if name in _FIXTURES else unseen_site
        pages[name] = {OURS: _timed(rows, partial(_cleaned, pick, "html"))}
        if name in without:
            pages[name][LEFT_OUT] = _timed(rows, partial(_cleaned, unseen_corpus, "html"))
        for peer, extract in extractors.items():
            if name == _HOME or peer == _BASELINE:
                pages[name][peer] = _timed(rows, partial(_of_html, extract))
    ways: list[tuple[str, Callable[[Figures], str]]] = [(OURS, partial(_cleaned, unseen_site, "text"))]
    if without:
        ways.append((LEFT_OUT, partial(_cleaned, unseen_corpus, "text")))
    return {
        "sites": len({host_of(row["url"]) for row in read_pages(data) if row["corpus"] == _HOME}),
        "pages": pages,
        "dumps": _given_dumps(data, unseen_site),
        "dumpers": _by_dumper(list(read_dumps(data, by_page=1)), ways),
        "skipped": skipped,
    }


def _sets(data: Path) -> dict[str, _Rows]:
    """The corpora that are learned from, and the fixtures that are not, as far as ``data`` has them."""
    sets: dict[str, _Rows] = {}
    for row in read_pages(data):
        sets.setdefault(row["corpus"], []).append(row)
    for name in _FIXTURES:
        path = data / "cleaning" / f"{name}.jsonl.gz"
        if path.exists():
            sets[name] = read_rows(path)
    return sets


def _load_peers() -> tuple[dict[str, Callable[[str], str]], list[str]]:
    """The extractors that are installed, and a sentence of each that is not."""
    found: dict[str, Callable[[str], str]] = {}
    skipped: list[str] = []
    for name, load in PEERS.items():
        try:
            extract = load()
            extract(PROBE)
        except ImportError as error:
            skipped.append(f"{name} ({error}; the `peers` extra has it)")
            continue
        found[name] = extract
    return found, skipped


def _given_dumps(data: Path, pick: _Pick) -> Figures:
    """The given dumps as they are and cleaned; those of hosts with two pages also with the host's memory."""
    dumps = read_rows(data / "cleaning" / "dumps.jsonl.gz")
    contexts = cleaning_samples.sibling_contexts(dumps, [split(row["text"]) for row in dumps])
    known = {id(row): context for row, context in zip(dumps, contexts, strict=True)}
    siblings = [row for row in dumps if known[id(row)].pages]
    ours = partial(_cleaned, pick, "text")
    ways: tuple[tuple[str, _Rows, Callable[[Figures], str]], ...] = (
        ("not cleaned", dumps, lambda row: row["text"]),
        (OURS, dumps, ours),
        (f"{OURS}, pages with a sibling", siblings, ours),
        ("… with host memory", siblings, lambda row: ours(row, known[id(row)])),
    )
    return {name: _by_kind(rows, clean) for name, rows, clean in ways if rows}


def _by_dumper(rows: _Rows, ways: Sequence[tuple[str, Callable[[Figures], str]]]) -> Figures:
    """F1 by corpus, way of cleaning and dumper."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        kinds = sorted({row["dump"] for row in rows if row["corpus"] == corpus})
        found[corpus] = {}
        for name, clean in (("not cleaned", _as_it_is), *ways):
            found[corpus][name] = {
                kind: score(
                    (row["body"], clean(row)) for row in rows if row["corpus"] == corpus and row["dump"] == kind
                )["f1"]
                for kind in kinds
            }
    return found


def _as_it_is(row: Figures) -> str:
    return str(row["text"])


def _of_html(extract: Callable[[str], str], row: Figures) -> str:
    return extract(row["html"])


def _cleaned(pick: _Pick, kind: str, row: Figures, context: Context | None = None) -> str:
    """The text of the record that ``row[kind]`` (``html`` or ``text``) becomes; of what is rejected, none."""
    content_type = "text/html" if kind == "html" else "text/plain"
    raw = RawArticle(content=row[kind], content_type=content_type, url=row["url"])
    outcome = Cleaner(classifiers=pick(row)).clean(raw, context)
    return outcome.text if isinstance(outcome, CleanArticle) else ""


def _timed(rows: _Rows, extract: Callable[[Figures], str]) -> Figures:
    """Score, and milliseconds of processor time a page."""
    extract(rows[0])
    started = time.process_time()
    texts = [extract(row) for row in rows]
    spent = time.process_time() - started
    pairs = zip((row["body"] for row in rows), texts, strict=True)
    return {**score(pairs), "ms": 1000 * spent / len(rows)}


def _by_kind(rows: _Rows, extract: Callable[[Figures], str]) -> Figures:
    """The mean of the kinds of dump, and each kind's F1."""
    found = {
        kind: _timed(chosen, extract) for kind in _GIVEN if (chosen := [row for row in rows if row["dump"] == kind])
    }
    mean = {key: sum(each[key] for each in found.values()) / len(found) for key in next(iter(found.values()))}
    return {**mean, **{kind: each["f1"] for kind, each in found.items()}}


def render(figures: Figures) -> str:
    """The figures as a page of Markdown."""
    return "\n".join(_rendered(figures))


_HEAD = "| F1 | precision | recall | mean page F1 | exact | ms a"


def _rendered(figures: Figures) -> Iterator[str]:
    home = figures["pages"][_HOME]
    yield f"Pages ({home[OURS]['pages']} of {figures['sites']} sites, cleaned by trees that have not seen the site):"
    yield ""
    yield f"| extractor {_HEAD} page |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in home.items():
        yield f"| {name} | {_cells(row)} | {row['ms']:.1f} |"
    yield ""
    yield "Pages of 2025, by trees that have not seen the site; fixtures, which nothing is learned from, as shipped:"
    yield ""
    yield f"| pages | extractor {_HEAD} page |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, rows in figures["pages"].items():
        if name != _HOME:
            for extractor, row in rows.items():
                yield f"| {name} ({row['pages']}) | {extractor} | {_cells(row)} | {row['ms']:.1f} |"
    yield ""
    yield "Text dumps (the first pages as three crawlers dump them; mean of the three):"
    yield ""
    yield f"| {_HEAD} dump | {' | '.join(_GIVEN)} |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, row in figures["dumps"].items():
        kinds = " | ".join(f"{row[kind]:.4f}" if kind in row else "–" for kind in _GIVEN)
        yield f"| {name} | {_cells(row)} | {row['ms']:.1f} | {kinds} |"
    yield from _rendered_dumpers(figures["dumpers"])
    for sentence in figures["skipped"]:
        yield ""
        yield f"Left out: {sentence}."


def _rendered_dumpers(figures: Figures) -> Iterator[str]:
    kinds = sorted({kind for ways in figures.values() for row in ways.values() for kind in row})
    yield ""
    yield "F1 of text dumps by what dumped them. Each page of `home` is dumped in every way, each of the other corpus"
    yield "in one, in turn: there the columns are of different pages."
    yield ""
    yield f"| corpus | | mean | {' | '.join(kinds)} |"
    yield "|---|---|---|" + "---|" * len(kinds)
    for corpus, ways in figures.items():
        for name, row in ways.items():
            cells = " | ".join(f"{row[kind]:.4f}" if kind in row else "–" for kind in kinds)
            yield f"| {corpus} | {name} | {sum(row.values()) / len(row):.4f} | {cells} |"


def _cells(row: Figures) -> str:
    return " | ".join(f"{row[key]:.4f}" for key in ("f1", "precision", "recall", "page_f1", "exact"))
