"""What a client may do with topics and groups, as the broker tells it (KIP-430). aiokafka does not ask for that."""

from __future__ import annotations

import asyncio
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupAuthorizationFailedError, IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.admin import DescribeGroupsResponse_v3
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Int16, Int32, Schema, String

#: Operations of the Kafka protocol, as bits (kafka.apache.org/protocol, ``AclOperation``).
READ, WRITE = 3, 4
#: What stands for "not told" where operations are a bit field.
UNTOLD = -(2**31)
#: Its error code for a topic that we may not see.
_TOPIC_REFUSED = 29
#: Seconds for a group's coordinator to be found and to answer.
_SECONDS = 10.0


async def operations(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, int]:
    """Topic → bit field of what we may do with it: 0 where we may not even see it, else ``UNTOLD`` where unknown."""
    if not names:
        return {}
    try:
        answer = await client._send_request(_Metadata(names))
    except (IncompatibleBrokerVersion, NotImplementedError):
        # It does not know the request's version, as the embedded broker: rights it does not have either.
        return {}
    return {
        found[1]: 0 if found[0] == _TOPIC_REFUSED else (found[4] if found[0] == 0 else UNTOLD)
        for found in answer.topics
    }


async def may_join(client: AIOKafkaAdminClient, group: str) -> bool:
    """Whether we may READ the group; True where the broker cannot tell, or not now: joining will show."""
    try:
        async with asyncio.timeout(_SECONDS):
            node = await client.find_coordinator(group)
            answer = await client._send_request_to_node(node, _Groups([group]))
    except GroupAuthorizationFailedError:
        return False
    except (IncompatibleBrokerVersion, NotImplementedError, TimeoutError, KafkaError):
        # Too old to tell, or not now: joining shows.
        return True
    code, operations = answer.groups[0][0], answer.groups[0][6]
    if code == GroupAuthorizationFailedError.errno:
        return False
    return bool(code != 0 or operations == UNTOLD or operations >> READ & 1)


class _MetadataResponse(Response):  # type: ignore[misc]  # aiokafka has no types
    """Metadata, version 8: the first that tells what the client may do (KIP-430)."""

    API_KEY, API_VERSION = 3, 8
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", Array(("node_id", Int32), ("host", String()), ("port", Int32), ("rack", String()))),
        ("cluster_id", String()),
        ("controller_id", Int32),
        (
            "topics",
            Array(
                ("error_code", Int16),
                ("topic", String()),
                ("is_internal", Boolean),
                (
                    "partitions",
                    Array(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", Array(Int32)),
                        ("isr", Array(Int32)),
                        ("offline_replicas", Array(Int32)),
                    ),
                ),
                ("operations", Int32),
            ),
        ),
        ("cluster_operations", Int32),
    )


class _MetadataStruct(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY, API_VERSION = 3, 8
    RESPONSE_TYPE = _MetadataResponse
    SCHEMA = Schema(
        ("topics", Array(String())),
        ("allow_auto_topic_creation", Boolean),
        ("cluster_operations", Boolean),
        ("topic_operations", Boolean),
    )


class _Metadata(Request[_MetadataStruct]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 3

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._names, False, False, True)


class _GroupsStruct(RequestStruct):  # type: ignore[misc]  # aiokafka has no types
    API_KEY, API_VERSION = 15, 3
    # aiokafka's own request of this version reads the answer as one of version 2, without the operations.
    RESPONSE_TYPE = DescribeGroupsResponse_v3
    SCHEMA = Schema(("groups", Array(String())), ("operations", Boolean))


class _Groups(Request[_GroupsStruct]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 15

    def __init__(self, names: list[str]) -> None:
        self._names = names

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class(self._names, True)
