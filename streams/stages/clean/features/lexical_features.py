"""What one line says by itself: counts of its words and marks, and which kinds of boilerplate its words belong to."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from streams.stages.clean.parse.lines import TERMINAL

WORD = re.compile(r"\w+")
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
_FURNITURE = _TALK | _SELL | _MORE | _PICTURE | _TIME
_ODD = re.compile(r"[|/»›>_=+#{}\[\]~©@]")
_BREAK = re.compile(r"[.?!] |。")
_COMMA = re.compile("[,，、،]")
#: Longer lines are not kept in the cache: boilerplate, which recurs, is short.
_CACHED = 400


class Marks(NamedTuple):
    """A line's numbers, in the order of ``LEXICAL``, and its longer words in lower case."""

    values: tuple[float, ...]
    long_words: tuple[str, ...]


def marks(text: str) -> Marks:
    """What a line that is not empty says by itself."""
    return _remembered(text) if len(text) < _CACHED else _marks(text)


def is_comments_heading(text: str) -> bool:
    """Whether a short line that talks of comments is the heading of the readers'."""
    return _COMMENTS.match(text) is not None


def _marks(text: str) -> Marks:
    words = WORD.findall(text)
    # Beyond a few hundred words a line's first ones tell as much; a giant line must not cost a giant's time.
    low = [word.lower() for word in words[:400]]
    return Marks(tuple(_described(text, words, low).values()), tuple([word for word in low if len(word) > 3]))


def _described(text: str, words: list[str], low: list[str]) -> dict[str, float]:
    """The line's features by name, given its words and the first of them in lower case."""
    ascii_only = text.isascii()
    wide = 0 if ascii_only else len(_WIDE.findall(text))
    number = len(words) + wide // 2
    head, last, sample = text[0], text[-1], words[:60]
    seen = len(sample) or 1
    upper = digits = small = 0
    for word in sample:
        first = word[0]
        if first.isupper():
            upper += 1
        elif first.isdigit():
            digits += 1
        elif len(word) < 4 and word.islower():
            small += 1
    size = len(text)
    terminal = not last.isalnum() and TERMINAL.search(text[-12:]) is not None
    talk = sell = more = picture = time = 0
    if size < 400:
        for word in _FURNITURE.intersection(low):
            times = low.count(word)
            talk += times if word in _TALK else 0
            sell += times if word in _SELL else 0
            more += times if word in _MORE else 0
            picture = picture or word in _PICTURE
            time = time or word in _TIME
        time = time or (digits > 0 and _DATE.search(text) is not None)
        picture = picture or (last in ")." and _CREDIT_END.search(text[-64:]) is not None)
    return {
        "words": number,
        "chars": size,
        "word_length": size / (number or 1),
        "terminal": terminal,
        "colon": last in ":：",
        "ellipsis": text.endswith(("...", "…")),
        "commas": text.count(",") if ascii_only else len(_COMMA.findall(text)),
        "stops": text.count(". ") + text.count("? ") + text.count("! ") if ascii_only else len(_BREAK.findall(text)),
        "capitals": upper / seen,
        "shouting": text.isupper(),
        "digits": digits / seen,
        "lower_start": head.islower(),
        "quote_start": head in "\"“'‘«„",
        "bullet": (not head.isalpha() or head == "o") and _BULLET.match(text) is not None,
        "date": time,
        "talk": talk,
        "sell": sell,
        "more": more,
        "picture": picture,
        "wide": wide / size,
        "odd": len(_ODD.findall(text)) / size,
        "short_words": small / seen,
    }


_remembered = lru_cache(maxsize=8192)(_marks)
#: The names of ``Marks.values``.
LEXICAL = tuple(_described("x", ["x"], ["x"]))
