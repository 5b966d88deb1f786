"""What the checks share: where things are, and running programs that may refuse or be missing."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
#: What is downloaded or built once: schemas, the image's layers and the like.
CACHE = ROOT / "var" / "verify"
_SECONDS = 900


class RefusedError(Exception):
    """A validator refused a file; the message is what it said."""


class MissingError(Exception):
    """A tool that the check needs cannot be had; the message says which, and how to get it."""


def need(program: str, how: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise MissingError(f"{program} is missing: {how}")
    return found


def run(*command: str | Path, cwd: Path = ROOT, given: bytes | None = None) -> str:
    """What a command printed; raises ``RefusedError`` where it fails."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, input=given, capture_output=True, timeout=_SECONDS, check=False
    )
    if done.returncode:
        raise RefusedError((done.stdout + done.stderr).decode(errors="replace").strip())
    return done.stdout.decode()


def go(*arguments: str | Path, given: bytes | None = None, module: Path = HERE) -> str:
    need("go", "Go 1.26 or newer")
    return run("go", *arguments, cwd=module, given=given)
