"""What a story lists as its entities: one entry for what a reader takes for one, and counts that come off again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import EntityType, StoryEntity
from streams.stages.cluster.lifecycle.entities import ENTITIES, with_entities

Listed = tuple[StoryEntity, ...]


def entity(id_: str, name: str, kind: EntityType, articles: int = 1, salience: float = 0.5) -> StoryEntity:
    return StoryEntity(id=id_, name=name, type=kind, articles=articles, salience=salience)


def listed(*entities: StoryEntity, most: int = 100) -> Listed:
    return with_entities((), entities, 1, most=most)


def shown(entities: Listed) -> list[tuple[str, str, int]]:
    return [(one.id, one.name, one.articles) for one in entities]


MOON = entity("person:moon-jae-in", "Moon Jae-in", "PER", 3)


def test_one_name_is_listed_once_under_the_type_of_most_articles() -> None:
    found = listed(entity("place:ferguson", "Ferguson", "LOC", 3), entity("org:ferguson", "FERGUSON", "ORG", 2))
    assert shown(found) == [("place:ferguson", "Ferguson", 5)]
    assert [part.id for part in found[0].parts] == ["place:ferguson", "org:ferguson"]


def test_articles_are_never_more_than_the_story_has() -> None:
    found = listed(entity("place:ferguson", "Ferguson", "LOC", 3), entity("org:ferguson", "Ferguson", "ORG", 2), most=4)
    assert found[0].articles == 4


def test_a_surname_joins_the_only_person_who_has_it() -> None:
    jackson, jesse = entity("person:jackson~1", "Jackson", "PER", 1), entity("person:jj", "Jesse Jackson Jr.", "PER")
    assert shown(listed(jackson, jesse)) == [("person:jj", "Jesse Jackson Jr.", 2)]
    mahalia = entity("person:mahalia-jackson", "Mahalia Jackson", "PER")
    assert len(listed(jackson, jesse, mahalia)) == 3
    town = entity("place:jackson-us", "Jackson", "LOC")
    assert len(listed(town, jesse)) == 2


def test_the_same_surname_of_several_articles_is_one_person_of_the_story() -> None:
    found = listed(entity("person:moon~1", "Moon", "PER"), entity("person:moon~2", "Moon", "PER"))
    assert shown(found) == [("person:moon~1", "Moon", 2)]


def test_an_acronym_joins_the_only_name_with_its_initials() -> None:
    daca = entity("misc:daca", "DACA", "MISC", 5)
    long = entity("org:deferred", "Deferred Action for Childhood Arrivals", "ORG", 1)
    assert shown(listed(daca, long)) == [("org:deferred", "Deferred Action for Childhood Arrivals", 6)]
    other = entity("org:dallas", "Dallas Association of Choral Arts", "ORG")
    assert len(listed(daca, long, other)) == 3
    assert len(listed(entity("misc:da", "DA", "MISC"), entity("org:d", "Dallas Arts", "ORG"))) == 2
    assert len(listed(entity("misc:daca", "Daca", "MISC"), long)) == 2


def test_what_an_article_added_comes_off_again() -> None:
    before = listed(MOON, entity("place:seoul", "Seoul", "LOC", 2))
    added = (entity("person:moon~9", "Moon Jae-In", "PER"), entity("org:seoul", "Seoul", "ORG", 1))
    after = with_entities(before, added, 1, most=9)
    assert [(one.id, one.articles) for one in after] == [("person:moon-jae-in", 4), ("place:seoul", 3)]
    assert with_entities(after, added, -1, most=8) == before
    assert with_entities((), after, 1, most=9) == after  # a merge


_NAMES = st.sampled_from(
    ["Moon", "Jane Moon", "Jo Moon", "DACA", "Daca", "Deferred Action for Childhood Arrivals", "Seoul"]
)
_ENTITIES = st.lists(
    st.builds(
        lambda name, kind, local, salience: entity(
            f"{kind}:{name}" + (f"~{local}" if kind == "PER" and " " not in name else ""),
            name,
            kind,
            1,
            salience,
        ),
        _NAMES,
        st.sampled_from(["PER", "ORG", "LOC", "MISC"]),
        st.integers(0, 3),
        st.sampled_from([0.25, 0.5]),
    ),
    max_size=6,
    unique_by=lambda one: one.id,
)


@given(st.lists(_ENTITIES, max_size=6))
def test_lists_follow_from_counts_alone(articles: list[list[StoryEntity]]) -> None:
    held: Listed = ()
    for number, more in enumerate(articles, start=1):
        held = with_entities(held, more, 1, most=number)
        assert len({one.id for one in held}) == len(held)
        assert len({one.name.lower() for one in held}) == len(held)
        assert all(1 <= one.articles <= number for one in held)
        assert sum(len(one.parts) or 1 for one in held) <= ENTITIES
        assert codec.decode(StoryEntity, codec.encode(held[0])) == held[0] if held else True
    backwards: Listed = ()
    for more in reversed(articles):
        backwards = with_entities(backwards, more, 1, most=len(articles))
    assert backwards == held
    for number, more in enumerate(articles, start=1):
        held = with_entities(held, more, -1, most=len(articles) - number)
    assert held == ()
