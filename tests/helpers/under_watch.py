"""A running service that Prometheus watches: its workers, the way into its topics, and what is said of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from newsroom import Workers
from scraped import Prometheus

from streams.contracts.records import Stage
from streams.settings import Settings

#: Seconds that anything may take to be seen, on a busy machine.
PATIENCE = 180.0


@contextlib.asynccontextmanager
async def meanwhile(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """``work`` goes on until the block ends; where it fails, so does the block."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work)
        yield
        task.cancel()


@dataclass(frozen=True, kw_only=True)
class Service:
    """``workers`` and ``ports`` (of their metrics) by stage; ``fired`` are the alerts that were waited for."""

    settings: Settings
    workers: dict[Stage, Workers]
    ports: dict[Stage, int]
    producer: AIOKafkaProducer
    prometheus: Prometheus
    fired: set[str] = field(default_factory=set)

    async def send(self, name: str, value: bytes, *, partition: int = 0, age: float = 0.0) -> None:
        """Write a record to a topic as if it had been written ``age`` seconds ago."""
        topic = f"{self.settings.topic_prefix}.{name}"
        at = round((time.time() - age) * 1000)
        await self.producer.send_and_wait(topic, value, partition=partition, timestamp_ms=at)

    @contextlib.asynccontextmanager
    async def flow(self, name: str, values: Sequence[bytes], *, rate: float, age: float = 0.0) -> AsyncIterator[None]:
        """Meanwhile the values are written, ``rate`` a second, until the block ends, which they must last for."""

        async def send() -> None:
            for value in values:
                await self.send(name, value, age=age)
                await asyncio.sleep(1 / rate)
            raise AssertionError(f"{len(values)} records for {name} were not enough")

        async with meanwhile(send()):
            yield

    async def until(self, what: str, condition: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not await condition():
            if time.monotonic() > deadline:
                said = "\n".join(f"{stage}: {each.said()[-1500:]}" for stage, each in self.workers.items())
                raise AssertionError(f"not within {PATIENCE:g} s: {what}; the workers said:\n{said}")
            await asyncio.sleep(0.3)

    async def until_told(self, expression: str, *, at_least: float) -> None:
        async def told() -> bool:
            return (await self.prometheus.value(expression) or 0.0) >= at_least

        await self.until(f"{expression} is {at_least:g} or more", told)

    async def fires(self, alert: str, stage: str = "") -> None:
        """Wait until an alert fires, of the stage where it is of one."""

        async def does() -> bool:
            return (alert, stage) in await self.prometheus.firing()

        await self.until(f"{alert} of {stage or 'all'} fires", does)
        self.fired.add(alert)

    def started(self, stage: Stage) -> str:
        """The expression that says when a stage's process was started."""
        return f'process_start_time_seconds{{instance="127.0.0.1:{self.ports[stage]}"}}'

    async def stop(self, stage: Stage, number: int = signal.SIGTERM) -> None:
        await asyncio.to_thread(self.workers[stage].stop, stage, number=number)

    def signal_pool(self, stage: Stage, number: int) -> None:
        """Signal every process of a stage's pool."""
        (worker,) = self.workers[stage].running[stage]
        for listed in Path(f"/proc/{worker.pid}/task").glob("*/children"):
            for pid in map(int, listed.read_text().split()):
                with contextlib.suppress(OSError):
                    if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                        os.kill(pid, number)

    async def forget(self, name: str, *, keep: int) -> None:
        """What retention does: all but the last records of a topic's first partition go."""
        where = TopicPartition(f"{self.settings.topic_prefix}.{name}", 0)
        async with AIOKafkaConsumer(bootstrap_servers=self.settings.bootstrap_servers) as consumer:
            end = (await consumer.end_offsets([where]))[where]
        client = AIOKafkaAdminClient(bootstrap_servers=self.settings.bootstrap_servers)
        await client.start()
        try:
            await client.delete_records({where: RecordsToDelete(before_offset=end - keep)})
        finally:
            await client.close()
