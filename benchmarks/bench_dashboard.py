"""The dashboard under load: 10,000 stories, 50 decisions a second, 200 open event streams.

Measures, from outside the process, the list page's time to answer, the time from a decision's acknowledgement by the
broker to its arrival on an open stream, the process's resident memory, and how long a first start and one that finds
the index of the last take to hold the whole log, with the processor time of each. The broker is the embedded one, and
everything shares this machine: the figures are upper bounds.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import time
from collections import defaultdict, deque
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import click
import httpx
import newsmaker
from aiokafka import AIOKafkaProducer
from stage import Stage, send_decision, stage

from streams.contracts import codec

#: What the dashboard is built to keep.
LIST_MS, SCREEN_S, RSS_MB = 100.0, 1.0, 400.0


class Load:
    """One run's counters."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = defaultdict(int)
        self.waiting: dict[str, deque[tuple[int, float]]] = defaultdict(deque)
        self.screen: list[float] = []
        self.list: list[float] = []
        self.messages: list[int] = []


@click.command()
@click.option("--stories", default=10_000, show_default=True)
@click.option("--articles", default=20_000, show_default=True, help="Decisions in the log before the load.")
@click.option("--rate", default=50, show_default=True, help="Decisions a second.")
@click.option("--streams", default=200, show_default=True, help="Open event streams.")
@click.option("--seconds", default=20, show_default=True)
def main(stories: int, articles: int, rate: int, streams: int, seconds: int) -> None:
    """Print the figures, one a line, each with what was asked for."""
    with stage(streams=streams) as running:
        asyncio.run(_run(running, stories, articles, rate, streams, seconds))
        for how, fresh in (("from the kept index", False), ("reading the whole log", True)):
            started = time.monotonic()
            read = asyncio.run(_restarted(running, fresh=fresh))
            took = time.monotonic() - started
            print(
                f"started {how}: {read:,} records read in {took:.1f} s, {_cpu(running.process.pid):.1f} s of processor"
            )


async def _run(running: Stage, stories: int, articles: int, rate: int, streams: int, seconds: int) -> None:
    load = Load()
    producer = AIOKafkaProducer(bootstrap_servers=running.settings.bootstrap_servers, linger_ms=0)
    await producer.start()
    async with httpx.AsyncClient(base_url=running.url, timeout=30, limits=httpx.Limits(max_connections=None)) as client:
        try:
            started = time.monotonic()
            for decision in newsmaker.decisions(articles, stories, now=datetime.now(UTC)):
                load.sizes[decision.events[0].story_id] += 1
                await send_decision(producer, running.settings.topic_prefix, decision, decision.number)
            await producer.flush()
            await _caught_up(client, f"0.{articles - 1}")
            print(f"read {articles:,} decisions into {stories:,} stories in {time.monotonic() - started:.1f} s")
            print(f"resident memory, idle: {_rss(running.process.pid):.0f} MB")
            quiet: list[float] = []
            await _ask(client, quiet, until=time.monotonic() + 5)
            _say("list page, idle, p95", _percentile(quiet, 0.95) * 1000, LIST_MS, "ms")
            ends = time.monotonic() + seconds
            held = [asyncio.create_task(_hold(client, load, probe=number == 0)) for number in range(streams)]
            await _all_open(client, streams)
            await asyncio.gather(
                _publish(producer, running.settings.topic_prefix, load, rate, articles, stories, ends),
                _ask(client, load.list, until=ends),
            )
            await asyncio.sleep(2)
            alive = sum(not task.done() for task in held)
            for task in held:
                if task.done() and task.exception() is not None:
                    raise RuntimeError("a stream broke off") from task.exception()
            for task in held:
                task.cancel()
            await asyncio.gather(*held, return_exceptions=True)
        finally:
            await producer.stop()
    lost = sum(len(each) for each in load.waiting.values())
    print(f"{rate} decisions a second for {seconds} s, {streams} streams: {alive} held to the end")
    print(f"seen on screen: {len(load.screen):,}, not seen: {lost}; messages a stream: {min(load.messages)} or more")
    _say("list page, under load, p50", _percentile(load.list, 0.5) * 1000, LIST_MS, "ms")
    _say("list page, under load, p95", _percentile(load.list, 0.95) * 1000, LIST_MS, "ms")
    if not load.screen:
        raise RuntimeError("no decision was seen on the open stream")
    _say("event to screen, p95", _percentile(load.screen, 0.95), SCREEN_S, "s")
    _say("event to screen, longest", max(load.screen), SCREEN_S, "s")
    _say("resident memory, peak", _rss(running.process.pid, "VmHWM"), RSS_MB, "MB")


async def _publish(
    producer: AIOKafkaProducer, prefix: str, load: Load, rate: int, number: int, stories: int, ends: float
) -> None:
    chance = random.Random(1)
    due = time.monotonic()
    while time.monotonic() < ends:
        story = min(int(chance.paretovariate(0.3)) - 1, stories - 1)
        decision = newsmaker.decision(number, story, created=False, at=datetime.now(UTC), chance=chance)
        id_ = decision.events[0].story_id
        load.sizes[id_] += 1
        load.waiting[id_].append((load.sizes[id_], time.monotonic()))
        await send_decision(producer, prefix, decision, number + 1)
        number += 1
        due += 1 / rate
        await asyncio.sleep(max(0.0, due - time.monotonic()))


async def _ask(client: httpx.AsyncClient, times: list[float], *, until: float) -> None:
    """Load the list page ten times a second, as a whole and as the browser does: compressed."""
    while time.monotonic() < until:
        started = time.monotonic()
        answer = await client.get("/", headers={"accept-encoding": "gzip"})
        assert answer.status_code == 200, answer.status_code
        times.append(time.monotonic() - started)
        await asyncio.sleep(0.1)


async def _hold(client: httpx.AsyncClient, load: Load, *, probe: bool) -> None:
    """Keep a stream open. The probe looks into every message; the others count theirs."""
    at = len(load.messages)
    load.messages.append(0)
    async with client.stream("GET", "/live", timeout=None) as stream:
        async for line in stream.aiter_lines():
            if not line.startswith("data: "):
                continue
            load.messages[at] += 1
            if not probe:
                continue
            now = time.monotonic()
            for row in codec.loads(line[6:]).get("rows", ()):
                waiting = load.waiting[row["id"]]
                while waiting and waiting[0][0] <= row["counts"][0]:
                    load.screen.append(now - waiting.popleft()[1])


async def _caught_up(client: httpx.AsyncClient, position: str) -> None:
    deadline = time.monotonic() + 300
    while (await client.get("/api/v1/health")).json()["position"] != position:
        if time.monotonic() > deadline:
            raise RuntimeError("the dashboard did not read the log in time")
        await asyncio.sleep(0.5)


async def _restarted(running: Stage, *, fresh: bool) -> int:
    """Start the dashboard again and wait until it is where it was; how many records it read for that."""
    async with httpx.AsyncClient(timeout=30) as client:
        position = (await client.get(f"{running.url}/api/v1/health")).json()["position"]
    await asyncio.to_thread(running.restart, fresh=fresh)
    async with httpx.AsyncClient(base_url=running.url, timeout=30) as client:
        await _caught_up(client, position)
        return int((await client.get("/api/v1/health")).json()["index"]["records_read"])


async def _all_open(client: httpx.AsyncClient, streams: int) -> None:
    deadline = time.monotonic() + 30
    while f"{streams} open stream" not in (await client.get("/health/stages")).text:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{streams} streams could not be opened")
        await asyncio.sleep(0.2)


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def _rss(pid: int, field: str = "VmRSS") -> float:
    """Resident memory in MB, now or (``VmHWM``) at its highest."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split(f"{field}:")[1].split()[0]) * 1024 / 1e6


def _cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _say(what: str, value: float, most: float, unit: str) -> None:
    digits = 0 if value >= 10 else 2
    print(f"{what}: {value:.{digits}f} {unit} ({'holds' if value <= most else 'MISSES'}: at most {most:g} {unit})")


if __name__ == "__main__":
    main()
