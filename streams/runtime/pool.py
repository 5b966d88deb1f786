"""CPU-bound work off the event loop: processes that may be killed at any moment, and a batch that outlives them.

Each worker process has a pipe of its own and one small batch in hand, so what it had in hand when it died or hung is
known, and nobody else's work is lost with it. A small batch that fails is tried again item by item; only an item that
fails alone is a ``Failed``. Libraries that offer pools with time-outs work item by item, which a tagger that is fast on
batches cannot afford, and bound no memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from streams.runtime.pool_process import PoolProcess, WorkerDiedError, WorkError

__all__ = ["Failed", "Pool", "Work", "WorkError", "WorkerDiedError"]

Item = TypeVar("Item")
Result = TypeVar("Result")

logger = logging.getLogger(__name__)

#: How often an item is tried whose worker died, and the seconds before the second try; doubled for the third.
_ATTEMPTS = 3
_BACKOFF = 0.25
#: Items that a worker gets at once. Batches larger than this made the tagger no faster worth naming.
_SUB_BATCH = 8
#: Seconds that a worker may take to load its models: they take 2 to 10 here, several times that on a busy machine.
_START_SECONDS = 180.0

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

    ``factory`` and items are pickled (spawned processes share nothing). ``timeout`` is in seconds for one item: a run
    of n items takes at most (n + 1) times that, and what starting workers anew takes. ``memory`` is in bytes for one
    worker's data (None: no limit); an item that passes it fails with MemoryError, or with the death of its worker.
    """

    def __init__(
        self,
        factory: Callable[[], Work[Item, Result]],
        *,
        workers: int = 1,
        timeout: float = 20.0,
        memory: int | None = None,
        on_restart: Callable[[], None] = lambda: None,
        on_worked: Callable[[float], None] = lambda _: None,
    ) -> None:
        self._timeout = timeout
        self._on_restart, self._on_worked = on_restart, on_worked
        self._workers = [PoolProcess(factory, memory) for _ in range(workers)]
        self._threads: ThreadPoolExecutor | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        #: When an item was last finished, failed ones included (``time.monotonic``): the watchdog's proof of life.
        self.progress_at: float | None = None

    async def warm(self) -> None:
        """Start the workers and load what they need; raises whatever ``factory`` raised."""
        try:
            await asyncio.gather(*(self._ready(worker) for worker in self._workers))
        except _NotStartedError as error:
            raise error.cause from None

    async def run(self, items: Sequence[Item]) -> list[Result | Failed]:
        """The results in the order of ``items``; an item that failed gives a ``Failed``.

        Raises:
            WorkError, WorkerDiedError: a worker cannot start at all, which is no item's fault.
        """
        if not items:
            return []
        run: _Run[Item, Result] = _Run(items, -(-len(items) // len(self._workers)))
        self._idle.clear()
        drivers = [asyncio.ensure_future(self._drive(worker, run)) for worker in self._workers]
        try:
            await asyncio.gather(*drivers)
        finally:
            for driver in drivers:
                driver.cancel()
            self._idle.set()
        return [run.results[index] for index in range(len(items))]

    async def _drive(self, worker: PoolProcess, run: _Run[Item, Result]) -> None:
        """Let one worker take from the run's queue until nothing is left."""
        while run.queue:
            indexes = run.queue.popleft()
            began = time.monotonic()
            try:
                await self._ready(worker)
                done = await self._call(worker, [run.items[index] for index in indexes], self._timeout)
            except _NotStartedError as error:
                raise error.cause from None
            except Exception as error:
                pause = run.failed(indexes, error)
                await asyncio.sleep(pause)
            else:
                run.results.update(zip(indexes, done, strict=True))
            now = time.monotonic()
            self._on_worked(now - began)
            if indexes[0] in run.results:
                self.progress_at = now

    async def _ready(self, worker: PoolProcess) -> None:
        """A worker that has loaded what it needs. A death while loading may be chance, and is tried again."""
        for attempt in range(1, _ATTEMPTS + 1):
            if worker.ready:
                return
            try:
                worker.start()
                await self._call(worker, None, _START_SECONDS)
            except Exception as error:
                worker.kill()
                if not isinstance(error, WorkerDiedError) or attempt == _ATTEMPTS:
                    raise _NotStartedError(error) from error
                await asyncio.sleep(_BACKOFF * 2 ** (attempt - 1))
            else:
                worker.ready = True

    async def _call(self, worker: PoolProcess, items: list[Item] | None, limit: float) -> list[Result]:
        """What the worker answers to ``items`` (None: whether it has started) within ``limit`` seconds."""
        if self._threads is None:
            self._threads = ThreadPoolExecutor(len(self._workers), thread_name_prefix="pool")
        future = asyncio.get_running_loop().run_in_executor(self._threads, worker.exchange, items)
        try:
            await asyncio.wait({future}, timeout=limit)
        except asyncio.CancelledError:
            # Whoever waited has gone: the thread must not wait on, nor the next batch get this one's answer.
            worker.kill()
            future.add_done_callback(lambda gone: gone.exception())
            raise
        late = not future.done()
        if late:
            worker.kill()
        try:
            return await future
        except WorkError as error:
            # What was allocated may still be held by whatever was under way.
            if error.error == "MemoryError":
                self._restart(worker)
            raise
        except WorkerDiedError:
            if items is not None:
                self._restart(worker)
            if late:
                raise TimeoutError(f"took longer than {limit:g} s") from None
            raise

    def _restart(self, worker: PoolProcess) -> None:
        worker.kill()
        self._on_restart()

    def kill(self) -> None:
        """End the workers at once, whatever they do; the next ``run`` starts new ones."""
        for worker in self._workers:
            worker.kill()
        if self._threads is not None:
            self._threads.shutdown(wait=True)
            self._threads = None

    async def close(self) -> None:
        """Let the batch in hand finish, for as long as one item may take, and end the workers."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), self._timeout)
        self.kill()

    @property
    def pids(self) -> list[int]:
        """The processes at work."""
        return [worker.pid for worker in self._workers if worker.pid is not None]


class _NotStartedError(Exception):
    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class _Run(Generic[Item, Result]):
    """One call of ``run``: what is still to do, what is done, and how often each item was tried."""

    def __init__(self, items: Sequence[Item], share: int) -> None:
        self.items = items
        self.results: dict[int, Result | Failed] = {}
        size = min(_SUB_BATCH, share)
        everything = range(len(items))
        self.queue = deque(list(everything[at : at + size]) for at in range(0, len(items), size))
        self._tries: dict[int, int] = {}
        self._since: dict[int, float] = {}

    def failed(self, indexes: list[int], error: Exception) -> float:
        """Note a failure; the seconds to wait before the next try.

        A batch says nothing about its items. Once one has failed, the rest of the run goes item by item as well:
        where one item hangs there are often more, and each batch of them would cost its time on top of theirs.
        """
        if len(indexes) > 1:
            # What an item's work says may be the article's words; what became of the process is ours.
            told = error.error if isinstance(error, WorkError) else error
            logger.warning("a batch of %d failed (%s): trying items one by one", len(indexes), told)
            waiting = [*indexes, *(index for batch in self.queue for index in batch)]
            self.queue = deque([index] for index in waiting)
            return 0.0
        (index,) = indexes
        tries = self._tries[index] = self._tries.get(index, 0) + 1
        since = self._since.setdefault(index, time.time())
        # A dead worker may be chance (out of memory, a stray kill). What the work itself raises, or an item that takes
        # too long, would be the same again.
        if isinstance(error, WorkerDiedError) and tries < _ATTEMPTS:
            self.queue.appendleft([index])
            return float(_BACKOFF * 2 ** (tries - 1))
        self.results[index] = _failure(error, tries, since)
        return 0.0


def _failure(error: Exception, attempts: int, since: float) -> Failed:
    if isinstance(error, WorkError):
        return Failed(error.error, str(error), attempts, since)
    if isinstance(error, TimeoutError):
        return Failed("TimeoutError", "the item took longer than STREAMS_ARTICLE_TIMEOUT", attempts, since)
    if isinstance(error, WorkerDiedError):
        return Failed("WorkerDied", str(error), attempts, since)
    return Failed(type(error).__name__, str(error), attempts, since)
