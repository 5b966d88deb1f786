"""From a model's spans to the names of a document: the model sees a sentence at a time, we see the whole text.

A step takes and gives spans that do not overlap, in order; each says why a span is what it is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from streams.records import EntityType
from streams.tagging import names
from streams.tagging.aliases import AliasTable, Identity
from streams.tagging.backends import RawSpan
from streams.tagging.found import Name
from streams.tagging.relabel import Relabeller
from streams.text import plain_marks

#: OntoNotes labels that are names, as the four types of the records (CoNLL's); the others are numbers and times.
TYPES: dict[str, EntityType] = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "NORP": "MISC", "PRODUCT": "MISC",
    "EVENT": "MISC", "WORK_OF_ART": "MISC", "LAW": "MISC", "LANGUAGE": "MISC",
}  # fmt: skip


_JUNK = re.compile(r"[\n@|<>{}\[\]=]|https?:|www\.|\d{1,2}:\d\d|^\W+$|^[\d\W]+$")
_ARTICLE = re.compile(r"(?i)(?:the|a|an)\s+(?=\S)")
_CAPITAL = re.compile(r"[^\W\d_a-z]")
_TOKEN = re.compile(r"\w[\w'’.&-]*\w|\w")


def repair(
    text: str, raw: Sequence[RawSpan], table: AliasTable, relabeller: Relabeller | None, *, title_end: int = 0
) -> list[Name]:
    """The names of a document, from a backend's spans: relabelled, trimmed, judged together, found again where missed.

    Args:
        text: title and text as one; ``title_end`` is where the title ends.
        raw: the backend's spans; none where there is no model, so that the tables alone speak.
        relabeller: None: the backend's own labels stand.
    """
    if relabeller is not None:
        first = relabeller.names(text, raw, table)
    else:
        first = [Name(span.start, span.end, TYPES[span.label], "model") for span in raw if span.label in TYPES]
    trimmed = [name for found in first if (name := _trim(text, found)) is not None]
    judged = _introduced(text, _vote(text, trimmed, table))
    return _headline(text, _known(text, _repeats(text, judged), table), title_end)


def _trim(text: str, span: Name) -> Name | None:
    """The span without article, titles, possessive and stray marks; None for junk."""
    start, end = span.start, span.end
    if match := _ARTICLE.match(text, start, end):
        start = match.end()
    if span.type == "PER":
        start += names.after_honorifics(text[start:end])
    end -= names.possessive(text[start:end])
    while start < end and not (text[start].isalnum()):
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in ".)!"):
        end -= 1
    if end > start and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    surface = text[start:end]
    if not surface or _JUNK.search(surface) or not _CAPITAL.search(surface):
        return None
    if span.type == "PER" and names.is_honorific(surface):
        return None
    return replace(span, start=start, end=end)


def _vote(text: str, found: Sequence[Name], table: AliasTable) -> list[Name]:
    """One type a surface form: a table's where it knows the name, else the commonest in the document."""
    ballots: dict[str, Counter[EntityType]] = defaultdict(Counter)
    for name in found:
        ballots[_key(text[name.start : name.end])][name.type] += 1
    people = {key.split()[-1] for key, count in ballots.items() if " " in key and count.most_common(1)[0][0] == "PER"}
    decided: dict[str, tuple[EntityType, str]] = {}
    for key, count in ballots.items():
        top = max(count.items(), key=lambda item: (item[1], item[0] == "PER", item[0]))[0]
        decided[key] = (top, "model" if len(count) == 1 else "majority of its mentions")
        if " " not in key and key in people:
            decided[key] = ("PER", "surname of a person in the text")
    result = []
    for name in found:
        surface = text[name.start : name.end]
        kind, why = decided[_key(surface)]
        known = table.find(surface)
        if known is not None and why != "surname of a person in the text" and not (kind == "ORG" and _city(known)):
            kind, why = known.type, "alias table"
        result.append(replace(name, type=kind, why=why))
    return result


#: "dubbed", "called": what follows is the name of what went before.
_NAMING = re.compile(
    r"(?:called|dubbed|named|titled|entitled|code-?named|nicknamed|branded|known as|christened)\s+(?:the\s+)?[\"“'‘]?$"
)
#: What is introduced so, by the nearest noun before the naming word: a thing (MISC) or a body (ORG).
_THING = re.compile(
    r"(?i)\b(?:(?P<thing>portal|platform|app|application|website|site|operation|campaign|initiative|programme|program|"
    r"project|system|software|scheme|plan|book|novel|film|movie|documentary|song|single|album|show|series|drama|game|"
    r"model|chatbot|tool|device|drug|vaccine|missile|rocket|drone|ship|vessel|boat|yacht|storm|hurricane|typhoon|cyclone|"
    r"exercise|bill|law|act|report|podcast|play|painting|exhibition|festival|award|prize|virus|variant|malware|"
    r"cryptocurrency|token|service|product|weapon|satellite|spacecraft|mission)|"
    r"(?P<body>company|firm|group|organi[sz]ation|party|band|agency|club|team|charity|startup|start-up|network|movement|"
    r"gang|militia|union|newspaper|magazine|channel|bank|foundation|institute|association|coalition|unit|force))s?\b"
)
#: How far back the noun may be, in code points: about a clause.
_CLAUSE = 100


def _introduced(text: str, found: Sequence[Name]) -> list[Name]:
    """Types of names that the text introduces, ``a portal, dubbed "Silent Courier"``, at every mention of them."""
    kinds: dict[str, EntityType] = {}
    for name in found:
        if name.type not in ("ORG", "MISC", "LOC", "PER"):
            continue
        before = text[max(0, name.start - _CLAUSE) : name.start]
        naming = _NAMING.search(before)
        if naming is None:
            continue
        clause = re.split(r"[.!?]\s|\n", before[: naming.start()])[-1]
        nouns = list(_THING.finditer(clause))
        if nouns:
            kinds[_key(text[name.start : name.end])] = "MISC" if nouns[-1].group("thing") else "ORG"
    return [
        replace(name, type=kind, why="introduced by what it is")
        if (kind := kinds.get(_key(text[name.start : name.end]))) and kind != name.type
        else name
        for name in found
    ]


def _known(text: str, found: Sequence[Name], table: AliasTable) -> list[Name]:
    """``found`` and what the tables know besides: countries, regions, organisations, well-known people; no towns."""
    result = list(found)
    at = 0
    done = 0
    for token in _TOKEN.finditer(text):
        start = token.start()
        while at < len(found) and found[at].end <= start:
            at += 1
        if start < done or not text[start].isupper() or (at < len(found) and found[at].start <= start):
            continue
        word = names.without_possessive(token.group())
        if word.lower().rstrip(".") not in table.first_words and word.lower() not in table.first_words:
            continue
        limit = found[at].start if at < len(found) else len(text)
        known = _longest(text, start, limit, table)
        if known is not None:
            end, identity = known
            result.append(Name(start, end, identity.type, "alias table"))
            done = end
    return sorted(result, key=lambda name: name.start)


def _longest(text: str, start: int, limit: int, table: AliasTable) -> tuple[int, Identity] | None:
    """The longest known name that starts at ``start`` and ends before ``limit``."""
    ends = [
        match.end() for match, _ in zip(_TOKEN.finditer(text, start, min(limit, start + 90)), range(6), strict=False)
    ]
    for end in reversed(ends):
        end -= names.possessive(text[start:end])
        if text[end : end + 1] == "." and text[start:end].count("."):
            end += 1
        surface = text[start:end]
        identity = table.find(surface)
        if identity is None or "\n" in surface or _city(identity):
            continue
        # A surname alone may be anyone's where the text names nobody: only the tables' full names count.
        if identity.type == "PER" and " " not in surface:
            continue
        if text[end : end + 1].isalnum() or text[end : end + 2] in ("-M", "-b"):
            continue
        return end, identity
    return None


def _headline(text: str, found: Sequence[Name], title_end: int) -> list[Name]:
    """A headline in capitals, or without any: its names are those of the text, whatever their case."""
    title = text[:title_end]
    letters = [char for char in title if char.isalpha()]
    capitals = sum(char.isupper() for char in letters)
    if not letters or 0.1 < capitals / len(letters) < 0.7:
        return list(found)
    inside = [name for name in found if name.start >= title_end]
    kinds: dict[str, tuple[str, EntityType]] = {}
    for name in inside:
        surface = names.without_possessive(text[name.start : name.end])
        for part in (surface, surface.split()[-1] if name.type == "PER" else surface):
            kinds.setdefault(part.lower(), (part, name.type))
    taken: list[Name] = []
    for lower, (_, kind) in sorted(kinds.items(), key=lambda item: (-len(item[0]), item[0])):
        if len(lower) < 3:
            continue
        for match in re.finditer(rf"(?<!\w){re.escape(lower)}(?!\w)", title.lower()):
            if len(title.lower()) == len(title) and all(
                match.end() <= n.start or n.end <= match.start() for n in taken
            ):
                taken.append(Name(match.start(), match.end(), kind, "named in the text below its headline"))
    kept = [n for n in found if n.start < title_end and all(n.end <= t.start or t.end <= n.start for t in taken)]
    if capitals:
        kept = [name for name in kept if name.why == "alias table"]
    return sorted([*taken, *kept, *inside], key=lambda name: name.start)


def _city(identity: Identity) -> bool:
    """Whether it is a town, whose name may be a club's: "Liverpool beat Barcelona"."""
    return (identity.detail or "").startswith(("city", "capital"))


def _repeats(text: str, found: Sequence[Name]) -> list[Name]:
    """``found``, and every other place where one of its surfaces stands as whole words."""
    kinds: dict[str, EntityType] = {}
    for name in found:
        surface = text[name.start : name.end]
        kinds.setdefault(surface, name.type)
        if name.type == "PER" and len(surface.split()) > 1:
            kinds.setdefault(surface.split()[-1], "PER")
    # The first word of a surface leads to the surfaces that it may start, longest first: one pass over the text.
    starts: dict[str, list[str]] = defaultdict(list)
    for surface in kinds:
        if len(surface) > 1 and (token := _TOKEN.match(surface)) and _CAPITAL.search(surface):
            starts[names.without_possessive(token.group())].append(surface)
    for surfaces in starts.values():
        surfaces.sort(key=len, reverse=True)
    result = list(found)
    taken = sorted((name.start, name.end) for name in found)
    at, done = 0, 0
    for token in _TOKEN.finditer(text):
        start = token.start()
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if start < done or (at < len(taken) and taken[at][0] <= start):
            continue
        for surface in starts.get(names.without_possessive(token.group()), ()):
            end = start + len(surface)
            clash = at < len(taken) and taken[at][0] < end
            if not clash and text.startswith(surface, start) and not text[end : end + 1].isalnum():
                result.append(Name(start, end, kinds[surface], "repeats a name of the text"))
                done = end
                break
    return sorted(result, key=lambda name: name.start)


def _key(surface: str) -> str:
    return plain_marks(surface).strip(".")
