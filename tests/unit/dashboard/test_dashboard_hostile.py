"""A dashboard that cannot be frozen, shut or talked out of its bounds by what is in the log or who asks."""

from __future__ import annotations

import asyncio
import socket
import time
from collections import Counter
from contextlib import asynccontextmanager
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette

from streams.contracts.records import Entity, Mention, Quote, TaggedArticle
from streams.dashboard.follow.broadcast import decode_offsets, encode_offsets
from streams.dashboard.follow.health import Health
from streams.dashboard.store.filters import BadRequestError, decode_cursor, encode_cursor, parse_limit
from streams.dashboard.web.http import PatientProtocol, answered_to
from streams.dashboard.web.quotes import Said, shared_quotes
from streams.dashboard.web.render import MOST_SHOWN, TextRun, paragraphs
from streams.dashboard.web.server import create_app

HUGE = ["9" * 9, "9" * 18, "9" * 19, "9" * 5000, "0000000011000", "-1", "1.5", "1e3", "٣", "", " 1", "\x00", "nan"]
ROUTES = ["/", "/rows", "/feed.atom", "/api/v1/stories", "/api/v1/events", "/api/v1/stories/s1/articles", "/story/s1",
          "/entity/x", "/article/a1", "/outlet/Harbour%20Post", "/digest",
          "/api/v1/search", "/api/v1/articles/a1"]  # fmt: skip


@pytest.fixture
def app(context) -> Starlette:
    return create_app(context)


def client_of(app: Starlette, **options) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://test", **options)


@pytest.mark.parametrize("text", ["0000000011000", "9" * 40, "0", "-3", "201", "1e1", "٣", ""])
def test_a_limit_is_within_its_bounds_however_it_is_written(text):
    with pytest.raises(BadRequestError, match="from 1 to 200"):
        parse_limit({"limit": text}, default=50, most=200)


async def test_no_parameter_makes_a_route_fail(app):
    async with client_of(app) as client:
        for route in ROUTES:
            for name in ("limit", "cursor", "since", "q", "entity", "phase", "sort", "merged", "sure"):
                for value in [
                    *HUGE,
                    "9" * 12 + "." + "9" * 30,
                    "0.1-" * 900,
                    encode_cursor(float("inf"), "x"),
                    "\ud800",
                ]:
                    target = f"{route}?{name}={quote(value, errors='surrogatepass')}"
                    answer = await client.get(target)
                    assert answer.status_code < 500, target[:200]


@pytest.mark.parametrize("text", ["1.99999999999999999999", "1", "a.b", "-1.5", "1.-5", "1.2-"])
def test_a_position_that_no_log_can_have_is_none(text):
    assert decode_offsets(text) is None
    assert decode_offsets(encode_offsets({0: 5, 3: 2**60 // 10})) == {0: 5, 3: 2**60 // 10}


@pytest.mark.parametrize("moment", ["nan", "inf", "-inf"])
def test_a_cursor_of_no_moment_is_refused(moment):
    with pytest.raises(BadRequestError):
        decode_cursor(encode_cursor(float(moment), "x"))


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost:8800", 200), ("127.0.0.1:8800", 200), ("[::1]:8800", 200), ("news.example:80", 200),
     ("evil.example", 421), ("evil.example:8800", 421), ("127.0.0.1.evil.example", 421), ("", 421)],
)  # fmt: skip
async def test_it_answers_to_its_own_names_and_to_addresses(context, host, status):
    app = create_app(context, hosts=answered_to("127.0.0.1", "news.example, other.example"))
    async with client_of(app) as client:
        assert (await client.get("/health", headers={"host": host})).status_code == status


async def test_one_address_may_hold_so_many_streams_and_another_still_gets_one(context):
    broadcaster = context.broadcaster
    assert broadcaster.admits("10.0.0.1", 2)

    async def events():
        while True:
            yield b"x"
            await asyncio.sleep(0)

    held = [broadcaster.guard(events(), "10.0.0.1") for _ in range(2)]
    for stream in held:
        await anext(stream)
    assert not broadcaster.admits("10.0.0.1", 2)
    assert broadcaster.admits("10.0.0.2", 2)
    for stream in held:
        await stream.aclose()
    assert broadcaster.admits("10.0.0.1", 2)
    assert broadcaster.streams == 0


@asynccontextmanager
async def served(context):
    """The address of the dashboard, as it is served."""
    config = uvicorn.Config(create_app(context), lifespan="off", log_config=None, http=PatientProtocol, port=0)
    server = uvicorn.Server(config)
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield bound.getsockname()
    finally:
        server.should_exit = True
        await serving


async def test_connections_that_never_finish_their_request_are_closed(context, monkeypatch):
    monkeypatch.setattr("streams.dashboard.web.http.REQUEST_SECONDS", 0.5)
    async with served(context) as address:
        half = []
        for part in [
            b"",
            b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
            b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\nGET /",
        ]:
            reader, writer = await asyncio.open_connection(*address)
            writer.write(part)
            await writer.drain()
            half.append((reader, writer))
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{address[1]}") as client:
            assert (await client.get("/health")).status_code == 200
        for reader, writer in half:
            await asyncio.wait_for(reader.read(), 4)  # to the end: closed by the server, not for being idle (5 s)
            writer.close()


async def test_a_connection_that_goes_on_asking_stays_open(context, monkeypatch):
    """It was closed so many seconds after its first request, now and then as the next one came."""
    monkeypatch.setattr("streams.dashboard.web.http.REQUEST_SECONDS", 0.5)
    async with served(context) as address:
        reader, writer = await asyncio.open_connection(*address)
        for _ in range(8):
            writer.write(b"GET /static/live.js HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r")[0])
            assert len(await reader.readexactly(length)) == length
            await asyncio.sleep(0.2)
        writer.close()


def test_a_null_header_does_not_stop_health():
    health = Health()
    health.wrote([("ce_source", b"/news-streams/clean"), ("ce_time", None), ("x", None)], 1000.0)
    health.wrote([("ce_source", None)], 1000.0)
    health.died([("streams_error_stage", None), ("streams_error_exception", None)])
    health.died([("streams_error_stage", b"tag"), ("streams_error_exception", None)])
    assert Counter(dict(health.report(1001.0)[1].dead_letters)) == {"unknown": 1}


def spent(work) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def test_thousands_of_equal_quotations_are_laid_side_by_side_in_a_moment():
    said = [
        Said(article_id=f"a{number % 40}", outlet=f"o{number % 40}", text=f"so it is and so it will be {number % 7}")
        for number in range(12_000)
    ]
    assert spent(lambda: shared_quotes(said)) < 3
    long = [Said(article_id=f"a{n}", outlet=f"o{n}", text="very " * 900 + str(n)) for n in range(60)]
    assert spent(lambda: shared_quotes(long)) < 3


def test_a_text_full_of_quotations_and_names_is_cut_into_runs_in_a_moment():
    text = "“So it is,” Ann said. " * 10_000
    article = TaggedArticle(
        id="a",
        text=text,
        quotes=tuple(Quote(text="So it is,", start=at * 22, end=at * 22 + 11) for at in range(9_000)),
        entities=(
            Entity(id="person:ann", name="Ann", type="PER", mentions=tuple(
                Mention(field="text", start=at * 22 + 12, end=at * 22 + 15, surface="Ann") for at in range(9_000)
            )),
        ),
    )  # fmt: skip
    found: list[list[TextRun]] = []
    assert spent(lambda: found.extend(paragraphs(article))) < 3
    assert sum(len(run.text) for runs in found for run in runs) == MOST_SHOWN
    first = [(run.text, run.quoted, run.entity and run.entity.id) for run in found[0][:4]]
    assert first == [
        ("“So it is,”", True, None),
        (" ", False, None),
        ("Ann", False, "person:ann"),
        (" said. ", False, None),
    ]


@pytest.mark.parametrize(
    "id_", ["https://example.org/a/b?c=d&e#f", "a/articles", "tag:x,2025:/y", "ü%2F ~", "a//b", "x;y=1"]
)
async def test_ids_of_any_characters_lead_to_their_page(newsroom, app, id_):
    newsroom.create("s1", newsroom.article(id_, "Bridge closed"))
    async with client_of(app) as client:
        page = (await client.get("/story/s1")).text
        link = next(part.split('"')[0] for part in page.split('href="') if part.startswith("/article/"))
        assert (await client.get(link)).status_code == 200
        assert (await client.get(f"/api/v1{link.replace('/article/', '/articles/')}")).json()["id"] == id_
