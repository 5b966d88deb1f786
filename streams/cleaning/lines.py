"""Texts as lines with offsets, and the patterns of news lines: prose, captions, cues, promotion, endings."""

from __future__ import annotations

import re
from dataclasses import dataclass

from streams.cleaning.decoding import printable, repair

#: Ends of sentences in the scripts that mark them; closing quotes and brackets may follow.
TERMINAL = re.compile(r"[.!?…。！？｡।॥؟۔։።][\"'”’»›)\]」』）]*\s*$|[,.!?][\"”’»]$")
_WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")


@dataclass(frozen=True, slots=True)
class Line:
    """A non-empty line: ``raw[start:end]``, its text with single spaces, and how many blank lines stand before it."""

    start: int
    end: int
    text: str
    blanks: int


def split(raw: str) -> list[Line]:
    """The non-empty lines of a text, in order."""
    lines: list[Line] = []
    position, blanks = 0, 0
    for piece in raw.splitlines(keepends=True):
        text = " ".join(piece.split())
        if text:
            text = " ".join(printable(repair(text)).split())
        if text:
            left = len(piece) - len(piece.lstrip())
            lines.append(Line(position + left, position + len(piece.rstrip()), text, blanks))
            blanks = 0
        else:
            blanks += 1
        position += len(piece)
    return lines


def words(text: str) -> int:
    """Words, with two characters of a script without spaces as one."""
    wide = len(_WIDE.findall(text))
    return len(_WORD.findall(text if not wide else _WIDE.sub(" ", text))) + wide // 2


def is_prose(text: str) -> bool:
    """A line that only running text has: sentences, or long enough to be one that a link or a quote cut off."""
    count = words(text)
    return (count >= 5 and bool(TERMINAL.search(text))) or count >= 28
