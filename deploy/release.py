"""`make release`: everything that a release is, in ``dist/``: the same bytes for the same commit.

The wheel and the source, what the image is built from, the list of its packages, checksums of all. The schemas of the
records are kept in ``docs/reference/schemas/VERSION``, for later releases to be compared with: commit them.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import sbom as bill

from streams import __version__

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
PRODUCTION = ROOT / "deploy" / "kubernetes" / "overlays" / "production" / "kustomization.yaml"


class ReleaseError(Exception):
    """Why this is no release; the message says what to do."""


def git(*arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=True).stdout


def check() -> None:
    """The version is told in the changelog with its date and run by the manifests; nothing is left uncommitted."""
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = re.search(r"^## (.+)$", changelog, re.MULTILINE)
    if newest is None or not re.fullmatch(rf"{re.escape(__version__)} \(\d{{4}}-\d\d-\d\d\)", newest[1]):
        raise ReleaseError(
            f"CHANGELOG.md begins with {newest and newest[1]}: call it {__version__}, with the day in brackets"
        )
    if f"newTag: {__version__}}}" not in PRODUCTION.read_text(encoding="utf-8"):
        raise ReleaseError(f"{PRODUCTION.name} of the production overlay runs another image than {__version__}")
    if git("status", "--porcelain").strip():
        raise ReleaseError("there are changes that are not committed")


def build(moment: str, *options: str, root: Path = ROOT, into: Path | None = None) -> None:
    """The wheel and the source."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": moment}
    command = [sys.executable, "-m", "hatchling", "build", *options, "-d", str(into or DIST)]
    subprocess.run(command, cwd=root, env=environment, check=True, stdout=subprocess.DEVNULL)


def prove(moment: str) -> None:
    """The wheel can be installed and is the program of this version; the source gives the same wheel."""
    (wheel,), (source,) = DIST.glob("news_streams-*.whl"), DIST.glob("news_streams-*.tar.gz")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        install = ["-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder / "installed")]
        subprocess.run([sys.executable, *install, str(wheel)], check=True)
        program = folder / "installed" / "bin" / "streams"
        environment = {**os.environ, "PYTHONPATH": str(folder / "installed")}
        said = subprocess.run(
            [sys.executable, str(program), "--version"], env=environment, capture_output=True, text=True, check=True
        ).stdout.strip()
        if said != f"streams, version {__version__}":
            raise ReleaseError(f"the wheel of {__version__} says: {said}")
        with tarfile.open(source) as tar:
            tar.extractall(folder, filter="data")
        build(moment, "-t", "wheel", root=folder / source.name.removesuffix(".tar.gz"), into=folder)
        if (folder / wheel.name).read_bytes() != wheel.read_bytes():
            raise ReleaseError("the source gives another wheel")


def pack_image_context(moment: str) -> None:
    """What `docker build -f deploy/Containerfile` needs, and nothing else: the files that .dockerignore lets in."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    wanted = [line[1:] for line in lines if line.startswith("!")]
    names = git("ls-files", "--", *wanted, ".dockerignore", "deploy/Containerfile").decode().split("\n")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name in sorted(filter(None, names)):
            info = tar.gettarinfo(ROOT / name, name)
            info.uid = info.gid = 0
            info.uname = info.gname = ""
            info.mtime = int(moment)
            info.mode = 0o755 if info.mode & 0o100 else 0o644
            with (ROOT / name).open("rb") as file:
                tar.addfile(info, file)
    target = DIST / f"news-streams-{__version__}-image.tar.gz"
    target.write_bytes(gzip.compress(packed.getvalue(), mtime=int(moment)))


def keep_schemas() -> None:
    schemas = ROOT / "docs" / "reference" / "schemas"
    kept = schemas / __version__
    kept.mkdir(exist_ok=True)
    for path in schemas.glob("*.json"):
        shutil.copyfile(path, kept / path.name)


def write_checksums() -> None:
    files = sorted(path for path in DIST.iterdir() if path.name != "SHA256SUMS")
    sums = "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files)
    (DIST / "SHA256SUMS").write_text(sums, encoding="utf-8")


def main() -> None:
    try:
        check()
        release()
    except ReleaseError as error:
        sys.exit(f"error: {error}")
    print((DIST / "SHA256SUMS").read_text(encoding="utf-8"), end="")


def release() -> None:
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    moment = git("log", "-1", "--format=%ct").decode().strip()
    build(moment)
    prove(moment)
    pack_image_context(moment)
    bom = json.dumps(bill.sbom(), indent=2, ensure_ascii=False) + "\n"
    (DIST / f"news-streams-{__version__}.cdx.json").write_text(bom, encoding="utf-8")
    keep_schemas()
    write_checksums()


if __name__ == "__main__":
    main()
