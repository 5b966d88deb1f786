"""Where quotations are: double marks straight or curly, nested, over several paragraphs, and British single marks.

A quotation that runs on opens every paragraph with a mark and closes only the last one. Marks around a word or two, a
title or a nickname are no quotation, unless someone is said to have said it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from streams.contracts.records import Entity, Quote
from streams.stages.tag.lang import Language
from streams.stages.tag.lang.language import SpeechWords
from streams.stages.tag.quotes.speakers import Speakers
from streams.text import plain_marks

#: At most this many words, with nobody beside them who says them: a name, a title or a scare quote.
_FEW = 4
#: At most this many, even with someone: a word that the writer keeps at a distance ("so-called", "dubbed").
_WORD = 1
#: A run of paragraphs in one quotation longer than this is a lost mark, code points.
_LONGEST = 6_000
#: Apostrophes after a single mark that are looked at as the one that closes it: nearly all are at the first.
_MOST_CLOSERS = 24


@dataclass(frozen=True, slots=True)
class Quoted:
    """``text[start:end]`` with its marks; ``words`` what is between them, the marks of inner paragraphs left out."""

    start: int
    end: int
    words: str


def find_quotes(text: str, entities: Sequence[Entity], language: Language) -> tuple[Quote, ...]:
    """The quotations of ``text`` in order, each with its speaker's id where that can be told."""
    spans = quoted(text, language)
    if not spans:
        return ()
    speakers = Speakers(text, entities, [(span.start, span.end) for span in spans], language)
    found: list[Quote] = []
    for number, span in enumerate(spans):
        speaker, cue = speakers.of(number)
        if _is_quotation(text, span, cue is not None, language.speech):
            found.append(Quote(text=span.words, start=span.start, end=span.end, speaker=speaker, cue=cue))
        else:
            speakers.forget(number)
    return tuple(found)


def _is_quotation(text: str, span: Quoted, said: bool, speech: SpeechWords) -> bool:
    """Whether marks hold speech: long enough, or said by someone; not a title or a nickname."""
    words = span.words.split()
    closed = span.words.rstrip()[-1:] in (",", ".", "!", "?", "…")
    if speech.naming.search(text, max(0, span.start - 60), span.start) and len(words) <= 2 * _FEW and not closed:
        return False
    if _title_case(words, speech) and not (said and closed):
        return False
    if _sentence(text, span):
        return True
    if said:
        judged = speech.judged.search(text, max(0, span.start - 20), span.start)
        return len(words) > _WORD or span.words.rstrip()[-1:] in (",", ".", "!", "?") or judged is not None
    return len(words) > _FEW


def _sentence(text: str, span: Quoted) -> bool:
    """Whether the marks hold a whole sentence where one may stand: speech, however short."""
    words = span.words.strip()
    before = text[max(0, span.start - 9) : span.start].rstrip(" \n")[-1:]
    return words[:1].isupper() and words[-1:] in (".", "!", "?") and before in ("", ".", "!", "?", ":", ",", '"', "”")


def _title_case(words: Sequence[str], speech: SpeechWords) -> bool:
    """Whether every word that would be is capitalised, as in titles: two words at least."""
    big = [word for word in words if word.lower() not in speech.small and word[:1].isalpha()]
    return len(words) > 1 and bool(big) and all(word[0].isupper() for word in big) and words[-1][-1:].isalnum()


def quoted(text: str, language: Language) -> list[Quoted]:
    """Everything between quotation marks, outermost pairs only, in order."""
    spans: list[Quoted] = []
    position = 0
    lost = _Lost(language.speech.plural)
    while (start := _next_opening(text, position)) is not None:
        span = None if lost.holds(text[start], start) else _close(text, start, lost)
        if span is None:
            position = start + 1
        else:
            spans.append(span)
            position = span.end
    return spans


class _Lost:
    """Marks that nothing closes, as far as one search has told: each stretch of text is searched once, not once a mark.

    Where no mark closes the one at ``start`` before ``stop``, none closes a like one between the two. Only curly double
    marks nest: of those the ones that were still open at ``stop`` are lost.
    """

    def __init__(self, plural: str) -> None:
        #: The letter before an apostrophe that may be a plural's possessive.
        self.plural = plural
        self._until: dict[str, int] = {}
        self._nested: set[int] = set()
        self._closers: dict[str, list[int]] = {}

    def add(self, mark: str, stop: int) -> None:
        self._until[mark] = stop

    def add_nested(self, still_open: Sequence[int]) -> None:
        self._nested.update(still_open)

    def closers(self, text: str, mark: str) -> list[int]:
        """Where a single mark that closes ``mark`` stands, in order."""
        if mark not in self._closers:
            self._closers[mark] = [match.start() for match in _SINGLE_CLOSER[mark].finditer(text)]
        return self._closers[mark]

    def holds(self, mark: str, start: int) -> bool:
        return start < self._until.get(mark, 0) or start in self._nested


def _next_opening(text: str, position: int) -> int | None:
    for match in _OPENING.finditer(text, position):
        at = match.start()
        mark = text[at]
        before = text[at - 1] if at else " "
        if mark == "“" or (not before.isalnum() and before not in ".,!?"):
            return at
    return None


#: A mark that may open: double ones, and single ones before a letter.
_OPENING = re.compile(r"[“„«](?=\S)|\"(?=\S)|(?<!\w)[‘'](?=[\w…])")
_CLOSERS = {"“": '”"', '"': '"”', "„": '”“"', "«": "»", "‘": "’", "'": "'"}
#: What is looked at between the marks of a quotation: closing marks, those that nest, and ends of paragraphs.
_MARKS = {mark: re.compile(f"[\n{closers}{mark if mark == '“' else ''}]") for mark, closers in _CLOSERS.items()}


def _close(text: str, start: int, lost: _Lost) -> Quoted | None:
    """The quotation that opens at ``start``, or None where no mark closes it; ``lost`` learns what that tells."""
    mark = text[start]
    if mark in "‘'":
        return _close_single(text, start, lost)
    opened, position = [start], start + 1
    parts: list[str] = []
    part = position
    stop = min(len(text), start + _LONGEST)
    resumed: list[int] = []
    while (found := _MARKS[mark].search(text, position, stop)) is not None:
        position = found.start()
        char = text[position]
        if char == "\n":
            following = _continued(text, position, mark)
            if following is None:
                stop = position
                break
            parts.append(text[part:position])
            part = position = following
            resumed.append(following - 1)
            continue
        if mark == "“" and char == "“":
            opened.append(position)
        elif char in _CLOSERS[mark] and _closes(text, position):
            opened.pop()
            # Of a nested pair the outer mark is often missing: a straight mark closes all.
            if not opened or char == '"':
                parts.append(text[part:position])
                return Quoted(start, position + 1, "\n\n".join(parts)) if "".join(parts).strip() else None
        position += 1
    if mark == "“":
        lost.add_nested([*opened, *resumed])
    else:
        lost.add(mark, stop)
    return None


def _closes(text: str, position: int) -> bool:
    """Whether a mark can be a closing one here: a straight one after a space opens."""
    return text[position] != '"' or not text[position - 1].isspace()


#: Blank lines, of which a hostile text has thousands, are read once: white space is bounded.
_AGAIN = re.compile(r"\n\s{0,40}([“\"„«])")


def _continued(text: str, position: int, mark: str) -> int | None:
    """Where the words go on after a paragraph's end, if the next paragraph opens with the mark again."""
    match = _AGAIN.match(text, position)
    return match.end() if match and plain_marks(match.group(1)) == plain_marks(mark) else None


_SINGLE_CLOSER = {mark: re.compile(rf"[{_CLOSERS[mark]}](?!\w)") for mark in "‘'"}


def _close_single(text: str, start: int, lost: _Lost) -> Quoted | None:
    """British style. An apostrophe looks the same, so that the words must be several and end like a quotation."""
    mark = text[start]
    limit = min(len(text), start + _LONGEST)
    stop = text.find("\n", start, limit)
    stop = limit if stop < 0 else stop
    closers = lost.closers(text, mark)
    first = bisect_right(closers, start)
    if first == len(closers) or closers[first] >= stop:
        lost.add(mark, stop)
        return None
    for at in range(first, min(first + _MOST_CLOSERS, len(closers))):
        end = closers[at]
        if end >= stop:
            break
        last, after = text[end - 1], text[end + 1 : end + 2]
        plural = last == lost.plural and after == " " and text[end + 2 : end + 3].islower()
        if last.isspace() or (plural and text.find(text[end], end + 1, limit) >= 0):
            continue
        inner = text[start + 1 : end]
        words = len(inner.split(None, _FEW - 1))
        if words >= _FEW - 1 and (last in ",.!?" or after in ("", " ", ",", ".", ";", "\n")):
            return Quoted(start, end + 1, inner)
        return None
    return None
