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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, TypeVar
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from streams.contracts.records import TaggedArticle
from streams.stages.cluster.features.sketch import sketch
from streams.text import plain_marks

BODY, TITLE, NAMES, ENTITIES = range(4)
FIELDS = 4

T = TypeVar("T")
Keys = NDArray[np.uint32]
Weights = NDArray[np.float64]

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
#: The looks behind come after the first character, for which alone the text is searched: four times as fast.
_NAME = re.compile(
    r"[A-Z\x80-\U0010ffff](?<=[^\W\d_])(?<!\w.)(?<![.!?:\"'] .)(?<!^.)(?<!\n.)\w*(?:[ '’-]+[^\W\d_a-z]\w*)*"
)

#: What a word counts at each place of the text.
_COUNTS = [FLOOR + (1.0 - FLOOR) * 0.5 ** (place / HALF) for place in range(READ_CHARS)]
#: Strings of which the words, and words of which the key is remembered, and characters of each at most: everyday
#: language, in some 30 MB.
_KNOWN, _KNOWN_CHARS = 100_000, 32


class Vector(NamedTuple):
    """Terms and their weights, field by field, the strongest first within each; weights in single precision."""

    keys: Keys
    weights: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Features:
    """An article's term counts. ``tf``: key → how strongly, before idf; ``labels``: key → what a person reads."""

    tf: dict[int, float]
    labels: dict[int, str]
    #: The body words that stand in names.
    proper: frozenset[int]
    #: The text's words, in order.
    words: list[str]
    #: How they follow each other, as ``sketch.sketch`` packs it.
    sketch: str


class _Known(dict[str, T]):
    """What was found for short strings. A third of what ``lru_cache`` costs; full, it begins anew."""

    def keep(self, asked: str, found: T) -> T:
        if len(asked) <= _KNOWN_CHARS:
            if len(self) >= _KNOWN:
                self.clear()
            self[asked] = found
        return found


class _BodyKeys(_Known[int]):
    """Term → its key as a body word."""

    def __missing__(self, term: str) -> int:
        return self.keep(term, crc32(term.encode("utf-8", "surrogatepass")) & ~3)


class _WordsOf(_Known[tuple[str, ...]]):
    """What stands between two white spaces, in lower case → its words."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        found: list[str] = []
        for low in _WORD.findall(chunk):
            if not low.isascii() and _UNSPACED.search(low):
                for run in _UNSPACED.findall(low):
                    found.extend(run[i : i + 2] for i in range(max(1, len(run) - 1)))
                found.extend(_WORD.findall(_UNSPACED.sub(" ", low)))
            elif low[-2:] == "'s":
                found.append(low[:-2])
            elif len(low) > 3 and low[-1] == "s" and low[-2] not in "su":
                found.append(low[:-1])
            else:
                found.append(low)
        return self.keep(chunk, tuple(found))  # tuples of strings are nothing that the garbage collector visits


#: The key of a body word.
body_key = _BodyKeys().__getitem__
_words_of = _WordsOf().__getitem__


def key_of(term: str, field: int) -> int:
    """The 32-bit key of a term in a field."""
    return body_key(term) | field


def words(text: str) -> list[str]:
    """Words in lower case without possessive or plural s; unspaced scripts as character pairs."""
    return list(chain.from_iterable(map(_words_of, text.casefold().split())))


def extract(article: TaggedArticle) -> Features:
    """The features of an article. Works on an ``id`` and a ``text`` alone."""
    title = plain_marks(unicodedata.normalize("NFC", article.title or ""))[:READ_CHARS]
    text = plain_marks(unicodedata.normalize("NFC", article.text[:READ_CHARS]))
    title_words, body_words = words(title), words(text)
    title_keys, body_keys = list(map(body_key, title_words)), list(map(body_key, body_words))
    labels = dict(zip((*title_keys, *body_keys), (*title_words, *body_words), strict=True))
    counts: dict[int, float] = dict(Counter(title_keys))
    counted = counts.get
    for key, count in zip(body_keys, _COUNTS, strict=False):
        counts[key] = counted(key, 0.0) + count
    tf = dict(zip(counts, [math.log2(1.0 + count) for count in counts.values()], strict=True))
    for key in dict.fromkeys(title_keys):
        tf[key] += TITLE_BONUS
    names = [name for name in _NAME.findall(text) if name[0].isupper()]
    for field, terms in ((TITLE, title_words), (NAMES, [name.casefold() for name in names])):
        for term, number in Counter(terms).items():
            key = body_key(term) | field
            tf[key] = 1.0 + math.log(number)
            labels[key] = term
    for entity in article.entities:
        key = key_of(entity.id, ENTITIES)
        tf[key] = 1.0 + math.log(max(1, len(entity.mentions))) + entity.salience
        labels[key] = entity.name
    proper = frozenset(map(body_key, words(" ".join(names))))
    return Features(tf, labels, proper, body_words, sketch(body_keys))


def weigh(tf: Mapping[int, float], idf: Callable[[Keys], Weights]) -> tuple[Vector, Weights]:
    """The vector: tf·idf, each field cut to its strongest terms (ties: smaller key) and of length 1; its terms' idf.

    Args:
        idf: the idf of each of an array of keys (``LanguageIndex.idf``).
    """
    keys = np.fromiter(tf, np.uint32, len(tf))
    rarity = idf(keys)
    weights = np.fromiter(tf.values(), np.float64, len(tf)) * rarity
    kept, scaled = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for places in _strongest(keys, weights, KEEP):
        strengths = weights.take(places)
        norm = math.sqrt(sum((strengths * strengths).tolist()))
        if norm > 0:
            kept.append(places)
            scaled.append((strengths / norm).astype(np.float32))
    strongest = np.concatenate(kept)
    return Vector(keys.take(strongest), np.concatenate(scaled)), rarity.take(strongest)


def summed(*packed: str, minus: str = "") -> str:
    """The profile of a story: packed vectors added up and one taken away, cut to the strongest terms of each field."""
    read = [read_vector(each) for each in (*packed, minus)]
    signed = [each.weights.astype(np.float64) for each in read]
    np.negative(signed[-1], out=signed[-1])
    keys, places = np.unique(np.concatenate([each.keys for each in read]), return_inverse=True)
    weights: Any = np.bincount(places, np.concatenate(signed), len(keys))
    left = weights > 1e-4  # without what subtraction leaves behind, or never found
    keys, weights = keys[left], weights[left]
    kept = np.concatenate(list(_strongest(keys, weights, KEEP_STORY)))
    return pack_vector(Vector(keys.take(kept), weights.take(kept).astype(np.float32)))


def _strongest(keys: Keys, weights: Weights, limits: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    """The places of the strongest of each field (ties: smaller key), at most ``limits`` of each, field by field."""
    fields = keys & 3
    order = np.lexsort((keys, -weights, fields))
    ends = np.cumsum(np.bincount(fields, minlength=FIELDS)).tolist()
    for start, end, limit in zip((0, *ends), ends, limits, strict=False):
        yield order[start : min(end, start + limit)]


def pack_vector(vector: Vector) -> str:
    """Keys and weights in order, as base64 of little-endian uint32s and then float32s."""
    return b64encode(vector.keys.astype("<u4").tobytes() + vector.weights.astype("<f4").tobytes()).decode()


@lru_cache(maxsize=8192)  # some 2 kB each: the members and profiles that decisions change or look at
def read_vector(packed: str) -> Vector:
    """The vector that ``pack_vector`` or ``pack`` packed."""
    data = b64decode(packed)
    return vector_in(data, 0, len(data))


def vector_in(data: bytes, start: int, length: int) -> Vector:
    """The vector in ``length`` bytes from ``start`` on: half of them keys, the other half weights."""
    size = length // 8
    return Vector(np.frombuffer(data, "<u4", size, start), np.frombuffer(data, "<f4", size, start + 4 * size))


def pack(vector: Mapping[int, float]) -> str:
    """``pack_vector`` of a mapping in its order."""
    size = len(vector)
    return pack_vector(Vector(np.fromiter(vector, np.uint32, size), np.fromiter(vector.values(), np.float32, size)))


def unpack(packed: str) -> dict[int, float]:
    """Key → weight, of a packed vector."""
    keys, weights = read_vector(packed)
    return dict(zip(keys.tolist(), weights.tolist(), strict=True))


def pack_keys(keys: Iterable[int]) -> str:
    return b64encode(np.fromiter(keys, "<u4").tobytes()).decode()


def unpack_keys(packed: str) -> list[int]:
    keys: list[int] = np.frombuffer(b64decode(packed), "<u4").tolist()
    return keys
