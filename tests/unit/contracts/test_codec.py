from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from streams.contracts import codec
from streams.contracts.records import CleanArticle, Decision, RawArticle, Story, StoryEvent, TaggedArticle


@pytest.mark.parametrize(
    ("kind", "data", "says"),
    [
        (CleanArticle, b"\xff\xfe", "not JSON"),
        (CleanArticle, b'{"id": "a", "te', "not JSON"),
        (CleanArticle, b"[" * 100_000, "not JSON"),
        (CleanArticle, b"[1, 2]", "Expected `object`"),
        (CleanArticle, b'{"id": "a"}', "missing required field `text`"),
        (CleanArticle, b'{"id": 7, "text": ""}', "$.id"),
        (CleanArticle, b'{"id": "a", "text": "", "authors": ["x", 3]}', "$.authors[1]"),
        (CleanArticle, b'{"id": "a", "text": "", "published": "soon"}', "$.published"),
        (TaggedArticle, b'{"id": "a", "text": "", "entities": [{"id": "x", "name": "X", "type": "CAT"}]}', ".type"),
        (
            TaggedArticle,
            b'{"id":"a","text":"","entities":[{"id":"x","name":"X","type":"PER","mentions":[{"field":"text"}]}]}',
            "$.entities[0].mentions[0]",
        ),
        (RawArticle, b"{}", "content"),
        (RawArticle, b'{"retracted": true}', "needs the id"),
        (RawArticle, b'{"content": 12}', "$.content"),
    ],
)
def test_bad_bytes_say_where_and_why(kind, data, says):
    with pytest.raises(codec.DecodeError, match=re.escape(says)):
        codec.decode(kind, data)


def test_unknown_fields_are_ignored_so_that_records_may_grow():
    assert codec.decode(CleanArticle, b'{"id": "a", "text": "t", "new": {"deep": 1}}') == CleanArticle(id="a", text="t")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2014-01-28", datetime(2014, 1, 28, tzinfo=UTC)),
        ("2017-09-15T10:30:00", datetime(2017, 9, 15, 10, 30, tzinfo=UTC)),
        ("2017-09-15T10:30:00Z", datetime(2017, 9, 15, 10, 30, tzinfo=UTC)),
        ("2017-09-15T12:30:00+02:00", datetime(2017, 9, 15, 10, 30, tzinfo=UTC)),
    ],
)
def test_bare_dates_and_naive_times_are_utc(written, read):
    article = codec.decode(TaggedArticle, codec.encode({"id": "a", "text": "t", "published": written}))
    assert article.published == read


def test_a_naive_time_in_a_record_is_refused():
    with pytest.raises(ValueError, match="published needs a time zone"):
        CleanArticle(id="a", text="", published=datetime(2025, 1, 1))  # noqa: DTZ001 - the point of the test


def test_the_published_field_of_a_raw_article_stays_as_written():
    assert codec.decode(RawArticle, b'{"content": "x", "published": "last Tuesday"}').published == "last Tuesday"


def test_round_trip_of_nested_records():
    event = StoryEvent(id="e", type="created", story_id="s", at=datetime(2025, 1, 1, tzinfo=UTC), article_id="a")
    decision = Decision(article_id="a", events=(event,))
    assert codec.decode(Decision, codec.encode(decision)) == decision


def test_schema_names_the_record_and_its_required_fields():
    schema = codec.schema(Story)
    assert schema["title"] == "Story"
    assert schema["$schema"].endswith("2020-12/schema")
    assert '"required"' in codec.encode(schema).decode()
