"""Where a name begins and ends, where the rest of the text or the tables know better than the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.found import Name


def mend(document: Document, found: Sequence[Name]) -> list[Name]:
    """Lists taken for one name are split (``Toyota and Honda``), a name cut at a place is joined again."""
    alone: dict[str, set[EntityType]] = {}
    for name in found:
        alone.setdefault(document.text[name.start : name.end], set()).add(name.type)
    return [part for name in _join(document, found) for part in _split(document, name, alone)]


def _split(document: Document, name: Name, alone: Mapping[str, set[EntityType]]) -> list[Name]:
    """Both sides of an "and" or a possessive, where a side is a known name or named alone elsewhere in the text.

    ``alone``: the types of every name that the text has as it is.
    The whole must not be in the tables: ``Procter & Gamble``, ``People's Bank of China`` stay.
    """
    table, language = document.table, document.language.names
    surface = document.text[name.start : name.end]
    match = language.owner.search(surface)
    if match is not None and table.find(surface) is None:
        owner = surface[: match.start()]
        if table.find(owner) is not None or owner in alone:
            owned = replace(name, start=name.start + match.end(), why="owned by the name before it")
            return [replace(name, end=name.start + match.start(), why="owner of the name after it"), owned]
    match = language.conjunction.search(surface)
    if match is None or name.type not in ("ORG", "PER", "LOC") or table.find(surface) is not None:
        return [name]
    left, right = surface[: match.start()], surface[match.end() :]
    if not right[:1].isupper() or not any(
        table.find(side) is not None or name.type in alone.get(side, ()) for side in (left, right)
    ):
        return [name]
    return [
        replace(name, end=name.start + match.start(), why="one of a list"),
        replace(name, start=name.start + match.end(), why="one of a list"),
    ]


def _join(document: Document, found: Sequence[Name]) -> list[Name]:
    """``Reserve Bank`` of ``Zambia``: one name if a table has it or an acronym in brackets after it says so."""
    text, table = document.text, document.table
    result: list[Name] = []
    for name in found:
        previous = result[-1] if result else None
        if previous is not None and previous.type == "ORG" and name.start - previous.end <= len(" for the "):
            gap = text[previous.end : name.start]
            whole = text[previous.start : name.end]
            if (gap.isspace() or document.language.names.preposition.fullmatch(gap)) and (
                table.find(whole) is not None or _has_acronym(document, name.end, whole)
            ):
                result[-1] = replace(previous, end=name.end, why="joined: known as one name")
                continue
        result.append(name)
    return result


def _has_acronym(document: Document, end: int, whole: str) -> bool:
    match = document.language.names.acronym.match(document.text, end)
    return match is not None and names.acronym_of(whole, match.group(1))
