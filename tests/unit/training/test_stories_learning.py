"""Learning the join decision: what it is shown, and that it learns from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from streams.stages.cluster.features.join_features import MONOTONE_CONSTRAINTS
from training.stories_data import foreign, synthetic, thinned, undated, untitled
from training.stories_learning import History, along, folds, history, trees


@pytest.fixture(scope="module")
def seen() -> History:
    return history(synthetic(200, 5))


def test_a_history_shows_the_true_story_where_there_is_one(seen: History) -> None:
    rows = synthetic(200, 5)
    followers = len(rows) - len({row.story for row in rows})
    assert seen.measures.shape == (len(seen.stories), len(MONOTONE_CONSTRAINTS))
    # Once at most for each article that does not begin its story, and hardly ever missed.
    assert 0.95 * followers <= seen.right.sum() <= followers


def test_a_part_of_a_history_is_that_of_its_stories(seen: History) -> None:
    some = set(sorted(set(seen.stories))[:5])
    part = seen.of(some)
    assert set(part.stories) == some
    assert len(part.right) == len(part.stories) == sum(story in some for story in seen.stories)


def test_trees_tell_right_from_wrong_on_stories_that_they_never_saw(seen: History) -> None:
    fold_of = folds(synthetic(200, 5), 2, 1)
    known = seen.of({story for story, fold in fold_of.items() if fold == 0})
    unknown = seen.of({story for story, fold in fold_of.items() if fold == 1})
    learned = trees([known])
    chances = np.array([learned.probability(values) for values in unknown.measures.tolist()])
    assert np.mean((chances >= 0.5) == unknown.right) > 0.95
    assert trees([known]).roots == learned.roots


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
