"""Floors under the quality of stories. A floor rises when quality does, and falls only by an explicit decision."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from streams.contracts.codec import encode
from streams.contracts.records import TaggedArticle
from streams.stages.cluster import Clusterer, storyline
from training import links
from training.stories import score
from training.stories_data import Labelled, by_time, read, shuffled, synthetic, undated
from training.stories_scores import scores

DATA = Path(__file__).parents[3] / "shared" / "data" / "stories"
SYNTHETIC_HASH = "d0fd655d8ac31a4e"


@pytest.mark.quality
def test_synthetic_news() -> None:
    rows = synthetic(600, 3)
    digest = sha256(encode([[row.article, row.story] for row in rows])).hexdigest()[:16]
    assert digest == SYNTHETIC_HASH, "the generator changed: measure anew and set the floors again"
    dated, bare = score(rows, None), score(undated(rows), None)
    # The weights saw such look-alikes, by other seeds: this shows that nothing broke, not how good they are on news.
    # The first and the last of these floors were .97 and .952: where much joins, large stories take more now. It gives
    # real large stories, left out of what was learned, .03, and costs .001 here.
    assert dated["b3_f1"] >= 0.969
    assert dated["b3_recall"] >= 0.975
    assert dated["pair_f1"] >= 0.975
    assert bare["b3_f1"] >= 0.95
    assert dated["first"] >= dated["b3_f1"] - 0.02


@pytest.mark.quality
@pytest.mark.parametrize(
    ("name", "floor"),
    [("g5w1h", 0.925), ("gva_dev", 0.95), ("groundnews_dev", 0.885), ("basil", 0.97), ("allsides", 0.92)],
)
def test_development_news(name: str, floor: float) -> None:
    """The shipped weights have seen these sets: this guards the machinery; `streams eval stories` judges honestly."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    assert score(shuffled(read(path), 1), None)["b3_f1"] >= floor


@pytest.mark.quality
@pytest.mark.parametrize(("name", "floor"), [("g5w1h", 0.935), ("gva_dev", 0.92), ("basil", 0.895)])
def test_development_news_without_dates(name: str, floor: float) -> None:
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    assert score(undated(shuffled(read(path), 1)), None)["b3_f1"] >= floor


@pytest.mark.quality
@pytest.mark.parametrize(("name", "precision", "found"), [("basil", 0.9, 4), ("gva_dev", 0.9, 3)])
def test_links_between_stories(name: str, precision: float, found: int) -> None:
    """The shipped weights have seen these sets; `streams eval links` leaves each out."""
    path = DATA / f"{name}.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    figures = links.score(by_time(read(path)))
    assert figures["precision"] >= precision
    assert figures["found"] >= found


@pytest.mark.quality
def test_a_shutdown_of_six_weeks_is_a_storyline() -> None:
    """A shutdown, an offer, a deal and an emergency: three articles each."""
    path = DATA / "basil.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    rows = [row for row in by_time(read(path)) if row.article.published]
    clusterer = Clusterer()
    for position, row in enumerate(rows):
        decision = clusterer.decide(row.article)
        assert decision is not None
        clusterer.apply(row.article, decision, position)
    events = ("basil-26", "basil-58", "basil-11", "basil-2")
    homes = [{clusterer.story_of(row.article.id) for row in rows if row.story == event} for event in events]
    assert [len(home) for home in homes] == [1, 1, 1, 1]
    stories = {story.id: story for story in clusterer.stories()}
    told = storyline(stories[next(iter(homes[0])) or ""], stories.get)
    assert told is not None
    assert [{one.id} for one in told.chapters] == homes


@pytest.mark.quality
def test_shuffling_six_hours_changes_little() -> None:
    path = DATA / "gva_dev.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no development data at {path}")
    rows = read(path)
    in_order, mixed = by_time(rows), sorted(shuffled(rows, 5), key=_quarter_day)
    assert abs(score(in_order, None)["b3_f1"] - score(mixed, None)["b3_f1"]) <= 0.01


def _quarter_day(row: Labelled) -> float:
    return row.article.published.timestamp() // 21_600 if row.article.published else 0.0


def test_scores_agree_with_hand_counts() -> None:
    true = {"a": "x", "b": "x", "c": "y", "d": "y"}
    assert scores(true, {"a": "1", "b": "1", "c": "1", "d": "2"}) == pytest.approx(
        {"b3_f1": 2 * (2 / 3) * 0.75 / (2 / 3 + 0.75), "b3_precision": 2 / 3, "b3_recall": 0.75, "pair_f1": 2 / 5}
    )
    assert scores(true, {})["pair_f1"] == 0.0
    assert scores(true, true)["b3_f1"] == 1.0


def test_one_topic_news_keeps_its_cost() -> None:
    """A day on which everything is about one thing: stories grow, rows stay small."""
    clusterer = Clusterer()
    widest = 0
    for number in range(300):
        article = TaggedArticle(
            id=str(number),
            title="Storm closes the harbour of Portford",
            text=f"The storm closed the harbour of Portford. Boat {number} lay on the quay, said the harbour master.",
            source=f"Outlet {number % 60}",
            language="en",
        )
        decision = clusterer.decide(article)
        assert decision is not None
        rows = clusterer.apply(article, decision, number).rows
        widest = max(widest, *(len(row) for row in rows.values() if row))
    assert widest < 16_000
    assert len(set(clusterer.assignments().values())) < 5
