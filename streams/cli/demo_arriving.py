"""What comes out of a demo's pipeline, as it comes: stories, decisions, alerts, and what gave none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiokafka import TopicPartition

from streams.cli.console import CommandError, say
from streams.contracts import codec
from streams.contracts.records import Alert, Decision, Story
from streams.contracts.topics import Topic, prefixed
from streams.contracts.topology import ALERTS, FAILURES, STORY_EVENTS
from streams.kafka import admin, offsets
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.runtime.faust.supervisor import Supervisor
from streams.settings import Settings
from streams.stages.cluster import fold

#: Seconds in which something has to come: models load in a few, consumer groups form in a few more.
_PATIENCE = 120.0
#: Failures that are named.
_FAILURES_NAMED = 5


class Arriving:
    """The outputs of the pipeline since its topics were made, read while the block of ``following`` lasts."""

    def __init__(self, settings: Settings, supervisor: Supervisor) -> None:
        self._settings, self._supervisor = settings, supervisor
        self._log = LogReader(settings)
        self._tasks: list[asyncio.Task[None]] = []
        self._end = 0
        self.stories: dict[str, Story] = {}
        self.decisions: list[Decision] = []
        self.alerts: dict[str, Alert] = {}
        self.lost = 0

    @asynccontextmanager
    async def following(self) -> AsyncIterator[Arriving]:
        self._tasks = [asyncio.create_task(each) for each in (self._decided(), self._alerted())]
        self._tasks += [asyncio.create_task(self._failed(topic)) for topic in FAILURES]
        try:
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def arrived(self) -> int:
        """Articles that have a decision, a rejection or a dead letter."""
        return len(self.decisions) + self.lost

    async def progress(self, articles: int) -> AsyncIterator[None]:
        """Come back some times a second until so many articles have arrived.

        Raises:
            CommandError: a stage has given up, or nothing has come for two minutes.
        """
        arrived, since = 0, time.monotonic()
        while self.arrived < articles:
            if self.arrived > arrived:
                arrived, since = self.arrived, time.monotonic()
            self._check(since, f"only {arrived} of {articles} articles arrived")
            yield
            await asyncio.sleep(0.1)

    async def until_watched(self) -> None:
        """Wait until watches have been asked of every decision that is known here, and their alerts read."""
        prefix = self._settings.topic_prefix
        places = [TopicPartition(STORY_EVENTS.full_name(prefix), 0)]
        group, alerts = prefixed("alert", prefix), ALERTS.full_name(prefix)
        since = time.monotonic()
        async with admin.connected(self._settings) as client:
            while (await offsets.committed(client, group, places)).get(0, 0) < self._end:
                self._check(since, "the watches were not asked of every story")
                await asyncio.sleep(0.2)
        for partition in await self._log.partitions(alerts):
            async for _, value in self._log.values(alerts, partition):
                self._alert(value)

    def _check(self, since: float, what: str) -> None:
        ended = [task for task in self._tasks if task.done()]
        if ended or not self._supervisor.check() or time.monotonic() - since > _PATIENCE:
            for task in ended:
                task.result()
            raise CommandError(f"{what}. The workers said last:\n" + self._last_said())

    async def _decided(self) -> None:
        first = FirstDecisions()
        async for record in self._log.follow(STORY_EVENTS.full_name(self._settings.topic_prefix)):
            self._end = record.offset + 1
            decision = first.accept(record)
            if decision is not None:
                self.decisions.append(decision)
                fold(self.stories, decision.events)

    async def _alerted(self) -> None:
        async for record in self._log.follow(ALERTS.full_name(self._settings.topic_prefix)):
            self._alert(record.value or b"")

    def _alert(self, value: bytes) -> None:
        alert = codec.decode(Alert, value)
        self.alerts[alert.id] = alert

    async def _failed(self, topic: Topic) -> None:
        async for record in self._log.follow(topic.full_name(self._settings.topic_prefix)):
            self.lost += 1
            if self.lost <= _FAILURES_NAMED:
                say(f"{topic.name}: {(record.value or b'')[:200].decode(errors='replace')}")
            elif self.lost == _FAILURES_NAMED + 1:
                say("and more that are no usable article")

    def _last_said(self) -> str:
        log = self._supervisor.log
        return "\n".join(log.read_text(errors="replace").splitlines()[-15:]) if log and log.exists() else "(see above)"
