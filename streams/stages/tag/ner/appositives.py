"""Names that the text introduces by what they are: ``a dark web portal, dubbed "Silent Courier"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from streams.contracts.records import EntityType
from streams.stages.tag.resolve.found import Name
from streams.text import plain_marks

#: "dubbed", "called": what follows is the name of what went before.
_NAMING = re.compile(
    r"(?:called|dubbed|named|titled|entitled|code-?named|nicknamed|branded|known as|christened)\s+(?:the\s+)?[\"“'‘]?$"
)
#: What is introduced so, by the nearest noun before the naming word: a thing (MISC) or a body (ORG).
_THING = re.compile(
    r"(?i)\b(?:(?P<thing>portal|platform|app|application|website|site|operation|campaign|initiative|programme|program|"
    r"project|system|software|scheme|plan|book|novel|film|movie|documentary|song|single|album|show|series|drama|game|"
    r"model|chatbot|tool|device|drug|vaccine|missile|rocket|drone|ship|vessel|boat|yacht|storm|hurricane|typhoon|cyclone|"
    r"exercise|bill|law|act|report|podcast|play|painting|exhibition|festival|award|prize|virus|variant|malware|"
    r"cryptocurrency|token|service|product|weapon|satellite|spacecraft|mission)|"
    r"(?P<body>company|firm|group|organi[sz]ation|party|band|agency|club|team|charity|startup|start-up|network|movement|"
    r"gang|militia|union|newspaper|magazine|channel|bank|foundation|institute|association|coalition|unit|force))s?\b"
)
#: How far back the noun may be, in code points: about a clause.
_CLAUSE = 100


def introduced(text: str, found: Sequence[Name]) -> list[Name]:
    """Types of names that the text introduces, ``a portal, dubbed "Silent Courier"``, at every mention of them."""
    kinds: dict[str, EntityType] = {}
    for name in found:
        before = text[max(0, name.start - _CLAUSE) : name.start]
        naming = _NAMING.search(before)
        if naming is None:
            continue
        clause = re.split(r"[.!?]\s|\n", before[: naming.start()])[-1]
        nouns = list(_THING.finditer(clause))
        if nouns:
            kinds[plain_marks(text[name.start : name.end])] = "MISC" if nouns[-1].group("thing") else "ORG"
    return [
        replace(name, type=kind, why="introduced by what it is")
        if (kind := kinds.get(plain_marks(text[name.start : name.end]))) and kind != name.type
        else name
        for name in found
    ]
