"""An environment of their own for peers whose dependencies are not ours: theirs first, then everything of this one."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
import venv
from hashlib import sha256
from pathlib import Path

_ROOT = Path(__file__).parents[1]
_FOLDER = _ROOT / "var" / "peers"
#: Pinned, with hashes.
PINS = Path(__file__).with_name("requirements-peers.txt")


def python() -> str | None:
    """The Python that runs a peer; made where it is missing or of other pins. None where it cannot be (no network)."""
    interpreter = _FOLDER / "bin" / "python"
    stamp, pins = _FOLDER / "pins", sha256(PINS.read_bytes() + sys.version.encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == pins:
        return str(interpreter)
    venv.create(_FOLDER, clear=True, with_pip=True)
    command = [str(interpreter), "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "-r", str(PINS)]
    if subprocess.run(command, stdout=sys.stderr, check=False, timeout=300).returncode:
        return None
    theirs = sysconfig.get_path("purelib", vars={"base": str(_FOLDER), "platbase": str(_FOLDER)})
    # What such a file names comes after the environment's own.
    (Path(theirs) / "ours.pth").write_text(f"{_ROOT}\n{sysconfig.get_path('purelib')}\n")
    stamp.write_text(pins)
    return str(interpreter)
