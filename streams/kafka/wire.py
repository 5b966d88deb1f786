"""Header names that are no UTF-8: read with U+FFFD for what is none, instead of stopping the reader for ever.

Kafka wants header names in UTF-8, but no broker looks. aiokafka decodes them while it takes a batch apart, before any
code of ours sees the record: its consumer raises at the same record again and again. Batches go through its fast
parser as ever; only one at which that fails is taken apart once more by its parser in Python.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

#: Of every batch, whatever its version: offset (8 bytes), then the length (4 bytes) of what follows.
_LENGTH_AT, _OVERHEAD = 8, 12


class _Lenient(bytearray):
    """A buffer of which pieces decode whatever they hold."""

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return _Lenient(found) if isinstance(key, slice) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)


class LenientBatch:
    """A batch of records as aiokafka's own, but for what it does with header names that are no UTF-8."""

    def __init__(self, batch: Any, data: memoryview) -> None:
        self._batch, self._data = batch, data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        try:
            yield from self._batch
        except UnicodeDecodeError:
            slow: Any = _DefaultRecordBatchPy(self._data)
            slow._maybe_uncompress()
            slow._buffer = _Lenient(slow._buffer)
            # From the beginning: the fetcher steps over offsets that it has handed out.
            yield from slow


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


def read_any_header_name() -> None:
    """Have every aiokafka consumer of this process read so. May be called again."""
    fetcher.MemoryRecords = LenientRecords
