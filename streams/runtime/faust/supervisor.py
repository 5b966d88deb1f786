"""Several stages under one parent: one process each, restarted when they fail, stopped together."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from streams.contracts.records import Stage
from streams.runtime.process import BROKER_AWAY, HOPELESS

logger = logging.getLogger(__name__)

#: A stage that ran this long was well; its next failure counts as the first.
_WELL_AFTER = 60.0
#: Failures in a row, each soon after its start, that say the stage cannot work.
_MAX_RESTARTS = 5
#: Longest pause while no broker answers: it may be away for hours, and is wanted back soon once it is there.
_LONGEST_PAUSE = 30.0


@dataclass
class _Child:
    stage: Stage
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    waits: int = 0
    restart_at: float | None = None


@dataclass
class Supervisor:
    """Runs ``streams worker STAGE`` once for each stage.

    ``env`` is added to the children's environment; what they write to stderr goes to the file ``log``, else to ours.
    ``grace`` is in seconds: what a stage gets to finish its batch and commit before it is killed. ``reachable`` tells
    whether a broker answers; while none does, a stage that ends is started again for ever, and that is no failure.
    """

    stages: Sequence[Stage]
    env: dict[str, str] | None = None
    http_port: int = 0
    log: Path | None = None
    grace: float = 30.0
    reachable: Callable[[], bool] = lambda: True
    _children: list[_Child] = field(default_factory=list)
    _stopping: bool = False

    def start(self) -> None:
        for index, stage in enumerate(self.stages):
            port = str(self.http_port + index if self.http_port else 0)
            command = [
                sys.executable,
                "-m",
                "streams",
                "worker",
                stage,
                "--http-port",
                port,
                "--parent",
                str(os.getpid()),
            ]
            child = _Child(stage, command)
            self._children.append(child)
            self._launch(child)

    def run(self) -> int:
        """Start the stages and watch them until SIGTERM or SIGINT; the exit code: 0 stopped, 1 a stage gave up."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self.start()
        gave_up = False
        while not self._stopping and not gave_up:
            gave_up = not self.check()
            time.sleep(0.2)
        self.stop()
        return 1 if gave_up else 0

    def check(self) -> bool:
        """Restart what has failed, with growing pauses (1, 2, 4, … s); False once one failed too often or for good."""
        for child in self._children:
            now = time.monotonic()
            if child.restart_at is not None:
                if now >= child.restart_at:
                    self._launch(child)
                continue
            code = child.process.poll() if child.process else None
            if code is None:
                continue
            if code == HOPELESS:
                logger.error("%s ended for the reason above, which no start will mend: giving up", child.stage)
                return False
            if code != 0 and (code == BROKER_AWAY or not self.reachable()):
                self._wait_for_broker(child, now)
                continue
            child.waits = 0
            child.failures = 1 if now - child.started > _WELL_AFTER else child.failures + 1
            if child.failures > _MAX_RESTARTS:
                logger.error("%s has failed %d times in a row: giving up", child.stage, child.failures)
                return False
            pause = 2.0 ** (child.failures - 1)
            logger.warning("%s ended with exit code %d; starting it again in %.0f s", child.stage, code, pause)
            child.restart_at = now + pause
        return True

    def _wait_for_broker(self, child: _Child, now: float) -> None:
        child.waits = 1 if now - child.started > _WELL_AFTER else child.waits + 1
        pause = min(_LONGEST_PAUSE, 2.0 ** (child.waits - 1))
        logger.warning("%s ended because no broker answers or can write; trying again in %.0f s", child.stage, pause)
        child.restart_at = now + pause

    def stop(self) -> None:
        """Ask every stage to finish, and kill what has not gone after the grace period."""
        running = [child.process for child in self._children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + self.grace
        for process in running:
            try:
                process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                logger.error("process %d did not stop within %.0f s: killing it", process.pid, self.grace)
                process.kill()
                process.wait()

    def _launch(self, child: _Child) -> None:
        child.restart_at = None
        child.started = time.monotonic()
        with ExitStack() as stack:
            log = stack.enter_context(self.log.open("ab")) if self.log else None
            child.process = subprocess.Popen(
                child.command,
                env={**os.environ, **(self.env or {})},
                # A group of its own: Ctrl-C on the terminal is ours to pass on, once and in order.
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=sys.stderr if log is None else log,
                stderr=log,
            )

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        del number, frame
        self._stopping = True
