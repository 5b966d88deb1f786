"""Header names that are no UTF-8 do not stop a reader; all else is read as ever."""

from __future__ import annotations

import pytest
from aiokafka.codec import has_zstd
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.structs import TopicPartition

from streams.kafka import wire
from streams.kafka.security import client_options
from streams.settings import load


class Raw(str):
    """A header name of any bytes."""

    data: bytes

    def __new__(cls, data: bytes):
        made = super().__new__(cls, data.decode("latin-1"))
        made.data = data
        return made

    def encode(self, *_):
        return self.data


def batch(names: list[bytes], *, compression: int = 0, base: int = 0) -> bytes:
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, -1, 1_000_000)
    for offset, name in enumerate(names):
        builder.append(offset, 1000 + offset, b"k%d" % offset, b"value %d" % (base + offset), [(Raw(name), b"\xff")])
    data = builder.build()
    data[:8] = base.to_bytes(8, "big")
    return bytes(data)


def read(data: bytes, fetch_offset: int = 0) -> list[tuple[int, bytes, tuple[tuple[str, bytes], ...]]]:
    """As aiokafka's consumer does."""
    client_options(load())
    records = fetcher.PartitionRecords(
        TopicPartition("t", 0), fetcher.MemoryRecords(data), [], fetch_offset, None, None, True, 0
    )
    found = [(record.offset, record.value, record.headers) for record in records]
    assert records.next_fetch_offset == found[-1][0] + 1
    return found


@pytest.mark.parametrize("compression", [0, 1] + ([4] if has_zstd() else []))
def test_a_header_name_that_is_no_utf8_is_replaced_and_nothing_is_told_twice(compression):
    names = [b"good", b"\xff\xfe", "日".encode(), b"a\xc3(", b"last"]
    found = read(batch(names, compression=compression) + batch(names, compression=compression, base=5))
    assert [offset for offset, *_ in found] == list(range(10))
    assert [value for _, value, _ in found] == [b"value %d" % n for n in range(10)]
    assert [headers for *_, headers in found[:5]] == [
        ((name, b"\xff"),) for name in ("good", "\ufffd\ufffd", "日", "a\ufffd(", "last")
    ]


def test_a_reader_may_begin_behind_it():
    assert [offset for offset, *_ in read(batch([b"\xff", b"x", b"\xff"]), fetch_offset=2)] == [2]


def test_other_batches_are_read_by_the_fast_parser():
    wire.read_any_header_name()
    ours = fetcher.MemoryRecords(batch([b"x", b"y"]))
    assert ours.has_next()
    (first, _) = list(ours.next_batch())
    assert type(first).__module__.startswith("aiokafka.record._crecords")
    assert not ours.has_next()
    assert ours.next_batch() is None
