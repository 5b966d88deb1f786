"""What was made of each text: F1 by type of page, how far confidence can be trusted, and what fallbacks are worth."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

import numpy as np

from streams.contracts.records import CleanArticle
from training.cleaning_data import f1_of
from training.cleaning_types import OTHER, type_of

#: Bands of confidence in the report: most texts are good, so that the upper ones are narrower.
BANDS = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.98)
#: Types of fewer pages are told with the others.
_FEW = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What was made of a text: its page's type, its F1, its confidence, and the extractor whose text was taken."""

    type: str
    f1: float
    confidence: float | None = None
    fallback: str | None = None


def judge(row: dict[str, Any], article: CleanArticle | None) -> Judgement:
    """A row's article; None, where it was rejected, has no text and no confidence."""
    kind = type_of(row) if "html" in row else ""
    if article is None:
        return Judgement(type=kind, f1=f1_of(row["body"], ""))
    return Judgement(
        type=kind, f1=f1_of(row["body"], article.text), confidence=article.confidence, fallback=article.fallback
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """How far confidence can be trusted: by band (``BANDS``) texts, mean confidence and mean F1; and in one number.

    ``error`` is the expected calibration error: the mean distance of a band's confidence from its F1, by texts.
    """

    bands: tuple[tuple[float, int, float, float], ...]
    error: float


def reliability(pairs: Sequence[tuple[float, float]]) -> Reliability:
    """Of ``(confidence, F1)`` pairs, one at least.

    >>> found = reliability([(0.93, 1.0), (0.91, 0.8), (0.4, 0.3)])
    >>> [(low, count, round(said, 2), round(got, 2)) for low, count, said, got in found.bands]
    [(0.0, 1, 0.4, 0.3), (0.9, 2, 0.92, 0.9)]
    >>> round(found.error, 3)
    0.047
    """
    said, got = np.array(pairs).T
    band = np.searchsorted(BANDS, said, side="right") - 1
    bands = tuple(
        (BANDS[index], int(inside.sum()), float(said[inside].mean()), float(got[inside].mean()))
        for index in range(len(BANDS))
        if (inside := band == index).any()
    )
    return Reliability(bands=bands, error=sum(count * abs(a - b) for _, count, a, b in bands) / len(pairs))


Judged = Sequence[tuple[str, str, Sequence[Judgement]]]


def rendered_types(judged: Judged, name: str) -> Iterator[str]:
    """Mean page F1 of one set by type of page, a column for each way that it was extracted."""
    ways = {way: found for of, way, found in judged if of == name}
    if not ways:
        return
    first = next(iter(ways.values()))
    sizes = {kind: sum(each.type == kind for each in first) for kind in dict.fromkeys(each.type for each in first)}
    large = sorted((kind for kind in sizes if sizes[kind] >= _FEW and kind != OTHER), key=lambda kind: -sizes[kind])
    yield ""
    yield f"Mean page F1 of `{name}` by type of page, as markup, address and title tell it:"
    yield ""
    yield f"| type | pages | {' | '.join(ways)} |"
    yield "|---|---|" + "---|" * len(ways)
    for kind in (*large, OTHER):
        here = [index for index, each in enumerate(first) if (each.type if each.type in large else OTHER) == kind]
        if here:
            cells = " | ".join(f"{mean(found[index].f1 for index in here):.4f}" for found in ways.values())
            yield f"| {kind} | {len(here)} | {cells} |"


def rendered_confidence(judged: Judged) -> Iterator[str]:
    """How far confidence can be trusted, by set and way; and how often an extractor's text was taken."""
    yield ""
    yield "Confidence is the F1 that a text is expected to get. By bands of it: mean confidence → mean F1 (texts)."
    yield "*error*: expected calibration error; *taken*: texts that are an extractor's, likely to be better than ours."
    yield ""
    heads = [f"{low:.2f}–{high:.2f}" for low, high in zip(BANDS, (*BANDS[1:], 1.0), strict=True)]
    yield f"| texts | by | error | taken | {' | '.join(heads)} |"
    yield "|---|---|---|---|" + "---|" * len(heads)
    for name, way, found in judged:
        pairs = [(each.confidence, each.f1) for each in found if each.confidence is not None]
        if pairs:
            told = reliability(pairs)
            cells = {low: f"{said:.3f} → {got:.3f} ({count})" for low, count, said, got in told.bands}
            taken = sum(each.fallback is not None for each in found)
            row = " | ".join(cells.get(low, "–") for low in BANDS)
            yield f"| {name} ({len(pairs)}) | {way} | {told.error:.4f} | {taken} | {row} |"
