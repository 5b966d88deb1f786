"""The largest stories of a day or a week, with what a reader wants of each at a glance. Every query is bounded."""

from __future__ import annotations

from dataclasses import dataclass

from streams.dashboard.store.filters import Filter
from streams.dashboard.store.index import Index
from streams.dashboard.store.queries import Row, matching, storyline_of
from streams.stages.cluster import Storyline
from streams.stages.cluster.telling import points

#: Stories that are looked at: those of the most articles. One of fewer has no more origins than articles.
_LOOKED = 300
#: Of what outlets tell differently, how much is said of a story.
_POINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested:
    """A story and how large it was in the time of the digest: articles, outlets, and origins of their own.

    ``differing``: what outlets tell differently, such as ``Dead (people, Portford): 9 → 12``. ``line``: its storyline,
    of which it is the ``chapter``-th from 1; None (and 0): it is linked to nothing.
    """

    row: Row
    articles: int
    outlets: int
    origins: int
    differing: tuple[str, ...]
    line: Storyline | None
    chapter: int


def largest(index: Index, *, since: float, now: float, limit: int) -> list[Digested]:
    """The stories that most origins, then outlets, reported on from ``since`` to ``now`` (seconds since the epoch)."""
    found = index.db.execute(
        f"SELECT s.id, count(*) AS articles, count(DISTINCT m.outlet) AS outlets, count(DISTINCT m.origin) AS origins "
        f"FROM (SELECT id FROM stories WHERE listed AND newest >= ?1 ORDER BY articles DESC, id LIMIT {_LOOKED}) s "
        "CROSS JOIN members m ON m.story = s.id AND m.at BETWEEN ?1 AND ?2 "
        "GROUP BY s.id ORDER BY origins DESC, outlets DESC, articles DESC, s.id LIMIT ?3",
        (since, now, limit),
    ).fetchall()
    rows = {row.story.id: row for row in matching(index, Filter(), [id_ for id_, *_ in found], now=now)}
    return [_digested(index, rows[id_], *counted) for id_, *counted in found]


def _digested(index: Index, row: Row, articles: int, outlets: int, origins: int) -> Digested:
    kept = index.lookup(row.story.id)
    assert kept is not None
    told = [f"{points.title(point)}: {' → '.join(points.history(point))}" for point in points.differing(kept.story)]
    line = storyline_of(index, kept.story)
    return Digested(
        row=row,
        articles=articles,
        outlets=outlets,
        origins=origins,
        differing=tuple(told[:_POINTS]),
        line=line,
        chapter=[one.id for one in line.chapters].index(row.story.id) + 1 if line else 0,
    )
