"""The table of topics and of which stage reads and writes what: whole, and the only one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import streams
from streams.contracts import topology
from streams.contracts.records import CleanArticle, Decision, RawArticle, Story, TaggedArticle
from streams.contracts.topics import Topic, prefixed
from streams.contracts.topology import (
    ALERTS,
    FAILURES,
    OTHER_STATES,
    PIPELINE,
    STORIES,
    STORY_EVENTS,
    TOPICS,
    TOPOLOGY,
    readers,
    stages_to,
    writers,
)
from streams.metrics import Metrics
from streams.runtime.stage_reader import StageReader
from streams.runtime.stages import create_stage
from streams.settings import load

ROOT = Path(streams.__file__).parent


def test_an_article_goes_from_stage_to_stage() -> None:
    rows = [TOPOLOGY[stage] for stage in PIPELINE]
    assert [after.input for after in rows[1:]] == [before.output for before in rows[:-1]]
    assert rows[-1].output is STORY_EVENTS
    assert stages_to(ALERTS) == tuple(TOPOLOGY)


def test_every_topic_has_a_place_in_it() -> None:
    named = {topic for row in TOPOLOGY.values() for topic in (*row.reads, *row.writes)}
    assert {*named, *OTHER_STATES} == set(TOPICS) >= set(FAILURES)
    assert {each for each in vars(topology).values() if isinstance(each, Topic)} == set(TOPICS)


def test_every_topic_has_someone_who_writes_and_someone_who_reads_it() -> None:
    for topic in TOPICS:
        assert writers(topic), topic.name
        assert readers(topic), topic.name
    assert writers(STORIES) == ("cluster",)
    assert readers(STORY_EVENTS) == ("cluster", "alert", "dashboards", "you")


def test_what_restoring_needs_is_read_and_what_is_kept_is_written() -> None:
    for row in TOPOLOGY.values():
        assert set(row.by_partition) <= set(row.writes)
        assert row.state is None or {row.state, row.output} <= set(row.reads)
        assert row.input in row.reads
        assert row.output in row.writes


def test_every_row_has_a_stage() -> None:
    settings = load()
    assert [create_stage(name, settings, Metrics(), StageReader(settings)).name for name in TOPOLOGY] == list(TOPOLOGY)


@pytest.mark.parametrize(
    ("topic", "record", "key"),
    [
        (TOPOLOGY["clean"].output, CleanArticle(id="a", text=""), b"a"),
        (TOPOLOGY["tag"].output, TaggedArticle(id="a", text="", language="en-GB"), b"en"),
        (TOPOLOGY["tag"].output, TaggedArticle(id="a", text=""), b"und"),
        (STORY_EVENTS, TaggedArticle(id="a", text="", language="ru"), b"ru"),
        (STORIES, Story(id="s"), b"s"),
    ],
)
def test_a_record_is_keyed_as_its_topic_says(topic: Topic, record: object, key: bytes) -> None:
    assert topic.key_bytes(record) == key


def test_a_key_that_takes_more_than_the_record_is_not_made_up() -> None:
    with pytest.raises(ValueError, match=r"articles\.raw has no key"):
        TOPOLOGY["clean"].input.key_bytes(RawArticle(content="x"))


def test_the_prefix_comes_before_topics_and_groups_alike() -> None:
    assert STORY_EVENTS.full_name("news") == prefixed("story-events", "news") == "news.story-events"
    assert STORY_EVENTS.record is Decision


def literals(path: Path) -> Iterator[tuple[int, str]]:
    """The line and text of every string of a module that is no docstring; what an f-string puts in is ``{}``."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    passed: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            passed.add(id(node.body[0].value))  # type: ignore[attr-defined]
        elif isinstance(node, ast.JoinedStr):
            passed |= {id(part) for part in node.values}
            yield node.lineno, "".join(getattr(part, "value", "") if isinstance(part, ast.Constant) else "{}"
                                       for part in node.values)  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in passed:
            yield node.lineno, node.value


def names_a_topic(text: str) -> bool:
    """A name that is no common word is one wherever it stands; ``stories`` only behind a prefix."""
    words = {topic.name for topic in TOPICS if topic.name.isalpha()}
    telling = "|".join(re.escape(topic.name) for topic in TOPICS if topic.name not in words)
    return bool(re.search(rf"(?<![\w-])(?:{telling})(?![\w-])|(?:\}}|news)\.(?:{'|'.join(words)})\b", text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{}.stories", True),
        ("{}.story-events", True),
        ("articles.clean", True),
        ("news.rejections", True),
        ("stories", False),
        ("the dead letters", False),
        ("articles.cleaner", False),
    ],
)
def test_what_names_a_topic(text: str, names: bool) -> None:
    assert names_a_topic(text) is names


def test_no_topic_is_named_outside_of_the_table() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for path in sorted(ROOT.rglob("*.py"))
        if path != ROOT / "contracts" / "topology.py"
        for line, text in literals(path)
        if names_a_topic(text)
    ]
    assert found == []


def test_the_prefix_is_put_before_a_name_in_one_place() -> None:
    built = re.compile(r"\{[\w.]*(?:prefix|into)\}\.")
    found = [path for path in ROOT.rglob("*.py") if built.search(path.read_text(encoding="utf-8"))]
    assert found == [ROOT / "contracts" / "topics.py"]
