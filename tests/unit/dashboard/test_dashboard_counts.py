"""Searches that count what they found, and more stories like one."""

from __future__ import annotations

import html
import re

import pytest

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
    assert [(each["id"], each["shared"]) for each in alike] == [("s2", ["person:smith", "place:ox"])]
    assert alike[0]["score"] == 1.0
    assert [each["id"] for each in (await get("/api/v1/stories/s1/similar?limit=1")).json()["stories"]] == ["s2"]
    assert (await get("/api/v1/stories/s5/similar")).json() == {"stories": []}
    assert (await get("/api/v1/stories/none/similar")).status_code == 404
    assert (await get("/api/v1/stories/s1/similar?limit=51")).status_code == 400


async def test_what_shares_one_name_or_little_of_many_is_not_like_it(newsroom, get) -> None:
    def named(*ids: str) -> tuple[tuple[str, str, str], ...]:
        return tuple((id_, id_.title(), "MISC" if id_.startswith("demonym") else "PER") for id_ in ids)

    rare = [f"person:p{number}" for number in range(20)]
    for story, ids in (
        ("s1", ["place:xa", "demonym:xa", "person:p", "person:q", *rare]),
        ("half", ["person:p", "person:q", *rare[:9]]),
        ("land", ["place:xa", "demonym:xa"]),
        ("one", [rare[0]]),
        ("two", rare[1:3]),
    ):
        newsroom.create(story, newsroom.article(f"a-{story}", entities=named(*ids)))

    async def like(story: str) -> list[str]:
        return [each["id"] for each in (await get(f"/api/v1/stories/{story}/similar")).json()["stories"]]

    assert await like("s1") == ["half"], "two of twenty-four are little"
    assert set(await like("two")) == {"s1", "half"}, "both of two are all"
    assert await like("one") == []
    assert await like("land") == [], "a country and its people are one name"


async def test_a_storys_page_has_at_most_five_more_like_it_and_none_where_nothing_is(newsroom, get) -> None:
    publish(newsroom)
    page = (await get("/story/s1")).text
    section = page[page.index("More like this") : page.index(">Log<")]
    assert re.findall(r'<h3><a href="/story/([^"]+)"', section) == ["s2"]
    assert "Harbour Post" in section
    assert ">28 Feb 2026<" in section
    assert "More like this" not in (await get("/story/s5")).text
    for number in range(6):
        newsroom.create(f"t{number}", newsroom.article(f"b{number}", entities=(OX, SMITH)))
    page = (await get("/story/s1")).text
    assert page.count("<h3>", page.index("More like this")) == 5


NARROW = re.compile(r'<li><a href="([^"]+)"><bdi>([^<]+)</bdi></a> <span class="num">(\d+)</span></li>')


def choices(page: str) -> dict[str, tuple[str, int]]:
    """Label → address and count of the links that narrow a list down."""
    _, opened, rest = page.partition('<details class="narrow">')
    found = NARROW.findall(rest.partition("</details>")[0])
    assert bool(opened) == bool(found)
    return {label: (html.unescape(address), int(count)) for address, label, count in found}


async def test_a_search_is_narrowed_by_links_that_leave_what_they_count(newsroom, get) -> None:
    publish(newsroom)
    links = choices((await get("/?q=bridge+OR+storm")).text)
    assert {label: count for label, (_, count) in links.items()} == {
        "Oxhaven": 3, "Ann Smith": 2, "Vale": 1, "Harbour Post": 2, "Daily Wave": 1, "1 Mar 2026": 2, "28 Feb 2026": 1
    }  # fmt: skip
    for label, (address, count) in links.items():
        narrowed = (await get(address)).text
        assert narrowed.count('<li class="row"') == count, label
        assert label not in choices(narrowed), "a second value would replace the first"
    page = (await get("/?day=2026-02-28")).text
    assert "Bridge opens again" in page
    assert 'aria-label="Without the day 2026-02-28"' in page
    assert 'name="day" value="2026-02-28"' in page, "choosing an outlet keeps the day"
    assert len((await get("/api/v1/stories?day=2026-03-01")).json()["stories"]) == 4


async def test_of_names_that_read_alike_the_most_frequent_narrows(newsroom, get) -> None:
    for story, ids in (("s1", ("org:ox", "place:ox")), ("s2", ("place:ox",))):
        entities = tuple((id_, "Oxhaven", "LOC" if id_.startswith("place") else "ORG") for id_ in ids)
        newsroom.create(story, newsroom.article(f"a-{story}", entities=entities))
    page = (await get("/?q=bridge")).text
    assert page.count("<bdi>Oxhaven</bdi></a> <span") == 1
    assert choices(page)["Oxhaven"] == ("/?q=bridge&entity=place%3Aox", 2)


async def test_nothing_is_counted_where_nothing_is_searched(newsroom, get, monkeypatch) -> None:
    publish(newsroom)
    monkeypatch.setattr(counts, "facets", lambda *_, **__: pytest.fail("counted"))
    for address in ("/", "/?sort=arrived", "/rows?q=bridge"):
        assert choices((await get(address)).text) == {}


@pytest.mark.parametrize("outlet", ["Long" * 60, " Blank at its ends "])
async def test_a_name_that_no_filter_takes_is_no_link(newsroom, get, outlet) -> None:
    newsroom.create("s1", newsroom.article("a1", source=outlet))
    page = (await get("/?q=bridge")).text
    assert list(choices(page)) == ["Oxhaven", "1 Mar 2026"]
    assert re.findall(r'<option value="([^"]*)"', page) == ["", "", "en"], "nor is it offered to filter by"


@pytest.mark.parametrize("day", ["2026-02-30", "20260301", "2026-W09-7", "0000-01-01", "٢٠٢٦-٠٣-٠١", "x"])
async def test_a_day_that_is_none_is_refused(get, day) -> None:
    assert (await get("/", params={"day": day})).status_code == 400


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_are_days(newsroom, get, day) -> None:
    publish(newsroom)
    assert (await get("/api/v1/stories", params={"day": day})).json()["stories"] == []
