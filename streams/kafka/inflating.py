"""Compressed batches of records, inflated up to a bound: one megabyte of zstd can hold thirty gigabytes.

Whoever produces raw articles chooses the codec, and a broker takes all of them. aiokafka inflates a batch whole,
whatever comes out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator

import cramjam
import zstandard

#: The largest window that a zstd frame may ask for: what zstd itself takes without being asked.
_WINDOW = 2**27
#: wbits of a gzip member.
_GZIP = 31
#: The header of snappy in blocks, as Java writes it: its magic, then two versions; then blocks, each after its length.
_BLOCKS, _BLOCKS_AT = b"\x82SNAPPY\0", 16
#: Of an lz4 frame: the magic number; the largest block by its code; bytes per byte at most (LZ4's block format).
_LZ4, _LZ4_BLOCK, _LZ4_RATIO = b"\x04\x22\x4d\x18", {4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22}, 255


class NotInflatedError(ValueError):
    """What a batch holds is too much, or not what its codec writes."""


def inflated(codec: int, data: bytes, most: int) -> bytes:
    """``data`` without its compression; ``codec`` is Kafka's number for it (1 gzip, 2 snappy, 3 lz4, 4 zstd).

    Raises:
        NotInflatedError: it is more than ``most`` bytes, or broken, or of a codec that Kafka does not have.
    """
    if codec not in _CODECS:
        raise NotInflatedError(f"codec {codec} is not known")
    name, inflate = _CODECS[codec]
    try:
        found = inflate(data, most)
    except (NotInflatedError, KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # each library has its own, and a panic in Rust is no Exception
        raise NotInflatedError(f"it is no {name}: {error}") from None
    if len(found) > most:
        raise NotInflatedError(f"it holds more than {most:,} bytes")
    return found


def _gzip(data: bytes, most: int) -> bytes:
    parts: list[bytes] = []
    left = most + 1
    while data and left > 0:
        member = zlib.decompressobj(_GZIP)
        parts.append(member.decompress(data, left))
        left -= len(parts[-1])
        if not member.eof and left > 0:
            raise NotInflatedError("it is no gzip: it is cut off")
        data = member.unused_data
    return b"".join(parts)


def _snappy(data: bytes, most: int) -> bytes:
    parts: list[bytes] = []
    left = most
    for block in _blocks(data) if data.startswith(_BLOCKS) else (data,):
        left -= int(cramjam.snappy.decompress_raw_len(block))
        if left < 0:
            raise NotInflatedError(f"it holds more than {most:,} bytes")
        parts.append(bytes(cramjam.snappy.decompress_raw(block)))
    return b"".join(parts)


def _blocks(data: bytes) -> Iterator[bytes]:
    at = _BLOCKS_AT
    while at < len(data):
        (size,) = struct.unpack_from(">i", data, at)
        if not 0 < size <= len(data) - at - 4:
            raise NotInflatedError("it is no snappy: a block is cut off")
        yield data[at + 4 : at + 4 + size]
        at += 4 + size


def _lz4(data: bytes, most: int) -> bytes:
    if _lz4_bound(data) > most:
        raise NotInflatedError(f"it may hold more than {most:,} bytes")
    return bytes(cramjam.lz4.decompress(data))


def _lz4_bound(data: bytes) -> int:
    """Bytes that an lz4 frame can hold at most, by the sizes of its blocks (LZ4 Frame Format 1.6.4)."""
    if data[:4] != _LZ4:
        raise NotInflatedError("it is no lz4")
    flags, block = data[4], _LZ4_BLOCK[data[5] >> 4 & 7]
    # After the two: the size of the content and the id of a dictionary, where they are told, and a checksum.
    at, bound = 7 + 8 * bool(flags & 0x08) + 4 * bool(flags & 0x01), 0
    while True:
        (size,) = struct.unpack_from("<I", data, at)
        if not size:
            return bound
        stored, size = size >> 31, size & 0x7FFFFFFF
        bound += size if stored else min(block, _LZ4_RATIO * size)
        at += 4 + size + 4 * bool(flags & 0x10)


def _zstd(data: bytes, most: int) -> bytes:
    reader = zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(data, read_across_frames=True)
    return reader.read(most + 1)


_CODECS: dict[int, tuple[str, Callable[[bytes, int], bytes]]] = {
    1: ("gzip", _gzip),
    2: ("snappy", _snappy),
    3: ("lz4", _lz4),
    4: ("zstd", _zstd),
}
