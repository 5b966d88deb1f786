"""The watches and the newest alerts, read from their topics when a page or a feed asks for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from aiokafka.errors import KafkaError

from streams.contracts import codec
from streams.contracts.records import WATCH_NAME, Alert, Watch
from streams.contracts.topology import ALERTS, WATCHES
from streams.kafka import watches
from streams.kafka.log_reader import LogReader
from streams.settings import Settings

#: Records of each partition that are looked at; seconds for which they are taken as known, and that reading may take.
_TAIL, _KNOWN_FOR, _LONGEST = 200, 15.0, 10.0
#: Seconds that somebody waits who wants the newest, and who has other things to show.
PATIENT, IN_PASSING = 3.0, 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An alert, and when its topic got it, milliseconds since the epoch."""

    alert: Alert
    arrived: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """The watches, by name, and the newest alerts, each once, the newest first."""

    watches: tuple[Watch, ...] = ()
    alerts: tuple[Given, ...] = ()

    def of(self, watch_id: str) -> tuple[Given, ...]:
        """The alerts of one watch."""
        return tuple(given for given in self.alerts if given.alert.watch_id == watch_id)


#: Gives what is known after so many seconds, or earlier where it is new.
Asks = Callable[[float], Awaitable[Watching]]


async def nothing_watched(patience: float) -> Watching:
    """For a dashboard without Kafka."""
    del patience
    return Watching()


class RecentWatching:
    """Call it for what is watched; what was known last where Kafka is away, or slower than the patience."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader, self._prefix = LogReader(settings), settings.topic_prefix
        self._known = Watching()
        self._at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def __call__(self, patience: float) -> Watching:
        if self._reading is None and time.monotonic() - self._at >= _KNOWN_FOR:
            self._reading = asyncio.create_task(self._renew())
        if self._reading is not None:
            await asyncio.wait({self._reading}, timeout=patience)
        return self._known

    async def keep(self, watch: Watch) -> None:
        """Keep a watch, in place of one of its name. Raises ``WatchError``."""
        await watches.keep(self._settings, watch)
        await self._changed(watch.id, watch)

    async def remove(self, name: str) -> None:
        """Keep the watch of this name no more."""
        await watches.remove(self._settings, name)
        await self._changed(name)

    async def _changed(self, name: str, *now: Watch) -> None:
        """A change is known at once, whatever was being read before it; and everything is read again when asked."""
        if self._reading is not None:
            await asyncio.wait({self._reading})
        kept = [*(each for each in self._known.watches if each.id != name), *now]
        self._known = replace(self._known, watches=tuple(sorted(kept, key=lambda watch: watch.id)))
        self._at = float("-inf")

    async def _renew(self) -> None:
        try:
            async with asyncio.timeout(_LONGEST):
                self._known = Watching(watches=await self._watches(), alerts=await self._alerts())
        except (KafkaError, OSError, TimeoutError):
            pass  # nobody's page is worse for it than it was
        finally:
            self._at, self._reading = time.monotonic(), None

    async def _watches(self) -> tuple[Watch, ...]:
        topic = WATCHES.full_name(self._prefix)
        rows: dict[str, bytes] = {}
        for partition in await self._reader.partitions(topic):
            rows |= await self._reader.rows(topic, partition)
        return tuple(_readable(rows))

    async def _alerts(self) -> tuple[Given, ...]:
        topic = ALERTS.full_name(self._prefix)
        found: dict[str, Given] = {}
        for partition, (start, end) in (await self._reader.spans(topic)).items():
            async for record in self._reader.records(topic, partition, max(start, end - _TAIL)):
                try:
                    alert = codec.decode(Alert, record.value or b"")
                except codec.DecodeError:
                    continue
                found.setdefault(alert.id, Given(alert=alert, arrived=record.timestamp))
        return tuple(sorted(found.values(), key=lambda given: (given.alert.at, given.alert.id), reverse=True))


def _readable(rows: Mapping[str, bytes]) -> list[Watch]:
    """The watches by name, without what cannot be read or has a name that nobody could have given."""
    found = []
    for _, value in sorted(rows.items()):
        try:
            watch = codec.decode(Watch, value)
        except codec.DecodeError:
            continue
        if WATCH_NAME.fullmatch(watch.id):
            found.append(watch)
    return found
