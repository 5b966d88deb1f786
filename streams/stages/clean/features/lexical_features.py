"""What lines say by themselves: counts of their words and marks, and which kinds of boilerplate their words belong to.

All of a text's lines are read at once: each character is looked up in a table of kinds, and NumPy counts by line what
is where. Only lines that may match a pattern are asked one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from streams.models.table import Vector
from streams.stages.clean.features.characters import (
    COLON,
    COUNTED,
    DIGIT,
    END,
    FIRST_COUNTED,
    LARGE,
    LETTER,
    OF_WORD,
    QUOTE,
    SMALL,
    SPACE,
    STOP,
    TITLE,
    Flags,
    Lines,
    Numbers,
)
from streams.stages.clean.parse.lines import TERMINAL

_BULLET = re.compile(r"^(?:[*•·◦▪■●○►▶→+–—»>|-]|o |\d{1,2}[.)]) ?")
#: A year, a clock, a day in digits, an age. What begins with a set of characters is looked for in C.
_DATE = re.compile(
    r"[\d年月日](?:(?<=[年月日])|(?<!\w\d)(?:(?:(?<=1)9|(?<=2)0)\d\d\b|\d?[:.]\d\d\b|\d?[./-]\d{1,2}[./-]\d{2,4}\b|"
    r"\d* ?(?:h|hrs?|hours?|mins?|minutes?|days?|weeks?|months?|years?)\b))"
)
_CREDIT_END = re.compile(r"\([^()]{1,60}\)\.?$")
#: The heading of the readers' comments, with or without their number.
_COMMENTS = re.compile(
    r"^\W*(?:(?:\d+|no|show|view|all|top|rated|reader|leave|add|post|write|a|the|your|join|latest)\W+){0,4}"
    r"(?:comments?|responses?|replies|discussion|conversation|kommentare?|commenti|comentarios?|comentários?|"
    r"commentaires?|комментари\w*|komentar|评论|コメント|댓글)\b",
    re.IGNORECASE,
)


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Words of the boilerplate around articles, by what they are about. English, with the commonest words of the other
#: large news languages: every one a word that sites use as a label, none the name of a site's owner.
_TALK = _set(
    "comment comments commented reply replies replied respond responses like likes liked upvote vote votes permalink "
    "discussion conversation moderated flag report says wrote kommentar kommentare commenti commento comentarios "
    "comentario comentários comentário commentaires commentaire répondre responder antworten rispondi комментарий "
    "комментарии комментариев ответить komentar balas 评论 回复 댓글 답글 コメント"
)
_SELL = _set(
    "subscribe subscription subscriber subscribers newsletter newsletters signup login log register password download "
    "app apps cookie cookies privacy terms copyright reserved advertise advertising advertisement advertisements "
    "sponsored promoted follow facebook twitter instagram whatsapp pinterest linkedin youtube telegram reddit share "
    "tweet email print click tap donate shop buy www http https com abonnieren abonnement abo suscríbete suscribirse "
    "suscripción inscreva assine подписаться подписка поделиться compartilhar compartilhe compartir condividi "
    "iscriviti partager teilen bagikan berlangganan rss feed menu search contact about careers"
)
_MORE = _set(
    "read more also related recommended trending popular viewed latest next previous prev watch listen all load tag "
    "tags topic topics category categories filed archive archives stories posts articles leia mais também lea leggi "
    "anche lire aussi lesen mehr weitere читайте также baca juga terkait по теме 相关 関連 関連記事 관련 관련기사"
)
_PICTURE = _set(
    "photo photos image images picture credit courtesy getty reuters shutterstock afp ap istock via foto fotos bild "
    "crédito photograph photographer illustration фото 写真 사진"
)
_TIME = _set(
    "ago january february march april may june july august september october november december jan feb mar apr jun jul "
    "aug sep sept oct nov dec enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "janeiro fevereiro março maio junho julho setembro outubro novembro dezembro gennaio febbraio aprile maggio giugno "
    "luglio settembre ottobre dicembre januar februar märz mai juni juli oktober dezember janvier février avril juin "
    "juillet août septembre octobre décembre января февраля марта апреля мая июня июля августа сентября октября ноября "
    "декабря today yesterday monday tuesday wednesday thursday friday saturday sunday"
)
_BOILERPLATE = (_TALK, _SELL, _MORE, _PICTURE, _TIME)
#: Each of those words, and which of the sets it is in: a bit each.
_FURNITURE = {
    word: sum(1 << bit for bit, known in enumerate(_BOILERPLATE) if word in known)
    for word in frozenset().union(*_BOILERPLATE)
}
#: For all such numbers, which bits they have.
_SETS = np.array([[number >> bit & 1 for bit in range(len(_BOILERPLATE))] for number in range(1 << len(_BOILERPLATE))])
#: Longer lines are text, whatever words of boilerplate they have (characters).
_TEXT = 400
#: Words of a line that are compared with others', and of which it is looked at how they are written: beyond some
#: hundred a line's first ones tell as much.
_READ, _SAMPLE = 400, 60
#: Characters that are read at once, and lines at most longer: what they take of memory is twenty times as much.
_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class Marks:
    """What lines say by themselves: ``values[line, column]`` with the columns ``LEXICAL``; and their longer words in
    lower case, one line's after the other's, with the number of the line that each is of."""

    values: Vector
    long_words: Sequence[str]
    line_of: Numbers

    def __len__(self) -> int:
        return len(self.values)

    def take(self, lines: Sequence[int]) -> Marks:
        """Those of these lines (ascending) alone."""
        places = np.full(len(self), -1)
        places[lines] = np.arange(len(lines))
        line_of = places[self.line_of]
        kept = np.flatnonzero(line_of >= 0)
        return Marks(self.values[lines], [self.long_words[index] for index in kept.tolist()], line_of[kept])

    def share_of(self, known: Container[str]) -> Vector:
        """The share of each line's longer words that are among the known ones; 0 where it has none."""
        is_known = np.fromiter(map(known.__contains__, self.long_words), np.bool_, len(self.long_words))
        count = np.bincount(self.line_of, minlength=len(self))
        share: Vector = np.bincount(self.line_of[is_known], minlength=len(self)) / np.maximum(count, 1)
        return share


def read_marks(texts: Sequence[str]) -> Marks:
    """What lines say by themselves; none of them is empty."""
    parts = [_read(part) for part in _portions(texts)]
    if len(parts) == 1:
        return parts[0]
    begins = np.cumsum([0, *map(len, parts)])
    return Marks(
        np.concatenate([part.values for part in parts]),
        [word for part in parts for word in part.long_words],
        np.concatenate([part.line_of + begin for part, begin in zip(parts, begins.tolist(), strict=False)]),
    )


def is_comments_heading(text: str) -> bool:
    """Whether a short line that talks of comments is the heading of the readers'."""
    return _COMMENTS.match(text) is not None


def _portions(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """The texts in portions that are read at once."""
    start = size = 0
    for index, text in enumerate(texts):
        size += len(text)
        if size > _AT_ONCE:
            yield texts[start : index + 1]
            start, size = index + 1, 0
    if start < len(texts) or not start:
        yield texts[start:]


class _Described(Lines):
    """Lines, and what is counted in them."""

    @cached_property
    def marks(self) -> Numbers:
        """Marks in each line, by the number of their kind's bit from ``FIRST_COUNTED`` on."""
        at = np.flatnonzero(self.kinds & COUNTED)
        kinds = (self.kinds[at] & COUNTED) >> FIRST_COUNTED
        # A stop within a number or an address is none.
        kinds[(kinds == STOP >> FIRST_COUNTED) & ((self.kinds[at + 1] & SPACE) == 0)] = 0
        return self.count(self.lines_at(at), kinds, 1 << 5)[:, [1 << bit for bit in range(5)]]

    @cached_property
    def number(self) -> Numbers:
        """Words, with two characters of a script without spaces as one more."""
        return self.words + self.marks[:, 4] // 2

    @cached_property
    def written(self) -> Vector:
        """The shares of each line's first words that begin large, begin with a digit, and are short and small."""
        some = np.flatnonzero(self.before < _SAMPLE)
        begins, kinds = self.begins[some], self.kinds
        first, last = kinds[begins], begins + self.lengths[some] - 1
        # Of words of three characters at most that is all of them.
        letters = first | kinds[np.minimum(begins + 1, last)] | kinds[last]
        short = (self.lengths[some] < 4) & ((letters & (LARGE | TITLE | SMALL)) == SMALL)
        kind = np.where(first & LARGE, 0, np.where(first & DIGIT, 1, np.where(short, 2, 3)))
        count = self.count(self.line_of[some], kind, 4)
        shares: Vector = count[:, :3] / np.maximum(count.sum(axis=1), 1)[:, None]
        return shares

    @cached_property
    def furniture(self) -> Numbers:
        """How many of each brief line's words are of each set of ``_BOILERPLATE``."""
        found = [index for index, word in enumerate(self.low) if word in _FURNITURE]
        sets = np.array([_FURNITURE[self.low[index]] for index in found], dtype=np.int64)
        line_of = self.line_of[found]
        sets[~self.brief[line_of]] = 0
        counts: Numbers = self.count(line_of, sets, len(_SETS)) @ _SETS
        return counts

    @cached_property
    def brief(self) -> Flags:
        return self.sizes < _TEXT


def _read(texts: Sequence[str]) -> Marks:
    lines = _Described(texts)
    values = np.empty((len(texts), len(LEXICAL)))
    for index, column in enumerate(_COLUMNS.values()):
        values[:, index] = column(lines)
    long = np.flatnonzero((np.fromiter(map(len, lines.low), int, len(lines.low)) > 3) & (lines.before < _READ))
    return Marks(values, [lines.low[at] for at in long.tolist()], lines.line_of[long])


def _is_shouting(lines: _Described) -> Flags:
    kinds = np.bitwise_or.reduceat(lines.kinds, lines.starts) & (LARGE | SMALL | TITLE)
    result: Flags = kinds == LARGE
    return result


#: Name → what gives the lines' column of it. The order is that in which training draws columns.
_COLUMNS: dict[str, Callable[[_Described], npt.ArrayLike]] = {
    "words": lambda of: of.number,
    "chars": lambda of: of.sizes,
    "word_length": lambda of: of.sizes / np.maximum(of.number, 1),
    "terminal": lambda of: ((of.lasts & END) > 0) | of.match(TERMINAL, (of.lasts & (END | OF_WORD)) == 0, -12),
    "colon": lambda of: (of.lasts & COLON) > 0,
    "ellipsis": lambda of: of.ends_with("…") | of.ends_with("..."),
    "commas": lambda of: of.marks[:, 0],
    "stops": lambda of: of.marks[:, 1] + of.marks[:, 2],
    "capitals": lambda of: of.written[:, 0],
    "shouting": _is_shouting,
    "digits": lambda of: of.written[:, 1],
    "lower_start": lambda of: (of.heads & SMALL) > 0,
    "quote_start": lambda of: (of.heads & QUOTE) > 0,
    "bullet": lambda of: of.match(_BULLET, ((of.heads & LETTER) == 0) | (of.codes[of.starts] == ord("o"))),
    "date": lambda of: (of.furniture[:, 4] > 0) | of.match(_DATE, of.brief & (of.written[:, 1] > 0)),
    "talk": lambda of: of.furniture[:, 0],
    "sell": lambda of: of.furniture[:, 1],
    "more": lambda of: of.furniture[:, 2],
    "picture": lambda of: (
        (of.furniture[:, 3] > 0) | of.match(_CREDIT_END, of.brief & (of.ends_with(")") | of.ends_with(").")), -64)
    ),
    "wide": lambda of: of.marks[:, 4] / of.sizes,
    "odd": lambda of: of.marks[:, 3] / of.sizes,
    "short_words": lambda of: of.written[:, 2],
}
#: The names of the columns of ``Marks.values``.
LEXICAL = tuple(_COLUMNS)
