"""From a model's spans to the names of a document: the model sees a sentence at a time, we see the whole text.

A step takes and gives spans that do not overlap, in order; each says why a span is what it is.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.lang import Language
from streams.stages.tag.ner import RawSpan, boundaries
from streams.stages.tag.ner.appositives import introduced
from streams.stages.tag.ner.calendar import without_times
from streams.stages.tag.ner.crf import Relabeller
from streams.stages.tag.ner.gazetteer import headline, is_town, known_names
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.clubs import clubs
from streams.stages.tag.resolve.datelines import datelines
from streams.stages.tag.resolve.found import Name
from streams.text import plain_marks

#: OntoNotes labels that are names, as the four types of the records (CoNLL's); the others are numbers and times.
TYPES: dict[str, EntityType] = {
    "PERSON": "PER", "ORG": "ORG", "GPE": "LOC", "LOC": "LOC", "FAC": "LOC", "NORP": "MISC", "PRODUCT": "MISC",
    "EVENT": "MISC", "WORK_OF_ART": "MISC", "LAW": "MISC", "LANGUAGE": "MISC",
}  # fmt: skip


#: A span of more code points is no name, and every way to shorten it would be tried.
_LONGEST = 480
_JUNK = re.compile(r"[\n@|<>{}\[\]=]|https?:|www\.|\d{1,2}:\d\d|^\W+$|^[\d\W]+$")
#: What news agencies put before a headline: ``SOCCER-``, ``UPDATE 1-``, ``CORRECTED - ``.
_SLUG = re.compile(r"[A-Z]{4,}(?: [A-Z]+)?(?: \d)? ?-{1,2} ?(?=[A-Z][^\W\dA-Z_])")
_CAPITAL = re.compile(r"[^\W\d_a-z]")
#: A word that does not start with a plain small letter: the only ones where a name that we look for again may start.
_TOKEN = re.compile(r"(?<!\w)[^\W_a-z](?:[\w'’.&-]*\w)?")


def repair(document: Document, raw: Sequence[RawSpan], relabeller: Relabeller | None) -> list[Name]:
    """The names of a document, from a backend's spans: relabelled, trimmed, judged together, found again where missed.

    Args:
        raw: the backend's spans; none where there is no model, so that the tables alone speak.
        relabeller: None: the backend's own labels stand.
    """
    if relabeller is not None:
        found = relabeller.names(document, raw)
    else:
        found = [Name(span.start, span.end, TYPES[span.label], "model") for span in raw if span.label in TYPES]
    found = [name for name in found if name.end - name.start <= _LONGEST]
    found = datelines(document, boundaries.mend(document, found))
    found = without_times(document, [trimmed for name in found if (trimmed := _trim(document, name)) is not None])
    found = clubs(document, introduced(document, _vote(document, found)))
    return headline(document, known_names(document, _repeats(document, found)))


def _trim(document: Document, span: Name) -> Name | None:
    """The span without article, titles, possessive and stray marks; None for junk.

    Articles and titles that a table has as part of the name stay: The Hague, Pope Francis.
    """
    text, table, language = document.text, document.table, document.language
    start, end = span.start, span.end
    if (start == 0 or text[start - 1] == "\n") and (slug := _SLUG.match(text, start, end)):
        start = slug.end()
    known = table.find(text[start : end - names.possessive(text[start:end], language)])
    if known is not None and (known.type == "PER" or _with_article(known.name, language)):
        pass
    elif match := language.names.articles.match(text, start, end):
        start = match.end()
    if span.type == "PER" and not (known is not None and known.type == "PER"):
        start += names.after_honorifics(text[start:end], language)
    end -= names.possessive(text[start:end], language)
    if span.type in ("ORG", "LOC") and known is None:
        while tail := language.names.tail.search(text, start, end):
            end = tail.start()
    while start < end and not (text[start].isalnum()):
        start += 1
    while end > start and not (text[end - 1].isalnum() or text[end - 1] in ".)!"):
        end -= 1
    if end > start and text[end - 1] == ")" and "(" not in text[start:end]:
        end -= 1
    surface = text[start:end]
    if not surface or _JUNK.search(surface) or not _CAPITAL.search(surface):
        return None
    if span.type == "PER" and names.is_honorific(surface, language):
        return None
    return Name(start, end, span.type, span.why)


def _with_article(name: str, language: Language) -> bool:
    """Whether the article is part of a known name: ``The Hague``."""
    article = language.names.article
    return bool(article) and name.lower().startswith(article)


def _vote(document: Document, found: Sequence[Name]) -> list[Name]:
    """One type a surface form: a table's where it knows the name, else the commonest in the document."""
    text, table = document.text, document.table
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
        if known is not None and why != "surname of a person in the text" and not (kind == "ORG" and is_town(known)):
            kind, why = known.type, "alias table"
        result.append(Name(name.start, name.end, kind, why))
    return result


def _repeats(document: Document, found: Sequence[Name]) -> list[Name]:
    """``found``, and every other place where one of its surfaces stands as whole words."""
    text, language = document.text, document.language
    kinds: dict[str, EntityType] = {}
    for name in found:
        surface = text[name.start : name.end]
        kinds.setdefault(surface, name.type)
        last = surface.split()[-1]
        if name.type == "PER" and last != surface and not language.names.calendar.fullmatch(last):
            kinds.setdefault(last, "PER")
    # The first word of a surface leads to the surfaces that it may start, longest first: one pass over the text.
    starts: dict[str, set[str]] = defaultdict(set)
    for surface in kinds:
        if len(surface) > 1 and (token := _TOKEN.match(surface)) and _CAPITAL.search(surface):
            starts[names.without_possessive(token.group(), language)].add(surface)
    lengths = {word: sorted({len(surface) for surface in surfaces}, reverse=True) for word, surfaces in starts.items()}
    result = list(found)
    taken = sorted((name.start, name.end) for name in found)
    at, done = 0, 0
    for token in _TOKEN.finditer(text):
        start = token.start()
        while at < len(taken) and taken[at][1] <= start:
            at += 1
        if start < done or (at < len(taken) and taken[at][0] <= start):
            continue
        word = names.without_possessive(token.group(), language)
        for length in lengths.get(word, ()):
            end = start + length
            surface = text[start:end]
            clash = at < len(taken) and taken[at][0] < end
            if not clash and surface in starts[word] and not text[end : end + 1].isalnum():
                result.append(Name(start, end, kinds[surface], "repeats a name of the text"))
                done = end
                break
    return sorted(result, key=lambda name: name.start)


def _key(surface: str) -> str:
    return plain_marks(surface).strip(".")
