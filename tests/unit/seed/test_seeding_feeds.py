"""Feeds that somebody kept become articles, an entry each, and hostile ones cost themselves alone."""

from __future__ import annotations

import gzip
import time
from pathlib import Path

import pytest

from streams.seed import Found, Problem, feeds, read_files

RSS = """<?xml version="1.0"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>Lindvik Courier</title><link>https://courier.example/</link>
<item><title>Quay closed</title><link>https://courier.example/quay</link><media:title>A photo</media:title>
<pubDate>Tue, 06 Jan 2026 10:00:00 +0100</pubDate><description>Short.</description>
<content:encoded><![CDATA[<p>The quay was closed &amp; fenced.</p>]]></content:encoded></item>
<item><title>Only a link</title><link>https://courier.example/link</link></item>
<item><guid>https://courier.example/third</guid><description>Ferries stay in port.</description></item>
</channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Vale Times</title><entry><title>Rates rise</title>
<link rel="enclosure" href="https://vale.example/a.mp3"/><link href="https://vale.example/rates"/>
<published>2026-01-05T10:00:00Z</published><summary>Short.</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>The bank <b>raised</b> rates.</p></div></content>
</entry></feed>"""


def read(path: Path, text: str | bytes, limit: int = 10_000) -> list[Found | Problem]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return list(read_files([path], max_bytes=limit))


@pytest.mark.parametrize("name", ["kept.rss", "kept.xml", "kept.xml.gz"])
def test_an_entry_of_rss_is_an_article_with_the_words_that_it_has(tmp_path: Path, name: str) -> None:
    first, link, third = read(tmp_path / name, gzip.compress(RSS.encode()) if name.endswith("gz") else RSS)
    assert isinstance(first, Found)
    article = first.article
    assert article.content == "<p>The quay was closed &amp; fenced.</p>"
    assert (article.title, article.source) == ("Quay closed", "Lindvik Courier")
    assert (article.url, article.published) == ("https://courier.example/quay", "2026-01-06T10:00:00+01:00")
    assert article.content_type == "text/html"
    assert first.where.endswith(f"{name}:1")
    assert isinstance(link, Problem)
    assert "address alone" in link.reason
    assert isinstance(third, Found)
    assert (third.article.url, third.article.content_type) == ("https://courier.example/third", "text/plain")


def test_an_entry_of_atom_is_one_too(tmp_path: Path) -> None:
    (found,) = read(tmp_path / "kept.atom", ATOM)
    assert isinstance(found, Found)
    assert "<b>raised</b>" in (found.article.content or "")
    assert found.article.url == "https://vale.example/rates"
    assert found.article.published == "2026-01-05T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("no xml", "not XML"),
        ("<svg/>", "not a feed: a document of <svg>"),
        ("<rss/>", "a feed without entries"),
        (f"<rss>{'<item/>' * 3}</rss>", "empty"),
        ("<rss><channel>" + "x" * 1_200_000, "too large"),
    ],
)
def test_what_is_no_feed_says_so(tmp_path: Path, text: str, why: str) -> None:
    found = read(tmp_path / "kept.xml", text)
    assert all(isinstance(each, Problem) and each.kind == "rejected" and why in each.reason for each in found)
    assert found


def test_no_entity_is_expanded_and_no_feed_is_endless(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 9))
    bomb = f'<!DOCTYPE rss [<!ENTITY l0 "ha">{laughs}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    began = time.monotonic()
    found = read(tmp_path / "kept.xml", f"{bomb}<rss><item><description>x &l8; &f;</description></item></rss>")
    assert time.monotonic() - began < 5
    assert "hahaha" not in repr(found)
    assert "root:" not in repr(found)
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 3)
    *taken, left = read(tmp_path / "kept.rss", f"<rss>{'<item><description>A quay.</description></item>' * 5}</rss>")
    assert len(taken) == 3
    assert isinstance(left, Problem)
    assert "the others are left" in left.reason
