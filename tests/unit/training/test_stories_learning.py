"""Learning the join decision: what it is shown, and that it learns from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streams.models.trees import Trees
from streams.stages.cluster.features.join_features import MEASURES
from training.stories_calibration import of_history
from training.stories_data import foreign, synthetic, thinned, undated, untitled
from training.stories_learning import History, along, blend, fit, fit_trees, history
from training.stories_loco import Lessons
from training.stories_pairs import pair_trees, pairs_of


@pytest.fixture(scope="module")
def seen() -> History:
    return history(synthetic(200, 5))


def test_a_history_shows_the_true_story_where_there_is_one(seen: History) -> None:
    rows = synthetic(200, 5)
    followers = len(rows) - len({row.story for row in rows})
    assert seen.measures.shape == (len(seen.stories), len(MEASURES))
    # Once at most for each article that does not begin its story, and hardly ever missed.
    assert 0.95 * followers <= seen.right.sum() <= followers


def test_a_decision_tells_right_from_wrong_on_stories_that_it_never_saw(seen: History) -> None:
    pairs, other = pair_trees([pairs_of(history(synthetic(150, 7)))]), history(synthetic(200, 6))
    model = blend([(seen.judged(pairs), seen)])
    chances = np.array(model.probabilities(other.judged(pairs).tolist()))
    assert np.mean((chances >= 0.5) == other.right) > 0.99
    assert fit([(seen.judged(pairs), seen)]) == model.regression
    assert fit_trees([(seen.judged(pairs), seen)]) == fit_trees([(seen.judged(pairs), seen)])
    assert of_history(model, other.judged(pairs), other).error < 0.05


def test_lessons_are_never_judged_by_what_saw_them(seen: History, monkeypatch: pytest.MonkeyPatch) -> None:
    lessons = Lessons({"one": seen, "two": history(synthetic(120, 8)), "three": history(synthetic(120, 9))})
    asked: list[frozenset[str]] = []
    learned = Lessons.pair_model

    def listening(self: Lessons, *left_out: str) -> Trees:
        asked.append(frozenset(left_out))
        return learned(self, *left_out)

    monkeypatch.setattr(Lessons, "pair_model", listening)
    lessons.join_model("one")
    assert asked == [frozenset({"one", "two"}), frozenset({"one", "three"})]


def test_broken_streams_tell_one_story_in_fragments() -> None:
    rows = [replace(row, story="one") for row in synthetic(100, 5)]
    (*_, (clusterer, _, tells)) = along(rows, broken=1)
    assert len(tells) > 3
    assert set(tells.values()) == {"one"}
    assert set(clusterer.assignments().values()) <= set(tells)


def test_streams_can_be_made_harder() -> None:
    rows = synthetic(100, 5)
    assert rows == synthetic(100, 5) != synthetic(100, 6)
    few = thinned(rows, 0.3, 1)
    assert few == thinned(reversed(rows), 0.3, 1)
    assert 15 <= len(few) <= 45
    assert {row.article.language for row in foreign(rows)} == {"eo"}
    assert {row.article.title for row in untitled(rows)} == {None}
    assert {row.article.published for row in undated(rows)} == {None}


def test_a_history_puts_every_article_where_it_belongs_however_large_its_story() -> None:
    """The decision on large stories, which ships with weights, must not meddle."""
    one = [replace(row, story="one") for row in synthetic(150, 5)]
    (*_, (clusterer, _, _)) = along(one)
    assert len(set(clusterer.assignments().values())) == 1
