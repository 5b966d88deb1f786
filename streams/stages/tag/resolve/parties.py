"""What stands for a party: ``Democrats`` and ``Democratic`` for the Democratic Party, ``Labour`` for the Labour Party.

Annotators mark people and adjectives as MISC, the party as ORG; whoever reads what a story is about means one thing.
Names keep the type that they were found with; the identity is the organisation's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.lang import Language
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.found import Name
from streams.text import fold


def named(document: Document, found: Sequence[Name]) -> dict[str, str]:
    """Folded words → the full name of the party that the text names with them.

    ``Green Party`` gives ``green`` and ``greens``. Where several parties of the text share a word, or the word is the
    end of one longer name (``People's Democratic Party``), it stands for none: such words have an empty name.
    """
    words = document.language.organisations
    stems: dict[str, set[str]] = {}
    for name in found:
        surface = names.without_possessive(document.text[name.start : name.end], document.language)
        match = words.party.fullmatch(surface) if name.type in ("ORG", "MISC") else None
        if match is not None:
            stem = fold(match.group("stem"))
            before, _, last = stem.rpartition(" ")
            place = document.table.find(before) if before else None
            if place is not None and place.type == "LOC" and place.detail != "country":
                continue  # The Ohio Republican Party is no party of its own.
            for key in dict.fromkeys((stem, last)):
                stems.setdefault(key, set()).add(surface)
    called: dict[str, str] = {}
    for stem, parties in stems.items():
        full = min(parties)
        whole = len({fold(party) for party in parties}) == 1 and fold(full).startswith(f"{stem} ")
        for key in (stem, *(stem + ending for ending in words.party_plurals)):
            called[key] = full if whole else ""
    return called


def called(surface: str, kind: EntityType, named: Mapping[str, str], language: Language) -> str | None:
    """The party that a name stands for, or None.

    Args:
        named: what ``named`` found in the document.

    >>> from streams.stages.tag.lang import DEFAULT
    >>> called("Democrats", "MISC", {}, DEFAULT), called("Greens", "MISC", {"greens": "Green Party"}, DEFAULT)
    ('Democratic Party', 'Green Party')
    """
    key = fold(surface)
    if kind == "PER" and not surface.isupper() and not key.endswith(language.organisations.party_plurals):
        return None  # Tory Lanez
    usual = language.organisations.parties.get(key)
    if usual is None:
        return (named.get(key) or None) if kind in ("ORG", "MISC") else None
    own = named.get(_stem(usual, language))
    # Of the usual word some other party's name is made in this text, and the usual one is not in it.
    return None if own == "" else usual


def _stem(party: str, language: Language) -> str:
    match = language.organisations.party.fullmatch(party)
    return fold(match.group("stem")) if match else ""
