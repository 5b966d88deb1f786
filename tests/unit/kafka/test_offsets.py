"""What a group has committed, as the broker tells it: -1, or nothing, is none."""

from __future__ import annotations

from types import SimpleNamespace

from aiokafka import TopicPartition

from streams.kafka.offsets import committed


async def test_only_what_was_committed_is_told() -> None:
    places = [TopicPartition("t", number) for number in range(4)]
    asked = []

    class Client:
        async def list_consumer_group_offsets(self, group, partitions):
            asked.append((group, partitions))
            told = {0: 7, 1: 0, 2: -1}
            return {TopicPartition("t", number): SimpleNamespace(offset=offset) for number, offset in told.items()}

    assert await committed(Client(), "news.clean", places) == {0: 7, 1: 0}
    assert asked == [("news.clean", places)], "named one by one"
