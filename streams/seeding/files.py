"""Files of every kind, read as raw articles. Knows nothing of Kafka; what gives no article is a ``Problem``."""

from __future__ import annotations

import base64
import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Literal, cast

from streams import codec
from streams.records import RawArticle
from streams.topics import MAX_MESSAGE_BYTES

#: What is read, by suffix (a final ``.gz`` is taken off first). Rows are ``RawArticle`` as JSON; a ``.json`` file holds
#: one row, an array of rows, or an article's JSON body.
_PAGES = {".txt": "text/plain", ".html": "text/html", ".htm": "text/html"}
_JSON, _ROWS = ".json", ".jsonl"

#: Longest line of JSON that is read: escapes may take several times what the record will take on the wire.
_LONGEST_LINE = 4 * MAX_MESSAGE_BYTES

STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Found:
    """An article and where it was: ``file``, or ``file:line``."""

    article: RawArticle
    where: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What gave no article: skipped (not for us, or a duplicate) or rejected (meant for us, but unusable), and why."""

    kind: Literal["skipped", "rejected"]
    where: str
    reason: str


def read_files(
    paths: Iterable[Path],
    *,
    max_bytes: int,
    stdin: IO[bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Found | Problem]:
    """Every article of the files and folders, in order; folders are walked to the bottom, sorted by path.

    Args:
        paths: files, folders, or ``-`` for JSON lines on ``stdin``.
        max_bytes: larger articles are rejected, without reading them whole where they stand in a file of their own.
        stdin: what ``-`` stands for.
        progress: told the bytes read of the files so far (compressed ones as they lie on the disk).
    """
    done = 0
    for path in paths:
        if path == STDIN:
            assert stdin is not None, "stdin is given wherever '-' may be"
            yield from _rows(stdin, "<stdin>", max_bytes, lambda: None)
            continue
        for file in _walk(path):
            try:
                size = file.stat().st_size
                yield from _file(file, max_bytes, partial(_progress, progress, done))
            except (OSError, EOFError, zlib.error) as error:
                # gzip reports a damaged file in three ways; OSError is also a file that may not be read.
                reason = getattr(error, "strerror", None) or str(error)
                yield Problem("rejected", str(file), f"cannot be read: {reason}")
                size = 0
            done += size
            progress(done)


def total_bytes(paths: Iterable[Path]) -> int | None:
    """Bytes that ``read_files`` will read, or None where stdin is among them."""
    total = 0
    for path in paths:
        if path == STDIN:
            return None
        total += sum(file.stat().st_size for file in _walk(path) if file.is_file())
    return total


def _walk(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(each for each in path.rglob("*") if not each.is_dir())
    else:
        yield path


def _progress(progress: Callable[[int], None], before: int, position: int) -> None:
    progress(before + position)


def _file(path: Path, max_bytes: int, progress: Callable[[int], None]) -> Iterator[Found | Problem]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    suffix = (suffixes[:-1] if zipped else suffixes)[-1:]
    kind = suffix[0] if suffix else ""
    if kind not in _PAGES and kind not in (_JSON, _ROWS):
        yield Problem("skipped", str(path), f"not a kind that is read ({', '.join([*_PAGES, _JSON, _ROWS])}, or .gz)")
        return
    if path.exists() and not path.is_file():
        yield Problem("skipped", str(path), "not a file")
        return
    with path.open("rb") as raw:
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if zipped else raw
        if kind == _ROWS:
            yield from _rows(stream, str(path), max_bytes, lambda: progress(raw.tell()))
        else:
            # A .json file may hold many articles; each is measured by itself below.
            limit = _LONGEST_LINE if kind == _JSON else max_bytes
            data = stream.read(limit + 1)
            if len(data) > limit:
                why = (
                    _too_large(max_bytes)
                    if kind != _JSON
                    else f"too large: a .json file may have {limit} bytes; use .jsonl"
                )
                yield Problem("rejected", str(path), why)
            elif not data.strip():
                yield Problem("rejected", str(path), "empty")
            elif kind == _JSON:
                yield from _json(data, str(path), max_bytes)
            else:
                yield Found(_page(data, _PAGES[kind]), str(path))


def _page(data: bytes, content_type: str) -> RawArticle:
    try:
        return RawArticle(content=data.decode("utf-8-sig"), content_type=content_type)
    except UnicodeDecodeError:
        # Some other charset: cleaning finds out which, from the bytes.
        return RawArticle(content_base64=base64.b64encode(data).decode(), content_type=content_type)


def _rows(file: IO[bytes], name: str, max_bytes: int, tick: Callable[[], None]) -> Iterator[Found | Problem]:
    number = 0
    while line := file.readline(_LONGEST_LINE + 1):
        number += 1
        where = f"{name}:{number}"
        if len(line) > _LONGEST_LINE:
            yield Problem("rejected", where, f"the line is longer than {_LONGEST_LINE} bytes")
            while line and not line.endswith(b"\n"):
                line = file.readline(_LONGEST_LINE)
        elif line.strip():
            # Files from some editors begin with a byte order mark.
            row = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            try:
                yield _checked(codec.decode(RawArticle, row), where, max_bytes)
            except codec.DecodeError as error:
                yield Problem("rejected", where, str(error))
        tick()


def _json(data: bytes, name: str, max_bytes: int) -> Iterator[Found | Problem]:
    try:
        value = codec.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except codec.DecodeError as error:
        yield Problem("rejected", name, str(error))
        return
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield _body_or_row(each, f"{name}[{index}]", max_bytes)
    else:
        yield _body_or_row(value, name, max_bytes)


def _body_or_row(value: Any, where: str, max_bytes: int) -> Found | Problem:
    if not isinstance(value, dict):
        return Problem("rejected", where, f"an article is a JSON object, and this is {_named(value)}")
    if "content" in value or "content_base64" in value or value.get("retracted") is True:
        try:
            return _checked(codec.convert(RawArticle, value), where, max_bytes)
        except codec.DecodeError as error:
            return Problem("rejected", where, str(error))
    body = RawArticle(content=codec.encode(value).decode(), content_type="application/json")
    return _checked(body, where, max_bytes)


def _checked(article: RawArticle, where: str, max_bytes: int) -> Found | Problem:
    if article.retracted:
        return Found(article, where)
    if article.content is not None:
        if not article.content.strip():
            return Problem("rejected", where, "empty")
        size = len(article.content)
        if size * 4 > max_bytes:  # a code point takes at most four bytes
            size = len(article.content.encode("utf-8", "surrogatepass"))
    else:
        encoded = article.content_base64 or ""
        if not encoded:
            return Problem("rejected", where, "empty")
        size = len(encoded) * 3 // 4 - encoded[-2:].count("=")
    return Problem("rejected", where, _too_large(max_bytes)) if size > max_bytes else Found(article, where)


def _too_large(limit: int) -> str:
    return f"too large: an article may have {limit} bytes (STREAMS_MAX_ARTICLE_BYTES)"


def _named(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}[type(value)]
