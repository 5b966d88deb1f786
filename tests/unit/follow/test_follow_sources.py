"""The lists of sources, and the command that checks them."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from followed import FastClock, loopback, parse_here, settings_of
from module_at import ROOT
from outlets import Answer, Outlets, Paper, always, page, rss

from streams.cli import cli
from streams.follow.check import check
from streams.follow.fetch import Fetcher
from streams.follow.pace import backoff, interval, new_rate
from streams.follow.sources import Source, SourcesError, read_sources

OPML = """<?xml version="1.0"?><!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/hostname">]>
<opml version="2.0"><body><outline text="News"><outline text="One &x;" xmlUrl="https://one.example/feed"
language="en-GB"/><outline title="Two" xmlUrl="https://two.example/feed"/><outline text="A"/></outline></body></opml>"""


def test_the_example_list_can_be_read():
    found = read_sources([ROOT / "sources"])
    assert len(found) >= 10
    assert all(source.name != source.url and source.language for source in found)


def test_lists_of_both_kinds_each_address_once(tmp_path):
    (tmp_path / "a.opml").write_text(OPML)
    (tmp_path / "b.toml").write_text(
        '[[source]]\nurl = "https://two.example/feed"\n[[source]]\nurl = "https://three.example/"\nkind = "page"\n'
    )
    found = read_sources([tmp_path])
    assert [(source.url, source.language, source.kind) for source in found] == [
        ("https://one.example/feed", "en", "auto"),
        ("https://two.example/feed", None, "auto"),
        ("https://three.example/", None, "page"),
    ]
    assert found[0].name.strip() in ("One", "One &x;")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("[[source]]\nname = 'x'", "source 1: url = ''"),
        ("[[source]]\nurl = 'file:///etc/passwd'", "is no address of the web"),
        ("[[source]]\nurl = 'https://a.example'\nkind = 'blog'", "none of auto, feed, sitemap, page"),
        ("[[source]]\nurl = 'https://a.example'\ncolour = 'red'", "has colour"),
        ("source = 7", "[[source]]"),
        ("[[source", "not TOML"),
        ("", "name no source"),
    ],
)
def test_a_wrong_list_is_one_sentence(tmp_path, content, says):
    path = tmp_path / "list.toml"
    path.write_text(content)
    with pytest.raises(SourcesError) as caught:
        read_sources([path])
    assert says in str(caught.value)


async def test_the_health_of_sources():
    async with Outlets() as site:
        links = [site.url("well.test", "/a")]
        site.plays["well.test"] = Paper(rss, links, {"/a": Answer(body=page("A"))})
        site.plays["empty.test"] = Paper(rss, [], {})
        site.plays["closed.test"] = Paper(rss, links, {}, robots="User-agent: *\nDisallow: /")
        site.plays["broken.test"] = always(Answer(500))
        fetcher = Fetcher(settings_of(), loopback, FastClock(100))
        sources = [Source(url=site.url(host, "/list"), name=host) for host in site.plays]
        found = {each.name: each for each in await check(sources, fetcher, parse_here)}
        await fetcher.aclose()
    assert {name: each.state for name, each in found.items()} == {
        "well.test": "ok",
        "empty.test": "empty",
        "closed.test": "robots",
        "broken.test": "server_error",
    }
    well = found["well.test"]
    assert (well.kind, well.entries, well.newest, well.page) == ("feed", 1, "2026-01-05T10:00:00+00:00", "ok")


def test_the_command_says_which_sources_cannot_be_followed(tmp_path):
    """Nothing is asked: the only source leads to this machine, which is not allowed."""
    path = tmp_path / "list.toml"
    path.write_text("[[source]]\nurl = 'http://127.0.0.1:9/[x]'\nname = 'Here'")
    done = CliRunner().invoke(cli, ["sources", "check", str(path), "--json"])
    assert done.exit_code == 1
    row = json.loads(done.stdout.splitlines()[0])
    assert (row["name"], row["state"]) == ("Here", "robots")
    shown = CliRunner().invoke(cli, ["sources", "check", str(path)])
    assert "Here" in shown.stdout
    assert "0 of 1 sources can be followed" in shown.stderr


def test_intervals_follow_a_sources_own_rate_within_bounds():
    assert interval(1 / 600, 120, 21_600, lambda: 0.0) == 600
    assert interval(1.0, 120, 21_600, lambda: 0.0) == 120
    assert interval(0.0, 120, 21_600, lambda: 1.0) == pytest.approx(19_440)
    rate = 1 / 900
    for _ in range(96):
        rate = new_rate(rate, 10, 900.0)
    assert 1 / 180 < rate < 1 / 90
    assert [round(backoff(n, 3600, lambda: 1.0)) for n in (1, 2, 3, 50)] == [60, 120, 240, 3600]
