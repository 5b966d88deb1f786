"""Searches that count what they found, and more stories like one."""

from __future__ import annotations

import re

from streams.dashboard.store import counts
from streams.dashboard.store.filters import Filter

OX, SMITH, VALE = ("place:ox", "Oxhaven", "LOC"), ("person:smith", "Ann Smith", "PER"), ("place:vale", "Vale", "LOC")


def publish(newsroom) -> None:
    told = [
        ("s1", "Bridge closed after storm", "Harbour Post", 0, (OX, SMITH)),
        ("s2", "Bridge opens again", "Harbour Post", 30, (OX, SMITH)),
        ("s3", "Storm over Vale", "Daily Wave", 1, (VALE, OX)),
        ("s4", "Vote in Vale", "Daily Wave", 2, (VALE,)),
        ("s5", "Nobody is named", "Daily Wave", 3, ()),
    ]
    for number, (story, title, source, hours, entities) in enumerate(told):
        article = newsroom.article(f"a{number}", title, source=source, hours=hours, entities=entities)
        newsroom.create(story, article)


async def test_a_search_counts_what_it_found(newsroom, get) -> None:
    publish(newsroom)
    answer = (await get("/api/v1/search", params={"q": "bridge OR storm", "facets": "true"})).json()
    assert len(answer["stories"]) == 3
    found = answer["facets"]
    assert [(each["id"], each["stories"]) for each in found["entities"]] == [
        ("place:ox", 3), ("person:smith", 2), ("place:vale", 1)
    ]  # fmt: skip
    assert found["outlets"] == [{"outlet": "Harbour Post", "stories": 2}, {"outlet": "Daily Wave", "stories": 1}]
    assert found["days"] == [{"day": "2026-03-01", "stories": 2}, {"day": "2026-02-28", "stories": 1}]
    assert "facets" not in (await get("/api/v1/search", params={"q": "bridge"})).json()
    every = counts.facets(newsroom.index, Filter(), now=newsroom.now)
    assert sum(number for _, number in every.days) == 5


async def test_more_like_a_story_names_what_it_does_and_rare_names_count_more(newsroom, get) -> None:
    publish(newsroom)
    alike = (await get("/api/v1/stories/s1/similar")).json()["stories"]
    assert [(each["id"], each["shared"]) for each in alike] == [
        ("s2", ["person:smith", "place:ox"]), ("s3", ["place:ox"])
    ]  # fmt: skip
    assert alike[0]["score"] == 1.0
    assert 0 < alike[1]["score"] < 0.5, "what most stories name says less"
    assert [each["id"] for each in (await get("/api/v1/stories/s1/similar?limit=1")).json()["stories"]] == ["s2"]
    assert (await get("/api/v1/stories/s5/similar")).json() == {"stories": []}
    assert (await get("/api/v1/stories/none/similar")).status_code == 404
    assert (await get("/api/v1/stories/s1/similar?limit=51")).status_code == 400


async def test_a_storys_page_has_at_most_five_more_like_it_and_none_where_nothing_is(newsroom, get) -> None:
    publish(newsroom)
    page = (await get("/story/s1")).text
    section = page[page.index("More like this") : page.index(">Log<")]
    assert re.findall(r'<h3><a href="/story/([^"]+)"', section) == ["s2", "s3"]
    assert "Daily Wave" in section
    assert ">1 Mar 2026<" in section
    assert "More like this" not in (await get("/story/s5")).text
    for number in range(6):
        newsroom.create(f"t{number}", newsroom.article(f"b{number}", entities=(SMITH,)))
    page = (await get("/story/s1")).text
    assert page.count("<h3>", page.index("More like this")) == 5
