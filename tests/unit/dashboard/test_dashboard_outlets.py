"""An outlet's page: what it carries, how much of it is its own, how early it is, and with whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.dashboard.store import outlets


@pytest.fixture
def shared(newsroom):
    """The Post first by an hour, level, half an hour late with an agency's text, alone, and an hour late."""
    for story, post, wave in (
        ("s1", 3.0, 2.0),
        ("s2", 5.0, 5.0),
        ("s3", 6.5, 7.0),
        ("s4", 1.0, None),
        ("s5", 9.0, 10.0),
    ):
        article = newsroom.article(f"{story}-post", f"Post on {story}", hours=post)
        newsroom.create(story, replace(article, origin="by:agency") if story == "s3" else article)
        if wave is not None:
            newsroom.join(story, newsroom.article(f"{story}-wave", source="Daily Wave", hours=wave))
    newsroom.join("s1", newsroom.article("s1-again", hours=1.0))
    return newsroom


def test_an_outlet_is_measured_by_its_newest_articles(shared, monkeypatch):
    post = outlets.about(shared.index, "Harbour Post")
    assert post == outlets.OutletInfo(
        name="Harbour Post", articles=6, measured=6, stories=5, shared=4, own=5 / 6, first=0.5, behind=15.0
    )
    wave = outlets.about(shared.index, "Daily Wave")
    assert wave is not None
    assert (wave.own, wave.first, wave.behind) == (1.0, 0.75, 0.0)
    monkeypatch.setattr(outlets, "MEASURED", 2)
    few = outlets.about(shared.index, "Harbour Post")
    assert few is not None
    assert (few.articles, few.measured, few.stories, few.first) == (6, 2, 2, 1.0), "s4 alone and s1, where it was first"
    assert outlets.about(shared.index, "harbour post") is None


def test_what_is_taken_back_or_alone_measures_nothing(newsroom):
    article = newsroom.article("a1")
    newsroom.create("s1", article)
    only = outlets.about(newsroom.index, "Harbour Post")
    assert only is not None
    assert (only.shared, only.first, only.behind, only.own) == (0, None, None, 1.0)
    newsroom.log(newsroom.event("retracted", "s1", article))
    assert outlets.about(newsroom.index, "Harbour Post") is None


@pytest.mark.usefixtures("shared")
async def test_the_page_and_the_api_tell_it_and_stories_and_articles_link_to_it(get):
    page = (await get("/outlet/Harbour%20Post")).text
    assert "Reporting of its own</dt><dd>83 %" in page
    assert "Of these first with</dt><dd>50 %" in page
    assert page.index("/story/s4") < page.index("/story/s1") < page.index("/story/s2")
    assert '<a href="/outlet/Daily%20Wave"><bdi>Daily Wave</bdi></a> <span class="num">4</span>' in page
    assert 'data-live="/live?outlet=Harbour+Post"' in page
    for path in ("/story/s1", "/article/s1-post"):
        assert '<a class="outlet" href="/outlet/Harbour%20Post"><bdi>Harbour Post</bdi></a>' in (await get(path)).text
    told = (await get("/api/v1/outlets/Harbour%20Post")).json()
    assert told["outlet"]["behind"] == 15.0
    assert told["shares_with"] == [{"outlet": "Daily Wave", "stories": 4}]
    assert [each["id"] for each in told["names"]] == ["place:ox"]


def test_an_outlets_articles_are_found_by_an_index(newsroom):
    plans: list[str] = []
    newsroom.create("s1", newsroom.article("a1"))
    newsroom.index.db.set_trace_callback(plans.append)
    outlets.about(newsroom.index, "Harbour Post")
    newsroom.index.db.set_trace_callback(None)
    steps = [row[3] for asked in plans for row in newsroom.index.db.execute(f"EXPLAIN QUERY PLAN {asked}")]
    assert len([step for step in steps if "COVERING INDEX members_by" in step]) == 4
    assert not [step for step in steps if step.startswith(("SCAN m", "SCAN s"))]
