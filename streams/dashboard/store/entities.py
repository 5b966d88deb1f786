"""What pages ask of the index about entities, outlets and languages. Every query is bounded."""

from __future__ import annotations

from dataclasses import dataclass

from streams.dashboard.store.index import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityInfo:
    """An entity by the identity that every article shares. ``stories`` counts those that name it."""

    id: str
    name: str
    type: str
    stories: int


def about(index: Index, entity_id: str) -> EntityInfo | None:
    found = index.db.execute("SELECT id, name, type FROM entities WHERE id = ?", (entity_id,)).fetchone()
    if found is None:
        return None
    counted = index.db.execute("SELECT count(*) FROM facets WHERE kind = 'e' AND key = ?", (entity_id,))
    return EntityInfo(id=found[0], name=found[1], type=found[2], stories=counted.fetchone()[0])


def days(index: Index, entity_id: str) -> list[tuple[int, int]]:
    """(day since the epoch in UTC, stories whose newest article is of that day) of the newest 1,000 stories with it."""
    return index.db.execute(
        "SELECT CAST(newest / 86400 AS INTEGER) AS day, count(*) FROM (SELECT s.newest FROM facets f "
        "JOIN stories s ON s.n = f.n WHERE f.kind = 'e' AND f.key = ? ORDER BY s.newest DESC LIMIT 1000) "
        "GROUP BY day ORDER BY day",
        (entity_id,),
    ).fetchall()


def company(index: Index, entity_id: str, *, limit: int) -> list[EntityInfo]:
    """Who and what the newest 200 stories of an entity name besides, the most frequent first."""
    found = index.db.execute(
        "SELECT e.id, e.name, e.type, count(*) AS shared FROM (SELECT n FROM facets WHERE kind = 'e' AND key = ?1 "
        "ORDER BY n DESC LIMIT 200) own JOIN facets f ON f.n = own.n AND f.kind = 'e' AND f.key != ?1 "
        "JOIN entities e ON e.id = f.key GROUP BY e.id ORDER BY shared DESC, e.id LIMIT ?2",
        (entity_id, limit),
    )
    return [EntityInfo(id=row[0], name=row[1], type=row[2], stories=row[3]) for row in found]


def facets(index: Index, kind: str, *, limit: int) -> list[tuple[str, int]]:
    """Outlets (``o``) or languages (``l``) with the number of their stories, the most frequent first."""
    return index.db.execute(
        "SELECT key, count(*) AS stories FROM facets WHERE kind = ? GROUP BY key ORDER BY stories DESC, key LIMIT ?",
        (kind, limit),
    ).fetchall()
