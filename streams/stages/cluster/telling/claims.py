"""What an article counts and dates, as claims that can be laid beside those of others. English; precision before recall.

A number counts only where a verb or a noun says what of, and whom: "12 people were killed", "killing at least 12",
"12 dead". Sums over years, rates, fears, denials, shares of a whole, other years and quotations are no claims.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from streams.contracts.limits import clip
from streams.contracts.records import Claim, PointKind, TaggedArticle
from streams.stages.cluster.telling.dates import told_dates
from streams.stages.cluster.telling.numbers import Number, Token, numbers, tokens
from streams.stages.cluster.telling.people import Person, people_in, told_ages
from streams.stages.cluster.telling.sentences import READ, spans
from streams.text import fold, plain_marks, primary_language

#: Claims of an article, characters of the words that make one.
MOST, WORDS = 12, 140
#: Sentences that are read, beside the title.
SENTENCES = 24


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
_JOBS_CUT = frozenset("cut cuts cutting shed sheds shedding lose loses losing axe axes slash slashes eliminate".split())
_BE = frozenset("were was are is been be have has had left reported confirmed also still now already fatally".split())
_UNSURE = frozenset(
    "feared believed thought expected could may might would should if not denied deny denies never unless plot planned "
    "threatened risk risks possibly potentially".split()
)
_STOP = frozenset(
    "were was are is be been have has had who that which when after before in at on near from by with and or as to of for "
    "while will would could may might into over under during since because outside inside across along against between "
    "around amid than overnight late early today yesterday monday tuesday wednesday thursday friday saturday sunday the a "
    "an his her their its this these those he she they it said there more".split()
)
#: Small words that may stand between a number and what is counted.
_MORE = frozenset("more additional further extra".split())
_PEOPLE = frozenset("person individual life human soul victim fatality death".split()) | {"people", "other", ""}
_SAME = {"troop": "soldier", "policeman": "officer", "kid": "child", "children": "child", "men": "man", "women": "woman",
         "servicemen": "soldier", "policemen": "officer", "firemen": "firefighter", "house": "home", "lives": "life"}  # fmt: skip
#: A sentence that sums up over a time, tells of another time, or of what recurs.
_OTHER_TIME = re.compile(
    r"(?i)\bsince\b|\bso far\b|\b(?:this|last|each|every|per|previous|past) (?:day|week|month|year|decade|season|night|hour)s?\b"
    r"|\bin (?:the )?(?:past|last|recent|previous)\b|\b(?:a|per) (?:day|week|month|year)\b|\bannual|\bdaily\b|\bevery\b|\banniversary"
    r"|\bremember|\bin the (?:first|second|third|other)\b|\b(?:years?|months?|decades?|days|weeks?) ago\b|\bhistory\b|\bsecond (?:blast|attack|strike)"
    r"|\btrapped in\b.{0,20}\bcycle|\bworld wars?\b|\bearlier\b|\balready\b.{0,20}\bbeen\b"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_QUOTED = re.compile(r"\"[^\"]*\"?|“[^”]*”?")
#: Whether a sentence can hold a claim at all: it is read word by word only then.
_WORTH = re.compile(
    r"(?i)\b(?:" + "|".join(sorted({*_STATES, *_ACTS, *_DEEDS})) + r"|toll|lives|hospital|jobs|votes|magnitude|jailed|sentenced"
    r"|prison|fined?|bond|bail|injuries)\b"
)
_PLACE = re.compile(
    r"\b(?:[Ii]n|[Aa]t|[Nn]ear|[Oo]utside) ((?:(?:north|south|east|west|central)\w* )?[A-Z][\w'-]+(?: [A-Z][\w'-]+)*)"
    r"|\b[Aa]cross (?:the )?(\w+)"
)
_TOLL = re.compile(
    r"(?i)\b(?:death toll|toll|number of (?:the )?(?:dead|deaths|people killed|fatalities|victims)|number of people killed)\b"
    r"[^.;]{0,60}?\b(?:to|at|reached|reaches|is|was|hit|hits|of|stands at|passed)(?: (?:at least|more than|about|some))? $"
)
_MAGNITUDE = re.compile(r"(?i)\bmagnitude[ -](?:of )?(\d(?:\.\d)?)\b|\b(\d\.\d)[ -]magnitude\b")
_MONEY = r"\$(\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?) ?(thousand|million|billion)?"
_FINED = re.compile(rf"\bfined(?: \w+){{0,4}} {_MONEY}|{_MONEY} (?:fine|penalty)\b")
_BAIL = re.compile(rf"{_MONEY}(?: cash)?(?: only)? (?:bond|bail)\b|\b[Bb](?:ond|ail)\b[^.$]{{0,40}}{_MONEY}")
_MANY = {"": 1.0, "thousand": 1e3, "million": 1e6, "billion": 1e9}
_PRISON_BEFORE = frozenset("to for".split())


def claims(article: TaggedArticle) -> tuple[Claim, ...]:
    """What an article claims, in the order of its words; nothing for articles that are not in English.

    >>> [one] = claims(TaggedArticle(id="a", title="Fire", text="At least 12 people were killed.", language="en"))
    >>> one.what, one.whom, one.value, one.hedge, one.text
    ('dead', 'people', 12.0, 'at least', 'At least 12 people were killed')
    """
    if primary_language(article.language) not in ("en", None):
        return ()
    found: dict[tuple[PointKind, str, str, str], list[Claim]] = {}
    for claim in _all(article):
        found.setdefault((claim.kind, claim.what, claim.whom, claim.place), []).append(claim)
    return tuple(one for some in found.values() if (one := _settled(some)) is not None)[:MOST]


def _settled(some: Sequence[Claim]) -> Claim | None:
    """What an article says of one thing: what it says first, if later numbers are parts of it; else it is not told."""
    first = some[0]
    return first if all(one.value <= (first.high or first.value) for one in some) else None


def _all(article: TaggedArticle) -> Iterator[Claim]:
    text = plain_marks(article.text[:READ])
    fields = [("title", plain_marks(article.title or ""), [(0, len(article.title or ""))])]
    fields.append(("text", text, [*spans(text)][:SENTENCES]))
    year = article.published.year if article.published else None
    for field, whole, stretches in fields:
        persons = people_in(article, field)
        for start, end in stretches:
            sentence = whole[start:end]
            inside = [one.within(start) for one in persons if start <= one.start and one.end <= end]
            if inside:
                yield from told_ages(sentence, inside)
                if article.published:
                    yield from told_dates(sentence, inside, article.published.date())
            if _WORTH.search(sentence):
                yield from _counted(_QUOTED.sub(lambda found: " " * len(found.group()), sentence), inside, year)


def _counted(sentence: str, persons: Sequence[Person], year: int | None) -> Iterator[Claim]:
    """The counts of a sentence; what is quoted in it is blank."""
    yield from _special(sentence, persons)
    if _OTHER_TIME.search(sentence) or any(int(found) != year for found in _YEAR.findall(sentence)):
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


def _told(row: Sequence[Token], number: Number, sentence: str, last: str) -> tuple[str, str, int, int] | None:
    """What a number counts, of whom, and the tokens that say so; None: nothing that can be compared.

    ``last`` is what the number before counts: "killed five people in Oakdale and two in Millton" leaves it out.
    """
    before = row[number.start - 1].text if number.start else ""
    after = number.end
    noun = ""
    if _at(row, after) == "of" or _at(row, after) in _MORE:
        return None  # a share of a whole, or what came on top
    while after < len(row) and row[after].text.isalpha() and row[after].text not in _STOP:
        if row[after].text in _STATES or row[after].text in _ACTS or row[after].text in ("suffered", "sustained", "lost"):
            break
        if after - number.end >= 3:
            return None
        noun, after = row[after].text, after + 1
    whom = _whom(noun)
    start = number.start
    if noun == "years" or _at(row, number.end) in ("years", "months", "hours", "days", "minutes", "percent", "per", "%", "-"):
        return None
    if what := _state(row, after):
        return what, whom, start, _after_state(row, after) + 1
    if whom == "job":
        cut = before in _JOBS_CUT or [token.text for token in row[after : after + 3]] == ["will", "be", "lost"]
        return ("jobs", "job", start - (before in _JOBS_CUT), after) if cut else None
    if whom == "vote":
        return ("votes", "vote", start, after) if before in ("by", "of") else None
    if before in _DEEDS:
        return _DEEDS[before], whom, start - 1, after
    if last and before == "and" and _at(row, after) == "in":
        return last, whom, start, after
    words_before = [token.text for token in row[max(0, start - 4) : start]]
    if words_before[-4:] == ["claimed", "the", "lives", "of"]:
        return "dead", whom, start - 4, after
    if not noun and _TOLL.search(sentence[: row[start].start].rstrip() + " "):
        return "dead", "people", start, after
    return None


def _state(row: Sequence[Token], place: int) -> str | None:
    """What is said of those counted, from the token after them."""
    place = _after_aside(row, place)
    text = _at(row, place)
    if text in _ACTS:
        return _ACTS[text]
    following = [token.text for token in row[place : place + 3]]
    if following == ["lost", "their", "lives"]:
        return "dead"
    if text in ("suffered", "sustained"):
        return "injured" if "injuries" in [token.text for token in row[place + 1 : place + 5]] else None
    if following[:2] == ["fell", "ill"]:
        return "sickened"
    state = _at(row, _after_state(row, place))
    if state in ("taken", "rushed", "brought"):
        return "hospitalised" if "hospital" in [token.text for token in row[place : place + 7]] else None
    if state in _STATES and (state == text or _at(row, place) in (*_BE, "who")):
        return _STATES[state]
    return None


def _after_state(row: Sequence[Token], place: int) -> int:
    """The place of the word that says what became of those counted."""
    place = _after_aside(row, place)
    place += _at(row, place) == "who"
    while _at(row, place) in _BE:
        place += 1
    return place


def _after_aside(row: Sequence[Token], place: int) -> int:
    """The place after ", including three children," where there is such an aside."""
    if _at(row, place) == "," and _at(row, place + 1) in ("including", "among", "most", "mostly", "some", "many"):
        for end in range(place + 2, min(place + 14, len(row))):
            if row[end].text == ",":
                return end + 1
    return place


def _at(row: Sequence[Token], place: int) -> str:
    return row[place].text if 0 <= place < len(row) else ""


def _doubted(row: Sequence[Token], start: int, end: int) -> bool:
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


def _special(sentence: str, persons: Sequence[Person]) -> Iterator[Claim]:
    """Counts that have a form of their own: of a quake, a sentence, a fine, a bail."""
    if "ftershock" not in sentence:
        for found in _MAGNITUDE.finditer(sentence):
            yield _claim("magnitude", "quake", float(found.group(1) or found.group(2)), found.group())
    for pattern, what in ((_FINED, "fined"), (_BAIL, "bail")):
        for found in pattern.finditer(sentence):
            digits, many = (group for group in (found.groups()[:2] if found.group(1) else found.groups()[2:]))
            whom = _nearest(persons, found.start()) if what == "bail" else "company"
            if whom:
                yield _claim(what, whom, float(digits.replace(",", "")) * _MANY[many or ""], found.group())
    row = tokens(sentence)
    for number in numbers(row) if persons else ():
        unit, ahead = _at(row, number.end), [token.text for token in row[max(0, number.start - 3) : number.start]]
        prison = _at(row, number.end + 1) == "in" and _at(row, number.end + 2) == "prison"
        judged = ahead[-2:] in (["sentenced", "to"], ["jailed", "for"])
        if unit in ("years", "months") and number.high is None and (judged or prison) and number.hedge == "exactly":
            whom = _nearest(persons, row[number.start].start)
            if whom and not {"faces", "face", "facing", "maximum", "could"} & {token.text for token in row[: number.start]}:
                years = round(number.value / (12 if unit == "months" else 1), 2)
                said = sentence[row[number.start].start : row[number.end + (2 if prison else 0)].end]
                yield _claim("prison", whom, years, said)


def _claim(what: str, whom: str, value: float, text: str) -> Claim:
    return Claim(kind="count", what=what, whom=whom, value=value, text=clip(text, WORDS))


def _nearest(persons: Iterable[Person], place: int) -> str:
    """Who is named last before a place, else first after it; nobody where several are."""
    ids = {one.id for one in persons}
    return next(iter(ids)) if len(ids) == 1 else ""
