"""Bodies as they come over the wire, unpacked within a limit: however small a bomb is, no more than that is held."""

from __future__ import annotations

import zlib

import brotli

#: What we ask for; anything else is refused.
ACCEPTED = "gzip, br, deflate"
#: zlib's window, with gzip's and zlib's heads told apart by themselves.
_AUTO = zlib.MAX_WBITS | 32
#: Bytes that brotli gives at a time.
_STEP = 1 << 18


class TooLargeError(ValueError):
    """The body has more than the limit's bytes, once unpacked."""


class CodingError(ValueError):
    """The body is not in the coding that it says."""


class Unpacker:
    """Takes the chunks of one response; ``content`` is what they unpack to.

    Raises:
        CodingError: a coding that we did not ask for.
    """

    def __init__(self, coding: str, limit: int) -> None:
        name = coding.strip().lower().removeprefix("x-")
        if name not in ("", "identity", "gzip", "br", "deflate"):
            raise CodingError(f"content-encoding {coding[:60]!r} was not asked for")
        self._limit = limit
        self._out = bytearray()
        self._zlib = zlib.decompressobj(_AUTO) if name in ("gzip", "deflate") else None
        self._raw_allowed = name == "deflate"
        self._brotli = brotli.Decompressor() if name == "br" else None

    def feed(self, chunk: bytes) -> None:
        """Take a chunk. Raises ``TooLargeError`` or ``CodingError``."""
        try:
            if self._brotli is not None:
                self._feed_brotli(chunk)
            elif self._zlib is not None:
                self._feed_zlib(chunk)
            else:
                self._add(chunk)
        except (zlib.error, brotli.error) as error:
            raise CodingError(f"the body is not in the coding that it says: {error}") from None

    @property
    def content(self) -> bytes:
        return bytes(self._out)

    def _add(self, data: bytes) -> None:
        self._out += data
        if len(self._out) > self._limit:
            raise TooLargeError(f"more than {self._limit:,} bytes")

    def _feed_zlib(self, chunk: bytes) -> None:
        while chunk:
            assert self._zlib is not None
            try:
                self._add(self._zlib.decompress(chunk, self._limit + 1 - len(self._out)))
            except zlib.error:
                # Some servers send deflate without zlib's head.
                if not self._raw_allowed or self._out:
                    raise
                self._zlib = zlib.decompressobj(-zlib.MAX_WBITS)
                self._raw_allowed = False
                continue
            self._raw_allowed = False
            chunk = self._zlib.unconsumed_tail
            if self._zlib.eof:
                # What follows is another member, or bytes that nobody needs.
                chunk = self._zlib.unused_data
                if not chunk.startswith(b"\x1f\x8b"):
                    return
                self._zlib = zlib.decompressobj(_AUTO)

    def _feed_brotli(self, chunk: bytes) -> None:
        assert self._brotli is not None
        self._add(self._brotli.process(chunk, output_buffer_limit=_STEP))
        while not self._brotli.can_accept_more_data():
            self._add(self._brotli.process(b"", output_buffer_limit=_STEP))


def unpacked(body: bytes, limit: int) -> bytes:
    """A file that is itself gzip (``sitemap.xml.gz``) unpacked, within the limit; any other as it is.

    Raises:
        TooLargeError, CodingError: as ``Unpacker.feed``.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    inner = Unpacker("gzip", limit)
    inner.feed(body)
    return inner.content
