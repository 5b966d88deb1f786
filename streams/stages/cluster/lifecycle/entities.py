"""What a story lists as its entities: what its members name, counted, and one entry for what a reader takes for one.

An article is resolved by itself, so that its ids depend on nothing else. Only a story has other articles to ask: who
"Moon" is where one article has the surname alone, which type is right where they differ, what an acronym stands for.
Counts stay by id in ``parts``, so that what an article added can be taken away again, whatever was listed with it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

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
    named: dict[str, list[StoryEntity]] = defaultdict(list)
    for part in parts:
        named[_key(part.name)].append(part)
    # By type, then by the order of ``parts``; someone known by surname in one article only names no entry for others.
    groups = {key: sorted(group, key=lambda part: (part.type != _type(group), "~" in part.id))
              for key, group in named.items()}  # fmt: skip
    owners: dict[str, set[str]] = defaultdict(set)
    for key, group in groups.items():
        for short in _short_forms(key, group[0]):
            owners[short].add(key)
    for key, group in list(groups.items()):
        head = group[0]
        if " " in key:
            continue
        is_acronym = head.type != "PER" and len(key) >= _CLEAR and _letters(head.name).isupper()
        kind = "surname" if head.type == "PER" else "acronym" if is_acronym else None
        found = owners.get(f"{kind} {key}", set())
        if len(found) == 1:
            groups[next(iter(found))] += groups.pop(key)
    return list(groups.values())


def _short_forms(key: str, entity: StoryEntity) -> set[str]:
    """What an entry may be called in one word, under its folded name ``key``: a surname, or initials."""
    words = [word.strip(",") for word in key.split()]
    if len(words) < 2:
        return set()
    if entity.type == "PER":
        kept = [word for word in words if word not in _SUFFIXES]
        return {f"surname {kept[-1]}"} if len(kept) > 1 else set()
    return {f"acronym {letters}" for letters in initials(entity.name) if len(letters) >= _CLEAR}


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


def _key(name: str) -> str:
    return fold(name).replace(".", "").strip(" '\"-")


def _letters(name: str) -> str:
    return "".join(char for char in name if char.isalpha())
