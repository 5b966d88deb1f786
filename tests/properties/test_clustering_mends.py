"""What people decided stands: whatever comes later, and whatever crash, replay or redelivery comes between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import Action, Correction, Decision, Story, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, UnmendableError, fold
from streams.stages.cluster.lifecycle import decide, split
from streams.stages.cluster.match import match, nearest

#: Two events that one story may take for one: a bridge is what they share.
TOPICS = (
    "river burst banks Hexham crews pumped water homes Tyne Green",
    "warehouse Gdansk burned overnight firefighters Sopot flames fuel depot charger",
)
START = datetime(2025, 3, 1, tzinfo=UTC)
ACTIONS: tuple[Action, ...] = ("merge", "split", "move", "pin", "rename", "not-news", "undo")


class By:
    """Says of every story the same: that an article belongs to it, or not."""

    chance = 0.9

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [self.chance] * len(rows)

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), self.chance)


@dataclass(frozen=True)
class Arrival:
    article: TaggedArticle
    chance: float


@dataclass(frozen=True)
class Asked:
    """A correction of whatever there is when it comes: the numbers choose among it."""

    id: str
    action: Action
    one: int
    other: int
    many: int


Step = Arrival | Asked


@st.composite
def arrivals(draw: st.DrawFn, number: int | None = None) -> Arrival:
    """Of either topic or both; without a ``number`` some are known before: revised, or taken back."""
    topics = draw(st.sampled_from([(0,), (0,), (1,), (1,), (0, 1)]))
    id_ = draw(st.integers(0, 24)) if number is None else number
    text = " ".join(TOPICS[topic] for topic in topics) + f" Note {draw(st.integers(0, 99))}."
    article = TaggedArticle(
        id=f"a{id_}",
        title=f"{text.split()[0]} {id_}",
        text=text,
        source=draw(st.sampled_from(["Post", "Star", None])),
        published=START,
        language="pl" if draw(st.integers(0, 11)) == 11 else "en",
        retracted=number is None and draw(st.integers(0, 9)) == 9,
    )
    return Arrival(article, draw(st.sampled_from([0.68, 0.68, 0.1, 0.9])))


@st.composite
def first_ones(draw: st.DrawFn) -> list[Arrival]:
    return [draw(arrivals(number)) for number in range(draw(st.integers(5, 9)))]


asked = st.builds(
    Asked,
    id=st.integers(0, 99).map("c{}".format),
    action=st.sampled_from(ACTIONS),
    one=st.integers(0, 20),
    other=st.integers(0, 20),
    many=st.integers(1, 3),
)
streams_of = st.tuples(first_ones(), st.lists(st.one_of(arrivals(), asked), min_size=4, max_size=30)).map(
    lambda parts: [*parts[0], *parts[1]]
)


def wanted(machine: Machine, step: Asked) -> Correction:
    """The correction that a step asks for, as the stories stand; not all can be made."""
    homes = machine.clusterer.assignments()
    live = sorted(set(homes.values())) or ["none"]
    one = live[step.one % len(live)]
    other = [id_ for id_ in live if id_ != one][step.other % (len(live) - 1)] if len(live) > 1 else one
    members = [id_ for id_, home in homes.items() if home == one]
    some = tuple(members[-step.many :] if step.many < len(members) else members[-1:])
    made = [each.decision.correction for each in machine.log if each.decision.correction]
    return Correction(
        id=step.id,
        action=step.action,
        by="Ada Berg",
        why="it is another event",
        story_id=other if step.action == "move" else one,
        other_id=other if step.action == "merge" else "",
        articles=some if step.action in ("split", "move", "pin") else (),
        headline="As Ada puts it" if step.action == "rename" else "",
        undoes=made[step.one % len(made)].id if made and step.action == "undo" else "",
    )


@dataclass(frozen=True)
class Logged:
    """A record of the log, and where its input stands in its topic."""

    place: int
    decision: Decision
    article: TaggedArticle | None


Rows = dict[str, bytes]
Writes = list[tuple[str, bytes | None]]


class Machine:
    """A clusterer, and the log that it writes: articles' places have gaps, as a topic's have."""

    def __init__(self) -> None:
        self.by = By()
        self.clusterer = Clusterer(self.by, self.by)
        self.log: list[Logged] = []
        self.mended = 0

    def take(self, number: int, step: Step) -> Writes:
        """Decide on a step of the stream, log it and carry it out; the rows that change."""
        if isinstance(step, Asked):
            try:
                decision = self.clusterer.mend(wanted(self, step))
            except UnmendableError:
                return []
            place = number + 1000  # beyond the articles', so that one taken for the other shows
        else:
            self.by.chance = step.chance
            decision = self.clusterer.decide(step.article)
            place = number * 3 + 1
        if decision is None:
            return []
        self.log.append(Logged(place, decision, step.article if isinstance(step, Arrival) else None))
        return self.apply(self.log[-1])

    def apply(self, logged: Logged) -> Writes:
        if logged.article is None:
            self.mended += 1
            return list(self.clusterer.apply_mend(logged.decision, logged.place).rows.items())
        return list(self.clusterer.apply(logged.article, logged.decision, logged.place).rows.items())

    def run(self, steps: Sequence[Step], first: int = 0) -> Writes:
        return [row for number, step in enumerate(steps[first:], first) for row in self.take(number, step)]

    @property
    def everything(self) -> bytes:
        return codec.encode([self.clusterer.assignments(), list(self.clusterer.stories())])


def rows_of(writes: Writes) -> Rows:
    rows: Rows = {}
    for key, value in writes:
        if value is None:
            rows.pop(key, None)
        else:
            rows[key] = value
    return rows


@contextmanager
def eager() -> Iterator[None]:
    """Stories merge and split early, and are looked at again soon."""
    with (
        patch.object(match, "CROSSED_SIZE", 1),
        patch.object(nearest, "CROSSED_SIZE", 1),
        patch.object(decide, "SECOND_LOOK", 4),
        patch.object(split, "FIRST_SIZES", (4, 6, 9)),
        patch.object(split, "SMALLEST", 2),
        patch.object(decide, "SMALLEST", 2),
        patch.object(split, "APART", 2.0),
    ):
        yield


@settings(max_examples=30)
@given(streams_of, st.data())
def test_a_crash_anywhere_changes_nothing(steps: list[Step], data: st.DataObject) -> None:
    """Whatever of the rows was written, the log brings them to where they were, and the stream goes on alike."""
    with eager():
        whole = Machine()
        full = whole.run(steps)
        done = data.draw(st.integers(0, len(steps)), label="steps decided and logged")
        committed = data.draw(st.integers(0, done), label="steps whose rows are all written")
        crashed = Machine()
        safe = crashed.run(steps[:committed])
        logged = len(crashed.log)
        batch = crashed.run(steps[:done], committed)
        written = batch[: data.draw(st.integers(0, len(batch)), label="rows of the rest written")]
        rows = rows_of(safe + written)
        recovered = Machine()
        recovered.clusterer.restore(data.draw(st.permutations(sorted(rows.items()))))
        since = data.draw(st.integers(0, logged), label="records of the log that are applied again")
        writes = [row for each in crashed.log[since:] for row in recovered.apply(each)]
        recovered.log = list(crashed.log)
        writes += recovered.run(steps, done)
        assert codec.encode([each.decision for each in recovered.log]) == codec.encode(
            [each.decision for each in whole.log]
        )
        assert rows_of([*rows.items(), *writes]) == rows_of(full)
        assert recovered.everything == whole.everything


@settings(max_examples=30)
@given(streams_of)
def test_the_log_alone_gives_the_stories_and_all_rows(steps: list[Step]) -> None:
    with eager():
        live = Machine()
        writes = live.run(steps)
        again, folded = Machine(), dict[str, Story]()
        assert rows_of([row for each in live.log for row in again.apply(each)]) == rows_of(writes)
        assert again.everything == live.everything
        for each in live.log:
            fold(folded, each.decision.events)
        assert folded == {story.id: story for story in live.clusterer.stories()}


@settings(max_examples=30)
@given(streams_of)
def test_every_article_is_in_one_story_that_counts_it(steps: list[Step]) -> None:
    with eager():
        machine = Machine()
        machine.run(steps)
        homes = machine.clusterer.assignments()
        live = {story.id: story for story in machine.clusterer.stories() if story.status in ("open", "closed")}
        assert set(homes.values()) == set(live)
        assert {id_: sum(home == id_ for home in homes.values()) for id_ in live} == {
            id_: story.article_count for id_, story in live.items()
        }
        assert {one.id: story.id for story in live.values() for one in story.articles} == homes


@settings(max_examples=30)
@given(first_ones(), asked, st.lists(arrivals(), min_size=5, max_size=20))
def test_what_a_person_decided_is_never_overturned(before: list[Arrival], step: Asked, after: list[Arrival]) -> None:
    """No later article, second look, merge or split of the machine's changes it."""
    with eager():
        machine = Machine()
        machine.run(before)
        view = machine.clusterer
        writes = machine.take(len(before), step)
        if not writes:
            return
        decision = machine.log[-1].decision
        correction = decision.correction
        assert correction is not None
        told = decision.events[0]
        members = {id_ for id_, home in view.assignments().items() if home == view.resolve(told.story_id)}
        named = {story.id: story.headline for story in view.stories()}
        taken_back: set[str] = set()
        for number, arrival in enumerate(after, len(before) + 1):
            machine.take(number, arrival)
            if arrival.article.retracted:
                taken_back.add(arrival.article.id)
            story = view.story(view.resolve(told.story_id))
            assert story is not None
            homes = view.assignments()
            match correction.action:
                case "split" | "move":
                    other = view.story(view.resolve(told.other_id or ""))
                    assert other is not None
                    assert other.id != story.id
                    assert {homes[one.id] for one in told.moved if one.id in homes} <= {story.id}
                case "merge":
                    assert {homes[id_] for id_ in members if id_ in homes} <= {story.id}
                case "rename":
                    assert story.headline == "As Ada puts it"
                case "pin" if not taken_back & set(correction.articles):
                    assert story.headline == named[told.story_id]
                case "not-news":
                    assert story.is_hidden
                    assert not any(
                        each.is_hidden for each in view.stories() if each.id in homes.values() and each.id != story.id
                    )


@settings(max_examples=30)
@given(first_ones(), asked, st.lists(arrivals(), max_size=4))
def test_an_undo_takes_back_what_was_decided_and_nothing_else(
    before: list[Arrival], step: Asked, between: list[Arrival]
) -> None:
    with eager():
        machine = Machine()
        machine.run(before)
        view = machine.clusterer
        homes = view.assignments()
        if step.action == "undo" or not machine.take(len(before), step):
            return
        for number, arrival in enumerate(between, len(before) + 1):
            machine.take(number, Arrival(arrival.article, 0.1))
        undo = Correction(id="undo", action="undo", by="Ivo Klein", undoes=step.id)
        try:
            decision = view.mend(undo)
        except UnmendableError:
            assert between, "at once, an undo can always be made"
            return
        assert decision is not None
        machine.apply(Logged(9999, decision, None))
        assert all(story.pins is None for story in view.stories() if story.status in ("open", "closed"))
        if not between:
            assert groups(view.assignments()) == groups(homes)
        with pytest.raises(UnmendableError, match="undone already"):
            view.mend(Correction(id="again", action="undo", by="Ivo Klein", undoes=step.id))
        assert view.mend(undo) is None, "an id that is known does nothing"


def groups(homes: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(id_ for id_, home in homes.items() if home == story) for story in homes.values()}
