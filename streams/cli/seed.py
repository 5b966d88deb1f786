"""`streams seed`: articles from files to Kafka."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.console import CommandError, paper, say, silence, write_line
from streams.contracts import codec
from streams.settings import load

if TYPE_CHECKING:
    from streams.seed import Item, Journal, SeedRecord
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
@click.option("--follow", is_flag=True, help="Go on with files that come or change, until Ctrl-C.")
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep in FILE how far each file was sent, and go on from there.",
)
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), help="At most so many articles a second.")
def seed(
    paths: tuple[Path, ...],
    dry_run: bool,
    as_json: bool,
    idempotence: str,
    columns: tuple[str, ...],
    follow: bool,
    journal: Path | None,
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
    .rss .atom   a feed that was kept (.xml too): its entries with the words that it has of them
    .warc .wet   a crawler's archive: pages that were answered with 200, texts of Common Crawl
    .zip .tar    .txt, .html, .htm, .jsonl, .json, .csv files and feeds as members
    .gz .zst     any of these but .zip and .parquet, compressed

    An article without an id gets one from its URL, else from its content: sending it again changes nothing. --journal
    does without: what was acknowledged is noted, and an interrupted run started again goes on there. A file that has
    changed since is read again. --follow takes a file once its size and time hold still for a second.

    Exit codes: 0 all sent (or skipped as duplicates or other kinds of files), 1 nothing sent and something rejected,
    or the broker failed, 3 some sent and some rejected. Every rejection is on stderr, with file, line and reason.
    """
    from streams.kafka import admin
    from streams.kafka.access import SEEDS
    from streams.seed import STDIN, Problem, SeedRecord, outgoing, read_on, total_bytes
    from streams.seed.producer import Summary, send

    settings = load()
    silence("aiokafka")
    if sum(path == STDIN for path in paths) > 1:
        raise click.UsageError("stdin (-) can be read once.")
    if follow and (dry_run or STDIN in paths):
        raise click.UsageError("--follow is for files and folders that are sent.")
    if journal and dry_run:
        raise click.UsageError("--journal is for what is sent.")
    named = _columns(columns)
    summary = Summary()

    def tell(problem: Problem) -> None:
        bar.console.print(f"{problem.kind} {problem.where}: {problem.reason}", markup=False)

    def show(_: SeedRecord) -> None:
        seconds = max(1e-9, time.monotonic() - begun)
        rejected = f", {summary.rejected:,} rejected" if summary.rejected else ""
        bar.update(task, description=f"{summary.sent:,} articles, {summary.sent / seconds:,.0f}/s{rejected}")

    async def produce(found: Iterable[Item], kept: Journal) -> None:
        await admin.wait_for_broker(settings, say)
        await admin.require(settings, SEEDS)
        if follow:
            loop, this = asyncio.get_running_loop(), asyncio.current_task()
            assert this is not None
            for each in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(each, this.cancel)
        wanted = None if idempotence == "auto" else idempotence == "on"
        # Whoever follows files ends by a signal; what is not acknowledged by then is sent again by the next run.
        with contextlib.suppress(*[asyncio.CancelledError] if follow else []):
            await send(
                settings, found, summary=summary, idempotence=wanted, rate=rate,
                on_problem=tell, on_sent=show, on_reached=kept.note,
            )  # fmt: skip

    # Not `sys.stdin`: at its end Python waits for whoever reads from that, and then aborts.
    stdin = os.fdopen(0, "rb", closefd=False) if STDIN in paths else None
    visible = sys.stderr.isatty() and not dry_run
    begun = time.monotonic()
    with _journal(journal) as kept, _progress(visible) as bar:
        task = bar.add_task("Seeding", total=total_bytes(paths) if visible and not follow else None)
        found = read_on(
            paths,
            max_bytes=settings.max_article_bytes,
            columns=named,
            stdin=stdin,
            progress=lambda done: bar.update(task, completed=done),
            journal=kept if journal else None,
            follow=follow,
        )
        if dry_run:
            for item in outgoing(found):
                if isinstance(item, Problem):
                    summary.count(item)
                    tell(item)
                elif isinstance(item, SeedRecord):
                    summary.sent += 1
                    summary.bytes += len(item.value)
                    write_line(codec.encode(_shown(item)))
        else:
            asyncio.run(produce(found, kept))
    _report(summary, dry_run, as_json)
    if summary.rejected:
        raise click.exceptions.Exit(SOME_REJECTED if summary.sent else 1)


def _journal(path: Path | None) -> Journal:
    from streams.seed import Journal

    try:
        return Journal() if path is None else Journal.open(path)
    except (OSError, codec.DecodeError) as error:
        raise CommandError(f"{path} cannot be kept as the journal: {error}. Name another file.") from None


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
    if len(summary.reasons) > 1:
        for reason, count in summary.reasons.most_common():
            say(f"{count:>8,}  {reason}")
    if not (summary.sent or summary.skipped or summary.rejected):
        say("no article was found there")
