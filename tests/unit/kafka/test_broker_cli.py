"""`streams broker` and `streams topics` as a person runs them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from streams.contracts.topology import TOPICS
from streams.kafka.local.embedded import EmbeddedBroker
from streams.kafka.local.process import answers, free_port


def streams(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
        timeout=60,
    )


@pytest.fixture(scope="module")
def embedded() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker() as broker:
        yield broker


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_broker_runs_until_it_is_told_to_stop(number: signal.Signals) -> None:
    port = free_port()
    command = [sys.executable, "-m", "streams", "broker", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == f"127.0.0.1:{port}\n"
        assert answers(port)
        process.send_signal(number)
        said = process.stderr.read()
        assert process.wait(20) == 0
    assert "in memory: nothing outlives it" in said
    assert f"export STREAMS_BROKER=kafka://127.0.0.1:{port}" in said
    assert not answers(port)


def test_a_taken_port_is_one_line_and_a_failure(embedded: EmbeddedBroker) -> None:
    done = streams("broker", "--port", str(embedded.port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"error: cannot listen on {embedded.bootstrap}")
    assert "Traceback" not in done.stderr


def test_data_goes_with_kafka_only() -> None:
    done = streams("broker", "--data", "/tmp/x")
    assert done.returncode == 2
    assert "--data goes with --engine kafka" in done.stderr


def test_secure_goes_with_kafka_only() -> None:
    done = streams("broker", "--secure")
    assert done.returncode == 2
    assert "--secure goes with --engine kafka" in done.stderr


def test_topics_plan_apply_and_plan_again(embedded: EmbeddedBroker) -> None:
    where = {"STREAMS_BROKER": f"kafka://{embedded.bootstrap}", "STREAMS_TOPIC_PREFIX": "cli"}
    planned = streams("topics", "plan", **where)
    assert planned.returncode == 0
    assert planned.stdout.splitlines()[0].startswith("+ create     cli.articles.raw: 4 partitions, replication 1")
    applied = streams("topics", "apply", "--json", **where)
    assert applied.returncode == 0
    assert [json.loads(line)["topic"] for line in applied.stdout.splitlines()] == [
        topic.full_name("cli") for topic in TOPICS
    ]
    again = streams("topics", "plan", **where)
    assert (again.returncode, again.stdout) == (0, "")
    assert "nothing to do" in again.stderr
    more = streams("topics", "apply", STREAMS_PARTITIONS="8", **where)
    assert more.returncode == 1
    assert more.stdout.startswith("! partitions cli.articles.raw: has 4 partitions")


def test_topics_list_is_the_table_and_asks_no_broker() -> None:
    done = streams("topics", "list", "--json", STREAMS_BROKER="kafka://127.0.0.1:1", STREAMS_TOPIC_PREFIX="cli")
    assert done.returncode == 0
    rows = {row.pop("topic"): row for row in map(json.loads, done.stdout.splitlines())}
    assert list(rows) == [topic.full_name("cli") for topic in TOPICS]
    assert rows["cli.articles.tagged"] == {
        "record": "TaggedArticle",
        "key": "language",
        "written_by": ["tag"],
        "read_by": ["cluster"],
    }
    shown = streams("topics", "list").stdout.splitlines()
    assert "news.articles.tagged: TaggedArticle by language; tag → cluster" in shown


def test_topics_without_a_broker() -> None:
    done = streams("topics", "apply", STREAMS_BROKER=f"kafka://127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no Kafka broker answers at 127.0.0.1:")
    assert len(done.stderr.splitlines()) == 1


def test_waiting_is_told() -> None:
    where = {"STREAMS_BROKER": f"kafka://127.0.0.1:{free_port()}", "STREAMS_WAIT_FOR_BROKER": "0.3"}
    done = streams("topics", "plan", **where)
    assert done.returncode == 1
    assert "trying again (for 0 s more)" in done.stderr
