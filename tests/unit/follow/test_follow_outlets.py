"""Two hundred outlets, some of them hostile: every article once, corrections and withdrawals right, nobody pressed."""

from __future__ import annotations

import base64
import gzip
import json
from collections import Counter, defaultdict
from itertools import pairwise

import brotli
import pytest
from followed import FastClock, Follower, MemoryLog, settings_of, until
from outlets import HOSTILE, Answer, Outlets, Paper, atom, page, rss, sitemap

from streams.contracts.records import RawArticle
from streams.follow.pace import Pace
from streams.follow.sources import Source
from streams.stages.clean import article_id
from streams.stages.clean.parse.decoding import from_bytes

#: A simulated hour takes two seconds.
SPEED = 1800.0
DELAY = 5.0


def html(title: str, words: str = "", **options: str) -> Answer:
    return Answer(body=page(title, words, **options))


def papers(site: Outlets, number: int) -> dict[str, Paper]:
    """Outlets that work, by host: each of three articles, served in one of the ways that there are."""
    found: dict[str, Paper] = {}
    for n in range(number):
        host = f"paper{n}.test"
        url = {path: site.url(host, path) for path in ("/a", "/b", "/c")}
        articles = {path: html(f"{host} {path}") for path in url}
        links = list(url.values())
        paper = Paper(rss, links, articles)
        match n % 12:
            case 1:
                paper.make = atom
            case 2:
                paper.make = sitemap
            case 3:
                paper.make = lambda links: gzip.compress(sitemap(links))
            case 4:
                paper.make = lambda links: json.dumps(
                    {"version": "https://jsonfeed.org/version/1.1", "items": [{"url": link} for link in links]}
                ).encode()
            case 5:
                paper.make = lambda links: rss(links, dates=False)
            case 6:
                body = page("Новости", charset="windows-1251")
                articles["/a"] = Answer(body=body, headers={"content-type": "text/html; charset=windows-1251"})
            case 7:
                for path, coding in (("/a", "gzip"), ("/b", "br")):
                    pack = gzip.compress if coding == "gzip" else brotli.compress
                    articles[path] = Answer(body=pack(articles[path].body), headers={"content-encoding": coding})
            case 8:
                paper.more["/amp/a"] = html("x", attributes=" amp", head=f'<link rel="canonical" href="{url["/a"]}">')
                paper.links = [site.url(host, "/amp/a"), *links[1:]]
            case 9:
                paper.more["/go"] = Answer(302, headers={"location": "/a"})
                paper.links = [site.url(host, "/go"), *links[1:]]
            case 10:
                paper.robots = "User-agent: news-streams\nDisallow: /c\nCrawl-delay: 20\n"
            case 11:
                # Two entries for one page, and one that is broken.
                paper.make = lambda links: rss([*links, f"{links[0]}?utm_source=x", "javascript:alert(1)"])
        site.plays[host] = found[host] = paper
    return found


@pytest.fixture
def turns(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[float]]:
    """When each host was asked, as the follower itself has it."""
    asked: dict[str, list[float]] = defaultdict(list)
    take = Pace.turn

    async def turn(self: Pace, host: str, delay: float) -> None:
        await take(self, host, delay)
        asked[host].append(self._asked[host])

    monkeypatch.setattr(Pace, "turn", turn)
    return asked


async def test_two_hundred_outlets(turns):
    clock, log = FastClock(SPEED), MemoryLog()
    settings = settings_of(
        follow_delay=DELAY,
        follow_timeout=2.0,
        follow_soonest=3600,
        max_article_bytes=200_000,
        follow_connections=200,
        follow_latest=7200,
    )
    async with Outlets(clock) as site:
        good = papers(site, 200 - len(HOSTILE))
        site.plays |= {f"{name}.test": play for name, (_, play) in HOSTILE.items()}
        sources = [Source(url=site.url(host, "/list"), name=host) for host in site.plays]
        assert len(sources) == 200
        changed, gone, missing, back = (f"paper{n}.test" for n in (12, 24, 36, 48))
        expected = {
            site.url(host, path)
            for host, paper in good.items()
            for path in paper.articles
            if not (paper.robots and path == "/c")
        }
        follower = Follower(settings, clock, log)
        async with follower.following(sources) as share:
            await until(lambda: len(log.articles) >= len(expected), 40)
            first = list(log.articles)
            good[changed].articles["/a"] = html("Corrected", "and more")
            good[gone].gone["/a"] = 410
            good[missing].gone["/b"] = 404
            good[back].once["/b"] = 404
            late = site.url(changed, "/late")
            good[changed].articles["/late"] = html("Late")
            good[changed].links = [late, *good[changed].links]
            await until(lambda: follower.sent.count("retraction") == 2 and late in urls(log.articles), 40)
            await until(lambda: not good[back].once and "revision" in follower.sent, 20)
            rows = share.known.sources
    # Every article, once, whatever the way in which it came.
    assert Counter(article.url for article in first) == Counter(expected)
    again = log.articles[len(first) :]
    taken_back = {article.url: article.id for article in again if article.retracted}
    assert {article.url for article in again if not article.retracted} == {site.url(changed, "/a"), late}
    ids = {article.url: article_id(article) for article in first}
    assert taken_back == {url: ids[url] for url in (site.url(gone, "/a"), site.url(missing, "/b"))}
    # What was not changed was not sent over again either.
    assert good["paper0.test"].unchanged["/list"] >= 1
    assert good["paper0.test"].unchanged["/a"] >= 1
    # Charsets are for cleaning to weigh; it gets the bytes and what the server said.
    russian = next(article for article in first if article.url == site.url("paper6.test", "/a"))
    assert russian.content_base64 is not None
    assert "Новости" in from_bytes(base64.b64decode(russian.content_base64), russian.content_type)
    # A hostile outlet costs itself.
    told = {source.name: rows[source.url].outcome for source in sources if not source.name.startswith("paper")}
    assert told == {f"{name}.test": outcome for name, (outcome, _) in HOSTILE.items()}
    assert all(rows[source.url].outcome == "ok" for source in sources if source.name.startswith("paper"))
    # Nobody was asked for what robots.txt keeps, nor faster than allowed.
    for host, paper in good.items():
        if paper.robots:
            assert "/c" not in site.paths(host)
            assert site.paths(host)[0] == "/robots.txt"
        pause = 20.0 if paper.robots else DELAY
        times = turns[host][1 if paper.robots else 0 :]
        assert all(after - before >= pause - 1e-6 for before, after in pairwise(times)), host
    assert len(site.paths("busy.test")) == 2  # robots.txt and the list, and then patience for a day


def urls(articles: list[RawArticle]) -> set[str | None]:
    return {article.url for article in articles}
