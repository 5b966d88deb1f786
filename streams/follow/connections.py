"""Connections that are kept for a host's next request: a small pool each, since httpcore's looks at every connection it
has, with a system call for each idle one, at every request (measured with 100: 18 ms a request against 2)."""

from __future__ import annotations

import contextlib
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import httpcore

#: Seconds that an idle connection is kept: longer than the pause between two requests to a host mostly is.
KEPT = 15.0


@dataclass(slots=True)
class _Kept:
    pool: httpcore.AsyncConnectionPool
    users: int = 0
    used: float = 0.0


class Connections:
    """The connections of every site that is being asked, at most ``most`` sites at a time beside those in use."""

    def __init__(self, make: Callable[[], httpcore.AsyncConnectionPool], most: int) -> None:
        self._make, self._most = make, most
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    @contextlib.asynccontextmanager
    async def to(self, origin: str) -> AsyncIterator[httpcore.AsyncConnectionPool]:
        """The connections to a site, for one request."""
        kept = self._kept.get(origin)
        if kept is None:
            kept = self._kept[origin] = _Kept(self._make())
        kept.users += 1
        self._kept.move_to_end(origin)
        try:
            yield kept.pool
        finally:
            kept.users -= 1
            kept.used = time.monotonic()
            await self._close_idle(kept.used - KEPT)

    async def _close_idle(self, before: float) -> None:
        # Those behind the first idle one that may stay were used later.
        closing: list[str] = []
        for origin, kept in self._kept.items():
            if kept.users:
                continue
            if kept.used >= before and len(self._kept) - len(closing) <= self._most:
                break
            closing.append(origin)
        for pool in [self._kept.pop(origin).pool for origin in closing]:
            await pool.aclose()

    async def aclose(self) -> None:
        """Close all of them."""
        kept, self._kept = self._kept, OrderedDict()
        for each in kept.values():
            await each.pool.aclose()
