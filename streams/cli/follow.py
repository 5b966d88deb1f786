"""`streams follow` and `streams sources`: the web's feeds, sitemaps and pages to Kafka."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streams import logs
from streams.cli.cluster import require_cluster
from streams.cli.console import announce, paper, say, silence, write_line
from streams.contracts import codec
from streams.settings import Settings, load

if TYPE_CHECKING:
    from streams.follow.check import SourceHealth
    from streams.follow.sources import Source

_lists = click.argument(
    "lists", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="LIST..."
)
#: Some sources can be followed, others not. 1: none can.
SOME_FAILING = 3


@click.command()
@_lists
@click.option(
    "--http-port", default=0, type=click.IntRange(0, 65535), help="Serve /metrics at STREAMS_HTTP_HOST; 0: do not."
)
def follow(lists: tuple[Path, ...], http_port: int) -> None:
    """Follow feeds, news sitemaps and pages, and send every new, changed or vanished article to Kafka, until SIGTERM or
    Ctrl-C.

    \b
    LIST is .toml ([[source]] with url, name, language, kind), .opml, or a folder of such files.
    A source is an RSS, Atom or JSON Feed, a sitemap, or (kind = "page") a single page.

    Run it as often as you like with the same lists: followers share the sources, and when one ends the others go on
    with its part. What they know is in a Kafka topic; nothing is kept on this machine.

    robots.txt, crawl delays and Retry-After are kept to. How fast, how often, through which proxy and under which name
    it asks are settings (STREAMS_FOLLOW_...).
    """
    settings = load()
    logs.configure("follow", settings.log_level, settings.log_format, settings.secret_values)
    silence("aiokafka", "asyncio")
    sources = _read(lists)

    async def run() -> None:
        from prometheus_client import start_http_server

        from streams.follow.members import follow as follow_sources
        from streams.kafka.access import FOLLOWS
        from streams.metrics import Metrics

        metrics = Metrics()
        await require_cluster(settings, FOLLOWS)
        if http_port:
            start_http_server(http_port, settings.http_host, registry=metrics.registry)
        task = asyncio.ensure_future(follow_sources(settings, sources, metrics))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        announce(settings, f"following {len(sources)} sources as {settings.follow_agent} (Ctrl-C stops)")
        await task

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        announce(settings, "stopped")


@click.group()
def sources() -> None:
    """Lists of what `streams follow` follows."""


@sources.command()
@_lists
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object a source.")
def check(lists: tuple[Path, ...], as_json: bool) -> None:
    """Ask every source once, and for one page of it: whether it can be followed, what it lists, and what is wrong.

    Needs no Kafka. Exit codes: 0 all can be followed, 3 some, 1 none.
    """
    found = asyncio.run(_check(load(), _read(lists)))
    if as_json:
        for each in found:
            write_line(codec.encode(dataclasses.asdict(each)))
    else:
        _print(found)
    well = sum(each.state == "ok" for each in found)
    say(f"{well} of {len(found)} sources can be followed")
    if well < len(found):
        raise click.exceptions.Exit(SOME_FAILING if well else 1)


async def _check(settings: Settings, listed: list[Source]) -> list[SourceHealth]:
    from streams.follow.addresses import Resolver
    from streams.follow.check import check as check_sources
    from streams.follow.fetch import Fetcher
    from streams.follow.pace import WallClock
    from streams.follow.parsing import ListingParser

    resolver, parser = Resolver(), ListingParser()
    fetcher = Fetcher(settings, resolver, WallClock())
    try:
        return await check_sources(listed, fetcher, parser)
    finally:
        await fetcher.aclose()
        await parser.close()
        resolver.close()


def _read(lists: tuple[Path, ...]) -> list[Source]:
    from streams.follow.sources import read_sources

    return read_sources(lists)


def _print(found: list[SourceHealth]) -> None:
    from rich.table import Table
    from rich.text import Text

    from streams.seed.folders import printable

    table = Table(box=None, pad_edge=False)
    for head in ("source", "state", "kind", "entries", "newest", "seconds", "what is wrong"):
        table.add_column(head)
    for each in found:
        row = (each.name, each.state, each.kind or "", each.entries, each.newest or "", each.seconds, each.said)
        table.add_row(*(Text(printable(cell, 160)) for cell in row))
    paper().print(table)
