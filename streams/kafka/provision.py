"""Topics as ``contracts.topics`` has them, compared with a cluster and brought into line.

Idempotent: what stands is left alone. A partition count is never changed, since that would send the keys of old and
new records to different partitions.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import IncompatibleBrokerVersion

from streams.contracts.topology import TOPICS
from streams.kafka.admin import OK, REQUEST_SECONDS, connected
from streams.kafka.errors import BrokerError
from streams.settings import Settings

#: Error code of the Kafka protocol (kafka.apache.org/protocol#protocol_error_codes).
_TOPIC_EXISTS = 36
#: ``config_source`` of a value set on the topic itself (DescribeConfigs, version 1 and later).
_SET_ON_TOPIC = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference between the table and the cluster.

    ``create`` and ``configure`` are what ``apply`` does. ``partitions`` is a conflict that only a person can solve;
    ``note`` is for information (another replication factor, a configuration that the broker cannot tell or take).
    """

    topic: str
    action: Literal["create", "configure", "partitions", "note"]
    detail: str


async def plan(settings: Settings) -> list[Change]:
    """What differs, in the table's order; nothing is changed.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: the cluster refuses to say.
    """
    async with connected(settings) as client:
        return (await _compare(client, settings)).changes


async def apply(settings: Settings) -> list[Change]:
    """Create what is missing, set the configuration that differs; returns what ``plan`` would have said before.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: the cluster refuses a topic; the message is its own.
    """
    async with connected(settings) as client:
        found = await _compare(client, settings)
        if found.missing:
            await _create(client, found.missing)
        if found.configs:
            await _configure(client, found.configs)
        if found.missing or found.configs:
            await _until_visible(client, settings, [topic.name for topic in found.missing])
        return found.changes


@dataclass(frozen=True, slots=True)
class _Comparison:
    changes: list[Change]
    missing: list[NewTopic]
    #: Topic → its whole configuration: what the table says over what is set on it already.
    configs: dict[str, dict[str, str]]


async def _compare(client: AIOKafkaAdminClient, settings: Settings) -> _Comparison:
    standing = {topic["topic"]: topic for topic in await client.describe_topics()}
    found = _Comparison([], [], {})
    #: Topic → its copies: what it may be asked to keep in sync, whatever the setting says of topics to come.
    known: dict[str, int] = {}
    for topic in TOPICS:
        name, wanted = topic.full_name(settings.topic_prefix), topic.full_config(settings.replication)
        if name not in standing:
            found.missing.append(
                NewTopic(name, settings.partitions, settings.replication, topic_configs=wanted),
            )
            shape = f"{settings.partitions} partitions, replication {settings.replication}, {_pairs(wanted)}"
            found.changes.append(Change(topic=name, action="create", detail=shape))
            continue
        partitions = standing[name]["partitions"]
        known[name] = min((len(partition["replicas"]) for partition in partitions), default=1)
        if len(partitions) != settings.partitions:
            detail = (
                f"has {len(partitions)} partitions, STREAMS_PARTITIONS asks for {settings.partitions}: never changed, "
                f"as keys would move. Set STREAMS_PARTITIONS={len(partitions)}, or take another STREAMS_TOPIC_PREFIX; "
                "where partitions were added: docs/how-to/operate.md#when-topics-change."
            )
            found.changes.append(Change(topic=name, action="partitions", detail=detail))
        copies = {len(partition["replicas"]) for partition in partitions}
        if copies != {settings.replication}:
            detail = (
                f"has replication {_join(copies)}, STREAMS_REPLICATION asks for {settings.replication}: left as it is"
            )
            found.changes.append(Change(topic=name, action="note", detail=detail))
    await _compare_configs(client, settings, known, found)
    return found


async def _compare_configs(
    client: AIOKafkaAdminClient, settings: Settings, names: dict[str, int], found: _Comparison
) -> None:
    if not names:
        return
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    try:
        answers = await client.describe_configs(resources)
    except IncompatibleBrokerVersion:
        found.changes.append(
            Change(
                topic=settings.topic_prefix, action="note", detail="this broker cannot tell its topics' configuration"
            )
        )
        return
    actual = {resource[3]: resource for answer in answers for resource in answer.resources}
    wanted = {
        name: topic.full_config(names[name])
        for topic in TOPICS
        if (name := topic.full_name(settings.topic_prefix)) in names
    }
    for name in names:
        _, message, _, _, entries = actual[name]
        values = {entry[0]: entry[1] for entry in entries}
        if actual[name][0] != OK:
            found.changes.append(Change(topic=name, action="note", detail=f"configuration unknown: {message}"))
            continue
        differing = {key: value for key, value in wanted[name].items() if values.get(key) != value}
        if differing:
            # The request replaces everything that is set on the topic, so what others set there is sent along.
            kept = {entry[0]: entry[1] for entry in entries if entry[3] == _SET_ON_TOPIC}
            found.configs[name] = kept | wanted[name]
            detail = "; ".join(f"{key}: {values.get(key, 'unset')} → {value}" for key, value in differing.items())
            found.changes.append(Change(topic=name, action="configure", detail=detail))


async def _create(client: AIOKafkaAdminClient, missing: list[NewTopic]) -> None:
    answer = await client.create_topics(missing)
    for name, code, message in (error[:3] for error in answer.topic_errors):
        # It exists: somebody else was applying the same table.
        if code not in (OK, _TOPIC_EXISTS):
            raise BrokerError(f"the cluster refuses topic {name}: {message or f'error {code}'}")


async def _until_visible(client: AIOKafkaAdminClient, settings: Settings, created: list[str]) -> None:
    """Wait until the brokers show what their controller has taken, so that whoever comes next can write at once."""
    deadline = time.monotonic() + REQUEST_SECONDS
    while True:
        topics = {topic["topic"]: topic["partitions"] for topic in await client.describe_topics()}
        led = all(topics.get(name) and all(each["leader"] >= 0 for each in topics[name]) for name in created)
        left = await _compare(client, settings)
        if led and not left.missing and not left.configs:
            return
        if time.monotonic() > deadline:
            raise BrokerError(f"the topics were applied, but are not all to be seen after {REQUEST_SECONDS:g} s")
        await asyncio.sleep(0.05)


async def _configure(client: AIOKafkaAdminClient, configs: dict[str, dict[str, str]]) -> None:
    resources = [ConfigResource(ConfigResourceType.TOPIC, name, config) for name, config in configs.items()]
    try:
        answers = await client.alter_configs(resources)
    except IncompatibleBrokerVersion:
        raise BrokerError(
            f"this broker cannot change the configuration of topics that exist ({', '.join(configs)}). "
            "Delete them and apply again, or take another STREAMS_TOPIC_PREFIX."
        ) from None
    for code, message, _, name in (resource for answer in answers for resource in answer.resources):
        if code != OK:
            raise BrokerError(f"the cluster refuses the configuration of topic {name}: {message or f'error {code}'}")


def _pairs(config: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in config.items())


def _join(numbers: set[int]) -> str:
    return "/".join(str(number) for number in sorted(numbers))
