"""The fast recogniser's network: two layers over a window of words, in whole numbers.

A type's features add up to a vector, and what the vector gives to each place of the window is worked out once a type
and kept: the first layer of a text is five rows a word, gathered and added (as the feed-forward layer of a parser in
Chen & Manning, EMNLP 2014, "precomputed"). The second layer sees three words' first layers. All weights are bytes, and
what a layer gives is rounded to one: every sum is a whole number below 2**24, which float32 holds exactly, so that a
text gets the same labels in whatever batch and on whatever machine.
"""

from __future__ import annotations

import json
import lzma
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from numpy.typing import NDArray

from streams.stages.tag.ner.fast_words import PLACES

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]

#: How many words to each side the first and the second layer see.
NEAR, BEYOND = 2, 1
#: The largest value that a layer gives on.
TOP = 255.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NetWeights:
    """A learned network. F features, D numbers a vector, H and K numbers in the layers, L labels; whole numbers.

    What a layer gives is its sum times ``first`` or ``second``, rounded, from 0 to ``TOP``. ``margin``: how far, in
    units of the labels' scores, ``O`` has to be ahead of all others for a word to be surely in no name.
    """

    labels: tuple[str, ...]
    features: Mapping[str, int]
    #: Words, sorted, with the two groups of words of like meaning that each is in.
    words: tuple[str, ...]
    groups: NDArray[np.uint16]
    vectors: Floats  # F+1 x D; the last is what a text's end has
    window: Floats  # D x 5H
    places: Floats  # 3 x PLACES x H
    bias: Floats  # H
    layer: Floats  # 3H x K
    layer_bias: Floats  # K
    out: Floats  # H+K x L
    out_bias: Floats  # L
    first: float
    second: float
    margin: float

    def rows(self, found: Sequence[str], word: str) -> list[int]:
        """The rows of ``vectors`` of a type: those of its features that were learned, and of its groups."""
        lower = word.lower()
        at = bisect_left(self.words, lower)
        if at < len(self.words) and self.words[at] == lower:
            found = [*found, *(f"{name}{group}" for name, group in zip("ab", self.groups[at], strict=True))]
        get = self.features.get
        return [row for feature in found if (row := get(feature)) is not None]

    def project(self, rows: Sequence[Sequence[int]]) -> Floats:
        """What types give to each place of the window: 5 x types x H."""
        lengths = np.array([len(one) for one in rows])
        some = lengths > 0
        starts = (np.cumsum(lengths) - lengths)[some]
        vectors = np.zeros((len(rows), self.vectors.shape[1]), dtype=np.float32)
        if some.any():
            flat = self.vectors[[row for one in rows for row in one]]
            vectors[some] = np.add.reduceat(flat, starts, axis=0)
        return cast(Floats, (vectors @ self.window).reshape(len(rows), 2 * NEAR + 1, -1).transpose(1, 0, 2))

    def score(self, projected: Floats, types: Ints, places: Ints) -> Floats:
        """Words by labels.

        Args:
            projected: of all types, as ``project`` has it.
            types, places: of the words; between two texts there are words of the type of a text's end, at least as
                many as the layers see to a side.
        """
        count = len(types)
        sums = np.repeat(self.bias[None], count, axis=0)
        for offset in range(-NEAR, NEAR + 1):
            here, there = _shifted(count, offset)
            sums[here] += projected[offset + NEAR].take(types[there], axis=0)
        for offset in range(-1, 2):
            here, there = _shifted(count, offset)
            sums[here] += self.places[offset + 1].take(places[there], axis=0)
        near = _rounded(sums, self.first)
        width = near.shape[1]
        wide = np.zeros((count, (2 * BEYOND + 1) * width), dtype=np.float32)
        for offset in range(-BEYOND, BEYOND + 1):
            here, there = _shifted(count, offset)
            wide[here, (offset + BEYOND) * width : (offset + BEYOND + 1) * width] = near[there]
        far = _rounded(wide @ self.layer + self.layer_bias, self.second)
        return cast(Floats, near @ self.out[:width] + far @ self.out[width:] + self.out_bias)


def _shifted(count: int, offset: int) -> tuple[slice, slice]:
    """The words that have one ``offset`` away, and those."""
    first, last = max(0, -offset), count - max(0, offset)
    return slice(first, max(first, last)), slice(first + offset, max(first, last) + offset)


def _rounded(sums: Floats, scale: float) -> Floats:
    """What a layer gives on, in place of its sums."""
    sums *= np.float32(scale)
    np.clip(sums, 0, TOP, out=sums)
    return np.rint(sums, out=sums)


_ARRAYS = ("vectors", "window", "places", "bias", "layer", "layer_bias", "out", "out_bias")
#: What needs more than a byte: a sum of products of bytes is added to these.
_WIDE = ("places", "bias", "layer_bias", "out_bias")


def pack(weights: NetWeights) -> bytes:
    """The weights as a file: xz over a line of JSON, the features, the words and their groups, and the arrays."""
    head = {
        "labels": weights.labels, "first": weights.first, "second": weights.second, "margin": weights.margin,
        "features": len(weights.features), "words": len(weights.words),
        "shapes": {name: getattr(weights, name).shape for name in _ARRAYS},
    }  # fmt: skip
    # A newline parts the features; the one feature that is a newline is written as what no other can be.
    names = [name.replace("\n", "\\n") for name in sorted(weights.features, key=weights.features.__getitem__)]
    parts = [json.dumps(head).encode(), *(name.encode() for name in names), *(word.encode() for word in weights.words)]
    body = b"\n".join(parts) + b"\n" + np.ascontiguousarray(weights.groups.T, dtype="<u2").tobytes()
    for name in _ARRAYS:
        body += getattr(weights, name).astype("<i4" if name in _WIDE else "i1").tobytes()
    return lzma.compress(body, preset=9 | lzma.PRESET_EXTREME)


def unpack(packed: bytes) -> NetWeights:
    """What ``pack`` made a file of."""
    body = lzma.decompress(packed)
    end = body.index(b"\n")
    head = json.loads(body[:end])
    lines = body[end + 1 :].split(b"\n", head["features"] + head["words"])
    names = [line.decode().replace("\\n", "\n") for line in lines[: head["features"]]]
    words = tuple(line.decode() for line in lines[head["features"] : -1])
    rest, at = lines[-1], 4 * len(words)
    groups = np.frombuffer(rest, dtype="<u2", count=2 * len(words)).reshape(2, -1).T
    arrays: dict[str, Floats] = {}
    for name, shape in head["shapes"].items():
        kind = np.dtype("<i4" if name in _WIDE else "i1")
        count = int(np.prod(shape))
        arrays[name] = np.frombuffer(rest, kind, count, at).reshape(shape).astype(np.float32)
        at += count * kind.itemsize
    assert arrays["places"].shape[:2] == (3, PLACES), "weights of other places"
    return NetWeights(
        labels=tuple(head["labels"]),
        features={name: row for row, name in enumerate(names)},
        words=words,
        groups=groups,
        first=head["first"],
        second=head["second"],
        margin=head["margin"],
        **arrays,
    )
