"""A quota of the cluster's on readers: what makes a broker slow to answer, from outside of the service."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import aiokafka
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Array, Boolean, Float64, Int16, Int32, Schema, String

_ENTITY = ("entity", Array(("entity_type", String("utf-8")), ("entity_name", String("utf-8"))))
#: What a client of aiokafka calls itself that is given no name.
UNNAMED = f"aiokafka-{aiokafka.__version__}"


class _Answer(Response):  # type: ignore[misc]  # aiokafka has no types
    API_KEY, API_VERSION = 49, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("entries", Array(("error_code", Int16), ("error_message", String("utf-8")), _ENTITY)),
    )


class _Alter(RequestStruct):  # type: ignore[misc]
    """AlterClientQuotas, version 0 (KIP-546), which aiokafka has not."""

    API_KEY, API_VERSION, RESPONSE_TYPE = 49, 0, _Answer
    SCHEMA = Schema(
        ("entries", Array(_ENTITY, ("ops", Array(("key", String("utf-8")), ("value", Float64), ("remove", Boolean))))),
        ("validate_only", Boolean),
    )


class _Change(Request[_Alter]):  # type: ignore[misc]
    API_KEY = 49

    def __init__(self, client: str, rate: float | None) -> None:
        self._entry = [("client-id", client)], [("consumer_byte_rate", rate or 0.0, rate is None)]

    def build(self, request_struct_class: type[_Alter]) -> _Alter:
        return request_struct_class([self._entry], False)


@contextlib.asynccontextmanager
async def slow_readers(bootstrap: str, *, rate: float, client: str = UNNAMED) -> AsyncIterator[None]:
    """Meanwhile clients of that name may read ``rate`` bytes a second."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await _alter(admin, _Change(client, rate))
        yield
        await _alter(admin, _Change(client, None))
    finally:
        await admin.close()


async def _alter(admin: AIOKafkaAdminClient, change: _Change) -> None:
    answer = await admin._send_request(change)
    assert [entry[0] for entry in answer.entries] == [0], answer
