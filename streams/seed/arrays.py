"""A JSON array of any length, cut into its elements while it is read: no more than one element is ever held."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import IO

_CHUNK = 1 << 18
_STRUCTURE = re.compile(rb'["\[\]{},]')
_IN_STRING = re.compile(rb'["\\]')
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)

#: Values (commas, brackets and braces outside of strings) that one article's JSON may have. Parsed, each takes some
#: 60 to 200 bytes, whatever it took on the disk: `[],[],[],…` takes twenty times as much. Pages as JSON have thousands.
MOST_VALUES = 500_000


class ArrayError(ValueError):
    """It is no array, or not to its end."""


def too_many_values(data: bytes) -> bool:
    """Whether parsing takes far more memory than the text has bytes."""
    if sum(map(data.count, (b",", b"[", b"{"))) <= MOST_VALUES:
        return False
    # Commas in a text are no values.
    bare = _STRINGS.sub(b"", data)
    return sum(map(bare.count, (b",", b"[", b"{"))) > MOST_VALUES


def elements(first: bytes, file: IO[bytes], longest: int, tick: Callable[[], None]) -> Iterator[bytes | None]:
    """The elements of the array that begins with ``first`` and goes on in ``file``, as text; None for one that is too
    long. They are cut apart, not checked: whoever parses them does that.

    Raises:
        ArrayError: it ends before its end, something follows, or an element has too many values.
    """
    kept = bytearray()
    lost = False
    depth = values = 0
    in_string = False
    escaped = False
    chunk = first
    while chunk:
        start = position = 0
        while True:
            if escaped:
                escaped = False
                position += 1
            found = (_IN_STRING if in_string else _STRUCTURE).search(chunk, position)
            if found is None:
                break
            position = found.end()
            mark = found.group()
            if in_string:
                in_string = mark == b"\\"
                escaped = in_string
                if escaped and position == len(chunk):
                    break
                continue
            if mark == b'"':
                in_string = True
                continue
            ends = depth == 1 and mark in b",]"
            if depth == 1 and mark == b"}":
                raise ArrayError("not JSON: the array ends with a brace")
            if ends:
                kept += chunk[start : found.start()]
                lost = lost or len(kept) > longest
                if lost or mark == b"," or kept.strip():
                    yield None if lost else bytes(kept)
                kept.clear()
                lost, values, start = False, 0, position
            elif depth == 0:
                start = position
            else:
                values += mark not in b"]}"
                if values > MOST_VALUES:
                    raise ArrayError(f"too large: an element has more than {MOST_VALUES} values")
            depth += 1 if mark in b"[{" else -1 if mark in b"]}" else 0
            if depth == 0:
                if chunk[position:].strip() or file.read(_CHUNK).strip():
                    raise ArrayError("not JSON: something follows the array")
                return
        if lost or len(kept) > longest:
            lost = True
            kept.clear()
        else:
            kept += chunk[start:]
        tick()
        chunk = file.read(_CHUNK)
    raise ArrayError("not JSON: the array does not end")
