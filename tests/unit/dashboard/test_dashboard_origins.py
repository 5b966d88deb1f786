"""Whose reporting a story's articles are, as its page says it."""

from __future__ import annotations

from streams.contracts.records import StoryArticle
from streams.dashboard.store.queries import MemberRow
from streams.dashboard.web.pages import origins


def row(name: str, *, origin: str = "", source: str | None = None, credit: str | None = None) -> MemberRow:
    entry = StoryArticle(id=name, title=name, source=source, credit=credit, origin=origin)
    return MemberRow(story_id="s", entry=entry, at=0.0, evidence=None, source=None)


def test_copies_are_of_whom_they_credit_and_else_of_whoever_was_first() -> None:
    found = origins([
        row("five", origin="by:agency", source="The Echo"),  # a near-copy that credits nobody
        row("four", origin="by:agency", source="Daily Wave", credit="Agency"),
        row("three", origin="by:harbour-post", source="The Echo"),
        row("two", origin="by:harbour-post", source="Harbour Post"),
        row("one"),
    ])  # fmt: skip
    assert [(whose, [member.entry.id for member in group]) for whose, group in found] == [
        ("Agency", ["five", "four"]),
        ("Harbour Post", ["three", "two"]),
        (None, ["one"]),
    ]
