"""The feed of alerts: the newest of all or of one watch, each once, with nothing that XML may not hold."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from streams.contracts import codec
from streams.contracts.records import Alert
from streams.dashboard.web.alerts import RecentAlerts
from streams.settings import load

ATOM = "{http://www.w3.org/2005/Atom}"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def alert(number: int, watch: str) -> Alert:
    at = NOON + timedelta(hours=number)
    return Alert(id=f"a{number}", watch_id=watch, condition="x", story_id="s/1", at=at, headline=f"<b>\x00{number}")


class Reader:
    """Two partitions, one of which has an alert twice and one that is none."""

    away = False

    async def spans(self, topic: str) -> dict[int, tuple[int, int]]:
        if self.away:
            raise OSError("away")
        return {0: (0, 3), 1: (0, 2)}

    async def values(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        for value in ([alert(1, "w"), alert(3, "v"), alert(1, "w")], [alert(2, "w")])[partition]:
            yield 0, codec.encode(value)
        yield 9, b"junk"


async def test_the_feed_has_the_newest_alerts(context, get) -> None:
    recent = RecentAlerts(load())
    recent._reader = Reader()  # type: ignore[assignment]
    context.alerts = recent
    feed = ET.fromstring((await get("/alerts.atom")).text)
    entries = feed.findall(f"{ATOM}entry")
    assert [entry.findtext(f"{ATOM}title") for entry in entries] == ["[v] <b>3", "[w] <b>2", "[w] <b>1"]
    assert [link.get("href") for link in entries[0].iter(f"{ATOM}link")] == ["http://dashboard/story/s%2F1"]
    one = ET.fromstring((await get("/alerts.atom?watch=w")).text)
    assert [entry.findtext(f"{ATOM}id") for entry in one.findall(f"{ATOM}entry")] == [
        f"urn:news-streams:alert:a{number}" for number in (2, 1)
    ]
    recent._reader.away, recent._at = True, float("-inf")  # type: ignore[attr-defined]
    assert len(await recent()) == 3, "what was known will do"
    assert (await get("/alerts.atom?watch=" + "x" * 201)).status_code == 400


async def test_a_search_says_where_it_is_no_query(get) -> None:
    answer = await get("/api/v1/search", params={"q": "storm (bridge"})
    assert answer.status_code == 400
    assert "q: this parenthesis is never closed (at character 7)" in answer.json()["detail"]
    assert (await get("/api/v1/search", params={"q": "storm spike()"})).status_code == 400
    assert (await get("/", params={"q": "storm (bridge"})).status_code == 200, "a page takes it for words"
