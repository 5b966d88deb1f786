"""Where messages arrive in tests: a web hook and a mail server of this machine, which keep what they get."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage

Request = tuple[dict[str, str], bytes]


class Hooks:
    """A web server that answers each POST with the next of ``answers``, the last of them for ever."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers) or ["200 OK"]
        self.got: list[Request] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://hooks.test:{self.port}/in?key=1"

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            fields = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)
            }
            fields["target"] = head[0]
            self.got.append((fields, await reader.readexactly(int(fields["content-length"]))))
            answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
            if answer == "hang":
                await asyncio.sleep(3600)
            writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()


class Mailbox:
    """A mail server that takes everything, or refuses every recipient with ``refuse``."""

    def __init__(self, refuse: str = "") -> None:
        self.refuse = refuse
        self.got: list[EmailMessage] = []
        self.port = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(b"220 mail.test\r\n")
            while line := await reader.readline():
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    writer.write(b"354 go on\r\n")
                    text = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                    got = message_from_bytes(text, policy=policy.default)
                    assert isinstance(got, EmailMessage)
                    self.got.append(got)
                if word == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                writer.write(f"{self.refuse}\r\n".encode() if word == b"RCPT" and self.refuse else b"250 ok\r\n")
                await writer.drain()


@contextlib.asynccontextmanager
async def taking(taker: Hooks | Mailbox) -> AsyncIterator[None]:
    """Have it listen at a port of its own."""
    talks: set[asyncio.Task[None]] = set()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        talks.add(task)
        try:
            await taker.answer(reader, writer)
        finally:
            talks.discard(task)
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    taker.port = server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        server.close()
        for task in list(talks):
            task.cancel()
        await asyncio.gather(*talks, return_exceptions=True)
