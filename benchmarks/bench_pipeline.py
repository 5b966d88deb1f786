"""The whole pipeline on a real Apache Kafka: how fast, how late, what it costs, and where the time goes.

    python benchmarks/bench_pipeline.py [--articles 1000] [--json FILE]

Workers as ``streams worker`` starts them, with default settings. The load (``load.py``) is appended at once: articles a
second count from the first raw record to the last decision, with warm workers. Then a paced load, at half that rate,
tells how late decisions come: from the raw record's append to the arrival of its decision at a consumer. The stage
functions alone, on the same articles in a process of their own, tell what of the cost is the engine's. Processor time
holds on a busy machine; the rest wants a quiet one (``others_cores`` says how quiet it was).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

import machine
import stage_functions
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from load import load as made_up

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topology import ARTICLES_RAW, DEAD_LETTERS, REJECTIONS, STAGES, STORY_EVENTS, TOPICS
from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.pipeline import article_id
from streams.settings import Settings, load
from streams.stages.clean import host_of

#: Articles that warm the workers up, and seconds of the paced load.
WARM, PACED_SECONDS = 100, 20.0
#: Seconds within which everything must have come to its end.
_PATIENCE = 600.0


@dataclass
class Arrivals:
    """When each article's end (decision, rejection, dead letter) came, by the id; read by a consumer of its own."""

    consumer: AIOKafkaConsumer
    at: dict[str, float] = field(default_factory=dict)
    failed: int = 0

    async def follow(self, prefix: str) -> None:
        async for record in self.consumer:
            if record.topic == DEAD_LETTERS.full_name(prefix):
                self.failed += 1
                self.at[f"dead letter {record.partition} {record.offset}"] = time.time()
                continue
            row = codec.loads(record.value)
            self.failed += record.topic == REJECTIONS.full_name(prefix)
            self.at.setdefault(row.get("article_id") or row["id"], time.time())

    async def until(self, count: int, worker: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE
        while len(self.at) < count:
            if worker.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"{len(self.at)} of {count} articles came to an end; see the workers' log")
            await asyncio.sleep(0.02)


@asynccontextmanager
async def following(settings: Settings) -> AsyncIterator[Arrivals]:
    """The ends of all articles, followed in the background."""
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.bootstrap_servers, auto_offset_reset="earliest")
    await consumer.start()
    names = [topic.full_name(settings.topic_prefix) for topic in (STORY_EVENTS, REJECTIONS, DEAD_LETTERS)]
    consumer.assign([TopicPartition(name, n) for name in names for n in range(settings.partitions)])
    arrivals = Arrivals(consumer)
    task = asyncio.create_task(arrivals.follow(settings.topic_prefix))
    try:
        yield arrivals
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await consumer.stop()


async def append(settings: Settings, articles: Sequence[RawArticle], rate: float | None = None) -> dict[str, float]:
    """Send them, at this many a second or at once; when each was appended (seconds since the epoch), by its id."""
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.bootstrap_servers, linger_ms=5, max_batch_size=262_144, max_request_size=30_000_000
    )
    await producer.start()
    topic, sent, begun = ARTICLES_RAW.full_name(settings.topic_prefix), {}, time.monotonic()
    try:
        for number, article in enumerate(articles):
            if rate is not None:
                await asyncio.sleep(max(0.0, begun + number / rate - time.monotonic()))
            sent[article_id(article)] = time.time()
            await producer.send(
                topic, codec.encode(article), key=(host_of(article.url) or article_id(article)).encode()
            )
    finally:
        await producer.stop()
    return sent


def used(before: Mapping[int, machine.Process], after: Mapping[int, machine.Process]) -> dict[str, float]:
    """Seconds of processor time between two looks, by what each process is."""
    seconds: dict[str, float] = defaultdict(float)
    for pid, process in after.items():
        seconds[role(process, after)] += process.seconds - (before[pid].seconds if pid in before else 0.0)
    return dict(seconds)


def role(process: machine.Process, among: Mapping[int, machine.Process]) -> str:
    """``clean`` for that stage's own process, ``clean pool`` for one below it, ``broker``, ``supervisor``."""
    words = process.command.split()
    if process.pid == os.getpid():
        return "bench"
    if "kafka.Kafka" in words:
        return "broker"
    stage = next((name for name in STAGES if name in words), None)
    if stage:
        return stage
    parent = among.get(process.parent)
    above = role(parent, among) if parent else ""
    return f"{above.split()[0]} pool" if above.split()[:1] and above.split()[0] in STAGES else "supervisor"


async def measure(
    settings: Settings, broker: KafkaBroker, folder: Path, articles: list[RawArticle]
) -> dict[str, object]:
    """Everything about one set of workers over this load; the first ``WARM`` articles only warm them up."""
    warm, rest = articles[:WARM], articles[WARM:]
    with (folder / "workers.log").open("wb") as log:
        worker = subprocess.Popen(  # noqa: ASYNC220 - starting it does not block
            [sys.executable, "-m", "streams", "worker"], env=environment(settings), stdin=subprocess.DEVNULL,
            stdout=log, stderr=log,
        )  # fmt: skip
    try:
        async with following(settings) as arrivals:
            await append(settings, warm)
            await arrivals.until(len(warm), worker)
            # What is committed once a second is not the load's.
            await asyncio.sleep(1.5)
            bulk = rest[: len(rest) * 2 // 3]
            before, all_before, begun = machine.tree(os.getpid()), machine.busy(), time.time()
            sent = await append(settings, bulk)
            await arrivals.until(len(warm) + len(bulk), worker)
            ended = max(arrivals.at[id_] for id_ in sent)
            after, all_after = machine.tree(os.getpid()), machine.busy()
            seconds = ended - min(sent.values())
            costs = used(before, after)
            rate = len(bulk) / seconds
            others = (all_after - all_before - sum(costs.values())) / (time.time() - begun)
            late = await paced(settings, arrivals, worker, rest[len(bulk) :], rate / 2, len(warm) + len(bulk))
            failed = arrivals.failed
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(60)
    return {
        "articles": len(bulk),
        "failed": failed,
        "seconds": round(seconds, 2),
        "articles_per_second": round(rate, 1),
        "others_cores": round(max(0.0, others), 2),
        "cpu_ms": {name: round(cost / len(bulk) * 1000, 2) for name, cost in sorted(costs.items())},
        "latency": late,
        "memory": memory(after),
        "bytes": sizes(broker.data_dir, settings, len(warm) + len(rest)),
    }


async def paced(
    settings: Settings,
    arrivals: Arrivals,
    worker: subprocess.Popen[bytes],
    articles: list[RawArticle],
    rate: float,
    done: int,
) -> dict[str, float]:
    """Milliseconds from append to decision at ``rate`` articles a second."""
    articles = articles[: max(50, int(rate * PACED_SECONDS))]
    sent = await append(settings, articles, rate)
    await arrivals.until(done + len(articles), worker)
    waits = sorted((arrivals.at[id_] - at) * 1000 for id_, at in sent.items() if id_ in arrivals.at)
    cuts = quantiles(waits, n=100)
    return {
        "articles_per_second": round(rate, 1), "articles": len(articles),
        "p50_ms": round(cuts[49]), "p95_ms": round(cuts[94]), "p99_ms": round(cuts[98]),
    }  # fmt: skip


def memory(processes: Mapping[int, machine.Process]) -> list[dict[str, object]]:
    """MiB of each process, now and at most."""
    rows = [(role(each, processes), each) for each in processes.values()]
    return [
        {"process": name, "rss": round(each.rss), "peak": round(each.peak), "pss": round(each.pss)}
        for name, each in sorted(rows, key=lambda row: row[0])
    ]


def sizes(data: Path, settings: Settings, count: int) -> dict[str, int]:
    """Bytes an article of each topic's log, as the broker stores it."""
    found = {}
    for topic in TOPICS:
        name = topic.full_name(settings.topic_prefix)
        segments = (data / "log").glob(f"{name}-[0-9]*/*.log")
        found[topic.name] = round(sum(segment.stat().st_size for segment in segments) / count)
    return found


def environment(settings: Settings) -> dict[str, str]:
    names = ("broker", "topic_prefix", "data_dir", "partitions")
    return {**os.environ, **{f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}}


def report(figures: dict[str, object]) -> dict[str, object]:
    """What follows from the figures: the engine's share, and how near the rate is to what the cores allow."""
    costs: dict[str, float] = figures["cpu_ms"]  # type: ignore[assignment]
    own: dict[str, float] = figures["functions_ms"]  # type: ignore[assignment]
    workers = sum(cost for name, cost in costs.items() if name.split()[0] in STAGES)
    functions = sum(own[stage] for stage in STAGES)
    by_stage = {stage: costs.get(stage, 0.0) + costs.get(f"{stage} pool", 0.0) for stage in STAGES}
    cores = len(os.sched_getaffinity(0))
    return {
        "workers_ms": round(workers, 2),
        "functions_ms": round(functions, 2),
        "engine_share": round(1 - functions / workers, 3),
        "engine_ms": {stage: round(by_stage[stage] - own[stage], 2) for stage in STAGES},
        "ideal_per_second": round(cores * 1000 / functions, 1),
        "of_ideal": round(float(figures["articles_per_second"]) * functions / cores / 1000, 3),  # type: ignore[arg-type]
    }


async def run(articles: list[RawArticle], keep: Path | None) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as name, KafkaBroker(data_dir=Path(name) / "kafka") as broker:
        folder = keep or Path(name)
        settings = load(broker=f"kafka://{broker.bootstrap}", topic_prefix="bench", data_dir=Path(name) / "streams")
        await provision.apply(settings)
        return await measure(settings, broker, folder, articles)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000, help="That are sent at once; half as many again paced.")
    parser.add_argument("--json", type=Path, help="Write the figures to this file as well.")
    parser.add_argument("--keep", type=Path, help="An existing folder for the workers' log.")
    options = parser.parse_args()
    articles = list(made_up(WARM + options.articles * 3 // 2))
    figures: dict[str, object] = {"at": time.strftime("%Y-%m-%d"), **machine.describe()}
    figures |= asyncio.run(run(articles, options.keep))
    figures["functions_ms"] = stage_functions.measured(WARM, options.articles)
    figures["follows"] = report(figures)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
