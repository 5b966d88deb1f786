"""What the learned decision is measured against, over the same words: thresholds, and batches over everything at once.

Each gets the threshold that is best for it on the very set, to its advantage. They know no time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.stages.cluster.features.article_features import BODY, FIELDS, extract, pack_keys, weigh
from streams.stages.cluster.index.language_index import LanguageIndex
from streams.stages.cluster.store.story_store import Member
from training.stories_data import MOST_AT_ONCE, Labelled, shuffled
from training.stories_dense import link
from training.stories_scores import scores

#: Cosines tried, from a batch's or a pass's story on.
THRESHOLDS = tuple(round(0.08 + 0.02 * step, 2) for step in range(18))


def baselines(rows: Sequence[Labelled]) -> dict[str, dict[str, float]]:
    """Figures by system, at the threshold that is best for this set; of a large set, of some of its articles."""
    rows = shuffled(rows, 1)[:MOST_AT_ONCE]
    similar = similarities(rows)
    passes = {
        f"{linkage}, single pass": [(str(at), link(similar, linkage, at)) for at in THRESHOLDS]
        for linkage in ("average link", "centroid")
    }
    passes["average link, batch"] = average_link(similar)
    passes["HDBSCAN, batch"] = [("", hdbscan(similar))]
    true = {row.article.id: row.story for row in rows}
    found = {}
    for system, tried in passes.items():
        figures = [
            (scores(true, {row.article.id: str(story) for row, story in zip(rows, stories, strict=True)}), threshold)
            for threshold, stories in tried
        ]
        best, threshold = max(figures, key=lambda one: one[0]["b3_f1"])
        found[f"{system} {threshold}".strip()] = best
    return found


def similarities(rows: Sequence[Labelled]) -> NDArray[np.float32]:
    """The cosines (n × n) of the articles' words, with what is rare among all of them known beforehand."""
    group = LanguageIndex("en")
    features = [extract(row.article) for row in rows]
    for number, one in enumerate(features, start=1):
        keys = [key for key in one.tf if key & (FIELDS - 1) == BODY]
        group.add_member(Member(id=str(number), position=number, number=number, language="en", terms=pack_keys(keys)))
    places: dict[int, int] = {}
    vectors = []
    for one in features:
        body = {key: strength for key, strength in one.tf.items() if key & (FIELDS - 1) == BODY}
        (terms, weights), _ = weigh(body, group.idf)
        vectors.append(dict(zip(terms.tolist(), weights.tolist(), strict=True)))
        for key in vectors[-1]:
            places.setdefault(key, len(places))
    matrix = np.zeros((len(rows), len(places)), dtype=np.float32)
    for line, vector in enumerate(vectors):
        for key, weight in vector.items():
            matrix[line, places[key]] = weight
    return matrix @ matrix.T


def average_link(similar: NDArray[np.float32]) -> list[tuple[str, list[int]]]:
    """Agglomerative clustering by average link, cut at each of the thresholds."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    tree = linkage(squareform(_distances(similar), checks=False), "average")
    return [(str(at), fcluster(tree, 1.0 - at, "distance").tolist()) for at in THRESHOLDS]


def hdbscan(similar: NDArray[np.float32]) -> list[int]:
    """The cluster of each article, by HDBSCAN over everything at once; what it calls noise is alone."""
    from sklearn.cluster import HDBSCAN

    labels = HDBSCAN(min_cluster_size=2, metric="precomputed", copy=True).fit_predict(_distances(similar))
    return [int(label) if label >= 0 else -1 - place for place, label in enumerate(labels)]


def _distances(similar: NDArray[np.float32]) -> NDArray[np.float64]:
    distances = np.clip(1.0 - similar.astype(np.float64), 0.0, None)
    np.fill_diagonal(distances, 0.0)
    return distances
