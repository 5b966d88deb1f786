"""What the integration tests share: workers as real processes, articles to seed, and the topics read back."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiokafka.producer.message_accumulator as accumulator
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.errors import BrokerResponseError
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy
from feed import Bad
from hostile import ANY_NAME, Hostile

from streams.contracts import codec
from streams.contracts.records import Decision, RawArticle, Story
from streams.contracts.topology import PIPELINE
from streams.kafka.log_reader import FirstDecisions, LogReader
from streams.kafka.security import client_options
from streams.pipeline import article_id
from streams.settings import Settings

SEEDS = Path(__file__).parents[2] / "seeds"

_EVENTS = [
    ("Lindvik", "ferry", "ran aground in thick fog", "Captain Mara Holm"),
    ("Port Assal", "refinery", "caught fire during a storm", "Fire chief Idris Bello"),
    ("Ostrava Nova", "parliament", "passed the yearly budget by one vote", "Finance minister Petra Kral"),
    ("Kestrel Bay", "school", "was closed after a gas leak", "Headteacher Alan Whitcombe"),
    ("San Telmo", "museum", "lost nine paintings to thieves overnight", "Curator Lucia Ferrand"),
]


def raw_articles(count: int) -> list[RawArticle]:
    """Short reports on five events by many outlets; deterministic, no two alike."""
    made = []
    for number in range(count):
        place, thing, happened, who = _EVENTS[number % len(_EVENTS)]
        paragraphs = [
            f"The {thing} of {place} {happened} on Monday, the authorities there said in report {number}.",
            f'"We have never seen anything like it in {place}," said {who}, who has worked there for twenty years.',
            f"Nobody was hurt when the {thing} {happened}, according to the first accounts from {place} this week.",
            f"An inquiry has been opened, and the {thing} is expected to remain shut for {number % 9 + 2} days.",
        ]
        text = f"{place} {thing} {happened.split(' ', 1)[0]}: report {number}\n\n" + "\n\n".join(paragraphs)
        made.append(
            RawArticle(
                id=f"article-{number:04}",
                content=text,
                source=f"Outlet {number % 7}",
                language="en",
                published=f"2025-09-{1 + number % 28:02}T12:00:00+00:00",
            )
        )
    return made


def seeds() -> list[RawArticle]:
    return [RawArticle(content=path.read_text()) for path in sorted(SEEDS.glob("*.txt"))]


async def send_raw(settings: Settings, values: Iterable[RawArticle | Bad | bytes | None]) -> None:
    producer = AIOKafkaProducer(**client_options(settings), max_request_size=30_000_000)
    await producer.start()
    try:
        topic = f"{settings.topic_prefix}.articles.raw"
        for value in values:
            if isinstance(value, Bad):
                await producer.send(topic, value.value, key=value.key, headers=list(value.headers))
                continue
            if isinstance(value, RawArticle):
                key = value.source or article_id(value)
                await producer.send(topic, codec.encode(value), key=key.encode())
            else:
                await producer.send(topic, value, key=b"bytes")
        await producer.flush()
    finally:
        await producer.stop()


class _Named(str):
    """A header name of any bytes, as other clients may write."""

    def encode(self, *_: object) -> bytes:
        return bytes.fromhex(self.removeprefix(ANY_NAME))


class _AnyNames(_DefaultRecordBatchBuilderPy):  # type: ignore[misc]  # aiokafka has no types
    """aiokafka's slow builder; its fast one takes no such name."""

    def append(self, offset: int, timestamp: int, key: Any, value: Any, headers: Iterable[tuple[str, Any]]) -> Any:
        named = [(_Named(name) if name.startswith(ANY_NAME) else name, data) for name, data in headers]
        return super().append(offset, timestamp, key, value, named)


@contextmanager
def any_header_names() -> Iterator[None]:
    """Producers that are used in here send header names of ``hostile.ANY_NAME`` as bytes."""
    fast = accumulator.DefaultRecordBatchBuilder
    accumulator.DefaultRecordBatchBuilder = _AnyNames
    try:
        yield
    finally:
        accumulator.DefaultRecordBatchBuilder = fast


async def _send_as_is(producer: AIOKafkaProducer, topic: str, item: Hostile) -> None:
    """Send one record. One without key and value ``send`` refuses, though Kafka takes it: it goes as a batch of one."""
    if item.key is not None or item.value is not None:
        await producer.send_and_wait(
            topic, item.value, key=item.key, headers=list(item.headers), timestamp_ms=item.timestamp
        )
        return
    batch = producer.create_batch()
    batch.append(key=None, value=None, timestamp=item.timestamp, headers=list(item.headers))
    await (await producer.send_batch(batch, topic, partition=0))


async def send_hostile(settings: Settings, name: str, items: Iterable[Hostile]) -> int:
    """Send hostile records to a topic, each as its producer would; how many a broker took (some it rightly refuses)."""
    topic = f"{settings.topic_prefix}.{name}"
    producers: dict[str | None, AIOKafkaProducer] = {}
    taken = 0
    try:
        for item in items:
            producer = producers.get(item.codec)
            if producer is None:
                producer = producers[item.codec] = AIOKafkaProducer(
                    bootstrap_servers=settings.bootstrap_servers,
                    max_request_size=60_000_000,
                    compression_type=item.codec,
                )
                await producer.start()
            odd = any(name.startswith(ANY_NAME) for name, _ in item.headers)
            try:
                with any_header_names() if odd else nullcontext():
                    await _send_as_is(producer, topic, item)
                taken += 1
            except BrokerResponseError:
                continue
    finally:
        for producer in producers.values():
            await producer.stop()
    return taken


@dataclass
class Workers:
    """Stages as real processes against the settings' cluster; their messages go to a file."""

    settings: Settings
    env: dict[str, str] = field(default_factory=dict)
    running: dict[str, list[subprocess.Popen[bytes]]] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return Path(self.settings.data_dir) / "workers.log"

    def start(self, *stages: str) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        names = ("broker", "topic_prefix", "data_dir", "session_timeout", "partitions", "pool_workers")
        env = {f"STREAMS_{name.upper()}": str(getattr(self.settings, name)) for name in names}
        for stage in stages or PIPELINE:
            with self.log.open("ab") as log:
                process = subprocess.Popen(
                    [sys.executable, "-W", "error::ResourceWarning", "-m", "streams", "worker", stage],
                    env={**os.environ, **env, **self.env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self.running.setdefault(stage, []).append(process)

    def stop(self, *stages: str, number: int = signal.SIGTERM) -> list[int]:
        """Signal every process of the stages and wait; their exit codes."""
        processes = [process for stage in stages or PIPELINE for process in self.running.pop(stage, [])]
        for process in processes:
            process.send_signal(number)
        return [process.wait(60) for process in processes]

    def stop_one(self, stage: str, number: int) -> None:
        """Signal the stage's oldest process and wait for its end."""
        process = self.running[stage].pop(0)
        process.send_signal(number)
        process.wait(90)

    def restart_fallen(self) -> None:
        """What a supervisor does: start again what has ended by itself."""
        for stage, processes in self.running.items():
            for process in [each for each in processes if each.poll() is not None]:
                processes.remove(process)
                self.start(stage)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(*self.running, number=signal.SIGKILL)


async def records(settings: Settings, name: str) -> list[ConsumerRecord]:
    """Everything in a topic, partition by partition."""
    log = LogReader(settings)
    topic = f"{settings.topic_prefix}.{name}"
    found = []
    for partition in await log.partitions(topic):
        found += [record async for record in log.records(topic, partition)]
    return found


async def decisions(settings: Settings) -> list[Decision]:
    first = FirstDecisions()
    found = [first.accept(record) for record in await records(settings, "story-events")]
    return [decision for decision in found if decision is not None]


async def live_stories(settings: Settings) -> dict[str, bytes]:
    """The compacted topic as its readers have it: the last snapshot of each story."""
    return {record.key.decode(): record.value for record in await records(settings, "stories")}


def members(stories: Iterable[bytes]) -> list[str]:
    """The article ids in the live stories, each as often as it is in one."""
    found: list[str] = []
    for value in stories:
        story = codec.decode(Story, value)
        if story.redirect_to is None:
            found += [article.id for article in story.articles]
    return sorted(found)


async def until(condition: Callable[[], Awaitable[bool]], workers: Workers, *, seconds: float = 90) -> None:
    """Wait for an async condition; fails with what the workers said."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, f"not within {seconds} s; the workers said:\n{workers.said()[-4000:]}"
        await asyncio.sleep(0.3)


async def until_decided(settings: Settings, ids: Sequence[str], workers: Workers, *, seconds: float = 90) -> None:
    async def all_decided() -> bool:
        return {decision.article_id for decision in await decisions(settings)} >= set(ids)

    await until(all_decided, workers, seconds=seconds)
