"""Archives and tables become articles too, member by member and row by row, and hostile ones stop nothing."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from click.testing import CliRunner
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from streams.cli.seed import seed
from streams.seed import Found, Problem, packed, producer, read_files

PAGE = "<html><body><p>A ferry ran aground.</p></body></html>"
LIMIT = 10_000


def read(*paths: Path, **columns: str) -> list[Found | Problem]:
    return list(read_files(paths, max_bytes=LIMIT, columns=columns))


def told(found: list[Found | Problem]) -> list[tuple[str, str]]:
    """What each is, and where in its file: ``found`` or the reason, and the part after the file's name."""
    return [
        ("found" if isinstance(item, Found) else item.reason.split(" (")[0], item.where.rpartition("/file.")[2])
        for item in found
    ]


def in_zip(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def in_tar(path: Path, members: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


MEMBERS = {
    "a/page.html": PAGE.encode(),
    "rows.jsonl": b'{"content": "one"}\nnot json\n{"content": "two"}\n',
    "photo.png": b"\x89PNG",
    "inner.zip": b"PK",
    "table.csv": b"id,text\n1,three\n",
    "empty.txt": b" ",
}


@pytest.mark.parametrize("name", ["file.zip", "file.tar", "file.tar.gz", "file.tgz"])
def test_the_members_of_an_archive_are_read_as_files_are(tmp_path: Path, name: str) -> None:
    path = (in_zip if name.endswith("zip") else in_tar)(tmp_path / name, MEMBERS)
    where = name.removeprefix("file.")
    other = "not a kind that is read of an archive"
    found = read(path)
    assert [(what.split(":")[0], at) for what, at in told(found)] == [
        ("found", f"{where}!a/page.html"),
        ("found", f"{where}!rows.jsonl:1"),
        ("not JSON", f"{where}!rows.jsonl:2"),
        ("found", f"{where}!rows.jsonl:3"),
        (other, f"{where}!photo.png"),
        (other, f"{where}!inner.zip"),
        ("found", f"{where}!table.csv:2"),
        ("empty", f"{where}!empty.txt"),
    ]
    articles = [item.article for item in found if isinstance(item, Found)]
    assert [article.content for article in articles] == [PAGE, "one", "two", "three"]
    assert articles[0].content_type == "text/html"


@pytest.mark.parametrize("name", ["file.zip", "file.tar.gz", "file.jsonl.zst", "file.warc.gz"])
def test_bombs_are_rejected_and_what_stood_before_is_sent(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed, "_SMALL", 1 << 16)
    monkeypatch.setattr(packed, "_MOST_RATIO", 4)
    good, bomb = b'{"content": "one"}\n' * 2, b" " * (4 << 20)
    path = tmp_path / name
    if name.endswith("zip"):
        in_zip(path, {"good.jsonl": good, "bomb.jsonl": bomb})
    elif ".tar" in name:
        in_tar(path, {"good.jsonl": good, "bomb.jsonl": bomb})
    elif name.endswith("zst"):
        path.write_bytes(zstandard.compress(good) + zstandard.compress(bomb))
    else:
        path.write_bytes(gzip.compress(b"WARC/1.0\r\nWARC-Type: response\r\n" + bomb))
    found = read(path)
    assert isinstance(found[-1], Problem)
    assert "a decompression bomb" in found[-1].reason
    assert sum(isinstance(item, Found) for item in found) == (0 if "warc" in name else 2)


def test_damaged_and_lying_archives_cost_themselves_alone(tmp_path: Path) -> None:
    in_zip(tmp_path / "a.zip", {"a.txt": b"text"}).write_bytes(b"PK\x03\x04 and no more")
    whole = in_tar(tmp_path / "b.tar", {"a.txt": b"text", "b.txt": b"text" * 4000}).read_bytes()
    (tmp_path / "b.tar").write_bytes(whole[:3000])
    (tmp_path / "c.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "d.warc").write_bytes(b"\x00" * 300)
    (tmp_path / "e.txt").write_text("still read")
    found = read(tmp_path)
    assert [Path(item.where).name for item in found if isinstance(item, Found)] == ["b.tar!a.txt", "e.txt"]
    assert {Path(item.where).name for item in found if isinstance(item, Problem)} >= {
        "a.zip",
        "b.tar",
        "c.parquet",
        "d.warc",
    }


def test_links_and_holes_in_a_tar_are_no_files(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "file.tar", "w") as archive:
        link = tarfile.TarInfo("link.txt")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    assert told(read(tmp_path / "file.tar")) == [("not an ordinary file", "tar!link.txt")]


def warc(path: Path, packing: bool) -> Path:
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=packing)

        def add(url: str, body: bytes, status: str = "200 OK", kind: str = "response", **headers: str) -> None:
            http = StatusAndHeaders(
                status, [(name.replace("_", "-"), value) for name, value in headers.items()], protocol="HTTP/1.1"
            )
            record = writer.create_warc_record(
                url, kind, payload=io.BytesIO(body), http_headers=http if kind == "response" else None,
                warc_content_type=headers.get("Content_Type", "") if kind != "response" else "",
                warc_headers_dict={"WARC-Date": "2025-09-19T12:00:00Z"},
            )  # fmt: skip
            writer.write_record(record)

        writer.write_record(writer.create_warcinfo_record("file", {"software": "a crawler"}))
        add("https://a.example/1", PAGE.encode(), Content_Type="text/html; charset=utf-8")
        add("https://a.example/2", gzip.compress(PAGE.encode()), Content_Type="text/html", Content_Encoding="gzip")
        add("https://a.example/3", "<p>Café".encode("latin-1"), Content_Type="text/html; charset=iso-8859-1")
        add("https://a.example/4", b"gone", status="404 Not Found", Content_Type="text/html")
        add("https://a.example/5", b"\x89PNG", Content_Type="image/png")
        add("https://a.example/6", b"x" * (LIMIT + 1), Content_Type="text/html")
        add("https://a.example/7", b"??", Content_Type="text/html", Content_Encoding="zstd")
        add("https://a.example/8", b"A ferry ran aground.", kind="conversion", Content_Type="text/plain")
        add("https://a.example/9", b" ", Content_Type="text/html")
    return path


# Of warcio's writer, which only this test has; its reader leaves nothing open.
@pytest.mark.filterwarnings("ignore:.*SpooledTemporaryFile:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["file.warc", "file.warc.gz", "file.wet.gz"])
def test_a_crawlers_archive_gives_its_pages(tmp_path: Path, name: str) -> None:
    found = read(warc(tmp_path / name, packing=name.endswith(".gz")))
    assert [what for what, _ in told(found)] == [
        "found", "found", "found", "status 404", "no page: image/png",
        f"too large: an article may have {LIMIT} bytes", "content encoding zstd is not read", "found", "empty",
    ]  # fmt: skip
    articles = [item.article for item in found if isinstance(item, Found)]
    assert [article.url for article in articles] == [f"https://a.example/{number}" for number in (1, 2, 3, 8)]
    assert [article.content for article in articles] == [PAGE, PAGE, None, "A ferry ran aground."]
    assert base64.b64decode(articles[2].content_base64 or "") == b"<p>Caf\xe9"
    assert articles[2].content_type == "text/html; charset=iso-8859-1"
    assert articles[0].fetched_at == datetime(2025, 9, 19, 12, tzinfo=UTC)


BODY = "One\n\n“two”, three"
TABLE = {"link": ["https://a.example/1", None], "body": [BODY, "Four"], "outlet": ["A", ""], "other": [1, 2]}


def tables(folder: Path) -> list[Path]:
    pq.write_table(pa.table(TABLE), folder / "t.parquet")
    rows = [",".join(TABLE), '"https://a.example/1","One\n\n“two”, three",A,1', ",Four,,2"]
    (folder / "t.csv").write_bytes(b"\xef\xbb\xbf" + "\r\n".join(rows).encode())
    return [folder / "t.parquet", folder / "t.csv"]


def test_a_table_has_an_article_a_row(tmp_path: Path) -> None:
    for path in tables(tmp_path):
        first, second = (item.article for item in read(path) if isinstance(item, Found))
        assert (first.url, first.content, first.source) == ("https://a.example/1", BODY, "A")
        assert (second.url, second.content, second.source) == (None, "Four", None)


def test_columns_can_be_named_and_must_be_there(tmp_path: Path) -> None:
    for path in tables(tmp_path):
        first, _ = read(path, content="link", title="body")
        assert isinstance(first, Found)
        assert (first.article.content, first.article.title) == ("https://a.example/1", BODY)
        (problem,) = read(path, content="text")
        assert isinstance(problem, Problem)
        assert problem.reason == "no column text for content; there are: link, body, outlet, other"
    (tmp_path / "u.csv").write_text("a,b\n1,2\n")
    (problem,) = read(tmp_path / "u.csv")
    assert isinstance(problem, Problem)
    assert problem.reason == "no column is the content: name it (--column content=NAME); there are: a, b"


def test_a_cell_that_never_ends_is_rejected(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text\nfirst\n" + '"' + "x" * (2 * LIMIT))
    found = read(tmp_path / "t.csv")
    assert isinstance(found[0], Found)
    assert isinstance(found[1], Problem)
    assert "field larger than field limit" in found[1].reason


def test_a_column_that_is_no_field_is_wrong_usage(tmp_path: Path) -> None:
    done = CliRunner().invoke(seed, [str(tmp_path), "--dry-run", "--column", "colour=red"])
    assert done.exit_code == 2
    assert "expected FIELD=NAME, where FIELD is one of content" in done.output


async def test_a_rate_is_kept_and_a_pause_not_made_up_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [100.0], []

    async def sleep(seconds: float) -> None:
        slept.append(round(max(0.0, seconds), 3))
        now[0] += max(0.0, seconds)

    monkeypatch.setattr("asyncio.sleep", sleep)
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    pace = producer._Pace(10)
    for wait in (0.0, 0.0, 5.0, 0.0):
        now[0] += wait
        await pace.wait()
    assert slept == [0.0, 0.1, 0.0, 0.1]
