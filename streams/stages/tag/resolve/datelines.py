"""Datelines: ``LONDON, Dec 7 (Reuters) - The bank …``. Place and agency are names; what follows is not theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from streams.contracts.records import EntityType
from streams.stages.tag.resolve.aliases import AliasTable
from streams.stages.tag.resolve.found import Name

#: At the start of a line: a place in capitals, perhaps its country or state, a date, an agency in brackets; a dash.
_DATELINE = re.compile(
    r"^[ \t]*(?P<place>[A-Z][A-Z.'’-]+(?: [A-Z][A-Z.'’-]+){0,3}(?:/[A-Z][A-Z .'’-]+)*)"
    r"(?:, (?P<country>[A-Z][a-z]+\.?(?: [A-Z][a-z]+){0,2})(?! \d))?"
    r"(?P<date>,? (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d{1,2}(?:, \d{4})?|"
    r" \d{4}-\d\d-\d\d(?=\n))?"
    r"(?: ?\((?P<agency>[A-Z][\w /]*)\))?(?:[ \t]+-{1,2}[ \t]+|[ \t]*[–—][ \t]*|(?<=\d\d)(?=\n))",
    re.MULTILINE,
)


def datelines(text: str, found: Sequence[Name], table: AliasTable) -> list[Name]:
    """``found`` with the names of every dateline set right; a name that runs on over the dash starts behind it.

    Without a date or an agency the place must be one that the tables know: "ATHLETICS - " opens a headline.
    """
    spans: list[tuple[int, int]] = []
    heads: list[Name] = []
    for match in _DATELINE.finditer(text):
        places = match.group("place").split("/")
        sure = match.group("date") or match.group("agency")
        if not sure and any((known := table.find(place)) is None or known.type != "LOC" for place in places):
            continue
        at = match.start("place")
        for place in places:
            heads.append(Name(at, at + len(place), "LOC", "place of a dateline"))
            at += len(place) + 1
        parts: tuple[tuple[str, EntityType], ...] = (("country", "LOC"), ("agency", "ORG"))
        heads += [
            Name(*match.span(group), kind, f"{group} of a dateline") for group, kind in parts if match.group(group)
        ]
        spans.append(match.span())
    return sorted([*_outside(found, spans), *heads], key=lambda name: name.start) if spans else list(found)


def _outside(found: Sequence[Name], spans: Sequence[tuple[int, int]]) -> Iterator[Name]:
    """What is left of names outside the spans, both in order: one that runs on over a span starts behind it."""
    at = 0
    for name in sorted(found, key=lambda name: name.start):
        start = name.start
        while at < len(spans) and spans[at][1] <= start:
            at += 1
        while at < len(spans) and spans[at][0] < name.end:
            start = spans[at][1]
            if start >= name.end:
                break
            at += 1
        if start < name.end:
            yield name if start == name.start else replace(name, start=start)
