"""The report on cleaning: no trees are asked about a site, or a corpus, that they were learned from."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, ClassVar

import pytest

from streams.contracts import codec
from streams.contracts.records import RawArticle
from training import cleaning, cleaning_scoring, dumps
from training.cleaning_audit import Judgement, rendered_confidence, rendered_types
from training.cleaning_data import FOLDS, fold_of
from training.cleaning_dumps import DUMPERS
from training.cleaning_learned import Learned

BODY = "The harbour of Lindvik was closed on Monday after a ferry ran aground in thick fog, the coast guard said."
HTML = f"<html><body><nav>Home</nav><article><p>{BODY}</p></article></body></html>"
HOME, OTHER, FIXTURE = (
    [f"https://{name}{number}.example/1" for number in range(8)] for name in ("home", "other", "fixture")
)


class Recorder:
    """A cleaner that gives no text, and remembers by which trees it was asked to clean what."""

    asked: ClassVar[set[tuple[str, str]]] = set()

    def __init__(self, *, classifiers: str) -> None:
        self.classifiers = classifiers

    def clean(self, raw: RawArticle, context: object) -> None:
        assert raw.url
        self.asked.add((raw.url, self.classifiers))


@pytest.fixture
def data(tmp_path: Path) -> Path:
    pages = {
        name: [{"id": url, "url": url, "html": HTML, "body": BODY} for url in urls]
        for name, urls in {"pages": HOME, "wcxb": OTHER, "fixtures_readability": FIXTURE}.items()
    }
    # Two pages of each host's, so that each has a sibling.
    dumps = [
        {"url": url.replace("/1", f"/{page}"), "body": BODY, "dump": kind, "text": f"Home\n{BODY}"}
        for url in HOME
        for kind in ("inscriptis", "html_text", "bs4")
        for page in (1, 2)
    ]
    (tmp_path / "cleaning").mkdir()
    for name, rows in {**pages, "dumps": dumps}.items():
        with gzip.open(tmp_path / "cleaning" / f"{name}.jsonl.gz", "wb") as file:
            file.writelines(codec.encode(row) + b"\n" for row in rows)
    return tmp_path


@pytest.fixture
def figures(data: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Those of pages, and under ``of dumps`` those of dumps."""
    learned: Any = Learned(
        folds=[f"without fold {fold}" for fold in range(FOLDS)],  # type: ignore[misc]  # names, in place of trees
        without={corpus: f"without {corpus}" for corpus in ("home", "wcxb")},  # type: ignore[misc]  # the same
        files={},
    )

    def dumped(page: str) -> str:
        return f"Home\n{BODY}" if page else ""

    for name in DUMPERS:
        monkeypatch.setitem(DUMPERS, name, dumped)
    monkeypatch.setattr(cleaning, "shipped", lambda: "shipped")
    monkeypatch.setattr(cleaning_scoring, "Cleaner", Recorder)
    monkeypatch.setattr(Recorder, "asked", set())
    monkeypatch.setattr(cleaning, "PEERS", {"trafilatura": lambda: lambda _: BODY, "other": lambda: lambda _: ""})
    return cleaning.measure(data, learned=learned) | {"of dumps": dumps.measure(data, learned=learned)}


@pytest.mark.usefixtures("figures")
def test_no_site_and_no_corpus_is_cleaned_by_what_has_seen_it() -> None:
    assert len({fold_of(url) for url in HOME}) > 1
    wanted = {
        (url, by)
        for corpus, urls in {"home": [*HOME, *(url.replace("/1", "/2") for url in HOME)], "wcxb": OTHER}.items()
        for url in urls
        for by in (f"without fold {fold_of(url)}", f"without {corpus}")
    } | {(url, "shipped") for url in FIXTURE}
    assert Recorder.asked == wanted


def test_home_is_compared_with_all_extractors_and_other_pages_with_one(figures: dict[str, Any]) -> None:
    assert {name: list(rows) for name, rows in figures["pages"].items()} == {
        "home": [cleaning_scoring.OURS, cleaning_scoring.LEFT_OUT, "trafilatura", "other"],
        "wcxb": [cleaning_scoring.OURS, cleaning_scoring.LEFT_OUT, "trafilatura"],
        "fixtures_readability": [cleaning_scoring.OURS, "trafilatura"],
    }
    assert figures["pages"]["wcxb"]["trafilatura"]["f1"] == 1.0
    assert figures["pages"]["wcxb"][cleaning_scoring.OURS]["f1"] == 0.0
    assert 0 < figures["of dumps"]["dumpers"]["wcxb"]["not cleaned"]["saved"] < 1


def test_what_is_rendered_are_tables_whose_rows_are_as_long_as_their_heads(figures: dict[str, Any]) -> None:
    told = f"{cleaning.render(figures)}\n\n{dumps.render(figures['of dumps'])}"
    blocks = [part.splitlines() for part in told.split("\n\n") if part.startswith("|")]
    assert len(blocks) == 7
    for block in blocks:
        assert len({line.replace("\\|", "").count("|") for line in block}) == 1
    assert "| wcxb (8) | trafilatura | 1.0000 |" in cleaning.render(figures)


def test_pages_are_told_apart_by_type_and_few_of_one_type_with_the_others() -> None:
    found = [Judgement(type="list", f1=0.5)] * 30 + [Judgement(type="news", f1=1.0)] * 2
    rows = list(rendered_types([("set", "ours", found), ("other set", "ours", found)], "set"))
    assert rows[-2:] == ["| list | 30 | 0.5000 |", "| other | 2 | 1.0000 |"]
    assert list(rendered_types([], "set")) == []


def test_confidence_is_told_by_bands_with_its_error_and_the_fallbacks() -> None:
    found = [
        Judgement(type="", f1=0.9, confidence=0.96),
        Judgement(type="", f1=0.5, confidence=0.6, fallback="trafilatura"),
        Judgement(type="", f1=0.0),
    ]
    rows = list(rendered_confidence([("set", "ours", found), ("set", "peer", [Judgement(type="", f1=1.0)])]))
    assert len(rows) == 7
    assert rows[-1].startswith("| set (2) | ours | 0.0800 | 1 | – | 0.600 → 0.500 (1) |")
    assert "0.960 → 0.900 (1)" in rows[-1]
