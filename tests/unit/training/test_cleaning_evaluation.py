"""The report on cleaning: no trees are asked about a site, or a corpus, that they were learned from."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any, ClassVar

import pytest

from streams.contracts import codec
from streams.contracts.records import RawArticle
from training import cleaning, cleaning_learning, cleaning_samples
from training.cleaning_data import FOLDS, fold_of
from training.cleaning_dumps import DUMPERS

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
    def nothing(*_: object) -> list[Any]:
        return []

    def by_fold(*_: object) -> list[str]:
        return [f"without fold {fold}" for fold in range(FOLDS)]

    def by_corpus(*_: object) -> dict[str, str]:
        return {corpus: f"without {corpus}" for corpus in ("home", "wcxb")}

    def dumped(page: str) -> str:
        return f"Home\n{BODY}" if page else ""

    for name in DUMPERS:
        monkeypatch.setitem(DUMPERS, name, dumped)
    monkeypatch.setattr(cleaning_samples, "page_samples", nothing)
    monkeypatch.setattr(cleaning_samples, "dump_samples", nothing)
    monkeypatch.setattr(cleaning_learning, "classifiers_by_fold", by_fold)
    monkeypatch.setattr(cleaning_learning, "classifiers_by_corpus", by_corpus)
    monkeypatch.setattr(cleaning, "shipped", lambda: "shipped")
    monkeypatch.setattr(cleaning, "Cleaner", Recorder)
    monkeypatch.setattr(Recorder, "asked", set())
    monkeypatch.setattr(cleaning, "PEERS", {"trafilatura": lambda: lambda _: BODY, "other": lambda: lambda _: ""})
    return cleaning.measure(data)


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
        "home": [cleaning.OURS, cleaning.LEFT_OUT, "trafilatura", "other"],
        "wcxb": [cleaning.OURS, cleaning.LEFT_OUT, "trafilatura"],
        "fixtures_readability": [cleaning.OURS, "trafilatura"],
    }
    assert figures["pages"]["wcxb"]["trafilatura"]["f1"] == 1.0
    assert figures["pages"]["wcxb"][cleaning.OURS]["f1"] == 0.0
    assert 0 < figures["dumpers"]["wcxb"]["not cleaned"]["saved"] < 1


def test_what_is_rendered_are_tables_whose_rows_are_as_long_as_their_heads(figures: dict[str, Any]) -> None:
    blocks = [part.splitlines() for part in cleaning.render(figures).split("\n\n") if part.startswith("|")]
    assert len(blocks) == 4
    for block in blocks:
        assert len({line.replace("\\|", "").count("|") for line in block}) == 1
    assert "| wcxb (8) | trafilatura | 1.0000 |" in cleaning.render(figures)
