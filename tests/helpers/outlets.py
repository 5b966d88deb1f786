"""Outlets that a server of our own plays: whole and broken ones, by host name, on one port of loopback.

Every outlet has a list and articles; what it does to whoever asks is its ``Play``. The server notes every request.
"""

from __future__ import annotations

import asyncio
import gzip
import zlib
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

import brotli

from streams.follow.pace import Clock, WallClock

#: Enough words for cleaning to take it for an article.
PARAGRAPH = (
    "The harbour authority of {place} said on Tuesday that the northern quay would stay closed until the end of the "
    "month, after divers had found cracks in nine of its forty pillars. Ships of the ferry line will land at the "
    "fishing port instead, which can take two at a time, and the council has asked for a report by Friday."
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: when (of the clock given), to which host and path, with which headers."""

    at: float
    host: str
    path: str
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: its status, headers and body; ``raw`` bytes instead, to be sent as they are."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


#: Answers a request, or hangs.
Play = Callable[[Request], Awaitable[Answer]]


def page(title: str, words: str = "", *, head: str = "", charset: str = "utf-8", attributes: str = "") -> bytes:
    """An article's page."""
    paragraphs = "".join(f"<p>{PARAGRAPH.format(place=title)} {words}</p>" for _ in range(4))
    text = f"<!doctype html><html{attributes}><head><title>{title}</title>{head}</head><body><article><h1>{title}</h1>"
    return f"{text}{paragraphs}</article></body></html>".encode(charset)


def rss(links: list[str], *, dates: bool = True) -> bytes:
    date = "<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>" if dates else ""
    items = "".join(f"<item><title>T</title><link>{link}</link>{date}</item>" for link in links)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Of it</title>{items}</channel></rss>'.encode()


def atom(links: list[str], *, updated: str = "2026-01-05T10:00:00Z") -> bytes:
    entries = "".join(
        f'<entry><title>T</title><id>{link}</id><link href="{link}"/><updated>{updated}</updated></entry>'
        for link in links
    )
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>A</title>{entries}</feed>'.encode()


def sitemap(links: list[str]) -> bytes:
    rows = "".join(
        f"<url><loc>{link}</loc><n:news><n:publication_date>2026-01-05T10:00:00Z</n:publication_date></n:news></url>"
        for link in links
    )
    space = (
        'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"'
    )
    return f'<?xml version="1.0"?><urlset {space}>{rows}</urlset>'.encode()


class Outlets:
    """The server. ``plays`` gives each host's play; a host without one answers 404."""

    def __init__(self, clock: Clock | None = None, hosts: tuple[str, ...] = ("127.0.0.1",)) -> None:
        self._clock = clock or WallClock()
        self._hosts = hosts
        self.plays: dict[str, Play] = {}
        self.requests: list[Request] = []
        self.port = 0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, list(self._hosts[:1]), 0, backlog=1000)
        self.port = self._server.sockets[0].getsockname()[1]
        self._more = [
            await asyncio.start_server(self._serve, host, self.port, backlog=1000) for host in self._hosts[1:]
        ]
        self._open: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        for server in (self._server, *self._more):
            server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def url(self, host: str, path: str) -> str:
        return f"http://{host}:{self.port}{path}"

    def paths(self, host: str) -> list[str]:
        """What was asked of a host, in order."""
        return [each.path for each in self.requests if each.host == host]

    def by_host(self) -> dict[str, list[Request]]:
        found = defaultdict(list)
        for each in self.requests:
            found[each.host].append(each)
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        path = head[0].split(" ")[1]
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        host = headers["host"].partition(":")[0]
        request = Request(self._clock.time(), host, path, headers)
        self.requests.append(request)
        play = self.plays.get(host)
        answer = Answer(404) if play is None else await play(request)
        if answer.raw is not None:
            writer.write(answer.raw)
            await writer.drain()
            return False
        lines = {"content-length": str(len(answer.body)), "content-type": "text/html"} | answer.headers
        text = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        writer.write(f"HTTP/1.1 {answer.status} X\r\n{text}\r\n".encode("latin-1") + answer.body)
        await writer.drain()
        return True


class Paper:
    """An outlet that works: a list at ``/list`` and articles by path. ``robots`` is its robots.txt, None: it has none.

    Lists and articles have an ETag and know it again. What is in ``gone`` answers with its status, what is in
    ``once`` only the next time.
    """

    def __init__(
        self,
        make: Callable[[list[str]], bytes],
        links: list[str],
        articles: dict[str, Answer],
        *,
        robots: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.make, self.links, self.articles, self.robots = make, links, articles, robots
        self.gone: dict[str, int] = {}
        self.once: dict[str, int] = {}
        self.more: dict[str, Answer] = {}
        self.unchanged: Counter[str] = Counter()
        self._headers = headers or {}

    async def __call__(self, request: Request) -> Answer:
        if request.path == "/robots.txt":
            return Answer(404) if self.robots is None else Answer(body=self.robots.encode())
        if request.path in self.once:
            return Answer(self.once.pop(request.path))
        if request.path in self.gone:
            return Answer(self.gone[request.path])
        if request.path == "/list":
            found = Answer(body=self.make(self.links), headers=self._headers)
        else:
            found = self.articles.get(request.path) or self.more.get(request.path) or Answer(404)
        if found.status != 200:
            return found
        tag = f'"{zlib.crc32(found.body):x}"'
        if request.headers.get("if-none-match") == tag:
            self.unchanged[request.path] += 1
            return Answer(304, headers={"etag": tag})
        return Answer(found.status, found.body, found.headers | {"etag": tag})


def always(answer: Answer, *, robots: bool = False) -> Play:
    """An outlet that answers everything (with ``robots``: its robots.txt as well) with the same."""

    async def play(request: Request) -> Answer:
        return Answer(404) if request.path == "/robots.txt" and not robots else answer

    return play


def hanging(*, robots: bool = False) -> Play:
    """One that takes the request and says nothing."""

    async def play(request: Request) -> Answer:
        if request.path != "/robots.txt" or robots:
            await asyncio.sleep(3600)
        return Answer(404)

    return play


def bomb(coding: str, size: int) -> Answer:
    """A body of ``size`` zeros that takes almost nothing on the wire."""
    zeros = bytes(size)
    body = gzip.compress(zeros) if coding == "gzip" else brotli.compress(zeros, quality=5)
    return Answer(body=body, headers={"content-encoding": coding})


#: By the outcome that each has for whoever follows it: outlets that do harm.
HOSTILE: dict[str, tuple[str, Play]] = {
    "hangs": ("timeout", hanging()),
    "robots-hangs": ("robots", hanging(robots=True)),
    "robots-fails": ("robots", always(Answer(500), robots=True)),
    "garbage": ("connection", always(Answer(raw=b"\x00\xff" * 5000))),
    "endless-head": ("connection", always(Answer(raw=b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200_000))),
    "cut-short": ("connection", always(Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\nabc"))),
    "huge": ("too_large", always(Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999\r\n\r\nabc"))),
    "chunks": (
        "too_large",
        always(
            Answer(
                raw=b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + (b"8000\r\n%b\r\n" % bytes(32768)) * 9
            )
        ),
    ),
    "gzip-bomb": ("too_large", always(bomb("gzip", 50_000_000))),
    "brotli-bomb": ("too_large", always(bomb("br", 50_000_000))),
    "no-coding": ("coding", always(Answer(body=b"plain", headers={"content-encoding": "gzip"}))),
    "odd-coding": ("coding", always(Answer(body=b"plain", headers={"content-encoding": "zstd"}))),
    "loop": ("redirects", always(Answer(302, headers={"location": "/list"}))),
    "nowhere": ("redirects", always(Answer(302))),
    "to-file": ("address", always(Answer(302, headers={"location": "file:///etc/passwd"}))),
    "failing": ("server_error", always(Answer(500))),
    "closed": ("refused", always(Answer(403))),
    "busy": ("throttled", always(Answer(429, headers={"retry-after": "86400"}))),
    "away": ("missing", always(Answer(404))),
    "dead": ("gone", always(Answer(410))),
    "entities": (
        "unusable",
        always(Answer(body=b'<!DOCTYPE a [<!ENTITY b "' + b"x" * 9000 + b'">]><a>' + b"&b;" * 9000 + b"</a>")),
    ),
    "web-page": ("unusable", always(Answer(body=b"<!doctype html><html><body>Hello</body></html>"))),
    "json": ("unusable", always(Answer(body=b'{"version": 1, "items": 7}'))),
    "deep": ("unusable", always(Answer(body=b'{"a":' * 20_000))),
}
