"""`streams worker`: run stages of the pipeline."""

from __future__ import annotations

import asyncio
import signal
import sys

import click

from streams import logs
from streams.cli.cluster import require_cluster
from streams.cli.console import announce, say
from streams.contracts.topology import STAGES
from streams.settings import load


@click.command()
@click.argument("stages", nargs=-1, type=click.Choice(STAGES))
@click.option("--http-port", type=click.IntRange(0, 65533), help="Serve /metrics, /live and /ready from this port on.")
@click.option("--parent", type=int, hidden=True)
def worker(stages: tuple[str, ...], http_port: int | None, parent: int | None) -> None:
    """Run the given STAGES (all where none is given) until SIGTERM or Ctrl-C.

    One stage runs in this process; several run as one process each, started again when they fail. A stage that is
    stopped finishes the batch in hand and commits; one that is killed goes on where it was when started again.
    """
    from streams.kafka.access import STAGE_ACCESS
    from streams.kafka.admin import BrokerUnavailableError
    from streams.kafka.local.process import reaches
    from streams.runtime.faust.supervisor import Supervisor
    from streams.runtime.process import BROKER_AWAY, end_with_parent

    settings = load(http_port=http_port)
    chosen = [stage for stage in STAGES if stage in stages] if stages else list(STAGES)
    if parent is not None:
        end_with_parent(signal.SIGTERM, parent)
    try:
        asyncio.run(require_cluster(settings, *(STAGE_ACCESS[stage] for stage in chosen)))
    except BrokerUnavailableError as error:
        if parent is None:
            raise
        say(str(error))
        sys.exit(BROKER_AWAY)
    if len(chosen) == 1:
        # Not for a supervisor, which would hold all that the stages are made of in memory for nothing.
        from streams.runtime.faust.worker import run_stage

        run_stage(settings, chosen[0], http_port=settings.http_port)
    logs.configure("worker", settings.log_level, settings.log_format, settings.secret_values)
    announce(settings, f"running {', '.join(chosen)} on {settings.broker} (Ctrl-C stops)")
    supervisor = Supervisor(
        chosen,
        http_port=settings.http_port,
        grace=settings.stop_grace,
        reachable=lambda: reaches(settings.bootstrap_servers),
    )
    sys.exit(supervisor.run())
