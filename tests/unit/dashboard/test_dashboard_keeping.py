"""Watches in the dashboard: who may keep them, what a form becomes, and that where alerts go is not touched."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError

from streams.contracts.records import Watch
from streams.dashboard.web import editors
from streams.dashboard.web.editors import Editors, line_of, parse
from streams.dashboard.web.server import create_app
from streams.dashboard.web.watching import RecentWatching, Watching
from streams.kafka import watches
from streams.kafka.watches import WatchError
from streams.settings import load

PASSWORD = "correct horse battery"
OLD = datetime(2026, 1, 1, tzinfo=UTC)
DESK = Watch(id="desk", query="storm", created=OLD, sinks=("mail:desk@example.org",), quiet="22:00-07:00")


@pytest.fixture
def kept(context, monkeypatch):
    """The watches, as a form leaves them."""
    monkeypatch.setattr(editors, "_SCRYPT", {"n": 2, "r": 1, "p": 1})
    found = {"desk": DESK}

    async def watching(patience):
        del patience
        return Watching(watches=tuple(found.values()))

    async def keep(watch):
        if watch.id == "one-too-many":
            raise WatchError("there are 1000 watches")
        if watch.id == "away":
            raise KafkaConnectionError("away")
        found[watch.id] = watch

    async def remove(name):
        found.pop(name, None)

    context.editors = Editors(parse(line_of("Ada Berg", PASSWORD)))
    context.watching, context.keep, context.remove = watching, keep, remove
    return found


@pytest.fixture
async def client(context, kept):  # noqa: ARG001 - it makes the context one with editors
    transport = httpx.ASGITransport(app=create_app(context))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://dashboard", headers={"origin": "http://dashboard"}
    ) as made:
        yield made


@pytest.fixture
async def token(client):
    """Logs in on the way to a search's watch; the token of its form."""
    way = "/watches/new?query=storm+in+%22old+town%22"
    assert f'name="next" value="{way}"' in (await client.get(way)).text
    answer = await client.post("/login", data={"name": "Ada Berg", "password": PASSWORD, "next": way})
    assert answer.headers["location"] == way
    page = await client.get(way)
    assert page.headers["cache-control"] == "no-store"
    assert 'name="query" required maxlength="2000" autocomplete="off" value="storm in &#34;old town&#34;"' in page.text
    return re.findall(r'name="token" value="([^"]+)"', page.text)[0]


async def test_a_search_becomes_a_watch(client, token, kept):
    assert 'href="/watches/new?query=storm"' in (await client.get("/?q=storm")).text
    answer = await client.post("/watches", data={"token": token, "name": "floods", "query": "flood origins>=3"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/watch/floods")
    assert kept["floods"].query == "flood origins>=3"
    assert (datetime.now(UTC) - kept["floods"].created).total_seconds() < 60
    assert "flood origins" in (await client.get("/watch/floods")).text


async def test_a_change_keeps_where_alerts_go_and_a_removal_leaves_nothing(client, token, kept):
    page = (await client.get("/watch/desk")).text
    assert 'name="query" required maxlength="2000" autocomplete="off" value="storm"' in page
    assert "example.org" not in page
    await client.post("/watches", data={"token": token, "name": "desk", "query": "storm spike()"})
    assert (kept["desk"].query, kept["desk"].sinks, kept["desk"].quiet) == ("storm spike()", DESK.sinks, DESK.quiet)
    assert kept["desk"].created > OLD
    answer = await client.post("/watch/desk/remove", data={"token": token})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert kept == {}


@pytest.mark.parametrize(
    ("name", "query", "status", "said"),
    [
        ("UPPER", "storm", 400, "a name has small letters"),
        ("a/b", "storm", 400, "a name has small letters"),
        ("fine", "storm (", 400, "at character"),
        ("fine", "x" * 2001, 400, "2000"),
        ("fine", "", 400, "at character"),
        ("one-too-many", "storm", 400, "there are 1000 watches"),
        ("away", "storm", 503, "Kafka does not answer"),
    ],
)
async def test_what_cannot_be_kept_is_said_and_may_be_mended(client, token, kept, name, query, status, said):
    answer = await client.post("/watches", data={"token": token, "name": name, "query": query})
    assert answer.status_code == status
    assert said in answer.text
    assert f'value="{name}"' in answer.text
    assert kept == {"desk": DESK}


async def test_nobody_else_keeps_or_removes(client, token, kept):
    for path in ("/watches", "/watch/desk/remove"):
        for given, headers in (({"token": "x"}, {}), ({"token": token}, {"origin": "http://elsewhere"})):
            answer = await client.post(path, data={"name": "desk", "query": "x"} | given, headers=headers)
            assert answer.status_code == 403
    client.cookies.clear()
    assert (await client.post("/watches", data={"token": token, "name": "desk", "query": "x"})).status_code == 403
    assert "Log in to change" in (await client.get("/watch/desk")).text
    assert kept == {"desk": DESK}


async def test_without_editors_there_is_no_way_to_keep_one(context, get):
    async def watching(patience):
        del patience
        return Watching(watches=(DESK,))

    context.watching = watching
    assert (await get("/watches/new")).status_code == 404
    assert "/watches/new" not in (await get("/?q=storm")).text
    assert "Log in" not in (await get("/watch/desk")).text


async def test_a_change_is_known_at_once_and_read_again(monkeypatch):
    written = []

    async def change(settings, what):
        del settings
        written.append(what)

    monkeypatch.setattr(watches, "keep", change)
    monkeypatch.setattr(watches, "remove", change)
    recent = RecentWatching(load())
    for changed, left in ((recent.keep(DESK), (DESK,)), (recent.remove("desk"), ())):
        recent._at = 1e18
        await changed
        assert recent._at == float("-inf"), "it is read again when somebody asks"
        recent._at = 1e18
        assert (await recent(0)).watches == left
    assert written == [DESK, "desk"]
