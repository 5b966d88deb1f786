"""A real Prometheus over running workers, by the shipped rules with their times shortened and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import copy
import json
import os
import re
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from module_at import ROOT

from streams.kafka.local.process import free_port

FOLDER = ROOT / "deploy" / "prometheus"
RULES = ("recording.yml", "alerts.yml")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
#: A time in an expression: how far back it looks (``[5m]``), or from when (``offset 1h``).
_BEFORE = r"(?:(?<=\[)|(?<=offset ))"
TIME = re.compile(rf"{_BEFORE}\d+[smhd]\b")


def shorter(time: str, factor: float) -> str:
    """A time of Prometheus (``30m``) divided by ``factor``, in milliseconds."""
    return f"{round(int(time[:-1]) * _SECONDS[time[-1]] * 1000 / factor)}ms"


def hurried(rules: Mapping[str, Any], factors: Mapping[str, float]) -> dict[str, Any]:
    """The rules of a file, each group's times (``for``, ranges, offsets) divided by its factor; all else as it is."""
    made = copy.deepcopy(dict(rules))
    for group in made["groups"]:
        factor = factors[group["name"]]
        for rule in group["rules"]:
            for time in sorted(set(TIME.findall(rule["expr"]))):
                rule["expr"] = re.sub(rf"{_BEFORE}{time}\b", shorter(time, factor), rule["expr"])
            if "for" in rule:
                rule["for"] = shorter(rule["for"], factor)
    return made


@contextlib.contextmanager
def prometheus(folder: Path, targets: list[str], factors: Mapping[str, float]) -> Iterator[Prometheus]:
    """A Prometheus that scrapes ``targets`` every two seconds by our ``hurried`` rules.

    Without the program the test is skipped; with ``CI`` it fails.
    """
    program = shutil.which("prometheus")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Prometheus: sudo apt-get install prometheus")
        raise AssertionError
    for name in RULES:
        rules = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
        (folder / name).write_text(yaml.safe_dump(hurried(rules, factors)))
    given = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    (ours,) = (each for each in given["scrape_configs"] if each["job_name"] == "news-streams")
    ours = {"job_name": ours["job_name"], "static_configs": [{"targets": targets}]}
    config = {**given, "scrape_configs": [ours], "global": {"scrape_interval": "2s", "evaluation_interval": "1s"}}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        yield Prometheus(f"http://127.0.0.1:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Prometheus:
    """What a running one can be asked."""

    def __init__(self, address: str) -> None:
        self._address = address

    def ask(self, path: str, **parameters: str) -> Any:
        query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
        with urllib.request.urlopen(f"{self._address}/api/v1/{path}{query}", timeout=10) as answer:
            return json.load(answer)

    async def told(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """Labels and value of each series; nothing while it does not answer."""
        try:
            found = await asyncio.to_thread(self.ask, "query", query=expression)
        except OSError:
            return []
        return [(each["metric"], float(each["value"][1])) for each in found["data"]["result"]]

    async def value(self, expression: str) -> float | None:
        """The value of a query with one series; None where it has none."""
        told = await self.told(expression)
        return told[0][1] if told else None

    async def firing(self) -> set[tuple[str, str]]:
        """Name and stage (``""`` where it is of none) of each alert that fires."""
        told = await self.told('ALERTS{alertstate="firing"}')
        return {(labels["alertname"], labels.get("stage", "")) for labels, _ in told}
