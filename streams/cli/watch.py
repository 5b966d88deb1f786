"""`streams watch`: what somebody wants to be told of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, get_args

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import CommandError, paper, say, silence, write_line
from streams.contracts import codec
from streams.contracts.records import Digest, Story, Watch
from streams.settings import Settings, load
from streams.text import many

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_json = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
#: Stories that `test` names; `--json` names all.
_NAMED = 20


@click.group()
def watch() -> None:
    """Keep watches: queries that are asked of every story as it changes (docs/reference/query.md).

    `streams worker alert` asks them and publishes alerts; `streams notify` sends these to where a watch says.
    """


@watch.command()
@click.argument("name")
@click.argument("query")
@click.option("--sink", "sinks", multiple=True, metavar="KIND:ADDRESS", help="Where alerts go; may be given again.")
@click.option("--digest", type=click.Choice(get_args(Digest)), default="none", help="Together, instead of one by one.")
@click.option("--digest-hour", type=click.IntRange(0, 23), default=7, help="The hour of a daily digest.  [default: 7]")
@click.option("--quiet", default="", metavar="HH:MM-HH:MM", help="Hours in which nothing goes out.")
@click.option("--zone", default="UTC", metavar="ZONE", help="Their time zone, as Europe/Berlin.  [default: UTC]")
@_json
def add(
    *,
    name: str,
    query: str,
    sinks: tuple[str, ...],
    digest: Digest,
    digest_hour: int,
    quiet: str,
    zone: str,
    as_json: bool,
) -> None:
    """Keep the watch NAME, in place of one of that name, for what happens from now on.

    \b
    KIND is webhook, slack, teams or discord, with an address of the web, or mail:
      streams watch add harbour 'place:lindvik origins>=3 within 2h' --sink mail:desk@example.org
    """
    from streams.kafka import watches
    from streams.notify.sinks import MOST_SINKS, parse_sink
    from streams.notify.timing import quiet_hours
    from streams.notify.timing import zone as read_zone
    from streams.query import parse

    parse(query)
    quiet_hours(quiet)
    read_zone(zone)
    if len(sinks) > MOST_SINKS:
        raise watches.WatchError(f"a watch has at most {MOST_SINKS} sinks")
    kept = Watch(
        id=watches.check_name(name),
        query=query,
        created=datetime.now(UTC).replace(microsecond=0),
        sinks=tuple(f"{each.kind}:{each.address}" for each in map(parse_sink, sinks)),
        digest=digest,
        digest_hour=digest_hour,
        quiet=quiet,
        zone=zone,
    )
    asyncio.run(_keep(load(), kept))
    if as_json:
        write_line(codec.encode(kept))
    say(f"watching {name}" + ("" if sinks else "; its alerts go to the topic and the dashboard's feed only"))


@watch.command()
@_json
def ls(as_json: bool) -> None:
    """Print every watch."""
    found = asyncio.run(_kept(load()))
    if as_json:
        for each in found.values():
            write_line(codec.encode(each))
        return
    if not found:
        say("there are no watches: streams watch add NAME QUERY")
        return
    _print_watches(found.values())


@watch.command()
@click.argument("name")
def rm(name: str) -> None:
    """Keep the watch NAME no more. Alerts that it gave stay."""
    if not asyncio.run(_remove(load(), name)):
        raise CommandError(f"there is no watch {name[:70]!r}: streams watch ls names them")
    say(f"{name} is watched no more")


@watch.command()
@click.argument("name_or_query")
@_json
def test(name_or_query: str, as_json: bool) -> None:
    """Print the stories that a watch, by its name, or a query would have told of, as all stories stand now.

    Growth and spikes are counted over the articles that a story lists, its newest 24, which may be fewer than the
    stage remembers.
    """
    found = asyncio.run(_test(load(), name_or_query))
    if as_json:
        for story in found:
            write_line(codec.encode(_told(story)))
    else:
        for story in found[:_NAMED]:
            size = f"{many(story.article_count, 'article')}, {many(story.origins, 'origin')}"
            told = f"{story.id}  {size}  {story.headline}"
            paper().print(told, markup=False)
        if len(found) > _NAMED:
            say(f"and {len(found) - _NAMED} more (--json)")
    say(f"{many(len(found), 'story')} would have fired")


def _told(story: Story) -> dict[str, object]:
    return {
        "story_id": story.id,
        "headline": story.headline,
        "last_seen": story.last_seen,
        "articles": story.article_count,
        "outlets": story.outlets,
        "origins": story.origins,
    }


async def _keep(settings: Settings, kept: Watch) -> None:
    from streams.kafka import watches
    from streams.kafka.access import WATCHING

    silence("aiokafka")
    await require_cluster(settings, WATCHING)
    await watches.keep(settings, kept)


async def _remove(settings: Settings, name: str) -> bool:
    from streams.kafka import watches
    from streams.kafka.access import WATCHING

    silence("aiokafka")
    await require_cluster(settings, WATCHING)
    return await watches.remove(settings, name)


async def _kept(settings: Settings) -> dict[str, Watch]:
    from streams.kafka import watches
    from streams.kafka.access import READS_WATCHES

    silence("aiokafka")
    await require_cluster(settings, READS_WATCHES)
    return await watches.kept(settings)


async def _test(settings: Settings, name_or_query: str) -> Sequence[Story]:
    from streams.kafka import watches
    from streams.kafka.access import TESTS_WATCHES
    from streams.stages.alert import would_fire

    silence("aiokafka")
    await require_cluster(settings, TESTS_WATCHES)
    kept = await watches.kept(settings)
    asked = kept.get(name_or_query) or Watch(id="test", query=name_or_query, created=datetime.now(UTC))
    return would_fire(asked, await watches.stories(settings))


def _print_watches(found: Iterable[Watch]) -> None:
    from rich.table import Table
    from rich.text import Text

    from streams.notify.sinks import parse_sink
    from streams.seed.folders import printable

    table = Table(box=None, pad_edge=False)
    for head in ("watch", "query", "sinks", "digest", "quiet"):
        table.add_column(head)
    for each in found:
        sinks = ", ".join(parse_sink(sink).shown for sink in each.sinks)
        row = (each.id, each.query, sinks, each.digest, f"{each.quiet} {each.zone}" if each.quiet else "")
        table.add_row(*(Text(printable(cell, 160)) for cell in row))
    paper().print(table)
