"""Files made to hurt: bombs, links, odd names, pipes, and articles that raise. None stops the others."""

from __future__ import annotations

import gzip
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.seed import Found, Problem, SeedRecord, arrays, outgoing, read_files, rows, total_bytes

MEGABYTE = 1 << 20


def read(*paths: Path, limit: int = 10_000_000) -> list[Found | Problem]:
    return list(read_files(paths, max_bytes=limit, stdin=io.BytesIO()))


def reasons(found: list[Found | Problem]) -> list[tuple[str, str]]:
    return [(item.kind, item.reason) for item in found if isinstance(item, Problem)]


def test_bombs_take_little_memory_and_are_named(tmp_path: Path) -> None:
    bombs = {
        "array.json.gz": b"[" + b"[]," * (2 * MEGABYTE) + b"0]",
        "body.json.gz": b'{"more":[' + b"[]," * (8 * MEGABYTE) + b"0]}",
        "line.jsonl.gz": b'{"content":"' + b"x" * (90 * MEGABYTE),
        "lines.jsonl.gz": b"\n" * (12 * MEGABYTE),
        "nested.json.gz": b'[{"content":"x","more":[' + b"[]," * (2 * MEGABYTE) + b"0]}]",
        "page.html.gz": b"x" * (90 * MEGABYTE),
        "row.jsonl.gz": b'{"content":"x","more":[' + b"[]," * (8 * MEGABYTE) + b"0]}",
        "space.json.gz": b" " * (12 * MEGABYTE),
    }
    for name, data in bombs.items():
        (tmp_path / name).write_bytes(gzip.compress(data, compresslevel=6))
    # By a process of its own, whose only child it is: ours has had others.
    measured = (
        "import resource, subprocess, sys; code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode"
    )
    measured += "; print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(code)"
    command = [sys.executable, "-c", measured, sys.executable, "-m", "streams", "seed", "--dry-run", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr[-2000:]
    # Longest row 61 MB, held twice while it is checked, and some 80 MB of modules. Kilobytes, of the largest child.
    assert int(done.stdout) < 450 * 1024
    assert len(done.stderr.splitlines()) < 1020
    for name in bombs:
        told = [line for line in done.stderr.splitlines() if f"/{name}" in line]
        assert "too large" in told[-1] or "bomb" in told[-1] or "in a row" in told[-1] or "MAX_ARTICLE" in told[-1]


def test_an_array_of_any_length_is_read_one_by_one(tmp_path: Path) -> None:
    rows = [{"content": f'a "quoted" [text], {{number}} {number} \\ ' + "ü" * (number % 7)} for number in range(30_000)]
    path = tmp_path / "long.json"
    path.write_text(" \n" + json.dumps(rows, indent=1))
    found = read(path)
    assert [item.article.content for item in found if isinstance(item, Found)] == [row["content"] for row in rows]


@pytest.mark.parametrize("chunk", [1, 2, 3, 7])
def test_elements_are_cut_at_any_seam(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_CHUNK", chunk)
    data = rb'[ {"a": "x\"],[\\"}, [1, {"b": []}] ,"\\\"", null ,{}]  '
    file = io.BytesIO(data)
    found = list(arrays.elements(file.read(chunk), file, 1000, lambda: None))
    assert [json.loads(each or b"") for each in found] == json.loads(data)


@pytest.mark.parametrize("data", [b"[1", b"[", b'["', b'["\\', b"[1] x", b"[1}", b"[[1]"])
def test_an_array_that_is_none_says_so_at_its_end(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(data)
    last = read(path)[-1]
    assert isinstance(last, Problem)
    assert (last.kind, last.where, last.reason.split(":")[0]) == ("rejected", str(path), "not JSON")


def test_an_element_that_is_too_long_leaves_its_neighbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_LONGEST_LINE", 1000)
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"content": "one"}, {"content": "x" * 300_000}, {"content": "three"}]))
    found = read(path)
    assert [type(item) for item in found] == [Found, Problem, Found]
    assert "1000 bytes (STREAMS_MAX_ARTICLE_BYTES)" in reasons(found)[0][1]


def test_links_do_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    (inside / "deep").mkdir(parents=True)
    (outside / "secret.txt").write_text("a secret")
    (inside / "own.txt").write_text("own")
    (inside / "a.txt").symlink_to(outside / "secret.txt")
    (inside / "b.txt").symlink_to(inside / "own.txt")
    (inside / "c").symlink_to(outside)
    (inside / "deep" / "loop").symlink_to(inside)
    (inside / "self.txt").symlink_to("self.txt")
    found = read(inside)
    assert [item.article.content for item in found if isinstance(item, Found)] == ["own", "own"]
    told = {Path(item.where).name: item.reason for item in found if isinstance(item, Problem)}
    assert told.keys() == {"a.txt", "c", "loop", "self.txt"}
    assert "out of the folder" in told["a.txt"]
    assert "a link to a folder" in told["c"]
    assert "a link to a folder" in told["loop"]
    assert len([item for item in read(inside / "a.txt", inside / "c") if isinstance(item, Found)]) == 2, "named itself"


def test_odd_names_can_be_shown_and_sent(tmp_path: Path) -> None:
    for name in (b"caf\xe9.txt", b"new\nline.txt", b"\x1b[2J.txt", "日本.txt".encode()):
        (tmp_path / os.fsdecode(name)).write_text(f"text {name!r}")
    found = read(tmp_path)
    assert len([item for item in found if isinstance(item, Found)]) == 4
    names = sorted(Path(item.where).name for item in found)
    assert names == ["\\x1b[2J.txt", "caf\\xe9.txt", "new\\nline.txt", "日本.txt"]
    done = subprocess.run(
        [sys.executable, "-m", "streams", "seed", "--dry-run", str(tmp_path)], capture_output=True, check=False
    )
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 4)


def test_a_pipe_a_device_or_a_closed_folder_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    (tmp_path / "shut").mkdir()
    (tmp_path / "shut" / "a.txt").write_text("x")
    (tmp_path / "z.txt").write_text("x")
    (tmp_path / "shut").chmod(0)
    try:
        found = read(tmp_path)
    finally:
        (tmp_path / "shut").chmod(0o700)
    assert reasons(found)[0] == ("skipped", "not a file")
    if os.geteuid():  # root may read everything
        assert ("rejected", "cannot be read: Permission denied") in reasons(found)
    assert total_bytes([tmp_path]) == 2


def test_a_file_that_vanishes_or_shrinks_stops_nothing(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / f"{name}.jsonl").write_text('{"content": "x"}\n' * 3)
    kept = []
    for item in read_files([tmp_path], max_bytes=1000):
        kept.append(item)
        (tmp_path / "b.jsonl").unlink(missing_ok=True)
        os.truncate(tmp_path / "c.jsonl", 5)
    assert [type(item) for item in kept] == [Found] * 3 + [Problem] * 2


def test_an_article_that_raises_is_rejected_and_the_rest_is_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def raising(article: object) -> str:
        if "boom" in str(article):
            raise RecursionError("maximum recursion depth exceeded")
        return "an id"

    monkeypatch.setattr(sys.modules["streams.seed.outgoing"], "article_id", raising)
    path = tmp_path / "a.jsonl"
    path.write_text('{"content": "boom"}\n{"content": "fine"}\n')
    first, second = outgoing(read(path))
    assert isinstance(first, Problem)
    assert (first.kind, first.where) == ("rejected", f"{path}:1")
    assert "RecursionError" in first.reason
    assert not isinstance(second, Problem)


def test_the_audits_recursive_url_does_not_abort(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    hostile = "https://google.com/amp/" + "google.com/amp/" * 1000
    path.write_text(json.dumps({"content": "one", "url": hostile}) + '\n{"content": "two"}\n')
    *_, last = outgoing(read(path))
    assert isinstance(last, SeedRecord)
    assert last.where == f"{path}:2"
