"""The two seed articles: who and what they are about, under ids that agree."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.records import CleanArticle, TaggedArticle
from streams.tagging import WeightsError, create_tagger

SEEDS = Path(__file__).parents[2] / "seeds"

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
}


def _between(name: str, first: str, last: str, *junk: str) -> CleanArticle:
    """A seed's title, and its text from ``first`` up to ``last`` without ``junk``: only tagging is on trial."""
    dump = (SEEDS / name).read_text(encoding="utf-8")
    title, _, rest = dump.partition("\n\n")
    text = first + rest.partition(first)[2].partition(last)[0]
    for line in junk:
        assert line in text
        text = text.replace(line, "")
    return CleanArticle(id=name, title=title, text=text.strip(), language="en")


@pytest.fixture(scope="module")
def tagged() -> list[TaggedArticle]:
    try:
        tagger = create_tagger()
    except WeightsError as error:
        pytest.skip(str(error))
    return tagger.tag(
        [
            _between(
                "000_0bd1da2ad1828017.txt",
                'There is "absolutely no evidence"',
                "\n\nSky News\n\n(c)",
                "Ukraine latest: Russia threatening Finland 'in same way it targeted Ukraine before invasion'\n\n",
                "Read more from Sky News:\nElderly British couple detained in Afghanistan freed\n"
                "Police fire tear gas at protesters in France\n\nIsrael's Gaza City offensive branded 'horrific'\n\n",
            ),
            _between("001_a445d347a77f2be1.txt", "In a veiled message to President Trump, the", "\n\nWrite to"),
        ]
    )


def test_shared_entities_carry_the_same_ids(tagged: list[TaggedArticle]) -> None:
    for article in tagged:
        found = {entity.id: entity.type for entity in article.entities}
        assert {id_: found.get(id_) for id_ in SHARED} == SHARED


def test_places_of_a_table_say_where_they_are(tagged: list[TaggedArticle]) -> None:
    istanbul = next(entity for entity in tagged[0].entities if entity.id == "place:istanbul-tr")
    assert istanbul.link == "geonames:745044"
    assert istanbul.latitude == pytest.approx(41.01, abs=0.05)
    assert istanbul.longitude == pytest.approx(28.95, abs=0.05)


def test_both_quote_richard_moore(tagged: list[TaggedArticle]) -> None:
    for article, words in zip(tagged, ("He seeks to impose his imperial will", "Russia simply does not"), strict=True):
        quote = next(quote for quote in article.quotes if quote.text.startswith(words))
        assert quote.speaker == "person:richard-moore"
    shared = "putin has bitten off more than he can chew"
    assert all(any(shared in quote.text.lower() for quote in article.quotes) for article in tagged)


def test_offsets_hold(tagged: list[TaggedArticle]) -> None:
    for article in tagged:
        for entity in article.entities:
            for mention in entity.mentions:
                assert getattr(article, mention.field)[mention.start : mention.end] == mention.surface
        for quote in article.quotes:
            assert article.text[quote.start : quote.end][1:-1] == quote.text
