"""A follower that dies at any write loses nothing, and repeats at most the fetch that it was at; what is sent twice
changes nothing downstream."""

from __future__ import annotations

from collections import Counter

import pytest
from followed import FastClock, Follower, MemoryLog, settings_of, until
from outlets import Answer, Outlets, Paper, page, rss

from streams.contracts.records import CleanArticle, RawArticle
from streams.follow.sources import Source
from streams.follow.state import source_key
from streams.kafka.errors import BrokerError
from streams.pipeline import CleaningMemory, clean_one
from streams.stages.clean import Cleaner

ARTICLES = 4


async def follow_until_done(site: Outlets, log: MemoryLog) -> None:
    follower = Follower(settings_of(), FastClock(60), log)
    source = Source(url=site.url("a.test", "/list"), name="A")
    async with follower.following([source]):
        await until(lambda: log.died or source_key(source.url) in log.rows)


@pytest.mark.parametrize("late", [False, True], ids=["before the write", "after it"])
async def test_killed_at_any_write(late):
    writes = 2 * ARTICLES + 1
    for dies_at in range(1, writes + 1):
        async with Outlets() as site:
            paths = [f"/{n}" for n in range(ARTICLES)]
            links = [site.url("a.test", path) for path in paths]
            paper = Paper(rss, links, {path: Answer(body=page(path)) for path in paths})
            site.plays["a.test"] = paper
            log = MemoryLog(dies_at, late=late)
            with pytest.raises(BrokerError):
                await follow_until_done(site, log)
            after = MemoryLog()
            after.articles, after.rows = log.articles, log.rows
            await follow_until_done(site, after)
            sent = Counter(article.url for article in after.articles)
            fetched = Counter(path for path in site.paths("a.test") if path in paths)
        assert set(sent) == set(links), dies_at
        assert sum(sent.values()) - ARTICLES <= 1, dies_at
        assert sum(fetched.values()) - ARTICLES <= 1, dies_at
        # The list may only be taken for known once each of its pages is.
        assert paper.unchanged["/list"] == 0


def test_what_is_sent_twice_is_the_same_article_to_cleaning():
    cleaner, memory = Cleaner(), CleaningMemory()
    raw = RawArticle(content=page("A quay closes").decode(), content_type="text/html", url="https://a.test.example/1")
    cleaned = [clean_one(raw, position, cleaner=cleaner, memory=memory) for position in range(2)]
    first, second = cleaned
    assert isinstance(first, CleanArticle)
    assert isinstance(second, CleanArticle)
    assert (first.id, first.revision, first.content_hash) == (second.id, second.revision, second.content_hash)
    assert first.revision == 0
