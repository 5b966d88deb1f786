"""Floors under the quality of tagging. They rise with the code, and fall only by an explicit decision."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from streams.evaluation.entities import measure, render
from streams.evaluation.entities_gold import articles, b_cubed, read_names, read_quotes, score_quotes
from streams.tagging import Tagger, WeightsError, create_tagger
from streams.tagging.aliases import table
from streams.tagging.identity import identify

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).parents[3] / "shared" / "data"

pytestmark = pytest.mark.quality

#: The data that the floors belong to, sha256 (first 12 digits): change one, and its floor is to be set anew.
HASHES = {"quotations.txt": "393040dbea87", "resolution.txt": "9af0744fb57e"}


@pytest.fixture(scope="module")
def tagger() -> Tagger:
    try:
        return create_tagger(backend="spacy-md")
    except WeightsError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", sorted(HASHES))
def test_the_floors_belong_to_this_data(name: str) -> None:
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest()[:12] == HASHES[name]


def test_quotations(tagger: Tagger) -> None:
    gold = read_quotes(DATA / "quotations.txt")
    assert len(gold) >= 100
    figures = score_quotes(gold, tagger.tag(articles(gold)))
    assert figures["span_f1"] >= 0.98
    assert figures["speaker_accuracy"] >= 0.98


def test_resolution_of_given_mentions() -> None:
    gold = read_names(DATA / "resolution.txt")
    assert len(gold) >= 150
    wanted = [((n, m.start), key) for n, text in enumerate(gold) for m, key in zip(text.names, text.keys, strict=True)]
    found = [
        ((number, mention.start), entity.id)
        for number, text in enumerate(gold)
        for entity in identify(f"gold-{number}", text.text, 0, text.names, table())
        for mention in entity.mentions
    ]
    assert b_cubed(wanted, found)["f1"] >= 0.99


def test_resolution_of_found_mentions(tagger: Tagger) -> None:
    gold = read_names(DATA / "resolution.txt")
    wanted = [
        ((n, m.start, m.end), key) for n, text in enumerate(gold) for m, key in zip(text.names, text.keys, strict=True)
    ]
    found = [
        ((number, mention.start, mention.end), entity.id)
        for number, article in enumerate(tagger.tag(articles(gold)))
        for entity in article.entities
        for mention in entity.mentions
    ]
    assert b_cubed(wanted, found)["f1"] >= 0.97


@pytest.mark.timeout(600)
def test_names_beat_the_models_raw_output_on_corpora_that_the_weights_have_not_seen() -> None:
    if not (SHARED / "entities").is_dir():
        pytest.skip(f"no development data at {SHARED / 'entities'}")
    try:
        figures = measure(SHARED, backends=("spacy-md",))
    except WeightsError as error:
        pytest.skip(str(error))
    floors = {"wikigold": 0.69, "worldwide": 0.705}
    for corpus, treatments in figures["spacy-md"].items():
        gain = treatments["tagger"]["f1_per_org_loc"] - treatments["raw"]["f1_per_org_loc"]
        assert treatments["tagger"]["f1_per_org_loc"] >= floors[corpus], corpus
        assert gain >= 0.055, corpus
    assert "| spacy-md | wikigold | tagger |" in render(figures)
