"""Clubs that go by their town's name: in ``Liverpool beat Barcelona 4-0`` two organisations, not two places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from streams.stages.tag.ner.gazetteer import is_town
from streams.stages.tag.resolve.aliases import AliasTable
from streams.stages.tag.resolve.found import Name

_BEAT = r"(?:beat|beats|thrash(?:ed)?|edged?|defeat(?:ed|s)?|hammer(?:ed)?|overc[ao]me|outclassed|hosts?|v|vs\.?)"
_AFTER = re.compile(rf"\s+(?:{_BEAT}|drew(?: \d+-\d+)? with|lost(?: \d+-\d+)? (?:to|at)|won \d+-\d+|\d+(?=\s[A-Z]))\s")
_BEFORE = re.compile(rf"\b(?:{_BEAT}|drew(?: \d+-\d+)? with|lost(?: \d+-\d+)? to|win over|(?<=[a-z] )\d+)\s+$")
_SCORE = re.compile(r"\b\d{1,3}-\d{1,3}\b|\b[A-Z]\w+ \d{1,2} [A-Z]\w+ \d{1,2}\b")
#: Around a name, code points: the sentence that must hold a score.
_NEAR = 120


def clubs(text: str, found: Sequence[Name], table: AliasTable) -> list[Name]:
    """``found`` with towns that play against someone, beside a score, as organisations; countries stay places."""
    result = []
    for name in found:
        if name.type == "LOC" and _plays(text, name):
            known = table.find(text[name.start : name.end])
            if known is None or is_town(known):
                result.append(replace(name, type="ORG", why="plays against someone"))
                continue
        result.append(name)
    return result


def _plays(text: str, name: Name) -> bool:
    if not (_AFTER.match(text, name.end) or _BEFORE.search(text, max(0, name.start - 30), name.start)):
        return False
    line = text[max(0, name.start - _NEAR) : name.end + _NEAR]
    return _SCORE.search(line) is not None
