"""Who is quoted, custom by custom: the names are given, so that only the attribution is tested."""

from __future__ import annotations

import re

import pytest

from streams.contracts.records import Entity
from streams.stages.tag.document import Document
from streams.stages.tag.lang.en import ENGLISH
from streams.stages.tag.quotes.extract import find_quotes
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.resolve.identity import identify

ROE, POE = "person:jane-roe", "person:tom-poe"
PEOPLE = "Jane Roe met Tom Poe. "
_NAMED = re.compile(r"(?:Jane )?Roe|(?:Tom )?Poe")


def entities_of(text: str) -> tuple[Entity, ...]:
    names = [Name(match.start(), match.end(), "PER", "given") for match in _NAMED.finditer(text)]
    return tuple(identify("a", Document(text), 0, names))


def attributed(text: str) -> list[tuple[str | None, str | None]]:
    """Speaker and cue of each quotation, in order."""
    return [(quote.speaker, quote.cue) for quote in find_quotes(text, entities_of(text), ENGLISH)]


@pytest.mark.parametrize(
    ("text", "speaker", "cue"),
    [
        # After it.
        ('{}"The bridge is closed," said Roe.', ROE, "said Roe"),
        ('{}"The bridge is closed," Poe said.', POE, "Poe said"),
        ('{}"The bridge is closed," according to Roe.', ROE, "according to Roe"),
        ('{}"The bridge is closed," she said.', ROE, "she said"),
        ('{}"The bridge is closed," said he.', POE, "said he"),
        ('{}"The bridge is closed," the spokesman said.', None, "the spokesman said"),
        # Before it.
        ('{}Roe said: "The bridge is closed now."', ROE, "Roe said"),
        ('{}According to Poe, "the bridge is closed now."', POE, "According to Poe"),
        ('{}Then she said: "The bridge is closed now."', ROE, "Then she said"),
        ('{}When he came home on Monday evening, it said: "The bridge is closed now."', POE, None),
        ('{}On Monday warned Roe: "The bridge is closed now."', ROE, None),
        ('{}Roe: "The bridge is closed now."', ROE, "Roe"),
        # At the end of its sentence.
        (
            '{}The bridge "is closed for a very long time" after the storm, Roe said on Friday.',
            ROE,
            "Roe said on Friday",
        ),
        ('{}The bridge "is closed for a very long time" after the storm, he said.', POE, "he said"),
        ('{}The bridge "is closed for a very long time" after the storm, officials said.', None, "officials said"),
        # We are not somebody.
        ('{}Of the bridge we said "it is closed for a long time" and left.', None, None),
    ],
)
def test_words_beside_a_quotation_name_its_speaker(text: str, speaker: str | None, cue: str | None) -> None:
    ((found, words),) = attributed(text.format(PEOPLE))
    assert found == speaker
    assert cue is None or words == cue


@pytest.mark.parametrize(
    ("text", "speakers"),
    [
        # A sentence that goes on.
        ('"The bridge is closed," said Roe, adding that it was "in a very bad state".', [ROE, ROE]),
        ('"The bridge is closed," Poe said. "It will stay closed until May."', [POE, POE]),
        # A paragraph that is all quotation, after one that ends in a quotation; and after one that names who spoke.
        ('"The bridge is closed," said Roe.\n\n"It will stay closed until the end of May."', [ROE, ROE]),
        ('Poe said that the bridge was closed.\n\n"It will stay closed until the end of May."', [POE]),
        # Narrated speech in the paragraph of the quotation.
        ('Roe said that the bridge was closed. It was "a very bad day for all of us".', [ROE]),
        # Nobody has spoken: nobody is guessed.
        ('The bridge was closed.\n\n"It will stay closed until the end of May."', [None]),
    ],
)
def test_customs_of_news_paragraphs_name_the_speaker(text: str, speakers: list[str | None]) -> None:
    assert [speaker for speaker, _ in attributed(f"{PEOPLE}\n\n{text}")] == speakers


def test_he_and_she_are_whoever_spoke_last_of_that_gender() -> None:
    text = 'Roe said that it was late. Poe said that it was early. "The bridge is closed," she said.'
    assert attributed(PEOPLE + text)[0][0] == ROE
    text = 'Roe said that it was late. Poe said that it was early. "The bridge is closed," he said.'
    assert attributed(PEOPLE + text)[0][0] == POE


def test_a_name_may_follow_its_pronoun() -> None:
    text = '"The bridge is closed to all of us," she said. Jane Roe has lived beside it since May.'
    assert attributed(text)[0][0] == ROE
