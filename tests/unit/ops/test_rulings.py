"""What people decided as rows: which there are of each correction, and that what was taken back is in none."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from pathlib import Path
from unittest.mock import patch

import pytest
from desk import Desk

from streams.ops import rulings
from streams.ops.rulings import Corrected, Ruling, Rulings

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "mend.md"


@pytest.fixture
def desk() -> Desk:
    return Desk()


def rows(desk: Desk) -> list[Ruling]:
    corrected = Corrected()
    for decision in desk.log:
        corrected.note(decision)
    found = Rulings(corrected.stories())
    for decision in desk.log:
        found.take(decision)
    return found.rows()


def pairs(desk: Desk) -> set[tuple[str, str]]:
    return {(row.label, "".join(sorted(row.article_id + row.other_article_id))) for row in rows(desk)}


def two_stories(desk: Desk) -> tuple[str, str]:
    """Of the articles a, b, c and of d, e."""
    one, other = desk.article("a"), desk.article("d")
    for id_ in "bc":
        desk.article(id_, chance=0.1)
        desk.mend("merge", f"m{id_}", story_id=one, other_id=desk.view.story_of(id_))
    desk.article("e", chance=0.1)
    desk.mend("merge", "me", story_id=other, other_id=desk.view.story_of("e"))
    return desk.view.story_of("a") or "", desk.view.story_of("d") or ""


def test_a_merge_says_that_articles_of_two_stories_belong_together(desk: Desk) -> None:
    two_stories(desk)
    assert pairs(desk) == {("same", pair) for pair in ("ab", "ac", "bc", "de")}
    row = next(row for row in rows(desk) if {row.article_id, row.other_article_id} == {"d", "e"})
    assert (row.kind, row.language, row.correction, row.action, row.by) == ("pair", "en", "me", "merge", "Ada")


def test_a_parting_says_that_they_do_not_and_a_move_says_both(desk: Desk) -> None:
    one, other = two_stories(desk)
    desk.mend("move", "v", story_id=other, articles=("c",), why="of the fire")
    assert pairs(desk) == {("same", pair) for pair in ("ab", "cd", "ce", "de")} | {
        ("apart", "ac"),
        ("apart", "bc"),
    }, "the later of two decisions on a pair stands"
    desk.mend("split", "s", story_id=one, articles=("b",))
    assert ("apart", "ab") in pairs(desk)
    assert Counter(row.why for row in rows(desk) if row.correction == "v") == {"of the fire": 4}


def test_what_is_undone_is_no_ruling_and_what_it_took_the_place_of_stands(desk: Desk) -> None:
    _, other = two_stories(desk)
    before = rows(desk)
    desk.mend("move", "v", story_id=other, articles=("c",))
    assert rows(desk) != before
    desk.mend("undo", undoes="v")
    assert rows(desk) == before


def test_headlines_are_chosen_over_the_machines_and_news_is_told_by_its_articles(desk: Desk) -> None:
    one, other = two_stories(desk)
    chosen = desk.story(one).headline
    desk.mend("rename", "r", story_id=one, headline="In my words")
    desk.mend("pin", "p", story_id=other, articles=("e",))
    desk.mend("not-news", "n", story_id=other)
    named, pinned, *hidden = (row for row in rows(desk) if row.kind != "pair")
    assert (named.headline, named.article_id, named.instead) == ("In my words", "", chosen)
    assert named.other_article_id in "abc"
    assert (pinned.headline, pinned.article_id, pinned.label) == ("Title e", "e", "chosen")
    assert {(row.label, row.article_id) for row in hidden} == {("not-news", "d"), ("not-news", "e")}


def test_an_article_that_is_taken_back_is_in_no_row_not_with_its_title_either(desk: Desk) -> None:
    one, other = two_stories(desk)
    desk.mend("rename", "r", story_id=one, headline="In my words")
    desk.mend("not-news", "n", story_id=other)
    instead = next(row.other_article_id for row in rows(desk) if row.kind == "headline")
    for id_ in (instead, "d"):
        desk.article(id_, retracted=True)
    left = rows(desk)
    assert not {instead, "d"} & {id_ for row in left for id_ in (row.article_id, row.other_article_id)}
    assert [row.kind for row in left] == ["pair", "news"]


def test_a_decision_on_large_stories_gives_so_many_rows(desk: Desk) -> None:
    two_stories(desk)
    with patch.object(rulings, "MOST_A_SIDE", 1):
        assert len(rows(desk)) == 3


def test_the_page_names_every_column_in_order() -> None:
    text = PAGE.read_text()
    named = [part.strip("` ") for line in text.splitlines() if line.startswith("| `") for part in
             line.split("|")[1].split(",")]  # fmt: skip
    assert [name for name in named if name in {each.name for each in fields(Ruling)}] == [
        each.name for each in fields(Ruling)
    ]
