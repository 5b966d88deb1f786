"""Titles, authors and days out of pages: which of what a page says is believed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner
from streams.stages.clean.metadata.page_metadata import Metadata, read_metadata
from streams.stages.clean.parse.pages import parse

URL = "https://www.fjordtimes.example/news/harbour-closed-for-two-weeks"
PROSE = "<p>" + "The harbour will be closed for two weeks, the port authority said on Monday. " * 3 + "</p>"


def read(body: str, head: str = "", url: str = URL, **item: Any) -> Metadata:
    data = f'<script type="application/ld+json">{json.dumps({"@type": "NewsArticle", **item})}</script>' if item else ""
    return read_metadata(parse(f"<html><head>{head}{data}</head><body>{body}{PROSE}</body></html>"), url)


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Harbour closed for two weeks - The Fjord Times</title>", "", "Harbour closed for two weeks"),
        ("<title>Harbour closed | fjordtimes.example</title>", "", "Harbour closed"),
        ("<title>Fjord Times | Harbour closed for weeks</title>", "", "Harbour closed for weeks"),
        # What the page prints is its headline, even where the titles for others say it otherwise.
        ("<title>Two weeks without a harbour</title>", "<h1>The harbour is closed for two weeks</h1>",
         "The harbour is closed for two weeks"),
        # The outlet's name is no headline, nor is a heading that the titles do not know.
        ("<title>Harbour closed for weeks</title>", "<h1>The Fjord Times</h1>", "Harbour closed for weeks"),
        ("<title>Harbour closed for weeks</title>", "<h1>Subscribe to our letter</h1>", "Harbour closed for weeks"),
        ('<meta property="og:title" content="Ships &amp;amp; ferries wait at sea">', "", "Ships & ferries wait at sea"),
        ("<title>Ships and ferries wait</title>", "<h1>Ships and<br>ferries wait</h1>", "Ships and ferries wait"),
        ("<title>Ships and ferries wait</title>", "<h1>SHIPS AND FERRIES WAIT</h1>", "Ships and ferries wait"),
        ("<title>Ships and ferries wait</title>",
         "<h1>Ships and ferries wait <span>Posted on July 1, 2024 by Ann</span></h1>", "Ships and ferries wait"),
    ],
)  # fmt: skip
def test_titles(head: str, body: str, title: str) -> None:
    site = '<meta property="og:site_name" content="The Fjord Times">'
    assert read(body, head + site).title == title


HEADING = "<h1>Harbour closed for two weeks</h1>"
TITLE = "<title>Harbour closed for two weeks</title>"


@pytest.mark.parametrize(
    ("byline", "authors"),
    [
        ('<p>By <a href="/x">Ann Sand</a>, <a href="/y">Bo Lund</a> and <a href="/z">Eva Holm</a></p>',
         ("Ann Sand", "Bo Lund", "Eva Holm")),
        ("<div>Written by</div><div>Ann Sand</div><div>Chief Reporter</div>", ("Ann Sand",)),
        ("<p>Von Ann Sand</p>", ("Ann Sand",)),
        ('<a href="/authors/ann-sand">Ann Sand</a><span>|</span>', ("Ann Sand",)),
        ('<div class="c-byline__name">Ann Sand</div><div class="c-byline__role">Founder</div>', ("Ann Sand",)),
        ("<span>March 4, 2025</span><span>By</span><b>Ann Sand</b>", ("Ann Sand",)),
        # Neither what one may click nor a day nor a text is a person.
        ('<a href="/users/login">Log in</a><a href="/users/new">Create Account</a>', ()),
        ('<div class="author">March 4, 2025</div>', ()),
        ("<p>By Monday, the ferries will sail again, and nobody will have to wait any more at all.</p>", ()),
        ("<p>By</p><p>Fjord Times Staff</p>", ("Fjord Times Staff",)),
    ],
)  # fmt: skip
def test_printed_bylines(byline: str, authors: tuple[str, ...]) -> None:
    assert read(HEADING + byline, TITLE).authors == authors


def test_people_go_before_desks_and_outlets_wherever_they_stand() -> None:
    said: dict[str, Any] = {
        "author": {"@type": "Person", "name": "Fjord Times Staff"},
        "publisher": {"name": "The Fjord Times"},
    }
    assert read(HEADING + "<p>By Ann Sand</p>", TITLE, **said).authors == ("Ann Sand",)
    assert read(HEADING, TITLE, **said).authors == ("Fjord Times Staff",)
    outlet: dict[str, Any] = {"author": {"@type": "Organization", "name": "The Fjord Times"}}
    assert read(HEADING, TITLE, **outlet).authors == ()
    assert read(HEADING, '<meta name="author" content="admin">' + TITLE).authors == ()


def test_an_author_that_is_referred_to_is_looked_up() -> None:
    graph = [
        {"@type": "NewsArticle", "author": {"@id": "#ann"}},
        {"@type": "Person", "@id": "#ann", "name": "Ann Sand"},
    ]
    data = f'<script type="application/ld+json">{json.dumps({"@graph": graph})}</script>'
    assert read(HEADING, TITLE + data).authors == ("Ann Sand",)
    odd = [
        {"@type": "NewsArticle", "author": [{"@id": ["#ann"]}, {"@id": "#ann"}]},
        {"@id": {"a": 1}},
        {"@id": ["#ann"]},
    ]
    data = f'<script type="application/ld+json">{json.dumps(odd)}</script>'
    assert read(HEADING, TITLE + data).authors == ()
    cards = '<meta name="twitter:label1" content="Written by"><meta name="twitter:data1" content="Bo Lund">'
    assert read(HEADING, TITLE + cards).authors == ("Bo Lund",)


@pytest.mark.parametrize(
    ("head", "body", "day"),
    [
        ("", "<p>Published <span>4 March 2025</span></p>", 4),
        ("", "<p>Updated <b>9 March 2025</b></p><p>Published <b>4 March 2025</b></p>", 4),
        ("", "<p>Last updated: 9 March 2025</p>", 9),
        ("", "<span>March 4, 2025</span><div class='updated'>March 9, 2025</div>", 4),
        ("", '<time datetime="2025-03-04T10:00:00Z">yesterday</time>', 4),
        # Systems state when they wrote last; what is printed by the headline, and is earlier, is when it was published.
        ('<meta property="article:published_time" content="2025-03-09T10:00:00Z">', "<p>4 March 2025</p>", 4),
        ('<meta property="article:published_time" content="2025-03-04T10:00:00Z">', "<p>9 March 2025</p>", 4),
        # A day apart is another time zone.
        ('<meta property="article:published_time" content="2025-03-05T02:00:00Z">', "<p>4 March 2025</p>", 5),
        ('<meta name="date" content="2025-03-09">', "<p>Posted on 4 March 2025</p>", 4),
    ],
)
def test_days(head: str, body: str, day: int) -> None:
    published = read(HEADING + body, TITLE + head).published
    assert published is not None
    assert published.date().isoformat() == f"2025-03-{day:02}"


def test_the_day_of_an_address_goes_before_what_says_nothing() -> None:
    found = read(HEADING + "<p>9 March 2025</p>", TITLE, url="https://fjordtimes.example/2025/march/04/harbour")
    assert found.published == datetime(2025, 3, 4, tzinfo=UTC)
    same = read(HEADING + "<p>4 March 2025 16:05</p>", TITLE, url="https://fjordtimes.example/2025/03/04/harbour")
    assert same.published == datetime(2025, 3, 4, 16, 5, tzinfo=UTC)


PICTURE = "https://www.fjordtimes.example/harbour.jpg"


@pytest.mark.parametrize(
    "image", ["/harbour.jpg", PICTURE, ["/harbour.jpg", "/b.jpg"], {"@type": "ImageObject", "url": "/harbour.jpg"},
              [{"url": ""}, {"contentUrl": "/harbour.jpg"}]],
)  # fmt: skip
def test_pictures(image: Any) -> None:
    assert read(HEADING, TITLE, image=image).traits.image == PICTURE


@pytest.mark.parametrize(
    "image", ["data:image/png;base64,AAAA", "javascript:x()", "/" + "x" * 3000, 7, {"a": 1}, [[[["/a"]]]]]
)
def test_what_is_no_picture_goes(image: Any) -> None:
    assert read(HEADING, TITLE, image=image).traits.image is None
    card = '<meta property="og:image" content="harbour.jpg">'
    assert read(HEADING, TITLE + card, url="https://www.fjordtimes.example/", image=image).traits.image == PICTURE


def test_sections() -> None:
    assert read(HEADING, TITLE, articleSection=["Local  news", "Ships"]).traits.section == "Local news"
    meta = '<meta property="article:section" content="Ships">'
    assert read(HEADING, TITLE + meta).traits.section == "Ships"
    assert read(HEADING, TITLE).traits.section is None


@pytest.mark.parametrize(
    ("item", "meta", "paywalled"),
    [
        ({"isAccessibleForFree": False}, "", True),
        ({"isAccessibleForFree": "False"}, "free", True),
        ({"isAccessibleForFree": "http://schema.org/True"}, "", False),
        ({"hasPart": {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".wall"}}, "", True),
        ({"headline": "x"}, "locked", True),
        ({"headline": "x"}, "free", False),
        ({"isAccessibleForFree": {"a": 1}}, "whatever", None),
    ],
)
def test_paywalls(item: dict[str, Any], meta: str, paywalled: bool | None) -> None:
    tier = f'<meta property="article:content_tier" content="{meta}">' if meta else ""
    assert read(HEADING, TITLE + tier, **item).traits.paywalled is paywalled


def test_live_blogs() -> None:
    assert read(HEADING, TITLE, **{"@type": "LiveBlogPosting"}).traits.live_blog
    both: dict[str, Any] = {"@type": ["NewsArticle", "LiveBlogPosting"]}
    assert read(HEADING, TITLE, **both).traits.live_blog
    assert not read(HEADING, TITLE, headline="Live").traits.live_blog


def test_the_record_holds_them_whatever_the_article_came_as() -> None:
    item = {
        "@type": "LiveBlogPosting", "headline": "Harbour closed", "articleBody": "The harbour is closed. " * 20,
        "image": PICTURE, "articleSection": "Ships", "isAccessibleForFree": False,
    }  # fmt: skip
    page = f'<html><head><script type="application/ld+json">{json.dumps(item)}</script></head>{HEADING}{PROSE}'
    for content, kind in ((json.dumps(item), "application/json"), (page, "text/html")):
        article = Cleaner().clean(RawArticle(content=content, content_type=kind, url=URL))
        assert isinstance(article, CleanArticle)
        assert (article.image, article.section, article.paywalled, article.live_blog) == (PICTURE, "Ships", True, True)
