"""Cleaning text dumps: shingle F1 by what dumped them, out of fold by site and without each corpus, in one run.

Needs LightGBM and the dumpers (the `dev` extra).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from streams.stages.clean.parse.lines import split
from training import cleaning_learned, cleaning_samples
from training.cleaning_audit import Judged, Judgement, judge, rendered_confidence
from training.cleaning_data import read_dumps, read_rows, score
from training.cleaning_learned import Learned
from training.cleaning_scoring import (
    HEAD,
    LEFT_OUT,
    OURS,
    Figures,
    Pick,
    Rows,
    cells,
    clean,
    scored,
    text_of,
    timed,
    unseen_corpus,
    unseen_site,
)

#: The dumps of ``home`` that a file has, so that hosts' other pages are dumped alike.
_GIVEN = ("inscriptis", "html_text", "bs4")


def measure(data: Path, *, learned: Learned | None = None) -> Figures:
    """The figures of the dumps of ``data``/cleaning.

    ``dumps``: the given ones by way of cleaning; ``dumpers``: F1 by corpus, way of cleaning and dumper; ``judged``:
    corpus, way, and what was made of each dump. ``learned``: where the caller has it already.
    """
    learned = learned or cleaning_learned.learn_dumps(data)
    pick = unseen_site(learned.folds)
    ways = {OURS: pick} | ({LEFT_OUT: unseen_corpus(learned.without)} if learned.without else {})
    given, remembering = _given_dumps(data, pick)
    rows = list(read_dumps(data, by_page=1))
    articles = {name: [clean(way, "text", row) for row in rows] for name, way in ways.items()}
    texts = {"not cleaned": [str(row["text"]) for row in rows]}
    texts |= {name: [text_of(article) for article in found] for name, found in articles.items()}
    judged = [
        (corpus, name, [judge(row, each) for row, each in zip(rows, found, strict=True) if row["corpus"] == corpus])
        for corpus in dict.fromkeys(row["corpus"] for row in rows)
        for name, found in articles.items()
    ]
    return {"dumps": given, "dumpers": _by_dumper(rows, texts), "judged": [*judged, *remembering]}


def _given_dumps(data: Path, pick: Pick) -> tuple[Figures, Judged]:
    """The given dumps as they are and cleaned; those of hosts with two pages also with the host's memory, and how these
    are judged."""
    dumps = read_rows(data / "cleaning" / "dumps.jsonl.gz")
    contexts = cleaning_samples.sibling_contexts(dumps, [split(row["text"]) for row in dumps])
    known = {id(row): context for row, context in zip(dumps, contexts, strict=True)}
    siblings = [row for row in dumps if known[id(row)].pages]
    judged: dict[int, Judgement] = {}

    def ours(row: Figures) -> str:
        return text_of(clean(pick, "text", row))

    def remembering(row: Figures) -> str:
        article = clean(pick, "text", row, known[id(row)])
        judged[id(row)] = judge(row, article)
        return text_of(article)

    ways: tuple[tuple[str, Rows, Callable[[Figures], str]], ...] = (
        ("not cleaned", dumps, lambda row: row["text"]),
        (OURS, dumps, ours),
        (f"{OURS}, pages with a sibling", siblings, ours),
        ("… with host memory", siblings, remembering),
    )
    figures = {name: _by_kind(rows, way) for name, rows, way in ways if rows}
    return figures, [("home, with a sibling", "with host memory", list(judged.values()))] if judged else []


def _by_dumper(rows: Rows, texts: Mapping[str, Sequence[str]]) -> Figures:
    """F1 by corpus, way of cleaning and dumper; ``texts`` has what each way makes of the rows."""
    found: dict[str, dict[str, dict[str, float]]] = {}
    for corpus in dict.fromkeys(row["corpus"] for row in rows):
        kinds = sorted({row["dump"] for row in rows if row["corpus"] == corpus})
        found[corpus] = {}
        for name, made in texts.items():
            pairs = [(row, text) for row, text in zip(rows, made, strict=True) if row["corpus"] == corpus]
            found[corpus][name] = {
                kind: score((row["body"], text) for row, text in pairs if row["dump"] == kind)["f1"] for kind in kinds
            }
    return found


def _by_kind(rows: Rows, extract: Callable[[Figures], str]) -> Figures:
    """The mean of the kinds of dump, and each kind's F1."""
    found = {
        kind: scored(chosen, *timed(chosen, extract))
        for kind in _GIVEN
        if (chosen := [row for row in rows if row["dump"] == kind])
    }
    mean = {key: sum(each[key] for each in found.values()) / len(found) for key in next(iter(found.values()))}
    return {**mean, **{kind: each["f1"] for kind, each in found.items()}}


def render(figures: Figures) -> str:
    """The figures as a page of Markdown."""
    return "\n".join(_rendered(figures))


def _rendered(figures: Figures) -> Iterator[str]:
    yield "Text dumps (the first pages as three crawlers dump them; mean of the three):"
    yield ""
    yield f"| {HEAD} dump | {' | '.join(_GIVEN)} |"
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, row in figures["dumps"].items():
        kinds = " | ".join(f"{row[kind]:.4f}" if kind in row else "–" for kind in _GIVEN)
        yield f"| {name} | {cells(row)} | {row['ms']:.1f} | {kinds} |"
    yield from _rendered_dumpers(figures["dumpers"])
    yield from rendered_confidence(figures["judged"])


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
