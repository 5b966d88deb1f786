"""Clubs that go by their town's name: in ``Liverpool beat Barcelona 4-0`` two organisations, not two places."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from streams.stages.tag.document import Document
from streams.stages.tag.ner.gazetteer import is_town
from streams.stages.tag.resolve.found import Name

_SCORE = re.compile(r"\b\d{1,3}-\d{1,3}\b|\b[A-Z]\w+ \d{1,2} [A-Z]\w+ \d{1,2}\b")
#: Around a name, code points: the sentence that must hold a score.
_NEAR = 120


def clubs(document: Document, found: Sequence[Name]) -> list[Name]:
    """``found`` with towns that play against someone, beside a score, as organisations; countries stay places."""
    result = []
    for name in found:
        if name.type == "LOC" and _plays(document, name):
            known = document.table.find(document.text[name.start : name.end])
            if known is None or is_town(known):
                result.append(replace(name, type="ORG", why="plays against someone"))
                continue
        result.append(name)
    return result


def _plays(document: Document, name: Name) -> bool:
    text, news = document.text, document.language.news
    before = max(0, name.start - 30)
    if not (news.plays_after.match(text, name.end) or news.plays_before.search(text, before, name.start)):
        return False
    line = text[max(0, name.start - _NEAR) : name.end + _NEAR]
    return _SCORE.search(line) is not None
