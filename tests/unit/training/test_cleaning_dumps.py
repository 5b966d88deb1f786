"""Pages as text: what our own two dumpers print, and that the corpora get dumps of every kind."""

from __future__ import annotations

import gzip
from functools import partial
from pathlib import Path

import pytest

from streams.contracts import codec
from training import cleaning_data
from training.cleaning_dumps import DUMPERS, printed, saved

PAGE = (
    "<html><head><title>No</title></head><body><script>no()</script><nav><ul><li>Home</li><li>Sport</li></ul></nav>"
    "<h1>Ferry sinks</h1><p>It <b>sank</b> in\n the harbour.<br>Nobody was hurt.</p>"
    "<table><tr><td>Deaths</td><td>0</td></tr></table></body></html>"
)


def named(name: str, page: str) -> str:
    return f"{name} of {page}"


def test_saved_parts_blocks_and_cells_and_keeps_sentences_whole() -> None:
    assert saved(PAGE).splitlines() == [
        "Home", "Sport", "", "Ferry sinks", "", "It sank in the harbour.", "Nobody was hurt.", "", "Deaths\t0",
    ]  # fmt: skip


def test_printed_has_a_margin_bullets_and_lines_of_a_fixed_width() -> None:
    lines = printed(f"<body><ul><li>Home</ul><p>{'word ' * 40}</p></body>").splitlines()
    assert lines[0] == "     * Home"
    assert len(lines) > 3
    assert all(line.startswith("   word") and len(line) <= 79 for line in lines[2:])


@pytest.mark.parametrize("dump", [saved, printed])
def test_a_page_without_text_is_an_empty_dump(dump: object) -> None:
    assert callable(dump)
    assert dump("") == dump("<p></p>") == ""


def test_pages_that_no_file_has_dumps_of_are_dumped_in_every_way_in_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in DUMPERS:
        monkeypatch.setitem(DUMPERS, name, partial(named, name))
    (tmp_path / "cleaning").mkdir()
    row = {"url": "https://a.example/1", "body": "b", "html": "h"}
    for file, rows in {
        "pages": [row], "dumps": [{**row, "dump": "bs4", "text": "given"}], "wcxb": [row] * len(DUMPERS),
    }.items():  # fmt: skip
        with gzip.open(tmp_path / "cleaning" / f"{file}.jsonl.gz", "wb") as out:
            out.writelines(codec.encode(each) + b"\n" for each in rows)
    found = [(each["corpus"], each["dump"], each["text"]) for each in cleaning_data.read_dumps(tmp_path, by_page=1)]
    assert found[:3] == [
        ("home", "bs4", "given"), ("home", "saved", "saved of h"), ("home", "printed", "printed of h"),
    ]  # fmt: skip
    assert sorted(dump for _, dump, _ in found[3:]) == sorted(DUMPERS)
    every = [each for each in cleaning_data.read_dumps(tmp_path) if each["corpus"] == "wcxb"]
    assert len(every) == len(DUMPERS) ** 2
