"""Texts as lines with offsets, and the patterns of news lines: prose, captions, cues, promotion, endings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from typing import NamedTuple

from streams.stages.clean.parse.decoding import printable, tidied

#: Ends of sentences in the scripts that mark them; closing quotes and brackets may follow.
TERMINAL = re.compile(r"[.!?…。！？｡।॥؟۔։።][\"'”’»›)\]」』）]*\s*$|[,.!?][\"”’»]$")
#: Words from which a sentence, and from which any line, is running text.
PROSE_WORDS, LONG_WORDS = 5, 28
_WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_STOP = re.compile(r"[.!?…。！？:：]$")
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+(?:['’.-]\w+)*")
#: The characters of Windows' western code page as ``_WORD`` sees them: of words, between their parts, or neither.
_MADE_OF = "".join(
    "w" if re.match(r"\w", char) else "-" if char in "'’.-" else " "
    for char in bytes(range(256)).decode("cp1252", "replace")
).encode()


class Line(NamedTuple):  # made by the thousand, in half the time of a frozen dataclass
    """A non-empty line: ``raw[start:end]``, its text with single spaces, how many blank lines stand before it, and
    how far it is indented (characters)."""

    start: int
    end: int
    text: str
    blanks: int
    indent: int = 0


@dataclass(slots=True)
class _Piece:
    start: int
    end: int
    blanks: int
    indent: int
    text: str
    trailing: bool


def split(raw: str) -> list[Line]:
    """The non-empty lines of a text, in order; what a dump broke apart in mid-sentence is one line again.

    Two kinds of breaks are undone: around inline markup (a crawler that prints each text node on a line of its own
    leaves the space before or after it, or goes on in lower case or with a comma), and at a fixed width.
    """
    groups: list[list[_Piece]] = []
    position, blanks = 0, 0
    for piece in raw.splitlines(keepends=True):
        text = " ".join(piece.split())
        if text and not text.isascii():
            text = tidied(text)
        elif text and not text.isprintable():
            text = " ".join(printable(text).split())
        if text:
            bare = piece.rstrip("\r\n")
            left = len(bare) - len(bare.lstrip())
            right = len(bare.rstrip())
            new = _Piece(position + left, position + right, blanks, left, text, len(bare) == right + 1)
            if groups and blanks == 0 and _goes_on(groups[-1][-1], new):
                groups[-1].append(new)
            else:
                groups.append([new])
            blanks = 0
        else:
            blanks += 1
        position += len(piece)
    return _unwrapped([_joined(group) for group in groups])


def _goes_on(last: _Piece, new: _Piece) -> bool:
    """Whether a line continues the one right above it."""
    if new.text[0] in ",.;:!?)’”" and not new.text.startswith(("...", ":)", ";)")) and len(last.text) > 3:
        return True
    if _STOP.search(last.text[-3:]) or (not last.text[-1].isalnum() and last.text[-1] not in "’'”\")-–—,&"):
        return False
    return last.trailing or new.indent == 1 or (new.text[0].islower() and last.text.count(" ") >= 2)


def _joined(group: list[_Piece]) -> Line:
    first = group[0]
    if len(group) == 1:
        return Line(first.start, first.end, first.text, first.blanks, first.indent)
    parts = [first.text]
    parts += [piece.text if piece.text[0] in ",.;:!?)’”" else " " + piece.text for piece in group[1:]]
    return Line(first.start, group[-1].end, "".join(parts), first.blanks, first.indent)


def _unwrapped(lines: list[Line]) -> list[Line]:
    """Blocks set at a fixed width as one line each: every line but the last is as full as the next word allowed."""
    result: list[Line] = []
    start = 0
    while start < len(lines):
        stop = start + 1
        while stop < len(lines) and lines[stop].blanks == 0:
            stop += 1
        block = lines[start:stop]
        if len(block) > 1 and _is_wrapped(block):
            text = " ".join(line.text for line in block)
            block = [Line(block[0].start, block[-1].end, text, block[0].blanks, block[0].indent)]
        result += block
        start = stop
    return result


def _is_wrapped(block: list[Line]) -> bool:
    width = max(len(line.text) for line in block)
    # Mail and newswires are set at 60 to 80 characters.
    if not 50 <= width <= 100:
        return False
    return all(
        len(line.text) + 1 + len(after.text.split(" ", 1)[0]) > width for line, after in pairwise(block)
    ) and any(not TERMINAL.search(line.text[-12:]) for line in block[:-1])


def line_key(text: str) -> int:
    """A line's key in a host's memory: 48 bits over its text without case and digits, so that counters match."""
    return int.from_bytes(blake2b(_DIGITS.sub("0", text.lower()).encode(), digest_size=6).digest(), "big")


def words(text: str) -> int:
    """Words, with two characters of a script without spaces as one."""
    try:
        # Looked up byte by byte, where a character is one: a third of the time.
        made = text.encode("cp1252").translate(_MADE_OF).replace(b"w-w", b"ww").replace(b"w-w", b"ww")
        return len(made.replace(b"-", b" ").split())
    except UnicodeEncodeError:
        wide = len(_WIDE.findall(text))
        return len(_WORD.findall(text if not wide else _WIDE.sub(" ", text))) + wide // 2


def is_prose(text: str) -> bool:
    """A line that only running text has: sentences, or long enough to be one that a link or a quote cut off."""
    count = words(text)
    return (count >= PROSE_WORDS and bool(TERMINAL.search(text[-12:]))) or count >= LONG_WORDS
