"""Reading on: from where an earlier run was interrupted, and to files that come later."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streams.contracts.codec import DecodeError
from streams.seed import Found, Journal, Problem, folders, journal, read_on
from streams.seed.found import Waiting
from streams.seed.journal import Item, Reached


def write(path: Path, count: int) -> Path:
    path.write_text("\n".join(json.dumps({"content": f"{path.stem} {number}"}) for number in range(count)))
    return path


def sent(items: list[Item]) -> list[str]:
    return [item.article.content or "" for item in items if isinstance(item, Found)]


def taken(folder: Path, kept: Path, most: int | None = None) -> list[str]:
    """What a run sends that is killed after so many articles; what it noted of them is in the journal."""
    found: list[Item] = []
    with Journal.open(kept) as held:
        for item in read_on([folder], max_bytes=10_000, journal=held):
            if isinstance(item, Reached):
                held.note(item)
            found.append(item)
            if most is not None and len(sent(found)) == most:
                break
    return sent(found)


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "EVERY", 10)
    folder, kept = tmp_path / "in", tmp_path / "journal"
    folder.mkdir()
    write(folder / "a.jsonl", 3)
    write(folder / "b.jsonl", 35)
    whole = [f"a {number}" for number in range(3)] + [f"b {number}" for number in range(35)]
    assert taken(folder, kept, most=30) == whole[:30]
    # Of the first file all is noted, of the second twenty: the seven behind are sent again.
    assert taken(folder, kept) == whole[23:]
    assert taken(folder, kept) == []
    write(folder / "a.jsonl", 4)
    assert taken(folder, kept) == [f"a {number}" for number in range(4)]


def test_a_line_that_was_cut_off_is_forgotten_and_others_are_an_error(tmp_path: Path) -> None:
    page = tmp_path / "page.txt"
    page.write_text("text")
    kept = tmp_path / "journal"
    assert taken(page, kept) == ["text"]
    line = kept.read_bytes()
    kept.write_bytes(line + line[:20])
    assert taken(page, kept) == []
    assert kept.read_bytes() == line
    kept.write_bytes(b"none\n" + line)
    with pytest.raises(DecodeError):
        Journal.open(kept)


def test_what_cannot_be_read_is_tried_again(tmp_path: Path) -> None:
    page = tmp_path / "page.jsonl.gz"
    page.write_bytes(b"no gzip")
    kept = tmp_path / "journal"
    for _ in range(2):
        with Journal.open(kept) as held:
            items = list(read_on([page], max_bytes=10_000, journal=held))
        assert [type(item) for item in items] == [Problem]


def test_files_are_taken_once_they_hold_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "_PAUSE", 0.0)
    monkeypatch.setattr(folders, "_TIMES", 0.0)
    write(tmp_path / "a.jsonl", 2)
    (tmp_path / "out").symlink_to("/")
    items = read_on([tmp_path], max_bytes=10_000, follow=True)

    def look() -> list[Item]:
        found: list[Item] = []
        while not isinstance(item := next(items), Waiting):
            found.append(item)
        return found

    assert look() == []
    first = look()
    assert sent(first) == ["a 0", "a 1"]
    assert [item.kind for item in first if isinstance(item, Problem)] == ["skipped"]
    growing = write(tmp_path / "b.jsonl", 1)
    assert look() == []
    write(growing, 2)
    assert look() == []
    assert sent(look()) == ["b 0", "b 1"]
    assert look() == []
    growing.unlink()
    os.utime(tmp_path / "a.jsonl", ns=(0, 0))
    assert look() == []
    assert sent(look()) == ["a 0", "a 1"]
