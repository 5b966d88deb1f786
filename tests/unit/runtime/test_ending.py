"""A worker that is told to stop ends, also while its group forms anew."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from faust.transport.consumer import Consumer

from streams.runtime.faust.app import create_app
from streams.settings import Settings


def test_a_worker_that_its_group_does_not_let_go_ends_well() -> None:
    code = (
        "import logging, threading; logging.basicConfig()\n"
        "from streams.runtime.faust.ending import leave_within\n"
        "leave_within('cluster', 0.2)\n"
        "threading.Thread(target=threading.Event().wait).start()\n"  # as Faust's consumer, which waits for an answer
    )
    began = time.monotonic()
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert ended.returncode == 0
    assert "cluster stops without waiting for its group" in ended.stderr
    assert time.monotonic() - began >= 0.2


def test_one_that_leaves_in_time_is_not_kept() -> None:
    code = "from streams.runtime.faust.ending import leave_within; leave_within('cluster', 60)"
    assert subprocess.run([sys.executable, "-c", code], timeout=30, check=False).returncode == 0


async def test_the_time_to_leave_begins_once_all_is_committed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []

    async def commit(_: Consumer) -> None:
        steps.append("committed")

    monkeypatch.setattr(Consumer, "on_stop", commit)
    app = create_app(Settings(data_dir=tmp_path), "cluster")
    app.on_committed = lambda: steps.append("leaving")
    await app._new_consumer().on_stop()
    assert steps == ["committed", "leaving"]
