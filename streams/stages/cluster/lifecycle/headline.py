"""The headline of a story: a member's own title, the one that the others' titles agree with most. Never generated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

from streams.contracts.records import StoryArticle
from streams.stages.cluster.features.article_features import words

#: Another title must be this much better before it takes over: a headline that flickers cannot be followed.
TAKEOVER = 1.25
#: Words that make a title informative; longer ones gain nothing, shorter ones lose in proportion.
GOOD_WORDS = 6
#: Marks of a title that does not stand for the story: live blogs, questions, opinion, an outlet's name at the end.
_WEAK = re.compile(r"(?i)^(opinion|analysis|watch|video|live|photos?|podcast|letters?|editorial)\b|\?$|\s[|–-]\s\S+$")
WEAK = 0.7


def choose(current: str, listed: Sequence[StoryArticle]) -> str:
    """The title to show: the current one while it is a member's and none is much better."""
    titles = [member.title for member in listed if member.title]
    if not titles:
        return current
    spread = Counter(chain.from_iterable(_content(title) for title in titles))
    scores = {title: _score(title, spread, len(titles)) for title in titles}
    best = max(titles, key=scores.__getitem__)  # the earliest of equals
    if current in scores and scores[best] < TAKEOVER * scores[current]:
        return current
    return best


@lru_cache(maxsize=16_384)  # some 1 kB each: the titles of the stories that gain articles
def _content(title: str) -> frozenset[str]:
    return frozenset(word for word in words(title) if len(word) > 3 or not word.isascii())


@lru_cache(maxsize=16_384)
def _standing(title: str) -> float:
    return WEAK if _WEAK.search(title) else 1.0


def _score(title: str, spread: Counter[str], count: int) -> float:
    """How much of what the titles say this one says: its words' mean share among the titles, if it says enough."""
    content = _content(title)
    if not content:
        return 0.0
    return sum(map(spread.__getitem__, content)) / count / max(len(content), GOOD_WORDS) * _standing(title)
