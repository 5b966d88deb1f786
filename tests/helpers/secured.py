"""A cluster with TLS, logins and ACLs: what a command against it needs, and how a refusal reads."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest_v1
from aiokafka.protocol.api import Request

from streams.contracts.records import Stage
from streams.contracts.topology import STAGES
from streams.kafka.access import STAGE_ACCESS
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.security import client_options
from streams.settings import Settings, load

USERS = tuple((stage, f"{stage}-pw-1234") for stage in STAGES)
#: Of the protocol: resource types, pattern, operations and permission (kafka.apache.org/protocol).
TOPIC, GROUP, LITERAL, ALLOW, DENY = 2, 3, 3, 3, 2
READ, WRITE = 3, 4


def environment(broker: KafkaBroker, user: str = "streams", /, **changed: str | None) -> dict[str, str]:
    """Variables for a command against the broker, without those that are changed to None."""
    assert broker.secured is not None
    made: dict[str, str | None] = {
        "STREAMS_BROKER": f"kafka://{broker.bootstrap}",
        "STREAMS_SECURITY_PROTOCOL": "SASL_SSL",
        "STREAMS_SASL_MECHANISM": "SCRAM-SHA-512",
        "STREAMS_SASL_USERNAME": user,
        "STREAMS_SASL_PASSWORD": dict(USERS).get(user) or broker.secured.password,
        "STREAMS_SSL_CA": str(broker.secured.ca),
        "STREAMS_PARTITIONS": "2",
        "STREAMS_SESSION_TIMEOUT": "6",
    }
    made.update(changed)
    return {name: value for name, value in made.items() if value is not None}


def settings_of(env: dict[str, str], **more: object) -> Settings:
    return load(**{name.removeprefix("STREAMS_").lower(): value for name, value in env.items()}, **more)


def streams(*arguments: str, env: dict[str, str], timeout: float = 90) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        capture_output=True, text=True, check=False, timeout=timeout, env={**os.environ, **env},
    )  # fmt: skip


class _CreateAcls(Request[CreateAclsRequest_v1]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 30

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._rows = rows

    def build(self, request_struct_class: Callable[[Sequence[tuple[object, ...]]], object]) -> object:
        return request_struct_class(self._rows)


async def grant(settings: Settings, user: str, *rights: tuple[int, str, int], permission: int = ALLOW) -> None:
    """Each right is a resource's type and name and an operation; ``settings`` are an administrator's."""
    client = AIOKafkaAdminClient(**client_options(settings))
    await client.start()
    try:
        rows = [(kind, name, LITERAL, f"User:{user}", "*", operation, permission) for kind, name, operation in rights]
        answer = await client._send_to_controller(_CreateAcls(rows))
        assert all(code == 0 for code, _ in answer.creation_responses), answer
    finally:
        await client.close()


def rights(stage: Stage, prefix: str) -> list[tuple[int, str, int]]:
    """What the page on secured clusters says that a stage needs, and no more."""
    access = STAGE_ACCESS[stage]
    return [
        *((TOPIC, topic.full_name(prefix), READ) for topic in access.reads),
        *((TOPIC, topic.full_name(prefix), WRITE) for topic in access.writes),
        (GROUP, f"{prefix}.{access.group}", READ),
    ]


def refused(done: subprocess.CompletedProcess[str], *names: str) -> None:
    """One line, that names these, no traceback, no secret, and a failure."""
    assert done.returncode != 0
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    assert all(name in lines[0] for name in names), lines[0]
    assert "-pw-" not in done.stderr + done.stdout
