"""A real Kafka with TLS, logins and ACLs: everything runs on it, each stage with its own rights alone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from functools import partial
from pathlib import Path

import pytest
from newsroom import SEEDS, Workers, decisions, seeds, until_decided
from secured import DENY, GROUP, READ, TOPIC, environment, grant, rights, settings_of, streams

from streams.contracts.topology import STAGES
from streams.kafka import provision
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.local.process import free_port
from streams.pipeline import article_id


def started(command: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # Whoever runs the tests in the background may have them ignore Ctrl-C, and their children with them.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


async def test_the_pipeline_the_commands_and_the_dashboard_run(secured: KafkaBroker, tmp_path: Path) -> None:
    """Each stage logs in as a user of its own, with the rights that its row of the page names and no others."""
    env = environment(secured, STREAMS_TOPIC_PREFIX="run")
    settings = settings_of(env, data_dir=tmp_path / "data")
    applied = streams("topics", "apply", env=env)
    assert applied.returncode == 0, applied.stderr
    seeded = streams("seed", str(SEEDS), env=env)
    assert seeded.returncode == 0, seeded.stderr
    with Workers(settings) as workers:
        for stage in STAGES:
            await grant(settings, stage, *rights(stage, "run"))
            workers.env = environment(secured, stage, STREAMS_TOPIC_PREFIX="run")
            workers.start(stage)
        # Each of a stage's connections is a TLS handshake and a SCRAM exchange: slow on a busy machine.
        await until_decided(settings, [article_id(article) for article in seeds()], workers, seconds=180)
        assert workers.stop(*STAGES) == [0] * len(STAGES)
        assert "-pw-" not in workers.said()
    port = free_port()
    command = [sys.executable, "-m", "streams", "dashboard", "--port", str(port)]
    with started(command, env) as dashboard:
        try:
            stories = await asyncio.to_thread(_stories, port)
        finally:
            dashboard.send_signal(signal.SIGTERM)
        assert dashboard.wait(30) == 0
    assert len(stories) >= 1
    doctor = streams("doctor", env=env)
    assert doctor.returncode == 0, doctor.stdout + doctor.stderr
    assert secured.secured is not None
    assert secured.secured.password not in doctor.stdout + doctor.stderr
    balance = streams("doctor", "--reconcile", env=env)
    assert balance.returncode == 0, balance.stdout + balance.stderr
    assert streams("dlq", "ls", env=env).stderr == "0 dead letters\n"
    decided = (await decisions(settings))[0]
    assert streams("explain", decided.article_id, env=env).returncode == 0
    with started([sys.executable, "-m", "streams", "tail", "--all", "--json"], env) as tail:
        # A pipe's buffer is written when it is full, or at the end.
        await asyncio.sleep(5)
        tail.send_signal(signal.SIGINT)
        assert decided.article_id in tail.communicate(timeout=30)[0]


def _stories(port: int) -> list[object]:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/stories", timeout=5) as answer:
                found: list[object] = json.load(answer)["stories"]
        except OSError:
            found = []
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.3)


@pytest.mark.parametrize("taken", [(TOPIC, "articles.raw", READ), (GROUP, "clean", READ)], ids=["topic", "group"])
async def test_a_right_that_is_taken_away_ends_the_stage_with_one_sentence(
    secured: KafkaBroker, taken: tuple[int, str, int], tmp_path: Path
) -> None:
    kind, name, operation = taken
    prefix = f"taken-{name}"
    env = environment(secured, STREAMS_TOPIC_PREFIX=prefix)
    settings = settings_of(env, data_dir=tmp_path / "data")
    await provision.apply(settings)
    await grant(settings, "clean", *rights("clean", prefix))
    with Workers(settings, env=environment(secured, "clean", STREAMS_TOPIC_PREFIX=prefix)) as workers:
        workers.start("clean")
        deadline = time.monotonic() + 90
        while "ready to take records" not in workers.said():
            assert time.monotonic() < deadline, workers.said()
            await asyncio.sleep(0.2)
        await asyncio.sleep(5)
        await grant(settings, "clean", (kind, f"{prefix}.{name}", operation), permission=DENY)
        code = await asyncio.to_thread(workers.running["clean"][0].wait, 90)
    said = workers.said()
    assert code == 1
    assert "Traceback" not in said
    told = [line for line in said.splitlines() if "does not let" in line]
    assert len(told) == 1, said
    assert "CRITICAL clean stops: the cluster does not let" in told[0]
    assert f"{prefix}.{name}" in told[0]
    assert said.splitlines()[-1] == told[0]


@pytest.mark.parametrize("secure", [True, False])
def test_data_is_started_as_it_was_made(secure: bool, tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "meta.properties").touch()
    if not secure:
        (tmp_path / "secured").mkdir()
    with pytest.raises(BrokerError, match=f"was made {'without' if secure else 'with'} --secure"):
        KafkaBroker(data_dir=tmp_path, secure=secure).start()
