"""Pairs of articles, and large stories asked member by member."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import numpy as np
import pytest

from streams.contracts import codec
from streams.contracts.records import TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, explain
from streams.stages.cluster.features.article_features import BODY, key_of, pack, pack_keys, read_vector
from streams.stages.cluster.features.pair_features import (
    PAIR_CONSTRAINTS,
    UNDATED,
    WEEK,
    Probe,
    compare,
    piled,
    probe,
    side,
    side_of,
    stack,
)
from streams.stages.cluster.lifecycle.decide import SECOND_LOOK
from streams.stages.cluster.match import match
from streams.stages.cluster.match.nearest import CROSSED_SIZE, LARGE, NEAR, Nearest, as_chance, shipped_pairs
from streams.stages.cluster.store.story_store import Member
from training.stories_data import synthetic
from training.stories_learning import history
from training.stories_pairs import pair_trees, pairs_of

START = datetime(2025, 1, 1, tzinfo=UTC)
STORM, BOAT, QUAY = (key_of(word, BODY) for word in ("storm", "boat", "quay"))
IDF = {STORM: 5.0, BOAT: 3.0, QUAY: 1.0}


def probe_of(weights: dict[int, float], *named: int) -> Probe:
    vector = read_vector(pack(weights))
    return probe(vector, side(vector, frozenset(named)), np.array([IDF[key] for key in weights]), START)


def test_the_features_of_a_pair_by_hand() -> None:
    one = probe_of({STORM: 0.6, BOAT: 0.8}, STORM)
    other = side_of(pack({STORM: 0.6, QUAY: 0.8}), pack_keys([STORM]))
    others = stack([other, side_of(pack({QUAY: 1.0}), "")], [START.timestamp() + 7200, float("nan")])
    pairs = compare([(one, others)])
    values = {name: pairs[name].tolist() for name in pairs.names}
    assert values["body"] == pytest.approx([0.36, 0.0])
    assert values["title"] == values["names"] == values["body"]  # neither has any: the words' stand in
    assert values["rarest"] == pytest.approx([5 / 3, 0.0])
    assert values["shared"] == pytest.approx([5.0, 0.0])
    assert values["covered_less"] == values["covered_more"] == pytest.approx([0.36, 0.0])
    assert values["named_less"] == pytest.approx([1.0, 0.0])
    assert values["contrast"] == pytest.approx([1.0, 0.0])
    assert values["top_share"] == pytest.approx([1.0, 0.0])
    assert values["hours"] == pytest.approx([2.0, UNDATED])


def test_beyond_a_week_dates_tell_nothing_more() -> None:
    one = probe_of({STORM: 1.0})
    other = side_of(pack({STORM: 1.0}), "")
    days = [(START + timedelta(days=count)).timestamp() for count in (8, 800)]
    assert compare([(one, stack([other, other], days))])["hours"].tolist() == [WEEK, WEEK]


def test_pairs_that_are_compared_at_once_are_as_by_themselves() -> None:
    ones = [probe_of({STORM: 0.6, BOAT: 0.8}, STORM), probe_of({QUAY: 1.0})]
    others = [stack([one.side for one in ones[::step]], [START.timestamp()] * len(ones[::step])) for step in (1, 2)]
    jobs = [(one, other) for one in ones for other in (*others, piled(others), piled([]))]
    together = compare(jobs).values.tolist()
    assert together == [row for job in jobs for row in compare([job]).values.tolist()]
    assert len(together) == 2 * (2 + 1 + 3)
    assert together[0] != together[1]


def test_the_shipped_pairs_only_rise_with_what_speaks_for_one_event() -> None:
    trees = shipped_pairs()
    middle = np.array([0.3, 0.3, 0.3, 5.0, 30.0, 0.3, 0.4, 0.3, 0.5, 0.1, 0.2, 20.0], dtype=np.float32)
    for place, direction in enumerate(PAIR_CONSTRAINTS.values()):
        rows = np.tile(middle, (5, 1))
        rows[:, place] *= (0.1, 0.5, 1.0, 2.0, 3.0)
        chances = (trees.predict(Table(tuple(PAIR_CONSTRAINTS), rows)) * direction).tolist()
        assert chances == sorted(chances)


def test_the_scale_of_a_nearness() -> None:
    assert [as_chance(value) for value in (0.0, NEAR, 1.0)] == [0.0, 0.5, 1.0]


class Says:
    """Both models at once: what small stories and what pairs are told."""

    def __init__(self, story: float, pair: float) -> None:
        self.story, self.pair = story, pair

    def probabilities(self, rows: Sequence[object]) -> list[float]:
        return [self.story] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.pair)


def send(clusterer: Clusterer, number: int) -> str | None:
    article = TaggedArticle(
        id=str(number), text=f"The storm closed the harbour of Portford, boat {number}.", language="en"
    )
    decision = clusterer.decide(article)
    assert decision is not None
    clusterer.apply(article, decision, number)
    return clusterer.story_of(article.id)


class By:
    """Never joins: stories are put together by hand."""

    def probabilities(self, rows: Sequence[object]) -> list[float]:
        return [0.0] * len(rows)


class Pairs:
    def __init__(self, chance: float) -> None:
        self.chance = chance

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.chance)


def decide_as(clusterer: Clusterer, number: int, home: str) -> list[str]:
    """Decide, then put the article where ``home`` says: the first of a home begins a story, the others join it."""
    word = (
        "storm closed the harbour of Portford" if home.startswith("a") else f"vote{number} mayor{number} town{number}"
    )
    article = TaggedArticle(id=str(number), text=f"The {word}.", language="en")
    decision = clusterer.decide(article)
    assert decision is not None
    twin = clusterer.story_of(str(number - 2)) if home.startswith("a") and number >= 2 else None
    events = tuple(
        replace(event, type="joined", story_id=twin) if twin and event.type == "created" else event
        for event in decision.events
    )
    clusterer.apply(article, replace(decision, events=events), number)
    return [event.type for event in events]


def test_a_large_story_takes_what_its_nearest_members_take() -> None:
    says = Says(0.6, 0.9)
    clusterer = Clusterer(says, says)
    homes = {send(clusterer, number) for number in range(LARGE)}
    assert len(homes) == 1
    says.story = 0.0  # the average member has drifted away
    late = clusterer.decide(TaggedArticle(id="late", text="The storm closed the harbour of Portford.", language="en"))
    assert late is not None
    told = "\n".join(explain(late))
    assert "90% likely to be about one event with the story's nearest articles" in told
    assert send(clusterer, LARGE) in homes
    says.pair = 0.1
    assert send(clusterer, LARGE + 1) not in homes


def test_fragments_become_one_at_a_second_look() -> None:
    clusterer = Clusterer(By(), Pairs(0.0))
    kinds = [decide_as(clusterer, number, f"a{number % 2}") for number in range(2 * CROSSED_SIZE)]
    assert len(set(clusterer.assignments().values())) == 2
    assert all("merged" not in each for each in kinds)
    clusterer._pair_model = Pairs(0.9)
    kinds += [decide_as(clusterer, number, f"b{number}") for number in range(2 * CROSSED_SIZE, SECOND_LOOK + 2)]
    assert sum("merged" in each for each in kinds) == 1
    first = {clusterer.story_of(str(number)) for number in range(2 * CROSSED_SIZE)}
    assert len(first) == 1


def test_a_large_story_is_asked_as_seldom_as_its_size_allows() -> None:
    def asked(asked_by: int) -> int:
        with patch.object(match, "ASKED_BY", asked_by), patch.object(Nearest, "crossed", return_value=[0.0]) as crossed:
            clusterer = Clusterer(By(), Pairs(0.0))
            for number in range(2 * SECOND_LOOK):
                decide_as(clusterer, number, f"a{number % 2}")
            return crossed.call_count

    every = asked(2 * SECOND_LOOK)
    # In the second half, stories of 32 to 64 articles: one look in eight to sixteen where it is as one of four.
    assert every // 16 <= asked(4) <= every // 8 + 1
    assert every >= SECOND_LOOK - CROSSED_SIZE


def test_an_article_that_was_alone_is_asked_once_more() -> None:
    says = Says(0.0, 0.0)
    clusterer = Clusterer(says, says)
    for number in range(3):
        send(clusterer, number)
    assert len(set(clusterer.assignments().values())) == 3
    kinds = [decide_as(clusterer, number, "b") for number in range(3, SECOND_LOOK + 1)]
    says.story = 0.99
    kinds += [decide_as(clusterer, number, "b") for number in range(SECOND_LOOK + 1, SECOND_LOOK + 3)]
    assert [number for number, each in enumerate(kinds, start=3) if "merged" in each] == [SECOND_LOOK + 1]
    assert len({clusterer.story_of(str(number)) for number in range(3)}) == 2


@pytest.mark.parametrize(("language", "counts"), [("en", True), ("eo", False)])
def test_without_a_background_only_what_begins_a_story_counts(language: str, counts: bool) -> None:
    says = Says(0.9, 0.9)
    clusterer = Clusterer(says, says)
    first, second = (joined(clusterer, number, language) for number in range(2))
    assert first.story == second.story
    assert first.terms
    assert bool(second.terms) is counts


def joined(clusterer: Clusterer, number: int, language: str) -> Member:
    article = TaggedArticle(id=str(number), text="Ŝtormo fermis la havenon Portford.", language=language)
    decision = clusterer.decide(article)
    assert decision is not None
    row = clusterer.apply(article, decision, number).rows[f"a/{number}"]
    assert row is not None
    return codec.decode(Member, row)


def test_pairs_tell_stories_that_they_never_saw_apart() -> None:
    known, unknown = pairs_of(history(synthetic(150, 5))), pairs_of(history(synthetic(150, 6)))
    chances = pair_trees([known]).predict(Table(tuple(PAIR_CONSTRAINTS), unknown.features))
    assert np.mean((chances >= 0.5) == unknown.right) > 0.85
