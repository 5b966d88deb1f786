"""`streams state`: what the stages remember, as rows in Kafka."""

from __future__ import annotations

import asyncio

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import say, write_line
from streams.contracts import codec
from streams.contracts.topology import STATE_CLUSTER, TOPOLOGY
from streams.settings import Settings, load


@click.group()
def state() -> None:
    """Show what stages remember, or have it built anew from the log."""


@state.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def show(as_json: bool) -> None:
    """Rows, bytes and version of every stage's state, partition by partition."""
    settings = load()
    for row in asyncio.run(_show(settings)):
        if as_json:
            write_line(codec.encode(row))
        else:
            version = f"version {row['version'] or 'before versions'}{'' if row['current'] else ', to be built anew'}"
            click.echo(
                f"{row['stage']:<8} partition {row['partition']}: {row['rows']} rows, {row['bytes']} bytes"
                + (f", {version}" if row["stage"] == "cluster" and row["rows"] else "")
            )


@state.command()
def rebuild() -> None:
    """Have clustering's state built anew from the log at its next start. Stop its workers first.

    Stories stay as the log has them. Articles that `articles.tagged` no longer holds keep their place, but no longer
    count for how rare words are.
    """
    settings = load()
    count = asyncio.run(_rebuild(settings))
    say(f"{count} partitions will be built anew when the cluster stage starts")


async def _show(settings: Settings) -> list[dict[str, object]]:
    from streams.kafka.log_reader import LogReader
    from streams.runtime.state import STAMP_ROW, NewerStateError, needs_building

    await require_cluster(settings)
    reader = LogReader(settings)
    found: list[dict[str, object]] = []
    for stage, row in TOPOLOGY.items():
        if row.state is None:
            continue
        topic = row.state.full_name(settings.topic_prefix)
        for partition in await reader.partitions(topic):
            rows = await reader.rows(topic, partition)
            try:
                current = not needs_building(rows, topic)
            except NewerStateError:
                current = False
            stamp = codec.loads(rows[STAMP_ROW]) if STAMP_ROW in rows else {}
            found.append(
                {
                    "stage": stage,
                    "partition": partition,
                    "rows": len(rows),
                    "bytes": sum(len(key) + len(row) for key, row in rows.items()),
                    "version": stamp.get("version") if isinstance(stamp, dict) else None,
                    "current": current,
                }
            )
    return found


async def _rebuild(settings: Settings) -> int:
    from aiokafka import AIOKafkaProducer

    from streams.kafka.log_reader import LogReader
    from streams.kafka.security import producer_options
    from streams.runtime.state import STAMP_ROW, unfinished

    await require_cluster(settings)
    topic = STATE_CLUSTER.full_name(settings.topic_prefix)
    partitions = await LogReader(settings).partitions(topic)
    async with AIOKafkaProducer(**producer_options(settings)) as producer:
        for partition in partitions:
            await producer.send_and_wait(topic, unfinished(), STAMP_ROW.encode(), partition)
    return len(partitions)
