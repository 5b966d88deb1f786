"""Alerts as a feed and as tabs: the newest of all or of one watch, each once, with nothing that XML may not hold."""

from __future__ import annotations

import asyncio
import re
import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest

from streams.contracts import codec
from streams.contracts.records import Alert, Watch
from streams.dashboard.web.server import create_app
from streams.dashboard.web.tabs import with_unread
from streams.dashboard.web.watching import RecentWatching
from streams.settings import load

ATOM = "{http://www.w3.org/2005/Atom}"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def alert(number: int, watch: str) -> Alert:
    at = NOON + timedelta(hours=number)
    return Alert(id=f"a{number}", watch_id=watch, condition="x", story_id="s/1", at=at, headline=f"<b>\x00{number}")


class Reader:
    """Alerts in two partitions, one of which has an alert twice and one that is none; watches in one."""

    away = False

    async def partitions(self, topic: str) -> list[int]:
        return [0]

    async def rows(self, topic: str, partition: int) -> dict[str, bytes]:
        named = {name: codec.encode(Watch(id=name, query=f"storm {name}", created=NOON)) for name in ("w", "v", "")}
        return {"junk": b"junk", **named}

    async def spans(self, topic: str) -> dict[int, tuple[int, int]]:
        if self.away:
            raise OSError("away")
        return {0: (0, 3), 1: (0, 2)}

    async def records(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[SimpleNamespace]:
        for given in ([alert(1, "w"), alert(3, "v"), alert(1, "w")], [alert(2, "w")])[partition]:
            yield SimpleNamespace(value=codec.encode(given), timestamp=int(given.id[1:]) * 1000)
        yield SimpleNamespace(value=b"junk", timestamp=9)


@pytest.fixture
def recent(context) -> RecentWatching:
    made = RecentWatching(load())
    made._reader = Reader()  # type: ignore[assignment]
    context.watching = made
    return made


async def test_the_feed_has_the_newest_alerts(recent, get) -> None:
    feed = ET.fromstring((await get("/alerts.atom")).text)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["[v] <b>3", "[w] <b>2", "[w] <b>1"]
    assert [link.get("href") for link in entries[0].iter(f"{ATOM}link")] == ["http://dashboard/story/s%2F1"]
    one = ET.fromstring((await get("/alerts.atom?watch=w")).text)
    assert [entry.findtext(f"{ATOM}id") for entry in one.findall(f"{ATOM}entry")] == [
        f"urn:news-streams:alert:a{number}" for number in (2, 1)
    ]
    recent._reader.away, recent._at = True, float("-inf")
    assert len((await recent(1.0)).alerts) == 3, "what was known will do"
    assert (await get("/alerts.atom?watch=" + "x" * 201)).status_code == 400


async def test_nobody_waits_for_a_slow_log_who_has_other_things_to_show(recent, get) -> None:
    never = asyncio.Event()
    recent._reader.spans = lambda _: never.wait()
    assert (await recent(0.01)).watches == ()
    assert (await get("/")).status_code == 200
    recent._reading.cancel()


def unread(text: str) -> dict[str, str]:
    """The tabs of a page by name, each with what it says is unread."""
    found = re.findall(
        r'<a href="/watch/(\w+)"[^>]*>\w+ <span class="unread" data-watch="\w+"(?: hidden>|><span>(\d+))', text
    )
    return dict(found)


@pytest.mark.usefixtures("recent")
async def test_watches_are_tabs_that_count_what_is_unread_until_they_are_opened(context) -> None:
    transport = httpx.ASGITransport(app=create_app(context))
    async with httpx.AsyncClient(transport=transport, base_url="http://dashboard") as reader:
        assert unread((await reader.get("/")).text) == {"v": "1", "w": "2"}
        opened = await reader.get("/watch/w")
        assert opened.text.count("chip new") == 2
        assert "storm w" in opened.text
        assert "&lt;b&gt;2" in opened.text
        assert "httponly" in opened.headers["set-cookie"].lower()
        assert unread((await reader.get("/")).text) == {"v": "1", "w": ""}
        assert "chip new" not in (await reader.get("/watch/w")).text
        for cookie in ("9" * 30, "-1", "\u0661", "x"):
            said = await reader.get("/", headers=[(b"cookie", f"seen-w={cookie}".encode())])
            assert unread(said.text)["w"] == "2", "what no server set is as good as nothing"
        assert (await reader.get("/watch/nobody")).status_code == 404


async def test_a_search_says_where_it_is_no_query(get) -> None:
    answer = await get("/api/v1/search", params={"q": "storm (bridge"})
    assert answer.status_code == 400
    assert "q: this parenthesis is never closed (at character 7)" in answer.json()["detail"]
    assert (await get("/api/v1/search", params={"q": "storm spike()"})).status_code == 400
    assert (await get("/", params={"q": "storm (bridge"})).status_code == 200, "a page takes it for words"


async def test_an_open_page_hears_of_counts_once_and_again_when_they_change(recent) -> None:
    async def events() -> AsyncIterator[bytes]:
        await recent(5.0)
        yield b""
        yield b"id: 7\nevent: stories\ndata: {}\n\n"
        recent._at = float("-inf")
        recent._reader = OneMore()
        await recent(5.0)
        yield b""
        recent._at = float("-inf")
        await recent(5.0)
        yield b""

    told = [event async for event in with_unread(events(), recent, {"seen-w": "1000"})]
    assert told == [
        b'event: unread\ndata: {"v":1,"w":1}\n\n',
        b"id: 7\nevent: stories\ndata: {}\n\n",
        b'event: unread\ndata: {"v":1,"w":2}\n\n',
        b"",
    ]


class OneMore(Reader):
    """A later alert of a watch."""

    async def records(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[SimpleNamespace]:
        async for record in super().records(topic, partition, start):
            yield record
        if partition == 1:
            yield SimpleNamespace(value=codec.encode(alert(9, "w")), timestamp=9000)
