"""A second language is words and tables: registered, it is used, and English is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from streams.contracts.records import CleanArticle, TaggedArticle
from streams.stages.tag import create_tagger
from streams.stages.tag.document import Document
from streams.stages.tag.lang import LANGUAGES, Language, language_of
from streams.stages.tag.lang.en import ENGLISH
from streams.stages.tag.lang.language import GenderWords, NameWords, SpeechWords, words
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.postprocess import repair

TEXT = "„Wir schließen die Brücke am Montag“, sagte Anna Sand. „Niemand weiß, wie lange das dauert“, sagte sie."


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Language:
    (tmp_path / "people.tsv").write_text("person:anna-sand\tPER\tAnna Sand\tSand\n", encoding="utf-8")
    language = Language(
        code="de",
        names=NameWords(honorifics=words("herr frau")),
        genders=GenderWords(she=words("anna")),
        speech=SpeechWords(
            saying=re.compile(r"\b(?:sagte|erklärte)\b"),
            pronoun=re.compile(r"\b(?P<he>[Ee]r)\b|\b(?P<she>[Ss]ie)\b"),
        ),
        data=tmp_path,
    )
    monkeypatch.setitem(LANGUAGES, "de", language)
    return language


def tag(language: str) -> TaggedArticle:
    return create_tagger(backend="gazetteer").tag([CleanArticle(id="a", text=TEXT, language=language)])[0]


@pytest.mark.usefixtures("german")
def test_its_tables_and_its_verbs_of_saying_are_used() -> None:
    tagged = tag("de-AT")
    assert [entity.id for entity in tagged.entities] == ["person:anna-sand"]
    assert [(quote.speaker, quote.cue) for quote in tagged.quotes] == [
        ("person:anna-sand", "sagte Anna Sand"),
        ("person:anna-sand", "sagte sie"),
    ]


def test_its_titles_come_off_and_not_those_of_english(german: Language) -> None:
    for start, expected in (("Frau", "Anna Sand"), ("Mr", "Mr Anna Sand")):
        text = f"{start} Anna Sand kam."
        found = repair(Document(text, german), [RawSpan(0, text.index(" kam"), "PERSON")], None)
        assert [text[name.start : name.end] for name in found] == [expected]


def test_other_languages_get_what_english_knows(german: Language) -> None:
    assert language_of("de") is german
    assert language_of("fi") is language_of(None) is ENGLISH
    tagged = tag("fi")
    assert tagged.entities == ()
    assert [quote.speaker for quote in tagged.quotes] == [None, None]


def test_a_language_that_says_nothing_is_one() -> None:
    text = "„Wir schließen die Brücke am Montag“, sagte Frau Sand."
    nothing = Language(code="xx")
    found = repair(Document(text, nothing), [RawSpan(text.index("Frau"), len(text) - 1, "PERSON")], None)
    assert [text[name.start : name.end] for name in found] == ["Frau Sand"]
