"""Cleaning pages against other extractors: shingle F1, out of fold by site, in one run.

Needs LightGBM (the `dev` extra), because every site is cleaned by trees that have not seen it, and
every corpus a second time by trees that have seen nothing of that corpus. The fixtures, which nothing is learned from,
are cleaned by the shipped weights: not all of them have an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from streams.stages.clean.identity import host_of
from streams.stages.clean.model.line_classifier import LineClassifiers, shipped
from training import cleaning_audit, cleaning_learned, cleaning_types
from training.cleaning_audit import Judgement
from training.cleaning_data import f1_of, read_pages, read_rows
from training.cleaning_learned import Learned
from training.cleaning_peers import PEERS, PROBE
from training.cleaning_scoring import (
    HEAD,
    HOME,
    LEFT_OUT,
    OURS,
    Figures,
    Rows,
    cells,
    clean,
    scored,
    text_of,
    timed,
    unseen_corpus,
    unseen_site,
)

_BASELINE = "trafilatura"
#: The pages that all extractors are run on, and those that only ours and the baseline are.
_FIXTURES = ("fixtures_newspaper4k", "fixtures_readability")
#: The pages that are told apart by type.
_TYPED = "wcxb"


def measure(data: Path, *, peers: bool = True, learned: Learned | None = None) -> Figures:
    """The figures of the pages in ``data``/cleaning.

    ``pages``: by set of pages and extractor; ``judged``: set, extractor, and what it made of each page; ``sites`` of
    ``home``; ``skipped`` peers with the reason. ``learned``: where the caller has it already.
    """
    learned = learned or cleaning_learned.learn_pages(data)
    without = learned.without

    def as_shipped(_: Figures) -> LineClassifiers:
        return shipped()

    extractors, skipped = _load_peers() if peers else ({}, [])
    pages: dict[str, Figures] = {}
    judged: dict[tuple[str, str], list[Judgement]] = {}
    for name, rows in _sets(data).items():
        ours = {OURS: partial(clean, as_shipped if name in _FIXTURES else unseen_site(learned.folds), "html")}
        if name in without:
            ours[LEFT_OUT] = partial(clean, unseen_corpus(without), "html")
        pages[name] = {}
        for way, article_of in ours.items():
            articles, spent = timed(rows, article_of)
            pages[name][way] = scored(rows, map(text_of, articles), spent)
            judged[name, way] = [cleaning_audit.judge(*pair) for pair in zip(rows, articles, strict=True)]
        for peer, extract in extractors.items():
            if name == HOME or peer == _BASELINE:
                texts, spent = timed(rows, partial(_of_html, extract))
                pages[name][peer] = scored(rows, texts, spent)
                judged[name, peer] = [
                    Judgement(type=cleaning_types.type_of(row), f1=f1_of(row["body"], text))
                    for row, text in zip(rows, texts, strict=True)
                ]
    return {
        "sites": len({host_of(row["url"]) for row in read_pages(data) if row["corpus"] == HOME}),
        "pages": pages,
        "judged": [(name, way, found) for (name, way), found in judged.items()],
        "skipped": skipped,
    }


def _sets(data: Path) -> dict[str, Rows]:
    """The corpora that are learned from, and the fixtures that are not, as far as ``data`` has them."""
    sets: dict[str, Rows] = {}
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


def _of_html(extract: Callable[[str], str], row: Figures) -> str:
    return extract(row["html"])


def render(figures: Figures) -> str:
    """The figures as a page of Markdown."""
    return "\n".join(_rendered(figures))


def _rendered(figures: Figures) -> Iterator[str]:
    home = figures["pages"][HOME]
    yield f"Pages ({home[OURS]['pages']} of {figures['sites']} sites, cleaned by trees that have not seen the site):"
    yield ""
    yield f"| extractor {HEAD} page |"
    yield "|---|---|---|---|---|---|---|"
    for name, row in home.items():
        yield f"| {name} | {cells(row)} | {row['ms']:.1f} |"
    yield ""
    yield "Pages of 2025, by trees that have not seen the site; fixtures, which nothing is learned from, as shipped:"
    yield ""
    yield f"| pages | extractor {HEAD} page |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, rows in figures["pages"].items():
        if name != HOME:
            for extractor, row in rows.items():
                yield f"| {name} ({row['pages']}) | {extractor} | {cells(row)} | {row['ms']:.1f} |"
    yield from cleaning_audit.rendered_types(figures["judged"], _TYPED)
    yield from cleaning_audit.rendered_confidence(figures["judged"])
    for sentence in figures["skipped"]:
        yield ""
        yield f"Left out: {sentence}."
