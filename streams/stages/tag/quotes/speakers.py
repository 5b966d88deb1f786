"""Who is quoted: verbs of saying and their subjects, pronouns, and the customs of news paragraphs.

In this order: words right after a quotation ("…", said Moore; "…", he said); words before it in its sentence
(Moore said "…"; Moore: "…"); words at the end of the sentence ("…" of the matter, Moore said); another quotation of the
same sentence; the one before it in the paragraph; a paragraph that is all quotation goes on with the last speaker.
"He" and "she" are whoever spoke last, of that gender where a title or first name tells.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence

from streams.contracts.records import Entity
from streams.stages.tag.lang import Language
from streams.stages.tag.quotes.positions import LONGEST_SENTENCE, Positions
from streams.stages.tag.resolve.genders import gender_of, gender_of_title

_SPACE, _STOPS = re.compile(r"\s*"), re.compile("[ .]*")
#: Words from a quotation to the verb after it: "the chief executive of the firm, Jane Roe, said".
_REACH = 14
#: How far after a pronoun its name may come, code points: the next sentence.
_SOON = 200
#: How many acts of speech back a pronoun may reach.
_SPOKE_BACK = 200
#: How many names back a pronoun may reach where nobody has spoken yet.
_BACK = 50


class Speakers:
    """The quotations of one text and who may have said them."""

    def __init__(
        self, text: str, entities: Sequence[Entity], spans: Sequence[tuple[int, int]], language: Language
    ) -> None:
        self._text, self._spans = text, spans
        self._language, self._speech = language, language.speech
        self._at = Positions(text, entities, spans, language)
        self._people = {who.id for who in self._at.names if who.person}
        self._genders = self._learn_genders(entities)
        #: Narrated speech, in order: where and who. Quotations add theirs as they are resolved.
        self._events = self._narrated()
        self._speakers: dict[int, str | None] = {}

    def of(self, number: int) -> tuple[str | None, str | None]:
        """``(speaker's id or None, the words that name the speaker or None)``. Ask in order."""
        start, end = self._spans[number]
        for attempt in (self._after, self._before, self._tail):
            answer = attempt(number, start, end)
            if answer is not None:
                return self._settle(number, *answer)
        return self._settle(number, *self._by_custom(number, start, end))

    def forget(self, number: int) -> None:
        """This was no quotation: it says nothing of the next one's speaker."""
        self._speakers.pop(number, None)

    def _settle(self, number: int, speaker: str | None, cue: str | None) -> tuple[str | None, str | None]:
        self._speakers[number] = speaker
        if speaker is not None and cue is not None:
            insort(self._events, (self._spans[number][1], speaker))
        return speaker, cue

    def _after(self, number: int, start: int, end: int) -> tuple[str | None, str] | None:
        """``"…", said Moore`` and ``"…", Moore said``."""
        stop = min(self._at.paragraph_end(end), end + LONGEST_SENTENCE)
        if number + 1 < len(self._spans):
            stop = min(stop, self._spans[number + 1][0])
        # A sentence that ended inside the marks is only attributed by what goes on in lower case or with a name.
        inner = self._text[start:end].rstrip("\"”’'").rstrip()[-1:]
        if inner == "." and self._text[end : end + 2].strip() and self._text[end : end + 1] != ",":
            opening = self._text[end:stop].lstrip()
            verb_soon = self._speech.saying.search(" ".join(opening.split()[:5]))
            if not verb_soon or opening[:1] in '"“':
                return None
        tail = self._text[end:stop]
        match = self._speech.sentence.search(tail)
        tail = tail[: match.start() + 1] if match else tail
        according = self._speech.according.search(tail)
        if according and len(tail[: according.start()].split()) <= 2:
            return self._at.subject(end + according.end(), end + len(tail)), tail.strip(" ,.\n")
        verb = self._speech.saying.search(tail)
        if verb is None:
            return None
        words = tail[: verb.start()].replace(",", " ").split()
        if len(words) > _REACH or (words and words[0].lower() in self._speech.not_subject):
            return None
        cue = tail.strip(" ,.\n")
        if not words:
            pronoun = self._speech.pronoun.match(tail[verb.end() :].lstrip())
            if pronoun:
                return self._pronoun(pronoun, start), cue
            return self._at.subject(end + verb.end(), end + min(len(tail), verb.end() + 90)), cue
        if words[0].lower() in self._speech.conjunctions and len(words) == 1:
            return None
        pronoun = self._speech.pronoun.search(tail[: verb.start()])
        named = self._at.doer(end, end + verb.start())
        if named is not None and not (pronoun and pronoun.start() < named.start - end):
            return named.id, cue
        if pronoun and len(words) <= 4:
            return self._pronoun(pronoun, start), cue
        return (None, cue) if len(words) <= 6 else None

    def _before(self, number: int, start: int, end: int) -> tuple[str | None, str] | None:
        """``Moore said "…"``, ``Moore: "…"``, ``According to Moore, "…"``."""
        begin = self._at.sentence_start(start)
        opening = self._text[begin:start]
        if not opening.strip():
            return None
        cue = opening.strip(" ,:\n")
        according = self._speech.according.search(opening)
        if according and self._at.subject(begin + according.end(), start) is not None:
            return self._at.subject(begin + according.end(), start), cue
        verb = next(
            (verb for verb in self._at.verbs_before(begin, start) if not self._at.inside_quotation(verb[0])), None
        )
        if verb is not None:
            lead = self._text[begin : verb[0]]
            near = lead.split()[-2:]
            pronoun = self._speech.pronoun.search(" ".join(near))
            if pronoun:
                return self._pronoun(pronoun, begin), cue
            if near and near[-1].lower() in self._speech.no_name:
                return None
            named = self._at.doer(begin, verb[0])
            if named is not None:
                return named.id, cue
            pronouns = list(self._speech.pronoun.finditer(lead))
            if pronouns:
                return self._pronoun(pronouns[0], begin), cue
            # "…," he added, saying the war was "…": the verb leans on the last speaker of the sentence.
            previous = self._same_sentence(number, begin)
            if previous is not None:
                return self._speakers.get(previous), cue
            inverted = self._at.first(verb[1], start)
            if inverted is not None and inverted.start - verb[1] <= 2:
                return inverted.id, cue
            return None, cue
        if opening.rstrip().endswith(":"):
            named = self._at.first(begin, start)
            if named is not None and named.person:
                return named.id, cue
        return None

    def _tail(self, number: int, start: int, end: int) -> tuple[str | None, str] | None:
        """``"…" of the matter, the minister has said.``: the sentence ends in a verb of saying."""
        rest = self._text[end : min(self._at.paragraph_end(end), end + LONGEST_SENTENCE)]
        match = self._speech.sentence.search(rest)
        sentence = rest[: match.start()] if match else rest
        comma = max(sentence.rfind(", "), sentence.rfind("\u201d "), sentence.rfind('" '))
        clause = sentence[comma + 2 :].rstrip(" .\n") if comma >= 0 else ""
        at = end + comma + 2
        verb = next(self._at.verbs_before(at, at + len(clause)), None)
        # Twenty-five code points: room for "on Friday", "in a statement".
        if verb is None or verb[1] < at + len(clause) - 25 or self._at.inside_quotation(verb[0]):
            return None
        named = self._at.doer(at, verb[0])
        if named is not None:
            return named.id, clause
        pronoun = self._speech.pronoun.match(clause)
        if pronoun:
            return self._pronoun(pronoun, start), clause
        return (None, clause) if verb[0] > at else None

    def _by_custom(self, number: int, start: int, end: int) -> tuple[str | None, str | None]:
        """No words name the speaker: what comes before does."""
        paragraph = self._at.paragraph_start(start)
        if number and self._spans[number - 1][0] >= paragraph and number - 1 in self._speakers:
            between = self._text[self._spans[number - 1][1] : start]
            if self._at.first(self._spans[number - 1][1], start) is None or self._speech.saying.search(between):
                return self._speakers[number - 1], None
        alone = bool(_SPACE.fullmatch(self._text, paragraph, start)) and bool(
            _STOPS.fullmatch(self._text, end, self._at.paragraph_end(end))
        )
        if alone and number and number - 1 in self._speakers:
            earlier_end = self._spans[number - 1][1]
            if self._at.paragraph_end(earlier_end) >= paragraph - 3:
                return self._speakers[number - 1], None
        spoke = self._last_event(paragraph, start)
        if spoke is not None:
            return spoke, None
        if alone:
            before = self._at.paragraph_start(max(0, paragraph - 3))
            spoke = self._last_event(before, start)
            if spoke is not None and self._text[before:paragraph].rstrip().endswith((":", ".")):
                return spoke, None
        return None, None

    def _last_event(self, begin: int, stop: int) -> str | None:
        """Who spoke last between two positions."""
        at = bisect_left(self._events, (stop, "")) - 1
        return self._events[at][1] if at >= 0 and self._events[at][0] >= begin else None

    def _same_sentence(self, number: int, begin: int) -> int | None:
        return number - 1 if number and self._spans[number - 1][0] >= begin and number - 1 in self._speakers else None

    def _pronoun(self, match: re.Match[str], position: int) -> str | None:
        """Who spoke last before ``position`` and may be "he" or "she"; else the last person named there."""
        wanted = "m" if match.group("he") else "f"

        def may_be(who: str) -> bool:
            return who in self._people and self._genders.get(who, wanted) == wanted

        spoken = bisect_right(self._events, (position, "\U0010ffff"))
        for at in range(spoken - 1, max(-1, spoken - 1 - _SPOKE_BACK), -1):
            if may_be(self._events[at][1]):
                return self._events[at][1]
        here = bisect_left(self._at.starts, position)
        # "…," she said. Rosa Jimenez has lived alone since: the name comes after.
        soon = bisect_left(self._at.starts, position + _SOON)
        for who in (*reversed(self._at.names[max(0, here - _BACK) : here]), *self._at.names[here:soon]):
            if may_be(who.id) and not who.possessive and not self._at.inside_quotation(who.start):
                return who.id
        return None

    def _narrated(self) -> list[tuple[int, str]]:
        """Speech without marks: ``Moore said that …`` tells who "he" is in the next sentence."""
        events: list[tuple[int, str]] = []
        for verb, verb_end in self._at.verbs:
            if self._at.inside_quotation(verb):
                continue
            named = self._at.doer(self._at.sentence_start(verb), verb)
            if named is not None and named.person:
                events.append((verb, named.id))
                continue
            after = self._at.first(verb_end, min(len(self._text), verb_end + 40))
            gap = self._text[verb_end : after.start] if after is not None else ""
            if after is not None and after.person and len(gap.split()) <= 3 and not re.search(r"[.\n,:]", gap):
                events.append((verb, after.id))
        return events

    def _learn_genders(self, entities: Sequence[Entity]) -> dict[str, str]:
        """Person → ``m`` or ``f``, from titles before mentions, else from the first name."""
        genders: dict[str, str] = {}
        for entity in entities:
            if entity.type != "PER":
                continue
            told = [
                gender
                for mention in entity.mentions
                if mention.field == "text" and (gender := gender_of_title(self._text, mention.start, self._language))
            ]
            gender = told[0] if told else gender_of(entity.name, self._language)
            if gender:
                genders[entity.id] = gender
        return genders
