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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TypeVar
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


def weigh(tf: Mapping[int, float], idf: Mapping[int, float]) -> dict[int, float]:
    """The vector: tf·idf, each field cut to its strongest terms (ties: smaller key) and of length 1.

    Weights are rounded to single precision, strongest first within each field.
    """
    keys = np.fromiter(tf, np.uint32, len(tf))
    weights = np.fromiter(tf.values(), np.float64, len(tf)) * np.fromiter(map(idf.__getitem__, tf), np.float64, len(tf))
    vector: dict[int, float] = {}
    for found, strengths in _strongest(keys, weights, KEEP):
        norm = math.sqrt(sum((strengths * strengths).tolist()))
        if norm > 0:
            vector.update(zip(found.tolist(), (strengths / norm).astype(np.float32).tolist(), strict=True))
    return vector


def cut(profile: Mapping[int, float]) -> dict[int, float]:
    """A story's profile cut to the strongest terms of each field, strongest first."""
    keys = np.fromiter(profile, np.uint32, len(profile))
    weights = np.fromiter(profile.values(), np.float64, len(profile))
    left = weights > 1e-4  # without what subtraction leaves behind
    kept: dict[int, float] = {}
    for found, strengths in _strongest(keys[left], weights[left], KEEP_STORY):
        kept.update(zip(found.tolist(), strengths.tolist(), strict=True))
    return kept


def _strongest(keys: Keys, weights: Weights, limits: Sequence[int]) -> Iterator[tuple[Keys, Weights]]:
    """Keys and weights field by field, the strongest first (ties: smaller key), at most ``limits`` of each."""
    fields = keys & 3
    order = np.lexsort((keys, -weights, fields))
    keys, weights = keys[order], weights[order]
    ends = np.cumsum(np.bincount(fields, minlength=FIELDS)).tolist()
    for start, end, limit in zip((0, *ends), ends, limits, strict=False):
        kept = slice(start, min(end, start + limit))
        yield keys[kept], weights[kept]


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
    keys, weights = np.fromiter(vector, "<u4", size), np.fromiter(vector.values(), "<f4", size)
    return b64encode(keys.tobytes() + weights.tobytes()).decode()


@lru_cache(maxsize=8192)  # some 20 kB each: the hot stories' profiles
def unpack(packed: str) -> dict[int, float]:
    """The vector that ``pack`` packed. Shared between callers: do not change it."""
    data = b64decode(packed)
    size = len(data) // 8
    keys, weights = np.frombuffer(data, "<u4", size), np.frombuffer(data, "<f4", size, 4 * size)
    return dict(zip(keys.tolist(), weights.tolist(), strict=True))


def pack_keys(keys: Iterable[int]) -> str:
    return b64encode(np.fromiter(keys, "<u4").tobytes()).decode()


def unpack_keys(packed: str) -> list[int]:
    keys: list[int] = np.frombuffer(b64decode(packed), "<u4").tolist()
    return keys
