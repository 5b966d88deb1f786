"""The map: how many stories happen where, as a drawing, a table and an API; each point leads to its stories."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from streams.dashboard.web.worldmap import BOTTOM, TOP, WIDTH, projected

CIRCLE = re.compile(r'<a href="([^"]+)" tabindex="-1"><circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"><title>([^<]+)<')
ROW = re.compile(r'<tr><td><a href="([^"]+)">([^<]+)</a></td><td class="right num">(\d+)</td></tr>')
KYIV, UKRAINE, VALE = ("place:kyiv-ua", "Kyiv"), ("place:ua", "Ukraine"), ("place:vale", "Vale")


def publish(newsroom) -> None:
    for number, (hours, named) in enumerate(
        [(0, (KYIV,)), (1, (KYIV, UKRAINE)), (2, (UKRAINE,)), (3, (VALE,)), (30, (UKRAINE,))]
    ):
        entities = tuple((id_, name, "LOC") for id_, name in named)
        article = newsroom.article(f"a{number}", hours=hours, entities=entities)
        salient = tuple(replace(each, salience=0.5) for each in article.entities)
        newsroom.create(f"s{number}", replace(article, entities=salient))


async def test_points_and_table_tell_the_same_and_lead_to_the_stories_that_they_count(newsroom, get) -> None:
    publish(newsroom)
    page = (await get("/map")).text
    rows = [(html.unescape(address), name, int(count)) for address, name, count in ROW.findall(page)]
    assert [(name, count) for _, name, count in rows] == [("Kyiv", 2), ("Ukraine", 2)]
    assert "<b>3 stories</b>" in page
    assert "of 4 stories" in page
    circles = CIRCLE.findall(page)
    assert [html.unescape(address) for address, *_ in circles] == [address for address, *_ in rows]
    assert [title for *_, title in circles] == ["Kyiv: 2 stories", "Ukraine: 2 stories"]
    for address, _, count in rows:
        narrowed = (await get(address)).text
        assert narrowed.count('<li class="row"') == count
        assert 'aria-label="Without the place"' in narrowed
        assert 'name="place"' in narrowed, "a search within keeps the place"


async def test_the_map_takes_the_filters_of_the_list(newsroom, get) -> None:
    publish(newsroom)
    page = (await get("/?q=bridge")).text
    [address] = re.findall(r'href="(/map[^"]*q=[^"]+)"', page)
    counted = {name: int(count) for _, name, count in ROW.findall((await get(html.unescape(address))).text)}
    assert counted == {"Ukraine": 3, "Kyiv": 2}
    assert "No story happens" in (await get("/map?outlet=Nobody")).text
    assert (await get("/map?phase=never")).status_code == 400


async def test_the_api_tells_where(newsroom, get) -> None:
    publish(newsroom)
    answer = (await get("/api/v1/map")).json()
    assert (answer["stories"], answer["located"]) == (5, 4)
    ukraine = {"id": "place:ua", "name": "Ukraine", "kind": "country", "country": "UA", "stories": 3}
    assert answer["places"][0].items() >= ukraine.items()
    assert answer["places"][0]["latitude"] == pytest.approx(48.9, abs=1)
    assert [each["stories"] for each in (await get("/api/v1/map?phase=now&place=place:kyiv-ua")).json()["places"]] == [
        2,
        1,
    ]
    assert len((await get("/api/v1/stories?place=place:ua")).json()["stories"]) == 3


async def test_a_story_leaves_a_place_that_it_no_longer_happens_at(newsroom, get) -> None:
    publish(newsroom)
    for number in range(3):
        newsroom.join("s0", newsroom.article(f"b{number}", entities=()))
    counted = {each["id"]: each["stories"] for each in (await get("/api/v1/map")).json()["places"]}
    assert counted["place:kyiv-ua"] == 1


async def test_the_drawing_is_served_and_has_the_maps_size(get) -> None:
    drawing = (await get("/static/land.svg")).text
    assert f'viewBox="0 0 {WIDTH} {BOTTOM}"' in drawing
    assert len(drawing) < 60_000


@pytest.mark.parametrize(("latitude", "longitude"), [(83, -40), (-55.9, -67.3), (0, 179.9), (71, -179.9), (-46, 168)])
def test_the_ends_of_the_world_are_inside_the_drawing(latitude, longitude) -> None:
    x, y = projected(latitude, longitude)
    assert 0 <= x <= WIDTH
    assert TOP <= y <= BOTTOM
