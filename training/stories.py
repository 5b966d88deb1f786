"""`streams eval stories`: stories formed online against true ones, out of fold, beside baselines in the same run.

One frozen setting for every set. The join decision is learned on development data, so each article is judged by trees
that never saw its story ("out of fold"), or even its set ("other sets"); the trees over pairs, which decide on large
stories, never saw its set in either. "Unseen sets" are those that only pairs are learned from. All of them saw made-up
news as well. Orders are random: the sets' own order would tell. Entities come from the pipeline's tagger (not in the
unseen sets); where its model is not installed, articles go without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from streams.stages.cluster import Clusterer
from streams.stages.cluster.match.join_model import JoinTrees
from streams.stages.cluster.match.match import JoinModel
from streams.stages.cluster.match.nearest import PairModel
from training import stories_dense
from training.stories_baselines import Threshold, hdbscan
from training.stories_data import PAIR_SETS, SETS, Labelled, read, shuffled, tagged, undated
from training.stories_learning import History, Never, Switch, folds, histories, invented, trees
from training.stories_pairs import Pairs, invented_pairs, pair_trees, pairs_of
from training.stories_scores import scores

Figures = dict[str, Any]

FOLDS = 3
SEEDS = (1, 2, 3)
#: The baselines' thresholds that are tried; each gets the one that is best for it over all sets, to its advantage.
THRESHOLDS = {"body": (0.16, 0.2), "centroid": (0.26, 0.32)}


def measure(data: Path) -> Figures:
    """Figures by system, set and variant (``dated``, ``undated``): B-cubed F1, precision, recall, pairwise F1, first.

    ``first`` is the B-cubed F1 of each article's first assignment, before any merge or split.
    """
    sets, with_entities = _sets(data)
    known = {name: histories(rows) for name, rows in sets.items()}
    made_up = invented()
    figures: Figures = {"sets": {name: len(rows) for name, rows in sets.items()}, "entities": with_entities}
    pairs = _pairs(data)
    systems: dict[str, Any] = {"out of fold": {}, "other sets": {}}
    for name, rows in sets.items():
        others = [*(known[other] for other in sets if other != name), made_up]
        fold_of = [folds(rows, FOLDS, seed) for seed in SEEDS]
        models = [_models(rows, known[name], others, fold_of[place], seed) for place, seed in enumerate(SEEDS)]
        apart = [trees(others, seed) for seed in SEEDS]
        unseen = _without(name, pairs)
        for variant, some in _variants(rows):
            runs = [run(shuffled(some, seed), models[i], fold_of[i], unseen) for i, seed in enumerate(SEEDS)]
            systems["out of fold"].setdefault(name, {})[variant] = _mean(runs)
            runs = [run(shuffled(some, seed), [apart[i]], {}, unseen) for i, seed in enumerate(SEEDS)]
            systems["other sets"].setdefault(name, {})[variant] = _mean(runs)
    more = {name: read(data / "stories" / f"{name}.jsonl.gz") for name in PAIR_SETS if name not in sets}
    small = trees([*known.values(), made_up])
    systems["unseen sets"] = {name: {_dated(rows): _unseen(name, rows, small, pairs)} for name, rows in more.items()}
    systems |= _baselines(sets)
    systems |= {f"{system}, unseen sets": figures for system, figures in _baselines(more, as_they_are=True).items()}
    dense, figures["skipped"] = stories_dense.baseline(sets)
    systems |= dense
    return figures | {"systems": systems, "means": {system: _overall(by_set) for system, by_set in systems.items()}}


def run(
    rows: Sequence[Labelled], models: Sequence[JoinTrees], fold_of: Mapping[str, int], pairs: PairModel
) -> dict[str, float]:
    """Cluster a stream, each article judged by the trees of its story's fold, and score the result."""
    switch = Switch()

    def choose(row: Labelled) -> None:
        switch.trees = models[fold_of.get(row.story, 0)]

    return score(rows, switch, pairs, choose)


def score(
    rows: Sequence[Labelled], join_model: JoinModel | None, pairs: PairModel | None = None, before: Any = None
) -> dict[str, float]:
    """Cluster a stream with a decision on small stories and one on pairs (None: the shipped ones) and score it."""
    clusterer = Clusterer(join_model, pairs)
    first: dict[str, str] = {}
    for position, row in enumerate(rows):
        if before:
            before(row)
        decision = clusterer.decide(row.article)
        if decision is not None:
            clusterer.apply(row.article, decision, position)
            first[row.article.id] = clusterer.story_of(row.article.id) or row.article.id
    true = {row.article.id: row.story for row in rows}
    return scores(true, clusterer.assignments()) | {"first": scores(true, first)["b3_f1"]}


def _sets(data: Path) -> tuple[dict[str, list[Labelled]], bool]:
    from streams.stages.tag import WeightsError

    sets = {name: read(data / "stories" / f"{name}.jsonl.gz") for name in SETS}
    try:
        return {name: tagged(rows) for name, rows in sets.items()}, True
    except WeightsError:
        return sets, False


def _pairs(data: Path) -> dict[str, Pairs]:
    pairs = {name: pairs_of(read(data / "stories" / f"{name}.jsonl.gz")) for name in PAIR_SETS}
    return pairs | {"synth": invented_pairs()}


def _without(name: str, pairs: Mapping[str, Pairs]) -> PairModel:
    """Trees over pairs that never saw this set."""
    return pair_trees([part for other, part in pairs.items() if other != name])


def _unseen(name: str, rows: Sequence[Labelled], small: JoinTrees, pairs: Mapping[str, Pairs]) -> dict[str, float]:
    apart = _without(name, pairs)
    return _mean([run(shuffled(rows, seed), [small], {}, apart) for seed in SEEDS])


def _dated(rows: Sequence[Labelled]) -> str:
    return "dated" if any(row.article.published for row in rows) else "undated"


def _variants(rows: Sequence[Labelled]) -> list[tuple[str, Sequence[Labelled]]]:
    return [("dated", rows), ("undated", undated(rows))] if _dated(rows) == "dated" else [("undated", rows)]


def _models(
    rows: Sequence[Labelled], own: History, others: Sequence[History], fold_of: Mapping[str, int], seed: int
) -> list[JoinTrees]:
    stories = {row.story for row in rows}
    return [
        trees([*others, own.of({story for story in stories if fold_of[story] != fold})], seed) for fold in range(FOLDS)
    ]


def _baselines(sets: Mapping[str, Sequence[Labelled]], *, as_they_are: bool = False) -> dict[str, Any]:
    """Single passes that ask no members, and a batch; ``as_they_are``: without the variant that has no dates."""
    found: dict[str, Any] = {}
    for system, kind in (("average link, threshold", "body"), ("centroid, threshold", "centroid")):
        tried = []
        for threshold in THRESHOLDS[kind]:
            by_set = {
                name: {
                    variant: score(shuffled(some, 1), Threshold(kind, threshold), Never())
                    for variant, some in ([(_dated(rows), rows)] if as_they_are else _variants(rows))
                }
                for name, rows in sets.items()
            }
            tried.append((_overall(by_set)["b3_f1"], f"{system} {threshold}", by_set))
        _, name_, best = max(tried, key=lambda one: one[0])
        found[name_] = best
    found["HDBSCAN, all at once"] = {
        name: {"undated": scores({row.article.id: row.story for row in rows}, hdbscan(rows))}
        for name, rows in sets.items()
    }
    return found


def _mean(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: mean(one[key] for one in runs) for key in runs[0]}


def _overall(by_set: Mapping[str, Mapping[str, Mapping[str, float]]]) -> dict[str, float]:
    """The mean over sets of each set's mean over its variants."""
    keys = ("b3_f1", "pair_f1")
    return {key: mean(mean(one[key] for one in variants.values()) for variants in by_set.values()) for key in keys}


def render(figures: Figures) -> str:
    """The figures as a table: a line for each system, set and variant."""
    lines = [
        f"entities from the tagger: {'yes' if figures['entities'] else 'no (its model is not installed)'}",
        f"{'':52}{'':10}{'B3 F1':>8}{'prec.':>8}{'recall':>8}{'pair F1':>9}{'first':>8}",
    ]
    for system, by_set in figures["systems"].items():
        for name, variants in by_set.items():
            for variant, one in variants.items():
                numbers = f"{one['b3_f1']:8.3f}{one['b3_precision']:8.3f}{one['b3_recall']:8.3f}{one['pair_f1']:9.3f}"
                first = f"{one['first']:8.3f}" if "first" in one else ""
                lines.append(f"{system[:38]:39}{name:15}{variant:8}{numbers}{first}")
        overall = figures["means"][system]
        lines.append(f"{system[:38]:39}{'mean':23}{overall['b3_f1']:8.3f}{'':16}{overall['pair_f1']:9.3f}\n")
    lines += [f"Left out: {sentence}." for sentence in figures["skipped"]]
    return "\n".join(lines).rstrip()
