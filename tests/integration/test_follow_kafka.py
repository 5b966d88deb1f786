"""Two followers on a real Kafka share the sources; one is killed, and the other goes on with its part."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from outlets import Answer, Outlets, Paper, page, rss

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topology import ARTICLES_RAW, STATE_FOLLOW
from streams.follow.members import partition_of
from streams.follow.sources import Source
from streams.follow.state import Known
from streams.kafka.log_reader import LogReader
from streams.settings import Settings

HOSTS = tuple(f"127.0.0.{n}" for n in range(2, 10))
ARTICLES = 6


@contextmanager
def follower(settings: Settings, sources: Path, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """`streams follow` in a process of its own; ``log`` has what it says."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("STREAMS_")},
        "STREAMS_BROKER": settings.broker,
        "STREAMS_TOPIC_PREFIX": settings.topic_prefix,
        "STREAMS_SESSION_TIMEOUT": "6",
        "STREAMS_FOLLOW_PRIVATE": "true",
        "STREAMS_FOLLOW_DELAY": "0.5",
    }
    command = [sys.executable, "-m", "streams", "follow", str(sources)]
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            yield process
        finally:
            process.kill()


async def reached(true: Callable[[], bool], log: Path, seconds: float = 60) -> None:
    """Return when something has become true; fails with what the follower said."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(await asyncio.to_thread(log.read_text))
        await asyncio.sleep(0.1)


async def test_one_follower_of_two_is_killed(settings: Settings, tmp_path: Path) -> None:
    async with Outlets(hosts=HOSTS) as site:
        for host in HOSTS:
            paths = [f"/{n}" for n in range(ARTICLES)]
            links = [site.url(host, path) for path in paths]
            site.plays[host] = Paper(rss, links, {path: Answer(body=page(f"{host}{path}")) for path in paths})
        sources = [Source(url=site.url(host, "/list"), name=host) for host in HOSTS]
        listed = tmp_path / "sources.toml"
        listed.write_text("".join(f"[[source]]\nurl = '{each.url}'\nname = '{each.name}'\n" for each in sources))
        assert {partition_of(each, 2) for each in sources} == {0, 1}
        logs = tmp_path / "first.log", tmp_path / "second.log"
        with follower(settings, listed, logs[0]) as first:
            await reached(lambda: b"following partitions 0, 1" in logs[0].read_bytes(), logs[0])
            with follower(settings, listed, logs[1]) as second:
                await reached(lambda: b"following partitions" in logs[1].read_bytes(), logs[1])
                # In the middle of its work, whatever it is at.
                begun = len(site.requests)
                await reached(lambda: len(site.requests) > begun + 8, logs[0])
                first.send_signal(signal.SIGKILL)
                asked = {(each.host, each.path) for each in site.requests}
                wanted = {(host, path) for host in HOSTS for path in ("/list", *paths)}
                assert wanted - asked, "there was nothing left to do: the test shows nothing"

                def done() -> bool:
                    return wanted <= {(each.host, each.path) for each in site.requests}

                await reached(done, logs[1])
                # What was fetched last is acknowledged and noted before the end that is asked for.
                await asyncio.sleep(1)
                second.send_signal(signal.SIGTERM)
                await asyncio.to_thread(second.wait, 30)
        assert "stopped" in logs[1].read_text()

        reader = LogReader(settings)
        sent: Counter[str] = Counter()
        pages = 0
        for partition in range(settings.partitions):
            async for _, value in reader.values(ARTICLES_RAW.full_name(settings.topic_prefix), partition):
                sent[codec.decode(RawArticle, value).url or ""] += 1
            known = Known.restored(await reader.rows(STATE_FOLLOW.full_name(settings.topic_prefix), partition))
            assert {partition_of(Source(url=url, name="x"), 2) for url in known.sources} <= {partition}
            pages += len(known.pages)
        assert set(sent) == {site.url(host, path) for host, path in wanted if path != "/list"}
        assert pages == len(sent)
        # Each lane of the killed one may have been at one page; a list that it had not finished is read again.
        again = Counter(url for url, count in sent.items() for _ in range(count - 1))
        by_host = Counter(url.split("/")[2] for url in again.elements())
        assert max(by_host.values(), default=0) <= 2, again
