"""An article that stands in its page twice, as for several screens or languages: which lines are the second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from streams.stages.clean.features.characters import WORD
from streams.stages.clean.parse.lines import Line

#: A line of at least so many words that says again, to this share of its runs of four words, what stands above it is
#: a copy.
_WORDS, _SHARE = 8, 0.8
#: Characters of such a line, at least.
_LONG = 30
#: Copies that are together this part of all that stands above them are the article again. (On the development data
#: those are a half and more, what refrains, recipes and pull quotes repeat is under a tenth.) A single line is a
#: refrain or a pull quote, unless it is all that stands above.
_PART, _PART_OF_ONE = 0.25, 0.8
#: Most times that an article stands in a page.
_MOST = 3


def find_copies(lines: Sequence[Line], indexes: Sequence[int]) -> list[int]:
    """Those of the lines at ``indexes`` (ascending) that are the article's second time.

    They are the stretch (Kadane's maximum sum) with most words of lines that are copied in the order in which they
    stand above, other lines' words counting twice against it.
    """
    texts = [lines[index].text.lower() for index in indexes]
    times = Counter(texts)
    # Copies are not all alike to the letter, but some are: most articles are told by this.
    if not any(count > 1 and len(text) >= _LONG for text, count in times.items()):
        return []
    known: dict[tuple[str, ...], int] = {}
    places_of: dict[str, int] = {}
    copied: list[int] = []
    total = current = above = start = 0
    best, best_above, found = 0, 0, copied
    last = -1
    for index, text in zip(indexes, texts, strict=True):
        words = WORD.findall(text)
        runs = set(zip(words, words[1:], words[2:], words[3:], strict=False))
        places = sorted([known[run] for run in runs if run in known])
        counts = len(words) >= _WORDS and len(places) >= _SHARE * len(runs)
        source = places[len(places) // 2] if counts else places_of.get(text, -1)
        # What stands there many times is how the article is made: a refrain, a menu, a question to everyone.
        if times[text] > _MOST:
            source = -1
        if current <= 0:
            current, start, above, last = 0, len(copied), total, -1
        if source > last:
            copied.append(index)
            current, last = current + (len(words) if counts else 0), source
        else:
            current -= 2 * len(words)
        if current > best:
            best, best_above, found = current, above, copied[start:]
        total += len(words)
        for run in runs:
            known.setdefault(run, index)
        places_of.setdefault(text, index)
    part = _PART if len(found) > 1 else _PART_OF_ONE
    return found if best and best >= part * best_above else []
