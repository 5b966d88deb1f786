"""A cluster's administration: connecting and waiting for it, what must be there, what it can and what it holds.

What its topics should be, ``provision`` sees to.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import IncompatibleBrokerVersion, KafkaError
from aiokafka.protocol.transaction import InitProducerIdRequest

from streams.contracts.topology import TOPICS
from streams.kafka import access
from streams.kafka.access import Access, RefusedError
from streams.kafka.errors import BrokerError
from streams.kafka.security import client_options
from streams.settings import Settings

#: Seconds that one request may take. Creating all topics took 0.2 s here; a busy cluster is slower.
REQUEST_SECONDS = 20.0
#: Seconds from the first retry to the next, doubled up to the longest.
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 5.0
#: Error code of no error in the Kafka protocol (kafka.apache.org/protocol#protocol_error_codes).
OK = 0


class BrokerUnavailableError(BrokerError):
    """No broker answers. The message names the address and what to do."""


async def largest_record(settings: Settings, name: str) -> int | None:
    """Bytes that the topic takes in one batch (``max.message.bytes``), or None where the broker cannot tell.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: there is no such topic.
    """
    async with connected(settings) as client:
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
    async with connected(settings) as client:
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
            if resource[0] == OK
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
            async with connected(settings):
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
    async with connected(settings) as client:
        standing = set(await client.list_topics())
        wanted = {topic for each in needed for topic in (*each.reads, *each.writes)}
        absent = [
            name
            for topic in TOPICS
            if (not wanted or topic in wanted) and (name := topic.full_name(settings.topic_prefix)) not in standing
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
    return bool(answer.error_code == OK)


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[AIOKafkaAdminClient]:
    """A client of the cluster's administration.

    Raises:
        BrokerUnavailableError: no broker answers.
        RefusedError: the cluster does not let us in, or do what is asked inside.
        BrokerError: it fails at what is asked inside.
    """
    client = AIOKafkaAdminClient(**client_options(settings), request_timeout_ms=int(REQUEST_SECONDS * 1000))
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
