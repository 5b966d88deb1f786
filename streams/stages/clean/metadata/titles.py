"""The headline in a text dump: which line it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from streams.stages.clean.features import patterns
from streams.stages.clean.parse.lines import Line, words

_WORD = re.compile(r"\w{4,}")
#: Headlines have three to this many words; longer lines are text.
_MOST_WORDS = 30
#: A page's own title stands among the first lines of a dump, if anywhere ("Headline - Outlet").
_TITLE_LINES = 4
#: Lines before the article in which a headline is looked for; below it come authors, dates and share buttons.
_REACH = 60
_SEPARATOR = re.compile(r"\s+[|–—·•»:-]+\s+")
#: Bylines, credits, dates and labels that stand where headlines do.
_NO_TITLE = re.compile(
    r"^(?:by|von|por|par|di|от)\s+[A-Z]\w+ |^\W*(?:published|updated|posted|last (?:updated|modified)|share|skip|read|"
    r"photo|image|subscribe|sign|log|follow|click|©|\(c\)|copyright|advert)|^[\W\d_]*$|\d{1,2}:\d\d|@",
    re.IGNORECASE,
)
_FULL_STOP = (".", "。", "।", "．", ":", "：", ",")


def find_heading(lines: Sequence[Line], first: int, title: str | None = None) -> int | None:
    """The index of the line above line ``first``, where the article starts, that is its headline, or None.

    The given title's line, if there; else a line that the page's own title repeats, up to a separator and the outlet's
    name; else, of the short lines above, the one that shares most words with the article's first lines.
    """
    start = max(0, first - _REACH)
    if title:
        plain = title.casefold()
        return next((index for index in range(first, -1, -1) if lines[index].text.casefold() == plain), None)
    nearest = {line.text: index for index, line in enumerate(lines[start:first], start)}
    for line in lines[:_TITLE_LINES]:
        cuts = [match.start() for match in _SEPARATOR.finditer(line.text[:300])]
        for head in (line.text, *(line.text[:cut] for cut in reversed(cuts))):
            again = nearest.get(head)
            if again is not None and lines[again] is not line and len(head) <= 300 and _may_be(head):
                return again
    topic = set(_WORD.findall(" ".join(line.text[:2000] for line in lines[first : first + 6]).lower()))
    best, best_score = None, 0.0
    for index in range(start, first):
        text = lines[index].text
        if len(text) > 300 or text.count(" ") > 2 * _MOST_WORDS or not _may_be(text):
            continue
        size = words(text)
        shared = len(topic.intersection(_WORD.findall(text.lower())))
        if not shared and index > 2:
            continue
        score = shared / (size + 4) + 0.3 / (1 + (first - index) / 4) + min(size, 8) / 40
        if score > best_score:
            best, best_score = index, score
    return best


@lru_cache(maxsize=8192)  # asked again in each pass
def _may_be(text: str) -> bool:
    if text.endswith(_FULL_STOP) or not 3 <= words(text) <= _MOST_WORDS or _NO_TITLE.search(text):
        return False
    return not (patterns.is_caption(text) or patterns.is_label(text) or patterns.is_cue(text))
