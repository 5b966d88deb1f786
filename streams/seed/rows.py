"""Rows of JSON: one a line, an array of them, or one article's JSON body."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import IO, Any

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.seed.arrays import MOST_VALUES, ArrayError, elements, too_many_values
from streams.seed.found import Found, Problem, checked

#: Longest line of JSON that is read: escapes may take several times what the record will take on the wire.
_LONGEST_LINE = 4 * MAX_MESSAGE_BYTES
#: An escape takes six bytes for a character of one; and room for the other fields.
_ESCAPED, _OTHER_FIELDS = 6, 1 << 20
#: Elements of an array that are no articles, one after the other, after which the rest is left.
_MOST_IN_VAIN = 1000
_BOM = b"\xef\xbb\xbf"


def longest_row(max_bytes: int) -> int:
    """Bytes that an article of ``max_bytes`` may take as a row of JSON."""
    return min(_LONGEST_LINE, _ESCAPED * max_bytes + _OTHER_FIELDS)


def read_rows(file: IO[bytes], name: str, max_bytes: int, tick: Callable[[], None]) -> Iterator[Found | Problem]:
    """The articles of a file of JSON lines; ``tick`` is called as it is read."""
    number = 0
    longest = longest_row(max_bytes)
    while line := file.readline(longest + 1):
        number += 1
        if line.isspace() and len(line) <= longest:
            continue  # before anything else: a small packed file may hold millions
        where = f"{name}:{number}"
        if len(line) > longest:
            yield Problem("rejected", where, f"the line is longer than {longest} bytes (STREAMS_MAX_ARTICLE_BYTES)")
            while line and not line.endswith(b"\n"):
                tick()
                line = file.readline(longest)
        else:
            # Files from some editors begin with a byte order mark.
            row = line.removeprefix(_BOM) if number == 1 else line
            yield _parsed(row, where, lambda value, at: _row(value, at, max_bytes))
        tick()


def read_json(file: IO[bytes], name: str, max_bytes: int, tick: Callable[[], None]) -> Iterator[Found | Problem]:
    """The articles of a JSON file: one row, an array of rows, or a body."""
    longest = longest_row(max_bytes)
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
    return checked(codec.convert(RawArticle, value), where, max_bytes)


def _body_or_row(value: Any, where: str, max_bytes: int) -> Found | Problem:
    if not isinstance(value, dict):
        return Problem("rejected", where, f"an article is a JSON object, and this is {_named(value)}")
    if "content" in value or "content_base64" in value or value.get("retracted") is True:
        return _row(value, where, max_bytes)
    body = RawArticle(content=codec.encode(value).decode(), content_type="application/json")
    return checked(body, where, max_bytes)


def _named(value: object) -> str:
    if value is None:
        return "null"
    return {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "an array"}[type(value)]
