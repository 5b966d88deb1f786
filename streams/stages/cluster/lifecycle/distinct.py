"""How many different values a story's members have, counted as members come, go and move: a packed sketch.

Every value is hashed to 40 bits, evenly. The sketch keeps the values whose hash is below a threshold, each with the
number of members that have it; when more than ``KEPT`` remain, the threshold falls to the largest hash and that one
goes. Up to ``KEPT`` values, every one is there and the count is exact; beyond, the kept are a sample of known share.

Sources: the k smallest hashes (Bar-Yossef et al., *Counting distinct elements in a data stream*, RANDOM 2002); the
sample below a threshold that only falls, and what is left of it after taking away (Gibbons, *Distinct sampling for
highly-accurate answers to distinct values queries and event reports*, VLDB 2001); unions, and the estimate without bias
(kept over threshold; Dasgupta, Lang, Rhodes, Thaler, *A framework for estimating stream expression cardinalities*,
ICDT 2016).
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import blake2b
from struct import pack as struct_pack
from struct import unpack as struct_unpack

#: Values kept: the estimate beyond has a standard error of 1 / √(256 - 1), some 6 %, at 2.7 kB a sketch.
KEPT = 256
#: Bits of a hash and of a number of members: one 64-bit number holds both.
HASH_BITS, COUNT_BITS = 40, 24
_WHOLE, _MOST = 1 << HASH_BITS, (1 << COUNT_BITS) - 1


def counted(packed: str, *, plus: Iterable[str] = (), minus: Iterable[str] = ()) -> str:
    """The sketch with one member more of each value in ``plus``, and one less of each in ``minus``.

    What was never counted cannot be taken away: such a value of ``minus`` changes nothing. Packed: base64 of
    little-endian uint64s, the threshold and then hash and number of members of each value, by hash; empty for none.

    >>> estimate(counted(counted("", plus=["Post", "Star", "Post"]), minus=["Post"]))
    2
    >>> counted(counted("", plus=["Post"]), minus=["Post", "Star"])
    ''
    """
    threshold, held = _unpack(packed)
    for value in plus:
        key = _hash(value)
        if key < threshold:
            held[key] = min(_MOST, held.get(key, 0) + 1)
    for value in minus:
        key = _hash(value)
        left = held.get(key, 0) - 1
        if left > 0:
            held[key] = left
        else:
            held.pop(key, None)
    return _pack(threshold, held)


def merged(one: str, other: str) -> str:
    """The sketch of two stories that have become one; the same whichever comes first.

    >>> estimate(merged(counted("", plus=["Post", "Star"]), counted("", plus=["Star", "Wire"])))
    3
    """
    threshold, held = _unpack(one)
    other_threshold, more = _unpack(other)
    threshold = min(threshold, other_threshold)
    for key, count in more.items():
        held[key] = min(_MOST, held.get(key, 0) + count)
    return _pack(threshold, {key: count for key, count in held.items() if key < threshold})


def estimate(packed: str) -> int:
    """How many different values were counted: exact up to ``KEPT`` at a time, else to some 6 %."""
    threshold, held = _unpack(packed)
    return round(len(held) * _WHOLE / threshold)


def may_hold(packed: str, value: str) -> bool:
    """Whether a member with this value is, or for all that is known may be, among those counted."""
    threshold, held = _unpack(packed)
    key = _hash(value)
    return key >= threshold or key in held


def _hash(value: str) -> int:
    digest = blake2b(value.encode("utf-8", "surrogatepass"), digest_size=HASH_BITS // 8)
    return int.from_bytes(digest.digest(), "little")


def _unpack(packed: str) -> tuple[int, dict[int, int]]:
    if not packed:
        return _WHOLE, {}
    data = b64decode(packed)
    threshold, *entries = struct_unpack(f"<{len(data) // 8}Q", data)
    return threshold, {entry >> COUNT_BITS: entry & _MOST for entry in entries}


def _pack(threshold: int, held: dict[int, int]) -> str:
    keys = sorted(held)
    if len(keys) > KEPT:
        threshold = keys[KEPT]
        del keys[KEPT:]
    if not keys and threshold == _WHOLE:
        return ""
    numbers = (threshold, *(key << COUNT_BITS | held[key] for key in keys))
    return b64encode(struct_pack(f"<{len(numbers)}Q", *numbers)).decode()
