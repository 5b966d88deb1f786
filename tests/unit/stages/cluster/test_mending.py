"""Corrections one by one: what each does, what the machine leaves alone after it, and why some are refused."""

from __future__ import annotations

from unittest.mock import patch

import pytest
from desk import FIRE, FLOOD, Desk

from streams.contracts.records import Action, Correction, Decision, Linking
from streams.dashboard.store.projection import listed
from streams.stages.cluster import UnmendableError, explain, storyline
from streams.stages.cluster.lifecycle import decide, pins
from streams.stages.cluster.lifecycle.links import with_link
from streams.stages.cluster.store import mends


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_an_event_says_who_and_why(desk: Desk) -> None:
    one, other = desk.article("a"), desk.article("b")
    event, pinned = desk.mend("merge", "m", story_id=one, other_id=other, why="the same flood")
    assert (event.type, event.story_id, event.other_id) == ("merged", other, one)
    assert event.mended is not None
    assert (event.mended.by, event.mended.why, event.mended.correction) == ("Ada", "the same flood", "m")
    assert pinned.pins == desk.story(other).pins
    assert event.id == "m:2:0"


def test_a_story_that_people_put_together_or_took_from_is_not_split_by_the_machine() -> None:
    def full(*, mended: bool) -> set[str | None]:
        held = Desk()
        first = held.article("f0")
        for number in range(1, 5):
            held.article(f"f{number}", text=FLOOD if number % 2 else FIRE, chance=0.9)
        if mended:
            held.mend("merge", story_id=first, other_id=held.article("x"))
        for number in range(5):
            held.article(f"later{number}", text=FIRE if number % 2 else FLOOD, chance=0.68)  # joins, and merges nothing
        return {held.view.story_of(f"f{number}") for number in range(5)}

    assert len(full(mended=False)) == 2
    assert len(full(mended=True)) == 1


def test_news_and_what_is_marked_as_none_stay_two(desk: Desk) -> None:
    hidden, shown = desk.article("a"), desk.article("b")
    desk.mend("not-news", story_id=hidden)
    assert desk.story(hidden).is_hidden
    with patch.object(decide, "SECOND_LOOK", 2):
        for id_ in "cd":
            desk.article(
                id_, text="Qwertz asdfgh {}", title="Qwertz", chance=0.9
            )  # like neither: all that is left is a look at "b"
    assert desk.story(hidden).id != desk.story(shown).id
    with pytest.raises(UnmendableError, match="marked as not news"):
        desk.mend("merge", story_id=hidden, other_id=shown)
    with pytest.raises(UnmendableError, match="already"):
        desk.mend("not-news", story_id=hidden)


def test_a_merge_carries_pins_and_the_older_headline_stays(desk: Desk) -> None:
    one, two, three, four = (desk.article(id_) for id_ in "abcd")
    desk.mend("split", "s", story_id=desk.mend("merge", story_id=one, other_id=two)[0].other_id, articles=("b",))
    parted = desk.view.story_of("b") or ""
    desk.mend("rename", story_id=parted, headline="Ada's")
    desk.mend("merge", story_id=three, other_id=parted)
    assert desk.story(three).headline == "Ada's"
    assert not desk.view._stories.may_merge(desk.story(one).id, desk.story(three).id)
    desk.mend("rename", story_id=four, headline="Of four")
    desk.mend("merge", story_id=three, other_id=four)
    assert desk.story(four).headline == "Ada's"


def test_a_pinned_title_goes_with_the_article_that_is_taken_back(desk: Desk) -> None:
    story = desk.article("a")
    desk.article("b", chance=0.9)
    assert desk.story(story).headline == "Title a"
    desk.mend("pin", story_id=story, articles=("b",))
    assert desk.story(story).headline == "Title b"
    desk.article("c", chance=0.9)
    assert desk.story(story).headline == "Title b"
    desk.article("b", retracted=True)
    assert desk.story(story).headline == "Title a"
    assert desk.story(story).pins is None


def test_a_later_headline_takes_the_place_of_an_earlier_and_the_undo_of_that_is_refused(desk: Desk) -> None:
    story = desk.article("a")
    desk.mend("pin", "p", story_id=story)
    desk.mend("rename", "r", story_id=story, headline="In my words")
    with pytest.raises(UnmendableError, match="another has taken its place"):
        desk.mend("undo", undoes="p")
    desk.mend("undo", undoes="r")
    assert desk.story(story).headline == "Title a"


def test_an_undo_frees_what_inherited_the_parting_too(desk: Desk) -> None:
    story = desk.article("a")
    for id_ in "bcd":
        desk.article(id_, chance=0.9)
    desk.mend("split", "s", story_id=story, articles=("b", "c"))
    first = desk.view.story_of("b") or ""
    desk.mend("split", "t", story_id=first, articles=("c",))
    second = desk.story(desk.view.story_of("c") or "")
    assert second.pins is not None
    assert {each.correction for each in second.pins.apart} == {"s", "t"}
    desk.mend("undo", undoes="s")
    assert desk.view.story_of("b") == story
    assert {each.correction for one in desk.view.stories() if one.pins and one.status == "open"
            for each in one.pins.apart} == {"t"}  # fmt: skip


@pytest.mark.parametrize(
    ("action", "about", "why"),
    [
        ("merge", {"story_id": "a", "other_id": "a"}, "one story already"),
        ("merge", {"story_id": "a", "other_id": "nowhere"}, "there is no story nowhere here"),
        ("merge", {"story_id": "a", "other_id": "pl"}, "different languages"),
        ("merge", {"story_id": "a", "other_id": "gone"}, "it was taken back"),
        ("split", {"story_id": "a", "articles": ("a",)}, "these are all articles"),
        ("split", {"story_id": "a", "articles": ("b",)}, "article b is not in story"),
        ("split", {"story_id": "a"}, "it names no article"),
        ("move", {"story_id": "a", "articles": ("a",)}, "already"),
        ("move", {"story_id": "a", "articles": ("nothing",)}, "is in no story"),
        ("pin", {"story_id": "a", "articles": ("b",)}, "article b is not in story"),
        ("rename", {"story_id": "a"}, "it names no headline"),
        ("undo", {"undoes": "unknown"}, "no correction unknown is known"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(
    desk: Desk, action: Action, about: dict[str, object], why: str
) -> None:
    ids = {id_: desk.article(id_) for id_ in ("a", "b", "gone")}
    desk.article("gone", retracted=True)
    ids["pl"] = desk.article("pozar", text=FIRE, language="pl")
    named = {name: ids.get(str(value), value) if name.endswith("_id") else value for name, value in about.items()}
    with pytest.raises(UnmendableError, match=why):
        desk.mend(action, "", **named)


def test_a_story_holds_so_many_decisions_and_a_partition_remembers_so_many(desk: Desk) -> None:
    story = desk.article("a")
    for number in range(4):
        desk.article(f"b{number}", chance=0.9)
    desk.mend("split", story_id=story, articles=("b0",))
    with patch.object(pins, "MOST", 1), pytest.raises(UnmendableError, match="no more can be kept"):
        desk.mend("split", story_id=story, articles=("b1",))
    with patch.object(mends, "MOST", 3):
        for number in range(4):
            desk.mend("rename", f"r{number}", story_id=story, headline=f"Headline {number}")
    with pytest.raises(UnmendableError, match="no correction r0 is known here"):
        desk.mend("undo", undoes="r0")


def test_a_storyline_has_no_chapter_that_is_not_news(desk: Desk) -> None:
    ids = [desk.article(id_) for id_ in "abc"]
    desk.mend("not-news", story_id=ids[1])
    told = {id_: desk.story(id_) for id_ in ids}
    for id_ in ids[1:]:
        change = Linking(story_id=id_, other_id=ids[0], storyline=ids[0])
        told |= {each: with_link(told[each], change) for each in (id_, ids[0])}
    line = storyline(told[ids[0]], told.get)
    assert line is not None
    assert [each.id for each in line.chapters] == sorted((ids[0], ids[2]))


def test_it_is_told_in_words_and_not_listed(desk: Desk) -> None:
    one, other = desk.article("a"), desk.article("b")
    events = desk.mend("merge", "m", story_id=one, other_id=other, why="one flood")
    asked = Correction(id="m", action="merge", by="Ada", why="one flood")
    told = explain(Decision(article_id="", events=tuple(events), correction=asked))
    assert told[0] == f"story {other} is put into story {one} by Ada (merge, m): one flood"
    assert listed(desk.story(one))
    desk.mend("not-news", story_id=one)
    assert not listed(desk.story(one))
