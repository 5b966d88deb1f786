"""The table of which stage reads and writes what, and that nobody keeps another."""

from __future__ import annotations

import re
from pathlib import Path

import streams
from streams.contracts.topics import TOPICS
from streams.contracts.topology import FAILURES, TOPOLOGY
from streams.runtime.stages import create_stage
from streams.settings import load


def test_an_article_goes_from_stage_to_stage() -> None:
    rows = list(TOPOLOGY.values())
    assert [after.input for after in rows[1:]] == [before.output for before in rows[:-1]]


def test_every_topic_has_a_place_in_it() -> None:
    named = {name for row in TOPOLOGY.values() for name in (*row.reads, *row.writes)}
    assert named == {topic.name for topic in TOPICS} >= set(FAILURES)


def test_what_restoring_needs_is_read_and_what_is_kept_is_written() -> None:
    for row in TOPOLOGY.values():
        assert set(row.by_partition) <= set(row.writes)
        assert row.state is None or row.state in row.reads
        assert row.input in row.reads
        assert row.output in row.writes


def test_every_row_has_a_stage() -> None:
    from streams.metrics import Metrics
    from streams.runtime.stage_reader import StageReader

    settings = load()
    assert [create_stage(name, settings, Metrics(), StageReader(settings)).name for name in TOPOLOGY] == list(TOPOLOGY)


def test_no_other_table_says_which_stage_reads_what() -> None:
    """A stage's name as a key beside a topic's name is a table of its own."""
    topics = "|".join(re.escape(topic.name) for topic in TOPICS)
    table = re.compile(rf'"(?:clean|tag|cluster)":[^\n]*"(?:{topics})"')
    root = Path(streams.__file__).parent
    found = [
        path for path in root.rglob("*.py") if path.name != "topology.py" and table.search(path.read_text("utf-8"))
    ]
    assert found == []
