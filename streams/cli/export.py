"""`streams export`: what the topics hold, as files for other programs."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from streams.cli.cluster import require_cluster
from streams.cli.console import CommandError, paper, say, silence, write_line
from streams.cli.times import Moment
from streams.contracts import codec
from streams.contracts.topics import Topic
from streams.export.tables import TABLES, Name, Wanted
from streams.export.writers import FORMATS, SUFFIXES, NoPyarrowError, write_file
from streams.settings import Settings, load

if TYPE_CHECKING:
    from streams.export.spool import Spool

_SQLITE = "sqlite"


@click.command()
@click.argument("table", type=click.Choice([*TABLES, "all"]))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.  [default: stdout]")
@click.option(
    "--format",
    "form",
    type=click.Choice([*FORMATS, _SQLITE]),
    help="[default: what the file's name ends in, else jsonl]",
)
@click.option("--since", type=Moment(), help="From this time on (its column `at`).")
@click.option("--until", type=Moment(), help="Before this time.")
@click.option("--language", metavar="CODE", help="Of one language, as `en`.")
@click.option("--outlet", metavar="NAME", help="Of one outlet; stories: carried by it.")
@click.option("--story", metavar="ID", help="Of one story.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as one JSON object on stdout; needs --out.")
def export(
    *,
    table: str,
    out: Path | None,
    form: str | None,
    since: datetime | None,
    until: datetime | None,
    language: str | None,
    outlet: str | None,
    story: str | None,
    as_json: bool,
) -> None:
    """Write articles, stories, links, quotes, entities or alerts to a file: the newest of each, as the topics hold it.

    \b
    jsonl        an object a line
    csv          with a head line; lists are JSON arrays
    parquet      needs pip install 'news-streams[parquet]'
    sqlite       every table in one database, for Datasette or SQL (use `all`)
    ninjs        IPTC ninjs 3.0, an item a line (articles, stories)
    atom         a feed (articles, stories)

    Memory does not grow with what there is: everything goes through a file in the folder of --out (else in the
    temporary folder), some two and a half times as large as the articles. A file is whole or not there.
    """
    form = form or (SUFFIXES.get(out.suffix.lower()) if out else None) or ("jsonl" if table != "all" else _SQLITE)
    _check(table, form, out, as_json)
    wanted = Wanted(since=since, until=until, language=language, outlet=outlet, story=story)
    settings = load()
    silence("aiokafka")
    counts: dict[str, int] = {}
    with tempfile.TemporaryDirectory(prefix="streams-export-", dir=out.parent if out else None) as folder:
        from streams.export.spool import Spool

        path = Path(folder) / "spool.db"
        with Spool(path) as spool:
            unreadable = asyncio.run(_gather(spool, settings))
            names: list[Name] = [name for name in TABLES if table in (name, "all")]
            counts = {name: spool.count(name, wanted) for name in names}
            if form == _SQLITE:
                spool.keep(wanted)
            else:
                _write(spool, names[0], form, wanted, out)
        if form == _SQLITE:
            assert out is not None
            path.replace(out)
    _report(counts, unreadable, as_json)


def _check(table: str, form: str, out: Path | None, as_json: bool) -> None:
    if form == _SQLITE:
        if table != "all":
            raise click.UsageError("a SQLite file holds every table: streams export all --format sqlite --out news.db")
    elif table == "all":
        raise click.UsageError(f"{form} holds one table: name it ({', '.join(TABLES)}), or take --format sqlite.")
    elif table not in FORMATS[form][1]:
        raise click.UsageError(f"{form} can hold {' and '.join(FORMATS[form][1])}, not {table}.")
    if out is None and (as_json or form in (_SQLITE, "parquet")):
        raise click.UsageError(f"{'--json' if as_json else form} needs --out FILE.")
    if out is not None and not out.parent.is_dir():
        raise click.UsageError(f"there is no folder {out.parent}.")


async def _gather(spool: Spool, settings: Settings) -> Counter[str]:
    from streams.export.topics import READ, fill
    from streams.kafka.access import Access

    await require_cluster(settings, Access(reads=READ))
    console = paper(stderr=True)
    columns = TextColumn("Reading {task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks = {topic: bar.add_task(topic.name, total=None) for topic in READ}

        def progress(topic: Topic, done: int, total: int) -> None:
            bar.update(tasks[topic], completed=done, total=total)

        return await fill(spool, settings, progress=progress)


def _write(spool: Spool, name: Name, form: str, wanted: Wanted, out: Path | None) -> None:
    write = FORMATS[form][0]
    try:
        if out is None:
            write(name, spool.rows(name, wanted), sys.stdout.buffer)
        else:
            write_file(out, lambda file: write(name, spool.rows(name, wanted), file))
    except NoPyarrowError as error:
        raise CommandError(str(error)) from None


def _report(counts: dict[str, int], unreadable: Counter[str], as_json: bool) -> None:
    if as_json:
        write_line(codec.encode({"written": counts, "unreadable": dict(unreadable)}))
    say(", ".join(f"{number:,} {name}" for name, number in counts.items()) + " written")
    for topic, number in unreadable.items():
        say(f"{number:,} records of {topic} could not be read and are left out")
