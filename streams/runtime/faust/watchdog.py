"""Watching one stage from beside it: is it starting, recovering, ready or stalled — and when to give up on it.

Asks the cluster, not Faust: the group's committed offsets and the partitions' ends are the truth about progress, and a
broker that does not answer is a finding.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from streams.contracts.records import Stage
from streams.kafka import offsets
from streams.kafka.topic_id import UNTOLD, Shape, shape
from streams.metrics import Metrics
from streams.runtime.process import BROKER_AWAY

logger = logging.getLogger(__name__)

#: Seconds between two looks, and what one look may take: together well within the 10 s in which a probe must know.
_PERIOD = 2.0
_PATIENCE = 3.0

State = Literal["starting", "recovering", "ready", "stalled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What the stage says of itself; ``worked_at`` is when its pool last finished an item (``time.monotonic``)."""

    partitions: set[int] = field(default_factory=set)
    joined: bool = False
    restoring: bool = False
    worked_at: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressSample:
    """What one look found: offsets committed and ends of the assigned partitions; None where the broker was silent."""

    at: float
    committed: dict[int, int] | None
    ends: dict[int, int] | None

    @property
    def lag(self) -> int:
        if self.committed is None or self.ends is None:
            return 0
        return sum(max(0, end - self.committed.get(partition, 0)) for partition, end in self.ends.items())


class Readiness:
    """Turns looks into a state. Pure but for the clock it is given; seconds throughout."""

    def __init__(self, *, stalled_after: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._stalled_after = stalled_after
        self._clock = clock
        self._assigned = False
        self._restoring = False
        self._last: ProgressSample | None = None
        self._well_since = clock()
        self._first_unwell: float | None = None

    def note(self, look: ProgressSample, *, assigned: bool, restoring: bool, worked_at: float | None = None) -> None:
        """Take in a look. Progress is a commit, having no lag, restoring state, or an item that the pool has finished
        (at ``worked_at``; one that failed in its time is finished too). A silent broker is never progress."""
        answered = look.committed is not None and look.ends is not None
        previous = self._last.committed if self._last else None
        if answered and (look.lag == 0 or look.committed != previous or restoring or not assigned):
            self._well_since = look.at
        elif answered and worked_at is not None:
            self._well_since = max(self._well_since, worked_at)
        self._assigned, self._restoring = assigned, restoring
        if answered:
            self._last = look

    @property
    def unwell_for(self) -> float:
        """Seconds since the last progress; grows while nobody looks as well."""
        return self._clock() - self._well_since

    @property
    def lag(self) -> int:
        return self._last.lag if self._last else 0

    @property
    def state(self) -> State:
        if self.unwell_for > self._stalled_after:
            return "stalled"
        if not self._assigned:
            return "starting"
        return "recovering" if self._restoring else "ready"

    def describe(self) -> dict[str, object]:
        return {"state": self.state, "lag": self.lag, "seconds_since_progress": round(self.unwell_for, 1)}


class OneTopic:
    """Whether the input topic is still as it was: a consumer goes on, or idles, over one that was deleted, and takes
    minutes to see that it has more partitions."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._id: str | None = None
        self._partitions = 0
        self._missed = False

    def note(self, seen: Shape | None) -> str | None:
        """Take in how a topic is (None: there is no such topic); why the stage must end, or None."""
        return self._id_changed(seen.id if seen else None) or self._grown(seen.partitions if seen else 0)

    def _grown(self, count: int) -> str | None:
        before = self._partitions
        self._partitions = max(before, count)
        if not before or count <= before:
            return None
        return f"partitions were added to its input topic {self._topic} ({before}, now {count}) while it was read"

    def _id_changed(self, id_: str | None) -> str | None:
        before, missed = self._id, self._missed
        self._missed = id_ is None
        if before is None or (before == UNTOLD and id_ is not None):
            self._id = id_
            return None
        # A broker that has just started may not know its topics yet, and one that is busy may not tell: look again.
        if id_ in (before, UNTOLD) or (id_ is None and not missed):
            return None
        became = "deleted" if id_ is None else "deleted and made again"
        return f"its input topic {self._topic} was {became} while it was read"


class Watchdog:
    """Looks every two seconds and keeps the verdict. Ends the process once it was stalled for ``limit`` seconds, or
    its input topic is another."""

    def __init__(
        self,
        stage: Stage,
        *,
        client: dict[str, Any],
        group: str,
        topic: str,
        status: Callable[[], Status],
        metrics: Metrics,
        stalled_after: float,
        limit: float,
    ) -> None:
        self.verdict = Readiness(stalled_after=stalled_after)
        self._stage: Stage = stage
        self._one = OneTopic(topic)
        self._client, self._group, self._topic = client, group, topic
        self._status, self._metrics, self._limit = status, metrics, limit
        self._admin: AIOKafkaAdminClient | None = None
        self._consumer: AIOKafkaConsumer | None = None

    async def run(self) -> None:
        try:
            while True:
                await self._look()
                await asyncio.sleep(_PERIOD)
        finally:
            await self._disconnect()

    async def _look(self) -> None:
        status = self._status()
        committed: dict[int, int] | None = None
        ends: dict[int, int] | None = None
        try:
            committed, ends = await asyncio.wait_for(self._ask(status.partitions), _PATIENCE)
        except (KafkaError, OSError, TimeoutError):
            await self._disconnect()
        look = ProgressSample(at=time.monotonic(), committed=committed, ends=ends)
        self.verdict.note(look, assigned=status.joined, restoring=status.restoring, worked_at=status.worked_at)
        self._metrics.set_one("streams_stage_state", "state", self.verdict.state, get_args(State), stage=self._stage)
        self._metrics.set("streams_lag_records", self.verdict.lag, stage=self._stage)
        self._metrics.set("streams_progress_age_seconds", self.verdict.unwell_for, stage=self._stage)
        if self.verdict.unwell_for > self._limit:
            silent = "the broker does not answer" if ends is None else f"lag {self.verdict.lag}, no commit"
            logger.critical(
                "%s is stalled: %s for %.0f s (limit %.0f s); ending so that it is started again",
                self._stage, silent, self.verdict.unwell_for, self._limit,
            )  # fmt: skip
            logging.shutdown()
            # A broker that is away is not this stage's failure: the supervisor waits for it.
            os._exit(BROKER_AWAY if ends is None else 1)

    async def _ask(self, partitions: set[int]) -> tuple[dict[int, int], dict[int, int]]:
        if self._admin is None or self._consumer is None:
            self._admin = AIOKafkaAdminClient(**self._client)
            self._consumer = AIOKafkaConsumer(**self._client, enable_auto_commit=False)
            await self._admin.start()
            await self._consumer.start()
        changed = self._one.note(await shape(self._admin, self._topic))
        if changed:
            logger.critical(
                "%s stops: %s; the next start looks at it anew (docs/how-to/operate.md#when-topics-change)",
                self._stage, changed,
            )  # fmt: skip
            logging.shutdown()
            os._exit(1)
        where = [TopicPartition(self._topic, partition) for partition in sorted(partitions)]
        if not where:
            await self._admin.describe_cluster()
            return {}, {}
        found = await offsets.committed(self._admin, self._group, where)
        ends = await self._consumer.end_offsets(where)
        committed = {tp.partition: found.get(tp.partition, 0) for tp in where}
        return committed, {tp.partition: end for tp, end in ends.items()}

    async def _disconnect(self) -> None:
        admin, consumer, self._admin, self._consumer = self._admin, self._consumer, None, None
        for close in (admin and admin.close, consumer and consumer.stop):
            if close:
                with contextlib.suppress(KafkaError, OSError, TimeoutError):
                    await asyncio.wait_for(close(), 1)
