"""What the learned decision is measured against: thresholds over the same vectors, and a batch algorithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from streams.stages.cluster.features.article_features import BODY, FIELDS, extract, pack_keys, weigh
from streams.stages.cluster.features.join_features import MONOTONE_CONSTRAINTS
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.store.story_store import Member
from training.stories_data import Labelled


class Threshold:
    """Joins the most similar story from a similarity on: ``body`` (average link) or ``centroid``. Knows no time."""

    def __init__(self, measure: str, at_least: float) -> None:
        self._place = list(MONOTONE_CONSTRAINTS).index(measure)
        self._rank = list(MONOTONE_CONSTRAINTS).index("rank")
        self._at_least = at_least

    def probability(self, values: Sequence[float]) -> float:
        # Enough to join, too little to merge: a single pass never merges.
        return 0.6 if not values[self._rank] and values[self._place] >= self._at_least else 0.0


def hdbscan(rows: Sequence[Labelled]) -> dict[str, str]:
    """Article → cluster, by HDBSCAN over the body vectors of the whole set at once; what it calls noise is alone."""
    from sklearn.cluster import HDBSCAN

    group = LanguageIndex("en")
    features = [extract(row.article) for row in rows]
    for number, one in enumerate(features, start=1):
        keys = [key for key in one.tf if key & (FIELDS - 1) == BODY]
        group.add_member(Member(id=str(number), position=number, number=number, language="en", terms=pack_keys(keys)))
    places: dict[int, int] = {}
    vectors = []
    for one in features:
        body = {key: strength for key, strength in one.tf.items() if key & (FIELDS - 1) == BODY}
        vectors.append(weigh(body, group.idf(body)))
        for key in vectors[-1]:
            places.setdefault(key, len(places))
    matrix = np.zeros((len(rows), len(places)), dtype=np.float32)
    for line, vector in enumerate(vectors):
        for key, weight in vector.items():
            matrix[line, places[key]] = weight
    distances = np.clip(1.0 - (matrix @ matrix.T).astype(np.float64), 0.0, None)
    np.fill_diagonal(distances, 0.0)
    labels = HDBSCAN(min_cluster_size=2, metric="precomputed", copy=True).fit_predict(distances)
    return {
        row.article.id: f"cluster {label}" if label >= 0 else f"alone {row.article.id}"
        for row, label in zip(rows, labels, strict=True)
    }
