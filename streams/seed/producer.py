"""Raw articles to Kafka: acknowledged by every replica, one by one accounted for."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.contracts.topology import ARTICLES_RAW
from streams.kafka import admin
from streams.kafka.errors import BrokerError
from streams.kafka.security import producer_options
from streams.seed.found import Problem, Waiting
from streams.seed.journal import Item, Reached
from streams.seed.outgoing import SeedRecord, outgoing
from streams.settings import Settings

#: Sent and not yet acknowledged, at most: memory, and what a failure leaves in doubt.
_MOST_IN_FLIGHT, _MOST_BYTES_IN_FLIGHT = 1000, 64 * 1024 * 1024
#: Seconds that a record may wait for its acknowledgement, retries included.
_REQUEST_SECONDS = 40
#: Read and not yet sent, at most.
_MOST_READ_AHEAD = 64

T = TypeVar("T")


@dataclass(slots=True)
class Summary:
    """What became of every article found: sent (and its bytes as JSON), skipped or rejected, with counts of reasons."""

    sent: int = 0
    bytes: int = 0
    skipped: int = 0
    rejected: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    def count(self, problem: Problem) -> None:
        if problem.kind == "skipped":
            self.skipped += 1
        else:
            self.rejected += 1
        # Without the figures that differ from one to the next.
        self.reasons[problem.reason.split(":")[0].split(" (")[0]] += 1


async def send(
    settings: Settings,
    found: Iterable[Item],
    *,
    summary: Summary | None = None,
    idempotence: bool | None = None,
    rate: float | None = None,
    on_problem: Callable[[Problem], None] = lambda _: None,
    on_sent: Callable[[SeedRecord], None] = lambda _: None,
    on_reached: Callable[[Reached], None] = lambda _: None,
) -> Summary:
    """Send what was found to the topic of raw articles; returns when every record is acknowledged.

    Args:
        found: read in a thread of its own, so that a slow pipe holds nothing back.
        idempotence: whether the broker drops the producer's own retries; None asks the broker if it can.
        rate: articles a second, at most; None: as fast as they are taken.
        on_problem: told of everything that is not sent.
        on_sent: told of every record once it is acknowledged.
        on_reached: told how far a file was read once all that came before is acknowledged.
        summary: what to count in, for whoever ends this before it is done.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: the topic is missing, or the broker fails on the way; says how many were acknowledged.
    """
    name = ARTICLES_RAW.full_name(settings.topic_prefix)
    limit = min(MAX_MESSAGE_BYTES, await admin.largest_record(settings, name) or MAX_MESSAGE_BYTES)
    if idempotence is None:
        idempotence = await admin.supports_idempotence(settings)
    producer = AIOKafkaProducer(
        **producer_options(settings),
        client_id="news-streams-seed",
        enable_idempotence=idempotence,
        linger_ms=5,
        max_batch_size=min(262_144, limit),
        max_request_size=limit,
        request_timeout_ms=_REQUEST_SECONDS * 1000,
    )
    summary = summary if summary is not None else Summary()
    pace = _Pace(rate)
    run = _Sending(producer, name, summary, on_problem, on_sent, on_reached)
    try:
        await producer.start()
        async with contextlib.aclosing(_from_thread(outgoing(found, largest_record=limit))) as items:
            async for item in items:
                if isinstance(item, Problem):
                    run.problem(item)
                elif isinstance(item, Reached):
                    run.reached(item)
                elif isinstance(item, Waiting):
                    await run.settle(0, 0)
                else:
                    await pace.wait()
                    await run.send(item)
        await run.settle(0, 0)
    except KafkaError as error:
        raise BrokerError(
            f"the broker failed after {summary.sent} articles were acknowledged: {error or type(error).__name__}. "
            "Run the same again: what has arrived keeps its id and changes nothing."
        ) from error
    finally:
        await producer.stop()
    return summary


class _Pace:
    """No more than so many a second, evenly; who was late does not catch up in a burst."""

    def __init__(self, rate: float | None) -> None:
        self._gap = 1 / rate if rate else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        if self._gap:
            now = time.monotonic()
            await asyncio.sleep(self._next - now)
            self._next = max(self._next, now) + self._gap


class _Sending:
    """The records in flight, oldest first."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        topic_name: str,
        summary: Summary,
        on_problem: Callable[[Problem], None],
        on_sent: Callable[[SeedRecord], None],
        on_reached: Callable[[Reached], None],
    ) -> None:
        self._producer = producer
        self._topic = topic_name
        self._summary = summary
        self._on_problem = on_problem
        self._on_sent = on_sent
        self._on_reached = on_reached
        #: Records, and behind those of a file how far it was read.
        self._flying: deque[tuple[SeedRecord, asyncio.Future[Any]] | Reached] = deque()
        self._bytes = 0

    def problem(self, problem: Problem) -> None:
        self._summary.count(problem)
        self._on_problem(problem)

    def reached(self, reached: Reached) -> None:
        self._flying.append(reached)

    async def send(self, item: SeedRecord) -> None:
        await self.settle(_MOST_IN_FLIGHT - 1, max(0, _MOST_BYTES_IN_FLIGHT - len(item.value)))
        future = await self._producer.send(self._topic, item.value, key=item.key, headers=item.headers)
        self._flying.append((item, future))
        self._bytes += len(item.value)
        # What has landed is counted at once, so that the progress is true; it costs nothing.
        while self._flying and (isinstance(first := self._flying[0], Reached) or first[1].done()):
            await self._land()

    async def settle(self, most: int, most_bytes: int) -> None:
        while self._flying and (len(self._flying) > most or self._bytes > most_bytes):
            await self._land()

    async def _land(self) -> None:
        first = self._flying.popleft()
        if isinstance(first, Reached):
            self._on_reached(first)
            return
        item, future = first
        self._bytes -= len(item.value)
        await future
        self._summary.sent += 1
        self._summary.bytes += len(item.value)
        self._on_sent(item)


async def _from_thread(items: Iterator[T]) -> AsyncGenerator[T, None]:
    """The items, read in a daemon thread: a read that blocks stops neither the loop nor the end of the program."""
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[T | BaseException | None] = asyncio.Queue()
    room = threading.Semaphore(_MOST_READ_AHEAD)
    left = threading.Event()

    def read() -> None:
        last: BaseException | None = None
        try:
            for item in items:
                room.acquire()
                if left.is_set():
                    return
                loop.call_soon_threadsafe(arrived.put_nowait, item)
        except BaseException as error:
            last = error
        # A closed loop waits for nothing any more.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(arrived.put_nowait, last)

    threading.Thread(target=read, name="seed-reader", daemon=True).start()
    try:
        while (item := await arrived.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            room.release()
            yield item
    finally:
        left.set()
        room.release()
