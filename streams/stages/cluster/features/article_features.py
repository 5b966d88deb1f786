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
from functools import lru_cache
from struct import pack as struct_pack
from struct import unpack as struct_unpack
from zlib import crc32

from streams.contracts.records import TaggedArticle
from streams.text import plain_marks

BODY, TITLE, NAMES, ENTITIES = range(4)
FIELDS = 4

#: Characters of text that are read: news has its facts up front, and a 20 MB "article" must cost what others cost.
READ_CHARS = 12_000
#: A word counts the less the later it stands: news has the event first, and what it shares with other events after.
#: Half of what may be lost is lost by this word … and this share of its weight is never lost. Development data: 150 or
#: 300 words and .1 or .3 measured alike, and all of them better than counting every word in full.
HALF, FLOOR = 200, 0.3
#: Terms kept of each field in an article's vector, the strongest: 50, 120 and 200 body terms measured no better.
KEEP = (80, 16, 24, 24)
#: Terms kept of each field in a story's profile.
KEEP_STORY = (128, 32, 32, 32)
#: Added to the log-scaled count of a body word that the title has too. Development data: .5 beats 0, 1 and 2.
TITLE_BONUS = 0.5

_WORD = re.compile(r"[^\W_]+(?:['’.][^\W\d_]+)*")
#: Scripts written without spaces: Han, kana, Thai, Lao, Khmer, Myanmar. Their runs become overlapping pairs.
_UNSPACED = re.compile(r"[぀-ヿ㐀-䶿一-鿿豈-﫿฀-໿က-႟ក-៿]+")
#: A run of capitalised words: names, without a tagger. A sentence's first word is left to the body.
_NAME = re.compile(r"(?<![.!?:\"'] )(?<!^)(?<!\n)\b[^\W\d_a-z]\w*(?:[ '’-]+[^\W\d_a-z]\w*)*")


#: What a word counts at each place of the text.
_COUNTS = [FLOOR + (1.0 - FLOOR) * 0.5 ** (place / HALF) for place in range(READ_CHARS)]


@dataclass(frozen=True, slots=True)
class Features:
    """An article's term counts. ``tf``: key → how strongly, before idf; ``labels``: key → what a person reads."""

    tf: dict[int, float]
    labels: dict[int, str]
    #: The body words that stand in names.
    proper: frozenset[int]
    #: The text's words, in order.
    words: list[str]


@lru_cache(maxsize=200_000)  # some 20 MB; a language's everyday words
def key_of(term: str, field: int) -> int:
    """The 32-bit key of a term in a field."""
    return crc32(term.encode("utf-8", "surrogatepass")) & ~3 | field


def words(text: str) -> list[str]:
    """Words in lower case without possessive or plural s; unspaced scripts as character pairs."""
    found: list[str] = []
    ascii_only = text.isascii()
    for low in _WORD.findall(text.casefold()):
        if not ascii_only and not low.isascii() and _UNSPACED.search(low):
            for run in _UNSPACED.findall(low):
                found.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
            found.extend(_WORD.findall(_UNSPACED.sub(" ", low)))
            continue
        if low[-1] == "s":
            if low[-2:] == "'s":
                low = low[:-2]
            elif len(low) > 3 and low[-2] not in "su":
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
    body_words = words(text)
    counts: dict[str, float] = dict(Counter(title_words))
    for word, count in zip(body_words, _COUNTS, strict=False):
        counts[word] = counts.get(word, 0.0) + count
    for word, count in counts.items():
        key = key_of(word, BODY)
        tf[key] = math.log2(1.0 + count)
        labels[key] = word
    for word in dict.fromkeys(title_words):
        tf[key_of(word, BODY)] += TITLE_BONUS
    add(Counter(title_words), TITLE)
    names = [name for name in _NAME.findall(text) if name[0].isupper()]
    add(Counter(name.casefold() for name in names), NAMES)
    proper = frozenset(key_of(word, BODY) for word in words(" ".join(names)))
    for entity in article.entities:
        key = key_of(entity.id, ENTITIES)
        tf[key] = 1.0 + math.log(max(1, len(entity.mentions))) + entity.salience
        labels[key] = entity.name
    return Features(tf, labels, proper, body_words)


def weigh(tf: Mapping[int, float], idf: Mapping[int, float]) -> dict[int, float]:
    """The vector: tf·idf, each field cut to its strongest terms (ties: smaller key) and of length 1.

    Weights are rounded to single precision, strongest first within each field.
    """
    fields: tuple[list[tuple[float, int]], ...] = ([], [], [], [])
    for key, strength in tf.items():
        fields[key & 3].append((-strength * idf[key], key))
    vector: dict[int, float] = {}
    for kept, limit in zip(fields, KEEP, strict=True):
        kept.sort()
        del kept[limit:]
        norm = math.sqrt(sum(weight * weight for weight, _ in kept))
        if norm > 0:
            vector.update((key, -weight / norm) for weight, key in kept)
    return unpack(pack(vector))


def cut(profile: Mapping[int, float]) -> dict[int, float]:
    """A story's profile cut to the strongest terms of each field, strongest first."""
    fields: tuple[list[tuple[float, int]], ...] = ([], [], [], [])
    for key, weight in profile.items():
        if weight > 1e-4:  # what subtraction leaves behind
            fields[key & 3].append((-weight, key))
    kept: dict[int, float] = {}
    for field, limit in zip(fields, KEEP_STORY, strict=True):
        field.sort()
        kept.update((key, -weight) for weight, key in field[:limit])
    return kept


def added(profile: str, *, plus: str = "", minus: str = "") -> str:
    """A packed profile with a packed vector added or taken away."""
    total = dict(unpack(profile))
    for key, weight in unpack(plus).items():
        total[key] = total.get(key, 0.0) + weight
    for key, weight in unpack(minus).items():
        if key in total:
            total[key] -= weight
    return pack(cut(total))


def pack(vector: Mapping[int, float]) -> str:
    """Keys and weights in order, as base64 of little-endian uint32s and then float32s."""
    size = len(vector)
    return b64encode(struct_pack(f"<{size}I{size}f", *vector.keys(), *vector.values())).decode()


@lru_cache(maxsize=8192)  # some 20 kB each: the hot stories' profiles
def unpack(packed: str) -> dict[int, float]:
    """The vector that ``pack`` packed. Shared between callers: do not change it."""
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
