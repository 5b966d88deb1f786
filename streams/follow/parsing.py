"""Lists, parsed in a process of their own that is ended where one takes too long or too much memory."""

from __future__ import annotations

import asyncio

from streams.follow import listing
from streams.follow.fetch import FetchError
from streams.follow.listing import Listing, ListingError
from streams.follow.sources import Kind
from streams.runtime.pool import Failed, Pool, Work

#: Seconds for one list: a feed of 100 entries takes 0.06, feedparser's worst (600 kB of empty items) 5.
_SECONDS = 8.0
#: Bytes of data that its process may hold.
_MEMORY = 1 << 30

_Item = tuple[bytes, str, str, Kind]


class ListingParser:
    """``listing.parse``, out of this process. Close it with ``close``."""

    def __init__(self) -> None:
        self._pool: Pool[_Item, Listing | str] = Pool(_work, timeout=_SECONDS, memory=_MEMORY)
        self._turn = asyncio.Lock()

    async def __call__(self, body: bytes, content_type: str, url: str, kind: Kind) -> Listing:
        """The list in ``body``. Raises ``FetchError`` (``unusable``) where there is none, or it took too long."""
        async with self._turn:
            (found,) = await self._pool.run([(body, content_type, url, kind)])
        if isinstance(found, Failed):
            why = f"took longer than {_SECONDS:g} s" if found.error == "TimeoutError" else f"ended in {found.error}"
            raise FetchError("unusable", f"reading the list {why}")
        if isinstance(found, str):
            raise FetchError("unusable", found)
        return found

    async def close(self) -> None:
        await self._pool.close()


def _work() -> Work[_Item, Listing | str]:
    import feedparser  # noqa: F401  # loaded before the first list's time begins

    return lambda items: [_parsed(*item) for item in items]


def _parsed(body: bytes, content_type: str, url: str, kind: Kind) -> Listing | str:
    try:
        return listing.parse(body, content_type, url, kind)
    except ListingError as error:
        return str(error)
