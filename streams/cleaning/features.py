"""What a line looks like, in numbers: the line itself, its neighbours, its place in the text.

One row a line, one column a feature, float32. Everything is the same for a text dump's lines and a page's blocks;
``markup`` adds what only a page knows.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from streams.cleaning.context import Context
from streams.cleaning.lines import TERMINAL, Line, line_key
from streams.cleaning.titles import find_heading

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]

_WORD = re.compile(r"\w+")
_WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_BULLET = re.compile(r"^(?:[*•·◦▪■●○►▶→+–—»>|-]|o |\d{1,2}[.)]) ?")
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.]\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|[年月日]|\b\d+ ?(?:h|hrs?|hours?|mins?|"
    r"minutes?|days?|weeks?|months?|years?)\b"
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


#: Words of the furniture around articles, by what they are about. English, with the commonest words of the other
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

#: A line's own columns, which neighbours also see in part.
OWN = (
    "words", "chars", "word_length", "terminal", "colon", "ellipsis", "commas", "stops", "capitals", "shouting",
    "digits", "lower_start", "quote_start", "bullet", "date", "talk", "sell", "more", "picture", "wide", "odd",
    "short_words", "repeated", "title_overlap", "blanks_before", "blanks_after", "indent", "prose", "cue", "comments",
)  # fmt: skip
PLACE = (
    "position", "words_before", "words_after", "block_lines", "block_words", "block_prose", "block_place",
    "in_core", "core_distance", "core_share", "topic_overlap", "prose_before", "prose_after", "since_prose",
    "until_prose", "talk_before", "more_before", "indent_core", "lines", "core_words", "around_words_2",
    "around_words_6", "around_prose_3", "around_prose_8", "around_talk_4", "around_date_4", "around_more_4",
    "around_sell_4", "prose_run", "short_run", "host_pages", "host_share",
    "since_heading", "comments_before", "lead_indent",
)  # fmt: skip
#: Columns of the two lines before and after that a line sees.
SEEN = ("words", "terminal", "colon", "capitals", "date", "talk", "more", "blanks_before", "bullet")
OFFSETS = (-2, -1, 1, 2)
NAMES = (*OWN, *PLACE, *(f"{name}{offset:+d}" for offset in OFFSETS for name in SEEN))

_OWN_AT = {name: index for index, name in enumerate(OWN)}


def describe(lines: Sequence[Line], title: str | None, context: Context) -> Matrix:
    """The features of each line: ``(len(lines), len(NAMES))``."""
    count = len(lines)
    rows: list[tuple[float, ...]] = []
    vocabulary: list[list[str]] = []
    times = Counter(line.text for line in lines)
    title_words = {word for word in _WORD.findall((title or "").lower()) if len(word) > 3}
    for line in lines:
        text = line.text
        found = _WORD.findall(text)
        # Beyond a few hundred words a line's first ones tell as much; a giant line must not cost a giant's time.
        low = [word.lower() for word in found[:400]]
        wide = 0 if text.isascii() else len(_WIDE.findall(text))
        number = len(found) + wide // 2
        vocabulary.append(long_words := [word for word in low if len(word) > 3])
        head, last, sample = text[0], text[-1], found[:60]
        seen = len(sample) or 1
        terminal = bool(TERMINAL.search(text[-12:]))
        short = len(text) < 400
        digits = sum(1 for word in sample if word[0].isdigit())
        rows.append((
            number,
            len(text),
            len(text) / (number or 1),
            terminal,
            last in ":：",
            text.endswith(("...", "…")),
            text.count(",") + (text.count("，") + text.count("、") + text.count("،") if not text.isascii() else 0),
            text.count(". ") + text.count("? ") + text.count("! ") + (text.count("。") if wide else 0),
            sum(1 for word in sample if word[0].isupper()) / seen,
            text.isupper(),
            digits / seen,
            head.islower(),
            head in "\"“'‘«„",
            (not head.isalpha() or head == "o") and _BULLET.match(text) is not None,
            short and ((digits > 0 and _DATE.search(text) is not None) or not _TIME.isdisjoint(low)),
            sum(1 for word in low if word in _TALK) if short and not _TALK.isdisjoint(low) else 0,
            sum(1 for word in low if word in _SELL) if short and not _SELL.isdisjoint(low) else 0,
            sum(1 for word in low if word in _MORE) if short and not _MORE.isdisjoint(low) else 0,
            short and (not _PICTURE.isdisjoint(low) or (last in ")." and _CREDIT_END.search(text[-64:]) is not None)),
            wide / len(text),
            sum(map(text.count, "|/»›>_=+#{}[]~©@")) / len(text),
            sum(1 for word in sample if len(word) < 4 and word.islower()) / seen,
            times[text] - 1,
            sum(1 for word in long_words if word in title_words) / (len(long_words) or 1) if title_words else 0,
            math.log1p(min(line.blanks, 60)),
            0,
            line.indent,
            (terminal and number >= 7) or number >= 25,
            last in ":：" and number <= 12,
            number <= 12 and not _TALK.isdisjoint(low) and _COMMENTS.search(text) is not None,
        ))  # fmt: skip
    own = np.array(rows, dtype=np.float64).reshape(count, len(OWN))
    own[:-1, _OWN_AT["blanks_after"]] = own[1:, _OWN_AT["blanks_before"]]
    place = _place(own, lines, vocabulary, title, context)
    return np.concatenate([own, place, *_neighbours(own)], axis=1).astype(np.float32)


def _neighbours(own: Vector) -> list[Vector]:
    columns = own[:, [_OWN_AT[name] for name in SEEN]]
    return [shifted(columns, offset) for offset in OFFSETS]


def shifted(columns: Vector, offset: int, fill: float = -1.0) -> Vector:
    """Row ``i`` of the result is row ``i + offset``; ``fill`` beyond the ends."""
    result = np.full_like(columns, fill)
    if abs(offset) < len(columns):
        if offset > 0:
            result[:-offset] = columns[offset:]
        else:
            result[-offset:] = columns[:offset]
    return result


def around(column: Vector, reach: int) -> Vector:
    """The sum over the ``reach`` rows before and after each row, itself included."""
    total = np.concatenate([[0.0], np.cumsum(column)])
    at = np.arange(len(column))
    result: Vector = total[np.minimum(at + reach + 1, len(column))] - total[np.maximum(at - reach, 0)]
    return result


def core_of(words: Vector, prose: Vector) -> tuple[int, int]:
    """First and last line of the densest stretch of running text (Kadane's maximum sum).

    Lines of prose count their words, each other line costs four: a heading and a caption between two paragraphs do
    not part an article, thirty links do. (Best of 2, 4, 8 on the development dumps.)
    """
    best, current, start, span = 0.0, 0.0, 0, (0, len(words) - 1)
    for index, gain in enumerate(np.where(prose > 0, np.minimum(words, 120), -4.0).tolist()):
        if current <= 0:
            current, start = 0.0, index
        current += gain
        if current > best:
            best, span = current, (start, index)
    return span


def _since(flags: Vector, limit: float = 50.0) -> Vector:
    """Rows since the last flagged row before each (0: the row itself), at most ``limit``."""
    at = np.arange(len(flags), dtype=np.float64)
    last = np.maximum.accumulate(np.where(flags > 0, at, -limit))
    return np.minimum(at - last, limit)


def _place(
    own: Vector, lines: Sequence[Line], vocabulary: Sequence[Sequence[str]], title: str | None, context: Context
) -> Vector:
    count = len(own)
    column = {name: own[:, index] for name, index in _OWN_AT.items()}
    words, prose = column["words"], column["prose"]
    first, last = core_of(words, prose)
    at = np.arange(count)
    total = words.sum() or 1.0
    before = np.cumsum(words) - words

    block = np.cumsum(column["blanks_before"] > 0)
    block_lines = np.bincount(block)[block].astype(np.float64)
    block_words = np.bincount(block, weights=words)[block]
    block_prose = np.bincount(block, weights=prose)[block] / block_lines
    block_start = np.searchsorted(block, block)

    core = np.zeros(count)
    core[first : last + 1] = 1
    distance = np.where(at < first, at - first, np.where(at > last, at - last, 0)).astype(np.float64)
    core_words = float(words[first : last + 1].sum())
    topic = Counter(word for index in range(first, last + 1) for word in vocabulary[index])
    overlap = np.zeros(count)
    for index, lowered in enumerate(vocabulary):
        if lowered:
            own_share = 1 if first <= index <= last else 0
            overlap[index] = sum(1 for word in lowered if topic[word] > own_share) / len(lowered)
    heading = find_heading(lines, first, title)
    since_heading = np.clip(at - heading, -50, 50) if heading is not None else np.full(count, -60)
    after_heading = heading if heading is not None else 0
    opened = np.cumsum(column["comments"] * (at > after_heading + 2))
    since_comments = np.where(opened > 0, np.minimum(np.cumsum(opened > 0), 50), 0)
    lead = next((index for index in range(after_heading + 1, count) if prose[index]), first)
    lead_indent = column["indent"] - column["indent"][lead]
    prose_sum = np.cumsum(prose)
    indent = column["indent"]
    core_indent = float(np.median(indent[first : last + 1][prose[first : last + 1] > 0])) if prose.any() else 0.0
    pages = float(min(context.pages, 20))
    share = np.full(count, -1.0)
    if context.pages:
        share = np.array([context.lines.get(line_key(line.text), 0) for line in lines]) / context.pages
    not_prose = 1.0 - prose
    return np.stack(
        [
            at / count,
            before / total,
            (total - before - words) / total,
            block_lines,
            block_words,
            block_prose,
            (at - block_start) / block_lines,
            core,
            np.sign(distance) * np.log1p(np.abs(distance)),
            (before - before[first]) / (core_words or 1.0),
            overlap,
            prose_sum - prose,
            prose_sum[-1] - prose_sum,
            _since(prose),
            _since(prose[::-1])[::-1],
            np.minimum(np.cumsum(column["talk"]) - column["talk"], 50),
            np.where(at > first, np.cumsum(column["more"]) - column["more"] - (np.cumsum(column["more"])[first]), 0),
            indent - core_indent,
            np.full(count, math.log1p(count)),
            np.full(count, math.log1p(core_words)),
            around(words, 2),
            around(words, 6),
            around(prose, 3),
            around(prose, 8),
            around((column["talk"] > 0).astype(np.float64), 4),
            around(column["date"], 4),
            around((column["more"] > 0).astype(np.float64), 4),
            around((column["sell"] > 0).astype(np.float64), 4),
            _since(not_prose),
            _since(prose),
            np.full(count, pages),
            share,
            since_heading,
            since_comments,
            lead_indent,
        ],
        axis=1,
    )
