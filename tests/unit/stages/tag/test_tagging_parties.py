"""Parties under all that they are called, and acronyms beside their names."""

from __future__ import annotations

import pytest

from streams.contracts.records import Entity, EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.resolve.identity import identify


def entities(text: str, *surfaces: tuple[str, EntityType]) -> list[Entity]:
    """The entity of each surface, looked for in the text from left to right."""
    found, position = [], 0
    for surface, kind in surfaces:
        start = text.index(surface, position)
        position = start + len(surface)
        found.append(Name(start, position, kind, "given"))
    by_start = {mention.start: one for one in identify("a", Document(text), 0, found) for mention in one.mentions}
    return [by_start[name.start] for name in found]


def test_the_american_parties_are_one_each() -> None:
    text = (
        "Democrats and a Democratic senator of the Democratic Party; Republicans, a Republican, the GOP and the G.O.P."
    )
    names: list[tuple[str, EntityType]] = [
        ("Democrats", "MISC"), ("Democratic", "MISC"), ("Democratic Party", "ORG"),
        ("Republicans", "PER"), ("Republican", "MISC"), ("GOP", "ORG"), ("G.O.P.", "LOC"),
    ]  # fmt: skip
    found = entities(text, *names)
    assert [one.id for one in found] == ["org:democratic-party"] * 3 + ["org:republican-party"] * 4
    assert {(one.name, one.type) for one in found} == {("Democratic Party", "ORG"), ("Republican Party", "ORG")}
    assert found[0].reason == "Democrats stands for Democratic Party"


def test_people_of_any_party_that_the_text_names() -> None:
    text = "The Green Party won. Greens danced. A Green minister left Green Park."
    party, greens, green, park = entities(
        text, ("Green Party", "ORG"), ("Greens", "MISC"), ("Green", "MISC"), ("Green Park", "LOC")
    )
    assert party.id == greens.id == green.id == "org:green-party"
    assert park.id == "place:green-park"
    [alone] = entities("Greens danced.", ("Greens", "MISC"))
    assert alone.id == "misc:greens"


def test_a_word_that_several_parties_share_stands_for_none() -> None:
    text = "Nigeria's People's Democratic Party met. Democrats spoke."
    party, people = entities(text, ("People's Democratic Party", "ORG"), ("Democrats", "MISC"))
    assert party.id == "org:people-s-democratic-party"
    assert people.id == "misc:democrats"


def test_a_party_of_a_state_is_no_other_party() -> None:
    text = "The Ohio Republican Party met. Republicans spoke."
    assert entities(text, ("Ohio Republican Party", "ORG"), ("Republicans", "MISC"))[1].id == "org:republican-party"


@pytest.mark.parametrize(("surface", "kind"), [("Tory Lanez", "PER"), ("Tory", "PER")])
def test_people_with_such_names_stay_people(surface: str, kind: EntityType) -> None:
    assert entities(f"It was {surface}.", (surface, kind))[0].id.startswith("person:tory")


def test_acronyms_without_brackets_are_their_long_names() -> None:
    text = "DACA ends. Deferred Action for Childhood Arrivals, or D.A.C.A., protects them."
    names: list[tuple[str, EntityType]] = [
        ("DACA", "ORG"), ("Deferred Action for Childhood Arrivals", "ORG"), ("D.A.C.A.", "ORG"),
    ]  # fmt: skip
    assert {one.id for one in entities(text, *names)} == {"org:deferred-action-for-childhood-arrivals"}


def test_an_acronym_of_two_names_is_neither() -> None:
    text = "DNX met: Dallas North Xylophones or Dover New Xenon."
    short, one, other = entities(text, ("DNX", "ORG"), ("Dallas North Xylophones", "ORG"), ("Dover New Xenon", "ORG"))
    assert len({short.id, one.id, other.id}) == 3
