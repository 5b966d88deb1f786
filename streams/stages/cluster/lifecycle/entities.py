"""What a story lists as its entities: what its members name, counted, and one entry for what a reader takes for one.

An article is resolved by itself, so that its ids depend on nothing else. Only a story has other articles to ask: who
"Moon" is where one article has the surname alone, which type is right where they differ, what an acronym stands for.
Counts stay by id in ``parts``, so that what an article added can be taken away again, whatever was listed with it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from streams.contracts.records import EntityType, StoryEntity
from streams.text import fold, initials

#: Entities that a snapshot holds, each part of an entry for itself.
ENTITIES = 40
#: After a surname, and no part of it, in whatever language.
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv"})
#: Letters from which on an acronym says whose it is.
_CLEAR = 3


def with_entities(
    held: Sequence[StoryEntity], more: Sequence[StoryEntity], sign: int, *, most: int
) -> tuple[StoryEntity, ...]:
    """``held`` with the article counts of ``more`` added or taken away, listed anew.

    Args:
        held: as a story lists them.
        more: of an article, or as another story lists them.
        sign: 1 or -1.
        most: how many articles the story has: no entry counts more, though an article may have several of its parts.

    >>> moon = StoryEntity(id="person:moon-jae-in", name="Moon Jae-in", type="PER", articles=2)
    >>> [bare] = with_entities([moon], [StoryEntity(id="person:in~1", name="In", type="PER")], 1, most=3)[1:]
    >>> [one] = with_entities([replace(moon, name="Jae-in Moon")], [replace(bare, name="Moon")], 1, most=3)
    >>> one.name, one.articles, len(one.parts)
    ('Jae-in Moon', 3, 2)
    """
    parts = {part.id: part for part in _parts(held)}
    for entity in _parts(more):
        known = parts.get(entity.id)
        if known is not None:
            salience = round(known.salience + sign * entity.salience, 4)
            parts[entity.id] = replace(known, articles=known.articles + sign * entity.articles, salience=salience)
        elif sign > 0:
            parts[entity.id] = entity
    kept = sorted((part for part in parts.values() if part.articles > 0), key=_rank)[:ENTITIES]
    return tuple(sorted((_entry(group, most) for group in _groups(kept)), key=_rank))


def _parts(entities: Iterable[StoryEntity]) -> Iterable[StoryEntity]:
    for entity in entities:
        yield from entity.parts or (entity,)


def _rank(entity: StoryEntity) -> tuple[int, float, str]:
    return -entity.articles, -entity.salience, entity.id


def _groups(parts: Sequence[StoryEntity]) -> list[list[StoryEntity]]:
    """Parts that are one entry, the one that gives it its name first."""
    groups: dict[str, list[StoryEntity]] = defaultdict(list)
    for part in parts:
        groups[_forms(part.name, part.type).key].append(part)
    for group in groups.values():
        if len(group) > 1:
            # By type, then by the order of ``parts``; someone known by surname in one article only names no entry for
            # others.
            kind = _type(group)
            group.sort(key=lambda part: (part.type != kind, "~" in part.id))
    heads = [(key, _forms(group[0].name, group[0].type)) for key, group in groups.items()]
    owners: dict[str, set[str]] = defaultdict(set)
    for key, forms in heads:
        for short in forms.shorter:
            owners[short].add(key)
    for key, forms in heads:
        found = owners.get(forms.short, ())
        if len(found) == 1:
            groups[next(iter(found))] += groups.pop(key)
    return list(groups.values())


class _Forms(NamedTuple):
    """What a name is compared by: itself, folded; the short forms that it has; and which short form it is, or empty."""

    key: str
    shorter: frozenset[str]
    short: str


@lru_cache(maxsize=16_384)  # some 1 kB each: the entities of the stories that gain articles
def _forms(name: str, kind: EntityType) -> _Forms:
    key = fold(name).replace(".", "").strip(" '\"-")
    words = [word.strip(",") for word in key.split()]
    if kind == "PER":
        kept = [word for word in words if word not in _SUFFIXES]
        shorter = {f"surname {kept[-1]}"} if len(kept) > 1 else set()
        short = f"surname {key}"
    else:
        shorter = {f"acronym {letters}" for letters in initials(name) if len(letters) >= _CLEAR}
        is_acronym = len(key) >= _CLEAR and "".join(char for char in name if char.isalpha()).isupper()
        short = f"acronym {key}" if is_acronym else ""
    return _Forms(key, frozenset(shorter if len(words) > 1 else ()), "" if " " in key else short)


def _type(group: Sequence[StoryEntity]) -> EntityType:
    """The type of most articles, of equals the more salient."""
    articles: Counter[EntityType] = Counter()
    salience: defaultdict[EntityType, float] = defaultdict(float)
    for part in group:
        articles[part.type] += part.articles
        salience[part.type] += part.salience
    return max(articles, key=lambda kind: (articles[kind], salience[kind], kind))


def _entry(group: Sequence[StoryEntity], most: int) -> StoryEntity:
    head = group[0]
    if len(group) == 1:
        return head
    return replace(
        head,
        articles=max(1, min(most, sum(part.articles for part in group))),
        salience=round(sum(part.salience for part in group), 4),
        parts=tuple(group),
    )
