"""What `streams eval metadata` counts."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from training import metadata
from training.metadata import Found, is_held_out, render, score

ROW = {"title": "Harbour “closed”", "authors": ["Ann Sand & Bo Lund"], "date": "2025-03-04"}


def test_marks_and_cases_do_not_count_but_words_do() -> None:
    right = Found(title='Harbour  "closed"', authors=["ann sand", "Bo Lund"], day="2025-03-04")
    assert score([(ROW, right)]) == {"title": 1, "authors": 1, "day": 1, "pages": 1, "dated": 1}
    wrong = Found(title="Harbour closed", authors=["Eva Holm"], day="2025-03-05")
    assert score([(ROW, wrong)]) == {"title": 0, "authors": 0, "day": 0, "pages": 1, "dated": 1}


def test_pages_without_a_known_day_do_not_count_and_too_many_names_do() -> None:
    undated: dict[str, Any] = {"title": "", "authors": [], "date": None}
    figures = score(
        [(ROW, Found(authors=["Ann Sand", "Bo Lund"])), (undated, Found(authors=["Eva Holm"], day="2025-01-01"))]
    )
    assert (figures["dated"], figures["day"], figures["authors"]) == (1, 0, 0.8)


def test_a_site_is_held_out_as_a_whole() -> None:
    sites = [f"https://site{number}.example" for number in range(200)]
    assert all(is_held_out(f"{site}/a") == is_held_out(f"{site}/b?x=1") for site in sites)
    assert 60 < sum(map(is_held_out, sites)) < 140


def test_a_run_from_file_to_table(tmp_path: Path) -> None:
    text = (
        "<p>" + "The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday. " * 6 + "</p>"
    )
    page = f"<html><head><title>Harbour closed</title></head><body><h1>Harbour closed</h1><p>By Ann Sand</p>{text}"
    row = {
        "url": "https://example.org/a",
        "html": page,
        "title": "Harbour closed",
        "authors": ["Ann Sand"],
        "date": None,
    }
    (tmp_path / "cleaning").mkdir()
    with gzip.open(tmp_path / "cleaning" / "wcxb.jsonl.gz", "wt") as file:
        file.write(json.dumps(row) + "\n")
    figures = metadata.measure(tmp_path, peers=False)
    assert figures["extractors"]["News Streams"]["all sites"]["title"] == 1
    assert figures["extractors"]["News Streams"]["all sites"]["authors"] == 1
    assert "| News Streams | 1.000 | 1.000 |" in render(figures)
