"""A real Kafka with TLS, logins and ACLs: what it refuses is told in one sentence."""

from __future__ import annotations

import asyncio
import base64
import json
import shlex
import time

import pytest
from newsroom import SEEDS
from secured import GROUP, READ, TOPIC, WRITE, environment, grant, refused, rights, settings_of, streams

from streams.kafka import provision
from streams.kafka.access import RefusedError
from streams.kafka.local.apache import KafkaBroker

COMMANDS = (
    ("topics", "plan"), ("seed", str(SEEDS)), ("worker",), ("worker", "clean"), ("dashboard", "--port", "0"),
    ("tail",), ("explain", "x"), ("dlq", "ls"), ("doctor", "--reconcile"), ("replay", "--into", "other"),
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))
def test_a_wrong_password_is_one_sentence(secured: KafkaBroker, command: tuple[str, ...]) -> None:
    # Waiting for the broker would not make the password right.
    env = environment(secured, STREAMS_SASL_PASSWORD="not-the-pw-99", STREAMS_WAIT_FOR_BROKER="60")
    refused(streams(*command, env=env), "refuses the login of streams", "STREAMS_SASL_PASSWORD")


def test_doctor_says_why_it_is_not_let_in(secured: KafkaBroker) -> None:
    done = streams("doctor", env=environment(secured, STREAMS_SASL_PASSWORD="not-the-pw-99"))
    assert done.returncode == 1
    assert "BAD  broker" in done.stdout
    assert "refuses the login of streams" in done.stdout
    assert done.stderr == ""
    assert "not-the-pw-99" not in done.stdout


@pytest.mark.parametrize("command", [("worker", "clean"), ("topics", "plan"), ("tail",)], ids=" ".join)
@pytest.mark.parametrize(
    ("changed", "names"),
    [
        ({"STREAMS_SSL_CA": None}, ("is not trusted", "STREAMS_SSL_CA")),
        ({"STREAMS_SASL_MECHANISM": "PLAIN", "STREAMS_SASL_PASSWORD": "x-pw-x"}, ("refuses the login of streams",)),
        ({"STREAMS_SASL_USERNAME": "nobody"}, ("refuses the login of nobody",)),
        (
            {"STREAMS_SASL_MECHANISM": "OAUTHBEARER", "STREAMS_SASL_TOKEN_COMMAND": "echo nonsense"},
            ("refuses the token", "STREAMS_SASL_TOKEN_COMMAND"),
        ),
        (
            {"STREAMS_SASL_MECHANISM": "OAUTHBEARER", "STREAMS_SASL_TOKEN_COMMAND": "false"},
            ("STREAMS_SASL_TOKEN_COMMAND failed with exit code 1",),
        ),
    ],
    ids=["authority", "plain", "user", "token", "no token"],
)
def test_what_is_wrong_with_the_login_is_one_sentence(
    secured: KafkaBroker, command: tuple[str, ...], changed: dict[str, str | None], names: tuple[str, ...]
) -> None:
    refused(streams(*command, env=environment(secured, **changed)), *names)


def test_another_protocol_than_the_brokers_is_said(secured: KafkaBroker) -> None:
    plain = {"STREAMS_BROKER": f"kafka://{secured.bootstrap}", "STREAMS_SECURITY_PROTOCOL": "PLAINTEXT"}
    refused(streams("topics", "plan", env=plain), "no Kafka broker answers", "STREAMS_SECURITY_PROTOCOL")
    env = environment(secured, STREAMS_BROKER=f"kafka://127.0.0.1:{secured.plain_port}")
    refused(streams("topics", "plan", env=env), "STREAMS_SECURITY_PROTOCOL")


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ((TOPIC, "articles.raw", READ), "does not let clean read topic {prefix}.articles.raw: grant it READ"),
        ((TOPIC, "articles.clean", WRITE), "does not let clean write topic {prefix}.articles.clean: grant it WRITE"),
        ((TOPIC, "state.clean", READ), "does not let clean read topic {prefix}.state.clean: grant it READ"),
        ((TOPIC, "state.clean", WRITE), "does not let clean write topic {prefix}.state.clean: grant it WRITE"),
        ((GROUP, "clean", READ), "does not let clean use consumer group {prefix}.clean: grant it READ"),
    ],
    ids=["input", "output", "state read", "state written", "group"],
)
async def test_a_missing_acl_is_one_sentence(
    secured: KafkaBroker, missing: tuple[int, str, int], sentence: str, request: pytest.FixtureRequest
) -> None:
    prefix = "acl-" + request.node.callspec.id.replace(" ", "-")
    administrator = settings_of(environment(secured), topic_prefix=prefix)
    await provision.apply(administrator)
    kind, name, operation = missing
    given = [right for right in rights("clean", prefix) if right != (kind, f"{prefix}.{name}", operation)]
    assert len(given) == len(rights("clean", prefix)) - 1
    await grant(administrator, "clean", *given)
    done = await asyncio.to_thread(
        streams, "worker", "clean", env=environment(secured, "clean", STREAMS_TOPIC_PREFIX=prefix)
    )
    refused(done, sentence.format(prefix=prefix), "docs/how-to/secure.md")


@pytest.mark.parametrize(
    "command", [("tail",), ("seed", str(SEEDS)), ("dlq", "ls"), ("dashboard", "--port", "0")], ids=lambda c: c[0]
)
async def test_commands_without_acls_say_so(secured: KafkaBroker, command: tuple[str, ...]) -> None:
    await provision.apply(settings_of(environment(secured), topic_prefix="closed"))
    env = environment(secured, "tag", STREAMS_TOPIC_PREFIX="closed")
    refused(await asyncio.to_thread(streams, *command, env=env), "does not let tag", "topic", "closed.")


def token(**claims: object) -> str:
    parts = ({"alg": "none"}, {"sub": "streams", "iat": time.time() - 5, "exp": time.time() + 600} | claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def test_login_by_a_token_command(secured: KafkaBroker) -> None:
    by_token = {"STREAMS_SASL_MECHANISM": "OAUTHBEARER", "STREAMS_TOPIC_PREFIX": "token"}
    env = environment(secured, **by_token, STREAMS_SASL_TOKEN_COMMAND=shlex.join(["echo", token()]))
    done = streams("topics", "apply", env=env)
    assert done.returncode == 0, done.stderr
    late = environment(secured, **by_token, STREAMS_SASL_TOKEN_COMMAND=f"echo {token(exp=time.time() - 60)}")
    refused(streams("topics", "plan", env=late), "refuses the token")


async def test_hostnames_are_checked_unless_told_otherwise(secured: KafkaBroker) -> None:
    """127.0.0.2 is this machine too, and not in the certificate; the node listens on 127.0.0.1 alone."""
    forward = await asyncio.start_server(lambda r, w: _forward(r, w, secured.port), "127.0.0.2", 0)
    port = forward.sockets[0].getsockname()[1]
    env = environment(secured, STREAMS_BROKER=f"kafka://127.0.0.2:{port}")
    async with forward:
        with pytest.raises(RefusedError, match="is for another host"):
            await provision.plan(settings_of(env))
        assert await provision.plan(settings_of(env, ssl_check_hostname=False, topic_prefix="unnamed"))


async def _forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    their_reader, their_writer = await asyncio.open_connection("127.0.0.1", port)

    async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            while data := await source.read(65_536):
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()

    await asyncio.gather(copy(reader, their_writer), copy(their_reader, writer))
