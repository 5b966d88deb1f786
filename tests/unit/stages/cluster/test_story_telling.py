"""What a story tells: its lead, and what its articles count, date and spell differently."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from streams.contracts.records import Entity, Mention, Story, StoryEvent, TaggedArticle
from streams.stages.cluster import fold
from streams.stages.cluster.lifecycle.present import story_article
from streams.stages.cluster.telling import lead, points
from streams.stages.cluster.telling.claims import claims
from streams.stages.cluster.telling.sentences import given
from streams.synth.news import rising, told

NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)
FERRY = "A ferry with 80 people on board ran aground off Portford on Monday, injuring 12 of them."


def article(id_: str, text: str, *, title: str = "Ferry runs aground off Portford", hours: int = 0) -> TaggedArticle:
    return TaggedArticle(
        id=id_, text=text, title=title, source=f"Outlet {id_}", language="en", published=NOON + timedelta(hours=hours)
    )


def joined(stories: dict[str, Story], one: TaggedArticle, kind: str = "joined", **more: object) -> Story:
    event = StoryEvent(
        id=one.id,
        type=kind,  # type: ignore[arg-type]
        story_id="s",
        at=one.published,
        article_id=one.id,
        article=story_article(one),
        **more,  # type: ignore[arg-type]
    )
    fold(stories, [event])
    return stories["s"]


@pytest.mark.parametrize(
    "text",
    [
        "Photo: the ferry off Portford lies on a sandbank after it ran aground on Monday morning.",
        "By Ada Berg, who covers the ferry and the harbour of Portford for the Morning Ledger.",
        "Read more about the ferry that ran aground off Portford and about other accidents at sea.",
        "Will the ferry off Portford, which ran aground on Monday, ever be taken off the sandbank?",
        "We use cookies to show you what happened to the ferry off Portford and for other purposes.",
        "Rescuers are seen in this undated picture of the ferry that ran aground off Portford.",
        "Ferry Runs Aground Off Portford As Storm Batters Coast And Harbour Authority Stays Silent.",
        "The ferry off Portford ran aground the ferry off Portford ran aground on Monday morning.",
        "WATCH: A ferry with 80 people on board ran aground off Portford on Monday, injuring 12 of them.",
        "Read more: A ferry with 80 people on board ran aground off Portford on Monday, injuring 12 of them.",
        "Captain Mara Holm stands near the ferry that ran aground off Portford on Monday.",
    ],
)
def test_what_is_no_telling_sentence_is_never_given(text: str) -> None:
    assert given(article("a", text)) == ()


@pytest.mark.parametrize(
    "before",
    ["PORTFORD, Wales (AP) — ", "Portford – ", "(Reuters) - ", "Ferry runs aground off Portford ",
     "Posted: Monday, March 3, 2025 9:40 AM EST PORTFORD (WXYZ) -- ", "By Ada Berg Staff Writer ", "PORTFORD: ",
     "Portford, March 3: ", "March 3, 2025 (The Ledger) – ", "WXYZ-TV ", "Storm Batters Coast And Harbours Stay Shut ",
     "Sailors stand by a ferry in the fog. Ledger/Ada Berg PORTFORD — ",
     "Ferry aground off Portford, 12 of 80 people injured, ferry's board says "],
)  # fmt: skip
def test_what_is_glued_before_the_first_sentence_goes(before: str) -> None:
    assert [one.text for one in given(article("a", f"{before}{FERRY}"))] == [FERRY]


def test_a_list_of_teasers_is_passed_over() -> None:
    teasers = ["A council opens a new school in Norby.", "Sailors of Portford ran a race on Sunday for the harbour."]
    text = " ".join([one for teaser in teasers for one in (teaser, teaser)] + [FERRY])
    assert [one.text for one in given(article("a", text))] == [FERRY]


def test_a_weak_lead_gives_way_and_a_strong_one_stays() -> None:
    stories: dict[str, Story] = {}
    weak = "He said on Monday that it was a ferry with 80 people on board, and that some of them were injured."
    assert joined(stories, article("a", weak), "created").lead[0].text == weak
    assert joined(stories, article("b", FERRY)).lead[0].text == FERRY
    other = "A ferry with 80 people on board ran aground off Portford, injuring 12."
    assert joined(stories, article("c", other)).lead[0].text == FERRY


def test_a_language_of_which_no_word_is_known_has_leads_too() -> None:
    text = "渡轮周一在港口外搁浅,造成十二人受伤,当局表示正在展开调查,乘客已全部获救并送往附近的医院接受治疗,无人死亡。"
    assert given(replace(article("a", text, title="渡轮在港口外搁浅十二人受伤"), language="zh"))


def test_the_lead_stays_and_goes_with_its_article() -> None:
    stories: dict[str, Story] = {}
    first = article("a", f"{FERRY} The captain of the ferry, Mara Holm, said that fog had hidden the sandbank.")
    shown = joined(stories, first, "created").lead
    assert shown[0].text == FERRY
    assert (shown[0].article_id, shown[0].outlet) == ("a", "Outlet a")
    for number in range(6):
        other = f"Some {number + 3} tugs pulled at the ferry off Portford, which ran aground with 80 people on board."
        assert joined(stories, article(f"b{number}", other, hours=number)).lead[0] == shown[0]
    after = joined(stories, first, "retracted")
    assert after.lead
    assert {one.article_id for one in (*after.lead, *after.sentences)}.isdisjoint({"a"})


def test_a_story_holds_few_sentences_and_tellings_however_many_come() -> None:
    stories: dict[str, Story] = {}
    for number in range(60):
        text = f"{FERRY} At least {number + 2} people were killed in Portford. " + " ".join(
            f"Police arrested {number + other} {noun} near the ferry." for other, noun in enumerate(["men", "sailors"])
        )
        story = joined(stories, article(str(number), text, hours=number), "joined" if number else "created")
    assert len(story.sentences) <= lead.HELD
    assert len(story.points) <= points.POINTS
    assert max(len(point.said) for point in story.points) <= points.TELLINGS


def test_a_synthetic_story_with_a_rising_toll_shows_its_history() -> None:
    stories: dict[str, Story] = {}
    reports = rising(told(random.Random(4), "1", NOON, 9), (9, 12, 15))
    for number, one in enumerate(reports):
        tagged = TaggedArticle(
            id=one.id, text=one.text, title=one.title, source=one.source, language="en", published=one.published
        )
        story = joined(stories, tagged, "joined" if number else "created")
    [toll] = [point for point in story.points if point.what == "dead"]
    assert points.history(toll) == ("9", "12", "15")
    assert toll.how == "changed"
    assert len({one.outlet for one in toll.said}) > 2


def test_claims_go_with_their_article_and_come_back_with_a_split() -> None:
    stories: dict[str, Story] = {}
    joined(stories, article("a", "At least 12 people were killed."), "created")
    story = joined(stories, article("b", "Fifteen people were killed.", hours=0))
    [point] = story.points
    assert point.how == "differs"
    assert [(one.outlet, one.text) for one in point.said] == [
        ("Outlet a", "At least 12 people were killed"),
        ("Outlet b", "Fifteen people were killed"),
    ]
    [claim] = points.claimed(story.points, "b")
    assert claim == claims(article("b", "Fifteen people were killed."))[0]
    [left] = joined(stories, article("b", "Fifteen people were killed."), "retracted").points
    assert (left.how, [one.article_id for one in left.said]) == ("agrees", ["a"])


def test_two_spellings_are_of_one_person_unless_an_article_has_both() -> None:
    def named(id_: str, *names: str) -> TaggedArticle:
        entities = tuple(
            Entity(
                id=f"person:{name}",
                name=name,
                type="PER",
                salience=0.5,
                mentions=(Mention(field="text", start=0, end=4, surface=name),),
            )
            for name in names
        )
        return replace(article(id_, FERRY), entities=entities)

    stories: dict[str, Story] = {}
    joined(stories, named("a", "Volodymyr Zelenskyy"), "created")
    [point] = [one for one in joined(stories, named("b", "Volodymyr Zelensky")).points if one.kind == "name"]
    assert points.history(point) == ("Volodymyr Zelenskyy", "Volodymyr Zelensky")
    both = named("c", "Volodymyr Zelenskyy", "Volodymyr Zelensky")
    assert [one for one in joined(stories, both).points if one.kind == "name"] == []


@pytest.mark.parametrize(
    "text", ["9" * 400 + " people were killed.", "$" + "9" * 400 + " bond", "1" + ",000" * 90 + " people were killed."]
)
def test_absurd_numbers_are_no_claims(text: str) -> None:
    assert claims(article("a", text)) == ()


def test_years_that_have_no_days_are_no_claims() -> None:
    person = Entity(
        id="p", name="Ada Berg", type="PER", mentions=(Mention(field="text", start=0, end=8, surface="Ada Berg"),)
    )
    early = replace(article("a", "Ada Berg was arrested on Tuesday."), entities=(person,))
    assert claims(replace(early, published=datetime(1, 1, 1, tzinfo=UTC))) == ()
