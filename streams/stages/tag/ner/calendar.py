"""Days and months are no names, alone or after one: ``Thursday morning``, ``Republicans Tuesday``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from streams.stages.tag.document import Document
from streams.stages.tag.resolve.found import Name


def without_times(document: Document, found: Sequence[Name]) -> list[Name]:
    """``found`` without names that only say when, and without a time at the end of a name.

    What people are called (``May``, ``April``) stays where it is taken for a person. A time comes off a name only
    where the rest is a name of the text or of the tables: ``Black Friday`` and ``Ruby Tuesday`` stay whole.
    """
    text, words = document.text, document.language.names
    alone = {text[name.start : name.end] for name in found}
    kept: list[Name] = []
    for name in found:
        surface = text[name.start : name.end]
        if words.calendar.fullmatch(surface) and not (name.type == "PER" and surface in words.calendar_names):
            continue
        then = words.then.search(surface)
        if then is not None:
            rest = surface[: then.start()]
            if rest in alone or document.table.find(rest) is not None:
                name = replace(name, end=name.start + then.start(), why="without the time after it")
        kept.append(name)
    return kept
