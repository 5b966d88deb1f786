"""What strangers may do to a follower: addresses, bodies, lists and robots.txt that are made to harm."""

from __future__ import annotations

import gzip
import time
from itertools import pairwise

import brotli
import pytest
from followed import FastClock, loopback, settings_of
from outlets import Answer, Outlets, Paper, always, bomb, page, rss

from streams.follow.addresses import AddressError, AddressGuard, is_public
from streams.follow.decode import CodingError, TooLargeError, Unpacker
from streams.follow.fetch import Fetcher, FetchError
from streams.follow.listing import ListingError, parse
from streams.follow.page import page_behind_amp, words_digest
from streams.follow.parsing import ListingParser
from streams.follow.robots import Answer as Robots
from streams.follow.robots import Rules

PRIVATE = (
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "::1", "::", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1", "not an address",
)  # fmt: skip


def test_private_addresses_are_told():
    assert [each for each in PRIVATE if is_public(each)] == []
    assert all(map(is_public, ("93.184.216.34", "::ffff:93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822")))


async def test_one_private_address_among_public_ones_is_enough_to_refuse():
    async def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34", "::ffff:192.168.0.1"] if (host, port) == ("two.test", 80) else []

    with pytest.raises(AddressError, match=r"two\.test leads to ::ffff:192\.168\.0\.1"):
        await AddressGuard(resolve).connect_tcp("two.test", 80)
    with pytest.raises(AddressError):
        await AddressGuard(resolve, proxy="proxy.test").check_for_proxy("two.test", 80)


async def test_a_redirect_into_the_private_network_is_refused_and_nothing_is_asked_there(monkeypatch):
    """The first host is public as far as the guard knows; the second one is looked up where it is connected to."""
    async with Outlets() as site:
        site.plays["public.test"] = always(Answer(302, headers={"location": site.url("inside.test", "/secret")}))
        site.plays["inside.test"] = always(Answer(body=page("Secret")))

        async def resolve(host: str, port: int) -> list[str]:
            return await loopback(host, port)

        fetcher = Fetcher(settings_of(follow_private=False), resolve, FastClock(100))
        check = AddressGuard._check
        monkeypatch.setattr(
            AddressGuard,
            "_check",
            lambda self, host, found: None if host == "public.test" else check(self, host, found),
        )
        with pytest.raises(FetchError) as caught:
            await fetcher.get(site.url("public.test", "/"), "page")
        # Its robots.txt is the first that would be asked for there.
        assert caught.value.outcome == "robots"
        assert "inside.test leads to 127.0.0.1, which is not public" in str(caught.value)
        assert site.paths("inside.test") == []
        with pytest.raises(FetchError) as caught:
            await fetcher.get(site.url("inside.test", "/robots.txt"), "robots")
        assert caught.value.outcome == "address"
        await fetcher.aclose()


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_a_bomb_is_held_only_as_far_as_the_limit(coding):
    body = Unpacker(coding, 100_000)
    with pytest.raises(TooLargeError):
        body.feed(bomb(coding, 30_000_000).body)
    assert len(body.content) <= 100_000 + 2 * (1 << 18)


@pytest.mark.parametrize("pieces", [1, 7])
def test_whole_bodies_come_through_however_they_are_cut(pieces):
    text = page("A quay", "closed")
    packed = {"gzip": gzip.compress(text[:500]) + gzip.compress(text[500:]), "br": brotli.compress(text), "": text}
    for coding, data in packed.items():
        body = Unpacker(coding, 1_000_000)
        step = -(-len(data) // pieces)
        for at in range(0, len(data), step):
            body.feed(data[at : at + step])
        assert body.content == text, coding
    with pytest.raises(CodingError):
        Unpacker("zstd", 10)


async def test_a_list_that_takes_too_long_is_ended_and_the_next_one_is_read():
    parser = ListingParser()
    parser._pool._timeout = 1.0
    junk = b'<?xml version="1.0"?><rss><channel>' + b"<item>" * 400_000
    try:
        with pytest.raises(FetchError, match="took longer") as caught:
            await parser(junk, "", "https://example.org/feed", "auto")
        assert caught.value.outcome == "unusable"
        found = await parser(rss(["https://example.org/a"]), "", "https://example.org/feed", "auto")
        assert [entry.url for entry in found.entries] == ["https://example.org/a"]
    finally:
        parser._pool.kill()


def test_a_list_names_only_addresses_of_the_web_each_once():
    links = [
        "/a",
        "https://example.org/a?utm_source=x",
        "javascript:x",
        "file:///etc/passwd",
        "http://u:p@h.org/",
        "//[",
    ]
    found = parse(rss([link.replace("&", "&amp;") for link in links]), "", "https://example.org/feed", "auto")
    assert [entry.url for entry in found.entries] == ["https://example.org/a"]
    assert len(parse(rss([f"/{n}" for n in range(1500)]), "", "https://example.org/", "auto").entries) == 1000


def test_a_page_instead_of_a_feed_says_where_the_feed_is():
    html = page("Front", head='<link rel="alternate" type="application/rss+xml" href="/feed.xml">')
    with pytest.raises(ListingError, match=r"its feed is https://example\.org/feed\.xml"):
        parse(html, "text/html", "https://example.org/", "auto")


def test_robots_are_kept_to_and_read_in_linear_time():
    rules = Rules(
        Robots("User-agent: *\nDisallow: /\n\nUser-agent: news-streams\nAllow: /\nDisallow: /p\nCrawl-delay: 7"),
        "news-streams",
    )
    assert (rules.allow("https://a.test/a"), rules.allow("https://a.test/p/a"), rules.delay) == (True, False, 7.0)
    assert not Rules(Robots("", closed="503"), "news-streams").allow("https://a.test/")
    assert not Rules(Robots("User-agent: *\nCrawl-delay: 86400"), "news-streams").allow("https://a.test/")
    began = time.process_time()
    stars = Rules(Robots("User-agent: *\nDisallow: /" + "*a" * 40 + "b\n" + "Disallow: /x\n" * 30_000), "news-streams")
    assert stars.allow("https://a.test/" + "a" * 2000)
    assert time.process_time() - began < 5


def test_amp_leads_to_its_page_and_other_pages_lead_nowhere():
    canonical = '<link rel="canonical" href="https://example.org/a">'
    url = "https://example.org/amp/a"
    assert page_behind_amp(page("x", head=canonical, attributes=" ⚡"), url) == "https://example.org/a"
    assert page_behind_amp(page("x", head=canonical), url) is None
    assert page_behind_amp(page("x", head=canonical, attributes=" amp"), "https://example.org/a") is None
    assert page_behind_amp(page("x", head='<link rel="canonical" href="file:///a">', attributes=" amp"), url) is None


def test_only_what_a_reader_sees_changes_the_words():
    first = page("A", "b", head="<script>var t = 1; if (t < 2) {}</script><style>a{}</style>")
    second = page("A", "b", head="<script async>var t = 99;</script><!-- 17:04 -->")
    assert words_digest(first) == words_digest(second) != words_digest(page("A", "c"))
    began = time.process_time()
    words_digest(b"<script" * 300_000)
    assert time.process_time() - began < 3


async def test_a_host_is_asked_no_faster_than_its_crawl_delay_as_the_host_itself_sees_it():
    async with Outlets() as site:
        paths = ["/a", "/b", "/c"]
        site.plays["a.test"] = Paper(
            rss, [], {path: Answer(body=page(path)) for path in paths}, robots="User-agent: *\nCrawl-delay: 0.3"
        )
        fetcher = Fetcher(settings_of(), loopback, FastClock(1))
        for path in paths:
            await fetcher.get(site.url("a.test", path), "page")
        await fetcher.aclose()
        times = [each.at for each in site.requests]
    assert len(times) == 4
    # Each request is on its way for some milliseconds, not each for as many.
    assert min(after - before for before, after in pairwise(times)) > 0.25
