"""`streams doctor`: is everything there that the pipeline needs, and does every input have an outcome?"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import say, write_line
from streams.contracts import codec
from streams.settings import Settings, SettingsError, load

if TYPE_CHECKING:
    from streams.ops.diagnosis import Finding

#: Missing inputs that a line names; `--json` names all.
_NAMED = 10


@click.command()
@click.option("--reconcile", is_flag=True, help="Count every stage's inputs against their outcomes; name the missing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(reconcile: bool, as_json: bool) -> None:
    """Check what a pipeline needs, and say for each thing that is wrong what mends it.

    Looks at settings, open files, disk, memory, ports, model weights; then at the broker, its topics, whether it may
    lose records, state, workers and clocks. With --reconcile: that nothing was lost. Exit code 1 where something is
    wrong; a warning leaves it 0.
    """
    if not (_reconcile(load(), as_json) if reconcile else _check(as_json)):
        raise click.exceptions.Exit(1)


def _check(as_json: bool) -> bool:
    well = True
    rows = []
    for finding in _findings():
        well = well and finding.verdict != "BAD"
        if as_json:
            told = {"check": finding.check, "ok": finding.verdict != "BAD", "warning": finding.verdict == "warn"}
            rows.append({**told, "detail": finding.detail, "fix": finding.fix})
            continue
        click.echo(f"{finding.verdict:<4} {finding.check:<9} {finding.detail}")
        if finding.fix:
            click.echo(f"{'':<14} → {finding.fix}")
    if as_json:
        write_line(codec.encode(rows))
    return well


def _findings() -> Iterator[Finding]:
    from streams.ops import diagnosis

    try:
        settings = load()
    except SettingsError as error:
        yield diagnosis.of_settings(error)
        return
    yield from diagnosis.on_this_machine(settings)

    async def cluster() -> list[Finding]:
        return [finding async for finding in diagnosis.on_the_cluster(settings)]

    yield from asyncio.run(cluster())


def _reconcile(settings: Settings, as_json: bool) -> bool:
    from streams.kafka.access import DASHBOARD
    from streams.ops.reconcile import Account, reconcile

    async def run() -> list[Account]:
        await require_cluster(settings, DASHBOARD)
        return await reconcile(settings)

    accounts = asyncio.run(run())
    for account in accounts:
        if as_json:
            write_line(codec.encode({**dataclasses.asdict(account), "balanced": account.balanced}))
            continue
        verdict = "balanced" if account.balanced else "NOT BALANCED"
        click.echo(
            f"{account.stage:<8} {account.inputs} in = {account.published} published + {account.rejected} rejected + "
            f"{account.dead_letters} dead letters + {account.nothing} changed nothing + {account.waiting} waiting"
            f"   {verdict}" + (f"   ({account.repeated} published again after a crash)" if account.repeated else "")
        )
        if account.missing:
            named = ", ".join(account.missing[:_NAMED])
            more = f" and {len(account.missing) - _NAMED} more (--json)" if len(account.missing) > _NAMED else ""
            say(f"  missing: {named}{more}")
    return all(account.balanced for account in accounts)
