"""The parts of cleaning: lines, dates, names, credits, host memory."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from streams.contracts.records import CleanArticle, RawArticle
from streams.stages.clean import Cleaner, CleaningMemory, canonical_url
from streams.stages.clean.features.copies import find_copies
from streams.stages.clean.memory import hosts
from streams.stages.clean.memory.context import Context
from streams.stages.clean.memory.hosts import HostMemory
from streams.stages.clean.metadata import dates
from streams.stages.clean.metadata.authors import clean_names
from streams.stages.clean.metadata.credit import find_credit
from streams.stages.clean.model.selection import classify_dump
from streams.stages.clean.parse.lines import line_key, split


def texts(raw: str) -> list[str]:
    return [line.text for line in split(raw)]


def test_lines_broken_by_markup_are_joined() -> None:
    assert texts("news on the \nStar Trek\n film, it is,\naccording to \nThe Wrap\n.\n\nNext") == [
        "news on the Star Trek film, it is, according to The Wrap.",
        "Next",
    ]


def test_lines_set_at_a_width_are_joined() -> None:
    wrapped = (
        "The harbour of Esbjerg will be closed for two weeks, the port authority\n"
        "said on Monday, and every ship that was due there has been told to sail\n"
        "to Aarhus instead."
    )
    assert texts(wrapped) == [wrapped.replace("\n", " ")]


def test_lists_stay_lists() -> None:
    assert texts("Home\nNews\nSport\n• one thing\n• another") == ["Home", "News", "Sport", "• one thing", "• another"]


def test_offsets_point_into_the_raw_text() -> None:
    raw = "  One line \n\n\t Two lines\nThree"
    assert [raw[line.start : line.end] for line in split(raw)] == ["One line", "Two lines", "Three"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-12T06:40:00+01:00", datetime(2024, 3, 12, 5, 40, tzinfo=UTC)),
        ("2024-03-12 06:40", datetime(2024, 3, 12, 6, 40, tzinfo=UTC)),
        ("March 12, 2024 4:05 pm", datetime(2024, 3, 12, 16, 5, tzinfo=UTC)),
        ("12th March 2024", datetime(2024, 3, 12, tzinfo=UTC)),
        ("Dienstag, 12. März 2024, 16:05 Uhr", datetime(2024, 3, 12, 16, 5, tzinfo=UTC)),
        ("12 de diciembre de 2024", datetime(2024, 12, 12, tzinfo=UTC)),
        ("Publié le 1er août 2024 à 9:30", datetime(2024, 8, 1, 9, 30, tzinfo=UTC)),
        ("12 févr. 2024", datetime(2024, 2, 12, tzinfo=UTC)),
        ("12 października 2024", datetime(2024, 10, 12, tzinfo=UTC)),
        ("12 марта 2024", datetime(2024, 3, 12, tzinfo=UTC)),
        ("2024年3月12日 06:40", datetime(2024, 3, 12, 6, 40, tzinfo=UTC)),
        ("2024년 3월 12일", datetime(2024, 3, 12, tzinfo=UTC)),
        ("12 jui 2024", None),  # June or July
        ("31 février 2024", None),
        ("12 apples 2024", None),
        ("1710225600", datetime(2024, 3, 12, 6, 40, tzinfo=UTC)),
        ("03/04/2024", None),
        ("soon", None),
        ("2024-13-45", None),
    ],
)
def test_dates(text: str, moment: datetime | None) -> None:
    assert dates.parse(text) == moment


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["By Ann Sand and Bo Lund"], ["Ann Sand", "Bo Lund"]),
        (["Ann Sand, Staff Writer"], ["Ann Sand"]),
        (["ANN SAND"], ["Ann Sand"]),
        (["Esbjerg Post", "Ann Sand"], ["Ann Sand"]),
        (["https://example.org/ann"], []),
        (["Reuters"], ["Reuters"]),
        (["Ann Sand", "ann sand"], ["Ann Sand"]),
    ],
)
def test_names(values: list[str], names: list[str]) -> None:
    assert clean_names(values, ["Esbjerg Post"]) == names


PARAGRAPHS = [
    "The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday.",
    "Why now?",
    "Ships have been told to sail to Aarhus instead, a detour of some ten hours.",
    "The last ferry leaves at noon, and nobody knows when the next one will sail again.",
]


def copies(*paragraphs: str) -> list[int]:
    return find_copies(split("\n\n".join(paragraphs)), range(len(paragraphs)))


def test_an_article_that_stands_there_twice_is_kept_once() -> None:
    assert copies(*PARAGRAPHS) == []
    assert copies(*PARAGRAPHS, *PARAGRAPHS) == [4, 5, 6, 7]
    assert copies(*PARAGRAPHS, *PARAGRAPHS[:1], *PARAGRAPHS[2:]) == [4, 5, 6]
    assert copies(*PARAGRAPHS, "Cut for phones:", *PARAGRAPHS[2:]) == [5, 6]


def test_what_an_article_says_again_is_no_copy() -> None:
    refrain = "Sail away, sail away to the islands where nobody ever knows your name."
    verses = [paragraph for paragraph in PARAGRAPHS if len(paragraph) > 20]
    assert copies(verses[0], refrain, verses[1], refrain, verses[2], refrain) == []
    assert (
        copies(verses[0], verses[1], verses[2], "Menu for Tuesday:", verses[2], "Menu for Wednesday:", verses[0]) == []
    )
    assert copies(*PARAGRAPHS, "“Nobody knows when the next one will sail again.”") == []


class Believer:
    """A classifier that takes every line for the article."""

    def scores(self, rows: Any) -> Any:
        return np.ones(len(rows))


def test_a_heading_that_recurs_still_heads_what_is_beneath_it() -> None:
    lines = split(
        "\n\n".join(
            [
                PARAGRAPHS[0],
                "Read more",
                "King opens bridge",
                PARAGRAPHS[2],
                PARAGRAPHS[3],
                "Comments",
                "I never liked it.",
            ]
        )
    )
    context = Context(pages=3, lines={line_key("Read more"): 3, line_key("Comments"): 2})
    verdicts = classify_dump(lines, "Harbour closed", context, Believer()).verdicts  # type: ignore[arg-type]
    reasons = [verdict.reason for verdict in verdicts]
    assert reasons == [None, "recurring", "cross_link", None, None, "recurring", "comments"]


@pytest.mark.parametrize(
    ("kept", "dropped", "credit"),
    [
        (["OSLO (Reuters) - The king said so."], [], "Reuters"),
        (["The king said so."], ["(c) Fjord News 2025: The king"], "Fjord News"),
        (["The king said so."], ["© 2025 The Fjord Times. All rights reserved."], "The Fjord Times"),
        (["The king said so."], ["Write to Ann Sand at ann.sand@wsj.com"], "The Wall Street Journal"),
        (["The king said so."], ["Write to ann@nowhere.example"], None),
        (["The king said so."], ["Write to ann@gmail.com", "Gmail"], None),
        (["The king told The Fjord Times so."], ["Write to ann@fjordtimes.example"], "The Fjord Times"),
        (["The king said so."], ["Write to ann@the-fjord.co.example", "More from The Fjord"], "The Fjord"),
        (["The king said so."], ["Write to ann@nfh.example", "About the North Fjord Herald"], "North Fjord Herald"),
        (["The North Fjord Hotel is full."], ["Write to ann@nfh.example"], None),
    ],
)
def test_credits(kept: list[str], dropped: list[str], credit: str | None) -> None:
    assert find_credit(kept, dropped) == credit


@pytest.mark.parametrize("url", ["mailto:a@b.org", "not a url", "https://", "http://[broken", "ftp://example.org/x"])
def test_what_is_no_web_address_has_no_canonical_form(url: str) -> None:
    assert canonical_url(url) is None


FURNITURE = "Sections and services of this paper\nThe weather where you are today.\n"
STORIES = [
    "The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday.",
    "A ferry ran onto a sandbank in thick fog on Wednesday morning, two miles from the harbour.",
    "The council will review the decision next year, the mayor told reporters on Friday.",
]


def raws() -> list[RawArticle]:
    return [
        RawArticle(url=f"https://example.org/{number}", content=f"{FURNITURE}\n{story}\n\n{story[::-1]}")
        for number, story in enumerate(STORIES)
    ]


def test_a_host_s_recurring_lines_are_set_aside() -> None:
    memory, cleaner = CleaningMemory(), Cleaner()
    for position, raw in enumerate(raws()):
        context, rows = memory.lookup_context(raw, position)
        assert rows
        assert context.pages == position
    article = cleaner.clean(raws()[2], context)
    assert isinstance(article, CleanArticle)
    assert "weather" not in article.text
    assert article.dropped[0].reason == "recurring"


def test_the_same_article_again_is_no_evidence_against_itself() -> None:
    memory = CleaningMemory()
    for position, url in enumerate(
        ("https://example.org/1", "https://example.org/1?utm_source=x", "https://example.org/copy")
    ):
        raw = RawArticle(url=url, content="\n\n".join(STORIES))
        context, _ = memory.lookup_context(raw, position)
        assert context.pages == 0


def test_a_replay_sees_what_the_first_run_saw() -> None:
    first, rows, seen = CleaningMemory(), {}, []
    for position, raw in enumerate(raws() * 3):
        context, new = first.lookup_context(raw, position)
        rows.update(new)
        seen.append(context)
    again = CleaningMemory()
    again.restore((key, row) for key, row in rows.items() if row is not None)
    for position, raw in enumerate(raws() * 3):
        context, new = again.lookup_context(raw, position)
        assert (context, new) == (seen[position], {})


def test_memory_forgets_in_order() -> None:
    memory, live = CleaningMemory(), set()
    for position in range(0, 400_000, 2_000):
        raw = RawArticle(url=f"https://host{position}.example/a", content=STORIES[0])
        _, rows = memory.lookup_context(raw, position)
        live |= {key for key, row in rows.items() if row is not None}
        live -= {key for key, row in rows.items() if row is None}
    assert len(live) <= (hosts.LONGEST_WINDOW + hosts.PAGE_WINDOW) // 2_000 + 1


def page_of(host: str, number: int) -> RawArticle:
    name = "".join(chr(97 + int(digit)) for digit in str(number))  # digits do not tell lines apart
    story = (
        f"The mayor of {name} said on Monday that the {name} bridge will be closed, and that the people of {name} know."
    )
    return RawArticle(url=f"https://{host}.example/{number}", content=f"{FURNITURE}\n{story}")


@pytest.mark.parametrize("gap", [1, 10, 1_000, 10_000])
def test_a_host_is_learned_at_the_same_pace_however_many_pages_of_others_come_between(gap: int) -> None:
    memory, seen = HostMemory(), []
    for number in range(9):
        context, _ = memory.lookup_context(page_of("slow", number), number * gap)
        seen.append((context.pages, sorted(set(context.lines.values()))))
        for other in range(1, min(gap, 20)):
            memory.lookup_context(page_of(f"other{other}", number), number * gap + other)
    assert seen == [(0, []), *((min(count, 6), [min(count, 6)]) for count in range(1, 9))]


def test_of_a_busy_host_only_the_latest_pages_are_kept_once_they_are_long_past() -> None:
    memory, live = HostMemory(), set()
    for number in range(600):
        _, rows = memory.lookup_context(page_of("busy", number), number * 100)
        live |= {key for key, row in rows.items() if row is not None}
        live -= {key for key, row in rows.items() if row is None}
        assert len(live) <= 70
    for position in range(61_000, 100_000, 1_000):
        _, rows = memory.lookup_context(page_of(f"other{position}", 0), position)
        live -= {key for key, row in rows.items() if row is None}
    assert len(live) == 12


def test_what_is_known_of_a_page_goes_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "PAGE_WINDOW", 100)
    memory = HostMemory()
    for position in range(2000):
        raw = RawArticle(url=f"https://busy.example/{position}", content=f"Home\n\nReport number {position}.")
        memory.lookup_context(raw, position)
    assert len(memory._by_age) <= 2 * hosts.PAGE_WINDOW + 1
    assert len(memory._old) <= hosts._KEPT_OLD


def test_a_record_that_comes_again_from_a_window_back_finds_the_same_pages() -> None:
    memory, kept, seen = HostMemory(), {}, {}
    places = [*range(0, 50_000, 400), *range(50_000, 61_000, 5_000)]
    for number, position in enumerate(places):
        seen[number], rows = memory.lookup_context(page_of("busy", number), position)
        kept.update(rows)
    again = HostMemory()
    again.restore((key, row) for key, row in kept.items() if row is not None)
    recent = [number for number, position in enumerate(places) if position > places[-1] - hosts.PAGE_WINDOW]
    assert len(recent) >= 2
    for number in recent:
        assert seen[number].pages == hosts.SEEN_PAGES
        assert again.lookup_context(page_of("busy", number), places[number])[0] == seen[number]


def test_a_notice_at_the_end_of_the_only_paragraph_does_not_take_it_away() -> None:
    text = (
        "The harbour of Esbjerg will be closed for two weeks, the port authority said on Monday, and ships must wait "
        "or sail to Aarhus. Copyright 2025 The Fjord Press. All rights reserved."
    )
    article = Cleaner().clean(RawArticle(content=text, title="Harbour closed"))
    assert isinstance(article, CleanArticle)
    assert article.text == text
