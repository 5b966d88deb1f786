"""CPU-bound work off the event loop: a process pool that outlives its workers.

An item that kills or hangs its worker must not condemn its batch: a batch that fails as a whole is tried again one
item at a time, and only the item that fails alone is a ``Failed``.
"""

from __future__ import annotations

import asyncio
import logging
import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from streams.agents.process import end_with_parent

Item = TypeVar("Item")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

#: How often an item is tried whose worker died, and the seconds before the second try; doubled for the third.
_ATTEMPTS = 3
_BACKOFF = 0.25

#: Work on a whole batch; the same length and order comes back.
Work = Callable[[list[Item]], list[Result]]


@dataclass(frozen=True, slots=True)
class Failed:
    """An item whose work raised, died or hung: the exception's class name and message, and how often it was tried.

    ``since`` is when it failed first, in seconds since the epoch; it does not count in comparisons.
    """

    error: str
    message: str
    attempts: int = 1
    since: float | None = field(default=None, compare=False)


class Pool(Generic[Item, Result]):
    """``workers`` processes, each of which calls ``factory`` once and then works batch after batch.

    ``factory`` and items are pickled (spawned processes share nothing). ``timeout`` is in seconds for one item.
    """

    def __init__(
        self,
        factory: Callable[[], Work[Item, Result]],
        *,
        workers: int = 1,
        timeout: float = 60.0,
        on_restart: Callable[[], None] = lambda: None,
    ) -> None:
        self._factory = factory
        self._workers = workers
        self._timeout = timeout
        self._on_restart = on_restart
        self._executor: ProcessPoolExecutor | None = None

    async def warm(self) -> None:
        """Start the workers and load what they need; raises whatever ``factory`` raised."""
        await asyncio.gather(*(self._submit([]) for _ in range(self._workers)))

    async def run(self, items: Sequence[Item]) -> list[Result | Failed]:
        """The results in the order of ``items``; an item that failed gives a ``Failed``."""
        size = -(-len(items) // self._workers) if items else 0
        chunks = [list(items[at : at + size]) for at in range(0, len(items), size)] if size else []
        done = await asyncio.gather(*(self._chunk(chunk) for chunk in chunks))
        return [result for chunk in done for result in chunk]

    async def _chunk(self, items: list[Item]) -> list[Result | Failed]:
        if len(items) > 1:
            try:
                return list(await self._submit(items))
            except Exception as error:
                logger.warning("a batch of %d failed (%s): trying its items one by one", len(items), error)
        return [await self._single(item) for item in items]

    async def _single(self, item: Item) -> Result | Failed:
        """One item's result. A dead worker may be chance (out of memory, a stray kill) and is tried again; what the
        work itself raises, or an item that takes too long, would be the same again."""
        since: float | None = None
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return (await self._submit([item]))[0]
            except Exception as error:
                since = since or time.time()
                passing = isinstance(error, BrokenExecutor)
                if not passing or attempt == _ATTEMPTS:
                    return _failure(error, attempt, since)
                await asyncio.sleep(_BACKOFF * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    async def _submit(self, items: list[Item]) -> list[Result]:
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_start,
                initargs=(self._factory, os.getpid()),
            )
        executor = self._executor
        future = asyncio.get_running_loop().run_in_executor(executor, _work, items)
        # A batch as a whole gets the time of one item and a little more for each further one; a batch that needs
        # longer is tried again item by item, each with its full time. The first call loads the models.
        limit = self._timeout * (1 + 0.1 * max(0, len(items) - 1)) if items else None
        try:
            done, error = await asyncio.wait_for(future, limit)
        except (BrokenExecutor, TimeoutError):
            if self._executor is executor:
                self.kill()
                self._on_restart()
            raise
        if error is not None:
            raise WorkError(*error)
        return done

    def kill(self) -> None:
        """End the workers at once, whatever they do; the next ``run`` starts new ones."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        # The executor has no public way to end a worker that hangs before Python 3.14.
        for process in list((getattr(executor, "_processes", None) or {}).values()):
            process.kill()
        executor.shutdown(wait=False, cancel_futures=True)

    def close(self) -> None:
        """Let the workers finish and go."""
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None


class WorkError(Exception):
    """The work itself raised: class name and message of what it raised, with its traceback as text."""

    def __init__(self, error: str, message: str, trace: str) -> None:
        super().__init__(message)
        self.error, self.trace = error, trace


def _failure(error: Exception, attempts: int, since: float) -> Failed:
    if isinstance(error, WorkError):
        return Failed(error.error, str(error), attempts, since)
    if isinstance(error, TimeoutError):
        return Failed("TimeoutError", "the item took longer than STREAMS_ARTICLE_TIMEOUT", attempts, since)
    return Failed(type(error).__name__, str(error) or "the worker process died", attempts, since)


_batch_work: Any = None
_start_error: tuple[str, str, str] | None = None


def _start(factory: Callable[[], Work[Item, Result]], parent: int) -> None:
    global _batch_work, _start_error
    # The parent decides when to stop; Ctrl-C on a terminal reaches the whole process group.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent(signal.SIGKILL, parent)
    try:
        _batch_work = factory()
    except Exception as error:
        # Raised in an initializer it would only be seen as a broken pool.
        _start_error = (type(error).__name__, str(error), traceback.format_exc())


def _work(items: list[Any]) -> tuple[list[Any], tuple[str, str, str] | None]:
    if _start_error is not None:
        return [], _start_error
    try:
        return (_batch_work(items) if items else []), None
    except Exception as error:
        return [], (type(error).__name__, str(error), traceback.format_exc())
