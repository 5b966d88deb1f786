"""A text's words and marks with their places: read once, for the recogniser and for the relabelling after it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, compress

from streams.stages.tag.lang import Language

#: Texts of which the words are kept, and how long they may be, code points: a pool process's articles
#: (``runtime.pool``) of any usual length. Of texts that are nothing but marks that is 7 MB each.
_KEPT, _SHORT = 8, 50_000


@dataclass(frozen=True, slots=True)
class Tokens:
    """Words, marks and, where they are wanted, the ends of lines: three lists of one length, in order."""

    words: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]

    def without_lines(self) -> tuple[Tokens, set[int]]:
        """Those that are no ends of lines, and which of these begin a line.

        >>> from streams.stages.tag.lang import DEFAULT
        >>> tokens, begins = read("Rain\\nin Rome", DEFAULT).without_lines()
        >>> tokens.words, tokens.starts, begins
        (['Rain', 'in', 'Rome'], [0, 5, 8], {1})
        """
        # No word or mark is white space.
        ends = list(compress(range(len(self.words)), map(str.isspace, self.words)))
        words, starts, stops = list(self.words), list(self.starts), list(self.ends)
        for at in reversed(ends):
            del words[at], starts[at], stops[at]
        return Tokens(words, starts, stops), {at - before for before, at in enumerate(ends)}


def read(text: str, language: Language) -> Tokens:
    """The words, marks and ends of lines of a text; what several steps ask for is not looked for again."""
    return _kept(text, language) if len(text) <= _SHORT else _read(text, language)


def _read(text: str, language: Language) -> Tokens:
    # What lies between and the words in turn: the lengths, added up, are the places.
    parts = _pattern(language).split(text)
    places = list(accumulate(map(len, parts)))
    return Tokens(parts[1::2], places[:-1:2], places[1::2])


_kept = lru_cache(maxsize=_KEPT)(_read)


@cache
def _pattern(language: Language) -> re.Pattern[str]:
    """Words, marks, and the ends of lines, which part what they stand between."""
    return re.compile(rf"({language.names.token.pattern}|\n+)")
