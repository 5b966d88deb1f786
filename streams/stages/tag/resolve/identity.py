"""Which mentions are the same person, place or organisation, and what they are called everywhere.

Inside a document parts of names find their full names (``people``, ``organisations``). Across documents the alias
tables speak, else the name itself. Ids are made of names alone, so they do not depend on the order of arrival.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from streams.contracts.records import Entity, EntityType, Mention
from streams.stages.tag.document import Document
from streams.stages.tag.resolve import names, organisations, parties
from streams.stages.tag.resolve.aliases import Identity
from streams.stages.tag.resolve.found import Name
from streams.stages.tag.resolve.people import People
from streams.stages.tag.resolve.salience import salience
from streams.text import fold, slug

_PREFIX: dict[EntityType, str] = {"PER": "person", "ORG": "org", "LOC": "place", "MISC": "misc"}
#: Characters of the document's hash in the id of someone known by surname only: enough for a billion documents that
#: share a surname.
_LOCAL = 12
#: A middle initial in a person's name: outlets differ in it.
_INITIAL = re.compile(r"(?<=\s)[A-Z]\.?\s+(?=\S)")


@dataclass(slots=True)
class _Cluster:
    """The mentions of one identity, while it is being put together."""

    id: str
    name: str
    type: EntityType
    reason: str
    known: Identity | None = None
    mentions: list[Name] = field(default_factory=list)


def identify(article_id: str, document: Document, offset: int, found: Sequence[Name]) -> tuple[Entity, ...]:
    """The entities of a document, most salient first.

    Args:
        article_id: goes into the ids of people of whom only a surname is known: those never merge across documents.
        offset: where the text starts in the document.
        found: names with offsets into the document.
    """
    locate = _Locator(article_id, document, found)
    clusters: dict[str, _Cluster] = {}
    for name in found:
        fresh = locate(name)
        clusters.setdefault(fresh.id, fresh).mentions.append(name)
    entities = [_entity(cluster, document.text, offset) for cluster in clusters.values()]
    return tuple(sorted(entities, key=lambda entity: (-entity.salience, entity.id)))


class _Locator:
    """Says of a name where it belongs, with all of a document's names in view."""

    def __init__(self, article_id: str, document: Document, found: Sequence[Name]) -> None:
        self._article_id, self._text = article_id, document.text
        self._language, self._table = document.language, document.table
        self._people = People(document, [name for name in found if name.type == "PER"])
        self._short = organisations.acronyms(document, found)
        self._parties = parties.named(document, found)
        self._heads = organisations.short_forms(document, found)
        self._before = dict(zip(found[1:], found, strict=False))

    def __call__(self, name: Name) -> _Cluster:
        """An empty cluster for the identity of ``name``."""
        surface = names.without_possessive(self._text[name.start : name.end], self._language)
        party = parties.called(surface, name.type, self._parties, self._language)
        if party is not None:
            return self._party(party, surface)
        return self._person(name) if name.type == "PER" else self._thing(name)

    def _person(self, name: Name) -> _Cluster:
        full, how = self._people.resolve(name)
        bare = self._people.bare(name)
        known = self._table.find(full or bare)
        if known is not None and known.type == "PER":
            return _Cluster(known.id, known.name, "PER", how if how == "alias table" else f"{how}; alias table", known)
        if full:
            return _Cluster(f"person:{slug(_INITIAL.sub('', full))}", full, "PER", how)
        if " " in bare:
            return _Cluster(f"person:{slug(_INITIAL.sub('', bare))}", bare, "PER", "full name")
        local = hashlib.sha256(self._article_id.encode()).hexdigest()[:_LOCAL]
        return _Cluster(f"person:{slug(bare)}~{local}", bare, "PER", f"{how}: known in this article alone")

    def _thing(self, name: Name) -> _Cluster:
        kind = name.type
        surface = names.without_possessive(self._text[name.start : name.end], self._language)
        long = self._short.get(surface.rstrip("."))
        known = (self._table.find(long) if long else None) or self._table.find(surface)
        if known is not None and known.type == kind:
            return _Cluster(known.id, known.name, kind, "alias table", known)
        if long:
            return _Cluster(self._id(kind, long), long, kind, f"stands for {long} in the text")
        if kind != "ORG":
            return _Cluster(self._id(kind, surface), surface, kind, "own name")
        core = organisations.without_legal_form(surface, self._language)
        head = self._heads.get(fold(core))
        if head:
            known = self._table.find(head)
            reason = f"short for {head}, named in the text"
            if known is not None and known.type == kind:
                return _Cluster(known.id, known.name, kind, f"{reason}; alias table", known)
            return _Cluster(self._id(kind, head), head, kind, reason)
        known = self._table.find(core)
        if known is not None and known.type == kind:
            return _Cluster(known.id, known.name, kind, "alias table, without its legal form", known)
        if organisations.generic(core, self._language):
            return self._of_country(name, core)
        return _Cluster(self._id(kind, core), core, kind, "own name")

    def _party(self, party: str, surface: str) -> _Cluster:
        """The organisation that people of a party, and what is theirs, stand for."""
        reason = "own name" if party == surface else f"{surface} stands for {party}"
        known = self._table.find(party)
        if known is not None and known.type == "ORG":
            return _Cluster(known.id, known.name, "ORG", "alias table" if party == surface else reason, known)
        return _Cluster(self._id("ORG", party), party, "ORG", reason)

    def _of_country(self, name: Name, core: str) -> _Cluster:
        """``Russian Foreign Ministry``, ``Ukraine's parliament``: the country just before says whose it is."""
        before = self._before.get(name)
        if before is not None and self._text[before.end : name.start].strip() in ("", *self._language.names.genitives):
            country = self._table.find(self._text[before.start : before.end])
            if country is not None and (country.link or "").startswith("iso:"):
                code = (country.link or "").removeprefix("iso:").lower()
                return _Cluster(f"org:{code}-{slug(core)}", core, "ORG", f"of {country.name}, named before it")
        return _Cluster(self._id("ORG", core), core, "ORG", "own name, which other countries' bodies may share")

    def _id(self, kind: EntityType, name: str) -> str:
        """The id of a name that no table has, and not that of a table which only looks so: "Mo" is not Macau."""
        id_ = f"{_PREFIX[kind]}:{slug(name)}"
        known = self._table.by_id.get(id_)
        return id_ if known is None or slug(known.name) == slug(name) else f"{_PREFIX[kind]}:named-{slug(name)}"


def _entity(cluster: _Cluster, text: str, offset: int) -> Entity:
    mentions = []
    for name in cluster.mentions:
        title = name.end <= offset
        shift = 0 if title else offset
        mentions.append(
            Mention(
                field="title" if title else "text",
                start=name.start - shift,
                end=name.end - shift,
                surface=text[name.start : name.end],
            )
        )
    known = cluster.known
    return Entity(
        id=cluster.id,
        name=cluster.name,
        type=cluster.type,
        mentions=tuple(mentions),
        salience=salience(mentions, len(text) - offset),
        detail=known.detail if known else None,
        link=known.link if known else None,
        latitude=known.latitude if known else None,
        longitude=known.longitude if known else None,
        reason=cluster.reason,
    )
