"""A dashboard to look at: an embedded broker, topics, workers if wanted, and ``streams dashboard`` as a process."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaProducer

from streams.connection import reveal
from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import Alert, Decision, TaggedArticle
from streams.contracts.topology import ALERTS, PIPELINE
from streams.dashboard.web.editors import line_of
from streams.kafka import provision
from streams.kafka.local.embedded import EmbeddedBroker
from streams.runtime.faust.supervisor import Supervisor
from streams.settings import Settings, load
from streams.stages.cluster import Clusterer

#: Who may mend on a stage with ``mended``.
EDITOR, PASSWORD = "Mira Sand", "only for this stage"
#: Seconds for a process to get ready on a busy machine.
_PATIENCE = 60.0


@dataclass
class Stage:
    """What runs. ``url`` has no slash at its end."""

    settings: Settings
    broker: EmbeddedBroker
    url: str
    process: subprocess.Popen[str]

    def publish(self, articles: Iterable[TaggedArticle]) -> None:
        """Tagged articles and the decisions that the clusterer makes of them, as the workers would have sent them."""
        run(self._publish(list(articles)))

    def tagged(self, articles: Iterable[TaggedArticle]) -> None:
        """Tagged articles, for the workers to make stories of."""
        run(self._tagged(list(articles)))

    def restart(self, *, fresh: bool) -> None:
        """Stop the dashboard and start it again, at another ``url``; ``fresh``: without the index of the last."""
        _stop(self.process)
        self.process, self.url = _dashboard(self.settings, *(["--fresh"] if fresh else []))

    def streams(self, *arguments: str) -> None:
        """Run ``streams`` with these arguments on this broker."""
        command = [sys.executable, "-m", "streams", *arguments]
        subprocess.run(command, env=_env(self.settings), check=True, capture_output=True, timeout=_PATIENCE)

    def alert(self, watch: str, story_id: str, headline: str) -> None:
        """An alert of a watch, as the stage would have given it now."""
        now = datetime.now(UTC)
        told = Alert(
            id=f"{watch}-{story_id}", watch_id=watch, condition="x", story_id=story_id, at=now, headline=headline
        )
        run(self._send(ALERTS.full_name(self.settings.topic_prefix), told))

    async def _send(self, topic: str, record: object) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers) as producer:
            await producer.send_and_wait(topic, codec.encode(record), partition=0)

    async def _tagged(self, articles: list[TaggedArticle]) -> None:
        async with AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers) as producer:
            for article in articles:
                await producer.send_and_wait(f"{self.settings.topic_prefix}.articles.tagged", codec.encode(article))

    async def _publish(self, articles: list[TaggedArticle]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.bootstrap_servers)
        await producer.start()
        prefix, clusterer = self.settings.topic_prefix, Clusterer()
        try:
            for article in articles:
                sent = await producer.send_and_wait(f"{prefix}.articles.tagged", codec.encode(article), partition=0)
                decision = clusterer.decide(article)
                if decision is not None:
                    clusterer.apply(article, decision, sent.offset)
                    await send_decision(producer, prefix, decision, sent.offset)
        finally:
            await producer.stop()


def run(work: Coroutine[Any, Any, object]) -> None:
    """Run a coroutine to its end, in a thread of its own: Playwright's synchronous calls keep a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, work).result()


async def send_decision(producer: AIOKafkaProducer, prefix: str, decision: Decision, offset: int) -> None:
    """One record of the decision log, as if for the tagged article at ``offset`` of partition 0."""
    source = Position(topic=f"{prefix}.articles.tagged", partition=0, offset=offset)
    made = headers.make(Decision, decision.article_id, "cluster", position=source)
    await producer.send(f"{prefix}.story-events", codec.encode(decision), partition=0, headers=made)


@contextmanager
def stage(
    *, workers: bool = False, mended: bool = False, broker_port: int | None = None, streams: int = 32
) -> Iterator[Stage]:
    """Start it all and stop it all. ``mended``: ``EDITOR`` may mend; ``streams``: how many event streams this machine
    may hold open."""
    with tempfile.TemporaryDirectory(prefix="news-streams-stage-") as folder, EmbeddedBroker(broker_port) as broker:
        settings = load(
            broker=f"kafka://{broker.bootstrap}",
            partitions=1,
            data_dir=Path(folder) / "data",
            session_timeout=6.0,
            dashboard_streams=streams,
            editors=line_of(EDITOR, PASSWORD) if mended else None,
        )
        run(provision.apply(settings))
        supervisor = Supervisor(PIPELINE, env=_env(settings), log=Path(folder) / "workers.log") if workers else None
        if supervisor is not None:
            supervisor.start()
        try:
            process, url = _dashboard(settings)
            running = Stage(settings, broker, url, process)
            try:
                yield running
            finally:
                _stop(running.process)
        finally:
            if supervisor is not None:
                supervisor.stop()


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(15)
    assert process.stderr is not None
    process.stderr.close()


def _dashboard(settings: Settings, *options: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "streams", "dashboard", "--port", "0", *options]
    process = subprocess.Popen(command, env=_env(settings), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + _PATIENCE
    assert process.stderr is not None
    said = ""
    while time.monotonic() < deadline and (line := process.stderr.readline()):
        said += line
        if found := re.search(r"dashboard on (http://\S+)/ ", line):
            return process, found[1]
    process.kill()
    process.wait()
    raise RuntimeError(f"the dashboard did not start:\n{said}")


def _env(settings: Settings) -> dict[str, str]:
    editors = reveal(settings.editors)
    return (
        os.environ
        | ({"STREAMS_EDITORS": editors} if editors else {})
        | {
            "STREAMS_BROKER": settings.broker,
            "STREAMS_DATA_DIR": str(settings.data_dir),
            "STREAMS_SESSION_TIMEOUT": str(settings.session_timeout),
            "STREAMS_DASHBOARD_STREAMS": str(settings.dashboard_streams),
            "STREAMS_LOG_LEVEL": "WARNING",
            "OMP_NUM_THREADS": "1",
        }
    )
