"""Compressed files as streams that give no more than is in proportion."""

from __future__ import annotations

import gzip
import io
from typing import IO, Any, cast

#: A compressed file that gives more than this many times its size is a bomb: gzip reaches 1,032 with a file of
#: nothing but one byte, rows of the same article again and again some 250 at most. Small ones are let be.
_MOST_RATIO, _SMALL = 400, 8 * 1024 * 1024
#: The largest window of zstandard that is read, bytes: what `zstd --long` makes without more (RFC 8878 asks for 8 MiB).
_ZSTD_WINDOW = 128 * 1024 * 1024
_BUFFER = 1 << 16


class BombError(ValueError):
    """A compressed file whose content is out of all proportion."""


class Allowance:
    """How much may come out of a file that takes ``size`` bytes, all of its parts together."""

    def __init__(self, size: int) -> None:
        self._left = max(_SMALL, _MOST_RATIO * size)

    def spend(self, count: int) -> None:
        """Raises ``BombError`` where it is more than what is left."""
        self._left -= count
        if self._left < 0:
            raise BombError(f"a decompression bomb: more than {_MOST_RATIO} times as large as the file")


class _Unpacked(io.RawIOBase):
    def __init__(self, source: io.BufferedIOBase, allowance: Allowance) -> None:
        self._source, self._allowance = source, allowance

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read1(len(buffer))  # not `read`: it would lose what stands before damage
        self._allowance.spend(len(data))
        buffer[: len(data)] = data
        return len(data)


def unpacked(source: io.BufferedIOBase, allowance: Allowance) -> IO[bytes]:
    """What a decompressor gives, counted against the allowance."""
    return cast(IO[bytes], io.BufferedReader(_Unpacked(source, allowance), _BUFFER))


def gunzip(raw: IO[bytes], allowance: Allowance) -> IO[bytes]:
    """Of one gzip file, its members one after the other."""
    return unpacked(gzip.GzipFile(fileobj=raw), allowance)


def unzstd(raw: IO[bytes], allowance: Allowance) -> IO[bytes]:
    """Of one zstandard file, its frames one after the other."""
    import zstandard

    reader = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).stream_reader(raw, read_across_frames=True)
    return unpacked(cast(io.BufferedIOBase, reader), allowance)


#: By suffix.
UNPACK = {".gz": gunzip, ".zst": unzstd}
