"""How outlets spell one person's name: Zelenskyy and Zelensky, Sergei and Sergey. Two people are never one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from streams.contracts.records import Point, StoryArticle, Telling
from streams.text import fold

#: Points on names that a story shows, and articles of each spelling.
NAMES, OUTLETS = 4, 4
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
    spellings: dict[str, dict[str, None]] = {}
    names_of: list[tuple[StoryArticle, dict[str, str]]] = []
    for article in articles:
        names = {
            _folded(entity.name): entity.name
            for entity in article.entities
            if entity.type == "PER" and " " in entity.name
        }
        names_of.append((article, names))
        for name in names:
            spellings.setdefault(skeleton(name), {})[name] = None
    several = {key: tuple(some) for key, some in spellings.items() if len(some) > 1}
    return tuple(_point(key, some, names_of) for key, some in several.items() if _one(some, names_of))[:NAMES]


def _one(spellings: tuple[str, ...], names_of: Sequence[tuple[StoryArticle, dict[str, str]]]) -> bool:
    """Whether spellings are of one person: alike, and never two in one article."""
    first, *others = spellings
    return all(_alike(first, other) for other in others) and not any(
        sum(name in names for name in spellings) > 1 for _, names in names_of
    )


def _point(key: str, spellings: tuple[str, ...], names_of: Sequence[tuple[StoryArticle, dict[str, str]]]) -> Point:
    said = (
        Telling(article_id=article.id, text=names[name], value=0.0, outlet=article.outlet, at=article.published)
        for name in spellings
        for article, names in [one for one in names_of if name in one[1]][:OUTLETS]
    )
    return Point(kind="name", what="name", whom=key, how="differs", said=tuple(said))


def one_person(one: str, other: str) -> bool:
    """Whether two full names can be one person's: all words of one are the other's, or a name and an initial are.

    >>> one_person("James Falk", "Jim A. Falk"), one_person("Erik Falk", "Jonas Falk")
    (True, False)
    """
    first, second = skeleton(one).split(), skeleton(other).split()
    shared = set(first) & set(second)
    return len(shared) == min(len(set(first)), len(set(second))) or (
        first[0][0] == second[0][0] and bool(shared.intersection(first[1:], second[1:]))
    )


@lru_cache(maxsize=8192)
def _folded(name: str) -> str:
    return fold(name)


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
