"""The pure parts: health from timestamps, quotations side by side, values as pages show them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts import headers
from streams.contracts.records import CleanArticle, Entity, Mention, Quote, TaggedArticle
from streams.dashboard.follow.health import Health, percentile
from streams.dashboard.web.quotes import Said, shared_quotes
from streams.dashboard.web.render import ago, paragraphs, safe_url, seconds, shown, spark_path

T = 1_700_000_000.0


def output(stage="tag", waited=2.0, at=T):
    return headers.make(CleanArticle, "id", stage, at=datetime.fromtimestamp(at - waited, UTC)), at


def report(health, stage="tag", now=T + 15):
    return next(each for each in health.report(now) if each.stage == stage)


def test_rate_and_latency_come_from_timestamps():
    health = Health()
    for number in range(120):
        made, at = output(waited=number % 10, at=T - 60 + number / 2)
        health.wrote(made, at)
    tag = report(health)
    assert 1.0 < tag.rate <= 2.0
    assert tag.p50 == pytest.approx(4.0, abs=1)
    assert tag.p95 == pytest.approx(9.0, abs=0.01)
    assert report(health, "clean").p50 is None


def test_lag_and_the_age_of_the_last_commit():
    health = Health()
    assert report(health).lag is None
    health.committed("tag", {0: 10, 1: 5}, {0: 4}, T)
    assert report(health).lag == 11
    assert report(health).commit_age is None, "when that was, nobody saw"
    health.committed("tag", {0: 10, 1: 5}, {0: 10, 1: 5}, T + 5)
    assert (report(health).lag, report(health).commit_age) == (0, 10.0)
    health.committed("tag", {0: 8}, {0: 10}, T + 6)
    assert report(health).lag == 0, "an end behind the commit is a broker that reports late"


def test_failures_are_counted_by_reason_and_bounded():
    health = Health()
    for number in range(500):
        health.wrote(output("clean")[0], T, rejected=f"reason {number}")
    health.died([(headers.ERROR_PREFIX + "stage", b"tag"), (headers.ERROR_PREFIX + "exception", b"DecodeError")])
    health.died([])
    health.wrote([("ce_source", b"/somebody/else")], T)
    clean = report(health, "clean")
    assert len(clean.rejections) <= 41
    assert sum(count for _, count in clean.rejections) == 500
    assert report(health).dead_letters == (("DecodeError", 1),)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=50), st.floats(0.01, 1))
def test_a_percentile_is_a_value_that_enough_do_not_exceed(values, share):
    found = percentile(sorted(values), share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


def said(outlet, text, speaker=None):
    return Said(article_id=outlet, outlet=outlet, text=text, speaker=speaker)


def test_one_quotation_in_three_outlets_is_aligned_with_its_differences():
    found = shared_quotes(
        [
            said("Post", "We will open the bridge again by Friday, whatever it takes."),
            said("Wave", "We will open the bridge again by Friday.", "person:mayor"),
            said("Times", "We will open the old bridge again by Friday."),
            said("Times", "Nobody asked the ferrymen what they think."),
        ]
    )
    [quote] = found
    assert quote.speaker == "person:mayor"
    assert quote.outlets[0] == "Post"
    by = {version.said.outlet: [(piece.kind, piece.text) for piece in version.pieces] for version in quote.versions}
    assert ("own", "whatever it takes.") in by["Post"]
    assert ("own", "old") in by["Times"]
    assert by["Wave"][-1][0] == "gap"


def test_small_talk_and_one_outlets_repeats_are_no_shared_quotation():
    assert shared_quotes([said("A", "very good"), said("B", "Very good")]) == []
    assert shared_quotes([said("A", "We are very glad today"), said("A", "We are very glad today")]) == []
    assert shared_quotes([said("A", "not at all"), said("B", "Not at all!")]) != []
    assert shared_quotes([said("A", "stringing us along"), said("B", "He is stringing us along, he said")]) != []
    assert shared_quotes([said("A", "us along"), said("B", "He is stringing us along, he said")]) == []


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.text(max_size=60)), max_size=12))
def test_pieces_put_together_are_the_words_of_the_version(pairs):
    for quote in shared_quotes([said(outlet, text) for outlet, text in pairs]):
        for version in quote.versions:
            words = " ".join(piece.text for piece in version.pieces if piece.kind != "gap").split()
            assert words == version.said.text.split()


def test_text_is_cut_where_entities_and_quotations_begin_and_end():
    text = 'Ada Lund said: "Oxhaven is open."\n\nAnd so it was.'
    article = TaggedArticle(
        id="a",
        text=text,
        entities=(
            Entity(
                id="p", name="Ada", type="PER", mentions=(Mention(field="text", start=0, end=8, surface="Ada Lund"),)
            ),
            Entity(
                id="o", name="Ox", type="LOC", mentions=(Mention(field="text", start=16, end=23, surface="Oxhaven"),)
            ),
        ),
        quotes=(Quote(text="Oxhaven is open.", start=15, end=33),),
    )
    first, second = paragraphs(article)
    assert "".join(run.text for run in first + second) == text.replace("\n\n", "")
    assert [(run.text, run.entity.id) for run in first if run.entity] == [("Ada Lund", "p"), ("Oxhaven", "o")]
    assert [run.text for run in first if run.quoted] == ['"', "Oxhaven", ' is open."']


@given(st.text(max_size=80), st.lists(st.tuples(st.integers(-5, 90), st.integers(-5, 90)), max_size=6))
def test_marks_at_any_offsets_lose_no_text(text, spans):
    entity = Entity(
        id="e",
        name="E",
        type="PER",
        mentions=tuple(Mention(field="text", start=a, end=b, surface="") for a, b in spans),
    )
    quotes = tuple(Quote(text="", start=a, end=b) for a, b in spans)
    article = TaggedArticle(id="a", text=text, entities=(entity,), quotes=quotes)
    kept = "".join(run.text for runs in paragraphs(article) for run in runs)
    assert kept.split() == shown(text).split() or "\n\n" in text


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", " JavaScript:alert(1)", "data:text/html,x", "//host/x", "/x", "", None, "http://", "http://[",
     "vbscript:x", "ftp://host/x"],
)  # fmt: skip
def test_only_web_addresses_become_links(url):
    assert safe_url(url) is None


def test_web_addresses_do():
    assert safe_url(" https://example.org/a?b=1 ") == "https://example.org/a?b=1"


def test_values_as_people_read_them():
    assert [ago(T - gap, T) for gap in (5, 65, 7300, 90_000)] == ["now", "1 min", "2 h", "1 d"]
    assert ago(T - 30 * 86_400, T) == "15 Oct 2023"
    assert [seconds(value) for value in (None, 0.0123, 2.34, 120, 7200)] == ["–", "12 ms", "2.3 s", "2 min", "2 h"]
    assert shown("a\u202eb\x00c\u2066") == "abc"
    assert spark_path((0, 4, 2), 3, 10) == "M0 9h0.75v1h-0.75zM1 0h0.75v10h-0.75zM2 5h0.75v5h-0.75z"
