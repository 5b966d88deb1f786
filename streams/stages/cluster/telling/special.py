"""Counts that have a form of their own: a quake's magnitude, years in prison, a fine, a bail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from streams.contracts.limits import clip
from streams.contracts.records import Claim
from streams.stages.cluster.telling.numbers import MANY, at, numbers, tokens
from streams.stages.cluster.telling.people import Person

#: Characters of the words that make a claim.
WORDS = 140

_MAGNITUDE = re.compile(r"(?i)\bmagnitude[ -](?:of )?(\d(?:\.\d)?)\b|\b(\d\.\d)[ -]magnitude\b")
_MONEY = r"\$(\d{1,3}(?:,\d{3}){1,4}|\d{1,9}(?:\.\d{1,3})?)(?![\d.]*\d) ?(thousand|million|billion)?"
_FINED = re.compile(rf"\bfined(?: \w+){{0,4}} {_MONEY}|{_MONEY} (?:fine|penalty)\b")
_BAIL = re.compile(rf"{_MONEY}(?: cash)?(?: only)? (?:bond|bail)\b|\b[Bb](?:ond|ail)\b[^.$]{{0,40}}{_MONEY}")
_MAY_GET = frozenset({"faces", "face", "facing", "maximum", "could", "may", "seek", "sought"})


def special(sentence: str, persons: Sequence[Person]) -> Iterator[Claim]:
    """Counts that have a form of their own: of a quake, a sentence, a fine, a bail."""
    low = sentence.lower()
    if "magnitude" in low and "ftershock" not in sentence:
        for found in _MAGNITUDE.finditer(sentence):
            yield _claim("magnitude", "quake", float(found.group(1) or found.group(2)), found.group())
    for pattern, what in ((_FINED, "fined"), (_BAIL, "bail")) if "$" in sentence else ():
        for found in pattern.finditer(sentence):
            digits, many = (group for group in (found.groups()[:2] if found.group(1) else found.groups()[2:]))
            whom = _only(persons) if what == "bail" else "company"
            if whom:
                yield _claim(what, whom, float(digits.replace(",", "")) * MANY.get(many, 1.0), found.group())
    if persons and ("years" in low or "months" in low):  # what is counted, before the sentence is read word by word
        yield from _sentences(sentence, persons)


def _sentences(sentence: str, persons: Sequence[Person]) -> Iterator[Claim]:
    """Years in prison that somebody got, not those that he may get."""
    row = tokens(sentence)
    for number in numbers(row):
        unit, ahead = at(row, number.end), [token.text for token in row[: number.start]]
        prison = at(row, number.end + 1) == "in" and at(row, number.end + 2) == "prison"
        judged = ahead[-2:] in (["sentenced", "to"], ["jailed", "for"])
        whom = _only(persons)
        if unit not in ("years", "months") or not (judged or prison) or number.hedge != "exactly" or not whom:
            continue
        if not _MAY_GET & set(ahead):
            years = round(number.value / (12 if unit == "months" else 1), 2)
            said = sentence[row[number.start].start : row[number.end + (2 if prison else 0)].end]
            yield _claim("prison", whom, years, said)


def _claim(what: str, whom: str, value: float, text: str) -> Claim:
    return Claim(kind="count", what=what, whom=whom, value=value, text=clip(text, WORDS))


def _only(persons: Iterable[Person]) -> str:
    """Who is named; nobody where several are."""
    ids = {one.id for one in persons}
    return next(iter(ids)) if len(ids) == 1 else ""
