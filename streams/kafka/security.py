"""What the settings of a secured cluster mean to the Kafka clients: the only place that tells them where and how.

Every client is built with ``**client_options(settings)``, Faust's app with ``faust_credentials(settings)``.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import os
import shlex
import signal
import ssl
import subprocess
import threading
import time
from functools import lru_cache
from typing import Any

from aiokafka.abc import AbstractTokenProvider

from streams.connection import reveal
from streams.contracts import codec
from streams.kafka import wire
from streams.settings import Settings, SettingsError

#: Seconds and bytes that a token command may take.
_COMMAND_SECONDS, _COMMAND_BYTES = 10.0, 65_536
#: A token is used for this part of its life, and for so many seconds where it does not tell when it ends.
_PART_OF_LIFE, _UNTOLD_LIFE = 0.8, 60.0


class TokenError(OSError):
    """The token command gave no token. The message says why, and nothing of what it printed."""


def client_options(settings: Settings) -> dict[str, Any]:
    """Keyword arguments of every aiokafka client: where the brokers are, encryption and login.

    Raises:
        SettingsError: a certificate or key cannot be read.
    """
    # Here, as every client passes by.
    wire.read_whatever_comes()
    options: dict[str, Any] = {
        "bootstrap_servers": settings.bootstrap_servers,
        "security_protocol": settings.security_protocol,
    }
    if settings.encrypted:
        options["ssl_context"] = _context(settings)
    if settings.logs_in:
        options["sasl_mechanism"] = settings.sasl_mechanism
        if settings.sasl_mechanism == "OAUTHBEARER":
            options["sasl_oauth_token_provider"] = token_provider(settings.sasl_token_command or "")
        else:
            options["sasl_plain_username"] = settings.sasl_username
            options["sasl_plain_password"] = reveal(settings.sasl_password)
    return options


def producer_options(settings: Settings) -> dict[str, Any]:
    """Those of every producer besides: acknowledged by all replicas, compressed as the settings say.

    Raises:
        SettingsError: a certificate or key cannot be read.
    """
    return {**client_options(settings), "acks": "all", "compression_type": codec_of(settings)}


def codec_of(settings: Settings) -> str | None:
    """What clients call the codec; None: no compression."""
    return None if settings.compression == "none" else settings.compression


def faust_credentials(settings: Settings) -> Any:
    """The same as Faust's ``broker_credentials``; None where the cluster is not secured.

    Raises:
        SettingsError: a certificate or key cannot be read.
    """
    wire.read_whatever_comes()
    from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

    context = _context(settings) if settings.encrypted else None
    if not settings.logs_in:
        return SSLCredentials(context) if context else None
    if settings.sasl_mechanism == "OAUTHBEARER":
        return OAuthCredentials(oauth_cb=token_provider(settings.sasl_token_command or ""), ssl_context=context)
    return SASLCredentials(
        username=settings.sasl_username,
        password=reveal(settings.sasl_password),
        mechanism=settings.sasl_mechanism,
        ssl_context=context,
    )


class CommandTokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Tokens that a command prints, each kept for most of its life (``exp`` of a JWT, else a minute).

    May be shared by clients and event loops; the command runs in a thread, one at a time.
    """

    def __init__(self, command: str) -> None:
        self._command = command
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    async def token(self) -> str:
        """A valid token. Raises ``TokenError``."""
        return await asyncio.to_thread(self._current)

    def _current(self) -> str:
        with self._lock:
            if time.time() >= self._until:
                self._token = _run(self._command)
                self._until = time.time() + _PART_OF_LIFE * _life(self._token)
            return self._token


@lru_cache(maxsize=8)
def token_provider(command: str) -> CommandTokens:
    """The provider of this command's tokens: one a process, so that all clients share a token."""
    return CommandTokens(command)


def _run(command: str) -> str:
    try:
        process = subprocess.Popen(
            shlex.split(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # A group of its own, so that what it starts ends with it.
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise TokenError(f"STREAMS_SASL_TOKEN_COMMAND cannot be run: {why}") from None
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(_COMMAND_SECONDS, end)
    timer.start()
    with process:
        assert process.stdout is not None
        printed = process.stdout.read(_COMMAND_BYTES + 1)
        if len(printed) > _COMMAND_BYTES:
            _kill(process)
        code = process.wait()
        timer.cancel()
    if late.is_set():
        raise TokenError(f"STREAMS_SASL_TOKEN_COMMAND gave no token within {_COMMAND_SECONDS:g} s")
    if len(printed) > _COMMAND_BYTES:
        raise TokenError(f"STREAMS_SASL_TOKEN_COMMAND printed more than {_COMMAND_BYTES} bytes")
    token = printed.decode("ascii", "replace").strip()
    if code != 0:
        raise TokenError(f"STREAMS_SASL_TOKEN_COMMAND failed with exit code {code}: run it by hand to see why")
    # One word of printable ASCII: anything else would break the frame that it is sent in.
    if not token or not all("!" <= character <= "~" for character in token):
        raise TokenError("STREAMS_SASL_TOKEN_COMMAND must print one token and nothing else")
    return token


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _life(token: str) -> float:
    """Seconds until the token ends, as it says itself; ``_UNTOLD_LIFE`` where it does not."""
    parts = token.split(".")
    if len(parts) != 3:
        return _UNTOLD_LIFE
    try:
        claims = codec.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, codec.DecodeError):
        return _UNTOLD_LIFE
    ends = claims.get("exp") if isinstance(claims, dict) else None
    return max(0.0, ends - time.time()) if isinstance(ends, int | float) else _UNTOLD_LIFE


class _Parting(ssl.SSLObject):
    """A connection that says that it ends and does not wait for the broker to say so too.

    Event loops wait half a minute for that. A broker that has a request in hand, a fetch that waits for records say,
    reads nothing more until it is answered: workers took 20 to 60 seconds longer to start.
    """

    def unwrap(self) -> None:
        # What says that it ends is written by then.
        with contextlib.suppress(ssl.SSLWantReadError):
            super().unwrap()


@lru_cache(maxsize=8)
def _context(settings: Settings) -> ssl.SSLContext:
    """TLS 1.2 or newer, the broker's certificate always checked."""
    try:
        context = ssl.create_default_context(cafile=settings.ssl_ca)
    except OSError as error:
        raise SettingsError(f"STREAMS_SSL_CA={settings.ssl_ca} cannot work: {_reason(error)}") from None
    context.sslobject_class = _Parting
    context.check_hostname = settings.ssl_check_hostname
    if settings.ssl_certificate is not None:
        try:
            # An empty password: without one OpenSSL would ask for it at the terminal.
            password = reveal(settings.ssl_key_password) or ""
            context.load_cert_chain(settings.ssl_certificate, settings.ssl_key, password)
        except OSError as error:
            raise SettingsError(
                f"STREAMS_SSL_CERTIFICATE={settings.ssl_certificate} and STREAMS_SSL_KEY={settings.ssl_key} cannot "
                f"work: {_reason(error)}. Are they a pair, in PEM, and is STREAMS_SSL_KEY_PASSWORD right?"
            ) from None
    return context


def _reason(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or type(error).__name__
