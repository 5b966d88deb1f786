"""`streams topics`: what the cluster lacks, and making it so."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import click

from streams.cli.console import say, silence, write_line
from streams.contracts import codec
from streams.contracts.topology import TOPICS, readers, writers
from streams.settings import Settings, load

if TYPE_CHECKING:
    from streams.kafka.provision import Change

_json = click.option("--json", "as_json", is_flag=True, help="Print the changes as JSON lines.")

#: What `plan` and `apply` print for each kind of change.
_SIGNS = {"create": "+", "configure": "~", "partitions": "!", "note": " "}


@click.group()
def topics() -> None:
    """Compare the cluster's topics with the table, and create them.

    The cluster, the prefix, partitions and replication are STREAMS_BROKER, STREAMS_TOPIC_PREFIX, STREAMS_PARTITIONS
    and STREAMS_REPLICATION.
    """


@topics.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def list_(as_json: bool) -> None:
    """Print the table: every topic, what it is keyed by, who writes and who reads it. Asks no cluster."""
    prefix = load().topic_prefix
    for topic in TOPICS:
        row = {
            "topic": topic.full_name(prefix),
            "record": topic.record.__name__ if topic.record else None,
            "key": topic.key,
            "written_by": writers(topic),
            "read_by": readers(topic),
        }
        if as_json:
            write_line(codec.encode(row))
        else:
            click.echo(
                f"{row['topic']}: {row['record'] or 'any bytes'} by {topic.key}; "
                f"{', '.join(writers(topic))} → {', '.join(readers(topic))}"
            )


@topics.command()
@_json
def plan(as_json: bool) -> None:
    """Print what `apply` would do; change nothing."""
    from streams.kafka import provision

    _run(provision.plan, as_json, "nothing to do: every topic is as it should be")


@topics.command()
@_json
def apply(as_json: bool) -> None:
    """Create missing topics and set the configuration that differs.

    Idempotent. Exit code 1 when a topic has another number of partitions than asked for: that is never changed.
    """
    from streams.kafka import provision

    _run(provision.apply, as_json, "every topic was as it should be", warn=True)


def _run(do: Callable[[Settings], Awaitable[list[Change]]], as_json: bool, nothing: str, *, warn: bool = False) -> None:
    from streams.kafka import admin, durability

    settings = load()
    silence("aiokafka")

    async def work() -> tuple[list[Change], list[str]]:
        await admin.wait_for_broker(settings, say)
        return await do(settings), await durability.risks(settings) if warn else []

    changes, risks = asyncio.run(work())
    for change in changes:
        if as_json:
            write_line(codec.encode(dataclasses.asdict(change)))
        else:
            click.echo(f"{_SIGNS[change.action]} {change.action:<10} {change.topic}: {change.detail}")
    if not changes:
        say(nothing)
    for risk in risks:
        say(f"warning: {risk}")
    if any(change.action == "partitions" for change in changes):
        raise click.exceptions.Exit(1)
