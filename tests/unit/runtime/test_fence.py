"""A worker that was paused past its session: its partitions are another's by now, and it writes nothing more."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from types import SimpleNamespace
from typing import Any, cast

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.metadata import MetadataRequest
from aiokafka.protocol.produce import ProduceRequest
from log_in_memory import Log, cluster_stage, drive, message, tagged

from streams.contracts.topology import STATE_CLUSTER, STORIES, STORY_EVENTS
from streams.metrics import Metrics
from streams.runtime.faust import fence
from streams.runtime.faust.app import create_app
from streams.runtime.faust.batches import Batches
from streams.runtime.faust.ending import die
from streams.runtime.faust.fence import FencedError
from streams.runtime.pauses import Pauses
from streams.runtime.tracing import Untraced
from streams.settings import load

BATCH = [message("articles.tagged", offset, tagged(offset)) for offset in range(4)]


class Worker:
    """A worker of the group's first generation, as far as a batch needs one, over a log that outlives it.

    ``moved_after``: how many phases it publishes until it is paused and the group goes on to the next generation.
    """

    def __init__(self, log: Log, *, moved_after: int, pauses: Pauses | None = None) -> None:
        self.log, self.left = log, moved_after
        self.stage, self.metrics = cluster_stage(log), Metrics()
        self.publisher, self.tracing = self, Untraced()
        self.gaps = SimpleNamespace(check=self._no_gaps)
        self.pauses = pauses or Pauses(20.0)
        self.released: list[int] = []

    @property
    def consumer_generation_id(self) -> int:
        return 1 if self.left > 0 else 2

    async def publish(self, phase) -> None:
        self.log.take(phase)
        self.left -= bool(phase)

    async def _no_gaps(self, batch) -> None:
        del batch

    async def work(self) -> None:
        batches = Batches(cast(Any, self))
        await batches.take([self._event(each) for each in BATCH])
        await batches.settled()

    def _event(self, each):
        about = SimpleNamespace(
            topic=each.topic, partition=each.partition, offset=each.offset, key=each.key, value=each.value,
            headers=each.headers, timestamp=each.at.timestamp(), generation_id=1,
        )  # fmt: skip
        return SimpleNamespace(message=about, release=lambda: self.released.append(each.offset))


async def calm() -> Log:
    log = Log()
    await drive(cluster_stage(log), log, BATCH)
    return log


async def test_nothing_is_written_once_the_partitions_are_another_workers(log):
    worker = Worker(log, moved_after=0)
    with pytest.raises(FencedError, match="may be another's by now"):
        await worker.work()
    assert log.published == []
    assert worker.released == []


@pytest.mark.parametrize("phases", [1, 2])
async def test_the_check_stands_before_every_phase(log, phases):
    """Paused after the row of the input's life, then after the decisions: what follows from them is not written."""
    worker = Worker(log, moved_after=phases)
    with pytest.raises(FencedError):
        await worker.work()
    assert len(log.on(STORY_EVENTS.name)) == (0 if phases == 1 else len(BATCH))
    assert log.on(STORIES.name) == []
    assert len(log.on(STATE_CLUSTER.name)) == 1
    assert worker.released == []


@pytest.mark.parametrize("phases", [0, 1, 2])
async def test_the_other_worker_goes_on_as_if_nothing_had_been(log, phases):
    with pytest.raises(FencedError):
        await Worker(log, moved_after=phases).work()
    await drive(cluster_stage(log), log, BATCH)
    expected = await calm()
    assert [out.value for out in log.on(STORY_EVENTS.name)] == [out.value for out in expected.on(STORY_EVENTS.name)]
    assert {out.key: out.value for out in log.on(STORIES.name)} == {
        out.key: out.value for out in expected.on(STORIES.name)
    }
    state = STATE_CLUSTER.full_name("news")
    assert await log.rows(state, 0) == await expected.rows(state, 0)


def test_a_fenced_worker_ends_with_a_code_that_has_it_started_again(monkeypatch, caplog):
    codes: list[int] = []
    monkeypatch.setattr(os, "_exit", codes.append)
    monkeypatch.setattr(logging, "shutdown", lambda: None)
    die("cluster", FencedError())
    assert codes == [1]
    assert "cluster stops: FencedError: this worker stood still" in caplog.text


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_a_pause_is_known_before_the_group_tells_of_it(log):
    """The generation is the old one still: what the worker knows is not."""
    clock = Clock()
    pauses = Pauses(20.0, clock=clock)
    pauses.begin()
    worker = Worker(log, moved_after=99, pauses=pauses)
    clock.now += 20.5
    with pytest.raises(FencedError):
        await worker.work()
    assert log.published == []


def test_a_pause_counts_from_the_first_assignment_on_and_for_good() -> None:
    clock = Clock()
    pauses = Pauses(20.0, clock=clock)
    assert not pauses.found()
    clock.now += 99
    assert not pauses.found(), "nothing was assigned yet"
    pauses.begin()
    for _ in range(5):
        clock.now += 19
        assert not pauses.found()
    clock.now += 21
    assert pauses.found()
    clock.now += 1
    pauses.begin()
    assert pauses.found(), "neither looking at it nor a new assignment ends it"


def test_a_process_that_was_stopped_finds_its_pause_and_a_busy_one_finds_none() -> None:
    code = """
import sys, time
from streams.runtime.pauses import Pauses
from streams.runtime.tracing import Untraced
from streams.settings import load
pauses = Pauses(1.0)
pauses.begin()
deadline = time.monotonic() + 1.5
while time.monotonic() < deadline:  # as a loop does that is busy with a batch
    pass
print(pauses.found(), flush=True)
sys.stdin.readline()
print(pauses.found(), flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "False\n"
        process.send_signal(signal.SIGSTOP)
        time.sleep(1.5)
        process.send_signal(signal.SIGCONT)
        said, _ = process.communicate("\n", timeout=10)
    assert said == "True\n"


@pytest.mark.parametrize("paused", [False, True])
async def test_what_the_producer_holds_is_not_sent_after_a_pause(tmp_path, monkeypatch, paused):
    app = create_app(load(data_dir=tmp_path), "tag")
    app.finalize()
    ended, sent = [], []
    monkeypatch.setattr(fence, "die", lambda stage, error: ended.append((stage, type(error))))

    async def send(_, node_id, request):
        sent.append((node_id, type(request)))

    monkeypatch.setattr(AIOKafkaClient, "send", send)
    app.pauses = Pauses(20.0, clock=(clock := Clock()))
    app.pauses.begin()
    producer = app._new_producer()._new_producer()
    clock.now += 21 if paused else 1
    await producer.client.send(1, MetadataRequest([]))
    assert ended == []
    await producer.client.send(1, ProduceRequest(None, -1, 1000, []))
    assert ended == ([("tag", FencedError)] if paused else [])
    assert sent[0] == (1, MetadataRequest)
    await producer.stop()
