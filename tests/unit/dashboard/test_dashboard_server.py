"""The pages and the API over an index that was filled by hand: contents, refusals, and hostile articles."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from urllib.parse import quote
from xml.etree import ElementTree

import httpx
import pytest
from starlette.routing import Route

from streams.contracts.records import Claim, Entity, Mention, Quote, Sentence, StoryArticle, TaggedArticle
from streams.dashboard.web.openapi import DOCUMENT
from streams.dashboard.web.server import create_app

EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\u202egnp.exe"


async def test_the_list_shows_headline_outlets_counts_and_links_to_the_story(newsroom, get):
    newsroom.create("s1", newsroom.article("a1", "Bridge closed"))
    newsroom.join("s1", newsroom.article("a2", source="Daily Wave"))
    page = (await get("/")).text
    assert "Bridge closed" in page
    assert 'href="/story/s1"' in page
    assert "Harbour Post" in page
    assert "Daily Wave" in page
    assert "<b>2 outlets</b> · 2 origins" in page


async def test_a_story_page_says_why_each_article_is_there_and_what_came_second(newsroom, get):
    newsroom.create("s1", newsroom.article("a1", quote="We will open the bridge again by Friday at noon."))
    newsroom.join("s1", newsroom.article("a2", source="Daily Wave", quote="We will open the bridge again by Friday."))
    page = (await get("/story/s1")).text
    assert "Why is this here?" in page
    assert "0.900 against 0.500" in page
    assert "Another story" in page
    assert "Quoted by more than one outlet" in page
    assert '<mark title="Only here">Friday at noon.</mark>' in page or "at noon" in page
    (linked,) = re.findall(r'ld\+json">(.*?)</script>', page)
    assert json.loads(linked)["@type"] == "CollectionPage"


async def test_the_lead_and_what_outlets_differ_on_are_on_the_pages_in_the_api_and_in_the_feed(newsroom, get):
    def reported(id_: str, hurt: int, source: str) -> StoryArticle:
        text = f"A storm closed the bridge at Oxhaven and injured {hurt} people {EVIL}."
        claim = Claim(kind="count", what="injured", whom="people", value=hurt, text=f"injured {hurt} people {EVIL}")
        article: StoryArticle = newsroom.article(id_, source=source)
        return replace(article, sentences=(Sentence(text=text, score=0.9),), claims=(claim,))

    newsroom.create("s1", reported("a1", 9, "Harbour Post"))
    newsroom.join("s1", reported("a2", 12, "Daily Wave"))
    rows, page = (await get("/")).text, (await get("/story/s1")).text
    for shown in (rows, page):
        assert "A storm closed the bridge at Oxhaven and injured 9 people" in shown
        assert EVIL not in shown
    assert "Told differently" in page
    assert "9 → 12" in page
    assert 'href="/article/a2"' in page
    answer = (await get("/api/v1/stories/s1")).json()
    assert answer["lead"][0]["article_id"] == "a1"
    assert answer["story"]["points"][0]["how"] == "differs"
    assert [one["outlet"] for one in answer["story"]["points"][0]["said"]] == ["Harbour Post", "Daily Wave"]
    assert "sentences" not in json.dumps((await get("/api/v1/stories")).json())
    assert "injured 9 people" in (await get("/feed.atom")).text


async def test_badly_cleaned_articles_can_be_left_out(newsroom, context, get):
    for number, confidence in enumerate((0.95, 0.6, None)):
        article = replace(newsroom.article(f"a{number}"), confidence=confidence)
        newsroom.join("s1", article) if number else newsroom.create("s1", article)
    listed = (await get("/api/v1/stories/s1/articles")).json()["articles"]
    assert {each["id"]: each["confidence"] for each in listed} == {"a0": 0.95, "a1": 0.6, "a2": None}
    sure = (await get("/api/v1/stories/s1/articles?sure=0.9")).json()["articles"]
    assert {each["id"] for each in sure} == {"a0", "a2"}
    assert '<a href="/story/s1?sure=0.9">' in (await get("/story/s1")).text
    page = (await get("/story/s1?sure=0.9")).text
    assert "/article/a0" in page.partition("</ol>")[0]
    assert "/article/a1" not in page.partition("</ol>")[0]
    for wrong in ("2", "-0.1", "nan", "1e-3", "x"):
        assert (await get(f"/api/v1/stories/s1/articles?sure={wrong}")).status_code == 400

    context.articles.texts["a1"] = TaggedArticle(id="a1", text="Text.", confidence=0.6, fallback="trafilatura")
    page = (await get("/article/a1")).text
    assert '<span class="num">0.60</span>; the text is trafilatura’s' in page


async def test_merged_stories_lead_to_where_they_went(newsroom, get):
    newsroom.create("old", newsroom.article("a1"))
    newsroom.create("young", newsroom.article("a2"))
    newsroom.log(newsroom.event("merged", "young", other_id="old"))
    answer = await get("/story/young")
    assert (answer.status_code, answer.headers["location"]) == (307, "/story/old?merged=young")
    assert (await get("/api/v1/stories/young")).json()["redirect_to"] == "old"
    assert {each["id"] for each in (await get("/api/v1/stories/young/articles")).json()["articles"]} == {"a1", "a2"}


async def test_what_was_taken_back_cannot_be_had_any_more(newsroom, context, get):
    article = newsroom.article("a1", "Libel")
    newsroom.create("s1", article)
    context.articles.texts["a1"] = TaggedArticle(id="a1", text="Libel.")
    assert (await get("/article/a1")).status_code == 200
    newsroom.log(newsroom.event("retracted", "s1", article))
    for path in ("/story/s1", "/article/a1", "/api/v1/stories/s1", "/api/v1/articles/a1", "/story/s1/feed.atom"):
        answer = await get(path)
        assert answer.status_code == 404, path
        assert "Libel" not in answer.text


PATHS = (
    "/",
    "/story/s1",
    "/article/a1",
    "/entity/person:evil",
    "/outlet/" + quote(EVIL, safe=""),
    "/digest",
    "/story/s1/compare?one=Other&other=" + quote(EVIL, safe=""),
    "/feed.atom",
    "/story/s1/feed.atom",
    "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
    "/?outlet=%22%3E%3Cscript%3E",
    "/story/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
)


@pytest.mark.parametrize("path", PATHS)
async def test_hostile_articles_are_only_text(newsroom, context, get, path):
    newsroom.create(
        "s1",
        newsroom.article(
            "a1", EVIL, source=EVIL, url="javascript:alert(3)", entities=(("person:evil", EVIL, "PER"),), quote=EVIL
        ),
    )
    newsroom.join("s1", newsroom.article("a2", EVIL, source="Other", url="data:text/html,<script>", quote=EVIL))
    text = EVIL + "\n\n" + EVIL
    context.articles.texts["a1"] = TaggedArticle(
        id="a1",
        text=text,
        title=EVIL,
        authors=(EVIL,),
        language='"><script>',
        entities=(
            Entity(
                id="person:evil",
                name=EVIL,
                type="PER",
                detail=EVIL,
                mentions=(Mention(field="text", start=0, end=8, surface="<script>"),),
            ),
        ),
        quotes=(Quote(text=EVIL, start=3, end=20, speaker="person:evil", cue=EVIL),),
    )
    answer = await get(path)
    assert "alert(1)" in answer.text or "&lt;script" in answer.text or answer.status_code == 404
    lowered = re.sub(r'<script (?:src="/static/[^"]+" defer|type="application/ld\+json")>', "", answer.text.lower())
    assert "<script" not in lowered
    assert "<img" not in lowered
    assert not re.search(r'(?:href|src)="(?:javascript|data):', lowered)
    # A form's value is what the filter compares, to the character; nobody reads it.
    assert "\u202e" not in re.sub(r'value="[^"]*"', "", answer.text)
    if path.endswith(".atom"):
        ElementTree.fromstring(answer.text)


async def test_every_answer_carries_the_security_headers(get):
    for path in ("/", "/nothing", "/api/v1/nothing", "/?phase=wrong", "/static/style.css"):
        headers = (await get(path)).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_pages_have_no_inline_script_style_or_handler(newsroom, get):
    newsroom.create("s1", newsroom.article("a1"))
    for path in (
        "/",
        "/story/s1",
        "/health",
        "/corrections",
        "/api",
        "/entity/place:ox",
        "/outlet/Harbour%20Post",
        "/digest",
    ):
        page = (await get(path)).text
        assert not re.search(r"<style|\sstyle=|\son\w+=", page), path


@pytest.mark.parametrize("path", ["/static/", "/static/../server.py", "/static/schema.sql", "/static/%2e%2e/index.py"])
async def test_only_the_named_files_are_served(get, path):
    assert (await get(path)).status_code == 404


async def test_own_styles_and_scripts_are_small(get):
    sizes = [len((await get(f"/static/{name}")).content) for name in ("style.css", "live.js")]
    assert sum(sizes) < 100_000


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/?q=" + "x" * 201, 400),
        ("/?phase=wrong", 400),
        ("/api/v1/stories?limit=0", 400),
        ("/api/v1/stories?limit=9999", 400),
        ("/api/v1/stories?limit=²", 400),
        ("/api/v1/stories?cursor=%00", 400),
        ("/api/v1/events?cursor=x", 400),
        ("/api/v1/search", 400),
        ("/?x=" + "y" * 5000, 414),
        ("/story/none", 404),
        ("/article/none", 404),
        ("/entity/none", 404),
        ("/outlet/none", 404),
        ("/api/v1/outlets/none", 404),
    ],
)
async def test_what_cannot_be_asked_is_refused(get, path, status):
    answer = await get(path)
    assert answer.status_code == status
    if path.startswith("/api"):
        assert answer.headers["content-type"] == "application/problem+json"


async def test_nothing_can_be_written(context):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=create_app(context)), base_url="http://d") as client:
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert (await client.request(method, "/", content=b"x")).status_code == 405
        assert (await client.head("/")).status_code == 200


async def test_an_etag_saves_an_unchanged_answer(newsroom, get):
    newsroom.create("s1", newsroom.article("a1"))
    for path in ("/", "/api/v1/stories", "/feed.atom"):
        tag = (await get(path)).headers["etag"]
        again = await get(path, headers={"if-none-match": f'"other", {tag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert (await get(path, headers={"if-none-match": '"other"'})).status_code == 200
    newsroom.join("s1", newsroom.article("a2"))
    assert (await get(path, headers={"if-none-match": tag})).status_code == 200


async def test_the_api_pages_through_everything(newsroom, get):
    for number in range(7):
        newsroom.create(f"s{number}", newsroom.article(f"a{number}"))
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await get(f"/api/v1/stories?limit=3&cursor={cursor}")).json()
        seen += [story["id"] for story in answer["stories"]]
        cursor = answer["cursor"]
    assert sorted(seen) == [f"s{number}" for number in range(7)]
    first = (await get("/api/v1/events?limit=4")).json()
    rest = (await get(f"/api/v1/events?limit=4&cursor={first['cursor']}")).json()
    assert [event["story_id"] for event in first["events"] + rest["events"]] == sorted(seen)


async def test_the_api_wants_its_token_and_the_pages_do_not(context):
    app = create_app(context, token="correct horse")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://d") as client:
        assert (await client.get("/api/v1/stories")).status_code == 401
        assert (await client.get("/api/v1/stories", headers={"authorization": "Bearer wrong"})).status_code == 401
        right = {"authorization": "Bearer correct horse"}
        assert (await client.get("/api/v1/stories", headers=right)).status_code == 200
        assert (await client.get("/")).status_code == 200


def test_the_description_names_the_routes_that_there_are(context):
    paths = [route.path for route in create_app(context).routes if isinstance(route, Route)]
    routes = {path.removeprefix("/api/v1") for path in paths if "/api/v1/" in path}
    assert {re.sub(r":\w+}", "}", path) for path in routes} == set(DOCUMENT["paths"])


def test_every_reference_of_the_description_leads_somewhere():
    names = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(DOCUMENT)))
    assert names <= set(DOCUMENT["components"]["schemas"])


async def test_pages_say_when_kafka_is_away(context, get):
    assert 'id="away" hidden' in (await get("/")).text
    context.broadcaster.set_status(connected=False)
    page = (await get("/")).text
    assert 'id="away">' in page
    assert "Kafka does not answer since" in page
    assert (await get("/api/v1/health")).status_code == 503
