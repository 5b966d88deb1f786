"""MinHash sketches: how much of their wording two texts share, from 128 bytes each (Broder 1997)."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Hash functions; the estimate's standard error is at most .5 / sqrt(64) = .06.
SIZE = 64
#: Words of the text that are read.
READ_WORDS = 600
#: Estimated Jaccard similarity of three-word shingles from which two texts are near-copies. Trims and light edits of
#: one agency text stay above, independent reports of one event below .2.
NEAR_COPY = 0.5

# Multiply-add hashing, x → ((a·x + b) mod 2^64) >> 48, with odd multipliers from splitmix64: fixed for ever, since
# sketches are kept in rows.
_MASK = (1 << 64) - 1


def _splitmix(seed: int) -> int:
    value = (seed * 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


# Columns, one factor a row: each hash function's values lie side by side.
_A = np.array([[_splitmix(2 * i + 1) | 1] for i in range(SIZE)], dtype=np.uint64)
_B = np.array([[_splitmix(2 * i + 2)] for i in range(SIZE)], dtype=np.uint64)


def sketch(words: Sequence[int]) -> str:
    """The sketch of a text from the keys of its words in order, in base64; empty for fewer than three."""
    found = words[:READ_WORDS]
    if len(found) < 3:
        return ""
    keys = np.array(found, np.uint64)
    # A shingle's hash from its words' keys: polynomial, modulo 2^64.
    hashes = (keys[:-2] * _A[0] + keys[1:-1]) * _A[1] + keys[2:]
    values = hashes * _A
    values += _B
    mins = values.min(axis=1) >> np.uint64(48)
    return b64encode(mins.astype("<u2").tobytes()).decode()


@lru_cache(maxsize=32_768)  # some 300 bytes each: the members of stories that gain articles
def _values(packed: str) -> NDArray[np.uint16]:
    return np.frombuffer(b64decode(packed), dtype="<u2")


def overlap(one: str, other: str) -> float:
    """The estimated Jaccard similarity of the two texts' shingles, 0 to 1; 0 where either has no sketch."""
    if not one or not other:
        return 0.0
    return int(np.count_nonzero(_values(one) == _values(other))) / SIZE
