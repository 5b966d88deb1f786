"""Which place a name means, and when it is better left off the map."""

from __future__ import annotations

from dataclasses import replace

import pytest

from streams.contracts.records import Story, StoryEntity
from streams.dashboard.store.atlas import located, place
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.resolve.aliases import table
from streams.text import slug

PREFIX = {"PER": "person", "LOC": "place", "ORG": "org", "MISC": "misc"}


def entity(name: str, kind: str = "LOC", articles: int = 4, parts: tuple[StoryEntity, ...] = ()) -> StoryEntity:
    """As the tagger has it: the tables' id where they know the name, else one made of it."""
    known = table(DEFAULT).find(name)
    id_ = known.id if known and known.type == kind else f"{PREFIX[kind]}:{slug(name)}"
    shown = known.name if known and known.id == id_ else name
    return StoryEntity(id=id_, name=shown, type=kind, articles=articles, salience=0.5 * articles, parts=parts)  # type: ignore[arg-type]


def ids(*names: str | StoryEntity) -> list[str]:
    """The points of a story of four articles, all of which name these."""
    entities = tuple(each if isinstance(each, StoryEntity) else entity(each) for each in names)
    return [each.id for each in located(Story(id="s", entities=entities, article_count=4))]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        # A country and a state of one name: neither, until the story says whose.
        (["Georgia"], []),
        (["Georgia", "Tbilisi"], ["place:ge", "place:tbilisi-ge"]),
        (["Georgia", "Atlanta"], ["place:us-ga", "place:atlanta-us"]),
        (["Georgia", "Russia"], ["place:ru"]),
        # The capital is meant unless the state's places are named.
        (["Washington"], ["place:washington-us"]),
        (["Washington", "Seattle", "United States"], ["place:us-wa", "place:seattle-us", "place:us"]),
        (["Washington", "Russia"], ["place:washington-us", "place:ru"]),
        # Twice as many people as in all others of the name together.
        (["Birmingham"], ["place:birmingham-gb"]),
        (["Birmingham", "Alabama"], ["place:birmingham-us-al", "place:us-al"]),

        (["Birmingham", "United States"], ["place:birmingham-us-al", "place:us"]),
        (["Birmingham", "United States", "United Kingdom"], ["place:birmingham-gb", "place:us", "place:gb"]),
        (["Springfield"], []),
        (["Springfield", "Illinois"], ["place:springfield-us-il", "place:us-il"]),
        (["Springfield", "United States"], ["place:us"]),
        (["London", "Ontario"], ["place:london-ca", "place:ontario"]),
        (["Jordan"], ["place:jo"]),
        (["UK", "U.S.", "Britain"], ["place:gb", "place:us"]),
        # As other languages call them, in their scripts.
        (["Deutschland"], ["place:de"]),
        (["Hoa Kỳ", "Việt Nam"], ["place:us", "place:vn"]),
        (["Россия", "Москва"], ["place:ru", "place:moscow-ru"]),
        (["日本", "東京"], ["place:jp", "place:tokyo-jp"]),
        (["مصر"], ["place:eg"]),
        # Too wide for a point, or nowhere.
        (["Europe", "Middle East", "Black Sea", "Soviet Union"], []),
        (["Oxhaven"], []),
    ],
)  # fmt: skip
def test_a_name_is_the_place_that_the_story_means_or_none(names, expected) -> None:
    assert ids(*names) == expected


def test_a_name_that_may_be_a_persons_is_no_place() -> None:
    assert ids("Paris") == ["place:paris-fr"]
    assert ids("Paris", entity("Paris Hilton", "PER")) == []
    assert ids("Washington", entity("Denzel Washington", "PER"), "Chicago") == ["place:chicago-us"]
    assert ids("Jordan", entity("Michael Jordan", "PER")) == []
    mixed = (entity("Lincoln", articles=2), entity("Lincoln", "PER", articles=2))
    assert ids(entity("Houston")) == ["place:houston-us"]
    assert ids(entity("Houston", parts=tuple(replace(part, name="Houston") for part in mixed))) == []


def test_a_town_called_by_a_word_needs_its_country() -> None:
    assert ids("Nice") == []
    assert ids("Nice", "France") == ["place:nice-fr", "place:fr"]


def test_an_id_made_of_a_short_name_is_no_country_by_chance() -> None:
    """The tagger makes ids of names that it does not know: "Va." has the one of Vatican City."""
    short = [StoryEntity(id=f"place:{slug(name)}", name=name, type="LOC", articles=4, salience=2.0)
             for name in ("Ky.", "Va.", "KY")]  # fmt: skip
    assert ids(*short) == ["place:us-ky", "place:us-va"]


def test_what_is_only_named_in_passing_is_not_where_it_happens() -> None:
    far = replace(entity("Australia"), salience=0.7)
    assert ids("Kyiv", far) == ["place:kyiv-ua"], "a mean of .175 over four articles"
    assert len(ids("Kyiv", "Warsaw", "Berlin", "Paris", "Rome")) == 3


def test_a_seat_of_government_is_its_city() -> None:
    assert ids("White House", "Washington") == ["place:washington-us"]


def test_every_place_of_the_tables_is_on_the_map() -> None:
    assert all(-90 <= each.latitude <= 90 and -180 <= each.longitude <= 180 for each in map(place, known_ids()) if each)
    assert place("place:birmingham-us-al").name == "Birmingham, Alabama"  # type: ignore[union-attr]
    assert place("place:atlantic-ocean") is place("") is None


def known_ids() -> list[str]:
    found = [id_ for id_, known in table(DEFAULT).by_id.items() if known.type == "LOC" and place(id_)]
    assert len(found) > 5_000
    return found
