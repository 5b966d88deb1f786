"""Lines as arrays: what kind each character is of, and where words are. All of a text's at once, for NumPy to count."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Kinds = npt.NDArray[np.uint16]

WORD = re.compile(r"\w+")
WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
#: Kinds of characters, a bit each: of words, large, of digraphs that begin so, digits, small, letters; a space; what is
#: counted; and what begins or ends some lines.
OF_WORD, LARGE, TITLE, DIGIT, SMALL, LETTER, SPACE = (1 << bit for bit in range(7))
COMMA, STOP, FULL_STOP, ODD, WIDE_ONE, END, QUOTE, COLON = (1 << bit for bit in range(7, 15))
#: The first five of those, which a character is one of at most.
COUNTED, FIRST_COUNTED = 0b11111 << 7, 7
_CHARS = {
    SPACE: " ", COMMA: ",，、،", STOP: ".?!", FULL_STOP: "。", ODD: "|/»›>_=+#{}[]~©@",
    END: ".!?…。！？｡।॥؟۔։።", QUOTE: "\"“'‘«„", COLON: ":：",
}  # fmt: skip
_OF_CHAR = {char: sum(kind for kind, some in _CHARS.items() if char in some) for char in "".join(_CHARS.values())}
#: Of words, and not of the code page in which each character is a byte: that of western Europe's languages.
_FOREIGN, _CODE_PAGE = 1 << 15, "cp1252"
#: Unicode's first plane: beyond are no letters of news, but pictures.
_BASIC = 1 << 16


@lru_cache(maxsize=1)
def _kinds() -> Kinds:
    """The kinds of the characters of Unicode's first plane."""
    return np.array([_kind(chr(code)) for code in range(_BASIC)], dtype=np.uint16)


def _kind(char: str) -> int:
    kind = _OF_CHAR.get(char, 0)
    kind |= LARGE if char.isupper() else TITLE if char.istitle() else SMALL if char.islower() else 0
    if char.isalnum() or char == "_":
        kind |= OF_WORD
        kind |= DIGIT if char.isdigit() else LETTER if char.isalpha() else 0
        kind |= 0 if char.encode(_CODE_PAGE, "ignore") else _FOREIGN
    if WIDE.match(char):
        kind |= WIDE_ONE
    return kind


def _kinds_of(codes: npt.NDArray[np.uint32]) -> Kinds:
    found = _kinds().take(codes, mode="clip")
    beyond = np.flatnonzero(codes >= _BASIC)
    if len(beyond):
        some, which = np.unique(codes[beyond], return_inverse=True)
        found[beyond] = np.array([_kind(chr(code)) for code in some.tolist()], dtype=np.uint16)[which]
    return found


@lru_cache(maxsize=2)
def _words_table(*, small: bool) -> bytes:
    """The bytes of the code page, in lower case or as they are; what is of no word as spaces, but for line breaks."""
    chars = bytes(range(256)).decode(_CODE_PAGE, "replace")
    made = [(char.lower() if small else char) if _kind(char) & OF_WORD or char == "\n" else " " for char in chars]
    return "".join(made).encode(_CODE_PAGE)


def _spaced(text: str, *, small: bool) -> str:
    """The text, whose words have only the code page's characters, with spaces for all that is of no word.

    To split that takes a third of the time of a pattern's matching.
    """
    return text.encode(_CODE_PAGE, "replace").translate(_words_table(small=small)).decode(_CODE_PAGE)


def words_by_line(texts: Sequence[str]) -> list[list[str]]:
    """The words of each line, as they are written.

    >>> words_by_line(["It’s 3 → 5", ""])
    [['It', 's', '3', '5'], []]
    """
    joined = "\n".join(texts)
    if (_kinds_of(_codes_of(joined)) & _FOREIGN).any():
        return [WORD.findall(text) for text in texts]
    return [line.split() for line in _spaced(joined, small=False).split("\n")] if texts else []


def _codes_of(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


class Lines:
    """Lines, the kinds of their characters, and their words."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        joined = "\n".join(texts) + "\n"
        self.codes = _codes_of(joined)
        self.kinds = _kinds_of(self.codes)
        self.sizes: Numbers = np.array([len(text) for text in texts])
        #: Where each line begins, and its last character is.
        self.starts = np.cumsum(self.sizes + 1) - self.sizes - 1
        self.ends = self.starts + self.sizes - 1
        inside = np.concatenate([[False], (self.kinds & OF_WORD) > 0])
        #: Where each word begins, the characters that it has, its line, and how many of the line's stand before it.
        self.begins = np.flatnonzero(inside[1:] > inside[:-1])
        self.lengths = np.flatnonzero(inside[1:] < inside[:-1]) - self.begins
        self.line_of = self.lines_at(self.begins)
        self.words = np.bincount(self.line_of, minlength=len(texts))
        self.before = np.arange(len(self.begins)) - (np.cumsum(self.words) - self.words)[self.line_of]
        #: The words in lower case.
        if (self.kinds & _FOREIGN).any():
            self.low = [word.lower() for word in WORD.findall(joined)]
        else:
            self.low = _spaced(joined, small=True).split()

    def lines_at(self, places: Numbers) -> Numbers:
        """The lines of the characters at these places."""
        return np.searchsorted(self.starts, places, side="right") - 1

    def count(self, line_of: Numbers, kinds: Numbers, most: int) -> Numbers:
        """For each line and kind (below ``most``) how many there are, of those whose lines and kinds are given."""
        return np.bincount(line_of * most + kinds, minlength=len(self.texts) * most).reshape(-1, most)

    def match(self, pattern: re.Pattern[str], may: Flags, start: int = 0) -> Flags:
        """Whether a pattern is found in each line, from character ``start`` on; only those are asked that may match."""
        result = np.zeros(len(self.texts), dtype=np.bool_)
        asked = np.flatnonzero(may).tolist()
        result[[index for index in asked if pattern.search(self.texts[index][start:])]] = True
        return result

    @cached_property
    def heads(self) -> Kinds:
        """The kinds of the first characters."""
        return self.kinds.take(self.starts)

    @cached_property
    def lasts(self) -> Kinds:
        """The kinds of the last characters."""
        return self.kinds.take(self.ends)

    def ends_with(self, chars: str) -> Flags:
        """Whether each line does."""
        result = self.sizes >= len(chars)
        for back, char in enumerate(reversed(chars)):
            result = result & (self.codes[self.ends - back] == ord(char))
        return result
