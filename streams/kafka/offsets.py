"""What a consumer group has committed, and how many are in it."""

from __future__ import annotations

from collections.abc import Sequence

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code


async def committed(client: AIOKafkaAdminClient, group: str, places: Sequence[TopicPartition]) -> dict[int, int]:
    """Partition → the offset that a group has committed, of places in one topic; absent where it has committed none.

    Partitions are named one by one: the embedded broker's answer for "all" cannot be read.
    """
    told = await client.list_consumer_group_offsets(group, partitions=list(places))
    return {place.partition: told[place].offset for place in places if place in told and told[place].offset >= 0}


async def members(client: AIOKafkaAdminClient, group: str) -> int:
    """How many consumers a group has now; 0 also where there is no such group.

    Raises:
        KafkaError: the cluster does not say.
    """
    (told,) = await client.describe_consumer_groups([group])
    (about,) = told.groups
    # A group that never was is an error from Kafka 4 on (69, GROUP_ID_NOT_FOUND), and an empty one before.
    if about[0] not in (0, 69):
        raise for_code(about[0])(f"group {group}")
    return len(about[5])
