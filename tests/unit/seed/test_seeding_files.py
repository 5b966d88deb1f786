"""Files of every kind become articles; what gives none is a problem with its place and its reason."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
from pathlib import Path

import pytest

from streams.contracts.records import RawArticle
from streams.seed import STDIN, Found, Problem, read_files, rows, total_bytes

LIMIT = 10_000


def read(*paths: Path, stdin: bytes = b"", limit: int = LIMIT) -> list[Found | Problem]:
    return list(read_files(paths, max_bytes=limit, stdin=io.BytesIO(stdin)))


def articles(found: list[Found | Problem]) -> list[RawArticle]:
    assert not [item for item in found if isinstance(item, Problem)]
    return [item.article for item in found if isinstance(item, Found)]


def write(path: Path, data: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    raw = data.encode() if isinstance(data, str) else data
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    ("name", "content_type"), [("a.txt", "text/plain"), ("a.html", "text/html"), ("a.HTM", "text/html")]
)
def test_a_page_or_a_dump_is_one_article(tmp_path: Path, name: str, content_type: str, suffix: str) -> None:
    path = write(tmp_path / (name + suffix), "Überschrift\n\nText.")
    assert articles(read(path)) == [RawArticle(content="Überschrift\n\nText.", content_type=content_type)]


@pytest.mark.parametrize("name", ["a.html", "a.txt"])
def test_bytes_of_another_charset_travel_as_they_are(tmp_path: Path, name: str) -> None:
    data = "Café".encode("latin-1")
    (article,) = articles(read(write(tmp_path / name, data)))
    assert article.content is None
    assert base64.b64decode(article.content_base64 or "") == data


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    rows = b'\xef\xbb\xbf{"content": "x"}\n'
    found = read(
        write(tmp_path / "a.txt", b"\xef\xbb\xbfx"),
        write(tmp_path / "b.jsonl", rows),
        write(tmp_path / "c.json", rows),
    )
    assert [article.content for article in articles(found)] == ["x", "x", "x"]


def test_rows_are_checked_one_by_one(tmp_path: Path) -> None:
    path = write(
        tmp_path / "rows.jsonl",
        '{"content": "one", "url": "https://example.org/1", "published": "2026-02-03"}\n'
        "\n"
        "not json\n"
        '{"content": 5}\n'
        '{"url": "https://example.org/2"}\n'
        '{"content": " \\n "}\n'
        '{"content_base64": ""}\n'
        '["content"]\n'
        '{"id": "gone", "retracted": true}\n'
        '{"retracted": true}\n'
        '{"content": "last, without a line end"}',
    )
    found = read(path)
    assert [item.where for item in found] == [f"{path}:{line}" for line in (1, 3, 4, 5, 6, 7, 8, 9, 10, 11)]
    assert [(item.kind, item.reason) for item in found if isinstance(item, Problem)] == [
        ("rejected", "not JSON: invalid literal, expected 'null': line 1 column 1 (char 0)"),
        ("rejected", "Expected `str | null`, got `int` - at `$.content`"),
        ("rejected", "an article needs content or content_base64"),
        ("rejected", "empty"),
        ("rejected", "empty"),
        ("rejected", "Expected `object`, got `array`"),
        ("rejected", "a retraction needs the id of the article it takes back"),
    ]
    kept = [item.article for item in found if isinstance(item, Found)]
    assert kept[0] == RawArticle(content="one", url="https://example.org/1", published="2026-02-03")
    assert kept[1] == RawArticle(id="gone", retracted=True)
    assert kept[2].content == "last, without a line end"


def test_rows_that_are_no_utf8_are_rejected(tmp_path: Path) -> None:
    (problem,) = read(write(tmp_path / "rows.jsonl", b'{"content": "\xff\xfe"}\n'))
    assert isinstance(problem, Problem)
    assert problem.kind == "rejected"
    assert "not JSON" in problem.reason


def test_rows_come_from_stdin() -> None:
    found = read(STDIN, stdin=b'{"content": "a"}\n{"content": "b"}\nx\n')
    assert [item.where for item in found] == ["<stdin>:1", "<stdin>:2", "<stdin>:3"]
    assert [item.article.content for item in found if isinstance(item, Found)] == ["a", "b"]


def test_a_json_file_is_a_row_an_array_or_a_body(tmp_path: Path) -> None:
    row = write(tmp_path / "row.json", '{"content": "text", "source": "Example"}')
    body = write(tmp_path / "body.json", '{"headline": "H",\n "articleBody": "B"}')
    many = write(tmp_path / "many.json", '[{"content": "c"}, {"headline": "H2"}, 5, {"content": 6}]')
    gone = write(tmp_path / "gone.json", '{"id": "x", "retracted": true}')
    found = read(row, body, gone)
    assert articles(found) == [
        RawArticle(content="text", source="Example"),
        RawArticle(content='{"headline":"H","articleBody":"B"}', content_type="application/json"),
        RawArticle(id="x", retracted=True),
    ]
    first, second, third, fourth = read(many)
    assert isinstance(first, Found)
    assert isinstance(second, Found)
    assert (first.where, second.where) == (f"{many}[0]", f"{many}[1]")
    assert second.article.content_type == "application/json"
    assert third == Problem("rejected", f"{many}[2]", "an article is a JSON object, and this is a number")
    assert fourth == Problem("rejected", f"{many}[3]", "Expected `str | null`, got `int` - at `$.content`")


@pytest.mark.parametrize(
    ("text", "named"), [("null", "null"), ("true", "a boolean"), ('"x"', "a string"), ("1.5", "a number")]
)
def test_json_that_is_no_article(tmp_path: Path, text: str, named: str) -> None:
    (problem,) = read(write(tmp_path / "x.json", text))
    assert isinstance(problem, Problem)
    assert problem.reason.endswith(f"this is {named}")


def test_broken_json(tmp_path: Path) -> None:
    (problem,) = read(write(tmp_path / "x.json", '{"content": '))
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.reason.split(":")[0]) == ("rejected", "not JSON")


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.json", "a.txt.gz"])
@pytest.mark.parametrize("data", ["", " \n\t\n"])
def test_an_empty_file_is_rejected(tmp_path: Path, name: str, data: str) -> None:
    path = write(tmp_path / name, data)
    assert read(path) == [Problem("rejected", str(path), "empty")]


def test_an_empty_file_of_rows_has_none(tmp_path: Path) -> None:
    assert read(write(tmp_path / "a.jsonl", "")) == []


@pytest.mark.parametrize("name", ["a.txt", "a.html", "a.txt.gz", "a.json", "a.jsonl", "b.json", "b.jsonl"])
def test_what_is_too_large_is_rejected_with_the_setting_that_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name

    def of(size: int) -> list[Found | Problem]:
        text = "x" * size
        row = {"content": text} if name[0] == "a" else {"content_base64": base64.b64encode(text.encode()).decode()}
        return read(write(path, json.dumps(row) if "json" in name else text))

    assert len(articles(of(LIMIT))) == 1
    (problem,) = of(LIMIT + 3)
    assert isinstance(problem, Problem)
    assert problem.kind == "rejected"
    assert problem.reason == f"too large: an article may have {LIMIT} bytes (STREAMS_MAX_ARTICLE_BYTES)"


def test_the_limit_counts_bytes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", json.dumps({"content": "€" * 4000}, ensure_ascii=False))
    (problem,) = read(path)
    assert isinstance(problem, Problem)
    assert len(articles(read(path, limit=12_000))) == 1


def test_an_endless_line_is_rejected_and_the_next_one_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_LONGEST_LINE", 100)
    path = write(tmp_path / "a.jsonl", '{"content": "' + "x" * 250 + '"}\n{"content": "next"}\n')
    first, second = read(path)
    assert first == Problem("rejected", f"{path}:1", "the line is longer than 100 bytes (STREAMS_MAX_ARTICLE_BYTES)")
    assert isinstance(second, Found)
    assert second.where == f"{path}:2"
    write(path, '{"content": "last"}\n' + "x" * 1000)
    assert [item.where for item in read(path)] == [f"{path}:1", f"{path}:2"]


def test_folders_are_walked_to_the_bottom_in_order(tmp_path: Path) -> None:
    names = ["b.txt", "a/z.txt", "a/b/c.html", "c.jsonl"]
    for name in names:
        write(tmp_path / name, '{"content": "x"}')
    found = read(tmp_path)
    assert [Path(item.where.split(":")[0]).relative_to(tmp_path).as_posix() for item in found] == [
        "a/b/c.html",
        "a/z.txt",
        "b.txt",
        "c.jsonl",
    ]


@pytest.mark.parametrize("name", ["photo.png", "README", "page.html.bak", "rows.xls.gz", ".DS_Store", "archive.gz"])
def test_other_kinds_of_files_are_skipped_and_said(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / name, "x")
    (problem,) = read(tmp_path)
    assert isinstance(problem, Problem)
    assert (problem.kind, problem.where) == ("skipped", str(path))
    assert problem.reason.startswith("not a kind that is read (.txt, .html, .htm, .json, .jsonl")


def test_what_is_no_file_is_skipped(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    assert read(tmp_path) == [Problem("skipped", str(tmp_path / "pipe.txt"), "not a file")]


def test_a_file_that_cannot_be_read_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "nowhere")
    write(tmp_path / "b.txt", "x")
    first, second = read(tmp_path)
    assert first == Problem("rejected", str(tmp_path / "a.txt"), "cannot be read: No such file or directory")
    assert isinstance(second, Found)


def test_damaged_archives_give_what_they_have_and_a_reason(tmp_path: Path) -> None:
    whole = gzip.compress(b'{"content": "kept"}\n' + os.urandom(50_000).hex().encode())
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "no.txt.gz").write_bytes(b"not gzip")
    broken = bytearray(gzip.compress(b"x" * 1000))
    broken[12] ^= 0xFF
    (tmp_path / "z.txt.gz").write_bytes(broken)
    found = read(tmp_path)
    assert [(type(item), Path(item.where).name) for item in found] == [
        (Found, "cut.jsonl.gz:1"),
        (Problem, "cut.jsonl.gz"),
        (Problem, "no.txt.gz"),
        (Problem, "z.txt.gz"),
    ]
    assert all(item.reason.startswith("cannot be read: ") for item in found if isinstance(item, Problem))


def test_progress_ends_at_the_bytes_there_are(tmp_path: Path) -> None:
    write(tmp_path / "a.txt", "x" * 100)
    write(tmp_path / "b.jsonl", '{"content": "x"}\n' * 50)
    write(tmp_path / "c.jsonl.gz", '{"content": "x"}\n' * 50)
    write(tmp_path / "d.png", "x" * 77)
    seen: list[int] = []
    assert len(list(read_files([tmp_path], max_bytes=LIMIT, progress=seen.append))) == 102
    assert seen == sorted(seen)
    assert seen[-1] == total_bytes([tmp_path])
    assert len(set(seen)) > 50
    assert total_bytes([tmp_path, STDIN]) is None
