"""The store of stories: packed or not, a story stays what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from streams.contracts import codec
from streams.contracts.records import Story
from streams.stages.cluster.features.article_features import pack, pack_vector
from streams.stages.cluster.store import story_store
from streams.stages.cluster.store.story_store import StoryState, StoryStore

START = datetime(2025, 1, 1, tzinfo=UTC)


def test_a_story_that_was_not_used_of_late_is_packed_and_stays_what_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(story_store, "DECODED", 1)
    stories, restored = StoryStore(), StoryStore()
    told = [
        Story(id=f"s{number}", headline="Café", first_seen=START, article_count=number, outlets=2, languages=("en",))
        for number in range(1, 4)
    ]
    lives = [
        StoryState(position=7, born=1, indexed=3, number=5, language="en", looked=2, story=each, profile=pack({4: 0.3}))
        for each in told
    ]
    for live in lives:
        stories.put(live.story.id, live)
        restored.restore(live.story.id, codec.encode(live))
    changed = replace(lives[0], position=8, profile=pack({8: 0.5}))
    stories.put("s1", changed)
    for store, first in ((stories, changed), (restored, lives[0])):
        for live in (first, *lives[1:], first):
            assert store[live.story.id] == live
            assert store.row(live.story.id) == codec.encode(live)
            count, profile = store.outline(live.story.id)
            assert (count, pack_vector(profile)) == (live.story.article_count, live.profile)
        assert list(store) == [first, *lives[1:]]
        assert store.open == 3
        store.put("s2", replace(lives[1], story=replace(told[1], status="closed")))
        assert store.open == 2
        store.put("s2", lives[1])
        store.drop("s3")
        assert (store.open, "s3" in store) == (2, False)
