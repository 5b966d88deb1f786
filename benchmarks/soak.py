"""A long run of the whole pipeline: whether what its processes hold in memory stays the same."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import machine
from arrivals import append, following
from load import load as made_up
from workers import role, working

from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.settings import load

#: Articles that are appended at once, each such chunk when all of the last have come to their end, so that the bench
#: holds one chunk and the topics' backlog does not grow.
_CHUNK = 500


async def run(count: int, keep: Path | None) -> dict[str, Any]:
    """``count`` articles through ``streams worker`` at default settings; ``growth`` of every process's memory."""
    samples: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name, KafkaBroker(data_dir=Path(name) / "kafka") as broker:
        settings = load(broker=f"kafka://{broker.bootstrap}", topic_prefix="soak", data_dir=Path(name) / "data")
        await provision.apply(settings)
        command = [sys.executable, "-m", "streams", "worker"]
        with working(settings, (keep or Path(name)) / "workers.log", [command]) as workers:
            async with following(settings) as arrivals:
                begun, articles, done = time.monotonic(), made_up(count), 0
                while chunk := [article for _, article in zip(range(_CHUNK), articles, strict=False)]:
                    await append(settings, chunk)
                    done += len(chunk)
                    await arrivals.until(done, workers)
                    for process, rss in _sizes(machine.tree(os.getpid())).items():
                        samples[process].append(rss)
                    print(f"{done} of {count} articles, {done / (time.monotonic() - begun):.1f}/s", file=sys.stderr)
    return {
        "articles": done,
        "failed": arrivals.failed,
        "articles_per_second": round(done / (time.monotonic() - begun), 1),
        "every": _CHUNK,
        "rss": {process: [round(each) for each in rss] for process, rss in samples.items()},
        "growth": {process: growth(rss) for process, rss in samples.items()},
    }


def growth(samples: Sequence[float]) -> float:
    """How much larger the last third is than the one before, by the medians: .05 is five per cent. The first third
    fills caches.

    >>> growth([10, 80, 99, 100, 100, 101, 105, 104, 106])
    0.05
    """
    third = len(samples) // 3
    if not third:
        return 0.0
    return round(median(samples[-third:]) / median(samples[-2 * third : -third]) - 1, 3)


def _sizes(processes: Mapping[int, machine.Process]) -> dict[str, float]:
    """MiB by what each process is; pool processes of a stage by their number, in the order of their ids."""
    found: dict[str, float] = {}
    for pid in sorted(processes):
        name = role(processes[pid], processes)
        number = sum(each.startswith(f"{name} ") for each in found) + 1
        found[f"{name} {number}" if name.endswith("pool") else name] = processes[pid].rss
    return found
