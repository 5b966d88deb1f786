"""`streams seed`: articles from files to Kafka."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.console import paper, say, silence, write_line
from streams.contracts import codec
from streams.settings import load

if TYPE_CHECKING:
    from streams.seed import Found, SeedRecord
    from streams.seed.producer import Summary

#: Some articles were rejected, others sent. 1 would be a failure, 2 wrong usage.
SOME_REJECTED = 3


@click.command()
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(exists=True, allow_dash=True, path_type=Path), metavar="PATH..."
)
@click.option("--dry-run", is_flag=True, help="Print what would be sent, as JSON lines; send nothing, need no broker.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object, the last line on stdout.")
@click.option(
    "--idempotence",
    type=click.Choice(["auto", "on", "off"]),
    default="auto",
    show_default=True,
    help="Let the broker drop the producer's own retries; auto: if it can.",
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="FIELD=NAME",
    help="Of tables: the column that holds a field, as content=body; again for more.",
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many articles a second.")
def seed(
    paths: tuple[Path, ...],
    dry_run: bool,
    as_json: bool,
    idempotence: str,
    columns: tuple[str, ...],
    rate: float | None,
) -> None:
    """Send articles from files, folders or stdin (-, JSON lines) to Kafka. Folders are read to the bottom, sorted;
    links that lead out of them are skipped.

    \b
    .txt         a text dump of an article
    .html .htm   a page
    .jsonl       a raw row per line; needs content (or content_base64), see the reference
    .json        one row, an array of rows, or an article's JSON body
    .csv         a table with a head line, an article a row (--column)
    .parquet     the same; needs pip install 'news-streams[parquet]'
    .warc .wet   a crawler's archive: pages that were answered with 200, texts of Common Crawl
    .zip .tar    .txt, .html, .htm, .jsonl, .json and .csv files as members
    .gz .zst     any of these but .zip and .parquet, compressed

    An article without an id gets one from its URL, else from its content: sending it again changes nothing.

    Exit codes: 0 all sent (or skipped as duplicates or other kinds of files), 1 nothing sent and something rejected,
    or the broker failed, 3 some sent and some rejected. Every rejection is on stderr, with file, line and reason.
    """
    from streams.kafka import admin
    from streams.kafka.access import SEEDS
    from streams.seed import STDIN, Problem, outgoing, read_files, total_bytes
    from streams.seed.producer import Summary, send

    settings = load()
    silence("aiokafka")
    if sum(path == STDIN for path in paths) > 1:
        raise click.UsageError("stdin (-) can be read once.")
    named = _columns(columns)

    def tell(problem: Problem) -> None:
        bar.console.print(f"{problem.kind} {problem.where}: {problem.reason}", markup=False)

    async def produce(found: Iterable[Found | Problem]) -> Summary:
        await admin.wait_for_broker(settings, say)
        await admin.require(settings, SEEDS)
        wanted = None if idempotence == "auto" else idempotence == "on"
        return await send(settings, found, idempotence=wanted, rate=rate, on_problem=tell)

    # Not `sys.stdin`: at its end Python waits for whoever reads from that, and then aborts.
    stdin = os.fdopen(0, "rb", closefd=False) if STDIN in paths else None
    visible = sys.stderr.isatty() and not dry_run
    with _progress(visible) as bar:
        task = bar.add_task("Seeding", total=total_bytes(paths) if visible else None)
        found = read_files(
            paths,
            max_bytes=settings.max_article_bytes,
            columns=named,
            stdin=stdin,
            progress=lambda done: bar.update(task, completed=done),
        )
        if dry_run:
            summary = Summary()
            for item in outgoing(found):
                if isinstance(item, Problem):
                    summary.count(item)
                    tell(item)
                else:
                    summary.sent += 1
                    summary.bytes += len(item.value)
                    write_line(codec.encode(_shown(item)))
        else:
            summary = asyncio.run(produce(found))
    _report(summary, dry_run, as_json)
    if summary.rejected:
        raise click.exceptions.Exit(SOME_REJECTED if summary.sent else 1)


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    from streams.seed.tables import FIELDS

    named = {}
    for one in given:
        field, _, name = one.partition("=")
        if field not in FIELDS or not name:
            raise click.UsageError(f"--column {one}: expected FIELD=NAME, where FIELD is one of {', '.join(FIELDS)}.")
        named[field] = name
    return named


def _progress(visible: bool) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn()
    return Progress(*columns, console=paper(stderr=True), transient=True, disable=not visible)


def _shown(item: SeedRecord) -> dict[str, object]:
    return {
        "id": item.id,
        "key": item.key.decode(),
        "content_type": item.content_type,
        "bytes": len(item.value),
        "from": item.where,
    }


def _report(summary: Summary, dry_run: bool, as_json: bool) -> None:
    if as_json:
        counts = {name: getattr(summary, name) for name in ("sent", "bytes", "skipped", "rejected")}
        write_line(codec.encode({"dry_run": dry_run, **counts, "reasons": dict(summary.reasons)}))
    said = "would be sent" if dry_run else "sent"
    say(f"{summary.sent} {said} ({summary.bytes:,} bytes), {summary.skipped} skipped, {summary.rejected} rejected")
    if not (summary.sent or summary.skipped or summary.rejected):
        say("no article was found there")
