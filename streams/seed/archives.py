"""Archives: the members of ZIP and tar files, and the pages that a WARC file (ISO 28500, what crawlers write) holds."""

from __future__ import annotations

import dataclasses
import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import IO, Any, cast

from streams.contracts.records import RawArticle
from streams.seed.folders import printable
from streams.seed.found import Found, Problem, checked, page, too_large
from streams.seed.packed import Allowance, unpacked

#: What of a WARC is an article's page; the rest (pictures, style sheets) is skipped.
_PAGES = ("text/html", "application/xhtml+xml", "text/plain", "application/json")
#: Bodies come as they went over the wire; what packs them otherwise than this is not read.
_ENCODINGS = ("", "identity", "gzip", "deflate", "br")
#: What holds an answer, and what holds a page's text (Common Crawl's WET).
_WITH_PAGES = ("response", "resource", "conversion")

#: Reads a member: its bytes, its own name (for the kind), and how it is named to people.
Read = Callable[[IO[bytes], str, str], Iterator[Found | Problem]]


def read_zip(file: IO[bytes], name: str, allowance: Allowance, read: Read) -> Iterator[Found | Problem]:
    """The articles of every member of a ZIP file that can be read."""
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            where = _inside(name, member.filename)
            if member.is_dir():
                continue
            if member.flag_bits & 1:
                yield Problem("rejected", where, "encrypted")
                continue
            with archive.open(member) as packed:
                yield from read(unpacked(cast(io.BufferedIOBase, packed), allowance), member.filename, where)


def read_tar(file: IO[bytes], name: str, read: Read) -> Iterator[Found | Problem]:
    """The articles of every ordinary member of a tar file, in one pass."""
    with tarfile.open(fileobj=file, mode="r|") as archive:
        for member in archive:
            archive.members = []  # type: ignore[attr-defined]  # it keeps all that it has seen
            where = _inside(name, member.name)
            if member.isdir():
                continue
            if not member.isreg() or member.issparse():
                yield Problem("skipped", where, "not an ordinary file")
                continue
            packed = archive.extractfile(member)
            assert packed is not None, "an ordinary member has content"
            with packed:
                # A member of a stream does not answer what a text reader asks of a file: it gets one that does.
                stream = unpacked(cast(io.BufferedIOBase, packed), Allowance(member.size))
                yield from read(stream, member.name, where)


def read_warc(file: IO[bytes], name: str, max_bytes: int) -> Iterator[Found | Problem]:
    """The pages of a WARC file: answers with status 200, resources, and texts of WET files."""
    from warcio.archiveiterator import ArchiveIterator

    for number, record in enumerate(ArchiveIterator(file)):
        if record.rec_type in _WITH_PAGES:
            where = f"{name}[{number}]"
            try:
                yield _page(record, where, max_bytes)
            except Exception as error:  # whatever one record holds, the next one is read
                yield Problem("rejected", where, f"cannot be read: {type(error).__name__}")


def _page(record: Any, where: str, max_bytes: int) -> Found | Problem:
    content_type = record.rec_headers.get_header("Content-Type") or ""
    if record.http_headers is not None:
        status = record.http_headers.get_statuscode()
        if status != "200":
            return Problem("skipped", where, f"status {printable(status, 20)}")
        content_type = record.http_headers.get_header("Content-Type") or "text/html"
        encoding = record.http_headers.get_header("Content-Encoding")
        if (encoding or "").lower() not in _ENCODINGS:
            return Problem("skipped", where, f"content encoding {printable(encoding, 40)} is not read")
    main = content_type.partition(";")[0].strip().lower()
    if main not in _PAGES:
        return Problem("skipped", where, f"no page: {printable(main, 80)}")
    data = record.content_stream().read(max_bytes + 1)
    if len(data) > max_bytes:
        return Problem("rejected", where, too_large(max_bytes))
    if main == "application/xhtml+xml":
        content_type = content_type.replace(main, "text/html", 1)
    article: RawArticle = dataclasses.replace(
        page(data, content_type),
        url=record.rec_headers.get_header("WARC-Target-URI"),
        fetched_at=_moment(record.rec_headers.get_header("WARC-Date")),
    )
    return checked(article, where, max_bytes)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _inside(name: str, member: str) -> str:
    return f"{name}!{printable(member)}"
