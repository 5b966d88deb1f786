"""`streams eval stories`: stories formed online against true ones, each corpus left out of all that was learned.

One frozen setting for every set. A set is judged by a decision and by trees over pairs that never saw it, learned from
the other sets and from made-up news; orders are random, as the sets' own would tell. Baselines see the whole set and
take the threshold that is best for it. Entities come from the tagger where its model is installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from streams.contracts.records import Grain
from streams.stages.cluster import GRAINS, Clusterer
from streams.stages.cluster.match.match import JoinModel
from streams.stages.cluster.match.nearest import PairModel
from training import stories_calibration, stories_dense
from training.stories_baselines import baselines
from training.stories_data import MOST_AT_ONCE, SETS, Labelled, by_time, read, shuffled, undated
from training.stories_loco import lessons
from training.stories_pairs import Pairs
from training.stories_scores import scores

Figures = dict[str, Any]

SEEDS = (1, 2, 3)
#: Seconds within which arrivals are shuffled, to see that their order matters little.
SIX_HOURS = 6 * 3600.0


def measure(data: Path, decided: Sequence[Pairs] = ()) -> Figures:
    """``{"sets": {name: figures}, "skipped": [...]}``, of decisions that also learned from ``decided`` pairs.

    A set's figures: ``ours`` (B-cubed precision, recall, F1, pairwise F1, ``first``: B-cubed F1 of first assignments),
    ``undated`` where it has dates, ``grains``, ``baselines``, ``shuffled`` (by how much six hours of shuffling move F1
    at most) and ``reliability``.
    """
    taught = lessons(data, decided)
    figures: Figures = {"sets": {}}
    sets = {name: read(data / "stories" / f"{name}.jsonl.gz") for name in SETS}
    for name, rows in sets.items():
        join, pairs = taught.join_model(name), taught.pair_model(name)
        history = taught.histories[name]
        seeds = SEEDS if len(rows) <= MOST_AT_ONCE else SEEDS[:1]
        one: Figures = {"articles": len(rows), "stories": len({row.story for row in rows})}
        one["ours"] = _mean([score(shuffled(rows, seed), join, pairs) for seed in seeds])
        if _dated(rows):
            one["undated"] = _mean([score(undated(shuffled(rows, seed)), join, pairs) for seed in seeds[:1]])
            one["shuffled"] = _moved(rows, join, pairs)
        one["grains"] = {grain: score(shuffled(rows, 1), join, pairs, grain) for grain in GRAINS}
        one["baselines"] = baselines(rows)
        told = stories_calibration.of_history(join, history.judged(pairs), history)
        one["reliability"] = {"share": told.share, "said": told.said, "right": told.right, "error": told.error}
        figures["sets"][name] = one
    dense, figures["skipped"] = stories_dense.baseline({name: rows[:MOST_AT_ONCE] for name, rows in sets.items()})
    for system, by_set in dense.items():
        for name, variants in by_set.items():
            figures["sets"][name]["baselines"][system] = variants["undated"]
    return figures


def score(
    rows: Sequence[Labelled],
    join_model: JoinModel | None,
    pairs: PairModel | None = None,
    grain: Grain = "balanced",
) -> dict[str, float]:
    """Cluster a stream with a decision and a model of pairs (None: the shipped ones) and score it."""
    clusterer = Clusterer(join_model, pairs, grain)
    first: dict[str, str] = {}
    for position, row in enumerate(rows):
        decision = clusterer.decide(row.article)
        if decision is not None:
            clusterer.apply(row.article, decision, position)
            first[row.article.id] = clusterer.story_of(row.article.id) or row.article.id
    true = {row.article.id: row.story for row in rows}
    return scores(true, clusterer.assignments()) | {"first": scores(true, first)["b3_f1"]}


def jittered(rows: Sequence[Labelled], seed: int, seconds: float = SIX_HOURS) -> list[Labelled]:
    """The rows as they would have arrived, but for a shuffle within windows of so many seconds."""

    def window(row: Labelled) -> float:
        return row.article.published.timestamp() // seconds if row.article.published else 0.0

    return sorted(shuffled(rows, seed), key=window)


def _moved(rows: Sequence[Labelled], join: JoinModel, pairs: PairModel) -> float:
    """The largest difference in B-cubed F1 that shuffling arrivals within six hours makes."""
    in_order = score(by_time(rows), join, pairs)["b3_f1"]
    return max(abs(score(jittered(rows, seed), join, pairs)["b3_f1"] - in_order) for seed in SEEDS)


def _dated(rows: Sequence[Labelled]) -> bool:
    return any(row.article.published for row in rows)


def _mean(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {key: mean(one[key] for one in runs) for key in runs[0]}


def render(figures: Figures) -> str:
    """The figures as Markdown tables."""
    lines = [
        "Each set is left out of all that was learned. Means over random orders; *first*: of first assignments.",
        "",
        "| set | system | B-cubed F1 | precision | recall | pairwise F1 | first |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in figures["sets"].items():
        known = {"ours": one["ours"]} | ({"ours, undated": one["undated"]} if "undated" in one else {})
        for system, row in (known | one["baselines"]).items():
            numbers = (row.get(key) for key in ("b3_f1", "b3_precision", "b3_recall", "pair_f1", "first"))
            told = " | ".join("" if number is None else f"{number:.3f}" for number in numbers)
            lines.append(f"| {name} | {system} | {told} |")
    grains = " | ".join(GRAINS)
    lines += [
        "",
        "`STREAMS_STORY_GRAIN`, B-cubed F1 (precision / recall), in one order; *6 h*: by how much shuffling arrivals "
        "within six hours moves F1 at most; *ECE*: expected calibration error.",
        "",
        f"| set | {grains} | 6 h | ECE |",
        "|---" * (len(GRAINS) + 3) + "|",
    ]
    for name, one in figures["sets"].items():
        cells = [
            f"{row['b3_f1']:.3f} ({row['b3_precision']:.3f} / {row['b3_recall']:.3f})" for row in one["grains"].values()
        ]
        moved = f"{one['shuffled']:.4f}" if "shuffled" in one else ""
        lines.append(f"| {name} | {' | '.join(cells)} | {moved} | {one['reliability']['error']:.3f} |")
    tenths = " | ".join(f".{place}" for place in range(stories_calibration.BINS))
    lines += [
        "",
        "Reliability: how often a contender was right (%), by the tenth that its probability was in.",
        "",
        f"| set | {tenths} |",
        "|---" * (stories_calibration.BINS + 1) + "|",
    ]
    for name, one in figures["sets"].items():
        lines.append(f"| {name} | " + " | ".join(f"{right:.0%}" for right in one["reliability"]["right"]) + " |")
    lines += [f"\nLeft out: {sentence}." for sentence in figures["skipped"]]
    return "\n".join(lines)
