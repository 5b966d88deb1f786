"""Ties between processes: a child must not outlive a parent that was killed outright."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys

#: Exit code of a stage that ends because no broker answers or can write (EX_TEMPFAIL of sysexits.h); no failure of it.
BROKER_AWAY = 75
#: Exit code of a stage that no start will help (EX_CONFIG of sysexits.h): state of a newer release, partitions added.
HOPELESS = 78
#: prctl(2): the signal that the kernel sends to this process when its parent dies.
_PR_SET_PDEATHSIG = 1


def end_with_parent(number: signal.Signals, parent: int | None = None) -> None:
    """Ask the kernel to send ``number`` to this process when its parent dies. Linux only; elsewhere nothing.

    ``parent`` is who the parent should be: if it has gone already, the signal is sent at once.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), number)
