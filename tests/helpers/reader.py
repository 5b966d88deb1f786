"""A reader who does what a page says: one shell, the page's commands in order, what stays up beside the others."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from streams.contracts.topology import STAGES

Found = TypeVar("Found")

#: Seconds that a command may take, or what stays up to say that it is.
_PATIENCE = 180.0
#: Commands that stay up, and what they say then.
STAYS = {
    "streams broker": r"^127\.0\.0\.1:\d+$",
    "streams worker": rf"^running {', '.join(STAGES)} on |ready to take records",
    "streams notify": "^sending alerts ",
    "streams follow": "^following ",
    "streams demo --world": "^Staying up ",
    "streams dashboard": r"^dashboard on http://127\.0\.0\.1:\d+/ \(Ctrl-C stops\)$",
}


class Reader:
    """In ``folder``, with ``path`` first on the PATH. What is run must end with 0 and without a traceback."""

    def __init__(self, folder: Path, *path: Path) -> None:
        self._folder = folder
        ours = (*path, Path(sys.executable).parent)
        bare = {name: value for name, value in os.environ.items() if not name.startswith("STREAMS_")}
        self.env = bare | {"PATH": os.pathsep.join(map(str, (*ours, os.environ["PATH"])))}
        self._up: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}

    def run(self, command: str, *, code: int = 0) -> str:
        """Run it and return what it said; what it exports stays."""
        told = self._folder / "environment"
        script = f"{command}\nended=$?\nenv -0 > {told}\nexit $ended"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script], cwd=self._folder, env=self.env, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=_PATIENCE, check=False,
        )  # fmt: skip
        said = done.stdout + done.stderr
        assert done.returncode == code, f"{command} ended with {done.returncode}: {said[-3000:]}"
        assert "Traceback" not in said, f"{command}: {said[-3000:]}"
        pairs = (pair.partition("=") for pair in told.read_text().split("\0") if pair)
        self.env = {name: value for name, _, value in pairs}
        return said

    def keep_up(self, command: str) -> str:
        """Start what stays up, wait until it says that it is, and return that line."""
        (says,) = (says for name, says in STAYS.items() if command.startswith(name))
        log = self._folder / f"{len(self._up)}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {command}"], cwd=self._folder, env=self.env,
                stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                # Whoever runs the tests in the background may have them ignore Ctrl-C, and their children with them.
                preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
            )  # fmt: skip
        self._up[command] = process, log
        deadline = time.monotonic() + _PATIENCE
        while not (found := re.search(says, log.read_text(), re.MULTILINE)):
            waits = process.poll() is None and time.monotonic() < deadline
            assert waits, f"{command}: {log.read_text()[-3000:]}"
            time.sleep(0.2)
        return found[0]

    @property
    def up(self) -> list[str]:
        """What stays up, as it was called."""
        return list(self._up)

    @staticmethod
    def until(found: Callable[[], Found]) -> Found:
        """Wait for something to be found, and return it."""
        deadline = time.monotonic() + _PATIENCE
        while not (what := found()):
            assert time.monotonic() < deadline, "it did not come about"
            time.sleep(0.5)
        return what

    def end(self, command: str) -> None:
        """Stop what stays up, as Ctrl-C does."""
        process, log = self._up[command]
        process.send_signal(signal.SIGINT)
        ended = process.wait(_PATIENCE)
        del self._up[command]
        said = log.read_text()
        assert ended == 0, f"{command} ended with {ended}: {said[-3000:]}"
        assert "Traceback" not in said, f"{command}: {said[-3000:]}"

    @contextlib.contextmanager
    def session(self) -> Iterator[Reader]:
        """All that stays up is ended with the block, the last first."""
        try:
            yield self
            for command in [*reversed(self._up)]:
                self.end(command)
        finally:
            for process, _ in self._up.values():
                process.kill()
                process.wait()
