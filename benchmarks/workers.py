"""Workers as processes: started for a benchmark and ended in good order, and what each of them takes."""

from __future__ import annotations

import os
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import machine

from streams.contracts.topology import PIPELINE, TOPOLOGY
from streams.settings import Settings


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
    stage = next((name for name in TOPOLOGY if name in words), None)
    if stage:
        return stage
    if "resource_tracker" in process.command:
        return "tracker"
    parent = among.get(process.parent)
    above = role(parent, among) if parent else ""
    return f"{above.split()[0]} pool" if above.split()[:1] and above.split()[0] in PIPELINE else "supervisor"


@contextmanager
def working(
    settings: Settings, log: Path, commands: Sequence[Sequence[str]], *, pinned: bool = False
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes with these commands, which end in good order; ``pinned``: each, with its pool, on a core of its own."""
    names = ("broker", "topic_prefix", "data_dir", "partitions", "pool_workers")
    env = {**os.environ, **{f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}}
    with log.open("ab") as to:
        workers = [
            subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=to, stderr=to) for command in commands
        ]
    if pinned:
        cores = sorted(os.sched_getaffinity(0))
        for number, worker in enumerate(workers):
            # What it starts later inherits it: at once, it has started nothing yet.
            os.sched_setaffinity(worker.pid, {cores[number % len(cores)]})
    try:
        yield workers
    finally:
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
        for worker in workers:
            worker.wait(60)


def memory(processes: Mapping[int, machine.Process]) -> list[dict[str, Any]]:
    """MiB of each process, now and at most."""
    rows = [(role(each, processes), each) for each in processes.values()]
    return [
        {"process": name, "rss": round(each.rss), "peak": round(each.peak), "pss": round(each.pss)}
        for name, each in sorted(rows, key=lambda row: row[0])
    ]
