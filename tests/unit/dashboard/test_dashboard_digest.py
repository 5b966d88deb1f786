"""The digests of a day and a week: which stories, how large, and what is said of each."""

from __future__ import annotations

from dataclasses import replace

from streams.contracts.records import Claim, Evidence, Linking, Sentence
from streams.dashboard.store import digest

DAY = 86_400


def reported(newsroom, id_: str, hours: float, source: str, *, dead: int = 0, origin: str | None = None):
    """An article that leads with its toll."""
    article = newsroom.article(id_, f"Title {id_}", hours=hours, source=source)
    claim = Claim(kind="count", what="dead", whom="people", value=dead, text=f"{dead} people died")
    sentence = Sentence(text=f"The storm at Oxhaven left {dead} people dead.", score=0.9)
    return replace(article, claims=(claim,) if dead else (), sentences=(sentence,), origin=origin or article.origin)


def publish(newsroom) -> None:
    """A story of three outlets and two origins; one of two; one that was large last week, and has one article today."""
    newsroom.create("copied", reported(newsroom, "c1", 5, "Harbour Post", origin="by:agency"))
    newsroom.join("copied", reported(newsroom, "c2", 4, "Daily Wave", origin="by:agency"))
    newsroom.join("copied", reported(newsroom, "c3", 4, "Channel Nine", origin="by:agency"))
    newsroom.create("old", reported(newsroom, "o0", 100, "Harbour Post"))
    for number in range(1, 5):
        newsroom.join("old", reported(newsroom, f"o{number}", 90, f"Outlet {number}"))
    newsroom.join("old", reported(newsroom, "o9", 1, "Daily Wave"))
    link = Linking(
        story_id="new", other_id="old", storyline="old", score=0.8, evidence=Evidence(score=0.8, threshold=0)
    )
    newsroom.log(newsroom.event("created", "new", reported(newsroom, "n1", 3, "Harbour Post", dead=9), linked=(link,)))
    newsroom.join("new", reported(newsroom, "n2", 2, "Daily Wave", dead=12))
    newsroom.create("gone", reported(newsroom, "g1", 200, "Harbour Post"))


def test_stories_are_as_large_as_they_were_in_the_time(newsroom):
    publish(newsroom)
    index, now = newsroom.index, newsroom.now
    day = digest.largest(index, since=now - DAY, now=now, limit=9)
    assert [(one.row.story.id, one.origins, one.outlets, one.articles) for one in day] == [
        ("new", 2, 2, 2), ("copied", 1, 3, 3), ("old", 1, 1, 1)
    ]  # fmt: skip
    week = digest.largest(index, since=now - 7 * DAY, now=now, limit=2)
    assert [(one.row.story.id, one.origins) for one in week] == [("old", 6), ("new", 2)]


async def test_each_has_its_lead_its_outlets_what_differs_and_its_chapter(newsroom, get):
    publish(newsroom)
    page = (await get("/digest")).text
    assert page.index("/story/new") < page.index("/story/copied") < page.index("/story/old")
    first = page.split('<li class="row told">')[1]
    assert "The storm at Oxhaven left 9 people dead." in first
    assert '<a class="outlet" href="/outlet/Daily%20Wave">' in first
    assert "<b>Told differently</b> <bdi>Dead (people): 9 → 12</bdi>" in first
    assert 'Chapter 2 of 2 of <a href="/story/new#storyline"' in first
    assert '<p class="address">http://dashboard/story/new</p>' in first
    assert "Chapter" not in page.split('<li class="row told">')[2]
    assert 'href="/digest" aria-current="page"' in page
    week = (await get("/digest/week")).text
    assert week.index("/story/old") < week.index("/story/new")
    assert "/story/gone" not in week
    assert (await get("/digest/month")).status_code == 404


async def test_a_digest_of_nothing_says_so_and_what_was_taken_back_is_in_none(newsroom, get):
    assert "Nothing was reported in this time" in (await get("/digest")).text
    article = newsroom.article("a1")
    newsroom.create("s1", article)
    newsroom.log(newsroom.event("retracted", "s1", article))
    assert "Nothing was reported in this time" in (await get("/digest")).text
