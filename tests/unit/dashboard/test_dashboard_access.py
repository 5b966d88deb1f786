"""Who gets at the pages: many clients at once, clients that dawdle, clients behind proxies, and ids of any form."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from streams.dashboard.web import http
from streams.dashboard.web.http import MOST_WAITING, PatientProtocol
from streams.dashboard.web.server import configuration, create_app
from streams.settings import Settings, SettingsError, load
from streams.text import id_of, path_part

IDS = ["x", "x/articles", "x/feed.atom", "x%2Farticles", "a%2Fb", "a/b", "..", ".", "~..", "~", "/", "//", "a b",
       "ünï/cødé 新", "?q=1#f", "x/", "\\", "&<\"'>", "stories", "%", "a;b=c", "https://x.example/a?b=c#d"]  # fmt: skip


@asynccontextmanager
async def serving(app):
    config = uvicorn.Config(app, lifespan="off", log_config=None, http=PatientProtocol, timeout_graceful_shutdown=1)
    server, bound = uvicorn.Server(config), socket.socket()
    bound.bind(("127.0.0.1", 0))
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        yield server, bound.getsockname()
    finally:
        server.should_exit = True
        await task


def client_of(app, **options):
    transport = httpx.ASGITransport(app=app, **options)
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@pytest.mark.parametrize("id_", IDS)
def test_an_id_is_one_part_of_a_path_that_no_browser_takes_for_a_folder(id_):
    part = path_part(id_)
    assert id_of(part) == id_
    assert "/" not in part
    assert part.lower().replace("%2e", ".") not in (".", "..")


async def test_no_id_is_taken_for_another_one_or_for_a_sub_page(newsroom, context):
    app = create_app(context)
    for number, id_ in enumerate(IDS):
        newsroom.create(
            id_,
            newsroom.article(id_, f"Headline {number}.", source="Post", entities=((id_, f"Name {number}.", "PER"),)),
        )
    async with client_of(app) as client:
        for number, id_ in enumerate(IDS):
            part, headline = path_part(id_), f"Headline {number}."
            page = await client.get(f"/story/{part}")
            assert page.headers["content-type"].startswith("text/html")
            assert f'href="/story/{part}/feed.atom"' in page.text
            feed = await client.get(f"/story/{part}/feed.atom")
            assert feed.headers["content-type"] == "application/atom+xml", id_
            assert headline in page.text, id_
            assert headline in feed.text, id_
            assert headline in (await client.get(f"/article/{part}")).text
            assert f"Name {number}." in (await client.get(f"/entity/{part}")).text
            story = (await client.get(f"/api/v1/stories/{part}")).json()
            assert (story["id"], story["headline"]) == (id_, headline)
            listed = (await client.get(f"/api/v1/stories/{part}/articles")).json()["articles"]
            assert [each["id"] for each in listed] == [id_]
            assert (await client.get(f"/api/v1/articles/{part}")).json()["id"] == id_
            assert (await client.get(f"/api/v1/entities/{part}")).json()["entity"]["id"] == id_


async def test_a_merge_leads_to_a_story_of_any_id(newsroom, context):
    newsroom.create("x/feed.atom", newsroom.article("a1"))
    newsroom.create("y", newsroom.article("a2"))
    newsroom.log(newsroom.event("merged", "y", other_id="x/feed.atom"))
    async with client_of(create_app(context)) as client:
        answer = await client.get("/story/y")
        assert answer.headers["location"] == "/story/x%2Ffeed.atom?merged=y"
        assert (await client.get(answer.headers["location"])).headers["content-type"].startswith("text/html")


async def test_the_token_is_asked_for_however_the_path_is_written(newsroom, context):
    newsroom.create("s1", newsroom.article("a1", "Bridge closed"))
    async with client_of(create_app(context, token="t")) as client:
        for path in ("/api/v1/stories", "/%61pi/v1/stories", "/api%2Fv1/stories", "//api/v1/stories"):
            answer = await client.get(path)
            assert answer.status_code in (401, 404), path
            assert "Bridge closed" not in answer.text


HALF = [
    b"",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
    b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nslow",
    b"GET /health HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    b"POST /health HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
]


async def test_hundreds_of_unfinished_requests_shut_nobody_out(newsroom, context):
    newsroom.create("s1", newsroom.article("a1", "Bridge closed"))
    async with serving(create_app(context)) as (server, address):
        half = []
        for number in range(MOST_WAITING + 150):
            _, writer = await asyncio.open_connection(*address)
            writer.write(HALF[number % len(HALF)])
            half.append(writer)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{address[1]}", timeout=10) as client:
            for path in ("/", "/story/s1", "/api/v1/stories", "/health"):
                answer = await client.get(path)
                assert answer.status_code == 200, path
            assert "Bridge closed" in (await client.get("/")).text
            assert (await client.get("/api/v1/health")).json()["requests"]["in_flight"] == 0
        assert len(server.server_state.connections) <= MOST_WAITING + 1, "the oldest gave way"
        for writer in half:
            writer.close()


async def test_a_client_that_does_not_read_its_answer_holds_it_for_a_while_only(monkeypatch):
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.5)

    async def whole(_):
        return Response(b"x" * 30_000_000)

    async def parts(_):
        return StreamingResponse(b"x" * 1_000_000 for _ in range(30))

    app = Starlette(routes=[Route("/whole", whole), Route("/parts", parts)])
    async with serving(app) as (server, address):
        for path in (b"/whole", b"/parts"):
            _, writer = await asyncio.open_connection(*address, limit=1024)
            writer.write(b"GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n" % path)
            await writer.drain()
            async with asyncio.timeout(4):  # uvicorn's own five seconds close what has been sent, and wait for the rest
                while not server.server_state.connections:  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(0.02)
                while server.server_state.connections:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            writer.close()


async def test_requests_beyond_the_most_are_asked_to_come_again_and_counted(newsroom, context):
    newsroom.create("s1", newsroom.article("a1"))
    context.requests.most = 3
    gate = asyncio.Event()

    async def read(_):
        await gate.wait()
        return {}

    context.articles.read = read
    async with client_of(create_app(context)) as client:
        held = [asyncio.create_task(client.get("/story/s1")) for _ in range(3)]
        while context.requests.in_flight < 3:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
        refused = await client.get("/")
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert "1 request refused" in (await client.get("/health")).text, "health tells of it meanwhile"
        told = (await client.get("/api/v1/health")).json()["requests"]
        assert told == {"most": 3, "in_flight": 3, "refused": 1}
        gate.set()
        assert {answer.status_code for answer in await asyncio.gather(*held)} == {200}
        assert (await client.get("/")).status_code == 200
        assert context.requests.in_flight == 0


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "client"),
    [
        ("", "127.0.0.1", "203.0.113.5", "127.0.0.1"),
        ("10.0.0.1", "127.0.0.1", "203.0.113.5", "127.0.0.1"),
        ("10.0.0.1", "10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "10.0.0.1", "198.51.100.9, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1, 192.168.4.0/24", "10.0.0.1", "198.51.100.9, 203.0.113.5, 192.168.4.77", "203.0.113.5"),
        ("fd00::/8", "fd00::1", "2001:db8::7", "2001:db8::7"),
        ("10.0.0.1", "10.0.0.1", None, "10.0.0.1"),
    ],
)
async def test_only_trusted_proxies_say_who_a_client_is(context, monkeypatch, trusted, peer, forwarded, client):
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    asked = []
    monkeypatch.setattr(context.broadcaster, "admits", lambda host, _: asked.append(host))
    config = configuration(Settings(dashboard_proxies=trusted), context, "127.0.0.1")
    config.load()
    async with client_of(config.loaded_app, client=(peer, 4711)) as browser:
        headers = {"host": "localhost"} | ({"x-forwarded-for": forwarded} if forwarded else {})
        assert (await browser.get("/live", headers=headers)).status_code == 503
    assert asked == [client]


@pytest.mark.parametrize("value", ["*", "proxy.example", "10.0.0.1/24", "10.0.0.1;10.0.0.2", "300.1.1.1"])
def test_a_proxy_is_an_address_or_a_network(value):
    with pytest.raises(SettingsError, match="STREAMS_DASHBOARD_PROXIES"):
        load(dashboard_proxies=value)
