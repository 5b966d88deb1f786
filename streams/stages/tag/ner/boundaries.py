"""Where a name begins and ends, where the rest of the text or the tables know better than the model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from streams.contracts.records import EntityType
from streams.stages.tag.resolve import names
from streams.stages.tag.resolve.aliases import AliasTable
from streams.stages.tag.resolve.found import Name

_AND = re.compile(r"\s+(?:and|&)\s+")
_OWN = re.compile(r"['’]s\s+(?=[A-Z])")
_OF = re.compile(r"\s+(?:of|for)\s+(?:the\s+)?")
_BRACKETED = re.compile(r"\s*\(\s*(?:the\s+)?[\"“']?([A-Z][A-Za-z&.]{1,11})[\"”']?\s*\)")


def mend(text: str, found: Sequence[Name], table: AliasTable) -> list[Name]:
    """Lists taken for one name are split (``Toyota and Honda``), a name cut at a place is joined again."""
    alone: dict[str, set[EntityType]] = {}
    for name in found:
        alone.setdefault(text[name.start : name.end], set()).add(name.type)
    return [part for name in _join(text, found, table) for part in _split(text, name, alone, table)]


def _split(text: str, name: Name, alone: Mapping[str, set[EntityType]], table: AliasTable) -> list[Name]:
    """Both sides of an "and" or a possessive, where a side is a known name or named alone elsewhere in the text.

    ``alone``: the types of every name that the text has as it is.
    The whole must not be in the tables: ``Procter & Gamble``, ``People's Bank of China`` stay.
    """
    surface = text[name.start : name.end]
    match = _OWN.search(surface)
    if match is not None and table.find(surface) is None:
        owner = surface[: match.start()]
        if table.find(owner) is not None or owner in alone:
            owned = replace(name, start=name.start + match.end(), why="owned by the name before it")
            return [replace(name, end=name.start + match.start(), why="owner of the name after it"), owned]
    match = _AND.search(surface)
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


def _join(text: str, found: Sequence[Name], table: AliasTable) -> list[Name]:
    """``Reserve Bank`` of ``Zambia``: one name if a table has it or an acronym in brackets after it says so."""
    result: list[Name] = []
    for name in found:
        previous = result[-1] if result else None
        if previous is not None and previous.type == "ORG" and name.start - previous.end <= len(" for the "):
            gap = text[previous.end : name.start]
            whole = text[previous.start : name.end]
            if (gap.isspace() or _OF.fullmatch(gap)) and (
                table.find(whole) is not None or _has_acronym(text, name.end, whole)
            ):
                result[-1] = replace(previous, end=name.end, why="joined: known as one name")
                continue
        result.append(name)
    return result


def _has_acronym(text: str, end: int, whole: str) -> bool:
    match = _BRACKETED.match(text, end)
    return match is not None and names.acronym_of(whole, match.group(1))
