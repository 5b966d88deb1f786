"""One process of a pool, and the pipe to it: ask, wait for the answer, kill."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import logging
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from streams.runtime.process import end_with_parent

#: Characters kept of what an exception says: it goes into a header.
_MESSAGE_LIMIT = 1000


class WorkError(Exception):
    """The work itself raised: class name and message of what it raised, with its traceback as text."""

    def __init__(self, error: str, message: str, trace: str) -> None:
        super().__init__(message)
        self.error, self.trace = error, trace


class WorkerDiedError(Exception):
    """The worker process ended before it answered."""


class PoolProcess:
    """A worker process. ``exchange`` blocks its thread; ``kill`` from any other ends the wait."""

    def __init__(self, factory: Callable[[], Any], memory: int | None) -> None:
        self._factory, self._memory = factory, memory
        self._process: BaseProcess | None = None
        self._pipe: Connection | None = None
        #: Whether it has said that it loaded what it needs.
        self.ready = False

    def start(self) -> None:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(theirs, self._factory, self._memory, os.getpid()), name="pool", daemon=True
        )
        process.start()
        # Ours would keep the pipe open after the process's death, which is what tells us of it.
        theirs.close()
        self._process, self._pipe = process, ours

    def exchange(self, items: list[Any] | None) -> list[Any]:
        """Send ``items`` and wait for the results; None sends nothing and waits for the word that it has started.

        Raises:
            WorkError: the work raised.
            WorkerDiedError: the process is gone, or is killed meanwhile.
        """
        pipe, process = self._pipe, self._process
        if pipe is None or process is None:
            raise WorkerDiedError("the worker process is gone")
        try:
            if items is not None:
                pipe.send(items)
            done, error = pipe.recv()
        except (EOFError, OSError):
            process.join(1)
            raise WorkerDiedError(f"the worker process died{_how(process.exitcode)}") from None
        if error is not None:
            raise WorkError(*error)
        if items is not None and len(done) != len(items):
            raise WorkError("ValueError", f"{len(done)} results for {len(items)} items", "")
        return list(done)

    def kill(self) -> None:
        """End the process at once. The pipe is not closed under a thread that may be reading: it ends by itself."""
        process, self._process, self._pipe, self.ready = self._process, None, None, False
        if process is not None:
            process.kill()
            process.join(5)

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None


def _how(code: int | None) -> str:
    if code is None:
        return ""
    if code >= 0:
        return f" with exit code {code}"
    with contextlib.suppress(ValueError):
        return f" of {signal.Signals(-code).name}"
    return f" of signal {-code}"


def _serve(pipe: Connection, factory: Callable[[], Any], memory: int | None, parent: int) -> None:
    # The parent decides when to stop; Ctrl-C on a terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(signal.SIGKILL, parent)
    # Libraries would tell of the article in hand, in its words and outside of our log lines. What fails is a result.
    logging.disable()
    if memory is not None:
        limit_memory(memory)
    try:
        work = factory()
    except Exception as error:
        pipe.send(([], _told(error)))
        return
    _settle()
    pipe.send(([], None))
    with contextlib.suppress(EOFError, OSError):
        while True:
            items = pipe.recv()
            answer: tuple[list[Any], tuple[str, str, str] | None]
            try:
                answer = (work(items), None)
            except Exception as error:
                answer = ([], _told(error))
            try:
                pipe.send(answer)
            except (OSError, EOFError):
                raise
            except Exception as error:
                # What cannot be pickled was not sent at all.
                pipe.send(([], _told(error)))


def _settle() -> None:
    """What was loaded stays: no full collection need walk it again; and what loading took besides is given back (glibc
    keeps it: measured, 16 of a tagger's 130 MiB)."""
    gc.collect()
    gc.freeze()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def limit_memory(size: int) -> None:
    """Bound this process's data, anonymous mappings included (Linux 4.7; elsewhere the heap at most).

    Not its address space: models are mapped and threads reserve stacks that nobody uses.
    """
    if sys.platform == "win32":
        return
    import resource

    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    limit = size if hard == resource.RLIM_INFINITY else min(size, hard)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def _told(error: Exception) -> tuple[str, str, str]:
    return type(error).__name__, str(error)[:_MESSAGE_LIMIT], traceback.format_exc(limit=20)
