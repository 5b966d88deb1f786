"""Alerts: once for each watch, story and condition, whatever is killed, redelivered, late or interleaved."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from decided_stories import decided, kept, member, step, watch
from hypothesis import given, settings
from hypothesis import strategies as st
from log_in_memory import Log, drive

from streams.contracts import codec
from streams.contracts.records import Alert, StoryEvent
from streams.metrics import Metrics
from streams.runtime.messages import Incoming
from streams.runtime.stages.alert import AlertStage
from streams.settings import load

WATCHES = [
    watch("any", "ferry OR storm"),
    watch("many", "articles>=3"),
    watch("grows", "origins>=2 within 2h"),
    watch("not", "NOT storm outlets>1"),
    watch("new", "phase:new"),
    watch("spike", "ferry spike()"),
]

SETTINGS, METRICS = load(), Metrics()


@st.composite
def logs(draw: st.DrawFn, partition: int) -> list[Incoming]:
    """A partition's decisions: stories that are made, grow, merge, split, close and lose articles, in any order of
    the articles' times."""
    made: list[Incoming] = []
    members: dict[str, list[str]] = {}
    for number in range(draw(st.integers(1, 14))):
        article = member(
            f"p{partition}a{number}",
            draw(st.sampled_from(["Ferry", "Storm"])),
            hours=draw(st.integers(-400, 400)),
            outlet=draw(st.sampled_from("ABC")),
        )
        events: list[StoryEvent] = []
        held = [story for story, ids in members.items() if ids]
        what = draw(st.sampled_from(["created", "joined", "joined", "merged", "split", "retracted", "closed"]))
        if what == "created" or not held:
            story = f"p{partition}s{number}"
            members[story] = [article.id]
            events = [step("created", story, article)]
        else:
            story = draw(st.sampled_from(held))
            if what == "joined":
                members[story].append(article.id)
                events = [step("joined", story, article)]
            elif what == "merged" and len(held) > 1:
                other = draw(st.sampled_from([each for each in held if each != story]))
                members[other] += members.pop(story)
                members[other].append(article.id)
                events = [step("merged", story, other_id=other), step("joined", other, article)]
            elif what == "split" and len(members[story]) > 1:
                gone = members[story].pop()
                members[new := f"p{partition}s{number}"] = [gone]
                moved = member(gone, "Storm", hours=5, outlet="D")
                events = [step("split", new, other_id=story, moved=(moved,))]
            elif what == "retracted":
                events = [step("retracted", story, member(members[story].pop()))]
            elif what == "closed":
                events = [step("closed", story)]
        made.append(decided(number, *events, partition=partition))
    return made


def told(log: Log) -> dict[str, Alert]:
    """The alerts as a reader has them who drops an id that was there before."""
    found: dict[str, Alert] = {}
    for out in log.on("alerts"):
        found.setdefault((out.key or b"").decode(), codec.decode(Alert, out.value or b""))
    return found


async def run(batches: Sequence[tuple[Sequence[Incoming], int | None]]) -> Log:
    """Drive the batches; one that is cut short after so many records ends its worker, and the next begins anew."""
    log = Log()
    log.take(kept(WATCHES))
    stage = AlertStage(SETTINGS, METRICS, log)
    for batch, killed_after in batches:
        after = None if killed_after is None else len(log.published) + killed_after
        await drive(stage, log, batch, stop_after=after)
        if killed_after is not None:
            stage = AlertStage(SETTINGS, METRICS, log)
    return log


@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_restarts_replays_and_interleaving_give_each_alert_once(data: st.DataObject) -> None:
    parts = [data.draw(logs(partition)) for partition in (0, 1)]
    whole = asyncio.run(run([(part, None) for part in parts]))
    queues = [list(part) for part in parts]
    batches: list[tuple[Sequence[Incoming], int | None]] = []
    while any(queues):
        queue = data.draw(st.sampled_from([queue for queue in queues if queue]))
        size = data.draw(st.integers(1, 5))
        batch = queue[:size]
        killed = data.draw(st.none() | st.integers(0, 12))
        batches.append((batch, killed))
        # What is not committed comes again; so does, after a lost commit, what was.
        again = queue if killed is not None else queue[size:]
        queue[:] = again if killed is None else data.draw(st.sampled_from([again, [*_before(parts, queue), *again]]))
        if len(batches) > 30:
            batches.append((queue[:], None))
            queue.clear()
    broken = asyncio.run(run(batches))
    alerts = told(broken)
    assert alerts == told(whole)
    once = [(alert.watch_id, alert.story_id, alert.condition) for alert in alerts.values()]
    assert len(once) == len(set(once))
    for partition in (0, 1):
        rows = asyncio.run(broken.rows("news.state.alert", partition))
        assert rows == asyncio.run(whole.rows("news.state.alert", partition))


def _before(parts: Sequence[Sequence[Incoming]], queue: Sequence[Incoming]) -> list[Incoming]:
    """The two decisions before the next of a partition."""
    part = parts[queue[0].partition]
    return list(part[max(0, queue[0].offset - 2) : queue[0].offset])
