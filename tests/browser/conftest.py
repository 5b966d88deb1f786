"""A real browser on a real dashboard: Chromium from the system, the embedded broker, the dashboard as a process."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime

import chapters
import newsmaker
import pytest
from browser import MISSING, chromium, launched
from stage import stage

from streams.contracts.records import Mention, Quote

EVIL = "<script>window.hacked=1</script><img src=x onerror='window.hacked=2'>\"'><svg onload=window.hacked=3>"


def hostile(now):
    """An article that is all markup."""
    article = newsmaker.articles(now)[-1]
    entity = replace(article.entities[0], id="person:evil", name=EVIL)
    entity = replace(entity, mentions=(Mention(field="text", start=0, end=8, surface=EVIL[:8]),))
    quote = Quote(text=EVIL + " and some more words", start=4, end=40, speaker="person:evil", cue=EVIL)
    return replace(
        article,
        id="evil",
        title=f"Hostile {EVIL}",
        source=EVIL,
        url="javascript:window.hacked=4",
        text=f"{EVIL}\n\nNothing but markup was delivered by an unknown sender. {EVIL}",
        entities=(entity,),
        quotes=(quote,),
        published=now,
    )


@pytest.fixture(scope="module")
def chrome():
    """The browser. Not for the whole session: while it is open, its event loop is in the way of asynchronous tests."""
    if chromium() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def newsroom(chrome):  # noqa: ARG001 - skips where there is no browser
    """A dashboard with an invented storyline and day's news, one hostile article, and a watch with a hostile alert."""
    now = datetime.now(UTC)
    with stage() as running:
        running.publish([*chapters.articles(now), *newsmaker.abroad(now)[:3], *newsmaker.articles(now), hostile(now)])
        running.streams("watch", "add", "bridges", "bridge outlets>=2")
        running.alert("bridges", "a-story", f"Bridge closed {EVIL}")
        yield running


@pytest.fixture(scope="module")
def empty(chrome):  # noqa: ARG001
    """A dashboard with the three workers, an editor and nothing yet to show."""
    with stage(workers=True, mended=True) as running:
        yield running


@pytest.fixture
def open_page(chrome):
    """Opens addresses, a browser context each; fails the test where a page's script failed or was refused."""
    contexts, problems = [], []

    def make(url, **options):
        context = chrome.new_context(**{"viewport": {"width": 1200, "height": 860}} | options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(f"error: {error}"))
        page.on("dialog", lambda dialog: problems.append(f"dialog: {dialog.message}"))
        page.on("console", lambda said: problems.append(said.text) if "Content Security" in said.text else None)
        page.goto(url)
        return page

    yield make
    for context in contexts:
        context.close()
    assert problems == []
