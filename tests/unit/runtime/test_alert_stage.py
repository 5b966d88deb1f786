"""Watches over messages, without Kafka: what is given once, what survives, and what no record may do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from decided_stories import corrected, decided, kept, member, step, watch
from log_in_memory import Log, drive

from streams.contracts import codec, headers
from streams.contracts.records import Alert, Decision, Pins, Watch
from streams.contracts.topology import STATE_ALERT, STORY_EVENTS
from streams.metrics import Metrics
from streams.runtime.messages import Outgoing
from streams.runtime.stages.alert import AlertStage
from streams.settings import load
from streams.stages.alert import watched
from streams.stages.alert.alerter import Alerter, Caused


def stage_on(log: Log, metrics: Metrics | None = None) -> AlertStage:
    return AlertStage(load(), metrics or Metrics(), log)


def alerts(log: Log) -> list[Alert]:
    return [codec.decode(Alert, out.value or b"") for out in log.on("alerts")]


def given(log: Log) -> list[tuple[str, str]]:
    return [(alert.watch_id, alert.story_id) for alert in alerts(log)]


async def run(log: Log, *batch: Any, watches: list[Watch]) -> Metrics:
    metrics = Metrics()
    log.take(kept(watches))
    await drive(stage_on(log, metrics), log, batch)
    return metrics


FERRY = [
    decided(0, step("created", "s", member("a", hours=0))),
    decided(1, step("joined", "s", member("b", hours=1, outlet="B"))),
    decided(2, step("joined", "s", member("c", hours=3, outlet="C"))),
]


async def test_stories_that_are_packed_away_answer_as_those_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    batch = [
        decided(place, step("joined" if place > 1 else "created", story, member(f"{story}{place}", hours=place)))
        for place, story in enumerate("stststst")
    ]
    told: list[list[tuple[str, bytes | None, bytes | None]]] = []
    for live in (watched.LIVE, 1, 0):
        monkeypatch.setattr(watched, "LIVE", live)
        log = Log()
        await run(log, *batch, watches=[watch("w", "articles>=3")])
        assert given(log) == [("w", "s"), ("w", "t")]
        told.append([(out.topic.name, out.key, out.value) for out in log.told])
    assert told[0] == told[1] == told[2]


async def test_a_story_answers_a_watch_once(log: Log) -> None:
    metrics = await run(log, *FERRY, watches=[watch("w", "place:lindvik outlets>=2"), watch("never", "budget")])
    (alert,) = alerts(log)
    assert (alert.watch_id, alert.story_id, alert.article_id, alert.outlet) == ("w", "s", "b", "B")
    assert (alert.articles, alert.outlets, alert.origins, alert.entities) == (2, 2, 2, ("Lindvik",))
    assert alert.at == member("b", hours=1).published, "the article's time"
    assert alert.condition == "place:lindvik outlets>=2"
    assert headers.source_position(log.on("alerts")[0].headers) == FERRY[1].position
    outcomes = [
        metrics.value("streams_records_total", stage="alert", outcome=each) for each in ("published", "nothing")
    ]
    assert outcomes == [1, 2]
    assert metrics.value("streams_watch_entries", stage="alert", state="asked") == 2


async def test_it_asks_only_of_what_came_after_it_was_made(log: Log) -> None:
    late = replace(FERRY[2], at=FERRY[2].at and FERRY[2].at.replace(year=2027))
    await run(log, *FERRY[:2], late, watches=[watch("w", "ferry", created=2000)])
    assert [alert.article_id for alert in alerts(log)] == ["c"]


async def test_another_query_of_the_same_watch_is_another_condition(log: Log) -> None:
    await run(log, *FERRY[:2], watches=[watch("w", "ferry")])
    await run(log, *FERRY[2:], watches=[watch("w", "ferry OR fog")])
    assert [alert.condition for alert in alerts(log)] == ["ferry", "ferry OR fog"]
    assert len({alert.id for alert in alerts(log)}) == 2


async def test_a_merged_story_has_answered_for_the_one_that_it_is_in(log: Log) -> None:
    merged = step("merged", "s", None, other_id="t")
    other = step("created", "t", member("z", "Storm", hours=2, outlet="Z"))
    more = step("joined", "t", member("y", "Ferry", hours=4, outlet="Y"))
    events = [FERRY[0], decided(1, other), decided(2, merged), decided(3, more)]
    await run(log, *events, watches=[watch("w", "ferry")])
    assert given(log) == [("w", "s")]


async def test_growth_counts_by_the_articles_times_however_late_they_come(log: Log) -> None:
    articles = [member("a", hours=50, outlet="A"), member("b", hours=90, outlet="B"), member("c", hours=49, outlet="C")]
    events = [step("created", "s", articles[0]), *(step("joined", "s", each) for each in articles[1:])]
    await run(log, *(decided(n, one) for n, one in enumerate(events)), watches=[watch("w", "origins>=2 within 2h")])
    (alert,) = alerts(log)
    assert alert.article_id == "c"


async def test_a_spike_is_told_apart_from_what_is_usual(log: Log) -> None:
    usual = [decided(n, step("created", f"u{n}", member(f"u{n}", hours=24 * n / 2))) for n in range(40)]
    day = [decided(40 + n, step("created", f"d{n}", member(f"d{n}", hours=480 + n, outlet=f"O{n}"))) for n in range(12)]
    budget = decided(60, step("created", "b", member("b", "Budget", hours=492)))
    watches = [
        watch("w", "ferry spike()"),
        watch("of", 'place:lindvik spike("ferry")'),
        watch("other", "budget spike()"),
    ]
    await run(log, *usual, *day, budget, watches=watches)
    first = [story for name, story in given(log) if name == "w"]
    assert first[0] == "d6", "seven that day, and two from the day before"
    assert len(first) == 6
    assert ("of", "b") in given(log)
    assert ("other", "b") not in given(log)


@pytest.mark.parametrize("stop_after", range(1, 9))
async def test_a_kill_at_any_record_gives_the_same_alerts(stop_after: int) -> None:
    watches = [watch("w", "ferry"), watch("v", "origins>=2 within 2h"), watch("u", "articles>=3")]
    whole, broken = Log(), Log()
    await run(whole, *FERRY, watches=watches)
    broken.take(kept(watches))
    await drive(stage_on(broken), broken, FERRY, stop_after=stop_after + len(watches))
    await drive(stage_on(broken), broken, FERRY)
    assert {alert.id: alert for alert in alerts(broken)} == {alert.id: alert for alert in alerts(whole)}
    assert await broken.rows("news.state.alert", 0) == await whole.rows("news.state.alert", 0)


async def test_redelivered_and_repeated_decisions_give_nothing(log: Log) -> None:
    watches = [watch("w", "articles>=4")]
    again = decided(3, step("joined", "s", member("c", hours=3, outlet="C")), source=2)
    await run(log, *FERRY, again, watches=watches)
    await run(log, *FERRY, again, watches=watches)
    assert given(log) == []


async def test_lost_rows_are_built_anew_from_the_log_and_the_alerts(log: Log) -> None:
    watches = [watch("w", "ferry"), watch("v", "articles>=3")]
    await run(log, *FERRY[:2], watches=watches)
    log.published = [out for out in log.published if out.topic is not STATE_ALERT]
    log.take(
        [Outgoing(topic=STORY_EVENTS, key=b"en", value=each.value, headers=each.headers, partition=0) for each in FERRY]
    )
    metrics = await run(log, FERRY[2], watches=watches)
    assert given(log) == [("w", "s"), ("v", "s")]
    assert alerts(log)[1].articles == 3
    assert metrics.value("streams_state_rebuilds_total", stage="alert") == 1


async def test_a_watch_that_is_none_asks_nothing_and_stops_nothing(log: Log) -> None:
    bad = [Outgoing(topic=kept([watch("x", "a")])[0].topic, key=b"junk", value=b"{}", partition=0)]
    log.take(bad)
    metrics = await run(log, *FERRY, watches=[watch("broken", "ferry ("), watch("w", "ferry")])
    assert given(log) == [("w", "s")]
    assert metrics.value("streams_watch_entries", stage="alert", state="failing") == 2


async def test_what_is_no_decision_is_a_dead_letter(log: Log) -> None:
    foreign = replace(FERRY[0], offset=9, headers=[])
    junk = replace(FERRY[0], offset=8, value=b"junk")
    await run(log, junk, foreign, *FERRY, watches=[watch("w", "ferry")])
    assert len(log.on("dead-letters")) == 2
    assert given(log) == [("w", "s")]


#: Two stories, of which a person makes one: its place is the first of the corrections, below those of the articles.
MENDED = [
    decided(3, step("created", "s", member("a", hours=0))),
    decided(4, step("created", "t", member("b", "Fog", hours=1, outlet="B"))),
    corrected(5, step("merged", "t", other_id="s"), source=0, after=4),
    decided(6, step("joined", "s", member("c", "Ferry", hours=2, outlet="C"))),
]


async def test_what_people_decide_counts_whatever_its_place(log: Log) -> None:
    watches = [watch("two", "articles>=2"), watch("three", "outlets>=3")]
    await run(log, *MENDED, watches=watches)
    assert given(log) == [("two", "s"), ("three", "s")]
    await run(log, *MENDED, watches=watches)
    assert len(alerts(log)) == 2


async def test_rows_that_are_lost_are_built_with_what_people_decided(log: Log) -> None:
    await run(log, *MENDED[:3], watches=[watch("two", "articles>=2")])
    rows = await log.rows("news.state.alert", 0)
    log.published = [out for out in log.published if out.topic is not STATE_ALERT]
    log.take([
        Outgoing(topic=STORY_EVENTS, key=b"en", value=each.value, headers=each.headers, partition=0) for each in MENDED
    ])  # fmt: skip
    await run(log, MENDED[3], watches=[watch("three", "outlets>=3")])
    assert given(log) == [("two", "s"), ("three", "s")]
    assert rows.keys() <= (await log.rows("news.state.alert", 0)).keys()


async def test_a_story_that_is_no_news_answers_nothing(log: Log) -> None:
    hidden = corrected(4, step("revised", "s", pins=Pins(not_news="c0")), source=0, after=3, action="not-news")
    await run(log, MENDED[0], hidden, MENDED[3], watches=[watch("two", "articles>=2")])
    assert given(log) == []


async def test_a_decision_that_was_a_dead_letter_stops_no_rebuild(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    apply = Alerter.apply

    def picky(self: Alerter, decision: Decision, place: int, arrived: float) -> Caused:
        if decision.article_id == "b":
            raise OverflowError
        return apply(self, decision, place, arrived)

    monkeypatch.setattr(Alerter, "apply", picky)
    log.take(
        [Outgoing(topic=STORY_EVENTS, key=b"en", value=each.value, headers=each.headers, partition=0) for each in FERRY]
    )
    await run(log, FERRY[2], watches=[watch("w", "articles>=2")])
    assert [alert.articles for alert in alerts(log)] == [2], "a and c"
