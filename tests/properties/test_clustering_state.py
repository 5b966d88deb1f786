"""State that a crash, a replay or a restart cannot bend."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import Decision, Entity, Quote, Story, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, fold
from streams.stages.cluster.features.join_features import MEASURES
from streams.stages.cluster.match import match, nearest

TOPICS = {
    "flood": "river burst its banks in Hexham and crews pumped water from homes near Tyne Green",
    "strike": "rail workers of the Northern union walked out over pay and trains to Leeds stood still",
    "vote": "members elected Marta Silva as chair after a recount in the Lisbon assembly chamber",
    "fire": "warehouse in Gdansk burned overnight while firefighters from Sopot kept the flames from fuel",
}
START = datetime(2025, 3, 1, tzinfo=UTC)


@st.composite
def articles(draw: st.DrawFn) -> TaggedArticle:
    topic = draw(st.sampled_from(sorted(TOPICS)))
    pool = TOPICS[topic].split()
    picked = draw(st.lists(st.sampled_from(pool), min_size=0, max_size=20))
    day = draw(st.integers(-3, 40) | st.none())
    name = draw(st.sampled_from(["Ada Berg", "Ivo Klein"]))
    text = " ".join(picked)
    return TaggedArticle(
        id=f"a{draw(st.integers(0, 19))}",
        text=text,
        title=draw(st.sampled_from([None, f"{topic} news", TOPICS[topic][:30]])),
        source=draw(st.sampled_from([None, "The Post", "Daily Star"])),
        published=None if day is None else START + timedelta(days=day),
        language=draw(st.sampled_from(["en", "en", "en-GB", "pl", None])),
        retracted=draw(st.integers(0, 9)) == 0,
        entities=(Entity(id=f"person:{name}", name=name, type="PER", salience=0.5),) if day else (),
        quotes=(Quote(text=text[:20], start=0, end=20, speaker=None),) if len(text) > 20 else (),
    )


class Eager:
    """Joins whatever is at all alike, and takes any two articles for one event: merges and splits often."""

    def probability(self, values: Sequence[float]) -> float:
        return 0.9 if values[RATIO] > 0.5 else 0.1

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), 0.9)


RATIO = MEASURES.index("background_ratio")
both = pytest.mark.parametrize("join_model", [None, Eager()], ids=["shipped", "eager"])


@pytest.fixture(autouse=True, scope="module")
def small_stories_merge() -> Iterator[None]:
    """So that short streams merge at all."""
    with patch.object(match, "CROSSED_SIZE", 1), patch.object(nearest, "CROSSED_SIZE", 1):
        yield


streams_of = st.lists(articles(), min_size=1, max_size=30)
Log = dict[int, Decision]
Rows = dict[str, bytes]


def run(
    clusterer: Clusterer, stream: list[TaggedArticle], first: int = 0, logged: Log | None = None
) -> tuple[Log, list[tuple[str, bytes | None]]]:
    """Deliver a stream as the agent does; positions have gaps. Returns the log and the writes, in order."""
    log: Log = dict(logged or {})
    decided_to = max(log, default=-1)
    writes: list[tuple[str, bytes | None]] = []
    for index, article in enumerate(stream[first:], start=first):
        position = index * 3 + 1
        decision = log.get(position) if position <= decided_to else clusterer.decide(article)
        if decision is not None:
            log[position] = decision
            writes += clusterer.apply(article, decision, position).rows.items()
    return log, writes


def rows_of(writes: list[tuple[str, bytes | None]]) -> Rows:
    rows: Rows = {}
    for key, value in writes:
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
    return rows


def everything(clusterer: Clusterer) -> bytes:
    return codec.encode([clusterer.assignments(), list(clusterer.stories())])


@both
@settings(max_examples=20, deadline=None)
@given(streams_of)
def test_the_same_stream_gives_the_same_bytes(join_model: Eager | None, stream: list[TaggedArticle]) -> None:
    one, other = Clusterer(join_model, join_model), Clusterer(join_model, join_model)
    (log, writes), (again, rewrites) = run(one, stream), run(other, stream)
    assert codec.encode(list(log.items())) == codec.encode(list(again.items()))
    assert writes == rewrites
    assert everything(one) == everything(other)


@both
@settings(max_examples=25, deadline=None)
@given(streams_of, st.data())
def test_a_restore_anywhere_changes_nothing(
    join_model: Eager | None, stream: list[TaggedArticle], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(stream)))
    whole = Clusterer(join_model, join_model)
    log, writes = run(whole, stream)
    before = Clusterer(join_model, join_model)
    _, early = run(before, stream[:cut])
    restored = Clusterer(join_model, join_model)
    restored.restore(data.draw(st.permutations(sorted(rows_of(early).items()))))
    assert everything(restored) == everything(before)
    late_log, late = run(restored, stream, first=cut)
    assert {**{p: d for p, d in log.items() if p <= cut * 3 - 2}, **late_log} == log
    assert rows_of(early + late) == rows_of(writes)
    assert everything(restored) == everything(whole)


@both
@settings(max_examples=50, deadline=None)
@given(streams_of, st.data())
def test_a_crash_anywhere_changes_nothing(
    join_model: Eager | None, stream: list[TaggedArticle], data: st.DataObject
) -> None:
    """The log is complete to some position; of the rows of a batch, deduplicated to their last state, some prefix."""
    done = data.draw(st.integers(0, len(stream)), label="articles decided and logged")
    committed = data.draw(st.integers(0, done), label="articles whose rows are all written")
    whole = Clusterer(join_model, join_model)
    full_log, full = run(whole, stream)
    crashed = Clusterer(join_model, join_model)
    _, safe = run(crashed, stream[:committed])
    log, _ = run(Clusterer(join_model, join_model), stream[:done])
    _, batch = run(crashed, stream[:done], first=committed)
    last: dict[str, bytes | None] = {}
    for key, value in batch:
        last.pop(key, None)
        last[key] = value
    written = list(last.items())[: data.draw(st.integers(0, len(last)), label="rows of the batch written")]
    rows = rows_of(safe + written)
    recovered = Clusterer(join_model, join_model)
    recovered.restore(rows.items())
    redelivered_from = data.draw(st.integers(0, committed), label="redelivered from")
    new_log, writes = run(recovered, stream, first=redelivered_from, logged=log)
    assert new_log == full_log
    assert rows_of([*rows.items(), *writes]) == rows_of(full)
    assert everything(recovered) == everything(whole)


@both
@settings(max_examples=25, deadline=None)
@given(streams_of)
def test_folding_the_log_gives_the_stories(join_model: Eager | None, stream: list[TaggedArticle]) -> None:
    clusterer = Clusterer(join_model, join_model)
    folded: dict[str, Story] = {}
    for position, article in enumerate(stream):
        decision = clusterer.decide(article)
        if decision is not None:
            published = clusterer.apply(article, decision, position).stories
            touched = fold(folded, decision.events)
            assert tuple(folded[story_id] for story_id in touched) == published
    assert folded == {story.id: story for story in clusterer.stories()}


@both
@settings(max_examples=25, deadline=None)
@given(streams_of)
def test_every_article_is_in_exactly_one_story(join_model: Eager | None, stream: list[TaggedArticle]) -> None:
    clusterer = Clusterer(join_model, join_model)
    run(clusterer, stream)
    live = {story.id: story for story in clusterer.stories() if story.status not in ("merged", "retracted")}
    homes = clusterer.assignments()
    assert set(homes.values()) == set(live)
    listed = {member.id: story.id for story in live.values() for member in story.articles}
    assert listed == homes
    assert sum(story.article_count for story in live.values()) == len(homes)
    retracted = {article.id for article in stream if article.retracted}
    assert not retracted & set(homes)
    assert {article.id for article in stream} == retracted | set(homes)


@both
@settings(max_examples=20, deadline=None)
@given(streams_of)
def test_an_article_seen_again_changes_nothing(join_model: Eager | None, stream: list[TaggedArticle]) -> None:
    clusterer = Clusterer(join_model, join_model)
    last: dict[str, TaggedArticle] = {}
    for position, article in enumerate(stream):
        decision = clusterer.decide(article)
        if decision is not None:
            clusterer.apply(article, decision, position)
            last[article.id] = article
    for article in last.values():
        assert clusterer.decide(article) is None


@both
@settings(max_examples=20, deadline=None)
@given(streams_of)
def test_languages_do_not_touch_one_another(join_model: Eager | None, stream: list[TaggedArticle]) -> None:
    """A language's stories are the same whether or not other languages share its partition."""
    english = [article for article in stream if (article.language or "").startswith("en")]
    others = {article.id for article in stream if not (article.language or "").startswith("en")}
    english = [article for article in english if article.id not in others]
    rest = [article for article in stream if article.id in others and not (article.language or "").startswith("en")]
    alone, together = Clusterer(join_model, join_model), Clusterer(join_model, join_model)
    run(alone, english)
    run(together, [article for article in stream if article in english or article in rest])
    mine = {article.id for article in english}
    assert alone.assignments() == {id_: home for id_, home in together.assignments().items() if id_ in mine}
