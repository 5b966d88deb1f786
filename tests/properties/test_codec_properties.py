"""What is written is read back the same, whatever it holds."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import CleanArticle, Decision, Dropped, Evidence, Quote, RawArticle, Shared, StoryEvent

# JSON carries no lone surrogates; everything else goes through.
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
times = st.datetimes(min_value=datetime(1, 1, 2), max_value=datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001
scores = st.floats(allow_nan=False, allow_infinity=False)
spans = st.integers(0, 2**53)

raws = st.builds(RawArticle, content=text, url=st.none() | text, title=st.none() | text, fetched_at=st.none() | times)
dropped = st.builds(Dropped, start=spans, end=spans, reason=text, score=scores)
cleans = st.builds(
    CleanArticle,
    id=text,
    text=text,
    title=st.none() | text,
    authors=st.lists(text, max_size=3).map(tuple),
    published=st.none() | times,
    language_confidence=st.none() | scores,
    dropped=st.lists(dropped, max_size=3).map(tuple),
)
shared = st.lists(st.builds(Shared, key=text, label=text, weight=scores), max_size=3).map(tuple)
evidence = st.builds(Evidence, score=scores, threshold=scores, terms=shared, hours_apart=st.none() | scores)
events = st.builds(
    StoryEvent, id=text, type=st.sampled_from(["created", "joined"]), story_id=text, at=st.none() | times,
    evidence=st.none() | evidence,
)  # fmt: skip
decisions = st.builds(Decision, article_id=text, events=st.lists(events, max_size=3).map(tuple))
quotes = st.builds(Quote, text=text, start=spans, end=spans, speaker=st.none() | text)


@given(st.one_of(raws, cleans, decisions, quotes))
def test_round_trip(record):
    assert codec.decode(type(record), codec.encode(record)) == record


@given(st.binary(max_size=200))
def test_any_bytes_are_a_record_or_a_decode_error(data):
    for kind in (RawArticle, CleanArticle, Decision):
        try:
            assert isinstance(codec.decode(kind, data), kind)
        except codec.DecodeError as error:
            assert str(error)  # noqa: PT017 - both outcomes are right, silence is not
