"""Where names, sentences, paragraphs, quotations and verbs of saying stand in a text, looked up by position."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.contracts.records import Entity
from streams.stages.tag.lang import Language

#: How long the gap between a subject and its verb can be where no brackets open it, code points: a clause, and three
#: words of thirty.
_LONGEST_GAP = 260
#: No sentence is longer, code points: where a text has no stops, only so much of it is looked at.
LONGEST_SENTENCE = 2_000
_BREAK = re.compile("\n")


@dataclass(frozen=True, slots=True)
class Who:
    """A name in the text, and whose it is."""

    start: int
    end: int
    id: str
    person: bool
    possessive: bool


class Positions:
    """The layout of one text. Positions are code points; a place "inside" a quotation is said by someone else."""

    def __init__(
        self, text: str, entities: Sequence[Entity], spans: Sequence[tuple[int, int]], language: Language
    ) -> None:
        self._text, self._spans, self._speech = text, spans, language.speech
        owners = language.names.genitives
        #: The names of people and organisations in the text, in order, and where each starts.
        self.names = sorted(
            (
                Who(m.start, m.end, entity.id, entity.type == "PER", text.startswith(owners, m.end))
                for entity in entities
                if entity.type in ("PER", "ORG")
                for m in entity.mentions
                if m.field == "text"
            ),
            key=lambda who: who.start,
        )
        self.starts = [who.start for who in self.names]
        #: Where verbs of saying start and end, in order: looked for once, as a sentence may hold many quotations.
        self.verbs = [verb.span() for verb in self._speech.saying.finditer(text)]
        self._breaks = [match.start() for match in _BREAK.finditer(text)]
        self._begins = self._sentence_begins()

    def verbs_before(self, begin: int, stop: int) -> Iterator[tuple[int, int]]:
        """Start and end of the verbs of saying between two positions, the last one first."""
        for at in range(bisect_left(self.verbs, (stop, 0)) - 1, -1, -1):
            if self.verbs[at][0] < begin:
                return
            yield self.verbs[at]

    def subject(self, begin: int, stop: int) -> str | None:
        """The first person named in a stretch, else the first organisation."""
        named = self.first(begin, stop)
        return named.id if named else None

    def first(self, begin: int, stop: int) -> Who | None:
        """The first person, else the first organisation, between two positions, outside quotations; no possessives."""
        other = None
        for at in range(bisect_left(self.starts, begin), bisect_left(self.starts, stop)):
            who = self.names[at]
            if not who.possessive and (who.person or other is None) and not self.inside_quotation(who.start):
                if who.person:
                    return who
                other = who
        return other

    def doer(self, begin: int, stop: int) -> Who | None:
        """The subject of a verb at ``stop``: the name that leads straight up to it, else the first one."""
        first = bisect_left(self.starts, begin)
        for at in range(bisect_left(self.starts, stop) - 1, first - 1, -1):
            who = self.names[at]
            far = stop - who.end > _LONGEST_GAP and not self._text.startswith(("(", " ("), who.end)
            near = not far and not who.possessive and not self.inside_quotation(who.start)
            if near and self._speech.gap.fullmatch(self._text, who.end, stop):
                return who
        return self.first(begin, stop)

    def inside_quotation(self, position: int) -> bool:
        at = bisect_left(self._spans, (position + 1, 0)) - 1
        return at >= 0 and self._spans[at][0] <= position < self._spans[at][1]

    def _sentence_begins(self) -> list[int]:
        """Where sentences begin, in order; sentence ends inside quotations do not count. One pass over the text."""
        begins: list[int] = []
        for match in self._speech.sentence.finditer(self._text):
            at = bisect_left(self._spans, (match.start() + 1, 0)) - 1
            # The quotation itself may have ended the sentence: "… lies." Moore
            if at < 0 or match.start() >= self._spans[at][1] or self._spans[at][1] <= match.end():
                begins.append(match.end())
        return begins

    def sentence_start(self, position: int) -> int:
        """Where the sentence that holds ``position`` begins, within its paragraph."""
        at = bisect_right(self._begins, position) - 1
        return max(self.paragraph_start(position), self._begins[at] if at >= 0 else 0, position - LONGEST_SENTENCE)

    def paragraph_start(self, position: int) -> int:
        at = bisect_left(self._breaks, position)
        return self._breaks[at - 1] + 1 if at else 0

    def paragraph_end(self, position: int) -> int:
        at = bisect_left(self._breaks, position)
        return self._breaks[at] if at < len(self._breaks) else len(self._text)
