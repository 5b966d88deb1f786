"""The query language: what it reads, how it says what is wrong, and what stories answer."""

from __future__ import annotations

import pytest

from streams.contracts.records import Story, StoryArticle, StoryEntity
from streams.query import QueryError, Subject, answers, canonical, parse
from streams.query.evaluate import base_of, is_spike, most_within
from streams.query.nodes import Spike
from streams.query.parse import MOST_CHARACTERS
from streams.query.subject import Seen

HOUR = 3600.0
STORY = Story(
    id="s",
    headline="Gonçalves opens the harbour of Lindvik",
    article_count=4,
    outlets=3,
    origins=2,
    articles=(StoryArticle(id="a", title="Ferry ran aground"), StoryArticle(id="b")),
    sources=("Sky News", "Lindvik Courier"),
    entities=(
        StoryEntity(id="person:ana-goncalves", name="Ana Gonçalves", type="PER"),
        StoryEntity(id="place:lindvik", name="Lindvik", type="LOC"),
        StoryEntity(id="org:coast-guard", name="Coast Guard", type="ORG"),
    ),
    languages=("en",),
)
HISTORY = (Seen(0, "x", "A"), Seen(HOUR, "x", "B"), Seen(2 * HOUR, "y", "C"), Seen(9 * HOUR, "z", ""))
SUBJECT = Subject.of(STORY, HISTORY, now=9 * HOUR)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("goncalves LINDVIK", True),
        ("harb", False),
        ("harb*", True),
        ('"ran aground"', True),
        ('"aground ran"', False),
        ("person:goncalves", True),
        ("person:person:ana-goncalves", True),
        ("person:lindvik", False),
        ("place:Lindvik org:guard entity:ana", True),
        ('outlet:"sky news" NOT outlet:sky-sport', True),
        ("lang:en-GB", True),
        ("lang:fr OR ferry", True),
        ("lang:fr OR (ferry NOT aground)", False),
        ("phase:developing", True),
        ("NOT NOT ferry", True),
        ("articles>=4 outlets<4 origins = 2", True),
        ("articles>4", False),
        ("origins>=2 within 1h", True),
        ("origins>=2 within 59m", False),
        ("articles>=3 within 2h", True),
        ("outlets>3 within 30d", False),
        ("spike()", False),
    ],
)
def test_what_a_story_answers(query: str, expected: bool) -> None:
    node = parse(query)
    assert answers(node, SUBJECT) is expected
    again = parse(canonical(node))
    assert canonical(again) == canonical(node)
    assert answers(again, SUBJECT) is expected


@pytest.mark.parametrize(
    ("query", "position", "says"),
    [
        ("", 0, "missing"),
        ("ferry AND", 9, "missing"),
        ("ferry OR OR fog", 9, "missing"),
        ("(ferry", 0, "never closed"),
        ("ferry) fog", 5, "closes nothing"),
        ('ferry "fog', 6, "quotation mark is never closed"),
        ('ferry ""', 7, "no word"),
        ("ferry colour:red", 6, "no colour:"),
        ("person: Ana", 0, "wants a name"),
        ("phase:loud", 6, "one of breaking"),
        ("lang:klingon", 0, "code of a language"),
        ("ferry ***", 6, "no letter or digit"),
        ("origins<3 within 2h", 7, ">= or >"),
        ("origins>=3 within 31d", 18, "between 1m and 30d"),
        ("spike(spike())", 0, "of a spike"),
        ("(" * 17 + "a" + ")" * 17, 17, "levels"),
        ("NOT " * 17 + "a", 64, "levels"),
        ("a " * 65, 130, "at most 64 terms"),
        ("a" * (MOST_CHARACTERS + 1), MOST_CHARACTERS, "characters"),
    ],
)
def test_what_is_no_query_says_what_and_where(query: str, position: int, says: str) -> None:
    with pytest.raises(QueryError, match=says) as caught:
        parse(query)
    assert caught.value.position == position


def test_growth_looks_at_any_span_and_counts_each_once() -> None:
    assert most_within([], "origins", HOUR) == 0
    seen = [Seen(at * HOUR, origin) for at, origin in enumerate("abacad")]
    assert [most_within(seen, "origins", span * HOUR) for span in (0, 1, 2, 3, 5)] == [1, 2, 3, 3, 4]
    assert most_within(seen, "articles", 2 * HOUR) == 3
    assert most_within(seen, "outlets", 9 * HOUR) == 0, "nobody known published them"


def test_a_spike_is_of_the_query_without_what_grows() -> None:
    query = parse("person:ana (fog OR spike()) origins>=3 phase:new")
    base = base_of(Spike(), query)
    assert base is not None
    assert canonical(base) == "person:ana fog"
    assert base_of(Spike(), parse("spike() articles>=2")) is None
    assert base_of(Spike(parse("fog")), query) == parse("fog")


def test_a_spike_wants_a_week_a_number_and_a_day_that_stands_out() -> None:
    def busy(days: int, each: int, today: int) -> bool:
        hours = {day * 24 + 12: each for day in range(days)} | {days * 24 + 12: today}
        return is_spike(hours, (days * 24 + 12) * HOUR, 12 * HOUR)

    assert busy(30, 2, 10)
    assert not busy(30, 2, 7), "within what chance does"
    assert not busy(30, 0, 5), "five articles are few"
    assert busy(30, 0, 6)
    assert not busy(5, 0, 50), "nothing is known of a usual day"
    assert not busy(30, 20, 45), "twice is not thrice"
