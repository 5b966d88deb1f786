"""Headlines in Title Case, days and months: what is no name is not taken for one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from streams.contracts.records import CleanArticle, EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.lang import DEFAULT
from streams.stages.tag.lang.language import Language
from streams.stages.tag.ner import RawSpan
from streams.stages.tag.ner.calendar import without_times
from streams.stages.tag.ner.casing import common_words, is_title_case, plain_headline
from streams.stages.tag.ner.postprocess import repair
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.tagger import Tagger


def plain(title: str, text: str, language: Language = DEFAULT) -> str:
    return plain_headline(f"{title}\n\n{text}", len(title), language)[: len(title)]


@pytest.mark.parametrize(
    ("title", "text", "expected"),
    [
        (
            "Glenn Beck Rips Progressivism",
            "Beck said that progressivism rips apart what holds.",
            "Glenn Beck rips progressivism",
        ),
        # A word that the text does not have: the language's list tells, or the text's other form of it.
        ("Officials Suddenly Closing Portford", "Ann spoke.", "officials suddenly closing Portford"),
        ("Ann Roe Zorbles Quickly", "They said that she can zorble.", "Ann Roe zorbles quickly"),
        # Names made of common words, as the text has them.
        ("Tea Party Wins White House Race", "The Tea Party won. The White House race was a party race.",
         "Tea Party wins White House race"),
        # Large inside a sentence, or in letters that no small word has: a name.
        ("McCain And GOP Blast Rice Over War", "It was Rice, not the others, and Rice again.",
         "McCain and GOP blast Rice over war"),
        # A title among the text tells no more than the title does.
        ("Beck Rips Progressivism", "See also: Beck Rips Progressivism Again\nHe rips progressivism, they said.",
         "Beck rips progressivism"),
    ],
)  # fmt: skip
def test_title_case_is_read_as_running_text(title: str, text: str, expected: str) -> None:
    assert plain(title, text) == expected


@pytest.mark.parametrize(
    "title",
    ["", "Ann", "STORM CLOSES PORTFORD HARBOUR", "Storm closes Portford", "Northern Ireland and Scotland agree"],
)
def test_other_headlines_stay(title: str) -> None:
    assert not is_title_case(title)
    assert plain(title, "the storm closes; northern and ann agree") == title


def test_every_letter_keeps_its_place() -> None:
    title = "İstanbul Mayor’s Bridges Reopen After Storm"
    text = f"{title}\n\nThe mayor’s bridges reopen after a storm."
    assert len(plain_headline(text, len(title), DEFAULT)) == len(text)
    assert plain_headline(text, len(title), DEFAULT).casefold() == text.casefold()


def test_a_language_without_a_list_asks_the_text_alone() -> None:
    language = Language(code="xx")
    assert common_words(language) == frozenset()
    assert plain("Ann Roe Opens Bridge Today", "She opens it.", language) == "Ann Roe opens Bridge Today"
    assert len(common_words(DEFAULT)) > 5_000
    assert {"beck", "monday", "trump", "#"}.isdisjoint(common_words(DEFAULT))


class _Capitals:
    """Takes every run of large words for a person, as models do in headlines."""

    name, languages = "capitals", frozenset({"en"})
    relabel: str | None = None

    def find(self, texts: Sequence[str]) -> list[list[RawSpan]]:
        import re

        runs = re.compile(r"[A-Z]\w+(?: [A-Z]\w+)*")
        return [[RawSpan(*match.span(), "PERSON") for match in runs.finditer(text)] for text in texts]


def test_the_tagger_quotes_the_headline_as_it_is_written() -> None:
    article = CleanArticle(
        id="a", title="Glenn Beck Rips Progressivism", text="it was Glenn Beck who rips progressivism", language="en"
    )
    [tagged] = Tagger(_Capitals(), {}).tag([article])
    assert [entity.name for entity in tagged.entities] == ["Glenn Beck"]
    assert [mention.surface for mention in tagged.entities[0].mentions] == ["Glenn Beck", "Glenn Beck"]
    assert tagged.title == article.title


def times(text: str, *names: tuple[str, EntityType]) -> list[str]:
    found = []
    for surface, kind in names:
        start = text.index(surface)
        found.append(Name(start, start + len(surface), kind, "given"))
    return [text[name.start : name.end] for name in without_times(Document(text), found)]


@pytest.mark.parametrize(
    "surface", ["Thursday", "Thursday morning", "Sept.", "Sept. 11", "June 2014", "December", "last Friday", "Sun.",
                "Tuesday and Wednesday", "May", "Mondays", "late October"],
)  # fmt: skip
def test_days_and_months_are_no_names(surface: str) -> None:
    assert times(f"It was {surface} then.", (surface, "MISC")) == []


@pytest.mark.parametrize(
    ("surface", "kind"),
    [("April Smith", "PER"), ("May", "PER"), ("Black Friday", "MISC"), ("Bloody Sunday", "MISC"), ("Sun", "ORG"),
     ("Mar-a-Lago", "LOC"), ("Jan", "PER"), ("March for Life", "MISC"), ("Friday the 13th", "MISC")],
)  # fmt: skip
def test_names_with_days_and_months_stay(surface: str, kind: EntityType) -> None:
    assert times(f"It was {surface} then.", (surface, kind)) == [surface]


def test_a_time_after_a_name_comes_off_where_the_name_stands_alone_elsewhere() -> None:
    text = "Portlanders voted. The Portlanders Tuesday won. Ruby Tuesday opened. NATO Monday met."
    names: list[tuple[str, EntityType]] = [
        ("Portlanders", "MISC"), ("Portlanders Tuesday", "MISC"), ("Ruby Tuesday", "ORG"), ("NATO Monday", "ORG"),
    ]  # fmt: skip
    assert times(text, *names) == ["Portlanders", "Portlanders", "Ruby Tuesday", "NATO"]


def test_a_day_at_the_end_of_a_person_is_no_surname() -> None:
    text = "Ruby Tuesday sang on Tuesday."
    assert [text[name.start : name.end] for name in repair(Document(text), [RawSpan(0, 12, "PERSON")], None)] == [
        "Ruby Tuesday"
    ]
