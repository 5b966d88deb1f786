"""Which names of organisations are the same, inside one document: acronyms, company suffixes, short forms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from streams.stages.tag.document import Document
from streams.stages.tag.lang import Language
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.found import Name
from streams.text import fold, initials

_ACRONYM = re.compile(r"[A-Z][A-Za-z]?[A-Z&.0-9-]*[A-Z0-9]s?\.?|[A-Z]{2,}[a-z]?")
#: Letters from which on an acronym says whose it is without brackets.
_CLEAR = 3


def generic(surface: str, language: Language) -> bool:
    """Whether the name needs a country to say which body is meant: ``Foreign Ministry``, ``Supreme Court``."""
    return bool(language.organisations.generic.match(surface))


def without_legal_form(surface: str, language: Language) -> str:
    """``Boeing Co.`` → ``Boeing``; a name that is nothing but a legal form stays."""
    while (match := language.organisations.legal_form.search(surface)) and match.start() > 2:
        surface = surface[: match.start()]
    return surface


def acronyms(document: Document, found: Sequence[Name]) -> dict[str, str]:
    """Short form → long name, from ``Long Name (LN)`` and ``LN (Long Name)`` where the initials agree."""
    pairs: dict[str, str] = {}
    for name in found:
        if name.type == "PER":
            continue
        surface = document.text[name.start : name.end]
        match = document.language.organisations.in_brackets.match(document.text, name.end)
        if match is None:
            continue
        other = match.group(1).strip()
        for long, short in ((surface, other), (other, surface)):
            if " " in long and " " not in short and _ACRONYM.fullmatch(short) and names.acronym_of(long, short):
                pairs.setdefault(short.rstrip("."), long)
    return _unbracketed(document, found) | pairs


def _unbracketed(document: Document, found: Sequence[Name]) -> dict[str, str]:
    """Acronyms of three letters and more that are the initials of exactly one longer name of the text."""
    surfaces = {
        names.without_possessive(document.text[name.start : name.end], document.language)
        for name in found
        if name.type in ("ORG", "MISC")
    }
    long_names: dict[str, dict[str, str]] = defaultdict(dict)
    for surface in sorted(surfaces):
        for letters in initials(surface) if " " in surface else ():
            long_names[letters].setdefault(fold(surface), surface)
    pairs: dict[str, str] = {}
    for surface in surfaces:
        letters = surface.replace(".", "").lower()
        if (
            len(letters) >= _CLEAR
            and " " not in surface
            and _ACRONYM.fullmatch(surface)
            and surface.replace(".", "")[1:2].isupper()
        ):
            owners = long_names.get(letters, {})
            if len(owners) == 1 and document.table.find(surface) is None:
                pairs[surface.rstrip(".")] = next(iter(owners.values()))
    return pairs


def short_forms(document: Document, found: Sequence[Name]) -> dict[str, str]:
    """Folded short form → the only longer organisation of the text that starts so: ``Goldman`` → ``Goldman Sachs``.

    A short form of one word must not be a name of its own type elsewhere: a place or a person.
    """
    text, language = document.text, document.language
    long_names = {without_legal_form(text[name.start : name.end], language) for name in found if name.type == "ORG"}
    others = {fold(text[name.start : name.end]) for name in found if name.type != "ORG"}
    forms: dict[str, str] = {}
    claimed: dict[str, set[str]] = {}
    for long in sorted(long_names):
        words = fold(long).split()
        for count in range(1, len(words)):
            head = " ".join(words[:count])
            if (
                words[count] not in language.organisations.not_after_short
                and words[count - 1] not in language.organisations.not_ending_short
            ):
                claimed.setdefault(head, set()).add(long)
    present = {fold(long) for long in long_names}
    for head, longs in claimed.items():
        if len(longs) == 1 and head in present and head not in others:
            forms[head] = next(iter(longs))
    return forms
