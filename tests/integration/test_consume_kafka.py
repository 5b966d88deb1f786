"""The consumers of docs/how-to/consume.md, as they stand there, on a real Kafka: each sees what the others see."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from module_at import ROOT

from streams.contracts import codec, headers
from streams.contracts.records import Story
from streams.contracts.topology import STORIES
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import ensure_jars
from streams.settings import Settings

PAGE = (ROOT / "docs" / "how-to" / "consume.md").read_text(encoding="utf-8")
WHOLE = Story(id="a1", headline="Ferry runs aground", article_count=3)
EXPECTED = ["a1 news.Story.v1 3 Ferry runs aground", "b2 news.Story.v1 1 Überfall in Łódź", "b2 is gone"]


def program(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def need(program_: str) -> str:
    found = shutil.which(program_)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{program_} is not installed")
        raise AssertionError
    return found


def python(folder: Path) -> list[str]:
    (folder / "stories.py").write_text(program("python"))
    return [sys.executable, "stories.py"]


async def node(folder: Path) -> list[str]:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(Path(__file__).parent / "node" / name, folder)
    install = await asyncio.create_subprocess_exec(
        need("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund", cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await install.communicate()
    assert install.returncode == 0, said
    (folder / "stories.mjs").write_text(program("js"))
    return [need("node"), "stories.mjs"]


def java(folder: Path) -> list[str]:
    (folder / "Stories.java").write_text(program("java"))
    try:
        jars = ensure_jars()
    except BrokerError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    return [need("java"), "-cp", f"{jars}/*", "Stories.java"]


async def lines(command: Sequence[str], folder: Path, count: int) -> list[str]:
    """The first lines that a program prints; it is ended then."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    found: list[str] = []
    try:
        async with asyncio.timeout(90):
            while len(found) < count:
                line = await process.stdout.readline()
                if not line:
                    break
                found.append(line.decode().rstrip())
    finally:
        if process.returncode is None:
            process.kill()
        _, errors = await process.communicate()
    assert len(found) == count, errors.decode(errors="replace")[-2000:]
    return found


@pytest.mark.parametrize("language", ["python", "node", "java"])
async def test_a_consumer_sees_every_story(language: str, settings: Settings, tmp_path: Path) -> None:
    topic = STORIES.full_name(settings.topic_prefix)
    made = headers.make(Story, "a1@17", "cluster")
    other = Story(id="b2", headline="Überfall in Łódź", article_count=1)
    async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
        await producer.send_and_wait(topic, codec.encode(WHOLE), key=b"a1", headers=made, partition=0)
        await producer.send_and_wait(topic, codec.encode(other), key=b"b2", headers=made, partition=0)
        await producer.send_and_wait(topic, None, key=b"b2", partition=0)
    match language:
        case "python":
            command = python(tmp_path)
        case "node":
            command = await node(tmp_path)
        case _:
            command = java(tmp_path)
    assert await lines([*command, settings.bootstrap_servers[0], topic], tmp_path, len(EXPECTED)) == EXPECTED
