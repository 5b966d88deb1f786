"""Batches in hand: the next is worked on while the last is published, and the log is as if they came one by one."""

from __future__ import annotations

import asyncio
import random
from types import SimpleNamespace
from typing import Any, cast

import pytest
from log_in_memory import BODY, Inline, Log, clean_stage, cluster_stage, drive, message, tagged, tagging

from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.metrics import Metrics
from streams.pipeline import article_id
from streams.runtime.faust.batches import Batches
from streams.runtime.messages import Incoming
from streams.runtime.pauses import Pauses
from streams.runtime.pool_work import CleanJob
from streams.runtime.publish import TooLargeForTopicError
from streams.runtime.stages.clean import CleanStage
from streams.runtime.stages.tag import TagStage
from streams.runtime.tracing import Untraced
from streams.settings import load


class BrokerError(Exception):
    pass


class Worker:
    """A worker as far as batches need one. Publishing takes ``turns`` of the loop and waits for ``open``; the phase of
    the number ``refused`` is refused with ``refusal``, half of it written."""

    consumer_generation_id = 1

    def __init__(self, stage, log: Log, *, turns=lambda: 0, refused=-1, refusal: Exception | None = None) -> None:
        self.stage, self.log, self.publisher, self.metrics = stage, log, self, Metrics()
        self.turns, self.refused, self.refusal = turns, refused, refusal
        self.pauses, self.gaps, self.consumer = Pauses(20.0), SimpleNamespace(check=self.nothing), None
        self.tracing = Untraced()
        self.open = asyncio.Event()
        self.open.set()
        self.released: list[int] = []
        self.failures: list[Exception] = []
        self.batches = Batches(cast(Any, self), self.failures.append)

    async def publish(self, phase) -> None:
        await self.open.wait()
        for _ in range(self.turns()):
            await asyncio.sleep(0)
        self.refused -= bool(phase)
        if phase and self.refused == -1 and self.refusal is not None:
            self.log.take(phase[: len(phase) // 2])
            raise self.refusal
        self.log.take(phase)

    async def learn(self) -> None:
        await asyncio.sleep(0)

    async def nothing(self, *_) -> None:
        return None

    async def take(self, batch) -> None:
        for one in batch:
            self.log.sent.setdefault(one.topic, {})[one.offset] = one.value
        await self.batches.take([self.event(one) for one in batch])

    def event(self, one):
        about = SimpleNamespace(
            topic=one.topic, partition=one.partition, offset=one.offset, key=one.key, value=one.value,
            headers=one.headers, timestamp=one.at.timestamp(), generation_id=1,
        )  # fmt: skip
        return SimpleNamespace(message=about, release=lambda: self.released.append(one.offset))


def clean_batches(seed: int) -> list[list[Incoming]]:
    """Articles of three hosts over two partitions, in batches of chance sizes; many come again, changed or not."""
    chance = random.Random(seed)
    records = []
    for n in range(40):
        which = chance.randrange(12)
        lines = [
            f"Report {which} from the harbour, seen {chance.randrange(2)} times",
            BODY,
            f"Subscribe to {which % 3}",
        ]
        url = f"https://host{which % 3}.example/{which}"
        records.append(
            message("articles.raw", n, RawArticle(url=url, content="\n\n".join(lines)), partition=which % 3 % 2)
        )
    batches = []
    while records:
        size = chance.randint(1, 7)
        batches.append(records[:size])
        del records[:size]
    return batches


def stage_of(log: Log) -> CleanStage:
    """The stage with its real memory; cleaning itself only tells what memory knew of the article."""

    def work(jobs: list[CleanJob]) -> list[CleanArticle]:
        return [
            CleanArticle(
                id=article_id(raw),
                text=f"{raw.content} {context}",
                content_hash=str(len(raw.content or "")),
            )
            for raw, context, _ in jobs
        ]

    stage = clean_stage(log, Metrics())
    stage.pool = Inline(work)
    return stage


def tag_stage(log: Log, seen: list[str] | None = None) -> TagStage:
    def tag(batch):
        if seen is not None:
            seen.extend(each.id for each in batch)
        return [TaggedArticle(id=each.id, text=each.text, language="en") for each in batch]

    stage = TagStage(load(), Metrics(), log)
    stage.pool = tagging(tag)
    return stage


def tag_batch(*ids: str, first: int = 0) -> list[Incoming]:
    return [message("articles.clean", first + n, CleanArticle(id=id_, text="t")) for n, id_ in enumerate(ids)]


async def turn(times: int = 20) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def test_the_next_is_worked_on_while_the_last_is_published_and_no_third_is(log):
    seen: list[str] = []
    worker = Worker(tag_stage(log, seen), log)
    worker.open.clear()
    await worker.take(tag_batch("a", "b"))
    second = asyncio.create_task(worker.take(tag_batch("c", first=2)))
    await turn()
    assert seen == ["a", "b", "c"]
    assert (worker.released, second.done()) == ([], False), "two are in hand, so no third is asked for"
    worker.open.set()
    await second
    await worker.batches.settled()
    assert worker.released == [0, 1, 2]
    assert [out.key for out in log.published] == [b"en"] * 3


async def test_clustering_is_one_after_the_other(log):
    worker = Worker(cluster_stage(log), log)
    worker.open.clear()
    await worker.take([message("articles.tagged", 0, tagged(0))])
    second = asyncio.create_task(worker.take([message("articles.tagged", 1, tagged(1))]))
    await turn()
    assert worker.stage._partitions[0].clusterer.newest == 0
    worker.open.set()
    await second
    await worker.batches.settled()
    assert worker.stage._partitions[0].clusterer.newest == 1


@pytest.mark.parametrize("seed", range(8))
async def test_the_log_is_as_if_they_had_come_one_by_one(seed):
    calm, log = Log(), Log()
    stage = stage_of(calm)
    for batch in clean_batches(seed):
        await drive(stage, calm, batch)
    chance = random.Random(seed)
    worker = Worker(stage_of(log), log, turns=lambda: chance.randrange(6))
    for batch in clean_batches(seed):
        await worker.take(batch)
    await worker.batches.settled()
    assert log.published == calm.published
    assert worker.released == list(range(40))


async def end(log: Log) -> tuple[dict[int, dict[str, bytes]], list[object]]:
    """What readers find in the end: the rows by partition, the records each once."""
    rows = {partition: await log.rows("news.state.clean", partition) for partition in (0, 1)}
    once = dict.fromkeys((out.key, out.value) for out in log.on("articles.clean"))
    return rows, sorted(once, key=str)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("too_large", [False, True])
async def test_after_a_failure_anywhere_the_end_is_the_same(seed, too_large):
    """A broker that fails ends the worker, and the next one goes on at the first record that was not let go; a record
    that is refused for its size has its batch done again, and what was worked on ahead of it."""
    calm, log = Log(), Log()
    stage = stage_of(calm)
    for batch in clean_batches(seed):
        await drive(stage, calm, batch)
    chance = random.Random(seed)
    refusal: Exception = TooLargeForTopicError("for the topic") if too_large else BrokerError("gone")
    worker = Worker(
        stage_of(log),
        log,
        turns=lambda: chance.randrange(6),
        # Not among the first rows, without which all would be built anew from the logs.
        refused=chance.randrange(4, 14),
        refusal=refusal,
    )
    try:
        for batch in clean_batches(seed):
            await worker.take(batch)
        await worker.batches.settled()
    except BrokerError:
        await turn()
        assert worker.failures == [refusal]
        again = Worker(stage_of(log), log)
        for batch in clean_batches(seed):
            if left := [one for one in batch if one.offset not in worker.released]:
                await again.take(left)
        await again.batches.settled()
        assert sorted(worker.released + again.released) == list(range(40))
    else:
        assert too_large
        assert worker.released == list(range(40))
        assert worker.failures == []
    assert await end(log) == await end(calm)


async def test_what_must_be_read_back_is_read_once_the_last_batch_has_written_it(log):
    stage = stage_of(log)
    worker = Worker(stage, log)
    worker.open.clear()
    await worker.take([message("articles.raw", 0, RawArticle(id="a", content=f"First\n\n{BODY}"))])
    stage.forget([0])
    second = asyncio.create_task(
        worker.take([message("articles.raw", 1, RawArticle(id="a", content=f"Second\n\n{BODY} And more of it."))])
    )
    await turn()
    assert not stage.restoring
    worker.open.set()
    await second
    await worker.batches.settled()
    assert [b'"revision":1' in (out.value or b"") for out in log.on("articles.clean")] == [False, True]


async def test_a_failure_is_told_though_no_batch_comes_after(log):
    worker = Worker(tag_stage(log), log, refused=0, refusal=BrokerError("gone"))
    await worker.take(tag_batch("a"))
    await turn()
    assert [str(error) for error in worker.failures] == ["gone"]
    assert worker.released == []
