"""A real Prometheus scrapes running workers by our rules: faults make alerts fire, and dashboards have their answers.

The rules are the shipped ones with shorter waits (``for``). Without Prometheus the tests skip; with ``CI`` they fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaProducer
from module_at import ROOT, module_at
from newsroom import Workers, raw_articles, until

from streams.contracts import codec
from streams.kafka.local.process import free_port
from streams.settings import Settings

FOLDER = ROOT / "deploy" / "prometheus"


@contextlib.contextmanager
def prometheus(folder: Path, targets: list[str]) -> Iterator[str]:
    """A Prometheus that scrapes ``targets`` every second by our rules; its address."""
    program = shutil.which("prometheus")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no Prometheus: sudo apt-get install prometheus")
        raise AssertionError
    alerts = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    for rule in alerts["groups"][0]["rules"]:
        rule["for"] = "1s"
    (folder / "alerts.yml").write_text(yaml.safe_dump(alerts))
    shutil.copy(FOLDER / "recording.yml", folder)
    given = yaml.safe_load((FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    (ours,) = (each for each in given["scrape_configs"] if each["job_name"] == "news-streams")
    ours = {"job_name": ours["job_name"], "static_configs": [{"targets": targets}]}
    config = {**given, "scrape_configs": [ours], "global": {"scrape_interval": "1s", "evaluation_interval": "1s"}}
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [program, f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    with (folder / "prometheus.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def ask(address: str, path: str, **parameters: str) -> Any:
    query = f"?{urllib.parse.urlencode(parameters)}" if parameters else ""
    with urllib.request.urlopen(f"{address}/api/v1/{path}{query}", timeout=10) as answer:
        return json.load(answer)


async def told(address: str, expression: str) -> list[tuple[dict[str, str], float]]:
    try:
        found = await asyncio.to_thread(ask, address, "query", query=expression)
    except OSError:
        return []
    return [(each["metric"], float(each["value"][1])) for each in found["data"]["result"]]


async def fires(address: str, alert: str, stage: str) -> bool:
    return bool(await told(address, f'ALERTS{{alertname="{alert}", alertstate="firing", stage="{stage}"}}'))


async def test_prometheus_sees_the_stages_work_and_fail(settings: Settings, tmp_path: Path) -> None:
    ports = {stage: free_port() for stage in ("clean", "tag", "cluster")}
    topic = f"{settings.topic_prefix}.articles.raw"
    with contextlib.ExitStack() as stack:
        workers = {}
        for stage, port in ports.items():
            workers[stage] = stack.enter_context(Workers(settings, env={"STREAMS_HTTP_PORT": str(port)}))
            workers[stage].start(stage)
        address = stack.enter_context(prometheus(tmp_path, [f"127.0.0.1:{port}" for port in ports.values()]))
        ready = 'count(streams_stage_state{state="ready"} == 1)'
        await until(lambda: _is(told(address, ready), 3), workers["clean"], seconds=120)
        # Nothing has gone wrong yet but that nobody writes articles (which takes ten minutes to matter, but for here).
        await until(lambda: _are_firing(address, {"StreamsNoInput"}), workers["clean"], seconds=60)

        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            for article in raw_articles(4):
                await producer.send_and_wait(topic, codec.encode(article))
            done = 'sum(streams_records_total{stage="cluster", outcome="published"})'
            await until(lambda: _is(told(address, done), 4), workers["clean"], seconds=90)
            # Each stage is read at a second of its own: one may be told before another.
            for query, value in (
                ("sum(streams_story_events_total{type=~'created|joined'})", 4),
                ("count(streams_record_latency_seconds_count > 0)", 3),
                ("sum(streams_articles_total)", 4),
            ):
                await until(partial(_told_is, address, query, value), workers["clean"])

            # A fault: bytes that are no article.
            await producer.send_and_wait(topic, b"\xff not an article")
        await until(lambda: fires(address, "StreamsDeadLetters", "clean"), workers["clean"], seconds=60)
        assert not await fires(address, "StreamsDeadLetters", "tag")
        assert not await fires(address, "StreamsStageDown", "tag")

        # Every query of every panel and rule is one that Prometheus takes.
        for query in module_at("deploy/grafana/generate.py").queries():
            assert ask(address, "query", query=query)["status"] == "success", query
        health = {rule["name"]: rule["health"] for g in ask(address, "rules")["data"]["groups"] for rule in g["rules"]}
        assert set(health.values()) == {"ok"}, health

        # Another: a stage that is gone.
        workers["tag"].stop("tag", number=signal.SIGKILL)
        await until(lambda: fires(address, "StreamsStageDown", "tag"), workers["clean"], seconds=60)
        assert not await fires(address, "StreamsStageDown", "clean")


async def _told_is(address: str, query: str, value: float) -> bool:
    return await _is(told(address, query), value)


async def _is(asked: Any, value: float) -> bool:
    return [number for _, number in await asked] == [value]


async def _are_firing(address: str, alerts: set[str]) -> bool:
    return {labels["alertname"] for labels, _ in await told(address, 'ALERTS{alertstate="firing"}')} == alerts
