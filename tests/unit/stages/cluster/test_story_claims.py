"""What an article claims of people and things that other articles may tell otherwise, form by form."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest

from streams.contracts.records import Claim, Entity, Mention, Story, StoryEvent, TaggedArticle
from streams.stages.cluster import fold
from streams.stages.cluster.lifecycle.present import story_article
from streams.stages.cluster.telling import points
from streams.stages.cluster.telling.claims import claims
from streams.stages.cluster.telling.spelling import one_person

#: A Wednesday.
NOON = datetime(2025, 3, 5, 12, tzinfo=UTC)


def article(text: str, id_: str = "a", hours: int = 0) -> TaggedArticle:
    """``text`` with its people in brackets."""
    names = re.findall(r"\[(.+?)\]", text)
    bare = text.replace("[", "").replace("]", "")
    entities = tuple(
        Entity(
            id=f"person:{name.lower().replace(' ', '-')}",
            name=name,
            type="PER",
            salience=0.5,
            mentions=tuple(
                Mention(field="text", start=found.start(), end=found.end(), surface=name)
                for found in re.finditer(re.escape(name), bare)
            ),
        )
        for name in dict.fromkeys(names)
    )
    published = NOON + timedelta(hours=hours)
    return TaggedArticle(
        id=id_, text=bare, source=f"Outlet {id_}", language="en", published=published, entities=entities
    )


def story(*texts: str) -> Story:
    stories: dict[str, Story] = {}
    for number, text in enumerate(texts):
        one = article(text, "abcdefghijklmnopqrstuvwxyz"[number], number)
        fold(stories, [StoryEvent(
            id=one.id, type="joined" if number else "created", story_id="s", at=one.published, article_id=one.id,
            article=story_article(one),
        )])  # fmt: skip
    return stories["s"]


def only(text: str) -> Claim:
    (claim,) = claims(article(text))
    return claim


@pytest.mark.parametrize(
    ("text", "what", "whom", "value"),
    [
        ("A magnitude 6.1 earthquake shook Lindvik.", "magnitude", "quake", 6.1),
        ("The 5.9-magnitude quake was felt in Portford.", "magnitude", "quake", 5.9),
        ("The company was fined $3.5 million for the spill.", "fined", "company", 3_500_000),
        ("The regulator announced a $200,000 fine for the spill.", "fined", "company", 200_000),
        ("[Ada Berg] was held on $50,000 bail.", "bail", "person:ada-berg", 50_000),
        ("Bail for [Ada Berg] was set at $1 million.", "bail", "person:ada-berg", 1_000_000),
        ("[Ada Berg] was sentenced to 12 years in prison.", "prison", "person:ada-berg", 12),
        ("[Ada Berg] was jailed for 18 months.", "prison", "person:ada-berg", 1.5),
        ("The plant will cut 400 jobs.", "jobs", "job", 400),
        ("The bill passed by 212 votes.", "votes", "vote", 212),
        ("[Ada Berg], 34, lives in Lindvik.", "age", "person:ada-berg", 34),
        ("The 34-year-old singer [Ada Berg] lives in Lindvik.", "age", "person:ada-berg", 34),
        ("[Ada Berg] was arrested on Monday.", "arrested-on", "person:ada-berg", date(2025, 3, 3).toordinal()),
        ("[Ada Berg] died on February 27.", "died-on", "person:ada-berg", date(2025, 2, 27).toordinal()),
        ("[Ada Berg] was born 3 November at sea.", "born-on", "person:ada-berg", date(2024, 11, 3).toordinal()),
    ],
)  # fmt: skip
def test_a_form_is_read(text: str, what: str, whom: str, value: float) -> None:
    claim = only(text)
    assert (claim.what, claim.whom, claim.value) == (what, whom, value)


@pytest.mark.parametrize(
    "text",
    [
        "A magnitude 4.0 aftershock shook Lindvik.",
        "[Ada Berg] faces 12 years in prison.",
        "[Ada Berg] was sentenced to about 12 years in prison.",
        "[Ada Berg] and [Ruth Moe] were held on $50,000 bail.",
        "[Ada Berg] died before the war and Monday was quiet.",
        "[Ada Berg] was arrested on June 31.",
    ],
)
def test_what_only_looks_like_one_is_not(text: str) -> None:
    assert claims(article(text)) == ()


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("Police identified the gunman as [Jonas Falk], a baker.", "suspect"),
        ("The alleged shooter, identified by the city police as 34-year-old [Jonas Falk], was found dead.", "suspect"),
        ("[Jonas Falk] was later named as the attacker.", "suspect"),
        ("The suspect, [Jonas Falk], had no record.", "suspect"),
        ("The pilot, [Jonas Falk] (34), was unhurt.", "pilot"),
        ("Nobody was hurt. " * 14 + "The pilot was named by the airline as [Jonas Falk].", "pilot"),
    ],
)
def test_who_it_was_is_read(text: str, role: str) -> None:
    [claim] = [one for one in claims(article(text)) if one.kind == "identity"]
    assert (claim.what, claim.text) == (role, "Jonas Falk")


@pytest.mark.parametrize(
    "text",
    [
        "Police wrongly identified the gunman as [Jonas Falk].",
        "Police denied that the suspect, [Jonas Falk], was held.",
        "Police identified the gunman as [Jonas Falk]'s brother.",
        "The suspect, [Jonas Falk], is held, and the suspect, [Erik Moe], is sought.",
        "In 2016 the gunman, [Jonas Falk], fired from a roof.",
        "The victim, [Jonas Falk], was a baker.",
        "A suspect, [Jonas Falk], was held.",
    ],
)
def test_who_it_was_is_not_told(text: str) -> None:
    assert [one for one in claims(article(text)) if one.kind == "identity"] == []


def test_outlets_that_name_two_differ_until_an_article_has_both() -> None:
    texts = ["The gunman, [Jonas Falk], died.", "Police identified the gunman as [J. P. Falk].", "It was quiet."]
    [agreed] = story(*texts).points
    assert agreed.how == "agrees"
    texts.append("The shooter, [Erik Moe], died.")
    [point] = story(*texts).points
    assert (point.kind, point.how, points.title(point)) == ("identity", "differs", "Suspect")
    assert points.history(point) == ("Jonas Falk", "J. P. Falk", "Erik Moe")
    assert points.claimed([point], "d") == tuple(claims(article(texts[3])))
    assert story(*texts, "[Jonas Falk] and [Erik Moe] were cousins.").points == ()


def test_a_point_that_is_full_keeps_each_name_that_was_told() -> None:
    texts = (
        ["The gunman, [Jonas Falk], died."] * 10
        + ["The gunman, [Erik Moe], died."]
        + ["The gunman, [Jonas Falk], died."] * 9
    )
    [point] = story(*texts).points
    assert len(point.said) == points.TELLINGS
    assert {one.text for one in point.said} == {"Jonas Falk", "Erik Moe"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jonas Falk", "Jonas Peter Falk", True),
        ("James Falk", "Jim Falk", True),
        ("Li Wei", "Wei Li", True),
        ("Jonas Falk", "Erik Falk", False),
        ("Jonas Falk", "Jonas Moe", False),
    ],
)
def test_two_names_can_be_one_persons(one: str, other: str, same: bool) -> None:
    assert one_person(one, other) is same
    assert one_person(other, one) is same
