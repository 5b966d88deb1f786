"""What every answer goes through: limits on what is asked, security headers, ETags, the API's bearer token, and which
forms are read."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from hashlib import blake2b
from ipaddress import ip_address
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from streams.dashboard.web import forms

#: Scripts and styles only from our own files, nothing inline, nobody else's frame, no request to anywhere else.
CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
SECURITY = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # To nobody else's; none at all would also take a form's Origin, which tells that it is of our own page.
    "referrer-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
#: Bytes of path and query together; our own longest links are a tenth of it.
LONGEST_TARGET = 4096


#: Seconds that a connection may take over a request's headers; without a bound, a few hundred idle ones shut all out.
REQUEST_SECONDS = 10.0
#: Seconds that an answer may take to be made and read by the client; event streams excepted.
ANSWER_SECONDS = 30.0
#: Connections that may stand open without a request to answer; the one that has longest goes for the next. With the
#: streams and the requests below the usual limit of 1,024 open files.
MOST_WAITING = 256
#: Requests answered at once. A page takes milliseconds, or up to some seconds where it waits for Kafka's articles.
MOST_REQUESTS = 100
#: The event streams, which have a limit of their own.
STREAMS = "/live"
#: What is answered however many requests there are: it tells of them, and waits for nothing.
_ALWAYS = frozenset({STREAMS, "/health", "/health/stages", "/api/v1/health"})


@dataclass(slots=True)
class Requests:
    """How many are being answered, the most that there may be, and how many were refused since the start."""

    most: int = MOST_REQUESTS
    in_flight: int = 0
    refused: int = 0


class RequestLimit:
    """ASGI middleware that bounds the requests that are answered at once: one too many is asked to come again."""

    def __init__(self, app: ASGIApp, *, requests: Requests) -> None:
        self.app, self._requests = app, requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        requests = self._requests
        if scope["type"] != "http" or scope["path"] in _ALWAYS:
            await self.app(scope, receive, send)
        elif requests.in_flight >= requests.most:
            requests.refused += 1
            refusal = problem(503, "too many requests are being answered; try again in a moment", {"retry-after": "2"})
            await refusal(scope, receive, send)
        else:
            requests.in_flight += 1
            try:
                await self.app(scope, receive, send)
            finally:
                requests.in_flight -= 1


class Guard:
    """ASGI middleware around the whole app. Only reading is possible, and where there are editors posting their forms:
    other methods are refused unread, and so are forms of other sites' pages.

    From here on the path is as it was sent: decoded, a slash within an id could not be told from one between parts.
    """

    def __init__(
        self, app: ASGIApp, *, token: str | None = None, hosts: Collection[str] = ("*",), takes_forms: bool = False
    ) -> None:
        """``hosts``: the names that may stand in ``Host``; addresses always may. ``*``: any name. ``takes_forms``:
        whether there are editors."""
        self.app, self._token, self._takes_forms = app, token, takes_forms
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        scope = {**scope, "path": _as_sent(scope)}
        refusal = self._refusal(scope)
        app = self.app if refusal is None else refusal
        await app(scope, receive, _with_headers(scope, send))

    def _refusal(self, scope: Scope) -> Response | None:
        if "*" not in self._hosts and not self._is_ours(Headers(scope=scope).get("host", "")):
            return problem(421, "this server does not answer to that name (STREAMS_DASHBOARD_HOSTS says to which)")
        posted = self._takes_forms and scope["method"] == "POST" and forms.are_taken(scope["path"])
        if not posted and scope["method"] not in ("GET", "HEAD"):
            return problem(405, "only GET and HEAD are understood", {"allow": "GET, HEAD"})
        if len(scope["raw_path"] or b"") + len(scope["query_string"]) > LONGEST_TARGET:
            return problem(414, f"the address is longer than {LONGEST_TARGET} bytes")
        if self._token is not None and scope["path"].startswith("/api/v1/"):
            given = Headers(scope=scope).get("authorization", "")
            if not secrets.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
                return problem(401, "this API wants a bearer token", {"www-authenticate": "Bearer"})
        if posted and (why := forms.refusal(Headers(scope=scope))) is not None:
            return problem(*why)
        return None

    def _is_ours(self, host: str) -> bool:
        """A page of somebody else's can make a browser ask us under its own name (DNS rebinding), not by address."""
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        name = name.strip("[]").rstrip(".").lower()
        if name in self._hosts:
            return True
        try:
            ip_address(name)
        except ValueError:
            return False
        return True


def _as_sent(scope: Scope) -> str:
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def answered_to(bound: str, given: str) -> frozenset[str]:
    """The names that a server bound to ``bound`` answers to: its own, the machine's, and those given, by commas."""
    more = {name.strip().lower() for name in given.split(",") if name.strip()}
    return frozenset({"localhost", bound.lower(), socket.gethostname().lower()} | more)


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with bounds on how long a request may be on its way (its own begins after the first), how long
    its answer, and how many connections do nothing."""

    _due: asyncio.TimerHandle | None = None
    _late: asyncio.TimerHandle | None = None
    _waits_since = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn declares it
        super().connection_made(transport)
        self._waits_since = self.loop.time()
        if len(self.connections) > MOST_WAITING:
            waiting = [each for each in self.connections if isinstance(each, PatientProtocol) and not each._answering]
            if len(waiting) > MOST_WAITING:
                # Not closed: a client that reads nothing would keep it open until it has.
                min(waiting, key=lambda each: each._waits_since).transport.abort()
        self._expect_request()

    def handle_events(self) -> None:
        before = self.cycle
        super().handle_events()
        if self.cycle is before:
            return
        if self._due is not None:  # it is here: a connection that goes on asking stays open
            self._due.cancel()
            self._due = None
        if self.scope["raw_path"] != STREAMS.encode():
            self._cancel_late()
            if self._late is None:
                self._late = self.loop.call_later(ANSWER_SECONDS, self._give_up, self.cycle)

    def on_response_complete(self) -> None:
        self._cancel_late()
        self._waits_since = self.loop.time()
        super().on_response_complete()
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        for timer in (self._due, self._late):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def _expect_request(self) -> None:
        if self._due is None and not self._answering:
            self._due = self.loop.call_later(REQUEST_SECONDS, self._expire)

    def _cancel_late(self) -> None:
        """Unless the client has yet to read what was answered."""
        if self._late is not None and not self.transport.get_write_buffer_size():
            self._late.cancel()
            self._late = None

    def _give_up(self, cycle: RequestResponseCycle) -> None:
        self._late = None
        if self.transport.get_write_buffer_size() or (self.cycle is cycle and self._answering):
            self.transport.abort()

    @property
    def _answering(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # none before the first request, whatever uvicorn declares
        return cycle is not None and not cycle.response_complete

    def _expire(self) -> None:
        self._due = None
        if not self._answering and not self.transport.is_closing():
            self.transport.close()


def problem(status: int, detail: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """An error of the API, as RFC 9457 has it."""
    return JSONResponse({"status": status, "detail": detail}, status, headers, media_type="application/problem+json")


def _with_headers(scope: Scope, send: Send) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY.items():
                headers.setdefault(name, value)
            headers.setdefault("cache-control", "no-cache")
        await send(message)

    del scope
    return wrapped


def with_etag(make: Callable[..., Response]) -> Callable[..., Response]:
    """A response maker whose answers carry an ETag and become 304 where the reader has them already."""

    def made(asked: Headers, *args: object, **kwargs: object) -> Response:
        response = make(*args, **kwargs)
        tag = f'W/"{blake2b(bytes(response.body), digest_size=12).hexdigest()}"'
        response.headers["etag"] = tag
        if response.status_code == 200 and tag in [each.strip() for each in asked.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers={"etag": tag})
        return response

    return made
