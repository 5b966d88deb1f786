"""Header names that are no UTF-8 and compressed batches do not stop a reader; all else is read as ever."""

from __future__ import annotations

import contextlib
import random

import cramjam
import pytest
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from aiokafka.record.util import calc_crc32c
from aiokafka.structs import TopicPartition

from streams.kafka import inflating, wire
from streams.kafka.security import client_options
from streams.settings import load

CODECS = {1: gzip_encode, 2: snappy_encode, 3: lz4_encode, 4: zstd_encode}


class Raw(str):
    """A header name of any bytes."""

    data: bytes

    def __new__(cls, data: bytes):
        made = super().__new__(cls, data.decode("latin-1"))
        made.data = data
        return made

    def encode(self, *_):
        return self.data


def batch(names: list[bytes], *, compression: int = 0, base: int = 0, value_: bytes = b"") -> bytes:
    builder = _DefaultRecordBatchBuilderPy(2, compression, 0, -1, -1, -1, 1_000_000_000)
    for offset, name in enumerate(names):
        value = value_ or b"value %d" % (base + offset)
        builder.append(offset, 1000 + offset, b"k%d" % offset, value, [(Raw(name), b"\xff")])
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


@pytest.mark.parametrize("compression", range(5))
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
    wire.read_whatever_comes()
    ours = fetcher.MemoryRecords(batch([b"x", b"y"]))
    assert ours.has_next()
    (first, _) = list(ours.next_batch())
    assert type(first).__module__.startswith("aiokafka.record._crecords")
    assert not ours.has_next()
    assert ours.next_batch() is None


@pytest.mark.parametrize("compression", range(1, 5))
def test_a_batch_that_holds_too_much_is_one_record_which_says_so(compression, monkeypatch):
    monkeypatch.setattr(wire, "INFLATED", 200_000)
    zeros = batch([b"x"] * 3, compression=compression, base=4, value_=b"0" * 70_000)
    assert len(zeros) < 20_000
    found = read(batch([b"x"] * 4, compression=compression) + zeros + batch([b"x"], compression=compression, base=7))
    assert [offset for offset, *_ in found] == [0, 1, 2, 3, 6, 7]
    (_, said, headers) = found[4]
    assert said.startswith(b"batch not read, offsets 4 to 6, ")
    assert said.endswith(b"more than 200,000 bytes")
    assert headers == ()


def test_a_panic_within_a_codec_is_a_broken_batch(monkeypatch):
    class Panic(BaseException):
        """As pyo3's, which is no ``Exception``."""

    def panics(_):
        raise Panic("attempt to subtract with overflow")

    monkeypatch.setattr(cramjam.lz4, "decompress", panics)
    with pytest.raises(inflating.NotInflatedError, match="it is no lz4: attempt"):
        inflating.inflated(3, lz4_encode(b"a" * 100), 100_000)


def test_what_holds_as_much_as_may_be_is_read():
    for codec, compress in CODECS.items():
        data = b"ab" * 50_000
        assert inflating.inflated(codec, compress(data), 131_072) == data


@pytest.mark.parametrize("codec", range(8))
def test_what_is_broken_is_refused_whatever_it_is(codec):
    good = CODECS.get(codec, bytes)(b"A ferry ran aground off Lindvik. " * 900)
    chance = random.Random(codec)
    for number in range(300):
        bad = bytearray(good[: chance.randrange(len(good))] if number % 2 else good)
        for _ in range(chance.randrange(1, 4)):
            if bad:
                bad[chance.randrange(len(bad))] = chance.randrange(256)
        with contextlib.suppress(inflating.NotInflatedError):
            assert len(inflating.inflated(codec, bytes(bad), 100_000)) <= 100_000
    for none in (b"\x82SNAPPY\0" + b"\0\0\0\1" * 2 + b"\xff\xff\xff\xf0" * 9, b"\x04\x22\x4d\x18"):
        with pytest.raises(inflating.NotInflatedError):
            inflating.inflated(codec, none, 100_000)


@pytest.mark.parametrize("compression", [0, 4])
def test_a_batch_that_is_none_inside_is_stepped_over(compression):
    data = bytearray(batch([b"x"] * 2, compression=compression, value_=b"a" * 90))
    assert data[22] == compression
    data[-20:] = b"\0" * 20
    data[17:21] = calc_crc32c(bytes(data[21:])).to_bytes(4, "big")
    found = read(bytes(data) + batch([b"x"], base=2))
    assert [offset for offset, *_ in found][-2:] == [1, 2]
    assert found[-2][1].startswith(b"batch not read, offsets 0 to 1")
