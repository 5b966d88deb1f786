"""Alerts in, messages out: what one process does with the partitions that it has. Knows no Kafka client.

An alert's parcels are rows before its offset is committed; a parcel's row says that it was sent once the other side has
taken it. Wherever the process dies, what has no such row goes out (again): at least once, with the alert's id to know
it by.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from streams.contracts import codec
from streams.contracts.records import Alert, Watch
from streams.contracts.topology import ALERTS, NOTIFIER, STATE_NOTIFY
from streams.follow.pace import Clock
from streams.metrics import Metrics
from streams.notify.outbox import Delivery, Outbox, Rows
from streams.notify.send import Send, SendError
from streams.notify.sinks import is_sink
from streams.runtime.messages import Incoming, Outgoing, dead_letter
from streams.settings import Settings

logger = logging.getLogger(__name__)

#: Messages that are on their way at once; seconds for which watches are known.
_AT_ONCE, _WATCHES_FOR = 16, 10.0
#: Looks between two at what may be forgotten.
_FORGET_EVERY = 600
OUTCOMES = ("sent", "put_off", "dead_letter")


@dataclass(frozen=True, slots=True, eq=False)
class _Trip:
    """A delivery on its way."""

    partition: int
    keys: set[str]
    task: asyncio.Task[None]


class Notifier:
    """The outboxes of the partitions that a process has, and what of them is on its way.

    Args:
        publish: writes records and returns once they are acknowledged.
        kept: reads the watches.
    """

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        send: Send,
        clock: Clock,
        *,
        publish: Callable[[list[Outgoing]], Any],
        kept: Callable[[], Any],
    ) -> None:
        self._settings, self._metrics, self._send, self._clock = settings, metrics, send, clock
        self._publish, self._kept = publish, kept
        self.outboxes: dict[int, Outbox] = {}
        self._trips: list[_Trip] = []
        self._watches: dict[str, Watch] = {}
        self._watches_at = float("-inf")
        self._looks = 0
        for outcome in OUTCOMES:
            metrics.count("streams_notices_total", 0, outcome=outcome)

    async def take(self, message: Incoming) -> None:
        """Take an alert in; returns once its rows are written."""
        now = self._clock.time()
        try:
            alert = message.decode(Alert)
        except Exception as error:  # whatever one record makes raise is its own failure
            await self._lost([dead_letter(NOTIFIER, message, type(error).__name__, str(error))])
            return
        watch = await self._watch(alert.watch_id, now)
        if watch is not None and (wrong := [each for each in watch.sinks if not is_sink(each)]):
            await self._lost([dead_letter(NOTIFIER, message, "ValueError", f"no sink: {wrong[0][:80]!r}")])
        try:
            rows = self.outboxes[message.partition].take(alert, watch, message.offset, now)
        except Exception as error:  # the same
            await self._lost([dead_letter(NOTIFIER, message, type(error).__name__, str(error))])
            return
        await self._write(message.partition, rows)

    async def _watch(self, id_: str, now: float) -> Watch | None:
        if now - self._watches_at >= _WATCHES_FOR or (id_ not in self._watches and now - self._watches_at >= 1.0):
            self._watches, self._watches_at = await self._kept(), now
        return self._watches.get(id_)

    async def look(self) -> None:
        """Begin to send what is due, and raise what sending before has raised."""
        done = [trip for trip in self._trips if trip.task.done()]
        self._trips = [trip for trip in self._trips if trip not in done]
        for trip in done:
            trip.task.result()
        now = self._clock.time()
        self._looks += 1
        for partition, outbox in self.outboxes.items():
            if self._looks % _FORGET_EVERY == 0:
                await self._write(partition, outbox.forget(now))
            for delivery in outbox.ready(now):
                # A digest that is on its way does not grow: what comes meanwhile goes with the next.
                keys = {each.key for each in delivery.parcels}
                if len(self._trips) < _AT_ONCE and not any(trip.keys & keys for trip in self._trips):
                    task = asyncio.create_task(self._deliver(partition, outbox, delivery))
                    self._trips.append(_Trip(partition, keys, task))
        waiting = sum(outbox.waiting for outbox in self.outboxes.values())
        self._metrics.set("streams_notice_waiting_entries", waiting)

    async def drop(self, partitions: Iterable[int]) -> None:
        """Let partitions go; returns when nothing of theirs is on its way any more."""
        gone = set(partitions)
        tasks = [trip.task for trip in self._trips if trip.partition in gone]
        self._trips = [trip for trip in self._trips if trip.partition not in gone]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for partition in gone:
            self.outboxes.pop(partition, None)

    async def _deliver(self, partition: int, outbox: Outbox, delivery: Delivery) -> None:
        try:
            await self._send(delivery.sink, delivery.notice(self._settings.public_url))
        except SendError as error:
            await self._failed(partition, outbox, delivery, error)
            return
        except Exception as error:
            # Whatever one message makes raise is its own failure.
            await self._failed(partition, outbox, delivery, SendError(f"{type(error).__name__}: {error}"[:300]))
            return
        self._metrics.count("streams_notices_total", outcome="sent")
        await self._write(partition, outbox.arrived(delivery, self._clock.time()))

    async def _failed(self, partition: int, outbox: Outbox, delivery: Delivery, error: SendError) -> None:
        tries = max(parcel.tries for parcel in delivery.parcels) + 1
        about = {"sink": delivery.sink.shown, "tries": tries, "alert": delivery.parcels[0].alert.id}
        if not error.final and tries < self._settings.notify_tries:
            logger.warning("a message did not arrive and is put off: %s", error, extra={"about": about})
            self._metrics.count("streams_notices_total", outcome="put_off")
            rows = outbox.put_off(delivery, str(error), self._clock.time(), after=error.after)
            await self._write(partition, rows)
            return
        logger.error("a message did not arrive and became a dead letter: %s", error, extra={"about": about})
        letters = [
            dead_letter(
                NOTIFIER,
                self._original(partition, parcel.alert, parcel.offset),
                type(error).__name__,
                f"{delivery.sink.shown}: {error}",
                attempts=tries,
                since=self._clock.time(),
            )
            for parcel in delivery.parcels
        ]
        await self._lost(letters)
        await self._write(partition, outbox.give_up(delivery))

    async def _lost(self, letters: list[Outgoing]) -> None:
        self._metrics.count("streams_notices_total", len(letters), outcome="dead_letter")
        await self._publish(letters)

    def _original(self, partition: int, alert: Alert, offset: int) -> Incoming:
        return Incoming(
            topic=ALERTS.full_name(self._settings.topic_prefix),
            partition=partition,
            offset=offset,
            key=ALERTS.key_bytes(alert),
            value=codec.encode(alert),
        )

    async def _write(self, partition: int, rows: Rows) -> None:
        if rows:
            await self._publish(
                [
                    Outgoing(topic=STATE_NOTIFY, key=key.encode(), value=value, partition=partition)
                    for key, value in rows.items()
                ]
            )
