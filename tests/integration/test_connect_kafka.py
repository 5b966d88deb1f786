"""Kafka Connect of the broker's version, with its file sink as docs/how-to/consume.md sets it up, reads the stories."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from module_at import ROOT

from streams.contracts import codec, headers
from streams.contracts.records import Story
from streams.contracts.topology import STORIES
from streams.kafka.local.apache import kafka_version
from streams.kafka.local.process import free_port
from streams.settings import Settings

PAGE = (ROOT / "docs" / "how-to" / "consume.md").read_text(encoding="utf-8")


def cannot(why: str) -> None:
    (pytest.fail if os.environ.get("CI") else pytest.skip)(why)


def class_path(folder: Path) -> str:
    """Connect's jars, from Maven's cache or its repository."""
    maven = shutil.which("mvn")
    if maven is None or shutil.which("java") is None:
        cannot("Java and Maven are not installed")
    out = folder / "class.path"
    pom = Path(__file__).parent / "connect" / "pom.xml"
    done = subprocess.run(
        [str(maven), "-q", "-B", "-f", str(pom), f"-Dkafka.version={kafka_version()}", "dependency:build-classpath",
         f"-Dmdep.outputFile={out}"],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    if done.returncode:
        cannot(f"Kafka Connect cannot be had from Maven: {done.stdout[-500:]}")
    return out.read_text().strip()


async def test_connect_writes_each_headline_to_a_file(settings: Settings, tmp_path: Path) -> None:
    jars = await asyncio.to_thread(class_path, tmp_path)
    topic = STORIES.full_name(settings.topic_prefix)
    worker, sink = re.findall(r"^```properties\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    bootstrap = settings.bootstrap_servers[0]
    (tmp_path / "worker.properties").write_text(
        worker.replace("127.0.0.1:9092", bootstrap) + f"listeners=http://127.0.0.1:{free_port()}\n"
    )
    (tmp_path / "stories.properties").write_text(sink.replace("news.stories", topic))
    made = headers.make(Story, "a1@17", "cluster")
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        for headline in ("Ferry runs aground", "Überfall in Łódź", None, "Ferry is free again"):
            value = None if headline is None else codec.encode(Story(id="a1", headline=headline))
            await producer.send_and_wait(topic, value, key=b"a1", headers=made, partition=0)
    with (tmp_path / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            "java", "-Xmx256m", "-XX:TieredStopAtLevel=1", "-cp", jars,
            "org.apache.kafka.connect.cli.ConnectStandalone", "worker.properties", "stories.properties",
            cwd=tmp_path, stdout=log, stderr=log,
        )  # fmt: skip
    written = tmp_path / "headlines.txt"
    try:
        async with asyncio.timeout(90):
            while not written.exists() or written.read_text().count("\n") < 3:
                assert process.returncode is None, (tmp_path / "log").read_text(errors="replace")[-2000:]
                await asyncio.sleep(0.2)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    assert written.read_text().splitlines() == ["Ferry runs aground", "Überfall in Łódź", "Ferry is free again"]
