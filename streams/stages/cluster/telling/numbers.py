"""Numbers as English news writes them: digits, words, dozens; what hedges them; ranges. And the tokens around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from streams.contracts.records import Hedge


class ClaimToken(NamedTuple):
    """A word, a number or a mark: in small letters, and where it stands."""

    text: str
    start: int
    end: int


class Number(NamedTuple):
    """A number in a row of tokens, with what hedges it: ``tokens[start:end]``. ``high``: the upper end of a range."""

    value: float
    high: float | None
    hedge: Hedge
    start: int
    end: int


def wordset(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


_TOKEN = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?(?!\w)|[^\W\d_]+(?:['’][^\W\d_]+)?|\S")
_ONES = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_SMALL = {word: float(number) for number, word in enumerate(_ONES, start=1)}
_TENS = {
    word: 10.0 * n
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
#: Words that multiply.
MANY = {"hundred": 100.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
#: Vague numbers, and what they can stand for.
_VAGUE = {"dozens": (24.0, 99.0), "scores": (40.0, 199.0), "hundreds": (200.0, 999.0), "thousands": (2e3, 2e4)}
#: Characters of a number: more are no count.
DIGITS = 15
#: Words that are numbers.
NUMBER_WORDS = frozenset({*_SMALL, *_TENS, *MANY, *_VAGUE, "dozen"})
#: Words that begin a number.
_BEGIN = frozenset({*_SMALL, *_TENS, *_VAGUE, "a", "an"})
_HEDGES: dict[tuple[str, ...], Hedge] = {
    ("at", "least"): "at least",
    ("no", "fewer", "than"): "at least",
    ("as", "many", "as"): "up to",
    ("more", "than"): "more than",
    ("fewer", "than"): "less than",
    ("less", "than"): "less than",
    ("close", "to"): "nearly",
    ("up", "to"): "up to",
    ("an", "estimated"): "about",
    ("over",): "more than",
    ("about",): "about",
    ("around",): "about",
    ("some",): "about",
    ("roughly",): "about",
    ("approximately",): "about",
    ("nearly",): "nearly",
    ("almost",): "nearly",
    ("a", "total", "of"): "exactly",
    ("only",): "exactly",
}
#: Whom one of is told without a number: "a man was killed".
ONE_OF = wordset(
    "man woman person boy girl child teenager student soldier officer policeman firefighter driver passenger worker"
    " civilian protester pilot miner journalist climber toddler baby"
)


def tokens(sentence: str) -> list[ClaimToken]:
    """The tokens of a sentence."""
    return [ClaimToken(found.group().lower(), found.start(), found.end()) for found in _TOKEN.finditer(sentence)]


def at(row: Sequence[ClaimToken], place: int) -> str:
    """The token at a place; empty where there is none."""
    return row[place].text if 0 <= place < len(row) else ""


def numbers(row: Sequence[ClaimToken]) -> list[Number]:
    """The numbers among the tokens, in order, each with its hedge.

    >>> [number] = numbers(tokens("At least twenty-two people"))
    >>> number.value, number.hedge, number.start, number.end
    (22.0, 'at least', 0, 5)
    """
    found: list[Number] = []
    place = 0
    while place < len(row):
        text = row[place].text
        read = _read(row, place) if text in _BEGIN or text[0].isdigit() else None
        if read is None:
            place += 1
            continue
        value, high, end = read
        start, hedge = _hedged(row, place)
        if end + 1 < len(row) and row[end].text in ("to", "and", "-", "–", "or") and high is None:
            other = _read(row, end + 1)
            between = start > 0 and row[start - 1].text == "between"
            if other is not None and other[0] > value and (between or row[end].text != "and"):
                high, end = other[0], other[2]
                start -= between
        if high is not None and hedge == "exactly":
            hedge = "about"
        found.append(Number(value, high, hedge, start, end))
        place = end
    return found


def _read(row: Sequence[ClaimToken], place: int) -> tuple[float, float | None, int] | None:
    """The number that begins at a token: its value, the end of its range if it is vague, and the place after it."""
    text = row[place].text
    if text in _VAGUE:
        return (*_VAGUE[text], place + (2 if row[place + 1 : place + 2] and row[place + 1].text == "of" else 1))
    end = place + 1
    if text[0].isdigit():
        if len(text) > DIGITS or not text.isascii():
            return None
        value = float(text.replace(",", ""))
    elif text in _SMALL:
        value = _SMALL[text]
    elif text in _TENS:
        value = _TENS[text]
        after = end + 1 if row[end : end + 1] and row[end].text == "-" else end
        if row[after : after + 1] and _SMALL.get(row[after].text, 10) < 10:
            value, end = value + _SMALL[row[after].text], after + 1
    elif text in ("a", "an") and row[end : end + 1] and row[end].text in ("dozen", "hundred", "thousand", "million"):
        return (12.0 if row[end].text == "dozen" else MANY[row[end].text]), None, end + 1
    elif text in ("a", "an") and _one_of(row, end):
        return 1.0, None, end
    else:
        return None
    while at(row, end) in MANY and value < 1e12:
        value, end = value * MANY[row[end].text], end + 1
    return value, None, end


def _one_of(row: Sequence[ClaimToken], place: int) -> bool:
    """Whether one person is told of here, perhaps with a word before: "a man", "a police officer"."""
    return any(token.text in ONE_OF for token in row[place : place + 2])


def _hedged(row: Sequence[ClaimToken], place: int) -> tuple[int, Hedge]:
    """Where the number with its hedge begins, and the hedge."""
    for size in (3, 2, 1):
        if place >= size:
            hedge = _HEDGES.get(tuple(token.text for token in row[place - size : place]))
            if hedge is not None:
                return place - size, hedge
    return place, "exactly"
