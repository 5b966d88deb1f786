"""Where quotations are: double marks straight or curly, nested, over several paragraphs, and British single marks.

A quotation that runs on opens every paragraph with a mark and closes only the last one. Marks around a word or two, a
title or a nickname are no quotation, unless someone is said to have said it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from streams.records import Entity, Quote
from streams.tagging.speakers import Speakers
from streams.text import plain_marks

#: At most this many words, with nobody beside them who says them: a name, a title or a scare quote.
_FEW = 4
#: At most this many, even with someone: a word that the writer keeps at a distance ("so-called", "dubbed").
_WORD = 1
#: A run of paragraphs in one quotation longer than this is a lost mark, code points.
_LONGEST = 6_000

_NAMING = re.compile(
    r"(?:called|dubbed|named|titled|entitled|code-?named|nicknamed|branded|labell?ed|known as|so-called|"
    r"the word|the term|the phrase|the song|the film|the book|the novel|the album|the show|the series|"
    r"hit|single|movie|slogan)"
    r"(?:\s+(?:the|a|an|him|her|it|them|himself|herself|itself))?[\s,:]*$"
)
#: Before a single word that someone is said to have called something: the evidence was "overwhelming".
_JUDGED = re.compile(r"\b(?:was|were|is|are|be|been|felt|as|very|simply|too|utterly|completely)\s+$")
_SMALL_WORDS = "a an and as at but by for from in into is it nor of on or the to with vs de la"
_SMALL = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Quoted:
    """``text[start:end]`` with its marks; ``words`` what is between them, the marks of inner paragraphs left out."""

    start: int
    end: int
    words: str


def find_quotes(text: str, entities: Sequence[Entity]) -> tuple[Quote, ...]:
    """The quotations of ``text`` in order, each with its speaker's id where that can be told."""
    spans = quoted(text)
    if not spans:
        return ()
    speakers = Speakers(text, entities, [(span.start, span.end) for span in spans])
    found: list[Quote] = []
    for number, span in enumerate(spans):
        speaker, cue = speakers.of(number)
        if _is_quotation(text, span, cue is not None):
            found.append(Quote(text=span.words, start=span.start, end=span.end, speaker=speaker, cue=cue))
        else:
            speakers.forget(number)
    return tuple(found)


def _is_quotation(text: str, span: Quoted, said: bool) -> bool:
    """Whether marks hold speech: long enough, or said by someone; not a title or a nickname."""
    words = span.words.split()
    closed = span.words.rstrip()[-1:] in (",", ".", "!", "?", "…")
    if _NAMING.search(text, max(0, span.start - 60), span.start) and len(words) <= 2 * _FEW and not closed:
        return False
    if _title_case(words) and not (said and closed):
        return False
    if _sentence(text, span):
        return True
    if said:
        judged = _JUDGED.search(text, max(0, span.start - 20), span.start)
        return len(words) > _WORD or span.words.rstrip()[-1:] in (",", ".", "!", "?") or judged is not None
    return len(words) > _FEW


def _sentence(text: str, span: Quoted) -> bool:
    """Whether the marks hold a whole sentence where one may stand: speech, however short."""
    words = span.words.strip()
    before = text[max(0, span.start - 9) : span.start].rstrip(" \n")[-1:]
    return words[:1].isupper() and words[-1:] in (".", "!", "?") and before in ("", ".", "!", "?", ":", ",", '"', "”")


def _title_case(words: Sequence[str]) -> bool:
    """Whether every word that would be is capitalised, as in titles: two words at least."""
    big = [word for word in words if word.lower() not in _SMALL and word[:1].isalpha()]
    return len(words) > 1 and bool(big) and all(word[0].isupper() for word in big) and words[-1][-1:].isalnum()


def quoted(text: str) -> list[Quoted]:
    """Everything between quotation marks, outermost pairs only, in order."""
    spans: list[Quoted] = []
    position = 0
    while (start := _next_opening(text, position)) is not None:
        span = _close(text, start)
        if span is None:
            position = start + 1
        else:
            spans.append(span)
            position = span.end
    return spans


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


def _close(text: str, start: int) -> Quoted | None:
    """The quotation that opens at ``start``, or None where no mark closes it."""
    mark = text[start]
    if mark in "‘'":
        return _close_single(text, start)
    depth, position = 1, start + 1
    parts: list[str] = []
    part = position
    while position < min(len(text), start + _LONGEST):
        char = text[position]
        if char == "\n":
            following = _continued(text, position, mark)
            if following is None:
                return None
            parts.append(text[part:position])
            part = position = following
            continue
        if mark == "“" and char == "“":
            depth += 1
        elif char in _CLOSERS[mark] and _closes(text, position):
            depth -= 1
            # Of a nested pair the outer mark is often missing: a straight mark closes all.
            if depth == 0 or char == '"':
                parts.append(text[part:position])
                return Quoted(start, position + 1, "\n\n".join(parts)) if "".join(parts).strip() else None
        position += 1
    return None


def _closes(text: str, position: int) -> bool:
    """Whether a mark can be a closing one here: a straight one after a space opens."""
    return text[position] != '"' or not text[position - 1].isspace()


def _continued(text: str, position: int, mark: str) -> int | None:
    """Where the words go on after a paragraph's end, if the next paragraph opens with the mark again."""
    match = re.compile(r"\n\s*\n?\s*([“\"„«])").match(text, position)
    return match.end() if match and plain_marks(match.group(1)) == plain_marks(mark) else None


def _close_single(text: str, start: int) -> Quoted | None:
    """British style. An apostrophe looks the same, so that the words must be several and end like a quotation."""
    closer = _CLOSERS[text[start]]
    stop = text.find("\n", start)
    for match in re.compile(rf"[{closer}](?!\w)").finditer(text, start + 1, stop if stop >= 0 else len(text)):
        inner = text[start + 1 : match.start()]
        after = text[match.end() : match.end() + 1]
        plural = inner[-1:] == "s" and after == " " and text[match.end() + 1 : match.end() + 2].islower()
        if inner[-1:].isspace() or (plural and text.find(match.group(), match.end()) >= 0):
            continue
        if len(inner.split()) >= _FEW - 1 and (inner[-1:] in ",.!?" or after in ("", " ", ",", ".", ";", "\n")):
            return Quoted(start, match.end(), inner)
        return None
    return None
