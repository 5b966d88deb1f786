"""Datelines: ``LONDON, Dec 7 (Reuters) - The bank …``. Place and agency are names; what follows is not theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.resolve.found import Name


def datelines(document: Document, found: Sequence[Name]) -> list[Name]:
    """``found`` with the names of every dateline set right; a name that runs on over the dash starts behind it.

    Without a date or an agency the place must be one that the tables know: "ATHLETICS - " opens a headline.
    """
    table = document.table
    spans: list[tuple[int, int]] = []
    heads: list[Name] = []
    for match in document.language.news.dateline.finditer(document.text):
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
