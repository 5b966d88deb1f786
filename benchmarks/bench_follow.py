"""What following costs: pages a second of one core, in steady state, against outlets that a second process plays.

The follower has its real fetcher, state and parsing; its log is in memory (what Kafka takes is in ``bench_delivery``).
Every outlet's list changes each time that it is asked, and names new pages; no pause is kept between a host's requests.
Figures are of the follower's processes alone: the loop, and the one that parses lists.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path

import machine
from aiohttp import web

from streams.contracts.records import RawArticle
from streams.follow.fetch import Fetcher, Outcome, Target
from streams.follow.parsing import ListingParser
from streams.follow.share import Share, Tools
from streams.follow.sources import Source
from streams.follow.state import Known, Rows
from streams.settings import load

#: New pages that a list names each time; and how many of its entries are known by then.
_NEW, _OLD = 5, 25


class PlayedClock:
    """Time in which sources are due at once: it runs 200 times as fast."""

    def time(self) -> float:
        return time.monotonic() * 200

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / 200)


class Counting:
    """Takes what is published and forgets it."""

    def __init__(self) -> None:
        self.pages = self.bytes = self.rows = 0

    async def publish(self, article: RawArticle) -> bool:
        self.pages += 1
        self.bytes += len(article.content or "")
        return True

    async def save(self, partition: int, rows: Rows) -> None:
        self.rows += len(rows)


def serve(ready: Connection, size: int) -> None:
    """The outlets: any host, ``/list`` and pages of ``size`` bytes."""
    asked: dict[str, int] = {}
    paragraph = "<p>" + "The harbour authority said that the quay would stay closed. " * 6 + "</p>\n"

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/robots.txt":
            return web.Response(status=404)
        if request.path == "/list":
            number = asked[request.host] = asked.get(request.host, 0) + 1
            newest = number * _NEW + _OLD
            items = "".join(
                f"<item><title>Quay {n}</title><link>http://{request.host}/{n}</link>"
                f"<description>{paragraph[:300].replace('<', '&lt;')}</description></item>"
                for n in range(newest, newest - _NEW - _OLD, -1)
            )
            return web.Response(text=f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>')
        body = f"<!doctype html><html><head><title>{request.path}</title></head><body>{request.path}"
        body += paragraph * (size // len(paragraph))
        return web.Response(text=body, content_type="text/html", headers={"ETag": f'"{request.path}"'})

    async def run() -> None:
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1000)
        await site.start()
        ready.send(runner.addresses[0][1])
        await asyncio.Event().wait()

    asyncio.run(run())


async def loopback(host: str, port: int) -> list[str]:
    """Every name leads to this machine."""
    del host, port
    return ["127.0.0.1"]


def used(pid: int) -> float:
    """Seconds of processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def follow(port: int, outlets: int, seconds: float) -> dict[str, float]:
    settings = load(follow_private=True, follow_delay=0, follow_soonest=10, follow_latest=600)
    requests: dict[str, int] = {}

    def told(target: Target, outcome: Outcome, size: int) -> None:
        del size
        key = f"{target} {outcome}"
        requests[key] = requests.get(key, 0) + 1

    clock, log, parser = PlayedClock(), Counting(), ListingParser()
    fetcher = Fetcher(settings, loopback, clock, told)
    sources = [Source(url=f"http://o{n}.test:{port}/list", name=f"Outlet {n}") for n in range(outlets)]
    tools = Tools(settings=settings, fetcher=fetcher, parse=parser, log=log, clock=clock)
    task = asyncio.ensure_future(Share(0, sources, Known(), tools).run())
    while log.pages < outlets * _OLD:  # what every list had at first is no steady state
        await asyncio.sleep(0.1)
        assert not task.done()
    parsing = parser._pool.pids
    before, began = log.pages, time.monotonic()
    own, parsed = time.process_time(), sum(map(used, parsing))
    await asyncio.sleep(seconds)
    pages, elapsed = log.pages - before, time.monotonic() - began
    own, parsed = time.process_time() - own, sum(map(used, parsing)) - parsed
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await fetcher.aclose()
    await parser.close()
    print(json.dumps(requests))
    return {
        "pages": pages,
        "pages_per_second": round(pages / elapsed, 1),
        "loop_cpu_seconds": round(own, 2),
        "parser_cpu_seconds": round(parsed, 2),
        "pages_per_core_second": round(pages / (own + parsed), 1),
        "pages_per_core_hour": round(3600 * pages / (own + parsed)),
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--outlets", type=int, default=40)
    options.add_argument("--seconds", type=float, default=20)
    options.add_argument("--page-bytes", type=int, default=100_000)
    arguments = options.parse_args()
    here, there = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(there, arguments.page_bytes), daemon=True)
    server.start()
    try:
        found = asyncio.run(follow(here.recv(), arguments.outlets, arguments.seconds))
    finally:
        server.kill()
        server.join()
    about = machine.describe()
    print(f"{about['processor']}, {about['cores']} cores, Python {about['python']}, {about['commit']}")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
