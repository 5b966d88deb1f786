"""What a benchmark ran on, and what its processes used: processor time and memory, read from ``/proc``."""

from __future__ import annotations

import os
import platform
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

_PROC = Path("/proc")
_TICK = os.sysconf("SC_CLK_TCK")
_PACKAGES = ("faust-streaming", "aiokafka", "numpy", "orjson", "msgspec", "lxml", "trafilatura", "uvloop")
_ROOT = Path(__file__).parents[1]


def describe() -> dict[str, object]:
    """The machine, the versions and the commit (``-dirty`` where files differ from it)."""
    model = next(
        (line.partition(":")[2].strip() for line in _read("/proc/cpuinfo").splitlines() if "model name" in line), ""
    )
    memory = next(
        (int(line.split()[1]) for line in _read("/proc/meminfo").splitlines() if line.startswith("MemTotal")), 0
    )
    return {
        "processor": model or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory / 2**20, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in _PACKAGES},
        "commit": commit(),
    }


def commit() -> str:
    """The commit that the checkout is at; empty outside of one."""
    done = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--exclude=*"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Process:
    """One process at a moment: seconds of processor time so far, MiB of resident memory now and at most, and its
    share of what it shares with others (PSS)."""

    pid: int
    parent: int
    command: str
    seconds: float
    rss: float
    peak: float
    pss: float


def tree(*roots: int) -> dict[int, Process]:
    """The processes with these ids and all below them."""
    parents: dict[int, list[int]] = defaultdict(list)
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (fields := _stat(int(folder.name))):
            parents[int(fields[1])].append(int(folder.name))
    found: dict[int, Process] = {}
    todo = list(roots)
    while todo:
        pid = todo.pop()
        if process := _process(pid):
            found[pid] = process
        todo += parents[pid]
    return found


def busy() -> float:
    """Seconds of processor time that the whole machine has used since it started."""
    fields = [int(field) for field in _read("/proc/stat").splitlines()[0].split()[1:9]]
    # All but idle, and waiting for a disk; steal is used by others.
    return (sum(fields) - fields[3] - fields[4]) / _TICK


def _process(pid: int) -> Process | None:
    fields = _stat(pid)
    if not fields:
        return None
    status = dict(line.split(":", 1) for line in _read(f"/proc/{pid}/status").splitlines() if ":" in line)
    pss = next((line.split()[1] for line in _read(f"/proc/{pid}/smaps_rollup").splitlines() if line[:4] == "Pss:"), "0")

    def mib(text: str) -> float:
        return int(text.split()[0]) / 1024

    return Process(
        pid=pid,
        parent=int(fields[1]),
        command=_read(f"/proc/{pid}/cmdline").replace("\0", " ").strip(),
        seconds=(int(fields[11]) + int(fields[12])) / _TICK,
        rss=mib(status.get("VmRSS", "0")),
        peak=mib(status.get("VmHWM", "0")),
        pss=mib(pss),
    )


def _stat(pid: int) -> list[str]:
    """The fields of ``/proc/PID/stat`` from the state on; the name before it may hold anything."""
    return _read(f"/proc/{pid}/stat").rpartition(")")[2].split()


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""
