"""One follower's share of the sources: what is due, and what became of it. Kafka and the clock are given.

Jobs of a host stand in a lane, one after the other, so that a host that is slow, or wants to be asked slowly, keeps
nobody waiting but itself.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol
from urllib.parse import urlsplit

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.follow.fetch import Fetched, Fetcher, FetchError, Validators
from streams.follow.listing import ListedPage, Listing
from streams.follow.pace import Clock, backoff, interval, new_rate
from streams.follow.sources import Kind, Source
from streams.follow.state import SEEN_EVERY, Known, PageRow, Rows, SourceRow, page_key, source_key
from streams.follow.visit import Visit
from streams.kafka.errors import BrokerError
from streams.settings import Settings

logger = logging.getLogger(__name__)

#: Pages of one source that are remembered at a time: the busiest outlets have 2,000 a day, and a list's forgotten pages
#: are kept for a week. A source that makes up addresses fills its own share only.
MOST_PAGES = 20_000
#: A page that no list has had for so long is forgotten, seconds; and how often that is looked at.
_FORGET_AFTER, _FORGET_EVERY = 7 * 86_400.0, 3600.0
#: A page that its list calls changed is asked for at most this often, seconds.
_CHANGED_EVERY = 300.0


class Log(Protocol):
    """Where records and rows go. Both return when what they were given is acknowledged by every replica."""

    async def publish(self, article: RawArticle) -> bool:
        """Send a raw record; False where the topic does not take one so large. Raises ``BrokerError``."""

    async def save(self, partition: int, rows: Rows) -> None:
        """Write rows of the state. Raises ``BrokerError``."""


#: Parses a list: body, content type, address, kind. Raises ``FetchError``.
Parse = Callable[[bytes, str, str, Kind], Awaitable[Listing]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What all shares of a follower use. ``late`` is told how late each source was asked, in seconds; ``sent`` of each
    record by its kind (``article``, ``revision``, ``retraction``)."""

    settings: Settings
    fetcher: Fetcher
    parse: Parse
    log: Log
    clock: Clock
    late: Callable[[float], None] = lambda _: None
    sent: Callable[[str], None] = lambda _: None


@dataclass(slots=True)
class Job:
    """A source to ask (without ``key``), or a page of it to visit."""

    source: Source
    url: str
    key: str | None = None
    entry: ListedPage | None = None


@dataclass(slots=True)
class _Poll:
    """A list that came, and which of its pages are not done with."""

    began: float
    validators: Validators
    found: int = 0
    left: set[str] = field(default_factory=set)


class Share:
    """The sources of one partition, followed until it is cancelled."""

    def __init__(self, partition: int, sources: Iterable[Source], known: Known, tools: Tools) -> None:
        self.partition, self.known = partition, known
        self._sources = {source.url: source for source in sources}
        self._tools, self._clock, self._settings = tools, tools.clock, tools.settings
        self._heap: list[tuple[float, int, Job]] = []
        self._order = count()
        self._woken = asyncio.Event()
        self._lanes: dict[str, deque[Job]] = {}
        self._polls: dict[str, _Poll] = {}
        #: New pages under way, and the sources whose lists wait for them.
        self._awaited: dict[str, set[str]] = {}
        self._group = asyncio.TaskGroup()

    @property
    def size(self) -> int:
        """How many sources it has."""
        return len(self._sources)

    @property
    def failing(self) -> int:
        """Sources whose last answer was a failure."""
        return sum(1 for url in self._sources if url in self.known.sources and self.known.sources[url].failures)

    async def run(self) -> None:
        """Follow. Raises ``BrokerError`` (in a group) where Kafka fails; never because of a page or a source."""
        for source in self._sources.values():
            row = self.known.sources.setdefault(source.url, SourceRow(url=source.url))
            self._push(row.due, Job(source, source.url))
        for key, page in self.known.pages.items():
            self._push_visit(key, page)
        forget_at = self._clock.time() + _FORGET_EVERY
        async with self._group:
            while True:
                now = self._clock.time()
                while self._heap and self._heap[0][0] <= now:
                    self._start(heapq.heappop(self._heap)[2])
                if now >= forget_at:
                    forget_at = now + _FORGET_EVERY
                    if rows := self.known.forget(now, _FORGET_AFTER):
                        await self._tools.log.save(self.partition, rows)
                await self._until(min(forget_at, self._heap[0][0] if self._heap else forget_at) - now)

    async def _until(self, seconds: float) -> None:
        """Return after that time, or when something came that may be due before."""
        self._woken.clear()
        waiting = [asyncio.ensure_future(self._woken.wait()), asyncio.ensure_future(self._clock.sleep(seconds))]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waiting:
                each.cancel()

    def _push(self, due: float, job: Job) -> None:
        if not self._heap or due < self._heap[0][0]:
            self._woken.set()
        heapq.heappush(self._heap, (due, next(self._order), job))

    def _push_visit(self, key: str, page: PageRow) -> None:
        source = self._sources.get(page.source)
        if source is not None and page.due is not None:
            self._push(page.due, Job(source, page.url, key))

    def _start(self, job: Job) -> None:
        host = urlsplit(job.url).hostname or ""
        if host in self._lanes:
            self._lanes[host].append(job)
        else:
            self._lanes[host] = deque([job])
            self._group.create_task(self._lane(host))

    async def _lane(self, host: str) -> None:
        lane = self._lanes[host]
        try:
            while lane:
                await self._do(lane.popleft())
        finally:
            del self._lanes[host]

    async def _do(self, job: Job) -> None:
        try:
            await (self._ask(job.source) if job.key is None else self._visit(job, job.key))
        except BrokerError:
            raise
        except Exception:
            # Whatever one page or list brings about, the next one is followed.
            logger.exception("following %s failed", job.url)
            error = FetchError("fault", "a fault of ours: see the log")
            await (self._failed(job.source, error) if job.key is None else self._visit(job, job.key, error))

    async def _ask(self, source: Source) -> None:
        row, now = self.known.sources[source.url], self._clock.time()
        if source.url in self._polls or row.due > now:
            return
        self._tools.late(now - row.due if row.due else 0.0)
        try:
            found = await self._list(source, row)
        except FetchError as error:
            await self._failed(source, error)
            return
        if found is None:
            poll = _Poll(now, Validators(etag=row.etag, modified=row.modified))
        else:
            entries, validators = found
            poll = _Poll(now, validators)
            row.listed = now
            await self._sort(source, entries, poll)
        self._polls[source.url] = poll
        for key in poll.left:
            self._awaited[key].add(source.url)
        if not poll.left:
            await self._asked(source)

    async def _list(self, source: Source, row: SourceRow) -> tuple[tuple[ListedPage, ...], Validators] | None:
        """What the source lists now, and how to know it again; None where that has not changed."""
        if source.kind == "page":
            return (ListedPage(url=source.url),), Validators()
        known = Validators(etag=row.etag, modified=row.modified)
        fetched = await self._tools.fetcher.get(source.url, "listing", known)
        if fetched.unchanged:
            return None
        listing = await self._parsed(fetched, source.kind)
        if listing.kind != "index":
            return listing.entries, fetched.validators
        entries: list[ListedPage] = []
        for url in listing.children:
            child = await self._parsed(await self._tools.fetcher.get(url, "listing"), "sitemap")
            entries += child.entries
        # An index may stand as it did while its sitemaps change: it is read whole each time.
        return tuple(entries), Validators()

    async def _parsed(self, fetched: Fetched, kind: Kind) -> Listing:
        return await self._tools.parse(fetched.body, fetched.content_type, fetched.url, kind)

    async def _sort(self, source: Source, entries: Iterable[ListedPage], poll: _Poll) -> None:
        """Take up what is new of a list, and what it calls changed."""
        now, room = poll.began, MOST_PAGES - self.known.held[source.url]
        seen: list[str] = []
        for entry in entries:
            key = page_key(entry.url)
            page = self.known.pages.get(key)
            if page is None:
                if key not in self._awaited:
                    if room <= 0:
                        continue
                    room -= 1
                    self._awaited[key] = set()
                    poll.found += 1
                    self._push(now, Job(source, entry.url, key, entry))
                poll.left.add(key)
                continue
            if now - page.seen > SEEN_EVERY:
                seen.append(key)
            page.seen = now
            changed = entry.updated is not None and page.updated is not None and entry.updated != page.updated
            page.updated = entry.updated or page.updated
            if changed or source.kind == "page":
                due = max(now, page.visited + (_CHANGED_EVERY if changed else 0.0))
                if page.due is None or page.due > due:
                    page.due = due
                    self._push_visit(key, page)
        if seen:
            rows: Rows = {key: codec.encode(self.known.pages[key]) for key in seen}
            await self._tools.log.save(self.partition, rows)

    async def _asked(self, source: Source) -> None:
        """A list came, and every page of it is done with: only now may the server be told that we have it."""
        row, poll, settings = self.known.sources[source.url], self._polls.pop(source.url), self._settings
        # What stood there when we first came says nothing of how fast it grows.
        if row.polled:
            row.rate = new_rate(row.rate, poll.found, poll.began - row.polled)
        row.polled = poll.began
        row.etag, row.modified = poll.validators.etag, poll.validators.modified
        row.failures, row.outcome, row.said = 0, "ok", ""
        pause = interval(row.rate, settings.follow_soonest, settings.follow_latest)
        await self._plan(source, row, max(self._clock.time(), poll.began + pause))

    async def _failed(self, source: Source, error: FetchError) -> None:
        row = self.known.sources[source.url]
        row.failures += 1
        row.outcome, row.said = error.outcome, str(error)[:300]
        logger.info("%s: %s: %s", source.name, error.outcome, error)
        pause = max(backoff(row.failures, self._settings.follow_latest), error.wait or 0.0)
        await self._plan(source, row, self._clock.time() + pause)

    async def _plan(self, source: Source, row: SourceRow, due: float) -> None:
        row.due = due
        await self._tools.log.save(self.partition, {source_key(source.url): codec.encode(row)})
        self._push(due, Job(source, source.url))

    async def _visit(self, job: Job, key: str, error: FetchError | None = None) -> None:
        """Visit a page, or note the failure of a visit; what is known of it afterwards is saved last of all."""
        now, page = self._clock.time(), self.known.pages.get(key)
        if page is not None and error is None and (page.due is None or page.due > now):
            return
        visit = Visit(job.source, job.url, job.entry, page, self._tools)
        row, changed = await (visit.failed(error) if error else visit.make())
        if page is None:
            self.known.add(key, row)
        await self._tools.log.save(self.partition, {key: codec.encode(row)})
        self._push_visit(key, row)
        if changed and job.source.url in self._polls and job.source.kind == "page":
            self._polls[job.source.url].found += 1
        for url in self._awaited.pop(key, ()):
            poll = self._polls[url]
            poll.left.discard(key)
            if not poll.left:
                await self._asked(self._sources[url])
