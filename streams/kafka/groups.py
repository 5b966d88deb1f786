"""A member of a consumer group that shares out work: nothing is committed but what the caller says."""

from __future__ import annotations

from typing import Literal

from aiokafka import AIOKafkaConsumer

from streams.contracts.topics import prefixed
from streams.kafka.security import client_options
from streams.settings import Settings


def member(settings: Settings, name: str, group: str, *, begins: Literal["earliest", "latest"]) -> AIOKafkaConsumer:
    """A consumer of ``group`` (without its prefix), to be started and subscribed.

    Args:
        name: of the program, for the broker's logs.
        begins: where a group without offsets begins.
    """
    return AIOKafkaConsumer(
        **client_options(settings),
        client_id=f"news-streams-{name}",
        group_id=prefixed(group, settings.topic_prefix),
        enable_auto_commit=False,
        auto_offset_reset=begins,
        session_timeout_ms=int(settings.session_timeout * 1000),
        heartbeat_interval_ms=int(settings.session_timeout * 100),
    )
