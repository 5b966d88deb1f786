"""`streams mend`: what people decide about stories, and nothing overturns."""

from __future__ import annotations

import asyncio
import getpass
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import CommandError, say, write_line
from streams.contracts import codec
from streams.contracts.records import Correction, Decision, Rejection
from streams.settings import load


@click.group()
def mend() -> None:
    """Correct stories. Each correction is an event of the log with who and why, and can be undone by its id."""


def _about(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--by", default=getpass.getuser, show_default="your login", help="Who decides it."),
        click.option("--why", default="", help="Why."),
        click.option("--language", default="en", show_default=True, help="The stories' language."),
        click.option("--wait", default=30.0, show_default=True, help="Seconds to wait for what becomes of it."),
        click.option("--json", "as_json", is_flag=True, help="Print the decision as a JSON line."),
    ):
        command = option(command)
    return command


@mend.command()
@click.argument("story")
@click.argument("other")
@_about
def merge(story: str, other: str, **about: Any) -> None:
    """Make two stories one, under the id of the older. No machine splits it again."""
    _send(about, action="merge", story_id=story, other_id=other)


@mend.command()
@click.argument("story")
@click.argument("articles", nargs=-1, required=True)
@_about
def split(story: str, articles: tuple[str, ...], **about: Any) -> None:
    """Take articles out of a story into one of their own. No machine merges the two again."""
    _send(about, action="split", story_id=story, articles=articles)


@mend.command()
@click.argument("story")
@click.argument("articles", nargs=-1, required=True)
@_about
def move(story: str, articles: tuple[str, ...], **about: Any) -> None:
    """Move articles, all of one story, to STORY, where they stay."""
    _send(about, action="move", story_id=story, articles=articles)


@mend.command()
@click.argument("story")
@click.argument("article", default="")
@_about
def pin(story: str, article: str, **about: Any) -> None:
    """Keep a story's headline as it is, or the title of ARTICLE, one of its own."""
    _send(about, action="pin", story_id=story, articles=(article,) if article else ())


@mend.command()
@click.argument("story")
@click.argument("headline")
@_about
def rename(story: str, headline: str, **about: Any) -> None:
    """Give a story a headline in your own words."""
    _send(about, action="rename", story_id=story, headline=headline)


@mend.command("not-news")
@click.argument("story")
@_about
def not_news(story: str, **about: Any) -> None:
    """Mark a story as not news: its record says so, and it is no chapter of a storyline."""
    _send(about, action="not-news", story_id=story)


@mend.command()
@click.argument("correction")
@_about
def undo(correction: str, **about: Any) -> None:
    """Take a correction back, by its id. What happened since stays; the machine decides again."""
    _send(about, action="undo", undoes=correction)


@mend.command("ls")
@click.option("--json", "as_json", is_flag=True, help="Print each decision as a JSON line.")
def list_corrections(as_json: bool) -> None:
    """List the corrections that were made, with who and why."""
    from streams.kafka import corrections
    from streams.kafka.access import READS_LOG

    settings = load()

    async def run() -> None:
        await require_cluster(settings, READS_LOG)
        async for decision in corrections.decisions(settings):
            if decision.correction is not None:
                write_line(codec.encode(decision) if as_json else _line(decision).encode())

    asyncio.run(run())


@mend.command()
@click.argument("name")
def editor(name: str) -> None:
    """Print the line of STREAMS_EDITORS_FILE that lets NAME mend in the dashboard.

    Asks for a password twice, or takes one line of stdin where that is no terminal.
    """
    from streams.dashboard.web.editors import line_of

    if sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\n")
    write_line(line_of(name, password).encode())


@mend.command()
def export() -> None:
    """Print what people decided as rows to train on, a JSON object a line: which articles belong together or do not,
    which headline they chose, what is not news. Without what was undone, and what was taken back.
    """
    from streams.kafka.access import READS_LOG
    from streams.ops import rulings

    settings = load()

    async def run() -> None:
        await require_cluster(settings, READS_LOG)
        found = await rulings.read(settings)
        for row in found:
            write_line(codec.encode(row))
        say(f"{len(found)} rows written")

    asyncio.run(run())


def _line(decision: Decision) -> str:
    asked = decision.correction
    assert asked is not None
    about = asked.undoes or " ".join(dict.fromkeys(event.story_id for event in decision.events))
    return f"{asked.id}  {asked.action:<8} {about}  {asked.by}" + (f": {asked.why}" if asked.why else "")


def _send(about: dict[str, Any], **asked: Any) -> None:
    from streams.kafka import corrections
    from streams.kafka.access import MENDS

    settings = load()
    wait, as_json = about.pop("wait"), about.pop("as_json")
    correction = Correction(id=uuid.uuid4().hex[:16], at=datetime.now(UTC), **asked, **about)

    async def run() -> Decision | Rejection | None:
        await require_cluster(settings, MENDS)
        return await corrections.decide(settings, correction, wait)

    found = asyncio.run(run())
    if isinstance(found, Rejection):
        raise CommandError(f"refused: {found.detail}")
    if found is None:
        raise CommandError(
            f"correction {correction.id} is sent, but nothing has become of it after {wait:g} s: does the clustering "
            "stage run (streams doctor)? `streams mend ls` tells once it does"
        )
    if as_json:
        write_line(codec.encode(found))
    else:
        say(_line(found))
