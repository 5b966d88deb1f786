"""What commands that need a cluster ask first: does a broker answer, and are the topics there?"""

from __future__ import annotations

from streams.cli.console import CommandError, say
from streams.settings import Settings


async def require_cluster(settings: Settings) -> None:
    """Return when a broker answers and every topic exists; raises with one clear sentence where not."""
    from streams.broker import admin

    await admin.wait_for_broker(settings, say)
    missing = [change.topic for change in await admin.plan(settings) if change.action == "create"]
    if missing:
        raise CommandError(f"topics are missing ({', '.join(missing)}). Create them: streams topics apply")
