"""What an article counts and dates, as claims that can be laid beside those of others. English; precise, not complete.

A number counts only where a verb or a noun says what of, and whom: "12 people were killed", "killing at least 12",
"12 dead". Sums over years, rates, fears, denials, shares of a whole, other years and quotations are no claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from streams.contracts.limits import clip
from streams.contracts.records import Claim, PointKind, TaggedArticle
from streams.stages.cluster.telling.dates import told_dates
from streams.stages.cluster.telling.numbers import (
    NUMBER_WORDS,
    ONE_OF,
    ClaimToken,
    Number,
    at,
    numbers,
    tokens,
    wordset,
)
from streams.stages.cluster.telling.people import Person, people_in, told_ages, told_identities
from streams.stages.cluster.telling.sentences import READ, spans
from streams.stages.cluster.telling.special import WORDS, special
from streams.stages.cluster.telling.spelling import one_person
from streams.text import fold, plain_marks, primary_language

#: Claims of an article.
MOST = 12
#: Sentences that are read for figures, beside the title.
SENTENCES = 12


def _forms(text: str) -> dict[str, str]:
    """``what: form form …`` a line → form → what."""
    lines = (line.split(": ", 1) for line in text.strip().splitlines())
    return {form: what for what, forms in lines for form in forms.split()}


#: Said of those counted, before the verb or right after the noun: "12 people were killed", "12 dead".
_STATES = _forms("""\
dead: killed dead slain
injured: injured hurt wounded
arrested: arrested detained
missing: missing unaccounted
rescued: rescued saved
evacuated: evacuated
displaced: displaced
trapped: trapped
stranded: stranded
shot: shot
charged: charged
hospitalised: hospitalized hospitalised
freed: freed released
destroyed: destroyed
damaged: damaged
flooded: flooded
burned: burned burnt scorched
""")
#: What those counted do: "12 people died".
_ACTS = _forms("""\
dead: died die drowned perished
escaped: escaped
fled: fled
""")
#: What is done to those counted, before the number: "killing at least 12".
_DEEDS = _forms("""\
dead: killed killing kills
injured: injured injuring injures wounded wounding wounds hurt hurting
arrested: arrested arresting arrests detained detaining detains
rescued: rescued rescuing rescues
evacuated: evacuated evacuating
displaced: displaced displacing displaces
trapped: trapped trapping traps
stranded: stranded stranding
charged: charged
freed: freed freeing frees released releasing releases
destroyed: destroyed destroying destroys
damaged: damaged damaging damages
flooded: flooded flooding
burned: burned burning burns scorched scorching
""")
_JOBS_CUT = wordset("cut cuts cutting shed sheds shedding lose loses losing axe axes slash slashes eliminate")
_BE = wordset("found were was are is been be have has had left reported confirmed also still now already fatally")
_UNSURE = wordset(
    "feared believed thought expected could may might would should if not denied deny denies never unless plot planned "
    "threatened risk risks possibly potentially"
)
#: Words that end what is counted.
_STOP = wordset(
    "were was are is be been have has had who that which when after before in at on near from by with and or as to of "
    "for while will would could may might into over under during since because outside inside across along against "
    "between around amid than overnight late early today yesterday monday tuesday wednesday thursday friday saturday "
    "sunday the a an his her their its this these those he she they it said there more"
)
#: Where what is counted ends.
_ENDS_NOUN = frozenset({*_STATES, *_ACTS, *_BE, "suffered", "sustained", "lost", "fell"})
#: Around numbers that count nothing.
_JOINTS = frozenset(":/.-$£€#'")
_UNITS = wordset("years year months hours days minutes miles percent per % - : / a p am pm st nd rd th x")
#: Small words that may stand between a number and what is counted.
_MORE = wordset("more additional further extra")
_PEOPLE = wordset("person individual life human soul victim fatality death") | {"people", "other", ""}
_SAME = {
    "troop": "soldier", "servicemen": "soldier", "policeman": "officer", "policemen": "officer", "kid": "child",
    "children": "child", "men": "man", "women": "woman", "firemen": "firefighter", "house": "home", "lives": "life",
}  # fmt: skip
#: A sentence that sums up over a time, tells of another time, or of what recurs.
_OTHER_TIME = re.compile(
    r"(?i)\bsince\b|\bso far\b|\bannual|\bdaily\b|\bevery\b|\banniversary|\bremember|\bhistory\b|\bearlier\b"
    r"|\b(?:this|last|each|per|previous|past) (?:day|week|month|year|decade|season|night|hour)s?\b"
    r"|\bin (?:the )?(?:past|last|recent|previous|first|second|third|other)\b|\ba (?:day|week|month|year)\b"
    r"|\b(?:years?|months?|decades?|days|weeks?) ago\b|\bsecond (?:blast|attack|strike)|\balready\b.{0,20}\bbeen\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_QUOTED = re.compile(r"\"[^\"]*\"?|“[^”]*”?")
#: Words one of which a sentence with a claim has.
_WORTH = wordset("toll lives hospital jobs votes magnitude jailed sentenced prison fined fine bond bail injuries") | {
    *_STATES,
    *_ACTS,
    *_DEEDS,
}
#: Words that can be a number.
_COUNTING = NUMBER_WORDS | ONE_OF
_LETTERS = re.compile("[a-z]+")
_DIGIT = re.compile("[0-9]")
_PLACE = re.compile(
    r"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Oo]utside) ((?:(?:north|south|east|west|central)\w* )?[A-Z][\w'-]+(?: [A-Z][\w'-]+)*)"
    r"|\b[Aa]cross (?:the )?(\w+)"
)
_TOLL = re.compile(
    r"(?i)\b(?:toll|number of (?:the )?(?:dead|deaths|people killed|fatalities|victims))\b[^.;]{0,60}?"
    r"\b(?:to|at|reached|reaches|is|was|hit|hits|of|stands at|passed)(?: (?:at least|more than|about|some))? $"
)


def claims(article: TaggedArticle, stretches: Sequence[tuple[int, int]] | None = None) -> tuple[Claim, ...]:
    """What an article claims, in the order of its words; nothing for articles that are not in English.

    ``stretches`` is what ``spans`` gives for its first ``READ`` characters, where that is known already.

    >>> [one] = claims(TaggedArticle(id="a", title="Fire", text="At least 12 people were killed.", language="en"))
    >>> one.what, one.whom, one.value, one.hedge, one.text
    ('dead', 'people', 12.0, 'at least', 'At least 12 people were killed')
    """
    if primary_language(article.language) not in ("en", None):
        return ()
    found: dict[tuple[PointKind, str, str, str], list[Claim]] = {}
    for claim in _all(article, stretches):
        found.setdefault((claim.kind, claim.what, claim.whom, claim.place), []).append(claim)
    return tuple(one for some in found.values() if (one := _settled(some)) is not None)[:MOST]


def _settled(some: Sequence[Claim]) -> Claim | None:
    """What an article says of one thing: what it says first, if later numbers are parts of it; else it is not told."""
    first = some[0]
    if first.kind == "identity":
        return first if all(one_person(first.text, one.text) for one in some) else None
    return first if all(one.value <= (first.high or first.value) for one in some) else None


def _all(article: TaggedArticle, known: Sequence[tuple[int, int]] | None) -> Iterator[Claim]:
    text = plain_marks(article.text[:READ])
    fields: list[tuple[str, str, Sequence[tuple[int, int]]]] = []
    fields.append(("title", plain_marks(article.title or ""), [(0, len(article.title or ""))]))
    fields.append(("text", text, known or [*spans(text)]))
    year = article.published.year if article.published else None
    for field, whole, stretches in fields:
        persons = people_in(article, field)
        for place, (start, end) in enumerate(stretches):
            sentence = whole[start:end]
            inside = [one.within(start) for one in persons if start <= one.start and one.end <= end] if persons else []
            # Who it was is told late; a figure that is told late is of something else.
            for claim in told_identities(sentence, inside):
                if not _of_another_time(sentence, year):
                    yield claim
            if place >= SENTENCES:
                continue
            if inside:
                yield from told_ages(sentence, inside)
                if article.published:
                    yield from told_dates(sentence, inside, article.published.date())
            if _worth(sentence):
                counted = _counted(_QUOTED.sub(lambda found: " " * len(found.group()), sentence), inside, year)
                if field == "title":  # in titles every word may be large: no place can be told
                    counted = (replace(one, place="") for one in counted)
                yield from counted


def _worth(sentence: str) -> bool:
    """Whether a sentence can hold a claim at all: it is read word by word only then."""
    found = _LETTERS.findall(sentence.lower())
    return not _WORTH.isdisjoint(found) and (_DIGIT.search(sentence) is not None or not _COUNTING.isdisjoint(found))


def _counted(sentence: str, persons: Sequence[Person], year: int | None) -> Iterator[Claim]:
    """The counts of a sentence; what is quoted in it is blank."""
    yield from special(sentence, persons)
    if _of_another_time(sentence, year):
        return
    row = tokens(sentence)
    last = ""
    for number in numbers(row):
        told = _told(row, number, sentence, last)
        if told is None:
            continue
        last = told[0]
        what, whom, start, end = told
        if _doubted(row, start, end):
            continue
        yield Claim(
            kind="count",
            what=what,
            whom=whom,
            value=number.value,
            high=number.high,
            hedge=number.hedge,
            place=_place(sentence, row[start].start, row[min(end, len(row)) - 1].end),
            text=clip(sentence[row[start].start : row[min(end, len(row)) - 1].end].strip(" ,.;:"), WORDS),
        )


def _of_another_time(sentence: str, year: int | None) -> bool:
    return _OTHER_TIME.search(sentence) is not None or any(int(found) != year for found in _YEAR.findall(sentence))


def _told(row: Sequence[ClaimToken], number: Number, sentence: str, last: str) -> tuple[str, str, int, int] | None:
    """What a number counts, of whom, and the tokens that say so; None: nothing that can be compared.

    ``last`` is what the number before counts: "killed five people in Oakdale and two in Millton" leaves it out.
    """
    before = row[number.start - 1].text if number.start else ""
    after = number.end
    noun = ""
    if at(row, after) == "of" or at(row, after) in _MORE:
        return None  # a share of a whole, or what came on top
    if before in _JOINTS or at(row, after) in _UNITS:
        return None  # a part of a time, a score, a price or a rate
    while after < len(row) and row[after].text.isalpha() and row[after].text not in _STOP:
        if row[after].text in _ENDS_NOUN:
            break
        if row[after].text in NUMBER_WORDS:
            return None
        if after - number.end >= 3:
            return None
        noun, after = row[after].text, after + 1
    whom = _whom(noun)
    start = number.start
    if (what := _state(row, after)) and not _partial(row, number, what):
        return what, whom, start, _after_state(row, after) + 1
    if whom == "job":
        cut = before in _JOBS_CUT or [token.text for token in row[after : after + 3]] == ["will", "be", "lost"]
        return ("jobs", "job", start - (before in _JOBS_CUT), after) if cut else None
    if whom == "vote":
        return ("votes", "vote", start, after) if before in ("by", "of") else None
    if before in _DEEDS and not _partial(row, number, _DEEDS[before]):
        return _DEEDS[before], whom, start - 1, after
    if last and before == "and" and at(row, after) == "in":
        return last, whom, start, after
    words_before = [token.text for token in row[max(0, start - 4) : start]]
    if words_before[-4:] == ["claimed", "the", "lives", "of"]:
        return "dead", whom, start - 4, after
    if not noun and _TOLL.search(sentence[: row[start].start].rstrip() + " "):
        return "dead", "people", start, after
    return None


def _partial(row: Sequence[ClaimToken], number: Number, what: str) -> bool:
    """Whether a number leaves some out: "three others dead", "one was shot"."""
    others = any(token.text in ("other", "others", "remaining") for token in row[number.end : number.end + 2])
    return (others and what != "injured") or (number.value == 1 and at(row, number.end) in (*_BE, *_STATES))


def _state(row: Sequence[ClaimToken], place: int) -> str | None:
    """What is said of those counted, from the token after them."""
    place = _after_aside(row, place)
    text = at(row, place)
    if text in _ACTS:
        return _ACTS[text]
    following = [token.text for token in row[place : place + 3]]
    if following == ["lost", "their", "lives"]:
        return "dead"
    if text in ("suffered", "sustained"):
        return "injured" if "injuries" in [token.text for token in row[place + 1 : place + 5]] else None
    if following[:2] == ["fell", "ill"]:
        return "sickened"
    state = at(row, _after_state(row, place))
    if state in ("taken", "rushed", "brought"):
        return "hospitalised" if "hospital" in [token.text for token in row[place : place + 7]] else None
    if state in _STATES and (state == text or at(row, place) in (*_BE, "who")):
        fatal = "fatally" in [token.text for token in row[place : _after_state(row, place)]]
        return "dead" if fatal and _STATES[state] in ("injured", "shot") else _STATES[state]
    return None


def _after_state(row: Sequence[ClaimToken], place: int) -> int:
    """The place of the word that says what became of those counted."""
    place = _after_aside(row, place)
    place += at(row, place) == "who"
    while at(row, place) in _BE:
        place += 1
    return place


def _after_aside(row: Sequence[ClaimToken], place: int) -> int:
    """The place after ", including three children," where there is such an aside."""
    if at(row, place) == "," and at(row, place + 1) in ("including", "among", "most", "mostly", "some", "many"):
        for end in range(place + 2, min(place + 14, len(row))):
            if row[end].text == ",":
                return end + 1
    return place


def _doubted(row: Sequence[ClaimToken], start: int, end: int) -> bool:
    """Whether what is said is feared, possible, planned or denied."""
    near = {token.text for token in row[max(0, start - 6) : end]}
    opening = {token.text for token in row[:1]}
    return bool(near & _UNSURE) or "if" in opening or any(token.text in ("denied", "denies") for token in row[:start])


def _whom(noun: str) -> str:
    """Whom a noun counts, in the singular; all that stands for people is ``people``."""
    known = _SAME.get(noun, noun)
    if known == noun and len(noun) > 3 and noun.endswith("s") and not noun.endswith("ss"):
        known = noun[:-3] + "y" if noun.endswith("ies") else noun[:-1]
    known = _SAME.get(known, known)
    return "people" if known in _PEOPLE else known


def _place(sentence: str, start: int, end: int) -> str:
    """Where: the first place named after the words of a claim, else the last before them; folded."""
    found = _PLACE.search(sentence, end, end + 80) or next(reversed([*_PLACE.finditer(sentence, 0, start)]), None)
    return fold(found.group(1) or found.group(2)) if found else ""
