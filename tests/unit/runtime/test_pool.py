"""A pool outlives its workers: items that raise, kill, hang or eat memory do not take their neighbours with them."""

from __future__ import annotations

import asyncio
import os
import signal
import time

import pytest

from streams.runtime.pool import Failed, Pool, WorkerDiedError, WorkError

MEMORY = 1 << 30


def doubling():
    def work(items):
        for item in items:
            if item == "raise":
                raise ValueError("no such luck")
            if item == "die":
                os._exit(3)
            if item == "slow":
                time.sleep(0.5)
            if item == "hang":
                time.sleep(60)
            if item == "eat":
                bytearray(4 * MEMORY)
        return [(lambda: None) if item == "unpicklable" else item * 2 for item in items]

    return work


def broken():
    raise FileNotFoundError("the model is missing")


def stillborn():
    os._exit(4)


def short():
    return lambda items: items[1:]


@pytest.fixture
def restarts():
    return []


@pytest.fixture(params=[1, 3])
async def pool(request, restarts):
    made = Pool(doubling, workers=request.param, timeout=1.5, memory=MEMORY, on_restart=lambda: restarts.append(1))
    yield made
    made.kill()


async def test_results_keep_their_order(pool):
    await pool.warm()
    items = [str(n) for n in range(40)]
    assert await pool.run(items) == [item * 2 for item in items]
    assert await pool.run([]) == []


async def test_an_item_that_raises_fails_alone(pool, restarts):
    assert await pool.run(["a", "raise", "c"]) == ["aa", Failed("ValueError", "no such luck"), "cc"]
    assert restarts == []


async def test_an_item_that_kills_its_worker_fails_alone(pool):
    first, dead, last = await pool.run(["a", "die", "c"])
    assert (first, last) == ("aa", "cc")
    assert dead == Failed("WorkerDied", "the worker process died with exit code 3", attempts=3)
    assert dead.since is not None


async def test_killers_hangers_eaters_and_innocents_in_one_batch(pool):
    """Whatever runs beside whatever else: each guilty item is named, and every innocent one has its result."""
    bad = {"die": "WorkerDied", "hang": "TimeoutError", "eat": "MemoryError", "raise": "ValueError"}
    items = [word for n in range(4) for word in (f"a{n}", f"b{n}", list(bad)[n], f"c{n}", f"d{n}")] + ["die", "last"]
    results = await pool.run(items)
    told = [each.error if isinstance(each, Failed) else each for each in results]
    assert told == [bad.get(item, item * 2) for item in items]


async def test_an_item_whose_worker_died_by_chance_is_tried_again(pool):
    await pool.warm()
    running = asyncio.ensure_future(pool.run(["slow"]))
    await asyncio.sleep(0.2)
    for pid in pool.pids:
        os.kill(pid, signal.SIGKILL)
    assert await running == ["slowslow"]


async def test_hanging_items_take_their_own_time_and_no_more_and_are_progress():
    pool = Pool(doubling, workers=1, timeout=0.5)
    try:
        await pool.warm()
        seen = []

        async def watch():
            while True:
                seen.append(pool.progress_at)
                await asyncio.sleep(0.1)

        watching = asyncio.ensure_future(watch())
        started = time.monotonic()
        results = await pool.run(["hang"] * 10)
        took = time.monotonic() - started
        watching.cancel()
        assert [each.error for each in results] == ["TimeoutError"] * 10
        assert len(set(seen)) > 8
        # 11 times 0.5 s, and ten starts of a process of some 0.3 s each with slack for a busy machine.
        assert took < 11 * 0.5 + 10 * 2.0
    finally:
        pool.kill()


async def test_a_result_that_cannot_be_sent_fails_alone(pool):
    first, bad, last = await pool.run(["a", "unpicklable", "c"])
    assert (first, last) == ("aa", "cc")
    assert isinstance(bad, Failed)


async def test_a_cancelled_run_leaves_no_answer_for_the_next(pool):
    await pool.warm()
    running = asyncio.ensure_future(pool.run(["slow", "slow", "slow"]))
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert await pool.run(["a", "b"]) == ["aa", "bb"]


@pytest.mark.parametrize(
    ("factory", "error", "text"),
    [(broken, WorkError, "the model is missing"), (stillborn, WorkerDiedError, "exit code 4")],
)
async def test_a_pool_that_cannot_start_says_so_and_blames_no_item(factory, error, text):
    pool = Pool(factory)
    try:
        with pytest.raises(error, match=text):
            await pool.warm()
        with pytest.raises(error, match=text):
            await pool.run(["a"])
    finally:
        pool.kill()


async def test_work_that_loses_items_is_found_out():
    pool = Pool(short)
    try:
        assert [each.error for each in await pool.run(["a", "b"])] == ["ValueError", "ValueError"]
    finally:
        pool.kill()


async def test_closing_lets_the_batch_in_hand_finish(pool):
    await pool.warm()
    running = asyncio.ensure_future(pool.run(["slow"]))
    await asyncio.sleep(0.1)
    await pool.close()
    assert await running == ["slowslow"]
    assert pool.pids == []
