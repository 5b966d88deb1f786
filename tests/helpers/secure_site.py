"""A site that speaks HTTP/2 by TLS, a certificate for it, and a proxy: what a follower meets on its way."""

from __future__ import annotations

import asyncio
import base64
import ssl
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import h2.config
import h2.connection
import h2.events
import h2.exceptions
from outlets import Answer

#: Windows of HTTP/2 are not waited for: answers are small, or meant to be too large.
_WINDOW = 16_384


def certificate(folder: Path, *names: str) -> Path:
    """A file with a key and a certificate for these names that its holder has signed itself."""
    key, signed, both = (folder / name for name in ("key.pem", "cert.pem", "both.pem"))
    alternatives = ",".join(f"DNS:{name}" for name in names)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={alternatives}", "-keyout", str(key),
         "-out", str(signed)],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_bytes(key.read_bytes() + signed.read_bytes())
    return both


class Served:
    """A server of this machine, as a context manager."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self.port = 0

    async def __aenter__(self) -> Self:
        self._open: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self._context)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self.talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError, h2.exceptions.ProtocolError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        raise NotImplementedError


class SecureSite(Served):
    """Answers by HTTP/2 alone. ``play`` gives the answer to a path; ``Answer.raw`` is sent in the place of frames."""

    def __init__(self, certificate: Path, play: Callable[[str], Answer]) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        context.set_alpn_protocols(["h2"])
        super().__init__(context)
        self._play = play
        self.connections = 0
        #: (authority, path) of each request.
        self.requests: list[tuple[str, str]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        wire = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        wire.initiate_connection()
        writer.write(wire.data_to_send())
        while data := await reader.read(65_536):
            for event in wire.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    self._answer(wire, writer, event)
            writer.write(wire.data_to_send())
            await writer.drain()

    def _answer(
        self, wire: h2.connection.H2Connection, writer: asyncio.StreamWriter, event: h2.events.RequestReceived
    ) -> None:
        asked = {name.decode(): value.decode() for name, value in event.headers}
        self.requests.append((asked[":authority"], asked[":path"]))
        answer = self._play(asked[":path"])
        if answer.raw is not None:
            writer.write(answer.raw)
            writer.close()
            return
        stream = event.stream_id
        headers = {"content-type": "text/html"} | answer.headers
        wire.send_headers(stream, [(":status", str(answer.status)), *headers.items()])
        body = answer.body[: wire.local_flow_control_window(stream)]
        for at in range(0, len(body), _WINDOW):
            wire.send_data(stream, body[at : at + _WINDOW])
        wire.end_stream(stream)


@dataclass
class Asked:
    """What a proxy was asked for: method, target, and the login that came along."""

    method: str
    target: str
    login: str | None = field(default=None)


class Proxy(Served):
    """A forwarding proxy: whole addresses for http, CONNECT for https. Every name leads to this machine.

    ``login``: ``user:password`` that it asks for; ``refuses``: hosts that it answers 403.
    """

    def __init__(self, *, login: str | None = None, refuses: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._login, self._refuses = login, refuses
        self.asked: list[Asked] = []

    @property
    def url(self) -> str:
        return f"http://proxy.test:{self.port}"

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        _, _, given = headers.get("proxy-authorization", "").partition("Basic ")
        login = base64.b64decode(given).decode() if given else None
        self.asked.append(Asked(method, target, login))
        host, _, port = target.removeprefix("http://").partition("/")[0].rpartition(":")
        if login != self._login:
            await _refuse(writer, "407 Proxy Authentication Required")
        elif host in self._refuses:
            await _refuse(writer, "403 Forbidden")
        else:
            there, out = await asyncio.open_connection("127.0.0.1", int(port))
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            else:
                path = target.removeprefix("http://").partition("/")[2]
                rest = [line for line in head[1:] if not line.lower().startswith("proxy-")]
                out.write("\r\n".join([f"{method} /{path} HTTP/1.1", *rest]).encode("latin-1"))
            try:
                await asyncio.gather(_pass_on(reader, out), _pass_on(there, writer))
            finally:
                out.close()


async def _refuse(writer: asyncio.StreamWriter, status: str) -> None:
    writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n".encode())
    await writer.drain()


async def _pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(65_536):
        target.write(data)
        await target.drain()
    target.close()
