"""A pool outlives its workers: one item that raises, kills or hangs does not take its batch with it."""

from __future__ import annotations

import asyncio
import os
import time

import pytest

from streams.agents.pool import Failed, Pool, WorkError


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
        return [item * 2 for item in items]

    return work


def broken():
    raise FileNotFoundError("the model is missing")


@pytest.fixture
def restarts():
    return []


@pytest.fixture
async def pool(restarts):
    made = Pool(doubling, workers=1, timeout=1.5, on_restart=lambda: restarts.append(1))
    yield made
    made.kill()


async def test_results_keep_their_order(pool):
    await pool.warm()
    assert await pool.run(["a", "b", "c"]) == ["aa", "bb", "cc"]
    assert await pool.run([]) == []


async def test_order_holds_over_several_workers():
    pool = Pool(doubling, workers=2)
    try:
        assert await pool.run([str(n) for n in range(7)]) == [str(n) * 2 for n in range(7)]
    finally:
        pool.kill()


async def test_an_item_that_raises_fails_alone(pool, restarts):
    assert await pool.run(["a", "raise", "c"]) == ["aa", Failed("ValueError", "no such luck"), "cc"]
    assert restarts == []


async def test_an_item_that_kills_its_worker_fails_alone(pool, restarts):
    first, dead, last = await pool.run(["a", "die", "c"])
    assert (first, last) == ("aa", "cc")
    assert isinstance(dead, Failed)
    assert dead.error == "BrokenProcessPool"
    assert dead.attempts == 3
    assert dead.since is not None
    assert len(restarts) == 4  # once for the batch, thrice for the item


async def test_an_item_whose_worker_died_by_chance_is_tried_again(pool):
    await pool.warm()
    running = asyncio.ensure_future(pool.run(["slow"]))
    await asyncio.sleep(0.2)
    for process in pool._executor._processes.values():
        process.kill()
    assert await running == ["slowslow"]


async def test_an_item_that_hangs_fails_alone_and_in_time(pool):
    await pool.warm()
    started = time.monotonic()
    first, hung, last = await pool.run(["a", "hang", "c"])
    assert (first, last) == ("aa", "cc")
    assert hung.error == "TimeoutError"
    assert time.monotonic() - started < 15


async def test_what_the_factory_raises_is_told():
    pool = Pool(broken)
    try:
        with pytest.raises(WorkError, match="the model is missing"):
            await pool.warm()
    finally:
        pool.kill()
