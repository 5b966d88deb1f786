"""The two seeds: who and what they are about under ids that agree, and who said what (`seeds/expected.json`)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streams.contracts.records import CleanArticle, TaggedArticle
from streams.stages.tag import WeightsError, create_tagger

EXPECTED = json.loads((Path(__file__).parents[2] / "seeds" / "expected.json").read_text(encoding="utf-8"))
NAMES = sorted(EXPECTED["cleaning"])

#: Under the same ids in both articles.
SHARED = {
    "person:vladimir-putin": "PER",
    "person:richard-moore": "PER",
    "person:donald-trump": "PER",
    "org:mi6": "ORG",
    "place:ua": "LOC",
    "place:ru": "LOC",
    "place:gb": "LOC",
    "place:istanbul-tr": "LOC",
    "place:us-ak": "LOC",
    "misc:silent-courier": "MISC",
}


@pytest.fixture(scope="module")
def tagged() -> dict[str, TaggedArticle]:
    """The seeds as cleaning must leave them, tagged: tagging alone is on trial here."""
    try:
        tagger = create_tagger()
    except WeightsError as error:
        pytest.skip(str(error))
    cleaned = [
        CleanArticle(id=name, title=seed["title"], text="\n\n".join(seed["keep"]), language="en")
        for name, seed in sorted(EXPECTED["cleaning"].items())
    ]
    return {article.id: article for article in tagger.tag(cleaned)}


@pytest.mark.parametrize("name", NAMES)
def test_every_entity_is_found_and_nothing_else(tagged: dict[str, TaggedArticle], name: str) -> None:
    found = {entity.id: {"name": entity.name, "type": entity.type} for entity in tagged[name].entities}
    assert found == EXPECTED["entities"][name]


@pytest.mark.parametrize("name", NAMES)
def test_every_quotation_has_its_speaker(tagged: dict[str, TaggedArticle], name: str) -> None:
    found = [{"speaker": quote.speaker, "text": quote.text} for quote in tagged[name].quotes]
    assert found == EXPECTED["quotes"][name]


def test_the_articles_agree_on_what_they_share(tagged: dict[str, TaggedArticle]) -> None:
    for article in tagged.values():
        found = {entity.id: entity.type for entity in article.entities}
        assert {id_: found.get(id_) for id_ in SHARED} == SHARED
    assert len({entity.id for article in tagged.values() for entity in article.entities}) >= 25


def test_places_of_a_table_say_where_they_are(tagged: dict[str, TaggedArticle]) -> None:
    istanbul = next(entity for entity in tagged[NAMES[0]].entities if entity.id == "place:istanbul-tr")
    assert istanbul.link == "geonames:745044"
    assert istanbul.latitude == pytest.approx(41.01, abs=0.05)
    assert istanbul.longitude == pytest.approx(28.95, abs=0.05)


def test_offsets_hold(tagged: dict[str, TaggedArticle]) -> None:
    for article in tagged.values():
        for entity in article.entities:
            for mention in entity.mentions:
                assert getattr(article, mention.field)[mention.start : mention.end] == mention.surface
        for quote in article.quotes:
            assert article.text[quote.start : quote.end][1:-1] == quote.text
