"""What the fast recogniser sees of a text: words by their type, and by how the document writes them.

A type is a word as it is written. What can be said of it alone (its letters, its shape, what the tables say) is said
once and kept; what depends on the text is a *place*, one of ``PLACES`` numbers a word. Both are all the network reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from streams.stages.tag.lang import Language
from streams.stages.tag.ner.casing import common_words
from streams.stages.tag.ner.crf_features import shape
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.aliases import table

#: How many kinds of places there are: see ``places``.
PLACES = 24
#: Longest word that is looked at, code points: of longer ones, which are data, as much.
LONGEST = 60
_BEGINS = ((1, "p1="), (2, "p2="), (3, "p3="))
_TAILS = ((1, "e1="), (2, "e2="), (3, "e3="), (4, "e4="))
_ENDS = frozenset('.!?:•“"”\n')

Ints = NDArray[np.int64]


def describe(word: str, language: Language) -> list[str]:
    """The features of a type: short strings, the same wherever it stands.

    >>> from streams.stages.tag.lang import DEFAULT
    >>> describe("Paris", DEFAULT)[:4]
    ['w=paris', 'W=Paris', 's=Xx', 'm=Xx']
    """
    if word[0] == "\n":
        return ["\n"]
    lower = word.lower()
    known = table(language)
    found = [f"w={lower}", *([f"W={word}"] if word != lower else []), f"s={shape(word)}", f"m={_mould(word)}"]
    # Those that are shorter than the word.
    found += [name + lower[:n] for n, name in _BEGINS[: len(lower) - 1]]
    found += [name + lower[-n:] for n, name in _TAILS[: len(lower) - 1]]
    found.append(f"n={min(len(word), 12)}")
    identity = known.find(word) if word != lower else None
    if identity is not None:
        found.append(f"k={identity.type}{(identity.detail or '').split(' ')[0]}")
    if lower in known.first_words:
        found.append("f")
    if lower in common_words(language):
        found.append("c")
    if names.is_honorific(word, language):
        found.append("h")
    if lower in language.names.particles:
        found.append("q")
    return found


def _mould(word: str) -> str:
    """The word with its letters as ``X`` and ``x``, digits as ``9``, each run of the same as one.

    >>> _mould("al-Qaeda"), _mould("B-52s")
    ('x-Xx', 'X-9x')
    """
    # Most words.
    if word.isalpha() and word[1:].islower() and (word[0].islower() or word[0].isupper()):
        return "x" if word[0].islower() else "Xx"
    letters = ("X" if char.isupper() else "x" if char.isalpha() else "9" if char.isdigit() else char for char in word)
    return "".join(key for key, _ in groupby(letters))[:12]


class Kinds:
    """What ``places`` asks of types, as rows indexed by type. Grows with the types."""

    def __init__(self) -> None:
        self._lowers: dict[str, int] = {}
        # The word written small; whether it is small, is large, ends a sentence.
        self._rows = np.zeros((1 << 10, 4), dtype=np.int64)
        self._count = 0

    def add(self, word: str) -> None:
        """The next type."""
        if self._count == len(self._rows):
            self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        lower = word.lower()
        number = self._lowers.setdefault(lower, len(self._lowers))
        large = not word[0].islower() and word != lower
        self._rows[self._count] = (number, word == lower, large, word[0] in _ENDS)
        self._count += 1

    def places(self, types: Ints) -> Ints:
        """How the document writes each of its words: 0 to ``PLACES`` - 1.

        Whether it opens a sentence or a line; whether it is written small elsewhere; whether it is written large
        where nothing asks for it; and whether it stands here once, two or three times, or more often.

        Args:
            types: of the words of one document, in order.
        """
        lower, small, large, ends = self._rows.T.take(types, axis=1)
        opening = np.ones(len(types), dtype=bool)
        opening[1:] = ends[:-1] > 0
        counts = np.bincount(lower)
        plain, named = np.zeros(len(counts), dtype=np.int64), np.zeros(len(counts), dtype=np.int64)
        plain[lower[small > 0]] = 2
        named[lower[(large > 0) & ~opening]] = 4
        often = (counts > 1) * 8 + (counts > 3) * 8
        result: Ints = opening + (plain + named + often)[lower]
        return result


def number(words: Sequence[str], numbers: dict[str, int], kinds: Kinds) -> Ints:
    """The types of ``words``, new ones added to ``numbers`` and ``kinds``."""
    found = list(map(numbers.get, words))
    if None in found:
        for word in dict.fromkeys(word for word, known in zip(words, found, strict=True) if known is None):
            numbers[word] = len(numbers)
            kinds.add(word)
        found = list(map(numbers.get, words))
    return np.array(found, dtype=np.int64)
