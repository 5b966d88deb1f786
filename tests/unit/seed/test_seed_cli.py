"""`streams seed` as a person runs it, on the embedded broker where it needs one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from streams.kafka.local.embedded import EmbeddedBroker
from streams.kafka.local.process import free_port

COMMAND = [sys.executable, "-m", "streams", "seed"]


def seed(
    *arguments: str | Path, stdin: bytes = b"", broker: str = "127.0.0.1:1", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        check=False,
        env=os.environ | {"STREAMS_BROKER": f"kafka://{broker}"} | environment,
        timeout=60,
    )


def counts(done: subprocess.CompletedProcess[bytes]) -> tuple[int, int, int, int]:
    last = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, last["sent"], last["skipped"], last["rejected"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.txt").write_text("An article.")
    (tmp_path / "b.jsonl").write_text('{"content": "x", "id": "b1"}\n{"content": "x", "id": "b1"}\n{"content": 1}\n')
    (tmp_path / "c.png").write_text("no")
    return tmp_path


def test_a_dry_run_prints_what_would_be_sent_and_needs_no_broker(folder: Path) -> None:
    done = seed(folder, "--dry-run", "--json")
    assert counts(done) == (3, 2, 2, 1)
    first, second, summary = map(json.loads, done.stdout.splitlines())
    assert first.keys() == {"id", "key", "content_type", "bytes", "from"}
    assert (first["from"], second["from"]) == (f"{folder}/a.txt", f"{folder}/b.jsonl:1")
    assert (second["id"], second["key"]) == ("b1", "b1")
    assert summary["dry_run"] is True
    assert sum(summary["reasons"].values()) == 3
    said = done.stderr.decode()
    assert f"rejected {folder}/b.jsonl:3: Expected `str | null`, got `int` - at `$.content`" in said
    assert f"skipped {folder}/b.jsonl:2: the same as an earlier one (b1)" in said
    assert f"skipped {folder}/c.png: not a kind that is read" in said
    assert "2 would be sent" in said


def test_exit_codes_tell_all_from_some_from_none(tmp_path: Path) -> None:
    good, bad = b'{"content": "x"}\n', b'{"content": ""}\n'
    assert seed("-", "--dry-run", stdin=good).returncode == 0
    assert seed("-", "--dry-run", stdin=good + bad).returncode == 3
    assert seed("-", "--dry-run", stdin=bad).returncode == 1
    assert seed("-", "--dry-run", stdin=good + good).returncode == 0
    nothing = seed(tmp_path, "--dry-run")
    assert nothing.returncode == 0
    assert b"no article was found there" in nothing.stderr


@pytest.mark.parametrize("arguments", [[], ["/nowhere/at/all"], ["-", "-"], ["--idempotence", "maybe", "-"]])
def test_wrong_usage(arguments: list[str]) -> None:
    assert seed(*arguments).returncode == 2


def test_a_large_article_is_refused_with_the_setting() -> None:
    row = json.dumps({"content": "x" * 3000}).encode()
    done = seed("-", "--dry-run", stdin=row, STREAMS_MAX_ARTICLE_BYTES="2000")
    assert done.returncode == 1
    assert b"too large: an article may have 2000 bytes (STREAMS_MAX_ARTICLE_BYTES)" in done.stderr


def test_without_a_broker_it_is_one_sentence() -> None:
    done = seed("-", stdin=b'{"content": "x"}', broker=f"127.0.0.1:{free_port()}")
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: no Kafka broker answers at 127.0.0.1:")
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def embedded() -> Iterator[str]:
    """The bootstrap server of a broker with its topics."""
    with EmbeddedBroker() as broker:
        env = os.environ | {"STREAMS_BROKER": f"kafka://{broker.bootstrap}"}
        subprocess.run([sys.executable, "-m", "streams", "topics", "apply"], env=env, check=True, capture_output=True)
        yield broker.bootstrap


def test_missing_topics_are_named_with_the_remedy(embedded: str) -> None:
    done = seed("-", stdin=b'{"content": "x"}', broker=embedded, STREAMS_TOPIC_PREFIX="other")
    assert done.returncode == 1
    assert b"topics are missing (other.articles.raw)" in done.stderr
    assert b"streams topics apply" in done.stderr


def test_it_sends_and_counts(embedded: str, folder: Path) -> None:
    done = seed(folder, "--json", broker=embedded)
    assert counts(done) == (3, 2, 2, 1)
    assert b"2 sent" in done.stderr


def test_an_idempotent_producer_is_asked_of_a_broker_that_has_none(embedded: str) -> None:
    done = seed("-", "--idempotence", "on", stdin=b'{"content": "x"}', broker=embedded)
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: the broker failed after 0 articles were acknowledged")
    assert seed("-", "--idempotence", "off", stdin=b'{"content": "x"}', broker=embedded).returncode == 0


def test_a_slow_pipe_is_sent_as_it_comes_and_ctrl_c_ends_it(embedded: str) -> None:
    from streams.kafka.log_reader import LogReader
    from streams.settings import load

    env = os.environ | {"STREAMS_BROKER": f"kafka://{embedded}", "STREAMS_TOPIC_PREFIX": "slow"}
    subprocess.run([sys.executable, "-m", "streams", "topics", "apply"], env=env, check=True, capture_output=True)

    async def arrived() -> int:
        reader = LogReader(load(broker=f"kafka://{embedded}"))
        return sum([len(await reader.rows("slow.articles.raw", partition)) for partition in range(4)])

    import asyncio

    # Whoever runs the tests in the background may have them ignore Ctrl-C, and their children with them.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(
        [*COMMAND, "-"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=env, preexec_fn=heed
    ) as process:
        assert process.stdin is not None
        process.stdin.write(b'{"content": "x", "id": "first"}\n')
        process.stdin.flush()
        deadline = time.monotonic() + 20
        while asyncio.run(arrived()) == 0:
            assert time.monotonic() < deadline
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130


def test_a_folder_is_followed_until_a_signal_and_a_journal_knows_what_was_sent(embedded: str, tmp_path: Path) -> None:
    folder, journal = tmp_path / "in", tmp_path / "journal"
    folder.mkdir()
    (folder / "a.txt").write_text("First.")
    env = os.environ | {"STREAMS_BROKER": f"kafka://{embedded}"}
    command = [*COMMAND, str(folder), "--follow", "--journal", str(journal), "--json"]

    def noted(count: int) -> None:
        deadline = time.monotonic() + 30
        while not journal.exists() or journal.read_bytes().count(b"\n") < count:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as process:
        noted(1)
        (folder / "b.txt").write_text("Second.")
        noted(2)
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=20)
    assert (process.returncode, json.loads(said)["sent"]) == (0, 2)
    (folder / "c.txt").write_text("Third.")
    assert counts(seed(folder, "--journal", journal, "--json", broker=embedded)) == (0, 1, 0, 0)
    refused = seed("-", "--follow", broker=embedded)
    assert refused.returncode == 2
    assert b"--follow is for files and folders" in refused.stderr
