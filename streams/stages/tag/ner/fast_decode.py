"""From scores to spans: the best labels that fit together, all stretches of a text at once.

Labels are ``O`` and, for each kind of name, its first, inner and last word and its only one (``B I L U``). Viterbi's
algorithm, with what the labels allow built in: a word is either at an end (``O``, ``L``, ``U``), after which anything
may begin, or inside a name of some kind (``B``, ``I``), which must go on. So a step costs as much as there are labels,
not their square.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from streams.stages.tag.ner.fast_net import Floats, Ints

#: First, last, label.
Span = tuple[int, int, str]

#: Longest stretch that is decoded as one, words: no name is longer.
_LONGEST = 40
_NEVER = np.float32(-1e9)


class Decoder:
    """Decodes scores of ``labels``: ``O``, then ``B-X I-X L-X U-X`` for each kind X.

    Args:
        margin: a word whose ``O`` is ahead of all its other labels by more is in no name, and parts what is around it.

    >>> scores = np.array([[0, 9, 0, 0, 8], [0, 0, 0, 9, 8], [9, 0, 0, 0, 0]], dtype=np.float32)
    >>> Decoder(("O", "B-ORG", "I-ORG", "L-ORG", "U-ORG"), 3).spans(scores, np.zeros(3, dtype=bool))
    [(0, 1, 'ORG')]
    """

    def __init__(self, labels: Sequence[str], margin: float) -> None:
        self.kinds = [label[2:] for label in labels[1::4]]
        assert list(labels) == ["O", *(f"{mark}-{kind}" for kind in self.kinds for mark in "BILU")], labels
        self.margin = margin

    def spans(self, scores: Floats, never: NDArray[np.bool_]) -> list[Span]:
        """The names, in order, not overlapping.

        Args:
            scores: words by labels.
            never: words that are in no name whatever their scores.
        """
        unsure = (scores[:, 1:].max(axis=1) >= scores[:, 0] - self.margin) & ~never
        starts, lengths = _stretches(unsure)
        if not len(starts):
            return []
        # Long ones first: a step goes on with the first so many.
        order = np.argsort(-lengths, kind="stable")
        starts, lengths = starts[order], lengths[order]
        ended, inner = self._forward(scores, starts, lengths)
        found: list[Span] = []
        for row, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
            found += self._back(row, start, length, ended, inner)
        return sorted(found)

    def _forward(self, scores: Floats, starts: Ints, lengths: Ints) -> tuple[list[Ints], list[NDArray[np.bool_]]]:
        """For each step, of the stretches that are as long: how a word at an end ends best, and whether one inside a
        kind of name is better an inner word of it than its first."""
        kinds = len(self.kinds)
        at_end = np.zeros(len(starts), dtype=np.float32)
        inside = np.full((len(starts), kinds), _NEVER, dtype=np.float32)
        ended: list[Ints] = []
        inner: list[NDArray[np.bool_]] = []
        for step in range(int(lengths[0])):
            count = int(np.searchsorted(-lengths, -step, side="left"))
            score = scores[starts[:count] + step]
            at_end, inside = at_end[:count, None], inside[:count]
            ways = np.concatenate([at_end + score[:, :1], inside + score[:, 3::4], at_end + score[:, 4::4]], axis=1)
            first, on = at_end + score[:, 1::4], inside + score[:, 2::4]
            ended.append(ways.argmax(axis=1))
            inner.append(on > first)
            at_end, inside = ways.max(axis=1), np.maximum(first, on)
        return ended, inner

    def _back(
        self, row: int, start: int, length: int, ended: Sequence[Ints], inner: Sequence[NDArray[np.bool_]]
    ) -> list[Span]:
        """The names of one stretch, from its end to its start."""
        found: list[Span] = []
        step, kinds = length - 1, len(self.kinds)
        while step >= 0:
            way = int(ended[step][row])
            last = step
            if way and way <= kinds:
                step -= 1
                while inner[step][row, way - 1]:
                    step -= 1
            if way:
                found.append((start + step, start + last, self.kinds[(way - 1) % kinds]))
            step -= 1
        return found


def _stretches(unsure: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Starts and lengths of the runs of what is true, long ones in pieces."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], unsure, [False]]).astype(np.int8)))
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    if not len(starts):
        return starts, lengths
    pieces = -(-lengths // _LONGEST)
    number = np.arange(int(pieces.sum())) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    begins = np.repeat(starts, pieces) + number * _LONGEST
    return begins, np.minimum(np.repeat(starts + lengths, pieces) - begins, _LONGEST)
