"""A follower without Kafka: its log in memory, its days in seconds."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable

from streams.contracts.records import RawArticle
from streams.follow import listing
from streams.follow.fetch import Fetcher, FetchError, Outcome, Target
from streams.follow.listing import Listing, ListingError
from streams.follow.share import Share, Tools
from streams.follow.sources import Kind, Source
from streams.follow.state import Known, Rows
from streams.kafka.errors import BrokerError
from streams.settings import Settings, load


class FastClock:
    """Time that runs ``speed`` times as fast as it does."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._began, self._from = time.monotonic(), time.time()

    def time(self) -> float:
        return self._from + (time.monotonic() - self._began) * self._speed

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


class MemoryLog:
    """What was acknowledged. ``dies_at`` is the number of a write at which the process dies: before it, or (``late``)
    when it has been written and nobody has been told."""

    def __init__(self, dies_at: int | None = None, *, late: bool = False) -> None:
        self.articles: list[RawArticle] = []
        self.rows: dict[str, bytes] = {}
        self.writes = 0
        self.died = False
        self._dies_at, self._late = dies_at, late

    async def publish(self, article: RawArticle) -> bool:
        self._write(lambda: self.articles.append(article))
        await asyncio.sleep(0)
        return True

    async def save(self, partition: int, rows: Rows) -> None:
        def write() -> None:
            for key, value in rows.items():
                self.rows.pop(key, None)
                if value is not None:
                    self.rows[key] = value

        self._write(write)
        await asyncio.sleep(0)

    def _write(self, write: Callable[[], None]) -> None:
        self.writes += 1
        dies = self.writes == self._dies_at
        if not dies or self._late:
            write()
        if dies:
            self.died = True
            raise BrokerError("killed")


async def parse_here(body: bytes, content_type: str, url: str, kind: Kind) -> Listing:
    """``listing.parse`` in this process."""
    try:
        return listing.parse(body, content_type, url, kind)
    except ListingError as error:
        raise FetchError("unusable", str(error)) from None


async def loopback(host: str, port: int) -> list[str]:
    """Every name leads to this machine."""
    del host, port
    return ["127.0.0.1"]


def settings_of(**overrides: object) -> Settings:
    return load(**({"follow_private": True, "follow_delay": 0, "follow_timeout": 2.0} | overrides))


class Follower:
    """One share of all the sources given, with what it heard of its requests and records."""

    def __init__(self, settings: Settings, clock: FastClock, log: MemoryLog) -> None:
        self.outcomes: list[tuple[Target, Outcome]] = []
        self.sent: list[str] = []
        self.fetcher = Fetcher(
            settings, loopback, clock, lambda target, outcome, _: self.outcomes.append((target, outcome))
        )
        self.tools = Tools(
            settings=settings, fetcher=self.fetcher, parse=parse_here, log=log, clock=clock, sent=self.sent.append
        )
        self.log = log

    @contextlib.asynccontextmanager
    async def following(self, sources: Iterable[Source]) -> AsyncIterator[Share]:
        """Follow from what the log has, until the block ends; an error of the follower's ends it."""
        share = Share(0, sources, Known.restored(self.log.rows), self.tools)
        task = asyncio.ensure_future(share.run())
        try:
            yield share
            if task.done() or self.log.died:
                try:
                    await task
                except BaseExceptionGroup as group:
                    raise group.exceptions[0] from None
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.fetcher.aclose()


async def until(true: Callable[[], bool], seconds: float = 20.0) -> None:
    """Return when something has become true; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not come about"
        await asyncio.sleep(0.02)
