"""Kafka headers: CloudEvents 1.0 in binary mode, the schema version, the input's position, and the trace.

Everything in them derives from the record and its input, so that a replay writes the same headers again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from streams.contracts.records import SCHEMA_VERSION

Headers = list[tuple[str, bytes]]

SOURCE_TOPIC = "streams_source_topic"
SOURCE_PARTITION = "streams_source_partition"
SOURCE_OFFSET = "streams_source_offset"
SOURCE_BASE = "streams_source_base"
SCHEMA = "streams_schema"
TRACEPARENT = "traceparent"
#: Kafka's own names for what a dead letter tells (KIP-1034) are `__streams.errors.*`; ours say the same.
ERROR_PREFIX = "streams_error_"
#: Bytes of an id that ``ce_id`` repeats; of a longer one it has the beginning and the hash.
_ID_BYTES = 1024
#: The only version of a W3C traceparent there is, and the form that later ones keep.
_TRACE = re.compile(rb"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
#: Offsets are signed 64-bit numbers, partitions signed 32-bit ones.
_LARGEST = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a record stands: the atom of "the log is the truth". ``offset`` is unique within topic and partition.

    ``base`` tells the lives of a topic apart that was deleted and made again (``runtime.incarnation``); 0 in its first.
    """

    topic: str
    partition: int
    offset: int
    base: int = 0

    @property
    def place(self) -> int:
        """Where it stands in all of the topic's lives."""
        return self.base + self.offset


def make(
    kind: type,
    id_: str,
    producer: str,
    *,
    at: datetime | None = None,
    position: Position | None = None,
    trace: bytes | None = None,
) -> Headers:
    """The headers of one record.

    Args:
        kind: the record's class; ``ce_type`` is ``news.<class>.v<schema version>``.
        id_: unique per record of its kind (``ce_id``).
        producer: who wrote it: a stage's name or ``seed`` (``ce_source``).
        at: when its input was written (``ce_time``); left out where unknown.
        position: the input that caused this record.
        trace: a W3C ``traceparent`` to hand on.
    """
    made: Headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", _short(id_.encode("utf-8", "replace"))),
        ("ce_type", f"news.{kind.__name__}.v{SCHEMA_VERSION}".encode()),
        ("ce_source", f"/news-streams/{producer}".encode()),
        ("content-type", b"application/json"),
        (SCHEMA, str(SCHEMA_VERSION).encode()),
    ]
    if at is not None:
        made.append(("ce_time", at.isoformat().encode()))
    if position is not None:
        made += at_position(position)
    if trace is not None:
        made.append((TRACEPARENT, trace))
    return made


def at_position(position: Position) -> Headers:
    return [
        (SOURCE_TOPIC, position.topic.encode()),
        (SOURCE_PARTITION, str(position.partition).encode()),
        (SOURCE_OFFSET, str(position.offset).encode()),
        *([(SOURCE_BASE, str(position.base).encode())] if position.base else []),
    ]


def _short(id_: bytes) -> bytes:
    if len(id_) <= _ID_BYTES:
        return id_
    return id_[:100].decode("utf-8", "ignore").encode() + b"~" + hashlib.sha256(id_).hexdigest().encode()


def source_position(headers: Iterable[tuple[str, bytes | None]]) -> Position | None:
    """The input position that ``make`` wrote, or None where a record has none, or nonsense."""
    found = dict(headers)
    topic, partition, offset = (found.get(name) for name in (SOURCE_TOPIC, SOURCE_PARTITION, SOURCE_OFFSET))
    try:
        if topic is None or partition is None or offset is None:
            return None
        base = int(found.get(SOURCE_BASE) or 0)
        position = Position(topic=topic.decode(), partition=int(partition), offset=int(offset), base=base)
    except ValueError:
        return None
    numbers = (position.partition, position.offset, position.base)
    return position if all(0 <= number < _LARGEST for number in numbers) else None


def error_fields(headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """What a dead letter's headers say went wrong (``stage``, ``exception``, …), by the names without the prefix."""
    return {
        name.removeprefix(ERROR_PREFIX): (value or b"").decode(errors="replace")
        for name, value in headers
        if name.startswith(ERROR_PREFIX)
    }


def schema_version(headers: Iterable[tuple[str, bytes | None]]) -> int | None:
    """The record's schema version; None where it has none (a foreign producer). Raises ValueError for nonsense."""
    value = dict(headers).get(SCHEMA)
    return None if value is None else int(value)


def valid_trace(value: bytes | None) -> bytes | None:
    """A ``traceparent`` to hand on; None for what is none."""
    return value if value is not None and _TRACE.fullmatch(value) else None
