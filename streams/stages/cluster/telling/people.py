"""Who is named in a sentence, and how old they are said to be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from streams.contracts.records import Claim, TaggedArticle

#: Mentions of people that are looked at.
MENTIONS = 120
_AFTER = re.compile(r", (?:a |an |aged |age )?(\d{1,3})(?:[,.;)]|$|-year-old\b| years old\b)| \((\d{1,3})\)")
_BEFORE = re.compile(r"\b(\d{1,3})-year-old (?:[a-z]+ ){0,2}$")


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
