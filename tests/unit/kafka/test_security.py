"""Options of the Kafka clients: one place makes them, every client has them; tokens by a command."""

from __future__ import annotations

import ast
import asyncio
import base64
import shlex
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

from streams.contracts import codec
from streams.kafka import security
from streams.kafka.security import CommandTokens, TokenError, client_options, faust_credentials, producer_options
from streams.runtime.faust.app import create_app
from streams.settings import Settings, SettingsError, load

SOURCES = Path(security.__file__).parents[1]


def test_every_client_is_built_with_the_options() -> None:
    """No keyword of a connection is written anywhere else, and no client is built without them."""
    built = 0
    for path in sorted(SOURCES.rglob("*.py")):
        tree = ast.parse(path.read_text())
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "id", getattr(call.func, "attr", ""))
            if name == "StageApp":
                built += 1
                assert "broker_credentials" in {each.arg for each in call.keywords}, f"{path}:{call.lineno}"
            if name.startswith("AIOKafka") or name == "create_conn":
                built += 1
                spread = [ast.unparse(each.value) for each in call.keywords if each.arg is None]
                options = "producer_options(" if name == "AIOKafkaProducer" else "client_options("
                assert any(each.startswith(options) or each in ("self._client", "options") for each in spread), (
                    f"{path}:{call.lineno}: {name} is built without {options}settings)"
                )
                assert "bootstrap_servers" not in {each.arg for each in call.keywords}
    assert built >= 12


def test_plaintext_needs_nothing() -> None:
    assert client_options(load()) == {"bootstrap_servers": ["127.0.0.1:9092"], "security_protocol": "PLAINTEXT"}
    assert faust_credentials(load()) is None


def scram(**more: object) -> Settings:
    return load(
        security_protocol="SASL_SSL", sasl_mechanism="SCRAM-SHA-256", sasl_username="me", sasl_password="pw", **more
    )


def test_sasl_ssl() -> None:
    options = client_options(scram())
    assert (options["sasl_mechanism"], options["sasl_plain_username"], options["sasl_plain_password"]) == (
        "SCRAM-SHA-256", "me", "pw",
    )  # fmt: skip
    context = options["ssl_context"]
    assert context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED
    credentials = faust_credentials(scram())
    assert isinstance(credentials, SASLCredentials)
    assert (credentials.protocol.value, credentials.mechanism.value) == ("SASL_SSL", "SCRAM-SHA-256")
    assert credentials.ssl_context is context
    assert "pw" not in repr(credentials)


def test_a_hostname_may_go_unchecked_but_never_the_certificate() -> None:
    context = client_options(scram(ssl_check_hostname=False))["ssl_context"]
    assert not context.check_hostname
    assert context.verify_mode == ssl.CERT_REQUIRED


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate, and its key encrypted with ``opensesame``."""
    folder = tmp_path_factory.mktemp("pair")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-passout", "pass:opensesame", "-days", "2",
         "-subj", "/CN=client", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True,
    )  # fmt: skip
    return folder / "cert.pem", folder / "key.pem"


def test_a_client_certificate_with_an_encrypted_key(pair: tuple[Path, Path]) -> None:
    certificate, key = pair
    made = load(security_protocol="SSL", ssl_ca=certificate, ssl_certificate=certificate, ssl_key=key,
                ssl_key_password="opensesame")  # fmt: skip
    assert isinstance(faust_credentials(made), SSLCredentials)
    for password in (None, "wrong-password"):
        wrong = load(security_protocol="SSL", ssl_certificate=certificate, ssl_key=key, ssl_key_password=password)
        with pytest.raises(SettingsError, match="STREAMS_SSL_KEY_PASSWORD") as caught:
            client_options(wrong)
        assert "wrong-password" not in str(caught.value)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_no_connection_waits_for_a_broker_to_part(
    pair: tuple[Path, Path], loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    certificate, key = pair
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate, key, "opensesame")
    context = client_options(load(security_protocol="SSL", ssl_ca=certificate, ssl_check_hostname=False))["ssl_context"]
    said: list[bytes] = []
    parted, over = threading.Event(), threading.Event()

    def serve(listening: socket.socket) -> None:
        with listening.accept()[0] as accepted, server.wrap_socket(accepted, server_side=True) as connection:
            said.append(connection.recv(10))
            parted.set()  # with something in hand: nothing more is read
            over.wait(20)
            said.append(connection.recv(10))

    async def part(port: int) -> float:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
        writer.write(b"fetch")
        await asyncio.to_thread(parted.wait, 20)
        begun = time.monotonic()
        writer.close()
        await reader.read()
        return time.monotonic() - begun

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, args=(listening,))
        thread.start()
        with asyncio.Runner(loop_factory=loop) as runner:
            took = runner.run(part(listening.getsockname()[1]))
        over.set()
        thread.join()
    assert took < 5
    # It did say so: the end is not one that an attacker could have made.
    assert said == [b"fetch", b""]


def test_a_ca_file_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing of use")
    with pytest.raises(SettingsError, match="STREAMS_SSL_CA="):
        client_options(load(security_protocol="SSL", ssl_ca=tmp_path / "ca.pem"))


def command(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def jwt(expires: float) -> str:
    claims = base64.urlsafe_b64encode(codec.encode({"sub": "me", "exp": expires})).decode().rstrip("=")
    return f"e30.{claims}.x"


async def test_a_token_is_kept_for_most_of_its_life(tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    tokens = CommandTokens(command(f"open({str(runs)!r}, 'a').write('x'); print({jwt(time.time() + 600)!r})"))
    assert await tokens.token() == await tokens.token()
    assert runs.read_text() == "x"
    ended = CommandTokens(command(f"open({str(runs)!r}, 'a').write('y'); print({jwt(time.time() - 5)!r})"))
    await ended.token()
    await ended.token()
    assert runs.read_text() == "xyy"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("import sys; print('s3cr3t'); sys.exit(3)", "exit code 3"),
        ("print('s3cr3t'); print('s3cr3t')", "one token"),
        ("pass", "one token"),
        ("import sys; sys.stdout.write('s3cr3t' * 100_000)", "more than"),
        ("import time; print('s3cr3t', flush=True); time.sleep(60)", "within"),
        # What it has started keeps the pipe open.
        ("import subprocess; subprocess.Popen(['sleep', '60'])", "within"),
    ],
)
async def test_a_command_that_gives_no_token(code: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "_COMMAND_SECONDS", 2.0)
    started = time.monotonic()
    with pytest.raises(TokenError, match=why) as caught:
        await CommandTokens(command(code)).token()
    assert "STREAMS_SASL_TOKEN_COMMAND" in str(caught.value)
    assert "s3cr3t" not in str(caught.value)
    assert time.monotonic() - started < 20


async def test_a_command_that_is_not_there() -> None:
    for missing in ("/nowhere/token", "'unfinished"):
        with pytest.raises(TokenError, match="cannot be run"):
            await CommandTokens(missing).token()


def test_oauth_for_both_libraries_shares_one_provider() -> None:
    settings = load(security_protocol="SASL_PLAINTEXT", sasl_mechanism="OAUTHBEARER", sasl_token_command="token")
    credentials = faust_credentials(settings)
    assert isinstance(credentials, OAuthCredentials)
    assert credentials.protocol.value == "SASL_PLAINTEXT"
    assert client_options(settings)["sasl_oauth_token_provider"] is credentials.oauth_cb


@pytest.mark.parametrize(("told", "codec"), [({}, None), ({"compression": "zstd"}, "zstd")])
def test_what_is_written_is_compressed_as_the_settings_say(
    told: dict[str, Any], codec: str | None, tmp_path: Path
) -> None:
    settings = load(**told, data_dir=tmp_path)
    assert producer_options(settings)["compression_type"] == codec
    assert create_app(settings, "clean").conf.producer_compression_type == codec
