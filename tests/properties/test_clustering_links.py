"""Links that no stream, crash or replay can bend."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.contracts import codec
from streams.contracts.records import Decision, Story, TaggedArticle
from streams.models.table import Table, Vector
from streams.stages.cluster import Clusterer, fold
from streams.stages.cluster.features.join_features import MEASURES
from streams.stages.cluster.lifecycle import links
from streams.stages.cluster.match import match, nearest

TEXT = "river burst banks Hexham crews pumped water homes Tyne Green rail walked Leeds stood Marta Silva"
START = datetime(2025, 3, 1, tzinfo=UTC)
RATIO = MEASURES.index("background_ratio")


class Moody:
    """Joins and merges what is very like, and leaves apart what links then connect."""

    def probabilities(self, rows: Sequence[Sequence[float]]) -> list[float]:
        return [0.9 if values[RATIO] > 6.0 else 0.1 for values in rows]

    def predict(self, table: Table) -> Vector:
        return np.full(len(table), 0.9)


@st.composite
def articles(draw: st.DrawFn) -> TaggedArticle:
    words = draw(st.lists(st.sampled_from(TEXT.split()), min_size=3, max_size=14))
    return TaggedArticle(
        id=f"a{draw(st.integers(0, 19))}",
        text=" ".join(words),
        published=draw(st.none() | st.integers(0, 40).map(lambda day: START + timedelta(days=day))),
        language="en",
        retracted=draw(st.integers(0, 7)) == 0,
    )


def clusterer() -> Clusterer:
    return Clusterer(Moody(), Moody())


@settings(max_examples=40, deadline=None)
@given(st.lists(articles(), min_size=4, max_size=24), st.data())
def test_links_follow_from_the_log_and_survive_a_crash(stream: list[TaggedArticle], data: st.DataObject) -> None:
    with (
        patch.object(match, "CROSSED_SIZE", 1),
        patch.object(nearest, "CROSSED_SIZE", 1),
        patch.object(links, "MOST_LINKS", 3),
        patch.object(links, "CHAPTERS", 5),
    ):
        one, log = clusterer(), dict[int, Decision]()
        rows: dict[str, bytes] = {}
        history = [dict(rows)]
        for position, article in enumerate(stream):
            decision = one.decide(article)
            if decision is not None:
                log[position] = decision
                rows.update({k: v for k, v in one.apply(article, decision, position).rows.items() if v is not None})
            history.append(dict(rows))
        stories: dict[str, Story] = {}
        for decision in log.values():
            fold(stories, decision.events)
        assert stories == {story.id: story for story in one.stories()}
        _are_whole(stories)
        # Some rows are as of one place and the others newer, and what was decided since is delivered again.
        place = data.draw(st.integers(0, len(stream)))
        mixed = dict(history[place])
        for key in sorted(history[-1]):
            if data.draw(st.booleans()):
                mixed[key] = history[-1][key]
        again = clusterer()
        again.restore(mixed.items())
        for position, article in enumerate(stream):
            if position >= place and position in log:
                again.apply(article, log[position], position)
        assert codec.encode(list(again.stories())) == codec.encode(list(one.stories()))


def _are_whole(stories: dict[str, Story]) -> None:
    """Each link has its counterpart, what is gone has none, and what is linked is of one storyline, within bounds."""
    counterpart = {"follows": "followed", "followed": "follows", "related": "related"}
    for story in stories.values():
        assert bool(story.links) == bool(story.storyline)
        assert len(story.links) <= 3
        assert story.status in ("open", "closed") or not story.links
        for link in story.links:
            other = stories[link.story_id]
            assert [(back.kind, back.score) for back in other.links if back.story_id == story.id] == [
                (counterpart[link.kind], link.score)
            ]
            assert other.storyline == story.storyline
    lines = [story.storyline for story in stories.values() if story.storyline]
    assert all(lines.count(line) <= 5 for line in lines)
