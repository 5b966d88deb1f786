"""Topics as ``streams.contracts.topics`` says, compared with a cluster and brought into line; and waiting for a broker.

Idempotent: what stands is left alone. A partition count is never changed, since that would send the keys of old and
new records to different partitions.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.transaction import InitProducerIdRequest

from streams.contracts.topics import TOPICS
from streams.kafka import access
from streams.kafka.access import Access, RefusedError
from streams.kafka.local.process import BrokerError
from streams.kafka.security import client_options
from streams.settings import Settings

#: Seconds that one request may take. Creating all topics took 0.2 s here; a busy cluster is slower.
_REQUEST_SECONDS = 20.0
#: Seconds from the first retry to the next, doubled up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
#: Error codes of the Kafka protocol (kafka.apache.org/protocol#protocol_error_codes).
_OK, _TOPIC_EXISTS = 0, 36
#: ``config_source`` of a value set on the topic itself (DescribeConfigs, version 1 and later).
_SET_ON_TOPIC = 1


class BrokerUnavailableError(BrokerError):
    """No broker answers. The message names the address and what to do."""


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
    async with _connected(settings) as client:
        return (await _compare(client, settings)).changes


async def apply(settings: Settings) -> list[Change]:
    """Create what is missing, set the configuration that differs; returns what ``plan`` would have said before.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: the cluster refuses a topic; the message is its own.
    """
    async with _connected(settings) as client:
        found = await _compare(client, settings)
        if found.missing:
            await _create(client, found.missing)
        if found.configs:
            await _configure(client, found.configs)
        if found.missing or found.configs:
            await _until_visible(client, settings, [topic.name for topic in found.missing])
        return found.changes


async def largest_record(settings: Settings, name: str) -> int | None:
    """Bytes that the topic takes in one batch (``max.message.bytes``), or None where the broker cannot tell.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: there is no such topic.
    """
    async with _connected(settings) as client:
        if name not in await client.list_topics():
            raise BrokerError(f"there is no topic {name} at {_servers(settings)}. Create it: streams topics apply.")
        try:
            (answer,) = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name)])
        except IncompatibleBrokerVersion:
            return None
        limit = {entry[0]: entry[1] for entry in answer.resources[0][4]}.get("max.message.bytes")
        return int(limit) if limit else None


async def standing(settings: Settings, names: list[str]) -> tuple[int, dict[str, int], dict[str, dict[str, str]]]:
    """The number of brokers; the copies and the effective configuration of those of the topics that are there.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: the cluster refuses to say.
    """
    async with _connected(settings) as client:
        brokers = len((await client.describe_cluster())["brokers"])
        copies = {
            topic["topic"]: min((len(partition["replicas"]) for partition in topic["partitions"]), default=0)
            for topic in await client.describe_topics()
            if topic["topic"] in names
        }
        try:
            answers = await client.describe_configs([ConfigResource(ConfigResourceType.TOPIC, name) for name in copies])
        except IncompatibleBrokerVersion:
            return brokers, copies, {}
        configs = {
            resource[3]: {entry[0]: entry[1] for entry in resource[4]}
            for answer in answers
            for resource in answer.resources
            if resource[0] == _OK
        }
        return brokers, copies, configs


async def wait_for_broker(settings: Settings, notice: Callable[[str], None]) -> None:
    """Return when a broker answers; try for ``settings.wait_for_broker`` seconds (0: once), with backoff.

    ``notice`` is told of each failure that is followed by another try.

    Raises:
        BrokerUnavailableError: none answered in that time.
    """
    deadline = time.monotonic() + settings.wait_for_broker
    pause = _FIRST_PAUSE
    while True:
        try:
            async with _connected(settings):
                return
        except BrokerUnavailableError:
            left = deadline - time.monotonic()
            if left <= 0:
                raise
            notice(f"no Kafka broker answers at {_servers(settings)}; trying again (for {left:.0f} s more)")
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 2, _LONGEST_PAUSE)


async def require(settings: Settings, *needed: Access) -> None:
    """Returns where the topics that are needed (of nothing: all) are there, and the rights, as far as the broker tells.

    Raises:
        BrokerUnavailableError: no broker answers.
        RefusedError: the cluster does not let us in, see a topic, or do what is needed.
        BrokerError: topics are missing.
    """
    async with _connected(settings) as client:
        standing = set(await client.list_topics())
        wanted = {name for each in needed for name in (*each.reads, *each.writes)}
        absent = [
            name
            for topic in TOPICS
            if (not wanted or topic.name in wanted) and (name := topic.full_name(settings.topic_prefix)) not in standing
        ]
        await access.require(settings, client, *needed)
        await access.require_visible(settings, client, absent)
        if absent:
            raise BrokerError(f"topics are missing ({', '.join(absent)}). Create them: streams topics apply")


async def supports_idempotence(settings: Settings) -> bool:
    """Whether the broker gives out producer ids, which an idempotent producer needs (the embedded one does not)."""
    client = AIOKafkaClient(**client_options(settings))
    try:
        await client.bootstrap()
        answer = await client.send(client.get_random_node(), InitProducerIdRequest(None, 60_000))
    except (KafkaError, TimeoutError):
        return False
    finally:
        await client.close()
    return bool(answer.error_code == _OK)


@dataclass(frozen=True, slots=True)
class _Comparison:
    changes: list[Change]
    missing: list[NewTopic]
    #: Topic → its whole configuration: what the table says over what is set on it already.
    configs: dict[str, dict[str, str]]


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=int(_REQUEST_SECONDS * 1000))
    try:
        try:
            with _silent():
                await client.start()
                # A paused broker takes the connection and no more; one that is starting lists no node yet, for which
                # the client has an AssertionError.
                await client.describe_cluster()
        except (KafkaError, OSError, AssertionError):
            with _silent():
                refused = await access.why_refused(settings)
            if refused:
                raise RefusedError(refused) from None
            raise BrokerUnavailableError(
                f"no Kafka broker answers at {_servers(settings)}. Start one (streams broker, or docker compose up "
                "kafka), or set STREAMS_BROKER=kafka://host:port to one that runs, and STREAMS_SECURITY_PROTOCOL as it "
                "speaks."
            ) from None
        try:
            yield client
        except (KafkaError, TimeoutError) as error:
            refused = access.refusal(error, access.who(settings))
            if refused:
                raise RefusedError(refused) from None
            raise BrokerError(f"the broker at {_servers(settings)} failed: {error or type(error).__name__}") from error
    finally:
        await client.close()


@contextmanager
def _silent() -> Iterator[None]:
    """No lines of the client's about a connection that fails: whoever asked says it in one sentence."""
    logger = logging.getLogger("aiokafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def _servers(settings: Settings) -> str:
    return ", ".join(settings.bootstrap_servers)


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
        if actual[name][0] != _OK:
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
        if code not in (_OK, _TOPIC_EXISTS):
            raise BrokerError(f"the cluster refuses topic {name}: {message or f'error {code}'}")


async def _until_visible(client: AIOKafkaAdminClient, settings: Settings, created: list[str]) -> None:
    """Wait until the brokers show what their controller has taken, so that whoever comes next can write at once."""
    deadline = time.monotonic() + _REQUEST_SECONDS
    while True:
        topics = {topic["topic"]: topic["partitions"] for topic in await client.describe_topics()}
        led = all(topics.get(name) and all(each["leader"] >= 0 for each in topics[name]) for name in created)
        left = await _compare(client, settings)
        if led and not left.missing and not left.configs:
            return
        if time.monotonic() > deadline:
            raise BrokerError(f"the topics were applied, but are not all to be seen after {_REQUEST_SECONDS:g} s")
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
        if code != _OK:
            raise BrokerError(f"the cluster refuses the configuration of topic {name}: {message or f'error {code}'}")


def _pairs(config: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in config.items())


def _join(numbers: set[int]) -> str:
    return "/".join(str(number) for number in sorted(numbers))
