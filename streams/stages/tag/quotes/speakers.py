"""Who is quoted: verbs of saying and their subjects, pronouns, and the customs of news paragraphs.

In this order: words right after a quotation ("…", said Moore; "…", he said); words before it in its sentence
(Moore said "…"; Moore: "…"); words at the end of the sentence ("…" of the matter, Moore said); another quotation of the
same sentence; the one before it in the paragraph; a paragraph that is all quotation goes on with the last speaker.
"He" and "she" are whoever spoke last, of that gender where a title or first name tells.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from streams.contracts.records import Entity
from streams.stages.tag.resolve.genders import gender_of, gender_of_title
from streams.text import plain_marks

_SAYING = (
    r"said|says|say|saying|told|tells|telling|added|adds|adding|warned|warns|warning|wrote|writes|writing|tweeted|posted|"
    r"argued|argues|arguing|claimed|claims|insisted|insists|insisting|explained|explains|explaining|declared|declares|"
    r"announced|announces|asked|asks|asking|replied|replies|stated|states|noted|notes|noting|stressed|stresses|"
    r"continued|continues|concluded|concludes|admitted|admits|acknowledged|conceded|recalled|recalls|remarked|urged|"
    r"urges|urging|vowed|vows|promised|promises|joked|jokes|quipped|shouted|yelled|testified|complained|complains|"
    r"commented|comments|observed|emphasi[sz]ed|reiterated|responded|responds|predicted|suggested|suggests|alleged|"
    r"accused|accuses|denied|denies|confirmed|confirms|described|describes|describing|called|calls|calling|criticised|"
    r"criticized|blasted|slammed|praised|hailed|condemned|denounced|pledged|boasted|lamented|thanked|agreed|maintained|"
    r"contended|countered|cautioned|disclosed|revealed|reported|pleaded|begged|cried|whispered|repeated|believes|"
    r"thinks|thought|felt|expressed|demanded|demands|demanding|spoke|speaking|quoted as saying|dismissed|rejected|"
    r"reads|read|laughed|chanted|sighed|snapped|mused|recounted|exclaimed|retorted|opined|hissed|screamed|texted"
)
_VERB = re.compile(rf"\b(?:{_SAYING})\b")
_ACCORDING = re.compile(r"\b[Aa]ccording to\b")
_PRONOUN = re.compile(r"\b(?P<he>[Hh]e)\b|\b(?P<she>[Ss]he)\b")
#: Words that cannot open the subject of a verb that follows a quotation.
_NOT_SUBJECT_WORDS = (
    "at in on for from with by as when while that which who to of but or if because although though after before since "
    "during about over under into than is was are were has had have will would can could did does do did not until"
)
_NOT_SUBJECT = frozenset(_NOT_SUBJECT_WORDS.split())
#: Between a subject and its verb: nothing, a clause between commas, an adverb or an auxiliary.
_GAP = re.compile(
    r"\s*(?:\([^()]*\)\s*)?(?:,[^\n]{1,160},)?\s*(?:(?:has|had|have|also|later|then|further|often|once|again|earlier|"
    r"already|himself|herself|who|and|yesterday|today|\w+day|\w+ly)\s+){0,3}"
)
#: How long such a gap can be where no brackets open it, code points: the clause, and three words of thirty.
_LONGEST_GAP = 260
_BREAK, _SPACE, _STOPS = re.compile("\n"), re.compile(r"\s*"), re.compile("[ .]*")
#: Words from a quotation to the verb after it: "the chief executive of the firm, Jane Roe, said".
_REACH = 14
#: How far after a pronoun its name may come, code points: the next sentence.
_SOON = 200
#: No sentence is longer, code points: where a text has no stops, only so much of it is looked at.
_LONGEST = 2_000
#: How many acts of speech back a pronoun may reach.
_SPOKE_BACK = 200
#: How many names back a pronoun may reach where nobody has spoken yet.
_BACK = 50
#: The end of a sentence; a stop after a title or an initial is none.
_ABBREVIATIONS = ("Mr", "Mrs", "Ms", "Dr", "St", "Gen", "Sen", "Gov", "Rep", "Lt", "Col", "Sgt", "Prof", "Rev", "Capt")
_SENTENCE = re.compile(
    "".join(rf"(?<!\b{word}\.)" for word in (*_ABBREVIATIONS, "[A-Z]")).join(("(?:[.!?…]", ")"))
    + r"[\"”’')]*\s+(?=[\"“‘'(\[A-Z0-9])"
)


@dataclass(frozen=True, slots=True)
class _Who:
    start: int
    end: int
    id: str
    person: bool
    possessive: bool


class Speakers:
    """The quotations of one text and who may have said them."""

    def __init__(self, text: str, entities: Sequence[Entity], spans: Sequence[tuple[int, int]]) -> None:
        self._text = text
        self._spans = spans
        self._who = sorted(
            (
                _Who(m.start, m.end, entity.id, entity.type == "PER", text[m.end : m.end + 2] in ("'s", "’s"))
                for entity in entities
                if entity.type in ("PER", "ORG")
                for m in entity.mentions
                if m.field == "text"
            ),
            key=lambda who: who.start,
        )
        self._starts = [who.start for who in self._who]
        self._people = {who.id for who in self._who if who.person}
        self._genders = self._learn_genders(entities)
        self._breaks = [match.start() for match in _BREAK.finditer(text)]
        self._begins = self._sentence_begins()
        #: Where verbs of saying stand, in order: looked for once, as a sentence may hold many quotations.
        self._verbs = [verb.span() for verb in _VERB.finditer(text)]
        #: Narrated speech, in order: where and who. Quotations add theirs as they are resolved.
        self._events = self._narrated()
        self._speakers: dict[int, str | None] = {}
        self._cues: dict[int, str | None] = {}

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
        self._cues[number] = cue
        if speaker is not None and cue is not None:
            insort(self._events, (self._spans[number][1], speaker))
        return speaker, cue

    def _after(self, number: int, start: int, end: int) -> tuple[str | None, str] | None:
        """``"…", said Moore`` and ``"…", Moore said``."""
        stop = min(self._paragraph_end(end), end + _LONGEST)
        if number + 1 < len(self._spans):
            stop = min(stop, self._spans[number + 1][0])
        # A sentence that ended inside the marks is only attributed by what goes on in lower case or with a name.
        inner = self._text[start:end].rstrip("\"”’'").rstrip()[-1:]
        if inner == "." and self._text[end : end + 2].strip() and self._text[end : end + 1] != ",":
            opening = self._text[end:stop].lstrip()
            verb_soon = _VERB.search(" ".join(opening.split()[:5]))
            if not verb_soon or opening[:1] in '"“':
                return None
        tail = self._text[end:stop]
        match = _SENTENCE.search(tail)
        tail = tail[: match.start() + 1] if match else tail
        according = _ACCORDING.search(tail)
        if according and len(tail[: according.start()].split()) <= 2:
            return self._subject(end + according.end(), end + len(tail)), tail.strip(" ,.\n")
        verb = _VERB.search(tail)
        if verb is None:
            return None
        words = tail[: verb.start()].replace(",", " ").split()
        if len(words) > _REACH or (words and words[0].lower() in _NOT_SUBJECT):
            return None
        cue = tail.strip(" ,.\n")
        if not words:
            pronoun = _PRONOUN.match(tail[verb.end() :].lstrip())
            if pronoun:
                return self._pronoun(pronoun, start), cue
            return self._subject(end + verb.end(), end + min(len(tail), verb.end() + 90)), cue
        if words[0].lower() in ("and", "then") and len(words) == 1:
            return None
        pronoun = _PRONOUN.search(tail[: verb.start()])
        named = self._doer(end, end + verb.start())
        if named is not None and not (pronoun and pronoun.start() < named.start - end):
            return named.id, cue
        if pronoun and len(words) <= 4:
            return self._pronoun(pronoun, start), cue
        return (None, cue) if len(words) <= 6 else None

    def _before(self, number: int, start: int, end: int) -> tuple[str | None, str] | None:
        """``Moore said "…"``, ``Moore: "…"``, ``According to Moore, "…"``."""
        begin = self._sentence_start(start)
        opening = self._text[begin:start]
        if not opening.strip():
            return None
        cue = opening.strip(" ,:\n")
        according = _ACCORDING.search(opening)
        if according and self._subject(begin + according.end(), start) is not None:
            return self._subject(begin + according.end(), start), cue
        verb = next((verb for verb in self._verbs_before(begin, start) if not self._inside_quotation(verb[0])), None)
        if verb is not None:
            lead = self._text[begin : verb[0]]
            near = lead.split()[-2:]
            pronoun = _PRONOUN.search(" ".join(near))
            if pronoun:
                return self._pronoun(pronoun, begin), cue
            if near and near[-1].lower() in ("i", "we", "you"):
                return None
            named = self._doer(begin, verb[0])
            if named is not None:
                return named.id, cue
            pronouns = list(_PRONOUN.finditer(lead))
            if pronouns:
                return self._pronoun(pronouns[0], begin), cue
            # "…," he added, saying the war was "…": the verb leans on the last speaker of the sentence.
            previous = self._same_sentence(number, begin)
            if previous is not None:
                return self._speakers.get(previous), cue
            inverted = self._first(verb[1], start)
            if inverted is not None and inverted.start - verb[1] <= 2:
                return inverted.id, cue
            return None, cue
        if opening.rstrip().endswith(":"):
            named = self._first(begin, start)
            if named is not None and named.person:
                return named.id, cue
        return None

    def _tail(self, number: int, start: int, end: int) -> tuple[str | None, str] | None:
        """``"…" of the matter, the minister has said.``: the sentence ends in a verb of saying."""
        rest = self._text[end : min(self._paragraph_end(end), end + _LONGEST)]
        match = _SENTENCE.search(rest)
        sentence = rest[: match.start()] if match else rest
        comma = max(sentence.rfind(", "), sentence.rfind("\u201d "), sentence.rfind('" '))
        clause = sentence[comma + 2 :].rstrip(" .\n") if comma >= 0 else ""
        at = end + comma + 2
        verb = next(self._verbs_before(at, at + len(clause)), None)
        # Twenty-five code points: room for "on Friday", "in a statement".
        if verb is None or verb[1] < at + len(clause) - 25 or self._inside_quotation(verb[0]):
            return None
        named = self._doer(at, verb[0])
        if named is not None:
            return named.id, clause
        pronoun = _PRONOUN.match(clause)
        if pronoun:
            return self._pronoun(pronoun, start), clause
        return (None, clause) if verb[0] > at else None

    def _by_custom(self, number: int, start: int, end: int) -> tuple[str | None, str | None]:
        """No words name the speaker: what comes before does."""
        paragraph = self._paragraph_start(start)
        if number and self._spans[number - 1][0] >= paragraph and number - 1 in self._speakers:
            between = self._text[self._spans[number - 1][1] : start]
            if self._first(self._spans[number - 1][1], start) is None or _VERB.search(between):
                return self._speakers[number - 1], None
        alone = bool(_SPACE.fullmatch(self._text, paragraph, start)) and bool(
            _STOPS.fullmatch(self._text, end, self._paragraph_end(end))
        )
        if alone and number and number - 1 in self._speakers:
            earlier_end = self._spans[number - 1][1]
            if self._paragraph_end(earlier_end) >= paragraph - 3:
                return self._speakers[number - 1], None
        spoke = self._last_event(paragraph, start)
        if spoke is not None:
            return spoke, None
        if alone:
            before = self._paragraph_start(max(0, paragraph - 3))
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

    def _verbs_before(self, begin: int, stop: int) -> Iterator[tuple[int, int]]:
        """Start and end of the verbs of saying between two positions, the last one first."""
        for at in range(bisect_left(self._verbs, (stop, 0)) - 1, -1, -1):
            if self._verbs[at][0] < begin:
                return
            yield self._verbs[at]

    def _subject(self, begin: int, stop: int) -> str | None:
        """The first person named in a stretch, else the first organisation."""
        named = self._first(begin, stop)
        return named.id if named else None

    def _first(self, begin: int, stop: int) -> _Who | None:
        """The first person, else the first organisation, between two positions, outside quotations; no possessives."""
        other = None
        for at in range(bisect_left(self._starts, begin), bisect_left(self._starts, stop)):
            who = self._who[at]
            if not who.possessive and (who.person or other is None) and not self._inside_quotation(who.start):
                if who.person:
                    return who
                other = who
        return other

    def _doer(self, begin: int, stop: int) -> _Who | None:
        """The subject of a verb at ``stop``: the name that leads straight up to it, else the first one."""
        first = bisect_left(self._starts, begin)
        for at in range(bisect_left(self._starts, stop) - 1, first - 1, -1):
            who = self._who[at]
            far = stop - who.end > _LONGEST_GAP and not self._text.startswith(("(", " ("), who.end)
            near = not far and not who.possessive and not self._inside_quotation(who.start)
            if near and _GAP.fullmatch(self._text, who.end, stop):
                return who
        return self._first(begin, stop)

    def _pronoun(self, match: re.Match[str], position: int) -> str | None:
        """Who spoke last before ``position`` and may be "he" or "she"; else the last person named there."""
        wanted = "m" if match.group("he") else "f"

        def may_be(who: str) -> bool:
            return who in self._people and self._genders.get(who, wanted) == wanted

        spoken = bisect_right(self._events, (position, "\U0010ffff"))
        for at in range(spoken - 1, max(-1, spoken - 1 - _SPOKE_BACK), -1):
            if may_be(self._events[at][1]):
                return self._events[at][1]
        here = bisect_left(self._starts, position)
        # "…," she said. Rosa Jimenez has lived alone since: the name comes after.
        soon = bisect_left(self._starts, position + _SOON)
        for who in (*reversed(self._who[max(0, here - _BACK) : here]), *self._who[here:soon]):
            if may_be(who.id) and not who.possessive and not self._inside_quotation(who.start):
                return who.id
        return None

    def _narrated(self) -> list[tuple[int, str]]:
        """Speech without marks: ``Moore said that …`` tells who "he" is in the next sentence."""
        events: list[tuple[int, str]] = []
        for verb, verb_end in self._verbs:
            if self._inside_quotation(verb):
                continue
            named = self._doer(self._sentence_start(verb), verb)
            if named is not None and named.person:
                events.append((verb, named.id))
                continue
            after = self._first(verb_end, min(len(self._text), verb_end + 40))
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
                if mention.field == "text" and (gender := gender_of_title(self._text, mention.start))
            ]
            gender = told[0] if told else gender_of(entity.name)
            if gender:
                genders[entity.id] = gender
        return genders

    def _inside_quotation(self, position: int) -> bool:
        at = bisect_left(self._spans, (position + 1, 0)) - 1
        return at >= 0 and self._spans[at][0] <= position < self._spans[at][1]

    def _sentence_begins(self) -> list[int]:
        """Where sentences begin, in order; sentence ends inside quotations do not count. One pass over the text."""
        begins: list[int] = []
        for match in _SENTENCE.finditer(self._text):
            at = bisect_left(self._spans, (match.start() + 1, 0)) - 1
            # The quotation itself may have ended the sentence: "… lies." Moore
            if at < 0 or match.start() >= self._spans[at][1] or self._spans[at][1] <= match.end():
                begins.append(match.end())
        return begins

    def _sentence_start(self, position: int) -> int:
        """Where the sentence that holds ``position`` begins, within its paragraph."""
        at = bisect_right(self._begins, position) - 1
        return max(self._paragraph_start(position), self._begins[at] if at >= 0 else 0, position - _LONGEST)

    def _paragraph_start(self, position: int) -> int:
        at = bisect_left(self._breaks, position)
        return self._breaks[at - 1] + 1 if at else 0

    def _paragraph_end(self, position: int) -> int:
        at = bisect_left(self._breaks, position)
        return self._breaks[at] if at < len(self._breaks) else len(self._text)


def plain(cue: str) -> str:
    """A cue for people: one line, marks plain."""
    return " ".join(plain_marks(cue).split())
