"""`streams doctor` on machines that are broken in one way each: it names it, says what mends it, and exits with 1.

Broken clusters are in ``tests/integration/test_doctor_kafka.py``.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from streams.cli import cli
from streams.ops import diagnosis
from streams.settings import load

Patch = pytest.MonkeyPatch


def findings(**settings: object) -> dict[str, diagnosis.Finding]:
    return {each.check: each for each in diagnosis.on_this_machine(load(**settings))}


def test_a_machine_that_is_well(tmp_path: Path) -> None:
    found = findings(data_dir=tmp_path / "new" / "folder")
    assert set(found) == {"settings", "python", "files", "data", "memory", "models"}
    assert {each.check: each for each in found.values() if each.verdict == "BAD"} == {}
    assert all(each.fix == "" for each in found.values() if each.verdict == "ok")


class Machine(NamedTuple):
    patch: Patch
    folder: Path


def few_files(machine: Machine) -> dict[str, object]:
    machine.patch.setattr(resource, "getrlimit", lambda _: (256, 4096))
    return {}


def few_files_for_good(machine: Machine) -> dict[str, object]:
    machine.patch.setattr(resource, "getrlimit", lambda _: (256, 256))
    return {}


def a_file_for_a_folder(machine: Machine) -> dict[str, object]:
    (machine.folder / "data").write_text("")
    return {"data_dir": machine.folder / "data" / "streams"}


def not_our_folder(machine: Machine) -> dict[str, object]:
    # Root may write anywhere: what the system would say to others is said here.
    machine.patch.setattr(os, "access", lambda *_: False)
    return {"data_dir": machine.folder}


def a_full_disk(machine: Machine) -> dict[str, object]:
    machine.patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    return {"data_dir": machine.folder}


def a_disk_that_fills(machine: Machine) -> dict[str, object]:
    machine.patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=700_000_000))
    return {"data_dir": machine.folder}


def a_pool_beyond_memory(machine: Machine) -> dict[str, object]:
    del machine
    return {"pool_workers": 256, "pool_memory": 65_536}


def no_weights(machine: Machine) -> dict[str, object]:
    return {"ner_backend": "spacy-md", "models_dir": machine.folder}


def no_such_backend(machine: Machine) -> dict[str, object]:
    del machine
    return {"ner_backend": "oracle"}


@pytest.mark.parametrize(
    ("break_it", "check", "verdict", "said", "fix"),
    [
        (few_files, "files", "BAD", "256 open files at most", "ulimit -n 1024"),
        (few_files_for_good, "files", "BAD", "256 open files", "LimitNOFILE"),
        (a_file_for_a_folder, "data", "BAD", "is no folder", "STREAMS_DATA_DIR"),
        (not_our_folder, "data", "BAD", "cannot be written", "give this user the folder"),
        (a_full_disk, "data", "BAD", "1 MB free", "make room"),
        (a_disk_that_fills, "data", "warn", "700 MB free", "make room"),
        (a_pool_beyond_memory, "memory", "warn", "a stage may take", "STREAMS_POOL_WORKERS"),
        (no_weights, "models", "BAD", "weights are not in", "streams models install"),
        (no_such_backend, "models", "BAD", "oracle", "STREAMS_NER_BACKEND"),
    ],
)
def test_what_is_broken_is_named_with_what_mends_it(
    break_it: Callable[[Machine], dict[str, object]],
    check: str,
    verdict: str,
    said: str,
    fix: str,
    monkeypatch: Patch,
    tmp_path: Path,
) -> None:
    found = findings(**break_it(Machine(monkeypatch, tmp_path)))
    assert found[check].verdict == verdict
    assert said in found[check].detail
    assert fix in found[check].fix
    others = {each.check for each in found.values() if each.verdict == "BAD"} - {check}
    assert others == set()


def test_a_port_that_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        if port > 65_533:
            pytest.skip("three ports from there on would be too many")
        found = findings(http_port=port)["ports"]
    assert found.verdict == "warn"
    assert str(port) in found.detail
    assert "STREAMS_HTTP_PORT" in found.fix


def doctor(*arguments: str, **env: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli, ["doctor", *arguments], env=env)
    return done.exit_code, done.stdout


@pytest.mark.parametrize(
    ("env", "check", "said"),
    [
        ({"STREAMS_BATCH_SIZE": "many"}, "settings", "STREAMS_BATCH_SIZE='many' cannot work"),
        ({"STREAMS_SASL_PASSWORD_FILE": "/nowhere/password"}, "settings", "STREAMS_SASL_PASSWORD_FILE"),
        ({"STREAMS_SECURITY_PROTOCOL": "SASL_SSL"}, "settings", "STREAMS_SASL_MECHANISM"),
        ({"STREAMS_SECURITY_PROTOCOL": "SSL", "STREAMS_SSL_CA": "/nowhere/ca.pem"}, "settings", "STREAMS_SSL_CA"),
        ({"STREAMS_WATCHDOG_LIMIT": "10"}, "settings", "STREAMS_ARTICLE_TIMEOUT"),
        ({"STREAMS_BROKER": "kafka://127.0.0.1:1"}, "broker", "127.0.0.1:1"),
        ({"STREAMS_BROKER": "kafka://no-such-host.invalid:9092"}, "broker", "no-such-host.invalid"),
    ],
)
def test_it_ends_with_1_and_says_why(env: dict[str, str], check: str, said: str) -> None:
    code, out = doctor(**env)
    assert code == 1
    assert f"BAD  {check}" in out
    assert said in out
    assert "→" in out
    code, out = doctor("--json", **env)
    assert code == 1
    rows: list[dict[str, Any]] = json.loads(out)
    (row,) = (each for each in rows if not each["ok"])
    assert row["check"] == check
    assert row["fix"]
    assert set(row) == {"check", "ok", "warning", "detail", "fix"}
