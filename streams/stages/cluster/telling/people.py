"""Who is named in a sentence, how old they are said to be, and who is said to have done it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.contracts.records import Claim, TaggedArticle

#: Mentions of people that are looked at.
MENTIONS = 120
_AFTER = re.compile(r", (?:a |an |aged |age )?(\d{1,3})(?:[,.;)]|$|-year-old\b| years old\b)| \((\d{1,3})\)")
_BEFORE = re.compile(r"\b(\d{1,3})-year-old (?:[a-z]+ ){0,2}$")
#: Whom an event has one of. Victims, drivers and officers come in numbers, and each outlet names another.
_ROLES = {
    "suspect": "suspect", "gunman": "suspect", "shooter": "suspect", "attacker": "suspect", "assailant": "suspect",
    "bomber": "suspect", "hijacker": "suspect", "pilot": "pilot",
}  # fmt: skip
_ROLE = rf"(?:(?:alleged|accused|suspected|lone|dead|slain) )?({'|'.join(_ROLES)})"
_SAID = r"(?:(?:identified|named)(?: by [\w ]{3,40})?)"
_IS = re.compile(
    rf"\b(?:identified|named) the {_ROLE} as (?:\d{{1,3}}-year-old )?$"
    rf"|\b[Tt]he {_ROLE}(?:,| was| is| has been) (?:later |since )?{_SAID} as (?:\d{{1,3}}-year-old )?$"
)
_IS_ASIDE = re.compile(rf"\b[Tt]he {_ROLE}, (?:\d{{1,3}}-year-old )?$")
_WAS = re.compile(rf"(?:, \d{{1,3}},)? (?:was|is|has been) (?:later |since )?{_SAID} as the {_ROLE}\b")
_ASIDE = re.compile(r",| \(\d{1,3}\)")
#: Shortly before, or within: what an article does not say itself, or takes back.
_DOUBTED = re.compile(
    r"\b(?:initially|originally|first|wrongly|mistaken\w*|falsely|incorrectly|erroneously|misidentified|not|never|denie[sd]"
    r"|rumou?r\w*)\b"
)
_BEFOREHAND = 40


class Person(NamedTuple):
    """A mention of a person of full name: ``text[start:end]``, whose id is the same in every article."""

    id: str
    start: int
    end: int

    def within(self, start: int) -> Person:
        """The mention as it stands in a stretch that begins at ``start``."""
        return Person(self.id, self.start - start, self.end - start)


def people_in(article: TaggedArticle, field: str) -> list[Person]:
    """The mentions of people by full name in a field, in order: one name alone may be a relative's."""
    found = (
        Person(entity.id, mention.start, mention.end)
        for entity in article.entities
        if entity.type == "PER"
        for mention in entity.mentions
        if mention.field == field and " " in mention.surface
    )
    return sorted(found, key=lambda one: one.start)[:MENTIONS]


def told_ages(sentence: str, persons: Sequence[Person]) -> Iterator[Claim]:
    """``Jonas Falk, 34,`` and ``the 34-year-old Jonas Falk``."""
    for one in persons:
        found = _AFTER.match(sentence, one.end) or _BEFORE.search(sentence, max(0, one.start - 40), one.start)
        if found:
            age = int(next(group for group in found.groups() if group))
            words = sentence[min(one.start, found.start()) : max(one.end, found.end())].strip(" ,.;")
            yield Claim(kind="age", what="age", whom=one.id, value=float(age), text=words)


def told_identities(sentence: str, persons: Sequence[Person]) -> Iterator[Claim]:
    """``identified the gunman as Jonas Falk``, ``the pilot, Ada Berg,``, ``Jonas Falk was named as the suspect``."""
    if not persons or not any(map(sentence.__contains__, _ROLES)):
        return
    for one in persons:
        start = max(0, one.start - 90)
        found = _IS.search(sentence, start, one.start) or _WAS.match(sentence, one.end)
        if found is None and _ASIDE.match(sentence, one.end):
            found = _IS_ASIDE.search(sentence, start, one.start)
        if found is None or sentence[one.end : one.end + 2] in ("'s", "’s"):
            continue
        begun = min(one.start, found.start()) - _BEFOREHAND
        if not _DOUBTED.search(sentence, max(0, begun), max(one.end, found.end())):
            role = next(group for group in found.groups() if group)
            yield Claim(kind="identity", what=_ROLES[role], whom="", value=0.0, text=sentence[one.start : one.end])
