"""A stage that the cluster refuses what it was allowed before ends at once, with one sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

from streams.runtime.process import HOPELESS

_CODE = """
import logging, sys
from aiokafka.errors import {error}
from streams.runtime.faust.worker import EndWhenRefused

logging.basicConfig(level={level!r}, stream=sys.stderr, format="%(levelname)s %(message)s")
for handler in logging.getLogger().handlers:
    handler.addFilter(EndWhenRefused("clean"))
try:
    raise {error}("news.articles.raw")
except {error} as error:
    logging.getLogger("faust.transport.consumer").exception("Drain messages raised: %r", error)
print("went on")
"""


def run(error: str, level: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", _CODE.format(error=error, level=level)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("error", ["TopicAuthorizationFailedError", "GroupAuthorizationFailedError"])
def test_a_refusal_in_the_log_ends_the_stage_with_one_sentence(error: str) -> None:
    done = run(error, "WARNING")
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("CRITICAL clean stops: the cluster does not let this client use")
    assert "news.articles.raw" in line


def test_with_debug_it_also_says_where() -> None:
    done = run("TopicAuthorizationFailedError", "DEBUG")
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert "DEBUG where it happened" in done.stderr


def test_other_errors_are_logged_as_ever() -> None:
    done = run("KafkaConnectionError", "WARNING")
    assert (done.returncode, done.stdout) == (0, "went on\n")
    assert "Drain messages raised" in done.stderr


@pytest.mark.parametrize(("error", "code"), [("NewerStateError('of version 2')", HOPELESS), ("ValueError('x')", 1)])
def test_state_of_a_newer_release_has_an_exit_code_of_its_own(error: str, code: int) -> None:
    source = (
        "from streams.runtime.faust.ending import die\nfrom streams.runtime.state import NewerStateError\n"
        f"die('cluster', {error})"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == code
    assert "cluster stops" in done.stderr
