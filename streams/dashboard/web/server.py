"""The web server: routes over the handlers, and serving them beside the follower until cancelled."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Collection, Iterator
from functools import partial
from hashlib import blake2b
from importlib.resources import files

import uvicorn
from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.connection import reveal
from streams.dashboard.follow.broadcast import Broadcaster
from streams.dashboard.follow.health import Health
from streams.dashboard.follow.log_consumer import LogConsumer
from streams.dashboard.store import database
from streams.dashboard.store.filters import BadRequestError
from streams.dashboard.store.index import Index
from streams.dashboard.web.api import Api
from streams.dashboard.web.articles import Articles
from streams.dashboard.web.context import AppContext
from streams.dashboard.web.daily import DIGESTS, Daily
from streams.dashboard.web.editors import Editors, parse
from streams.dashboard.web.http import Guard, PatientProtocol, RequestLimit, answered_to, problem
from streams.dashboard.web.keeping import Keeping
from streams.dashboard.web.mending import PATIENCE, Mending
from streams.dashboard.web.pages import Pages
from streams.dashboard.web.watching import RecentWatching
from streams.kafka import corrections
from streams.settings import Settings, SettingsError
from streams.text import id_of, path_part

#: Every file that is served; nothing else in the folder can be had.
STATIC = {
    "style.css": "text/css; charset=utf-8",
    "live.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "land.svg": "image/svg+xml",
}
#: Where it is served unless told otherwise.
PORT = 8800
_FOREVER = "public, max-age=31536000, immutable"
#: Seconds of those that a correction gets for being sent.
_SENDING = 4.0
#: Seconds that open requests get when the server stops.
_LAST_REQUESTS = 2


class _Id(Convertor[str]):
    """An id as one part of a path, as it was sent: an encoded slash is the id's own."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        return id_of(value)

    def to_string(self, value: str) -> str:
        return path_part(value)


class _AnyId(_Id):
    """The same where no sub-page follows: slashes may also stand there as they are, as people type them."""

    regex = ".+"


register_url_convertor("id", _Id())
register_url_convertor("any_id", _AnyId())


def create_app(context: AppContext, *, token: str | None = None, hosts: Collection[str] = ("*",)) -> Starlette:
    """The ASGI app over a context. ``token``: what /api/v1 wants as a bearer token; None: nothing. ``hosts``: names
    that it answers to (see ``http.Guard``)."""
    pages, api = Pages(context), Api(context)
    daily = Daily(pages)
    assets = {name: files("streams.dashboard.web").joinpath("static", name).read_bytes() for name in STATIC}
    context.templates.globals["asset"] = {
        name: f"/static/{name}?v={blake2b(data, digest_size=6).hexdigest()}" for name, data in assets.items()
    }

    async def static(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in assets:
            raise HTTPException(404)
        return Response(assets[name], media_type=STATIC[name], headers={"cache-control": _FOREVER})

    async def bad_request(request: Request, error: Exception) -> Response:
        return problem(400, str(error)) if _of_api(request) else pages.refused(str(error))

    async def http_error(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        return problem(status, "there is nothing here") if _of_api(request) else pages.missing("page")

    v1 = "/api/v1"
    editing = []
    if context.editors is not None:
        mending = Mending(context, pages, context.editors)
        keeping = Keeping(context, pages, mending, context.editors)
        editing = [
            Route("/login", mending.login, methods=["GET", "POST"]),
            Route("/logout", mending.logout, methods=["POST"]),
            Route("/story/{id:id}/mend", mending.mend, methods=["POST"]),
            Route("/watches/new", keeping.new),
            Route("/watches", keeping.keep, methods=["POST"]),
            Route("/watch/{id:id}/remove", keeping.remove, methods=["POST"]),
        ]
    return Starlette(
        routes=[
            Route("/", pages.stories),
            Route("/rows", pages.stories),
            Route("/story/{id:id}/feed.atom", api.story_feed),
            Route("/story/{id:id}/compare", daily.compare),
            Route("/story/{id:id}", pages.story),
            *editing,
            Route("/article/{id:any_id}", pages.article),
            Route("/entity/{id:any_id}", pages.entity),
            Route("/outlet/{name:any_id}", daily.outlet),
            *(Route(path, daily.digest) for path in DIGESTS),
            Route("/map", daily.map),
            Route("/watch/{id:any_id}", pages.watch),
            Route("/corrections", pages.corrections),
            Route("/health", pages.health),
            Route("/health/stages", pages.health),
            Route("/live", pages.live),
            Route("/feed.atom", api.feed),
            Route("/alerts.atom", api.alerts_feed),
            Route("/api", pages.api),
            Route("/static/{name}", static),
            Route(f"{v1}/openapi.json", api.openapi),
            Route(f"{v1}/stories", api.stories),
            Route(f"{v1}/search", api.stories),
            Route(f"{v1}/map", api.map),
            Route(f"{v1}/stories/{{id:id}}/articles", api.articles),
            Route(f"{v1}/stories/{{id:id}}/similar", api.similar),
            Route(f"{v1}/stories/{{id:id}}", api.story),
            Route(f"{v1}/articles/{{id:any_id}}", api.article),
            Route(f"{v1}/entities/{{id:any_id}}", api.entity),
            Route(f"{v1}/outlets/{{name:any_id}}", api.outlet),
            Route(f"{v1}/events", api.events),
            Route(f"{v1}/health", api.health),
        ],
        middleware=[
            Middleware(Guard, token=token, hosts=hosts, takes_forms=context.editors is not None),
            Middleware(RequestLimit, requests=context.requests),
            Middleware(GZipMiddleware, minimum_size=1000, compresslevel=4),
        ],
        exception_handlers={BadRequestError: bad_request, HTTPException: http_error},
    )


async def serve(
    settings: Settings,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    fresh: bool = False,
    ready: Callable[[str], object] = str,
) -> None:
    """Serve the dashboard until cancelled; ``ready`` gets its URL once it answers. ``port`` 0: any free one.

    ``fresh``: without what the last dashboard kept of the log.

    Raises:
        OSError: the address cannot be had.
        SettingsError: the editors cannot be read.
    """
    with contextlib.ExitStack() as stack:
        bound = stack.enter_context(contextlib.closing(_bound(host, port)))
        db, is_kept = database.of(settings, fresh=fresh)
        index = stack.enter_context(contextlib.closing(Index(db)))
        broadcaster, health = Broadcaster(index), Health()
        health.kept = is_kept
        watching = RecentWatching(settings)
        context = AppContext(
            index=index,
            broadcaster=broadcaster,
            health=health,
            articles=Articles(settings),
            watching=watching,
            keep=watching.keep,
            remove=watching.remove,
            editors=editors_of(settings),
            decide=partial(corrections.decide, settings, seconds=PATIENCE - _SENDING),
            streams_per_client=settings.dashboard_streams,
        )
        server = _Server(configuration(settings, context, host))
        async with asyncio.TaskGroup() as tasks:
            background = [
                tasks.create_task(LogConsumer(settings, index, broadcaster, health).run()),
                tasks.create_task(broadcaster.run()),
            ]
            serving = asyncio.create_task(server.serve(sockets=[bound]))
            try:
                while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(0.01)
                ready(_url(bound))
                await asyncio.shield(serving)
            finally:
                broadcaster.close()
                server.should_exit = True
                await asyncio.wait([serving], timeout=_LAST_REQUESTS + 3)
                for task in background:
                    task.cancel()


def editors_of(settings: Settings) -> Editors | None:
    """Those whom the settings name; None: nobody. Raises ``SettingsError``."""
    given = reveal(settings.editors)
    if given is None:
        return None
    try:
        return Editors(parse(given))
    except ValueError as error:
        raise SettingsError(f"STREAMS_EDITORS cannot work: {error}") from None


def configuration(settings: Settings, context: AppContext, host: str) -> uvicorn.Config:
    """How the app over ``context`` is served on ``host``."""
    return uvicorn.Config(
        create_app(context, token=reveal(settings.api_token), hosts=answered_to(host, settings.dashboard_hosts)),
        http=PatientProtocol,
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        # Said in any case: uvicorn would believe every process of this machine, and ask the environment.
        proxy_headers=bool(settings.trusted_proxies),
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=_LAST_REQUESTS,
    )


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the command's business."""
        yield


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise OSError(
            f"cannot serve on {host}:{port} ({error.strerror or error}). "
            "Give another --host or --port (0: any free one)."
        ) from None
    return bound


def _url(bound: socket.socket) -> str:
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _of_api(request: Request) -> bool:
    return request.url.path.startswith("/api/v1/") or request.url.path.endswith(".atom")
