"""What the stages receive and publish, free of any Kafka client; and the dead letter, made in one place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeVar

from streams.contracts import codec, headers, limits
from streams.contracts.headers import ERROR_PREFIX, Headers, Position
from streams.contracts.records import SCHEMA_VERSION, Stage
from streams.contracts.topics import Topic
from streams.contracts.topology import DEAD_LETTERS

T = TypeVar("T")

#: Characters of an exception's message that a header keeps.
_MESSAGE_LIMIT = 1000
#: What a reduced dead letter keeps: bytes of the value, of the key and of each header, and the number of headers.
_KEPT_VALUE, _KEPT_KEY, _KEPT_HEADER, _KEPT_HEADERS = 16_384, 1024, 1024, 32
#: Bytes that Kafka's batch and record framing add to one record at most (61 and 5 varints), and to each header.
_FRAME, _HEADER_FRAME = 61 + 36, 10
#: The end of the calendar (9999-12-31) in seconds: a timestamp beyond it was written in another unit.
_LATEST = 253_402_300_799


def moment(seconds: float | None) -> datetime | None:
    """Kafka's timestamp; None where there is none, or one that is no time: the producer may write any 64-bit number."""
    if seconds is None or not 0 < seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


class NewerSchemaError(codec.DecodeError):
    """The record was written by a newer version than this one: upgrade this stage, then replay the dead letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One record as received. ``at`` is Kafka's timestamp."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers = field(default_factory=list)
    at: datetime | None = None
    base: int = 0

    @property
    def position(self) -> Position:
        return Position(topic=self.topic, partition=self.partition, offset=self.offset, base=self.base)

    @property
    def place(self) -> int:
        return self.position.place

    @property
    def trace(self) -> bytes | None:
        return headers.valid_trace(dict(self.headers).get(headers.TRACEPARENT))

    def decode(self, kind: type[T]) -> T:
        """The record inside; raises ``codec.DecodeError``."""
        return limits.decode(kind, self.body())

    def body(self) -> bytes:
        """The record's bytes; raises ``codec.DecodeError`` where there are none, or a newer version wrote them."""
        try:
            version = headers.schema_version(self.headers)
        except ValueError:
            raise codec.DecodeError(f"header {headers.SCHEMA} is not a number") from None
        if version is not None and version > SCHEMA_VERSION:
            raise NewerSchemaError(f"schema version {version}; this stage knows {SCHEMA_VERSION}")
        if self.value is None:
            raise codec.DecodeError("the record has no value")
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A record in bytes, and what its key and headers are made of: what a pool process hands back in its stead, so that
    the record itself is neither pickled nor built twice. ``id`` is unique among the topic's records; ``to_all`` as in
    ``Outgoing``."""

    kind: type
    value: bytes
    key: bytes
    id: str
    to_all: bool = False


def standing(message: Incoming) -> dict[str, str | int]:
    """Where a message stands, for a log line."""
    return {"topic": message.topic, "partition": message.partition, "offset": message.offset}


def article_id(message: Incoming) -> str:
    """The id that a message gives its article, for a log line; empty where it cannot be read or has none."""
    try:
        return str(codec.loads(message.value or b"")["id"] or "")
    except Exception:  # bytes of anybody's
        return ""


def made(topic: Topic, record: object, id_: str, *, to_all: bool = False) -> Made:
    """A record in bytes, keyed as its topic says."""
    return Made(kind=type(record), value=codec.encode(record), key=topic.key_bytes(record), id=id_, to_all=to_all)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One record to publish. Without a ``partition`` the key's hash decides; ``to_all`` writes one a partition."""

    topic: Topic
    key: bytes | None
    value: bytes | None
    headers: Headers = field(default_factory=list)
    partition: int | None = None
    to_all: bool = False

    @property
    def size(self) -> int:
        """Bytes of the record alone in a batch, uncompressed: what a broker compares with ``max.message.bytes``."""
        about = sum(len(name.encode()) + len(value) + _HEADER_FRAME for name, value in self.headers)
        return _FRAME + len(self.key or b"") + len(self.value or b"") + about


def dead_letter(
    stage: Stage, message: Incoming, error: str, text: str, *, attempts: int = 1, since: float | None = None
) -> Outgoing:
    """The message's original key and bytes, with what went wrong, where and since when in the headers.

    ``since`` is in seconds since the epoch; without it the message's own time stands in, which is the same in every
    redelivery. Headers the message came with stay, so that ``replay`` can put back the same record.
    """
    first = datetime.fromtimestamp(since, UTC) if since is not None else message.at
    about: dict[str, object] = {
        "stage": stage,
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "exception": error,
        "message": text[:_MESSAGE_LIMIT],
        "attempts": attempts,
        "first_failure": first.isoformat() if first else "",
    }
    made: Headers = [(ERROR_PREFIX + name, str(value).encode("utf-8", "replace")) for name, value in about.items()]
    kept = [(name, value) for name, value in message.headers if not name.startswith(ERROR_PREFIX)]
    # Kafka takes a record with neither key nor value; our producer refuses to send one.
    key = b"" if message.key is None and message.value is None else message.key
    return Outgoing(topic=DEAD_LETTERS, key=key, value=message.value, headers=kept + made)


def reduced(letter: Outgoing, *, keep: bool = True) -> Outgoing:
    """A dead letter that is too large itself, cut down: the beginnings, and in headers what the original was.

    ``streams_error_reduced`` says that it cannot be put back. Without ``keep`` nothing of the original is left but its
    size and hash, and where it stands.
    """
    value, key = letter.value or b"", letter.key or b""
    ours = [pair for pair in letter.headers if pair[0].startswith(ERROR_PREFIX)]
    theirs = [pair for pair in letter.headers if not pair[0].startswith(ERROR_PREFIX)]
    short = [(name, data) for name, data in theirs if len(name.encode()) <= _KEPT_HEADER and len(data) <= _KEPT_HEADER][
        :_KEPT_HEADERS
    ]
    about: dict[str, object] = {
        "reduced": "true",
        "sha256": hashlib.sha256(value).hexdigest(),
        "size": len(value),
        "key_size": len(key),
        "headers": len(theirs),
    }
    made = [(ERROR_PREFIX + name, str(data).encode()) for name, data in about.items()]
    return Outgoing(
        topic=DEAD_LETTERS,
        key=key[:_KEPT_KEY] if keep else None,
        value=value[:_KEPT_VALUE] if keep else b"",
        headers=(short if keep else []) + ours + made,
    )


def rows_out(topic: Topic, partition: int, rows: Iterable[tuple[str, bytes | None]]) -> list[Outgoing]:
    """State rows as records of the stage's own partition; a None value deletes."""
    return [Outgoing(topic=topic, key=key.encode(), value=value, partition=partition) for key, value in rows]
