"""One document from the web: politely, safely, and bounded in everything that a server may stretch.

httpcore and not httpx's client above it: only there can be said how connections are opened (``AddressGuard``), and
cookies, redirects and unpacking, which the client brings, have to be our own anyway.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import certifi
import httpcore
import httpx

from streams.connection import reveal
from streams.follow.addresses import AddressError, AddressGuard, Resolve
from streams.follow.connections import KEPT, Connections
from streams.follow.decode import ACCEPTED, CodingError, TooLargeError, Unpacker, unpacked
from streams.follow.pace import Clock, Pace, retry_after
from streams.follow.robots import MOST_BYTES, Answer, Robots
from streams.follow.sources import web_address
from streams.settings import Settings

#: What may come of a request. All but the first two are failures.
Outcome = Literal[
    "ok", "unchanged", "gone", "missing", "refused", "throttled", "server_error", "robots", "timeout", "too_large",
    "address", "redirects", "connection", "coding", "unusable", "fault",
]  # fmt: skip
#: What is asked for: a source's list, an article, or a robots.txt.
Target = Literal["listing", "page", "robots"]

#: Addresses that a request may be sent on to (browsers: 20; RFC 9309 asks for five at least).
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
#: A host that asks for patience without saying how much, seconds.
_PATIENCE = 300.0
_ACCEPT: dict[Target, bytes] = {
    "listing": b"application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5",
    "page": b"text/html, application/xhtml+xml;q=0.9, */*;q=0.1",
    "robots": b"text/plain, */*;q=0.5",
}
#: Bytes of an ETag or a date that are kept to be sent back.
_MOST_VALIDATOR = 512


class FetchError(Exception):
    """Nothing usable came. ``outcome`` says why in a word, the message in a sentence; ``wait`` is how long the server
    wants to be left alone, in seconds."""

    def __init__(self, outcome: Outcome, message: str, wait: float | None = None) -> None:
        super().__init__(message)
        self.outcome: Outcome = outcome
        self.wait = wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Validators:
    """What a server said to know its document again by (RFC 9110, 8.8)."""

    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document: where it was in the end, as which type, with what bytes. ``unchanged``: it is what we have."""

    url: str
    content_type: str = ""
    body: bytes = b""
    validators: Validators = Validators()
    unchanged: bool = False


#: Told of every request: its target, its outcome, and the bytes that came over the wire.
Told = Callable[[Target, Outcome, int], None]


class Fetcher:
    """Gets documents. Close it with ``aclose``.

    Args:
        resolve: looks up hosts, as ``addresses.Resolver`` does.
        told: hears of each request.
    """

    def __init__(self, settings: Settings, resolve: Resolve, clock: Clock, told: Told = lambda *_: None) -> None:
        self._settings, self._clock, self._told = settings, clock, told
        self._agent = settings.follow_agent.encode("ascii")
        self._pace = Pace(clock)
        self._slots = asyncio.Semaphore(settings.follow_connections)
        proxy = httpx.URL(settings.follow_proxy) if settings.follow_proxy else None
        self._guard = AddressGuard(resolve, allow_private=settings.follow_private, proxy=proxy.host if proxy else None)
        self._robots = Robots(self._robots_txt, self._agent.decode().split("/")[0], clock)
        context = ssl.create_default_context(cafile=certifi.where())
        login = _login(settings)

        def pool() -> httpcore.AsyncConnectionPool:
            # Two connections: a host's own turn, and that of a page elsewhere that leads there.
            if proxy is None:
                return httpcore.AsyncConnectionPool(
                    context, max_connections=2, keepalive_expiry=KEPT, http2=True, network_backend=self._guard
                )
            return httpcore.AsyncHTTPProxy(
                str(proxy),
                proxy_auth=login,
                ssl_context=context,
                max_connections=2,
                keepalive_expiry=KEPT,
                http2=True,
                network_backend=self._guard,
            )

        self._connections = Connections(pool, settings.follow_connections)

    async def aclose(self) -> None:
        await self._connections.aclose()

    async def get(self, url: str, target: Target, known: Validators = Validators()) -> Fetched:
        """The document at ``url``, through redirects; ``unchanged`` where it is the one that ``known`` tells of.

        Waits for the host's turn, however long that is; the time of a request (``STREAMS_FOLLOW_TIMEOUT``) counts from
        there to the last byte.

        Raises:
            FetchError: nothing usable came, for whatever reason.
        """
        size: list[int] = []
        outcome: Outcome | None = "fault"
        try:
            fetched = await self._follow(url, target, known, size)
            outcome = "unchanged" if fetched.unchanged else "ok"
            return fetched
        except FetchError as error:
            outcome = error.outcome
            raise
        except asyncio.CancelledError:
            outcome = None
            raise
        finally:
            if outcome is not None:
                self._told(target, outcome, sum(size))

    async def _follow(self, url: str, target: Target, known: Validators, size: list[int]) -> Fetched:
        seen: set[str] = set()
        for _ in range(_MOST_REDIRECTS + 1):
            if not web_address(url):
                raise FetchError("address", f"{url[:200]!r} is no address of the web")
            address = httpx.URL(url)
            if str(address) in seen:
                raise FetchError("redirects", f"{url} leads back to itself")
            seen.add(str(address))
            delay = self._settings.follow_delay
            if target != "robots":
                rules = await self._robots.rules(_origin(address))
                if not rules.allow(str(address)):
                    why = f"could not be had: {rules.closed}" if rules.closed else f"does not let us have {url}"
                    raise FetchError("robots", f"robots.txt of {address.host} {why}")
                delay = max(delay, rules.delay)
            async with _Turn(self._pace, self._slots, address.host, delay):
                found = await self._one(address, target, known, size)
            if isinstance(found, Fetched):
                return found
            url = str(address.join(found)).partition("#")[0]
        raise FetchError("redirects", f"more than {_MOST_REDIRECTS} redirects")

    async def _one(self, address: httpx.URL, target: Target, known: Validators, size: list[int]) -> Fetched | str:
        """The document, or the location that the server sends us on to."""
        try:
            async with asyncio.timeout(self._settings.follow_timeout):
                port = address.port or (443 if address.scheme == "https" else 80)
                await self._guard.check_for_proxy(address.host, port)
                return await self._exchange(address, target, known, size)
        except TimeoutError:
            raise FetchError("timeout", f"{address.host} took longer than STREAMS_FOLLOW_TIMEOUT") from None
        except httpcore.TimeoutException:
            raise FetchError("timeout", f"{address.host} does not answer") from None
        except AddressError as error:
            raise FetchError("address", str(error)) from None
        except TooLargeError as error:
            raise FetchError("too_large", str(error)) from None
        except CodingError as error:
            raise FetchError("coding", str(error)) from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, OSError, ValueError) as error:
            # ValueError: what a library makes of headers that are none; OSError: what TLS makes of a certificate.
            raise FetchError("connection", f"{address.host}: {str(error) or type(error).__name__}") from None

    async def _exchange(self, address: httpx.URL, target: Target, known: Validators, size: list[int]) -> Fetched | str:
        headers = [
            (b"Host", address.netloc),
            (b"User-Agent", self._agent),
            (b"Accept", _ACCEPT[target]),
            (b"Accept-Encoding", ACCEPTED.encode()),
        ]
        if known.etag:
            headers.append((b"If-None-Match", known.etag.encode("latin-1", "ignore")))
        if known.modified:
            headers.append((b"If-Modified-Since", known.modified.encode("latin-1", "ignore")))
        where = httpcore.URL(
            scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path
        )
        limits = dict.fromkeys(("connect", "read", "write", "pool"), self._settings.follow_timeout)
        async with (
            self._connections.to(_origin(address)) as pool,
            pool.stream("GET", where, headers=headers, extensions={"timeout": limits}) as response,
        ):
            told = {name.lower(): value for name, value in response.headers}
            location = self._judge(response.status, told, address, target)
            if location is not None:
                return location
            validators = Validators(etag=_validator(told, b"etag"), modified=_validator(told, b"last-modified"))
            if response.status == 304:
                return Fetched(url=str(address), validators=validators, unchanged=True)
            limit = MOST_BYTES if target == "robots" else self._settings.max_article_bytes
            length = told.get(b"content-length", b"")
            if target != "robots" and length.isdigit() and int(length[:20]) > limit:
                raise TooLargeError(f"{int(length[:20]):,} bytes, of which STREAMS_MAX_ARTICLE_BYTES takes {limit:,}")
            body = Unpacker(told.get(b"content-encoding", b"").decode("latin-1"), limit)
            async for chunk in response.aiter_stream():
                size.append(len(chunk))
                try:
                    body.feed(chunk)
                except TooLargeError:
                    # Of a robots.txt the beginning holds (RFC 9309, 2.5).
                    if target != "robots":
                        raise
                    break
            kind = told.get(b"content-type", b"").decode("latin-1")[:200]
            content = body.content[:limit]
            if target == "listing":
                content = unpacked(content, limit)
            return Fetched(url=str(address), content_type=kind, body=content, validators=validators)

    def _judge(self, status: int, told: dict[bytes, bytes], address: httpx.URL, target: Target) -> str | None:
        """The location of a redirect; None where the document follows, or we have it already."""
        if status in _REDIRECTS:
            location = told.get(b"location", b"").decode("utf-8", "replace").strip()
            if not location or len(location) > 4096:
                raise FetchError("redirects", f"{address.host} sends us on to nowhere")
            return location
        if status in (200, 203, 304):
            return None
        said = f"{address} answered {status}"
        if status == 410:
            raise FetchError("gone", said)
        if status == 404:
            raise FetchError("missing", said)
        if status in (429, 503):
            wait = retry_after(told.get(b"retry-after", b"").decode("latin-1"), self._clock.time())
            wait = _PATIENCE if wait is None else wait
            self._pace.hold(address.host, wait)
            raise FetchError("throttled", said, wait)
        raise FetchError("server_error" if status >= 500 else "refused", said)

    async def _robots_txt(self, origin: str) -> Answer:
        """What a site says in its robots.txt (RFC 9309, 2.3.1): one that is not there allows everything, one that
        cannot be had nothing."""
        try:
            found = await self.get(f"{origin}/robots.txt", "robots")
        except FetchError as error:
            return Answer("", closed="" if error.outcome in ("missing", "gone", "refused") else str(error))
        return Answer(found.body.decode("utf-8", "replace"))


class _Turn:
    """A host's turn, and then one of the connections: none is held while a host is waited for."""

    def __init__(self, pace: Pace, slots: asyncio.Semaphore, host: str, delay: float) -> None:
        self._pace, self._slots, self._host, self._delay = pace, slots, host, delay

    async def __aenter__(self) -> None:
        await self._pace.turn(self._host, self._delay)
        await self._slots.acquire()

    async def __aexit__(self, *_: object) -> None:
        self._slots.release()


def _login(settings: Settings) -> tuple[bytes, bytes] | None:
    if settings.follow_proxy_user is None:
        return None
    return settings.follow_proxy_user.encode(), (reveal(settings.follow_proxy_password) or "").encode()


def _origin(address: httpx.URL) -> str:
    port = "" if address.port is None else f":{address.port}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{address.scheme}://{host}{port}"


def _validator(told: dict[bytes, bytes], name: bytes) -> str | None:
    value = told.get(name, b"").decode("latin-1").strip()
    return value if value and len(value) <= _MOST_VALIDATOR and value.isprintable() else None
