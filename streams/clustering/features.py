"""What an article is about, as sparse weights over hashed terms in four fields.

A term is a 32-bit key: the CRC-32 of its string with the lowest two bits replaced by its field, so that one dict holds
an article's or a story's whole profile and a single pass over it gives the similarity of every field.
"""

from __future__ import annotations

import math
import re
import unicodedata
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from struct import pack as struct_pack
from struct import unpack as struct_unpack
from zlib import crc32

from streams.records import TaggedArticle
from streams.text import plain_marks

BODY, TITLE, NAMES, ENTITIES = range(4)
FIELDS = 4

#: Characters of text that are read: news has its facts up front, and a 20 MB "article" must cost what others cost.
READ_CHARS = 40_000
#: Terms kept of each field in an article's vector; the strongest. Beyond 80 body terms no measured F1 is lost.
KEEP = (80, 16, 24, 24)
#: Terms kept of each field in a story's profile.
KEEP_STORY = (128, 32, 32, 32)

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W\d_]+)*")
#: Scripts written without spaces: Han, kana, Thai, Lao, Khmer, Myanmar. Their runs become overlapping pairs.
_UNSPACED = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿฀-໿က-႟ក-៿]+")
#: A run of capitalised words: names, without a tagger. A sentence's first word is left to the body.
_NAME = re.compile(r"(?<![.!?:\"'] )(?<!^)(?<!\n)\b[^\W\d_a-z]\w*(?:[ '’-]+[^\W\d_a-z]\w*)*")


@dataclass(frozen=True, slots=True)
class Features:
    """An article's term counts. ``tf``: key → how strongly, before rarity; ``labels``: key → what a person reads."""

    tf: dict[int, float]
    labels: dict[int, str]


def key_of(term: str, field: int) -> int:
    """The 32-bit key of a term in a field."""
    return crc32(term.encode()) & ~3 | field


def words(text: str) -> list[str]:
    """Words in lower case without possessive or plural s; unspaced scripts as character pairs."""
    found: list[str] = []
    for word in _WORD.findall(text):
        low = word.casefold()
        if not low.isascii() and _UNSPACED.search(low):
            for run in _UNSPACED.findall(low):
                found.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
            found.extend(_WORD.findall(_UNSPACED.sub(" ", low)))
            continue
        if low.endswith("'s"):
            low = low[:-2]
        elif len(low) > 3 and low[-1] == "s" and low[-2] not in "su":
            low = low[:-1]
        found.append(low)
    return found


def extract(article: TaggedArticle) -> Features:
    """The features of an article. Works on an ``id`` and a ``text`` alone."""
    tf: dict[int, float] = {}
    labels: dict[int, str] = {}
    title = plain_marks(unicodedata.normalize("NFC", article.title or ""))[:READ_CHARS]
    text = plain_marks(unicodedata.normalize("NFC", article.text[:READ_CHARS]))

    def add(counts: Mapping[str, int], field: int) -> None:
        for term, count in counts.items():
            key = key_of(term, field)
            tf[key] = 1.0 + math.log(count)
            labels[key] = term

    title_words = words(title)
    add(Counter(words(text) + title_words), BODY)
    add(Counter(title_words), TITLE)
    add(Counter(name.casefold() for name in _NAME.findall(text)), NAMES)
    for entity in article.entities:
        key = key_of(entity.id, ENTITIES)
        tf[key] = 1.0 + math.log(max(1, len(entity.mentions))) + entity.salience
        labels[key] = entity.name
    return Features(tf, labels)


def weigh(tf: Mapping[int, float], rarity: Iterable[float]) -> dict[int, float]:
    """The vector: tf·idf, each field cut to its strongest terms (ties: smaller key) and of length 1.

    ``rarity`` is the idf of each key of ``tf``, in its order. Weights are rounded to single precision.
    """
    fields: tuple[list[tuple[float, int]], ...] = ([], [], [], [])
    for (key, strength), idf in zip(tf.items(), rarity, strict=True):
        fields[key & 3].append((-strength * idf, key))
    vector: dict[int, float] = {}
    for kept, limit in zip(fields, KEEP, strict=True):
        kept.sort()
        del kept[limit:]
        norm = math.sqrt(sum(weight * weight for weight, _ in kept))
        if norm > 0:
            vector.update((key, -weight / norm) for weight, key in kept)
    return unpack(pack(vector))


def cut(profile: Mapping[int, float]) -> dict[int, float]:
    """A story's profile cut to the strongest terms of each field, strongest first, in single precision."""
    fields: tuple[list[tuple[float, int]], ...] = ([], [], [], [])
    for key, weight in profile.items():
        if weight > 1e-4:  # what subtraction leaves behind
            fields[key & 3].append((-weight, key))
    kept: dict[int, float] = {}
    for field, limit in zip(fields, KEEP_STORY, strict=True):
        field.sort()
        kept.update((key, -weight) for weight, key in field[:limit])
    return unpack(pack(kept))


def pack(vector: Mapping[int, float]) -> str:
    """Keys and weights in order, as base64 of little-endian uint32s and then float32s."""
    size = len(vector)
    return b64encode(struct_pack(f"<{size}I{size}f", *vector.keys(), *vector.values())).decode()


def unpack(packed: str) -> dict[int, float]:
    data = b64decode(packed)
    size = len(data) // 8
    numbers = struct_unpack(f"<{size}I{size}f", data)
    return dict(zip(numbers[:size], numbers[size:], strict=True))


def pack_keys(keys: Iterable[int]) -> str:
    numbers = list(keys)
    return b64encode(struct_pack(f"<{len(numbers)}I", *numbers)).decode()


def unpack_keys(packed: str) -> tuple[int, ...]:
    data = b64decode(packed)
    return struct_unpack(f"<{len(data) // 4}I", data)
