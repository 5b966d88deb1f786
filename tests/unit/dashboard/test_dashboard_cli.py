"""`streams dashboard` as a process: says where it is, refuses what cannot be, stops when told to."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from streams.kafka import provision
from streams.kafka.local.embedded import EmbeddedBroker
from streams.settings import load

COMMAND = [sys.executable, "-m", "streams", "dashboard"]


@pytest.fixture(autouse=True)
def _data_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setenv("STREAMS_DATA_DIR", str(tmp_path))


def env(broker):
    return os.environ | {"STREAMS_BROKER": f"kafka://{broker}", "STREAMS_LOG_LEVEL": "WARNING"}


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as running:
        asyncio.run(provision.apply(load(broker=f"kafka://{running.bootstrap}", partitions=1)))
        yield running.bootstrap


def refused(broker, *arguments):
    done = subprocess.run(
        [*COMMAND, *arguments], env=env(broker), capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_without_a_broker_it_says_so():
    code, said = refused("127.0.0.1:1", "--port", "0")
    assert code == 1
    assert "no Kafka broker answers at 127.0.0.1:1" in said


def test_without_topics_it_says_how_to_make_them():
    with EmbeddedBroker() as bare:
        code, said = refused(bare.bootstrap, "--port", "0")
    assert code == 1
    assert "streams topics apply" in said


def test_a_taken_port_is_refused_with_a_way_out(broker):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = refused(broker, "--port", str(taken.getsockname()[1]))
    assert code == 1
    assert "--port" in said


def test_it_serves_and_stops_when_told_to_with_streams_open(broker):
    process = subprocess.Popen([*COMMAND, "--port", "0"], env=env(broker), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        address = re.search(r"http://\S+/", process.stderr.readline())
        assert address is not None
        url = address[0]
        with urllib.request.urlopen(url, timeout=10) as page:
            assert page.status == 200
        with urllib.request.urlopen(url + "live", timeout=10) as stream:
            assert stream.readline() == b"retry: 2000\n"
            process.send_signal(signal.SIGTERM)
            started = time.monotonic()
            assert process.wait(15) == 0
            assert time.monotonic() - started < 6
    finally:
        process.kill()
        process.wait()
        process.stderr.close()
