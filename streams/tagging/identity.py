"""Which mentions are the same person, place or organisation, and what they are called everywhere.

Inside a document: a surname stands for the full name that ends in it, unless two people share it; an acronym for the
long name whose initials it has, where the text writes one in brackets after the other. Across documents: the alias
tables, else the name itself. Ids are made of names alone, so they do not depend on the order of arrival.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.records import Entity, EntityType, Mention
from streams.tagging import names
from streams.tagging.aliases import AliasTable, Identity
from streams.tagging.found import Name
from streams.tagging.salience import salience
from streams.text import fold, slug

_PREFIX: dict[EntityType, str] = {"PER": "person", "ORG": "org", "LOC": "place", "MISC": "misc"}
#: Characters of the document's hash in the id of someone known by surname only.
_LOCAL = 8


@dataclass(slots=True)
class _Cluster:
    """The mentions of one identity, while it is being put together."""

    id: str
    name: str
    type: EntityType
    reason: str
    known: Identity | None = None
    mentions: list[Name] = field(default_factory=list)


def identify(
    article_id: str, document: str, offset: int, found: Sequence[Name], table: AliasTable
) -> tuple[Entity, ...]:
    """The entities of a document, most salient first.

    Args:
        article_id: goes into the ids of people of whom only a surname is known: those never merge across documents.
        document: title and text as one; ``offset`` is where the text starts in it.
        found: names with offsets into ``document``.
    """
    people = _people(document, [name for name in found if name.type == "PER"], table)
    short = _acronyms(document, found)
    clusters: dict[str, _Cluster] = {}
    for name in found:
        surface = document[name.start : name.end]
        fresh = _locate(article_id, surface, name, people, short, table)
        clusters.setdefault(fresh.id, fresh).mentions.append(name)
    entities = [_entity(cluster, document, offset) for cluster in clusters.values()]
    return tuple(sorted(entities, key=lambda entity: (-entity.salience, entity.id)))


def _locate(
    article_id: str, surface: str, name: Name, people: dict[str, str | None], short: dict[str, str], table: AliasTable
) -> _Cluster:
    """An empty cluster that says where ``surface`` belongs."""
    kind = name.type
    if kind == "PER":
        bare = _bare(surface)
        full = people.get(fold(bare))
        known = table.find(full or bare)
        if known is not None and known.type == "PER":
            return _Cluster(known.id, known.name, "PER", _via("alias table", full, bare), known)
        if full:
            return _Cluster(f"person:{slug(full)}", full, "PER", _via("full name in the text", full, bare))
        if " " in bare:
            return _Cluster(f"person:{slug(bare)}", bare, "PER", "full name")
        local = hashlib.sha256(article_id.encode()).hexdigest()[:_LOCAL]
        return _Cluster(f"person:{slug(bare)}~{local}", bare, "PER", "surname only: known in this article alone")
    long = short.get(surface)
    known = table.find(surface) or (table.find(long) if long else None)
    if known is not None and known.type == kind:
        return _Cluster(known.id, known.name, kind, "alias table", known)
    if long:
        return _Cluster(f"{_PREFIX[kind]}:{slug(long)}", long, kind, f"stands for {long} in the text")
    return _Cluster(f"{_PREFIX[kind]}:{slug(surface)}", surface, kind, "own name")


def _via(how: str, full: str | None, bare: str) -> str:
    return f"{how}, as {full}" if full and full != bare else how


def _bare(surface: str) -> str:
    """A person's name without titles, possessive and suffix."""
    return names.without_possessive(surface[names.after_honorifics(surface) :]).strip()


def _people(document: str, found: Sequence[Name], table: AliasTable) -> dict[str, str | None]:
    """Folded part of a name → the full name that it stands for in this document; None where two people share it."""
    full_names: dict[str, str] = {}
    for name in found:
        bare = _bare(document[name.start : name.end])
        if " " in bare:
            full_names.setdefault(fold(bare), bare)
    owners: dict[str, set[str]] = defaultdict(set)
    for folded, full in full_names.items():
        known = table.find(full)
        owner = known.name if known is not None else full
        for part in (folded.split()[-1], folded.split()[0]):
            owners[part].add(owner)
        # "Keir Rodney Starmer" is "Keir Starmer".
        owners[f"{folded.split()[0]} {folded.split()[-1]}"].add(owner)
    parts: dict[str, str | None] = {}
    for part, who in owners.items():
        parts[part] = next(iter(who)) if len(who) == 1 else None
    return parts


_BRACKETED = re.compile(r"\s*\(\s*[\"“]?([A-Z][\w.&-]{1,11})[\"”]?\s*\)")


def _acronyms(document: str, found: Sequence[Name]) -> dict[str, str]:
    """Acronym → long name, from ``Long Name (LN)``, where the initials agree."""
    pairs: dict[str, str] = {}
    for name in found:
        long = document[name.start : name.end]
        match = _BRACKETED.match(document, name.end)
        if match and " " in long and names.acronym_of(long, match.group(1)):
            pairs.setdefault(match.group(1), long)
    return pairs


def _entity(cluster: _Cluster, document: str, offset: int) -> Entity:
    mentions = []
    for name in cluster.mentions:
        title = name.end <= offset
        shift = 0 if title else offset
        mentions.append(
            Mention(
                field="title" if title else "text",
                start=name.start - shift,
                end=name.end - shift,
                surface=document[name.start : name.end],
            )
        )
    known = cluster.known
    return Entity(
        id=cluster.id,
        name=cluster.name,
        type=cluster.type,
        mentions=tuple(mentions),
        salience=salience(mentions, len(document) - offset),
        detail=known.detail if known else None,
        link=known.link if known else None,
        latitude=known.latitude if known else None,
        longitude=known.longitude if known else None,
        reason=cluster.reason,
    )
