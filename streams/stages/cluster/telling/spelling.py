"""How outlets spell one person's name: Zelenskyy and Zelensky, Sergei and Sergey. Two people are never one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from streams.contracts.records import Point, StoryArticle, Telling
from streams.text import fold

#: Points on names that a story shows.
NAMES = 4
_TURNS = (
    (re.compile("ph"), "f"),
    (re.compile("ck|q|c(?![eihy])"), "k"),
    (re.compile("[iy]+$"), ""),
    (re.compile("ou|oo|u"), "u"),
)
_VOWELS = re.compile("[aeiouy]+")
_DOUBLED = re.compile(r"(.)\1+")


def spelled(articles: Iterable[StoryArticle]) -> tuple[Point, ...]:
    """The names of people that listed members spell differently, one point each.

    Two spellings are one name where their consonants are, word for word, where no article has both (those are two
    people), and where they do not end as a man's and a woman's name do.
    """
    groups: dict[str, dict[str, list[Telling]]] = {}
    names_of: list[set[str]] = []
    for article in articles:
        names = [entity.name for entity in article.entities if entity.type == "PER" and " " in entity.name]
        names_of.append({fold(name) for name in names})
        for name in names:
            told = Telling(article_id=article.id, text=name, value=0.0, outlet=article.outlet, at=article.published)
            groups.setdefault(skeleton(name), {}).setdefault(fold(name), []).append(told)
    points = []
    for key, spellings in groups.items():
        if len(spellings) < 2 or any(len(names & spellings.keys()) > 1 for names in names_of):
            continue
        first, *others = spellings
        if all(_alike(first, other) for other in others):
            said = tuple(told for some in spellings.values() for told in some[:4])
            points.append(Point(kind="name", what="name", whom=key, how="differs", said=said))
    return tuple(points[:NAMES])


@lru_cache(maxsize=8192)
def skeleton(name: str) -> str:
    """The consonants of a name, word for word, as they sound: what its spellings have in common.

    >>> skeleton("Volodymyr Zelenskyy") == skeleton("Volodymyr Zelensky")
    True
    """
    words = []
    for word in fold(name).replace("-", " ").replace("'", "").split():
        for pattern, sound in _TURNS:
            word = pattern.sub(sound, word)
        bare = _VOWELS.sub("", word[1:])
        words.append(_DOUBLED.sub(r"\1", word[:1] + bare))
    return " ".join(words)


def _alike(one: str, other: str) -> bool:
    """Whether two spellings differ by little in every word, and by no ending that tells a woman from a man."""
    pairs = list(zip(one.split(), other.split(), strict=False))
    return all(
        first == second
        or (
            abs(len(first) - len(second)) <= 1
            and (first[-1] == "a") == (second[-1] == "a")
            and (first[-1] == "e") == (second[-1] == "e")
            and (first[-1] == "o") == (second[-1] == "o")
            and len(first) > 3
        )
        for first, second in pairs
    )
