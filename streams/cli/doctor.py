"""`streams doctor`: is everything there that the pipeline needs, and does every input have an outcome?"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator
from typing import Literal

import click

from streams.cli.cluster import require_cluster
from streams.cli.console import say, write_line
from streams.contracts import codec
from streams.settings import Settings, load

Verdict = Literal["ok", "warn", "BAD"]

#: Missing inputs that a line names; `--json` names all.
_NAMED = 10


@click.command()
@click.option("--reconcile", is_flag=True, help="Count every stage's inputs against their outcomes; name the missing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(reconcile: bool, as_json: bool) -> None:
    """Check settings, broker, topics and model weights; with --reconcile also that nothing was lost.

    Exit code 1 where something is wrong. What may lose acknowledged records (one copy only, unclean elections) is a
    warning.
    """
    settings = load()
    ok = _reconcile(settings, as_json) if reconcile else _check(settings, as_json)
    if not ok:
        raise click.exceptions.Exit(1)


def _check(settings: Settings, as_json: bool) -> bool:
    findings = list(_findings(settings))
    if as_json:
        rows = [
            {"check": name, "ok": verdict != "BAD", "warning": verdict == "warn", "detail": detail}
            for name, verdict, detail in findings
        ]
        write_line(codec.encode(rows))
    else:
        for name, verdict, detail in findings:
            click.echo(f"{verdict:<4} {name:<9} {detail}")
    return all(verdict != "BAD" for _, verdict, _ in findings)


def _findings(settings: Settings) -> Iterator[tuple[str, Verdict, str]]:
    from streams.kafka import durability, provision
    from streams.kafka.errors import BrokerError
    from streams.pipeline import create_tagger

    yield "settings", "ok", f"broker {settings.broker}, prefix {settings.topic_prefix}"
    try:
        changes = asyncio.run(provision.plan(settings))
        risks = asyncio.run(durability.risks(settings))
    except BrokerError as error:
        yield "broker", "BAD", str(error)
    else:
        yield "broker", "ok", f"answers at {settings.broker}"
        wrong = [change for change in changes if change.action != "note"]
        detail = "; ".join(f"{change.topic}: {change.action}" for change in wrong) + " (streams topics plan|apply)"
        yield "topics", "BAD" if wrong else "ok", detail if wrong else "as the table says"
        for risk in risks:
            yield "durable", "warn", risk
        if all(change.action != "create" for change in changes):
            yield from _state(settings)
    try:
        create_tagger(backend=settings.ner_backend, models_dir=settings.models_dir)
    except (OSError, ValueError) as error:
        yield "models", "BAD", str(error)
    else:
        yield "models", "ok", "weights are there and whole"


def _state(settings: Settings) -> Iterator[tuple[str, Verdict, str]]:
    from aiokafka.errors import KafkaError

    from streams.ops import state_check

    try:
        moved = asyncio.run(state_check.moved(settings))
        lost = asyncio.run(state_check.lost(settings))
    except (KafkaError, OSError) as error:
        yield "state", "warn", f"cannot be looked at: {error or type(error).__name__}"
        return
    for sentence in moved:
        yield "state", "BAD", sentence
    for sentence in lost:
        yield "state", "warn", sentence
    if not moved and not lost:
        yield "state", "ok", "fits the topics"


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
