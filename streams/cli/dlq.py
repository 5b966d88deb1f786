"""`streams dlq`: dead letters."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import CommandError, say, write_line
from streams.contracts import codec
from streams.contracts.topology import NOTIFIER, STAGES
from streams.ops.dead_letters import Letter, LetterFilter
from streams.settings import Settings, load
from streams.text import many

_Done = TypeVar("_Done")

#: Characters of a letter's bytes that a line shows.
_PEEK = 80


def _filters(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--stage", type=click.Choice([*STAGES, NOTIFIER]), help="Only letters of this stage."),
        click.option("--reason", help="Only letters whose exception or message contains this."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON lines."),
    ):
        command = option(command)
    return command


_names = click.argument("names", nargs=-1, metavar="[PARTITION:OFFSET]...")


@click.group()
def dlq() -> None:
    """List, show, put back and let go of dead letters.

    A letter is named by its place in the dead-letter topic, PARTITION:OFFSET, as `ls` prints it.
    """


@dlq.command("ls")
@_filters
@click.option("--all", "all_states", is_flag=True, help="Also those that were replayed or purged.")
def list_letters(stage: str | None, reason: str | None, as_json: bool, all_states: bool) -> None:
    """List the waiting letters, one a line."""
    _each(LetterFilter(stage=stage, reason=reason, all_states=all_states), as_json, _line)


@dlq.command()
@_filters
@_names
def show(stage: str | None, reason: str | None, as_json: bool, names: tuple[str, ...]) -> None:
    """Show letters whole: what went wrong where, and the original bytes."""
    _each(LetterFilter(stage=stage, reason=reason, names=frozenset(names), all_states=True), as_json, _whole)


@dlq.command()
@_filters
@_names
@click.option("--all", "everything", is_flag=True, help="Put back every waiting letter.")
def replay(stage: str | None, reason: str | None, as_json: bool, names: tuple[str, ...], everything: bool) -> None:
    """Put letters back where their originals stood. Name them, filter them, or say --all."""
    from streams.ops import dead_letters

    wanted = _chosen(stage, reason, names, everything)
    done = _on_cluster(lambda settings: dead_letters.replay(settings, wanted))
    _report(done, as_json, "put back")


@dlq.command()
@_filters
@_names
@click.option("--all", "everything", is_flag=True, help="Let go of every waiting letter.")
def purge(stage: str | None, reason: str | None, as_json: bool, names: tuple[str, ...], everything: bool) -> None:
    """Let letters go: they are no longer listed, and Kafka deletes what stands before the first waiting one."""
    from streams.ops import dead_letters

    wanted = _chosen(stage, reason, names, everything)
    done, _ = _on_cluster(lambda settings: dead_letters.purge(settings, wanted))
    _report(done, as_json, "let go")


def _chosen(stage: str | None, reason: str | None, names: tuple[str, ...], everything: bool) -> LetterFilter:
    if not (stage or reason or names or everything):
        raise click.UsageError("Name letters, give --stage or --reason, or say --all.")
    return LetterFilter(stage=stage, reason=reason, names=frozenset(names))


def _each(wanted: LetterFilter, as_json: bool, form: Callable[[Letter], str]) -> None:
    from streams.ops import dead_letters

    async def run(settings: Settings) -> int:
        count = 0
        async for letter in dead_letters.letters(settings, wanted):
            count += 1
            if as_json:
                write_line(codec.encode(_json(letter)))
            else:
                click.echo(form(letter))
        return count

    count = _on_cluster(run)
    if wanted.names and not count:
        raise CommandError(f"no letter is named {', '.join(sorted(wanted.names))}; `streams dlq ls --all` lists them")
    if not as_json:
        say(f"{many(count, 'dead letter')}")


def _on_cluster(work: Callable[[Settings], Awaitable[_Done]]) -> _Done:
    from streams.kafka.access import READS_LETTERS

    settings = load()

    async def run() -> _Done:
        await require_cluster(settings, READS_LETTERS)
        return await work(settings)

    return asyncio.run(run())


def _report(done: list[Letter], as_json: bool, what: str) -> None:
    if as_json:
        for letter in done:
            write_line(codec.encode(_json(letter)))
    else:
        say(f"{len(done)} dead letter{'' if len(done) == 1 else 's'} {what}")


def _line(letter: Letter) -> str:
    source = f"{letter.source_topic}:{letter.source_partition}:{letter.source_offset}"
    return f"{letter.name:<8} {letter.state:<8} {letter.stage:<8} {letter.error}: {letter.message[:_PEEK]}  ({source})"


def _whole(letter: Letter) -> str:
    rows = {
        "letter": f"{letter.name} ({letter.state})",
        "stage": letter.stage,
        "original": f"{letter.source_topic}, partition {letter.source_partition}, offset {letter.source_offset}",
        "exception": letter.error,
        "message": letter.message,
        "attempts": str(letter.attempts),
        "failed": letter.first_failure,
        "key": repr(letter.key),
        "bytes": str(len(letter.value or b"")),
    }
    head = "\n".join(f"{name:<10} {value}" for name, value in rows.items())
    return f"{head}\n\n{(letter.value or b'').decode(errors='backslashreplace')}\n"


def _json(letter: Letter) -> dict[str, Any]:
    def b64(data: bytes | None) -> str | None:
        return None if data is None else base64.b64encode(data).decode()

    names = ("name", "state", "stage", "error", "message", "source_topic", "source_partition", "source_offset")
    shown = {name: getattr(letter, name) for name in (*names, "attempts", "first_failure")}
    return shown | {"key_base64": b64(letter.key), "value_base64": b64(letter.value)}
