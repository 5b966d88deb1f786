"""The id that Kafka gives a topic when it makes it (KIP-516): another one each time. aiokafka does not ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import IncompatibleBrokerVersion
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    AbstractType,
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    TaggedFields,
)

#: What stands for "no id" on the wire, and what stands here for a topic on a broker that gives none.
_NONE = bytes(16)
UNTOLD = "untold"
#: Error code of a topic that is not there (kafka.apache.org/protocol#protocol_error_codes).
_UNKNOWN_TOPIC = 3


@dataclass(frozen=True, slots=True)
class Shape:
    """A topic as the broker knows it: its id in hexadecimal (``UNTOLD``: none), its partitions (0: not told)."""

    id: str
    partitions: int


async def shape(client: AIOKafkaAdminClient, name: str) -> Shape | None:
    """The topic's id and number of partitions; None where there is no such topic."""
    try:
        answer = await client._send_request(_TopicMetadata(name))
    except (IncompatibleBrokerVersion, NotImplementedError):
        # A broker from before topics had ids (2.8), or the embedded one: the number of partitions it still tells.
        if name not in await client.list_topics():
            return None
        (described,) = await client.describe_topics([name])
        return Shape(UNTOLD, len(described["partitions"]))
    ((code, _, id_, _, partitions, *_),) = answer.topics
    if code == _UNKNOWN_TOPIC:
        return None
    return Shape(UNTOLD if code or id_ == _NONE else str(id_.hex()), 0 if code else len(partitions))


class _Uuid(AbstractType[bytes]):  # type: ignore[misc]  # aiokafka has no types
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


class _TopicMetadataResponse(Response):  # type: ignore[misc]
    """Metadata, version 12 (version 10 is the first with ids; 11 dropped what we do not ask for)."""

    API_KEY, API_VERSION = 3, 12
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString()),
                ("topic_id", _Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline_replicas", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _TopicMetadataStruct(RequestStruct):  # type: ignore[misc]
    API_KEY, API_VERSION, FLEXIBLE_VERSION = 3, 12, True
    RESPONSE_TYPE = _TopicMetadataResponse
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Uuid), ("name", CompactString()), ("tags", TaggedFields))),
        ("allow_auto_topic_creation", Boolean),
        ("topic_operations", Boolean),
        ("tags", TaggedFields),
    )


class _TopicMetadata(Request[_TopicMetadataStruct]):  # type: ignore[misc]
    API_KEY = 3

    def __init__(self, name: str) -> None:
        self._name = name

    def build(self, request_struct_class: Any) -> Any:
        return request_struct_class([(_NONE, self._name, {})], False, False, {})
