"""`streams notify`: alerts to people."""

from __future__ import annotations

import asyncio
import signal

import click

from streams import logs
from streams.cli.cluster import require_cluster
from streams.cli.console import announce, silence
from streams.settings import load


@click.command()
@click.option(
    "--http-port", default=0, type=click.IntRange(0, 65535), help="Serve /metrics at STREAMS_HTTP_HOST; 0: do not."
)
def notify(http_port: int) -> None:
    """Send alerts to where their watches say, until SIGTERM or Ctrl-C.

    Run it as often as you like: the processes share the alerts, and what is still to go out is in a Kafka topic. Each
    message has the alert's id to know it by; after a crash one may come twice. What does not arrive after
    STREAMS_NOTIFY_TRIES is a dead letter: `streams dlq replay --stage notify` sends it again.
    """
    settings = load()
    logs.configure("notify", settings.log_level, settings.log_format, settings.secret_values)
    silence("aiokafka", "asyncio")

    async def run() -> None:
        from prometheus_client import start_http_server

        from streams.kafka.access import NOTIFIES
        from streams.metrics import Metrics
        from streams.notify.service import notify as send_alerts

        metrics = Metrics()
        await require_cluster(settings, NOTIFIES)
        if http_port:
            start_http_server(http_port, settings.http_host, registry=metrics.registry)
        task = asyncio.ensure_future(send_alerts(settings, metrics))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        announce(settings, "sending alerts (Ctrl-C stops)")
        await task

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        announce(settings, "stopped")
