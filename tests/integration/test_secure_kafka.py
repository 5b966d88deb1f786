"""A real Kafka with TLS, logins and ACLs: everything runs on it, and what is refused is told in one sentence."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import shlex
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest_v1
from aiokafka.protocol.api import Request
from newsroom import SEEDS, Workers, decisions, seeds, until_decided

from streams.contracts.records import Stage
from streams.contracts.topology import STAGES
from streams.kafka import provision
from streams.kafka.access import STAGE_ACCESS, RefusedError
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.local.process import free_port
from streams.kafka.security import client_options
from streams.pipeline import article_id
from streams.settings import Settings, load

USERS = tuple((stage, f"{stage}-pw-1234") for stage in STAGES)
#: Of the protocol: resource types, pattern, operations and permission (kafka.apache.org/protocol).
TOPIC, GROUP, LITERAL, ALLOW, DENY = 2, 3, 3, 3, 2
READ, WRITE, DESCRIBE = 3, 4, 8


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    with KafkaBroker(data_dir=tmp_path_factory.mktemp("secured"), secure=True, users=USERS) as broker:
        yield broker


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


def started(command: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background may have them ignore Ctrl-C, and their children with them.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


class _CreateAcls(Request[CreateAclsRequest_v1]):  # type: ignore[misc]  # aiokafka has no types
    API_KEY = 30

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self._rows = rows

    def build(self, request_struct_class):
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


async def test_the_pipeline_the_commands_and_the_dashboard_run(secured: KafkaBroker, tmp_path: Path) -> None:
    """Each stage logs in as a user of its own, with the rights that its row of the page names and no others."""
    env = environment(secured, STREAMS_TOPIC_PREFIX="run")
    settings = settings_of(env, data_dir=tmp_path / "data")
    applied = streams("topics", "apply", env=env)
    assert applied.returncode == 0, applied.stderr
    seeded = streams("seed", str(SEEDS), env=env)
    assert seeded.returncode == 0, seeded.stderr
    with Workers(settings) as workers:
        for stage in STAGES:
            await grant(settings, stage, *rights(stage, "run"))
            workers.env = environment(secured, stage, STREAMS_TOPIC_PREFIX="run")
            workers.start(stage)
        # Each of a stage's connections is a TLS handshake and a SCRAM exchange: slow on a busy machine.
        await until_decided(settings, [article_id(article) for article in seeds()], workers, seconds=180)
        assert workers.stop() == [0, 0, 0]
        assert "-pw-" not in workers.said()
    port = free_port()
    command = [sys.executable, "-m", "streams", "dashboard", "--port", str(port)]
    with started(command, env) as dashboard:
        try:
            stories = await asyncio.to_thread(_stories, port)
        finally:
            dashboard.send_signal(signal.SIGTERM)
        assert dashboard.wait(30) == 0
    assert len(stories) >= 1
    doctor = streams("doctor", env=env)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert secured.secured is not None
    assert secured.secured.password not in doctor.stdout + doctor.stderr
    balance = streams("doctor", "--reconcile", env=env)
    assert balance.returncode == 0, balance.stdout + balance.stderr
    assert streams("dlq", "ls", env=env).stderr == "0 dead letters\n"
    decided = (await decisions(settings))[0]
    assert streams("explain", decided.article_id, env=env).returncode == 0
    with started([sys.executable, "-m", "streams", "tail", "--all", "--json"], env) as tail:
        # A pipe's buffer is written when it is full, or at the end.
        await asyncio.sleep(5)
        tail.send_signal(signal.SIGINT)
        assert decided.article_id in tail.communicate(timeout=30)[0]


def _stories(port: int) -> list[object]:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/stories", timeout=5) as answer:
                found: list[object] = json.load(answer)["stories"]
        except OSError:
            found = []
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


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


@pytest.mark.parametrize("taken", [(TOPIC, "articles.raw", READ), (GROUP, "clean", READ)], ids=["topic", "group"])
async def test_a_right_that_is_taken_away_ends_the_stage_with_one_sentence(
    secured: KafkaBroker, taken: tuple[int, str, int], tmp_path: Path
) -> None:
    kind, name, operation = taken
    prefix = f"taken-{name}"
    env = environment(secured, STREAMS_TOPIC_PREFIX=prefix)
    settings = settings_of(env, data_dir=tmp_path / "data")
    await provision.apply(settings)
    await grant(settings, "clean", *rights("clean", prefix))
    with Workers(settings, env=environment(secured, "clean", STREAMS_TOPIC_PREFIX=prefix)) as workers:
        workers.start("clean")
        # A second start on the secured cluster has taken from 20 to beyond 60 seconds; why is not known.
        deadline = time.monotonic() + 150
        while "ready to take records" not in workers.said():
            assert time.monotonic() < deadline, workers.said()
            await asyncio.sleep(0.2)
        await asyncio.sleep(5)
        await grant(settings, "clean", (kind, f"{prefix}.{name}", operation), permission=DENY)
        code = await asyncio.to_thread(workers.running["clean"][0].wait, 90)
    said = workers.said()
    assert code == 1
    assert "Traceback" not in said
    told = [line for line in said.splitlines() if "does not let" in line]
    assert len(told) == 1, said
    assert "CRITICAL clean stops: the cluster does not let" in told[0]
    assert f"{prefix}.{name}" in told[0]
    assert said.splitlines()[-1] == told[0]


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


@pytest.mark.parametrize("secure", [True, False])
def test_data_is_started_as_it_was_made(secure: bool, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").touch()
    if not secure:
        (tmp_path / "secured").mkdir()
    with pytest.raises(BrokerError, match=f"was made {'without' if secure else 'with'} --secure"):
        KafkaBroker(data_dir=tmp_path, secure=secure).start()
