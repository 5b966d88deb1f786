"""Why a cluster does not let us in, and what it does not let us do: each as one sentence that says what to change.

aiokafka tells neither: a login that fails is to it a server that cannot be reached, and topics that we may not see are
to it not there. So the servers are asked once more, by hand.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable
from dataclasses import dataclass

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest

from streams.contracts.records import Stage
from streams.contracts.topics import Topic, prefixed
from streams.contracts.topology import (
    ALERTS,
    ARTICLES_RAW,
    CORRECTIONS,
    DEAD_LETTERS,
    FAILURES,
    FOLLOWER,
    NOTIFIER,
    REJECTIONS,
    STATE_FOLLOW,
    STATE_NOTIFY,
    STORIES,
    STORY_EVENTS,
    TOPOLOGY,
    WATCHES,
)
from streams.kafka.errors import BrokerError
from streams.kafka.rights import READ, UNTOLD, WRITE, may_join, operations
from streams.kafka.security import TokenError, client_options
from streams.settings import Settings

#: Seconds for one server to say who it is.
_SECONDS = 10.0
_HOW = "see docs/how-to/secure.md"


class RefusedError(BrokerError):
    """The cluster is there and refuses us. The message says what is wrong and which setting or ACL to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a part needs: topics that it reads and writes, and whether it joins the consumer group of its name."""

    reads: tuple[Topic, ...] = ()
    writes: tuple[Topic, ...] = ()
    group: str | None = None


#: What each stage needs, by its row of the topology; the page on secured clusters says the same.
STAGE_ACCESS: dict[Stage, Access] = {
    stage: Access(reads=row.reads, writes=row.writes, group=stage) for stage, row in TOPOLOGY.items()
}

READS_LOG = Access(reads=(STORY_EVENTS,))
MENDS = Access(reads=(STORY_EVENTS, REJECTIONS), writes=(CORRECTIONS,))
READS_LETTERS = Access(reads=(DEAD_LETTERS,))
SEEDS = Access(writes=(ARTICLES_RAW,))
FOLLOWS = Access(reads=(STATE_FOLLOW,), writes=(ARTICLES_RAW, STATE_FOLLOW), group=FOLLOWER)
NOTIFIES = Access(reads=(ALERTS, STATE_NOTIFY, WATCHES), writes=(DEAD_LETTERS, STATE_NOTIFY), group=NOTIFIER)
READS_WATCHES = Access(reads=(WATCHES,))
WATCHING = Access(reads=(WATCHES,), writes=(WATCHES,))
TESTS_WATCHES = Access(reads=(WATCHES, STORIES))
#: And, where it has editors, MENDS; for them to keep watches, WATCHING.
DASHBOARD = Access(reads=(ARTICLES_RAW, *(row.output for row in TOPOLOGY.values()), *FAILURES, WATCHES))


async def why_refused(settings: Settings) -> str | None:
    """Why no server lets us in; None where one does, or none can be reached."""
    options = client_options(settings)
    said = None
    for server in options.pop("bootstrap_servers"):
        host, _, port = server.rpartition(":")
        try:
            async with asyncio.timeout(_SECONDS):
                connection = await create_conn(
                    host.strip("[]"), int(port), request_timeout_ms=int(_SECONDS * 1000), **options
                )
                try:
                    answer = await connection.send(MetadataRequest([]))
                finally:
                    await connection.close()
            if answer.brokers or settings.sasl_mechanism != "OAUTHBEARER":
                return None
            # aiokafka does not read why a token is refused (RFC 7628, 3.2.3); the broker then answers with nothing.
            said = said or _token_sentence(server)
        except (KafkaError, OSError, ValueError) as error:
            said = said or _login_sentence(settings, server, error)
    return said


def _login_sentence(settings: Settings, server: str, error: Exception) -> str | None:
    oauth = settings.sasl_mechanism == "OAUTHBEARER"
    match error:
        case TokenError():
            return str(error)
        case ssl.SSLCertVerificationError():
            if error.verify_code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, …_IP_ADDRESS_MISMATCH
                return (
                    f"the certificate of {server} is for another host ({error.verify_message}): name it in "
                    "STREAMS_BROKER as its certificate does, or set STREAMS_SSL_CHECK_HOSTNAME=false."
                )
            return (
                f"the certificate of {server} is not trusted ({error.verify_message}): STREAMS_SSL_CA must name the "
                "PEM file of the authority that signed it."
            )
        case ssl.SSLError():
            return (
                f"TLS with {server} failed ({getattr(error, 'reason', None) or error}): "
                "check STREAMS_SECURITY_PROTOCOL, and, where the cluster "
                "asks for a client's certificate, STREAMS_SSL_CERTIFICATE and STREAMS_SSL_KEY."
            )
        case SaslAuthenticationFailed() if not oauth:
            return (
                f"{server} refuses the login of {settings.sasl_username}: check STREAMS_SASL_USERNAME, "
                "STREAMS_SASL_PASSWORD and STREAMS_SASL_MECHANISM."
            )
        case UnsupportedSaslMechanismError():
            return f"{server} does not take STREAMS_SASL_MECHANISM={settings.sasl_mechanism}: set one that it takes."
        case IllegalSaslStateError():
            return f"{server} asks for no login: STREAMS_SECURITY_PROTOCOL={settings.security_protocol} is wrong."
        case SaslAuthenticationFailed():
            return _token_sentence(server)
    return None


def _token_sentence(server: str) -> str:
    return f"{server} refuses the token: check what STREAMS_SASL_TOKEN_COMMAND prints."


def refusal(error: BaseException, user: str = "this client") -> str | None:
    """What an error of the client's says of missing rights, as one sentence; None where it is another error."""
    names = error.args[0] if error.args else None
    if isinstance(names, set | frozenset | list | tuple):
        names = ", ".join(sorted(map(str, names)))
    match error:
        case TopicAuthorizationFailedError():
            return f"the cluster does not let {user} use topic {names or '(not told which)'}: grant it an ACL ({_HOW})."
        case GroupAuthorizationFailedError():
            return (
                f"the cluster does not let {user} use a consumer group ({names or 'not told which'}): {_grant('READ')}."
            )
        case ClusterAuthorizationFailedError():
            return f"the cluster does not let {user} do this to the cluster: grant it an ACL ({_HOW})."
        case SaslAuthenticationFailed():
            return f"the cluster refuses the login of {user}: check STREAMS_SASL_USERNAME and STREAMS_SASL_PASSWORD."
    return None


async def require(settings: Settings, client: AIOKafkaAdminClient, *needed: Access) -> None:
    """Returns where we have every right that is needed, or the broker cannot tell.

    Raises:
        RefusedError: one is missing. A topic that does not exist is no reason.
    """
    user, prefix = who(settings), settings.topic_prefix
    for operation, bit, topics in (
        ("READ", READ, {topic for access in needed for topic in access.reads}),
        ("WRITE", WRITE, {topic for access in needed for topic in access.writes}),
    ):
        told = await operations(client, sorted(topic.full_name(prefix) for topic in topics))
        refused = [name for name, bits in told.items() if bits != UNTOLD and not bits >> bit & 1]
        if refused:
            raise RefusedError(
                f"the cluster does not let {user} {operation.lower()} {_topics(refused)}: {_grant(operation)}."
            )
    for group in (prefixed(access.group, prefix) for access in needed if access.group):
        if not await may_join(client, group):
            raise RefusedError(f"the cluster does not let {user} use consumer group {group}: {_grant('READ')}.")


async def require_visible(settings: Settings, client: AIOKafkaAdminClient, names: Iterable[str]) -> None:
    """Raises ``RefusedError`` where topics (full names) seem not to exist only since we may not see them."""
    told = await operations(client, sorted(names))
    hidden = [name for name, bits in told.items() if bits == 0]
    if hidden:
        raise RefusedError(
            f"the cluster does not let {who(settings)} see {_topics(hidden)}: {_grant('DESCRIBE')} (or READ or WRITE)."
        )


def who(settings: Settings) -> str:
    """How messages name us."""
    return settings.sasl_username or "this client"


def _topics(names: list[str]) -> str:
    return f"topic{'s' if len(names) > 1 else ''} {', '.join(names)}"


def _grant(operation: str) -> str:
    return f"grant it {operation} ({_HOW})"
