"""What a search found, counted by entity, outlet, day and place; and the stories like one. Every query is bounded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from streams.contracts import codec
from streams.contracts.records import Story
from streams.dashboard.store import atlas
from streams.dashboard.store.atlas import Place
from streams.dashboard.store.entities import EntityInfo
from streams.dashboard.store.filters import Filter
from streams.dashboard.store.index import Index
from streams.dashboard.store.queries import Row, conditions, matching

#: Stories that are counted: the newest that are found. Entities, outlets and days that are told.
COUNTED, TOLD = 2_000, 20
#: Names of a story that count towards likeness, and stories that name one, beyond which it says little.
_NAMES, _COMMON = 40, 2_000
#: The least score of a story that is like another, and names that both have (of a country and its people one). Chosen
#: by looking at what 250 of 930 real stories had: one name alone, whatever its score, was a station or a city's police;
#: below, they shared a party, an agency and a country.
_LEAST, _TWO = 0.15, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """``entities`` (``stories``: those found that name it) and ``outlets``, the most frequent first; ``days``: days
    since the epoch in UTC with the stories whose newest article is of them, the newest first."""

    entities: tuple[EntityInfo, ...]
    outlets: tuple[tuple[str, int], ...]
    days: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """Where stories happen. ``points``: places with the number of their stories, the most frequent first. ``stories``:
    those that were looked at, ``located`` those of them that have a point."""

    points: tuple[tuple[Place, int], ...]
    stories: int
    located: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Similar:
    """A story that names what another does. ``score``: of the other's names the share that it has, 0 to 1, a rare name
    counting for more; ``shared``: the ids of the names, the rarest first."""

    row: Row
    score: float
    shared: tuple[str, ...]


def facets(index: Index, wanted: Filter, *, now: float) -> Facets:
    """Counts over the newest ``COUNTED`` stories that ``wanted`` asks for."""
    found = _newest(index, wanted, now)
    # From those that are found outwards: the planner, left alone, begins with every name.
    these = (codec.encode([n for n, _ in found]).decode(), TOLD)
    entities = index.db.execute(
        "SELECT e.id, e.name, e.type, count(*) AS counted FROM json_each(?) found "
        "CROSS JOIN facets f ON f.n = found.value AND f.kind = 'e' CROSS JOIN entities e ON e.id = f.key "
        "GROUP BY e.id ORDER BY counted DESC, e.id LIMIT ?",
        these,
    )
    outlets = index.db.execute(
        "SELECT f.key, count(*) AS counted FROM json_each(?) found CROSS JOIN facets f ON f.n = found.value "
        "AND f.kind = 'o' GROUP BY f.key ORDER BY counted DESC, f.key LIMIT ?",
        these,
    )
    days = Counter(int(newest // 86400) for _, newest in found)
    return Facets(
        entities=tuple(EntityInfo(id=row[0], name=row[1], type=row[2], stories=row[3]) for row in entities),
        outlets=tuple(outlets),
        days=tuple(sorted(days.items(), reverse=True)[:TOLD]),
    )


def located(index: Index, wanted: Filter, *, now: float) -> Located:
    """Where the newest ``COUNTED`` stories that ``wanted`` asks for happen."""
    found = codec.encode([n for n, _ in _newest(index, wanted, now)]).decode()
    of_them = "FROM json_each(?) found CROSS JOIN facets f ON f.n = found.value AND f.kind = 'p'"
    rows = index.db.execute(
        f"SELECT f.key, count(*) AS counted {of_them} GROUP BY f.key ORDER BY counted DESC, f.key", (found,)
    )
    points = [(place, stories) for id_, stories in rows if (place := atlas.place(id_)) is not None]
    some, told = index.db.execute(
        f"SELECT json_array_length(?), (SELECT count(DISTINCT f.n) {of_them})", (found, found)
    ).fetchone()
    return Located(points=tuple(points), stories=some, located=told)


def _newest(index: Index, wanted: Filter, now: float) -> list[tuple[int, float]]:
    """Row and newest time of the newest ``COUNTED`` stories that ``wanted`` asks for."""
    where, values = conditions(wanted, now)
    return index.db.execute(
        f"SELECT s.n, s.newest FROM stories s WHERE {' AND '.join(where)} ORDER BY s.newest DESC LIMIT {COUNTED}",
        values,
    ).fetchall()


def similar(
    index: Index, story: Story, *, now: float, limit: int, besides: Container[str] = frozenset()
) -> list[Similar]:
    """The stories that name most of what ``story`` does, the most alike first, its storyline among them; none that
    hardly does, and none of ``besides``, their ids."""
    names = [part.id for entity in story.entities for part in entity.parts or (entity,)][:_NAMES]
    total = int(index.db.execute("SELECT count(*) FROM stories WHERE listed").fetchone()[0])
    weights: dict[str, float] = {}
    for name in names:
        count = index.db.execute(
            "SELECT count(*) FROM (SELECT 1 FROM facets WHERE kind = 'e' AND key = ? LIMIT ?)", (name, _COMMON + 1)
        ).fetchone()[0]
        if count <= _COMMON:
            weights[name] = math.log((total + 1) / count) if count else 0.0
    whole = sum(weights.values())
    shared: dict[str, list[str]] = {}
    for name in sorted(weights, key=lambda each: (-weights[each], each)):
        found = index.db.execute(
            "SELECT s.id FROM facets f JOIN stories s ON s.n = f.n WHERE f.kind = 'e' AND f.key = ? AND s.listed",
            (name,),
        )
        for (id_,) in found:
            if id_ != story.id and id_ not in besides:
                shared.setdefault(id_, []).append(name)
    scores = {id_: sum(weights[name] for name in own) / whole for id_, own in shared.items() if whole > 0}
    best = sorted(
        (id_ for id_ in scores if scores[id_] >= _LEAST and _different(shared[id_]) >= _TWO),
        key=lambda id_: (-scores[id_], id_),
    )[:limit]
    rows = {row.story.id: row for row in matching(index, Filter(), best, now=now)}
    return [
        Similar(row=rows[id_], score=round(scores[id_], 3), shared=tuple(shared[id_])) for id_ in best if id_ in rows
    ]


def _different(ids: list[str]) -> int:
    """How many names these are: ``place:us`` and ``demonym:us`` say one thing."""
    return len({id_.partition(":")[2] for id_ in ids})
