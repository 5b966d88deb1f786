"""A story's outlets and origins are those of all its members, whatever joins, leaves, moves and changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import Decision, Story, StoryArticle, StoryEvent, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, fold
from streams.stages.cluster.lifecycle import fold as folding
from streams.stages.cluster.lifecycle import handing, split
from streams.stages.cluster.match import match, nearest

#: Two events that one story may take for one: a bridge is what they share.
TOPICS = (
    "river burst banks Hexham crews pumped water homes Tyne Green",
    "warehouse Gdansk burned overnight firefighters Sopot flames fuel depot charger",
)
START = datetime(2025, 3, 1, tzinfo=UTC)


@dataclass
class By:
    """Says of every story what it is told to: found one, join (also where the stream leans to new ones), or merge."""

    chance: float = 0.68

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [self.chance] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.chance)


@dataclass(frozen=True)
class Step:
    article: TaggedArticle
    chance: float


@st.composite
def streams_of(draw: st.DrawFn) -> list[Step]:
    """Articles of two topics by a few outlets, some with another's credit, some copies of one text, revised (by another
    outlet, with another credit, with another's text) and taken back."""
    made: list[Step] = []
    for number in range(draw(st.integers(10, 40))):
        kind = draw(st.sampled_from(["new"] * 7 + ["revise", "revise", "retract"])) if made else "new"
        old = draw(st.integers(0, len(made) - 1)) if kind != "new" else 0
        copied = draw(st.sampled_from([None, None, 0, 1]))
        own = f"Note {number} by the desk of street {number * 7} and hall {number * 13}." * 3
        told = "The agency's own words, carried by many, of what the crews found in the night." * 3
        made.append(
            Step(
                TaggedArticle(
                    id=made[old].article.id if kind != "new" else f"a{number}",
                    text=f"{TOPICS[draw(st.integers(0, 1)) if copied is None else copied]} Portford. "
                    f"{own if copied is None else told}",
                    source=draw(st.sampled_from([None, *(f"Outlet {place}" for place in range(9))])),
                    credit=draw(st.sampled_from([None, None, None, "Allied Reports", "Meridian"])),
                    published=START,
                    language="en",
                    revision=number,
                    retracted=kind == "retract",
                ),
                draw(st.sampled_from([0.68, 0.68, 0.68, 0.68, 0.0, 0.95])),
            )
        )
    return made


@contextmanager
def small() -> Iterator[None]:
    """Few members are listed, and stories are looked through from six articles on, each time that one joins."""
    with (
        patch.object(match, "CROSSED_SIZE", 1),
        patch.object(nearest, "CROSSED_SIZE", 1),
        patch.object(folding, "LISTED", 4),
        patch.object(handing, "LISTED", 4),
        patch.object(split, "FIRST_SIZES", range(6, 99)),
        patch.object(split, "SAMPLE", 12),
    ):
        yield


@dataclass
class Ledger:
    """Who is in which story by whom: what the events say, read the simplest way."""

    held: dict[str, dict[str, StoryArticle]] = field(default_factory=lambda: defaultdict(dict))

    def read(self, events: Iterable[StoryEvent]) -> None:
        for event in events:
            own = self.held[event.story_id]
            if event.type in ("created", "joined", "revised") and event.article:
                own[event.article.id] = event.article
            elif event.type == "retracted" and event.article:
                del own[event.article.id]
            elif event.type == "merged" and event.other_id:
                self.held[event.other_id] |= own
            elif event.type == "split":
                for moved in event.moved:
                    own[moved.id] = self.held[event.other_id or ""].pop(moved.id)

    def counts(self, story_id: str) -> tuple[int, int, int]:
        members = self.held[story_id].values()
        outlets = {member.outlet for member in members if member.outlet}
        return len(members), len(outlets), len({member.origin for member in members})


def deliver(clusterer: Clusterer, model: By, stream: list[Step]) -> tuple[list[Decision], dict[str, bytes]]:
    """The log, and the rows as they stand, of a stream whose counts are right after every step."""
    log: list[Decision] = []
    rows: dict[str, bytes] = {}
    ledger = Ledger()
    for position, step in enumerate(stream):
        model.chance = step.chance
        decision = clusterer.decide(step.article)
        if decision is None:
            continue
        log.append(decision)
        ledger.read(decision.events)
        rows |= {k: row for k, row in clusterer.apply(step.article, decision, position).rows.items() if row is not None}
        for story in clusterer.stories():
            assert (story.article_count, story.outlets, story.origins) == ledger.counts(story.id), decision.events
            assert set(story.sources) == {one.outlet for one in ledger.held[story.id].values() if one.outlet}
            assert (
                len(story.articles) == min(folding.LISTED, story.article_count)
                or story.status != "open"
                or any(event.type in ("retracted", "merged") for one in log for event in one.events)
            )
    return log, rows


def test_outlets_and_origins_are_those_of_all_members() -> None:
    kinds: set[str] = set()
    met: set[str] = set()

    # The same streams every time: that all kinds of events are among three hundred is not to be left to chance.
    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(streams_of())
    def check(stream: list[Step]) -> None:
        with small():
            model = By()
            clusterer = Clusterer(model, model)
            log, rows = deliver(clusterer, model, stream)
            events = [event for decision in log for event in decision.events]
            kinds.update(event.type for event in events)
            met.update(name for event in events for name in ("kept", "before") if getattr(event, name))
            stories = list(clusterer.stories())
            # The log alone, and the rows alone, tell the same.
            folded: dict[str, Story] = {}
            fold(folded, events)
            assert codec.encode([folded[story.id] for story in stories]) == codec.encode(stories)
            restored = Clusterer(By(), By())
            restored.restore(rows.items())
            assert codec.encode(list(restored.stories())) == codec.encode(stories)

    check()
    assert kinds == {"created", "joined", "merged", "split", "retracted", "revised"}
    # Members that were not listed took places, and were revised.
    assert met == {"kept", "before"}
