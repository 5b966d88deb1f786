"""Merged stories lead somewhere: redirects have no cycle and no loose end, whatever merges, splits and goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts.records import Decision, Story, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, fold
from streams.stages.cluster.index import language_index
from streams.stages.cluster.lifecycle import split
from streams.stages.cluster.match import match, nearest

#: Words that no two topics share, so that only an article of two topics brings their stories together.
TOPICS = (
    "river burst banks Hexham crews pumped water homes Tyne Green",
    "rail workers Northern union walked pay trains Leeds stood platform",
    "members elected Marta Silva chair recount Lisbon assembly chamber ballot",
    "warehouse Gdansk burned overnight firefighters Sopot flames fuel depot charger",
)
START = datetime(2025, 3, 1, tzinfo=UTC)
FOUND, JOIN, MERGE = 0.0, 0.6, 0.95


@dataclass(frozen=True)
class Step:
    """An article, and what the join_model says of every story that it meets."""

    article: TaggedArticle
    chance: float


@dataclass
class By:
    chance: float = FOUND

    def probability(self, values: Sequence[float]) -> float:
        return self.chance

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.chance)


PAIRS = tuple(combinations(range(len(TOPICS)), 2))
TURNS = st.tuples(
    st.sampled_from(["bridge", "bridge", "bridge", "join", "join", "found", "revise", "retract"]),
    st.sampled_from(PAIRS),
    st.sampled_from([0, 0, 0, 1, 20, 200]),
    st.integers(0, 50),
)


@st.composite
def streams_of(draw: st.DrawFn) -> list[Step]:
    """A story a topic, then what happens: articles of two topics bring stories together, others begin or join one,
    some are revised or taken back; time passes, at times in leaps."""
    made = [step(f"a{topic}", FOUND, topic) for topic in range(len(TOPICS))]
    day = 0
    for kind, pair, days, place in draw(st.lists(TURNS, min_size=6, max_size=36)):
        day += days
        old = kind in ("revise", "retract")
        made.append(
            step(
                made[place % len(made)].article.id if old else f"a{len(made)}",
                {"found": FOUND, "bridge": MERGE}.get(kind, JOIN),
                *(pair if kind == "bridge" else pair[:1] if place % 2 else pair[1:]),
                day=day,
                revision=len(made),
                retracted=kind == "retract",
            )
        )
    return made


@contextmanager
def lively(forgotten_articles: int) -> Iterator[None]:
    """Few articles tell the time, any size can merge or split, and stories are forgotten after so few."""
    with (
        patch.object(match, "CROSSED_SIZE", 1),
        patch.object(nearest, "CROSSED_SIZE", 1),
        patch.object(language_index, "CLOCK", 3),
        patch.object(split, "FIRST_SIZES", range(6, 24)),
        patch.object(language_index, "FORGOTTEN_ARTICLES", forgotten_articles),
    ):
        yield


@dataclass
class Run:
    """A stream delivered step by step, everything that redirects promise checked after each."""

    clusterer: Clusterer
    join_model: By
    position: int = 0
    redirects: dict[str, str] = field(default_factory=dict)
    rows: dict[str, bytes] = field(default_factory=dict)
    folded: dict[str, Story] = field(default_factory=dict)
    forgotten: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)

    def deliver(self, step: Step) -> None:
        self.join_model.chance = step.chance
        self.position += 1
        decision = self.clusterer.decide(step.article)
        if decision is None:
            return
        self._check_events(decision)
        changes = self.clusterer.apply(step.article, decision, self.position)
        for key, row in changes.rows.items():
            if row is None:
                self.rows.pop(key)
                self.forgotten.add(key)
                self.redirects.pop(key.removeprefix("s/"), None)
                self.folded.pop(key.removeprefix("s/"), None)
            else:
                self.rows[key] = row
        self._check_stories()

    def _check_events(self, decision: Decision) -> None:
        """Events name stories that stand. What is merged away is never named again; an id is never given twice."""
        for event in decision.events:
            known = {story_id for story_id in self.folded if story_id not in self.redirects}
            self.kinds.add(event.type)
            if event.type in ("created", "split"):
                assert event.story_id not in self.folded
            else:
                assert event.story_id in known, event
            if event.other_id is not None:
                assert event.other_id in known, event
                assert event.other_id != event.story_id
            if event.type == "merged":
                assert event.other_id is not None
                self.redirects[event.story_id] = event.other_id
            fold(self.folded, [event])

    def _check_stories(self) -> None:
        stories = {story.id: story for story in self.clusterer.stories()}
        assert stories == self.folded
        # A redirect stands as it was made, and only what was merged has one.
        assert {id_: story.redirect_to for id_, story in stories.items() if story.redirect_to} == self.redirects
        assert {id_ for id_, story in stories.items() if story.status == "merged"} == set(self.redirects)
        age = {story_id: place for place, story_id in enumerate(stories)}  # oldest first
        for younger, older in self.redirects.items():
            assert older in stories, f"{younger} leads to {older}, which is not there"
            assert age[older] < age[younger], f"{younger} is older than {older}"
        ends = {story_id: self.trail(story_id)[-1] for story_id in stories}
        assert all(stories[end].status != "merged" for end in ends.values())
        # Only now: with a cycle, the clusterer's own walk would not end.
        homes = self.clusterer.assignments()
        assert all(stories[home].status in ("open", "closed") for home in homes.values())
        assert all(self.clusterer.story_of(article_id) == home for article_id, home in homes.items())

    def trail(self, story_id: str) -> list[str]:
        """A story, what it was merged into, what that was merged into, … by a walk that sees cycles."""
        seen = [story_id]
        while (to := self.redirects.get(seen[-1])) is not None:
            assert to not in seen, f"{' → '.join(seen)} → {to}"
            seen.append(to)
        return seen

    @property
    def longest(self) -> int:
        """Merges on the longest way from a story to the one that it is now."""
        return max((len(self.trail(story_id)) - 1 for story_id in self.redirects), default=0)


def started() -> Run:
    join_model = By()
    return Run(Clusterer(join_model, join_model), join_model)


@pytest.mark.parametrize("forgotten_articles", [50_000, 3])
def test_redirects_have_no_cycle_and_no_loose_end(forgotten_articles: int) -> None:
    longest: list[int] = []
    kinds: set[str] = set()
    forgotten: list[bool] = []

    @settings(max_examples=80, deadline=None)
    @given(streams_of())
    def check(stream: list[Step]) -> None:
        with lively(forgotten_articles):
            run = started()
            reached = 0
            for step in stream:
                run.deliver(step)
                reached = max(reached, run.longest)
            longest.append(reached)
            kinds.update(run.kinds)
            forgotten.append(any(key.startswith("s/") for key in run.forgotten))
            restored = Clusterer(By(), By())
            restored.restore(run.rows.items())
            assert list(restored.stories()) == list(run.clusterer.stories())
            assert restored.assignments() == run.clusterer.assignments()

    check()
    # The property says nothing of streams in which nothing merges twice: it must have met what it is about.
    assert max(longest) >= 2
    assert kinds == {"created", "joined", "merged", "split", "retracted", "revised", "closed", "reopened"}
    assert any(forgotten) == (forgotten_articles < 50_000)


def chained() -> Run:
    """Four stories, each merged into the one before it, the youngest first: three redirects one after another."""
    run = started()
    for number in range(4):
        run.deliver(step(f"a{number}", FOUND, number))
    ids = [run.clusterer.story_of(f"a{number}") for number in range(4)]
    for number in (3, 2, 1):
        run.deliver(step(f"b{number}", MERGE, *range(number - 1, 4)))
    assert run.trail(str(ids[3])) == ids[::-1]
    assert len(set(ids)) == 4
    return run


def test_what_is_at_the_end_of_a_chain_is_revised_and_taken_back_where_it_is() -> None:
    with lively(forgotten_articles=50_000):
        run = chained()
    (only,) = set(run.clusterer.assignments().values())
    run.deliver(step("a3", JOIN, 3, revision=1))
    run.deliver(step("a3", JOIN, 3, retracted=True))
    assert run.clusterer.story_of("a3") is None
    assert run.folded[only].article_count == 6


def test_a_chain_is_forgotten_as_a_whole() -> None:
    with lively(forgotten_articles=3):
        run = chained()
        for number in range(8):
            run.deliver(step(f"c{number}", FOUND, day=300))
    assert len([key for key in run.forgotten if key.startswith("s/")]) == 4
    assert run.redirects == {}
    assert set(run.clusterer.assignments()) == {f"c{number}" for number in range(8)}


def step(id_: str, chance: float, *topics: int, day: int = 0, revision: int = 0, retracted: bool = False) -> Step:
    return Step(
        TaggedArticle(
            id=id_,
            text=" ".join(TOPICS[topic] for topic in topics) + f" Report {revision}.",
            published=START + timedelta(days=day),
            language="en",
            revision=revision,
            retracted=retracted,
        ),
        chance,
    )
