"""The newest alerts, read from their topic when a feed asks for them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from aiokafka.errors import KafkaError

from streams.contracts import codec
from streams.contracts.records import Alert
from streams.contracts.topology import ALERTS
from streams.kafka.log_reader import LogReader
from streams.settings import Settings

#: Records of each partition that are looked at; seconds for which they are taken as known, and that a reader waits.
_TAIL, _KNOWN_FOR, _PATIENCE = 200, 15.0, 3.0


async def no_alerts() -> Sequence[Alert]:
    """For a dashboard without Kafka."""
    return ()


class RecentAlerts:
    """Call it for the newest alerts, each once, the newest first; what was known last where Kafka is away."""

    def __init__(self, settings: Settings) -> None:
        self._reader, self._topic = LogReader(settings), ALERTS.full_name(settings.topic_prefix)
        self._known: tuple[Alert, ...] = ()
        self._at = float("-inf")
        self._turn = asyncio.Lock()

    async def __call__(self) -> Sequence[Alert]:
        async with self._turn:
            if time.monotonic() - self._at >= _KNOWN_FOR:
                try:
                    async with asyncio.timeout(_PATIENCE):
                        self._known = await self._read()
                except (KafkaError, OSError, TimeoutError):
                    pass  # nobody's feed is worse for it than it was
                self._at = time.monotonic()
        return self._known

    async def _read(self) -> tuple[Alert, ...]:
        found: dict[str, Alert] = {}
        for partition, (start, end) in (await self._reader.spans(self._topic)).items():
            async for _, value in self._reader.values(self._topic, partition, max(start, end - _TAIL)):
                try:
                    alert = codec.decode(Alert, value)
                except codec.DecodeError:
                    continue
                found.setdefault(alert.id, alert)
        return tuple(sorted(found.values(), key=lambda alert: (alert.at, alert.id), reverse=True))
