"""What pages ask of the index about an outlet: what it carries, how original, how early. Every query is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median

from streams.contracts.records import StoryArticle
from streams.dashboard.store.index import Index
from streams.stages.cluster.lifecycle.present import own_origin

#: Articles that an outlet is measured by: its newest, some weeks of a large one.
MEASURED = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OutletInfo:
    """An outlet. ``articles`` counts all that the index holds of it; all else is of the newest ``MEASURED`` at most.

    ``stories``: those that its articles are in, ``shared``: those of them that another outlet carries too. ``own``: the
    share (0 to 1) of its articles that neither credit somebody else nor are near-copies of another's. Of the shared
    stories, ``first`` is the share where no other outlet was earlier, ``behind`` the median of the minutes from the
    first outlet's article to its own; None: there is none. What is in no list is not measured.
    """

    name: str
    articles: int
    measured: int
    stories: int
    shared: int
    own: float | None
    first: float | None
    behind: float | None


def about(index: Index, name: str) -> OutletInfo | None:
    """The outlet of exactly this name; None: no article of it is known."""
    articles = int(index.db.execute("SELECT count(*) FROM members WHERE outlet = ?", (name,)).fetchone()[0])
    if not articles:
        return None
    # Of each story when the outlet came, and when the first other did: two steps into an index that has it all.
    found = index.db.execute(
        "WITH newest AS (SELECT story, origin FROM members WHERE outlet = ?1 ORDER BY at DESC LIMIT ?3), "
        "own AS (SELECT story, count(*) AS articles, sum(origin = ?2) AS own FROM newest GROUP BY story) "
        "SELECT own.articles, own.own, "
        "(SELECT m.at FROM members m WHERE m.story = s.id AND m.outlet = ?1 ORDER BY m.at LIMIT 1), "
        "(SELECT m.at FROM members m WHERE m.story = s.id AND m.outlet != ?1 ORDER BY m.at LIMIT 1) "
        "FROM own CROSS JOIN stories s ON s.id = own.story WHERE s.listed",
        (name, own_origin(StoryArticle(id="", source=name)), MEASURED),
    ).fetchall()
    measured = sum(row[0] for row in found)
    behind = [max(0.0, came - other) / 60 for *_, came, other in found if other is not None]
    return OutletInfo(
        name=name,
        articles=articles,
        measured=measured,
        stories=len(found),
        shared=len(behind),
        own=sum(row[1] for row in found) / measured if measured else None,
        first=behind.count(0.0) / len(behind) if behind else None,
        behind=median(behind) if behind else None,
    )
