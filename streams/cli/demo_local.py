"""What a demo runs on: an embedded broker with the topics, the stages as processes of their own, the dashboard."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from streams.cli.console import say
from streams.contracts.records import Stage
from streams.runtime.faust.supervisor import Supervisor
from streams.settings import Settings, load

#: A short session makes the groups form fast; nothing else runs on this broker.
_SESSION = 6.0


@asynccontextmanager
async def running(
    folder: Path, stages: Sequence[Stage], log: Path | None
) -> AsyncIterator[tuple[Settings, Supervisor]]:
    """A broker in memory and ``stages`` on it, with their data in ``folder`` and their messages in ``log``, or on
    stderr where it is None; all is ended with the block."""
    from streams.kafka import provision
    from streams.kafka.local.embedded import EmbeddedBroker

    with EmbeddedBroker() as broker:
        # One partition: articles arrive in the order of seeding, so that every run tells the same story.
        settings = load(
            broker=f"kafka://{broker.bootstrap}",
            security_protocol="PLAINTEXT",
            data_dir=folder / "data",
            session_timeout=_SESSION,
            partitions=1,
        )
        say(f"{broker.name} on {broker.bootstrap}")
        await provision.apply(settings)
        env = {
            "STREAMS_BROKER": settings.broker,
            "STREAMS_SECURITY_PROTOCOL": settings.security_protocol,
            "STREAMS_DATA_DIR": str(settings.data_dir),
            "STREAMS_SESSION_TIMEOUT": str(settings.session_timeout),
        }
        supervisor = Supervisor(stages, env=env, log=log)
        try:
            supervisor.start()
            yield settings, supervisor
        finally:
            supervisor.stop()


@asynccontextmanager
async def dashboard(settings: Settings) -> AsyncIterator[str]:
    """The dashboard in this process, on its usual port or, where that is taken, on a free one; its URL."""
    from streams.dashboard.web.server import PORT, serve

    for port in (PORT, 0):
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(serve(settings, port=port, ready=url.set_result))
        both: set[asyncio.Future[Any]] = {task, url}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if url.done() or port == 0:
            break
        task.exception()  # the port is taken: try the next
    try:
        if not url.done():
            await task
        yield url.result()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
