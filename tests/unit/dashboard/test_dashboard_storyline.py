"""Storylines on the story page, in the API, the feeds and the log."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from streams.contracts.records import Evidence, Linking
from streams.dashboard.store import queries

EVIL = "<script>alert(1)</script>"
ADA = (("person:ada-berg", "Ada Berg", "PER"),)


@pytest.fixture
def linked(newsroom):
    """Two stories, the second following the first."""
    newsroom.create("s1", newsroom.article("a1", "Bridge closed", hours=400, entities=ADA))
    change = Linking(
        story_id="s2", other_id="s1", storyline="s1", score=0.8, evidence=Evidence(score=0.8, threshold=0.6)
    )
    second = newsroom.article("a2", f"Inquiry opens {EVIL}", entities=ADA)
    newsroom.log(newsroom.event("created", "s2", second, linked=(change,)))
    return newsroom


@pytest.mark.usefixtures("linked")
async def test_the_page_shows_chapters_in_order_with_the_one_that_is_open(get):
    for id_ in ("s1", "s2"):
        page = (await get(f"/story/{id_}")).text
        assert "Storyline</h2>" in page
        assert "2 chapters, 12 Feb 2026 to 1 Mar 2026" in page
        assert 'with <a href="/entity/person:ada-berg">' in page
        assert page.index("1. ") < page.index("2. ")
        assert "follows 1, <span" in page
        assert EVIL not in page
        assert page.count('aria-current="page" dir') == 1
        assert "More like this" not in page, "the only one is a chapter, told already"
    assert 'linked to <a href="/story/s1">' in page.replace("\n", "").replace("  ", " ")


async def test_a_story_without_links_has_no_storyline(newsroom, get):
    newsroom.create("s1", newsroom.article("a1"))
    assert "Storyline" not in (await get("/story/s1")).text
    told = (await get("/api/v1/stories/s1")).json()
    assert told["storyline"] is None
    assert told["storyline_id"] is None


@pytest.mark.usefixtures("linked")
async def test_api_and_feed_carry_it(get):
    told = (await get("/api/v1/stories/s2")).json()
    assert told["storyline_id"] == told["storyline"]["id"] == "s1"
    assert [one["id"] for one in told["storyline"]["chapters"]] == ["s1", "s2"]
    assert told["story"]["links"] == [{"story_id": "s1", "kind": "follows", "score": 0.8, "at": None}]
    assert told["storyline"]["people"] == [{"id": "person:ada-berg", "name": "Ada Berg"}]
    events = (await get("/api/v1/events")).json()["events"]
    assert [change["other_id"] for event in events for change in event["linked"]] == ["s1"]
    feed = ElementTree.fromstring((await get("/feed.atom")).text)
    related = feed.findall(".//{*}link[@rel='related']")
    assert {link.get("href") for link in related} == {"http://dashboard/story/s1", "http://dashboard/story/s2"}


def test_the_log_of_what_was_taken_back_tells_no_links(linked):
    linked.log(linked.event("retracted", "s2", linked.article("a2")))
    assert [event.linked for event in queries.story_events(linked.index, "s2", limit=9)] == [(), ()]
