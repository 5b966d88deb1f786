"""Readers leave nothing open behind, whatever Kafka does."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from streams.kafka.log_reader import LogReader
from streams.settings import load


@pytest.fixture
async def mute() -> AsyncIterator[str]:
    """A broker that takes connections and never answers."""
    taken: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: taken.append(writer), "127.0.0.1", 0)
    async with server:
        host, port = server.sockets[0].getsockname()
        yield f"kafka://{host}:{port}"
        for writer in taken:
            writer.close()
            await writer.wait_closed()


async def test_a_start_that_is_given_up_leaves_no_connection_open(mute: str) -> None:
    reader = LogReader(load(broker=mute))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.partitions("news.articles.raw"), 0.3)
    # What was left open would warn now, and warnings are errors.
    gc.collect()
