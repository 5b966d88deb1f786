"""Bytes to records and back: orjson writes and parses, msgspec validates. The only module that imports either.

Unknown fields are ignored, so that records may grow; missing, mistyped and out-of-range ones are a ``DecodeError``
that names the path (``$.entities[2].mentions[0].start``).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
import orjson

T = TypeVar("T")

#: Top-level times in which a bare date or a time without a zone is welcome, and read as UTC: sparse rows from
#: other people's files have them.
_LENIENT_TIMES = ("published", "modified", "fetched_at")


class DecodeError(ValueError):
    """The bytes are not the record they should be. The message says where and why."""


def encode(record: object) -> bytes:
    """A record (or any JSON-like value) as UTF-8 JSON. Equal records give equal bytes: fields keep their order."""
    return orjson.dumps(record)


def decode(kind: type[T], data: bytes | str) -> T:
    """The record of type ``kind`` in ``data``.

    Raises:
        DecodeError: not UTF-8, not JSON, or not this record.
    """
    return convert(kind, loads(data))


def convert(kind: type[T], value: Any) -> T:
    """A parsed JSON value as a record of type ``kind``; raises ``DecodeError`` as ``decode`` does."""
    try:
        return msgspec.convert(_zoned(kind, value), type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise DecodeError(str(error)) from None


def _zoned(kind: type, value: Any) -> Any:
    """``value`` with its lenient times as RFC 3339; what is no ISO 8601 time stays, for msgspec to refuse."""
    if not isinstance(value, dict):
        return value
    hints = getattr(kind, "__dataclass_fields__", {})
    zoned: dict[str, str] = {}
    for field in _LENIENT_TIMES:
        text = value.get(field)
        if isinstance(text, str) and field in hints and "datetime" in str(hints[field].type):
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                continue
            zoned[field] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()
    return {**value, **zoned} if zoned else value


def loads(data: bytes | str) -> Any:
    """Parsed JSON; raises ``DecodeError``."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise DecodeError(f"not JSON: {error}") from None


def schema(kind: type) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a record."""
    body = msgspec.json.schema(kind)
    return cast(
        dict[str, Any],
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": kind.__name__, **body},
    )


def pretty(value: object) -> bytes:
    """Indented JSON for people and for files under version control, with a final newline."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
