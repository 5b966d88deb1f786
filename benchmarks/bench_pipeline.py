"""The whole pipeline on a real Apache Kafka: how fast, how late, what it costs, and where the time goes.

    python benchmarks/bench_pipeline.py [--articles 1000] [--peers] [--json FILE]

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
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import quantiles
from typing import Any

import machine
import peers
import soak
import stage_functions
from arrivals import Arrivals, append, following
from load import load as made_up
from workers import memory, used, working

from streams.contracts.records import RawArticle
from streams.contracts.topology import PIPELINE, TOPICS
from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.settings import Settings, load

#: Articles that warm the workers up, and seconds of the paced load.
WARM, PACED_SECONDS = 50, 20.0


async def measure(
    settings: Settings,
    broker: KafkaBroker,
    articles: list[RawArticle],
    workers: list[subprocess.Popen[bytes]],
    started: float,
) -> dict[str, Any]:
    """Everything about one set of workers over this load; the first ``WARM`` articles only warm them up.

    ``started``: when they were, by the monotonic clock.
    """
    warm, rest = articles[:WARM], articles[WARM:]
    bulk = rest[: len(rest) * 2 // 3]
    async with following(settings) as arrivals:
        await append(settings, warm)
        await arrivals.until(1, workers)
        ready = time.monotonic() - started
        await arrivals.until(len(warm), workers)
        # What is committed once a second is not the load's.
        await asyncio.sleep(1.5)
        before, all_before, begun = machine.tree(os.getpid()), machine.busy(), time.time()
        sent = await append(settings, bulk)
        await arrivals.until(len(warm) + len(bulk), workers)
        seconds = max(arrivals.at[id_] for id_ in sent) - min(sent.values())
        after, all_after = machine.tree(os.getpid()), machine.busy()
        costs = used(before, after)
        rate = len(bulk) / seconds
        others = (all_after - all_before - sum(costs.values())) / (time.time() - begun)
        late = await paced(settings, arrivals, workers, rest[len(bulk) :], rate / 2)
    return {
        "articles": len(bulk),
        "failed": arrivals.failed,
        "ready_seconds": round(ready, 1),
        "seconds": round(seconds, 2),
        "articles_per_second": round(rate, 1),
        "others_cores": round(max(0.0, others), 2),
        "cpu_ms": {name: round(cost / len(bulk) * 1000, 2) for name, cost in sorted(costs.items())},
        "latency": late,
        "memory": memory(after),
        "bytes": sizes(broker.data_dir, settings, len(arrivals.at)),
    }


async def paced(
    settings: Settings,
    arrivals: Arrivals,
    workers: list[subprocess.Popen[bytes]],
    articles: list[RawArticle],
    rate: float,
) -> dict[str, float]:
    """Milliseconds from append to decision at ``rate`` articles a second."""
    articles = articles[: max(50, int(rate * PACED_SECONDS))]
    done = len(arrivals.at)
    sent = await append(settings, articles, rate)
    await arrivals.until(done + len(articles), workers)
    waits = sorted((arrivals.at[id_] - at) * 1000 for id_, at in sent.items() if id_ in arrivals.at)
    cuts = quantiles(waits, n=100)
    return {
        "articles_per_second": round(rate, 1), "articles": len(articles),
        "p50_ms": round(cuts[49]), "p95_ms": round(cuts[94]), "p99_ms": round(cuts[98]),
    }  # fmt: skip


def sizes(data: Path, settings: Settings, count: int) -> dict[str, int]:
    """Bytes an article of each topic's log, as the broker stores it."""
    found = {}
    for topic in TOPICS:
        name = topic.full_name(settings.topic_prefix)
        segments = (data / "log").glob(f"{name}-[0-9]*/*.log")
        found[topic.name] = round(sum(segment.stat().st_size for segment in segments) / count)
    return found


def report(figures: dict[str, Any]) -> dict[str, Any]:
    """What follows from the figures: the engine's share, and how near the rate is to what the cores allow."""
    costs: dict[str, float] = figures["cpu_ms"]
    own: dict[str, float] = figures["functions_ms"]
    busy = sum(figures["functions_busy_ms"][stage] for stage in PIPELINE)
    workers = sum(cost for name, cost in costs.items() if name.split()[0] in PIPELINE)
    functions = sum(own[stage] for stage in PIPELINE)
    by_stage = {stage: costs.get(stage, 0.0) + costs.get(f"{stage} pool", 0.0) for stage in PIPELINE}
    cores = len(os.sched_getaffinity(0))
    return {
        "workers_ms": round(workers, 2),
        "functions_ms": round(functions, 2),
        "functions_busy_ms": round(busy, 2),
        "engine_share": round(1 - functions / workers, 3),
        "engine_share_busy": round(1 - busy / workers, 3),
        "engine_ms": {stage: round(by_stage[stage] - own[stage], 2) for stage in PIPELINE},
        "ideal_per_second": round(cores * 1000 / functions, 1),
        "of_ideal": round(figures["articles_per_second"] * functions / cores / 1000, 3),
    }


async def run(articles: list[RawArticle], keep: Path | None, *, others: bool) -> dict[str, Any]:
    """Our workers, and where wanted the same functions on other engines, one after the other on one broker."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, KafkaBroker(data_dir=Path(name) / "kafka") as broker:
        address = f"kafka://{broker.bootstrap}"
        systems: dict[str, list[list[str]]] = {"bench": [[sys.executable, "-m", "streams", "worker"]]}
        if others:
            here = Path(__file__).parent
            for name_, python in (("plain", sys.executable), ("quix", peers.python())):
                if python is None:
                    print(f"{name_} is not measured: its packages cannot be installed", file=sys.stderr)
                    continue
                script = str(here / f"{name_}_worker.py")
                systems[name_] = [[python, script, stage, address, name_] for stage in PIPELINE]
        for prefix, commands in systems.items():
            settings = load(broker=address, topic_prefix=prefix, data_dir=Path(name) / prefix)
            await provision.apply(settings)
            started = time.monotonic()
            with working(settings, (keep or Path(name)) / "workers.log", commands) as workers:
                found[prefix] = await measure(settings, broker, articles, workers, started)
                print(prefix, json.dumps(found[prefix]), file=sys.stderr)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1000, help="That are sent at once; half as many again paced.")
    parser.add_argument("--json", type=Path, help="Write the figures to this file as well.")
    parser.add_argument("--soak", type=int, metavar="N", help="Instead: so many articles, and each process's memory.")
    parser.add_argument("--keep", type=Path, help="An existing folder for the workers' log.")
    parser.add_argument(
        "--peers", action="store_true", help="Also the functions on plain aiokafka and on quixstreams, and a script."
    )
    options = parser.parse_args()
    if options.soak:
        text = json.dumps({**machine.describe(), **asyncio.run(soak.run(options.soak, options.keep))}, indent=1)
        print(text)
        if options.json:
            options.json.write_text(text + "\n", encoding="utf-8")
        return
    articles = list(made_up(WARM + options.articles * 3 // 2))
    figures: dict[str, Any] = {"at": time.strftime("%Y-%m-%d"), **machine.describe()}
    measured = asyncio.run(run(articles, options.keep, others=options.peers))
    ours: dict[str, Any] = measured["bench"]
    figures |= ours
    figures["functions_ms"] = stage_functions.measured("functions", WARM, options.articles)
    figures["functions_busy_ms"] = stage_functions.measured(
        "functions", WARM, options.articles, at_once=len(os.sched_getaffinity(0))
    )
    print("functions", json.dumps(figures["functions_ms"]), file=sys.stderr)
    figures["follows"] = report(figures)
    if options.peers:
        figures |= {name: measured[name] for name in ("plain", "quix") if name in measured}
        figures["script_ms"] = stage_functions.measured("script", WARM, options.articles)
    text = json.dumps(figures, indent=1)
    print(text)
    if options.json:
        options.json.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
