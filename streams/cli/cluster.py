"""What commands that need a cluster ask first: does a broker answer, are the topics there, and may we use them?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.cli.console import say
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.kafka.access import Access


async def require_cluster(settings: Settings, *needed: Access) -> None:
    """Return when a broker answers, every topic exists and we may do what is needed; raises with one clear sentence
    where not."""
    from streams.kafka import admin

    await admin.wait_for_broker(settings, say)
    await admin.require(settings, *needed)
