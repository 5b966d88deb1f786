"""Names that the text introduces by what they are: ``a dark web portal, dubbed "Silent Courier"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from streams.contracts.records import EntityType
from streams.stages.tag.document import Document
from streams.stages.tag.resolve.found import Name
from streams.text import plain_marks

#: How far back the noun may be, in code points: about a clause.
_CLAUSE = 100


def introduced(document: Document, found: Sequence[Name]) -> list[Name]:
    """Types of names that the text introduces, ``a portal, dubbed "Silent Courier"``, at every mention of them."""
    text, news = document.text, document.language.news
    kinds: dict[str, EntityType] = {}
    for name in found:
        before = text[max(0, name.start - _CLAUSE) : name.start]
        naming = news.naming.search(before)
        if naming is None:
            continue
        clause = re.split(r"[.!?]\s|\n", before[: naming.start()])[-1]
        nouns = list(news.introduced.finditer(clause))
        if nouns:
            kinds[plain_marks(text[name.start : name.end])] = "MISC" if nouns[-1].group("thing") else "ORG"
    return [
        replace(name, type=kind, why="introduced by what it is")
        if (kind := kinds.get(plain_marks(text[name.start : name.end]))) and kind != name.type
        else name
        for name in found
    ]
