"""What a former release left in the topics is what this one starts on: its rows are built anew, its stories go on."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from log_in_memory import Log, drive, message
from module_at import module_at

from streams.contracts import codec
from streams.contracts.records import Decision
from streams.contracts.topology import STATE_CLUSTER, STORY_EVENTS, TOPICS
from streams.metrics import Metrics
from streams.runtime import state
from streams.runtime.messages import Outgoing
from streams.runtime.stages.cluster import ClusterStage
from streams.settings import load

FOLDER = Path(__file__).parent / "state"
RECORDER = module_at("tests/golden/record_state.py")
TOPIC = {topic.name: topic for topic in TOPICS}


def data(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text)


def left_by(recorded: dict[str, object]) -> Log:
    """The topics as the release that recorded them left them."""
    text = json.loads(json.dumps(recorded))
    log = Log()
    log.take([
        Outgoing(topic=TOPIC[out["topic"]], key=data(out["key"]), value=data(out["value"]),
                 partition=out["partition"], headers=[(name, data(value) or b"") for name, value in out["headers"]])
        for out in text["published"]
    ])  # fmt: skip
    log.inputs = {n: data(value) or b"" for n, value in enumerate(text["inputs"])}
    return log


async def members(log: Log) -> dict[str, str]:
    rows = await log.rows("news.state.cluster", 0)
    return {key: codec.loads(row)["story"] for key, row in rows.items() if key.startswith("a/")}


async def started(log: Log) -> Metrics:
    """This release's stage on it, with one article more of each of the recorder's three events."""
    assert log.inputs is not None
    first = len(log.inputs)
    more = [message("articles.tagged", first + n, RECORDER.article(first + n)) for n in range(3)]
    metrics = Metrics()
    await drive(ClusterStage(load(), metrics, log), log, more)
    return metrics


def rebuilds(metrics: Metrics) -> bool:
    return metrics.value("streams_state_rebuilds_total", stage="cluster") == 1


def test_the_former_version_is_recorded() -> None:
    """Whoever raises ``STATE_VERSION`` records the former release first; the recorder says how."""
    assert (FOLDER / f"{state.STATE_VERSION - 1}.json").exists()


@pytest.mark.parametrize(
    "recorded", [pytest.param(json.loads(p.read_text()), id=p.stem) for p in FOLDER.glob("*.json")]
)
async def test_stories_of_a_former_release_go_on(recorded) -> None:
    log = left_by(recorded)
    before, events = await members(log), len(log.on(STORY_EVENTS.name))
    assert len(set(before.values())) == 3
    assert rebuilds(await started(log))

    rows = await log.rows(STATE_CLUSTER.full_name("news"), 0)
    assert rows[state.STAMP_ROW] == state.stamp()
    after = await members(log)
    assert before.items() <= after.items()
    added = [codec.decode(Decision, out.value or b"") for out in log.on(STORY_EVENTS.name)[events:]]
    assert [each.article_id for each in added] == ["a-9", "a-10", "a-11"]
    for each in added:
        (event,) = each.events
        assert event.type == "joined"
        # Its event's number is its own number's remainder: the story is that of the event's first article.
        assert event.story_id == before[f"a/a-{int(each.article_id[2:]) % 3}"]


async def test_what_this_release_records_is_read_by_it_as_it_is() -> None:
    recorded = await RECORDER.recorded()
    assert recorded["version"] == state.STATE_VERSION
    log = left_by(recorded)
    before = await members(log)
    assert not rebuilds(await started(log))
    assert before.items() <= (await members(log)).items()
