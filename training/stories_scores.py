"""How well found stories agree with true ones. Agrees with the scorer of the development data to the last digit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from math import comb


def scores(true: Mapping[str, str], found: Mapping[str, str]) -> dict[str, float]:
    """B-cubed (Bagga and Baldwin 1998) and pairwise F1, each 0 to 1, from article → story maps.

    An article of ``true`` that ``found`` lacks is a story of its own.
    """
    pairs = [(story, ("found", found[id_]) if id_ in found else ("alone", id_)) for id_, story in true.items()]
    cells = Counter(pairs)
    truth = Counter(story for story, _ in pairs)
    guess = Counter(story for _, story in pairs)
    count = len(pairs) or 1
    precision = sum(size * size / guess[found_] for (_, found_), size in cells.items()) / count
    recall = sum(size * size / truth[story] for (story, _), size in cells.items()) / count
    both = sum(comb(size, 2) for size in cells.values())
    in_either = sum(comb(size, 2) for size in truth.values()) + sum(comb(size, 2) for size in guess.values())
    return {
        "b3_f1": f1(precision, recall),
        "b3_precision": precision,
        "b3_recall": recall,
        "pair_f1": 2 * both / in_either if in_either else 1.0,
    }


def f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0
