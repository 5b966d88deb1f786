"""`streams replay`: rebuild stories beside the running ones."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import datetime

import click
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from streams.cli.console import paper, say, write_line
from streams.cli.times import Moment
from streams.contracts import codec
from streams.contracts.records import Stage
from streams.contracts.topology import STORY_EVENTS, stages_to
from streams.settings import load


class _Start(Moment):
    name = "earliest|TIME"
    expected = f"`earliest` or {Moment.expected}"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime | None:
        return None if value in ("earliest", None) else super().convert(value, param, ctx)


@click.command()
@click.option("--from", "start", type=_Start(), default="earliest", show_default=True, help="Leave out what is older.")
@click.option("--into", required=True, metavar="PREFIX", help="Topic prefix of the new stories; created where missing.")
@click.option(
    "--again",
    type=click.Choice(stages_to(STORY_EVENTS)),
    default="cluster",
    show_default=True,
    help="First stage run anew.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the difference as JSON.")
def replay(start: datetime | None, into: str, again: Stage, as_json: bool) -> None:
    """Run the logged articles again with this program and its settings, into topics of their own, and compare.

    The running pipeline is not touched. Use it to see what a new version, another model or other settings would
    change, and to fill a new set of topics.
    """
    from streams.ops.replay import replay as run

    settings = load()
    console = paper(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} articles"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("replay", total=None)
        found = asyncio.run(
            run(settings, into=into, start=start, again=again, progress=lambda n: progress.update(task, completed=n))
        )
    if as_json:
        write_line(codec.encode(dataclasses.asdict(found)))
        return
    click.echo(f"{found.articles} articles are in both: {found.moved} have other story mates than before")
    click.echo(f"stories: {found.running_stories} running, {found.new_stories} in {into}")
    click.echo(f"B-cubed of the new against the running ones: precision {found.precision}, recall {found.recall}")
    if found.only_running or found.only_new:
        say(f"{found.only_running} articles are only in the running stories, {found.only_new} only in the new ones")
