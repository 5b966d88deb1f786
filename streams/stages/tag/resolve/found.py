"""A name as it stands in a text, before anyone knows whose it is."""

from __future__ import annotations

from dataclasses import dataclass

from streams.contracts.records import EntityType


@dataclass(frozen=True, slots=True)
class Name:
    """``text[start:end]``, its type, and why it is a name of that type."""

    start: int
    end: int
    type: EntityType
    why: str
