"""`streams dashboard`: the stories in a browser, as they form."""

from __future__ import annotations

import asyncio
import signal

import click

from streams import logs
from streams.cli.cluster import require_cluster
from streams.cli.console import announce, silence
from streams.settings import load


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on; 0.0.0.0: all of them.")
@click.option("--port", default=8800, show_default=True, type=click.IntRange(0, 65535), help="Port; 0: any free one.")
@click.option("--fresh", is_flag=True, help="Read the whole log again, not only what came since the last start.")
def dashboard(host: str, port: int, fresh: bool) -> None:
    """Serve the stories, their evidence and the health of the stages, until SIGTERM or Ctrl-C.

    Reads the topics without a consumer group: any number of dashboards can run, and none takes records from another.
    """
    settings = load()
    logs.configure("dashboard", settings.log_level, settings.log_format, settings.secret_values)
    # A broker that is away is said on the pages, not in a log line a second.
    silence("aiokafka", "asyncio")

    def ready(url: str) -> None:
        announce(settings, f"dashboard on {url} (Ctrl-C stops)")

    async def run() -> None:
        from streams.dashboard.web.server import serve
        from streams.kafka.access import DASHBOARD, MENDS

        await require_cluster(settings, DASHBOARD, *([MENDS] if settings.editors else []))
        task = asyncio.ensure_future(serve(settings, host=host, port=port, fresh=fresh, ready=ready))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await task

    try:
        asyncio.run(run())
    except asyncio.CancelledError:
        announce(settings, "stopped")
