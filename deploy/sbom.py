"""What the image is made of: a CycloneDX 1.6 list of its packages with their hashes and licences.

``python deploy/sbom.py`` prints it; ``--licences`` prints names, versions and licences as a table. Packages and hashes
come from ``requirements.lock``, which is what the image installs; licences from the packages' own metadata, so it runs
where they are installed.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from streams import __version__

ROOT = Path(__file__).parents[1]
#: Classifiers' words for what SPDX calls otherwise; of those that our packages use and no newer field tells.
_SPDX = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}


@dataclass(frozen=True, slots=True)
class Locked:
    name: str
    version: str
    hashes: tuple[str, ...]
    #: For some systems or interpreters only.
    conditional: bool


def locked() -> list[Locked]:
    """The packages of the lock file."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    found = []
    for block in re.split(r"\n(?=[a-z0-9])", text):
        head = re.match(r"([\w.-]+)==([^\s;\\]+)([^\\\n]*)", block)
        if head:
            hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
            found.append(Locked(head[1], head[2], hashes, ";" in head[3]))
    return found


def licence(name: str) -> str | None:
    """What a package says of its licence; None where it is not installed."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return None
    if about.get("License-Expression"):
        return about["License-Expression"]
    told = [each.rsplit(" :: ", 1)[-1] for each in about.get_all("Classifier", []) if each.startswith("License ::")]
    named = sorted({_SPDX.get(each, each) for each in told if each != "OSI Approved"})
    # The older field may hold a whole licence: its first line is its name, if it is short.
    first = (about.get("License") or "").strip().splitlines()
    return " OR ".join(named) or (first[0][:60] if first else "unknown")


def sbom() -> dict[str, Any]:
    """The list as CycloneDX; the same for the same lock file and packages."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "news-streams",
                "version": __version__,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
        },
        "components": [_component(each) for each in locked()],
    }


def _component(package: Locked) -> dict[str, Any]:
    made: dict[str, Any] = {
        "type": "library",
        "name": package.name,
        "version": package.version,
        "purl": f"pkg:pypi/{package.name}@{package.version}",
        "scope": "optional" if package.conditional else "required",
        # One a file: a wheel for each system, and the source.
        "externalReferences": [
            {"type": "distribution", "url": f"pkg:pypi/{package.name}@{package.version}", "hashes": [
                {"alg": "SHA-256", "content": each} for each in package.hashes
            ]}
        ],
    }  # fmt: skip
    told = licence(package.name)
    return made | {"licenses": [{"license": {"name": told}}]} if told else made


def main() -> None:
    if sys.argv[1:] == ["--licences"]:
        for package in locked():
            print(f"{package.name:<32} {package.version:<14} {licence(package.name) or '(not on this system)'}")
        return
    print(json.dumps(sbom(), indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
