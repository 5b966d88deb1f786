"""What a consumer group has committed."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient


async def committed(client: AIOKafkaAdminClient, group: str, places: Sequence[TopicPartition]) -> dict[int, int]:
    """Partition → the offset that a group has committed, of places in one topic; absent where it has committed none.

    Partitions are named one by one: the embedded broker's answer for "all" cannot be read.
    """
    told = await client.list_consumer_group_offsets(group, partitions=list(places))
    return {place.partition: told[place].offset for place in places if place in told and told[place].offset >= 0}
