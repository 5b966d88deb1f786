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

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.seed.arrays import MOST_VALUES, ArrayError, elements, too_many_values
from streams.seed.folders import open_file, printable, size_of, walk

#: What is read, by suffix (a final ``.gz`` is taken off first). Rows are ``RawArticle`` as JSON; a ``.json`` file holds
#: one row, an array of rows, or an article's JSON body.
_PAGES = {".txt": "text/plain", ".html": "text/html", ".htm": "text/html"}
_JSON, _ROWS = ".json", ".jsonl"

#: Longest line of JSON that is read: escapes may take several times what the record will take on the wire.
_LONGEST_LINE = 4 * MAX_MESSAGE_BYTES
#: An escape takes six bytes for a character of one; and room for the other fields.
_ESCAPED, _OTHER_FIELDS = 6, 1 << 20
#: A compressed file that gives more than this many times its size is a bomb: gzip reaches 1,032 with a file of
#: nothing but one byte, rows of the same article again and again some 250 at most. Small ones are let be.
_MOST_RATIO, _SMALL = 400, 8 * 1024 * 1024
#: Elements of an array that are no articles, one after the other, after which the rest is left.
_MOST_IN_VAIN = 1000
_BOM = b"\xef\xbb\xbf"

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
        for entry in walk(path):
            name = printable(entry.path)
            if entry.skip or entry.error:
                yield _left(name, entry.skip, entry.error)
                continue
            size = size_of(entry.path)
            try:
                yield from _file(entry.path, name, max_bytes, partial(_progress, progress, done, size))
            except _BombError as error:
                yield Problem("rejected", name, str(error))
            except (OSError, EOFError, zlib.error) as error:
                # gzip reports a damaged file in three ways; OSError is also a file that may not be read.
                reason = getattr(error, "strerror", None) or str(error)
                yield Problem("rejected", name, f"cannot be read: {reason}")
            except Exception as error:  # whatever one file holds, the next one is read
                yield Problem("rejected", name, f"cannot be read: {type(error).__name__}")
            done += size
            progress(done)


def total_bytes(paths: Iterable[Path]) -> int | None:
    """Bytes that ``read_files`` will read, or None where stdin is among them."""
    total = 0
    for path in paths:
        if path == STDIN:
            return None
        total += sum(size_of(entry.path) for entry in walk(path) if not (entry.skip or entry.error))
    return total


class _BombError(ValueError):
    """A compressed file whose content is out of all proportion."""


def _left(name: str, skip: str | None, error: str | None) -> Problem:
    return Problem("skipped", name, skip) if skip else Problem("rejected", name, f"cannot be read: {error}")


def _progress(progress: Callable[[int], None], before: int, size: int, position: int) -> None:
    # A file that grows meanwhile is not counted twice.
    progress(before + min(position, size))


def _file(path: Path, name: str, max_bytes: int, progress: Callable[[int], None]) -> Iterator[Found | Problem]:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    suffix = (suffixes[:-1] if zipped else suffixes)[-1:]
    kind = suffix[0] if suffix else ""
    if kind not in _PAGES and kind not in (_JSON, _ROWS):
        yield Problem("skipped", name, f"not a kind that is read ({', '.join([*_PAGES, _JSON, _ROWS])}, or .gz)")
        return
    raw = open_file(path)
    if raw is None:
        yield Problem("skipped", name, "not a file")
        return
    with raw:
        stream = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if zipped else raw

        def tick() -> None:
            progress(raw.tell())
            if zipped and stream.tell() > max(_SMALL, _MOST_RATIO * raw.tell()):
                raise _BombError(f"a decompression bomb: more than {_MOST_RATIO} times as large as the file")

        if kind == _ROWS:
            yield from _rows(stream, name, max_bytes, tick)
        elif kind == _JSON:
            yield from _json(stream, name, max_bytes, tick)
        else:
            data = stream.read(max_bytes + 1)
            if len(data) > max_bytes:
                yield Problem("rejected", name, _too_large(max_bytes))
            elif not data.strip():
                yield Problem("rejected", name, "empty")
            else:
                yield Found(_page(data, _PAGES[kind]), name)


def _page(data: bytes, content_type: str) -> RawArticle:
    try:
        return RawArticle(content=data.decode("utf-8-sig"), content_type=content_type)
    except UnicodeDecodeError:
        # Some other charset: cleaning finds out which, from the bytes.
        return RawArticle(content_base64=base64.b64encode(data).decode(), content_type=content_type)


def _longest(max_bytes: int) -> int:
    """Bytes that an article of ``max_bytes`` may take as a row of JSON."""
    return min(_LONGEST_LINE, _ESCAPED * max_bytes + _OTHER_FIELDS)


def _rows(file: IO[bytes], name: str, max_bytes: int, tick: Callable[[], None]) -> Iterator[Found | Problem]:
    number = 0
    longest = _longest(max_bytes)
    while line := file.readline(longest + 1):
        number += 1
        where = f"{name}:{number}"
        if len(line) > longest:
            yield Problem("rejected", where, f"the line is longer than {longest} bytes (STREAMS_MAX_ARTICLE_BYTES)")
            while line and not line.endswith(b"\n"):
                tick()
                line = file.readline(longest)
        elif line.strip():
            # Files from some editors begin with a byte order mark.
            row = line.removeprefix(_BOM) if number == 1 else line
            yield _parsed(row, where, lambda value, at: _row(value, at, max_bytes))
        tick()


def _json(file: IO[bytes], name: str, max_bytes: int, tick: Callable[[], None]) -> Iterator[Found | Problem]:
    longest = _longest(max_bytes)
    first = file.read(1 << 16).removeprefix(_BOM)
    while first and not first.strip():
        tick()
        first = file.read(1 << 16)
    first = first.lstrip()

    def parse(data: bytes | None, where: str) -> Found | Problem:
        if data is None:
            why = f"too large: an article's JSON may have {longest} bytes (STREAMS_MAX_ARTICLE_BYTES)"
            return Problem("rejected", where, why)
        return _parsed(data, where, lambda value, at: _body_or_row(value, at, max_bytes))

    if first.startswith(b"["):
        index, vain = -1, 0
        try:
            for index, data in enumerate(elements(first, file, longest, tick)):
                item = parse(data, f"{name}[{index}]")
                yield item
                vain = vain + 1 if isinstance(item, Problem) else 0
                if vain == _MOST_IN_VAIN:
                    yield Problem("rejected", name, f"{vain} elements in a row are no articles; the rest is left")
                    return
        except ArrayError as error:
            yield Problem("rejected", name, f"{error} (after {index + 1} elements)")
        return
    if not first:
        yield Problem("rejected", name, "empty")
        return
    data = first + file.read(max(0, longest - len(first)) + 1)
    yield parse(data if len(data) <= longest else None, name)


def _parsed(data: bytes, where: str, made: Callable[[Any, str], Found | Problem]) -> Found | Problem:
    """What is made of a JSON text; whatever is wrong with one, the next one is read."""
    if too_many_values(data):
        return Problem("rejected", where, f"too large: an article's JSON may have {MOST_VALUES} values")
    try:
        return made(codec.loads(data), where)
    except codec.DecodeError as error:
        return Problem("rejected", where, str(error))
    except Exception as error:
        return Problem("rejected", where, f"cannot be read: {type(error).__name__}")


def _row(value: Any, where: str, max_bytes: int) -> Found | Problem:
    return _checked(codec.convert(RawArticle, value), where, max_bytes)


def _body_or_row(value: Any, where: str, max_bytes: int) -> Found | Problem:
    if not isinstance(value, dict):
        return Problem("rejected", where, f"an article is a JSON object, and this is {_named(value)}")
    if "content" in value or "content_base64" in value or value.get("retracted") is True:
        return _row(value, where, max_bytes)
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
