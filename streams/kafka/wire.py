"""What a consumer must get over in a batch of records, instead of stopping at it for ever.

aiokafka takes a batch apart before any code of ours sees a record, and its consumer raises at the same batch again and
again. So that it does not:

- **Header names that are no UTF-8** are read with U+FFFD for what is none. Kafka wants UTF-8, but no broker looks. A
  batch goes through aiokafka's fast parser as ever; only one at which that fails is taken apart once more by its parser
  in Python.
- **Compressed batches** are inflated here, whatever their codec, and up to a bound.
- **A batch that holds more, or is none inside,** is one record in its last place, whose value says so: it ends as a
  dead letter. (One whose checksum is wrong is fetched again, as ever.)
"""

from __future__ import annotations

import logging
import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import MemoryRecords

from streams.kafka.inflating import inflated

logger = logging.getLogger(__name__)

#: Bytes of a batch without its compression. What producers send by default holds a megabyte or less.
INFLATED = 64 * 1024 * 1024
#: Of every batch, whatever its version: offset (8 bytes), then the length (4 bytes) of what follows.
_LENGTH_AT, _OVERHEAD = 8, 12
#: Of batches since version 2 (KIP-98): the version, the attributes, of which three bits are the codec, and the records.
_VERSION_AT, _VERSION, _CODEC_AT, _CODEC, _RECORDS_AT = 16, 2, 22, 0b111, 61


class _Lenient(bytearray):
    """A buffer of which pieces decode whatever they hold."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return _Lenient(found) if isinstance(key, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


class LenientBatch:
    """A batch of records as aiokafka's own, but for what the module tells of."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._each()
        except Exception as error:
            first, last = self._batch.base_offset, self._batch.next_offset - 1
            said = f"batch not read, offsets {first} to {last}, {len(self._data):,} bytes: {error}"
            logger.warning("%s", said)
            yield _DefaultRecordPy(last, self._batch.max_timestamp, 0, None, said.encode(), [])

    def _each(self) -> Iterator[Any]:
        codec = self._data[_CODEC_AT] & _CODEC if self._data[_VERSION_AT] == _VERSION else 0
        if not codec:
            yield from _each(self._batch, self._data)
            return
        plain = _plain(self._data, inflated(codec, bytes(self._data[_RECORDS_AT:]), INFLATED))
        # Held until the last record is out: a batch points into it.
        records = MemoryRecords(plain)
        yield from _each(records.next_batch(), plain)


def _each(batch: Any, data: memoryview | bytes) -> Iterator[Any]:
    """The records of a batch, which ``data`` is."""
    try:
        yield from batch
    except UnicodeDecodeError:
        slow: Any = _DefaultRecordBatchPy(data)
        slow._buffer = _Lenient(slow._buffer)
        # From the beginning: the fetcher steps over offsets that it has handed out.
        yield from slow


def _plain(data: memoryview, records: bytes) -> bytes:
    """A batch with ``records`` in place of its compressed ones. Its checksum is of what it was."""
    head = bytearray(data[:_RECORDS_AT])
    head[_CODEC_AT] &= ~_CODEC
    struct.pack_into(">i", head, _LENGTH_AT, _RECORDS_AT - _OVERHEAD + len(records))
    return bytes(head) + records


class LenientRecords:
    """What a broker answers to a fetch, batch by batch: aiokafka's ``MemoryRecords`` with ``LenientBatch``."""

    def __init__(self, data: bytes) -> None:
        self._data, self._records, self._at = memoryview(data), MemoryRecords(data), 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._records, name)

    def next_batch(self) -> LenientBatch | None:
        batch = self._records.next_batch()
        if batch is None:
            return None
        start = self._at
        self._at += _OVERHEAD + int(struct.unpack_from(">i", self._data, start + _LENGTH_AT)[0])
        return LenientBatch(batch, self._data[start : self._at])


def read_whatever_comes() -> None:
    """Have every aiokafka consumer of this process read so. May be called again."""
    fetcher.MemoryRecords = LenientRecords
