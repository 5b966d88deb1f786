"""A release is whole, one version, and the same bytes twice; the list of packages is that of the lock file."""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from module_at import ROOT, module_at

from streams import __version__

BILL = module_at("deploy/sbom.py")


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setitem(sys.modules, "sbom", BILL)
    module = module_at("deploy/release.py")
    monkeypatch.setattr(module, "DIST", tmp_path)
    return module


def test_every_locked_package_is_listed_with_hashes_and_a_licence() -> None:
    names = re.findall(r"^([\w.-]+)==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    components = BILL.sbom()["components"]
    # Some packages stand there twice, for different interpreters.
    assert [(each["name"], each["version"]) for each in components] == names
    listed = {each["name"]: each for each in components}
    for each in listed.values():
        assert each["externalReferences"][0]["hashes"], each["name"]
    unknown = [
        name for name, each in listed.items() if each.get("licenses", [{}])[0] == {"license": {"name": "unknown"}}
    ]
    assert unknown == []
    # Everything that is installed everywhere says what it is under.
    bare = [name for name, each in listed.items() if each["scope"] == "required" and "licenses" not in each]
    assert bare == []
    assert BILL.licence("orjson") == "MPL-2.0 AND (Apache-2.0 OR MIT)"
    assert BILL.licence("no-such-package") is None


def test_what_is_no_release_is_refused(release: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(release, "ROOT", tmp_path)
    monkeypatch.setattr(release, "git", lambda *_: b"")
    for head in ("Unreleased", __version__, f"{__version__} (soon)", "9.9.9 (2026-11-27)"):
        (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {head}\n")
        with pytest.raises(release.ReleaseError, match=f"call it {__version__}, with the day"):
            release.check()
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__} (2026-11-27)\n")
    release.check()
    monkeypatch.setattr(release, "git", lambda *_: b" M streams/metrics.py\n")
    with pytest.raises(release.ReleaseError, match="not committed"):
        release.check()
    (tmp_path / "kustomization.yaml").write_text("images:\n  - {name: news-streams, newTag: 9.9.9}\n")
    monkeypatch.setattr(release, "PRODUCTION", tmp_path / "kustomization.yaml")
    with pytest.raises(release.ReleaseError, match="another image"):
        release.check()


def test_this_is_ready_to_be_released_but_for_what_is_not_committed(release: Any, monkeypatch) -> None:
    monkeypatch.setattr(release, "git", lambda *_: b"")
    release.check()


def test_the_image_is_built_from_what_is_packed_and_packed_the_same_twice(release: Any, tmp_path: Path) -> None:
    digests = set()
    for _ in range(2):
        release.pack_image_context("1700000000")
        (packed,) = tmp_path.glob("*-image.tar.gz")
        digests.add(hashlib.sha256(packed.read_bytes()).hexdigest())
    assert len(digests) == 1
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed.read_bytes()))) as tar:
        names = tar.getnames()
    containerfile = (ROOT / "deploy" / "Containerfile").read_text()
    assert "deploy/Containerfile" in names
    for copied in re.findall(r"^COPY (?!--from)(.+) \S+$", containerfile, re.MULTILINE):
        for source in copied.split():
            assert any(name == source or name.startswith(f"{source}/") for name in names), source
    assert not any(name.startswith(("tests/", "docs/", ".git")) for name in names)
    release.write_checksums()
    (line,) = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert line == f"{digests.pop()}  {packed.name}"


def test_wheel_and_source_are_the_same_bytes_twice_and_work(release: Any, tmp_path: Path) -> None:
    release.build("1700000000")
    (source,) = tmp_path.glob("*.tar.gz")
    assert {path.name for path in tmp_path.iterdir()} == {f"news_streams-{__version__}-py3-none-any.whl", source.name}
    first = source.read_bytes()
    # This builds the wheel once more.
    release.prove("1700000000")
    release.build("1700000000", "-t", "sdist")
    assert source.read_bytes() == first
