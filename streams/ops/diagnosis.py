"""What a pipeline needs, looked at one by one: what is there, what is missing, and the one thing that mends it.

``on_this_machine`` asks no network, ``on_the_cluster`` only the cluster. Nothing is changed by either.
"""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from streams.contracts.topics import prefixed
from streams.contracts.topology import ARTICLES_RAW, STAGES, TOPOLOGY
from streams.kafka import durability, provision
from streams.kafka.errors import BrokerError
from streams.kafka.log_reader import LogReader
from streams.models.store import WeightsError
from streams.ops import state_check
from streams.pipeline import create_tagger
from streams.settings import Settings

Verdict = Literal["ok", "warn", "BAD"]

#: Open files that a worker may need: a socket a broker and partition read, its libraries, its pool's pipes.
_FILES = 1024
#: Free bytes under the data folder, below which it is full, and below which it soon is: the dashboard's index of 20,000
#: stories takes 150 MB.
_FULL, _TIGHT = 50_000_000, 1_000_000_000
#: Bytes that a stage's own process holds beside its pool's, roughly.
_OWN_MEMORY = 500_000_000
#: Seconds by which a record may come from the future: clocks of a cluster agree far better.
_AHEAD = 60.0
#: How often a new cluster is asked for its groups, a second apart: it makes a topic for them first.
_TRIES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found. ``fix`` says what to do, empty where all is well."""

    check: str
    verdict: Verdict
    detail: str
    fix: str = ""


def ok(check: str, detail: str) -> Finding:
    return Finding(check=check, verdict="ok", detail=detail)


def bad(check: str, detail: str, fix: str) -> Finding:
    return Finding(check=check, verdict="BAD", detail=detail, fix=fix)


def warn(check: str, detail: str, fix: str) -> Finding:
    return Finding(check=check, verdict="warn", detail=detail, fix=fix)


def of_settings(error: ValueError) -> Finding:
    """Settings that cannot work; the error names the variable and what would do."""
    return bad("settings", str(error), "set the variable as said (docs/reference/settings.md)")


def on_this_machine(settings: Settings) -> Iterator[Finding]:
    """Interpreter, open files, data folder, disk, memory, port, weights."""
    yield ok("settings", f"broker {settings.broker}, prefix {settings.topic_prefix}")
    yield ok("python", f"{sys.version.split()[0]} on {sys.platform}")
    yield _files()
    yield _data(settings.data_dir)
    yield _memory(settings)
    if settings.http_port:
        yield _ports(settings)
    yield _weights(settings)


def _files() -> Finding:
    most, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= most < _FILES:
        raised = (
            f"ulimit -n {_FILES}" if hard < 0 or hard >= _FILES else "the service's LimitNOFILE, or the container's"
        )
        return bad("files", f"{most} open files at most; a worker may need {_FILES}", f"raise the limit: {raised}")
    return ok("files", "any number of open files" if most < 0 else f"{most} open files at most")


def _data(folder: Path) -> Finding:
    place = folder
    while not place.exists() and place != place.parent:
        place = place.parent
    if not place.is_dir():
        return bad("data", f"{place} is no folder", "set STREAMS_DATA_DIR to a folder, or move the file away")
    if not os.access(place, os.W_OK | os.X_OK):
        return bad(
            "data", f"{place} cannot be written", "give this user the folder, or set STREAMS_DATA_DIR to another"
        )
    free = shutil.disk_usage(place).free
    said = f"{free // 1_000_000} MB free in {place}"
    fix = "make room, or set STREAMS_DATA_DIR to another disk"
    if free < _FULL:
        return bad("data", said, fix)
    return warn("data", said, fix) if free < _TIGHT else ok("data", said)


def _memory(settings: Settings) -> Finding:
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    held = settings.pool_size * (settings.pool_memory_bytes or 0) + _OWN_MEMORY
    said = f"a stage may take {held // 1_000_000} MB; this machine has {there // 1_000_000} MB"
    if held > there:
        return warn("memory", said, "lower STREAMS_POOL_WORKERS or STREAMS_POOL_MEMORY")
    return ok("memory", said)


def _ports(settings: Settings) -> Finding:
    """Only whether they can be had: a worker that runs has them, which is as well."""
    ports = range(settings.http_port, settings.http_port + len(STAGES))
    taken = []
    for port in ports:
        try:
            with socket.socket() as one:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                one.bind((settings.http_host, port))
        except OSError:
            taken.append(str(port))
    if taken:
        detail = f"{', '.join(taken)} on {settings.http_host} cannot be had: taken, or not this machine's address"
        return warn("ports", detail, "where no worker of ours has them: set STREAMS_HTTP_PORT or STREAMS_HTTP_HOST")
    return ok("ports", f"{ports[0]} to {ports[-1]} are free")


def _weights(settings: Settings) -> Finding:
    try:
        create_tagger(backend=settings.ner_backend, models_dir=settings.models_dir)
    except WeightsError as error:
        return bad("models", str(error), "streams models install")
    except (OSError, ValueError) as error:
        return bad("models", str(error), "set STREAMS_NER_BACKEND to one that there is, or leave it out")
    return ok("models", "weights are there and whole")


async def on_the_cluster(settings: Settings) -> AsyncIterator[Finding]:
    """Broker and login, topics, durability, state, workers, clocks."""
    try:
        changes = await provision.plan(settings)
        risks = await durability.risks(settings)
    except BrokerError as error:
        yield bad("broker", str(error), "start the broker, or set STREAMS_BROKER and the security settings as said")
        return
    yield ok("broker", f"answers at {settings.broker}")
    wrong = [change for change in changes if change.action != "note"]
    if wrong:
        detail = "; ".join(f"{change.topic}: {change.action}" for change in wrong)
        grown = any(change.action == "partitions" for change in wrong)
        fix = "docs/how-to/operate.md#when-topics-change" if grown else "streams topics plan, then streams topics apply"
        yield bad("topics", detail, fix)
    else:
        yield ok("topics", "as the table says")
    for risk in risks:
        yield warn("durable", risk, "STREAMS_REPLICATION=3 on three brokers; then streams topics plan")
    if any(change.action == "create" for change in changes):
        return
    looks: dict[str, Callable[[Settings], Awaitable[list[Finding]]]]
    looks = {"state": _state, "workers": _workers, "clock": _clock}
    for check, look in looks.items():
        try:
            await _coordinators(settings)
            findings = await look(settings)
        except (KafkaError, OSError) as error:
            why = f"cannot be looked at: {error or type(error).__name__}"
            findings = [warn(check, why, "ask again; then the rights in docs/how-to/secure.md, and the broker's log")]
        for finding in findings:
            yield finding


async def _coordinators(settings: Settings) -> None:
    """Wait until the cluster knows of groups at all: a new one begins to when it is first asked."""
    for attempt in range(_TRIES):
        try:
            await LogReader(settings).members(prefixed(STAGES[0], settings.topic_prefix))
            return
        except GroupCoordinatorNotAvailableError:
            if attempt == _TRIES - 1:
                raise
            await asyncio.sleep(1.0)


async def _state(settings: Settings) -> list[Finding]:
    moved = [
        bad("state", sentence, "docs/how-to/operate.md#partitions-were-added-by-mistake-or-on-purpose")
        for sentence in await state_check.moved(settings)
    ]
    lost = [
        warn("state", sentence, "nothing: the stage mends it, from what the logs still hold")
        for sentence in await state_check.lost(settings)
    ]
    return moved + lost or [ok("state", "fits the topics")]


async def _workers(settings: Settings) -> list[Finding]:
    """A stage that has records waiting, of which none is committed, and no member in its group."""
    reader = LogReader(settings)
    idle = []
    for stage, row in TOPOLOGY.items():
        group, topic = prefixed(stage, settings.topic_prefix), row.input.full_name(settings.topic_prefix)
        if await reader.members(group):
            continue
        waiting = 0
        for partition, (start, end) in (await reader.spans(topic)).items():
            waiting += max(0, end - max(start, await reader.committed(group, topic, partition) or 0))
        if waiting:
            idle.append(
                warn("workers", f"no worker of {stage} runs; {waiting} records wait", f"streams worker {stage}")
            )
    return idle or [ok("workers", "no stage has records waiting and no worker")]


async def _clock(settings: Settings) -> list[Finding]:
    """The newest raw articles against our time: whoever writes them has a clock as well."""
    reader, topic = LogReader(settings), ARTICLES_RAW.full_name(settings.topic_prefix)
    newest = [(partition, end - 1) for partition, (start, end) in (await reader.spans(topic)).items() if end > start]
    # A consumer that has nothing to read cannot be stopped cleanly.
    picked = await reader.pick(topic, newest) if newest else {}
    times = [record.timestamp / 1000 for record in picked.values()]
    ahead = max(times, default=0.0) - time.time()
    if ahead > _AHEAD:
        detail = f"the newest raw article is of {ahead:.0f} s in the future"
        return [
            warn("clock", detail, "set the clock (NTP) here or where the crawler runs; timestamps are milliseconds")
        ]
    return [ok("clock", "no raw article is of the future")]
