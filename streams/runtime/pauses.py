"""Whether this process stood still (stopped, swapped out, starved) for so long that its group may have gone on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

#: Looks within the time that counts as a pause.
_LOOKS = 20


class Pauses:
    """Knows of a pause before anybody has told this process that its session is over.

    A worker that wakes still has its old generation: for a moment it would go on with what it knew, and its state rows
    and snapshots, which are older than the other worker's by then, would stand last. A thread looks at the clock,
    since the loop may be busy with a batch for long, which is no pause.

    Example: ``pauses = Pauses(20.0)``, ``pauses.begin()`` with the first assignment, ``pauses.found()`` before writing.
    """

    def __init__(self, limit: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        """``limit`` in seconds: less than the session may last without a heartbeat."""
        self._limit, self._clock = limit, clock
        self._lock = threading.Lock()
        self._last: float | None = None
        self._found = False

    def begin(self) -> None:
        """Look from now on: what was before the process had partitions does not count. Once is enough."""
        with self._lock:
            if self._last is not None:
                return
            self._last = self._clock()
        threading.Thread(target=self._watch, name="pauses", daemon=True).start()

    def found(self) -> bool:
        """Whether there was a pause since ``begin``, also one that ends just now."""
        with self._lock:
            if self._last is None:
                return False
            now = self._clock()
            self._found = self._found or now - self._last > self._limit
            self._last = now
            return self._found

    def _watch(self) -> None:
        while True:
            time.sleep(self._limit / _LOOKS)
            self.found()
