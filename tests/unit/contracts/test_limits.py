"""What comes from outside is held to its limits where it enters, and then no record can pass a topic's limit."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.limits import LIMITS, MOST, bounded, bounded_id, clip, decode
from streams.contracts.records import CleanArticle, Entity, Mention, Quote, RawArticle, Rejection, TaggedArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.pipeline import CleaningMemory, clean_one
from streams.stages.clean import Cleaner, article_id, canonical_url, host_of
from streams.stages.cluster import Clusterer
from streams.stages.cluster.lifecycle.fold import LISTED
from streams.stages.cluster.lifecycle.present import in_short
from streams.stages.cluster.lifecycle.split import MOVED
from streams.text import LANGUAGES, language_key, primary_language

MB = 1_000_000
CLEANER = Cleaner()
PROSE = "The mayor of Springfield said on Monday that the old bridge will be closed until the spring. " * 4


def cleaned(raw: RawArticle) -> CleanArticle:
    outcome = clean_one(raw, 0, cleaner=CLEANER, memory=CleaningMemory())
    assert isinstance(outcome, CleanArticle), outcome
    return outcome


def test_every_field_has_one_limit():
    assert len(MOST) == len(LIMITS)


def test_a_record_within_the_limits_is_the_same_record():
    article = TaggedArticle(id="a", text=PROSE, title="Bridge", url="https://example.org/a", authors=("Ann Lee",))
    assert bounded(article) is article


def test_a_publisher_of_megabytes_is_cut_and_said_so():
    data = json.dumps({"@type": "NewsArticle", "publisher": {"name": "X" * 1_600_000}, "headline": "Bridge closed"})
    page = f'<html><head><script type="application/ld+json">{data}</script></head><body><p>{PROSE}</p></body></html>'
    article = cleaned(RawArticle(content=page, content_type="text/html", url="https://example.org/a"))
    assert len(article.source or "") <= MOST["source"]
    given_source = cleaned(RawArticle(content=PROSE, source="Y" * 2 * MB))
    assert len(given_source.source or "") == MOST["source"]
    assert given_source.cut == ("source",)
    assert len(codec.encode(given_source)) < 10_000


def test_a_language_of_a_json_body_is_a_known_one_or_found_out():
    body = json.dumps({"text": PROSE, "language": "en" + "x" * MB})
    assert cleaned(RawArticle(content=body, content_type="application/json")).language == "en"
    made_up = json.dumps({"text": PROSE, "language": "q7"})
    assert cleaned(RawArticle(content=made_up, content_type="application/json")).language == "en"


@pytest.mark.parametrize("tag", ["en", "EN", "en-GB", "en_US", "eng", " en "])
def test_variants_of_a_language_meet(tag):
    assert language_key(tag) == "en"
    assert cleaned(RawArticle(content=PROSE, language=tag)).language == "en"
    decision = Clusterer().decide(TaggedArticle(id="a", text=PROSE, language=tag))
    assert decision is not None
    assert decision.language == "en"


def test_what_is_no_language_is_undetermined():
    assert [language_key(tag) for tag in (None, "", "und", "xx", "e" * MB, "en" * 9)] == ["und"] * 6
    assert all(primary_language(code) == code for code in LANGUAGES)


def test_a_url_wrapped_a_thousand_times_is_no_address():
    url = "https://" + "google.com/amp/" * 1000 + "example.org/a"
    assert canonical_url(url) is None
    assert canonical_url("https://" + "google.com/amp/" * 100 + "example.org/a") is None
    assert canonical_url("https://www.google.com/amp/s/google.com/amp/s/example.org/a") == "https://example.org/a"
    raw = RawArticle(content=PROSE, url=url)
    assert host_of(url) is None
    assert cleaned(raw).url is None
    assert cleaned(raw).cut == ("url",)


def test_an_id_of_megabytes_becomes_its_beginning_and_a_digest():
    one, other = "guid " * 2 * MB, "guid " * 2 * MB + "x"
    assert len(bounded_id(one)) < MOST["id"]
    assert (
        bounded_id(one)
        == article_id(RawArticle(content=PROSE, id=one))
        == cleaned(RawArticle(content=PROSE, id=one)).id
    )
    assert bounded_id(one) != bounded_id(other)
    assert bounded_id(bounded_id(one)) == bounded_id(one)


def test_control_characters_go_from_what_is_one_line():
    article = cleaned(RawArticle(content=PROSE, title="Bridge\x00\x1b[2J\u2028 closed", source="A\nB", id="a\x00b"))
    assert (article.title, article.source) == ("Bridge [2J closed", "A B")
    assert "\x00" not in article.id


def test_clip_cuts_between_words():
    assert clip("one two three four", 14) == "one two three…"
    assert clip("x" * 50, 10) == "x" * 9 + "…"


def test_a_text_beyond_its_limit_is_refused_in_each_stage():
    outcome = CLEANER.clean(RawArticle(content=(PROSE + "\n\n") * (3 * MB // len(PROSE))))
    assert isinstance(outcome, Rejection)
    assert outcome.reason == "too_large"
    with pytest.raises(codec.DecodeError, match="the limit is 1000000"):
        decode(CleanArticle, codec.encode(CleanArticle(id="a", text="x" * (MB + 1))))


def test_dates_that_cannot_be_moved_between_zones_go():
    far = datetime(9999, 12, 31, 23, tzinfo=UTC)
    assert bounded(CleanArticle(id="a", text="t", published=far, modified=datetime(1, 1, 1, tzinfo=UTC))).cut == (
        "published",
        "modified",
    )


def test_mentions_and_quotations_out_of_place_go():
    wrong = [(-5, 3), (3, 2), (0, 10**12)]
    article = TaggedArticle(
        id="a",
        text="Ann said so.",
        entities=(
            Entity(id="person:ann", name="Ann", type="PER", mentions=(
                Mention(field="text", start=0, end=3, surface="Ann"),
                *(Mention(field="text", start=start, end=end, surface="Ann") for start, end in wrong),
            )),
            Entity(id="person:" + "x" * MB, name="x", type="PER"),
        ),
        quotes=tuple(Quote(text="so", start=start, end=end) for start, end in [(9, 11), *wrong]),
    )  # fmt: skip
    held = bounded(article)
    assert [len(entity.mentions) for entity in held.entities] == [1]
    assert len(held.quotes) == 1
    assert held.cut == ("entities", "quotes")


def worst(number: int) -> TaggedArticle:
    """As much as a tagged article may hold, in characters that take four bytes each."""
    wide = "\U0001f600"
    text = (wide + " ") * (MOST["text"] // 2)
    share = MOST["mentions"] // MOST["entities"]
    return TaggedArticle(
        id=f"{number:04}" + wide * (MOST["id"] - 4),
        text=text,
        title=f"{number} " + wide * (MOST["title"] - 5),
        url="https://example.org/" + wide * (MOST["url"] - 20),
        source=wide * MOST["source"],
        credit=wide * MOST["credit"],
        image="https://example.org/" + wide * (MOST["image"] - 20),
        section=wide * MOST["section"],
        authors=(wide * MOST["author"],) * MOST["authors"],
        language="en",
        entities=tuple(
            Entity(
                id=f"{index:04}" + wide * (MOST["entity"] - 4),
                name=wide * MOST["entity"],
                type="PER",
                detail=wide * MOST["entity"],
                link=wide * MOST["entity"],
                reason=wide * MOST["reason"],
                salience=0.5,
                mentions=(Mention(field="text", start=0, end=9, surface=wide * MOST["entity"]),) * share,
            )
            for index in range(MOST["entities"])
        ),
        quotes=tuple(
            Quote(text=f"{number} {index} " + wide * 200, start=index, end=index + 1, cue=wide * MOST["cue"])
            for index in range(MOST["quotes"])
        ),
    )


def test_nothing_that_a_stage_writes_from_the_worst_records_can_pass_a_topics_limit():
    tagged = worst(0)
    assert bounded(tagged) is tagged
    assert len(codec.encode(tagged)) < MAX_MESSAGE_BYTES
    clusterer = Clusterer()
    largest = {"decision": 0, "row": 0, "story": 0}
    for number in range(30):
        article = worst(number)
        decision = clusterer.decide(article)
        assert decision is not None
        changes = clusterer.apply(article, decision, number)
        rows = [len(row) for row in changes.rows.values() if row is not None]
        largest["decision"] = max(largest["decision"], len(codec.encode(decision)))
        largest["row"] = max(largest["row"], *rows)
        largest["story"] = max(largest["story"], *(len(codec.encode(story)) for story in changes.stories))
    # A split names 24 listed articles at most, each as large as the one of a plain decision, and others in short.
    short = max(len(codec.encode(in_short(member))) for member in clusterer._members.values())
    assert 24 * largest["decision"] + (MOVED + LISTED) * short < MAX_MESSAGE_BYTES
    assert max(largest["row"], largest["story"]) < MAX_MESSAGE_BYTES / 4


texts = st.one_of(
    st.text(max_size=40),
    st.builds(lambda part, times: part * times, st.text(min_size=1, max_size=4), st.integers(1, 60_000)),
    st.sampled_from(
        [PROSE, f"<html><body><p>{PROSE}</p></body></html>", json.dumps({"text": PROSE, "lang": "x" * 99})]
    ),
)
raws = st.builds(
    RawArticle,
    content=texts,
    content_type=st.sampled_from(["text/html", "text/plain", "application/json", "", "image/png"]),
    id=st.none() | texts.filter(bool),
    url=st.none() | texts | texts.map(lambda tail: f"https://example.org/{tail}"),
    source=st.none() | texts,
    title=st.none() | texts,
    published=st.none() | texts | st.just("2025-09-19"),
    language=st.none() | texts,
)


@settings(max_examples=120, deadline=None)
@given(raws)
def test_any_raw_record_becomes_a_record_within_the_limits_or_a_rejection(raw):
    outcome = clean_one(raw, 0, cleaner=CLEANER, memory=CleaningMemory())
    if isinstance(outcome, Rejection):
        assert len(codec.encode(outcome)) < 20_000
        return
    assert bounded(outcome) is outcome
    tagged = codec.decode(TaggedArticle, codec.encode(outcome))
    clusterer = Clusterer()
    decision = clusterer.decide(tagged)
    assert decision is not None
    clusterer.apply(tagged, decision, 0)
