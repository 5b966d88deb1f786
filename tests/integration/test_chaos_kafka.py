"""Nothing lost, nothing twice, whatever is killed. Short by default; ``make chaos`` runs it in full.

``CHAOS_SEEDS``, ``CHAOS_ARTICLES``, ``CHAOS_KILLS``, ``CHAOS_OUTAGE`` (seconds), ``CHAOS_BAD`` and ``CHAOS_HOSTILE``
set the size.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid

import chaos
import feed
import hostile
import pytest
from newsroom import Workers, live_stories, members, records, send_raw, until

from streams.contracts import codec
from streams.contracts.records import RawArticle
from streams.contracts.topology import PIPELINE
from streams.kafka import provision
from streams.kafka.local.process import free_port
from streams.ops.reconcile import reconcile
from streams.pipeline import article_id
from streams.runtime.process import BROKER_AWAY
from streams.settings import load

SEEDS = [int(each) for each in os.environ.get("CHAOS_SEEDS", "1").split(",")]
# In fewer, one story more or less moves B-cubed by nearly the .01 that is allowed.
ARTICLES = int(os.environ.get("CHAOS_ARTICLES", "600"))
KILLS = int(os.environ.get("CHAOS_KILLS", "7"))
OUTAGE = float(os.environ.get("CHAOS_OUTAGE", "3"))
BAD = int(os.environ.get("CHAOS_BAD", "1000"))
#: Generated hostile records; the audit's kinds come on top, in full from 1,000 on.
HOSTILE = int(os.environ.get("CHAOS_HOSTILE", "80"))

pytestmark = pytest.mark.timeout(3600)


async def fresh(broker, folder, **more):
    made = load(
        broker=f"kafka://{broker}",
        topic_prefix=f"c{uuid.uuid4().hex[:8]}",
        data_dir=folder / uuid.uuid4().hex[:8],
        partitions=2,
        session_timeout=6,
        **more,
    )
    await provision.apply(made)
    return made


async def test_kills_outages_and_rebalances_bend_nothing(own_kafka, tmp_path):
    articles, gold = feed.news(ARTICLES)
    calm = await chaos.undisturbed(await fresh(own_kafka.bootstrap, tmp_path), articles)
    print(f"\nundisturbed: {calm.describe()}")
    for seed in SEEDS:
        plan = chaos.Plan(seed=seed, kills=KILLS, outages=1 if KILLS < 20 else 2, outage_seconds=OUTAGE)
        fire = await chaos.under_fire(await fresh(own_kafka.bootstrap, tmp_path), own_kafka, articles, plan)
        print(f"seed {seed}: {fire.describe()}")
        print(f"seed {seed}: {chaos.compare(calm, fire, gold)}")


async def test_a_wiped_disk_changes_nothing(settings):
    articles, _ = feed.news(ARTICLES // 2, seed=2)
    half = len(articles) // 2
    with Workers(settings) as workers:
        await send_raw(settings, articles[:half])
        workers.start()
        await chaos.settle(settings, workers, articles[:half], patience=300)
        assert workers.stop() == [0, 0, 0]
        chaos.wipe(settings)
        await send_raw(settings, articles[half:])
        workers.start()
        await chaos.settle(settings, workers, articles, patience=300)
        assert workers.stop() == [0, 0, 0]
    outcome = await chaos.look(settings, 0)
    assert outcome.stories == outcome.replayed
    assert members(outcome.stories.values()) == sorted(article_id(each) for each in articles)


async def test_a_flood_of_bad_records_stops_nothing(settings):
    good, _ = feed.news(BAD // 5, seed=3)
    bad = feed.garbage(BAD)
    mixed: list[RawArticle | feed.Bad] = []
    for number, article in enumerate(good):
        mixed += bad[number * 5 : number * 5 + 5]
        mixed.append(article)
    with Workers(settings) as workers:
        workers.start()
        await send_raw(settings, mixed)
        await chaos.settle(settings, workers, good, patience=900)
        assert workers.stop() == [0, 0, 0]  # the very processes that were started: no restart was needed
    clean, tag, cluster = await reconcile(settings, PIPELINE)
    print(f"\n{BAD} bad among {len(good)} good: {clean.rejected} rejected, {clean.dead_letters} dead-lettered")
    assert clean.balanced
    assert tag.balanced
    assert cluster.balanced
    assert clean.rejected + clean.dead_letters == len(mixed) - len(good)
    assert clean.published == tag.published == cluster.published == len(good)
    assert len(await records(settings, "dead-letters")) == clean.dead_letters
    assert members((await live_stories(settings)).values()) == sorted(article_id(each) for each in good)


async def test_hostile_records_among_good_ones_while_workers_are_killed(own_kafka, tmp_path):
    full = HOSTILE >= 1000
    articles, _ = feed.news(max(60, HOSTILE // 4), seed=5)
    calm = await chaos.undisturbed(await fresh(own_kafka.bootstrap, tmp_path), articles)
    for seed in SEEDS:
        settings = await fresh(own_kafka.bootstrap, tmp_path)
        bad = hostile.audit() if full else hostile.audit(0.02)
        bad += hostile.generated(HOSTILE, seed, large_every=100 if full else 10**9)
        kills = KILLS if full else 3
        patience = 3000 if full else 240
        fire = await chaos.among_hostile(settings, articles, bad, seed=seed, kills=kills, patience=patience)
        print(f"\nseed {seed}: {len(bad)} hostile among {len(articles)} good: {fire.describe()}")
        assert all(account.balanced and not account.waiting for account in fire.accounts), fire.accounts
        assert chaos.only(articles, fire.clean) == calm.clean, "a good article was cleaned otherwise"
        assert chaos.only(articles, fire.tagged) == calm.tagged, "a good article was tagged otherwise"
        assert fire.assignment.keys() >= calm.assignment.keys(), "a good article is in no story"
        assert fire.stories == fire.replayed == fire.folded


async def test_a_producer_that_dies_mid_batch_is_simply_run_again(settings, tmp_path):
    articles, _ = feed.news(400, seed=4)
    file = tmp_path / "feed.jsonl"
    file.write_bytes(b"".join(codec.encode(each) + b"\n" for each in articles))
    names = ("broker", "topic_prefix")
    env = {**os.environ, **{f"STREAMS_{name.upper()}": str(getattr(settings, name)) for name in names}}
    # Reading from a pipe that stays open, it is not done when it is killed.
    dying = subprocess.Popen([sys.executable, "-m", "streams", "seed", "-"], env=env, stdin=subprocess.PIPE)  # noqa: ASYNC220
    assert dying.stdin is not None
    dying.stdin.write(b"".join(codec.encode(each) + b"\n" for each in articles[:200]))
    dying.stdin.flush()

    async def some_arrived():
        return len(await records(settings, "articles.raw")) > 0

    await until(some_arrived, Workers(settings))
    dying.kill()
    dying.wait()
    dying.stdin.close()
    again = await asyncio.create_subprocess_exec(sys.executable, "-m", "streams", "seed", str(file), env=env)
    assert await again.wait() == 0
    with Workers(settings) as workers:
        workers.start()
        await chaos.settle(settings, workers, articles, patience=300)
        assert workers.stop() == [0, 0, 0]
    assert len(await records(settings, "articles.raw")) > len(articles)
    assert members((await live_stories(settings)).values()) == sorted(article_id(each) for each in articles)


async def _state(port):
    import aiohttp

    try:
        patience = aiohttp.ClientTimeout(3)
        async with (
            aiohttp.ClientSession(timeout=patience) as session,
            session.get(f"http://127.0.0.1:{port}/ready") as answer,
        ):
            return (await answer.json())["state"]
    except (aiohttp.ClientError, TimeoutError):
        return "no answer"


async def _becomes(port, state, workers, seconds):
    async def reached():
        return await _state(port) == state

    await until(reached, workers, seconds=seconds)


async def test_a_paused_broker_is_seen_by_readiness_and_by_the_watchdog(own_kafka, tmp_path):
    settings = await fresh(own_kafka.bootstrap, tmp_path)
    port = free_port()
    env = {"STREAMS_HTTP_PORT": str(port), "STREAMS_WATCHDOG_LIMIT": "20", "STREAMS_ARTICLE_TIMEOUT": "6"}
    with Workers(settings, env=env) as workers:
        workers.start("cluster")
        await _becomes(port, "ready", workers, 40)
        own_kafka.pause()
        try:
            await _becomes(port, "stalled", workers, 10)
            own_kafka.resume()
            await _becomes(port, "ready", workers, 20)
            own_kafka.pause()
            (process,) = workers.running["cluster"]
            assert await asyncio.to_thread(process.wait, 40) == BROKER_AWAY
        finally:
            own_kafka.resume()
        (line,) = [line for line in workers.said().splitlines() if "is stalled" in line]
        assert "the broker does not answer" in line


async def test_a_hung_pool_is_replaced_and_its_articles_go_through(settings):
    env = {"STREAMS_ARTICLE_TIMEOUT": "5"}
    articles, _ = feed.news(4)
    with Workers(settings, env=env) as workers:
        workers.start("clean")

        async def pool():
            (process,) = workers.running["clean"]
            return [pid for pid in _children(process.pid) if "spawn_main" in _command(pid)]

        async def warm():
            return "ready to take records" in workers.said()

        await until(warm, workers, seconds=40)
        hung = await pool()
        assert hung
        for pid in hung:
            os.kill(pid, signal.SIGSTOP)
        await send_raw(settings, articles)

        async def cleaned():
            return len(await records(settings, "articles.clean")) >= len(articles)

        await until(cleaned, workers, seconds=60)
        assert not [pid for pid in hung if _command(pid)], "what hung was ended"
        assert workers.stop("clean") == [0]


def _children(parent):
    listing = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in listing.splitlines())
    return [int(pid) for pid, ppid in pairs if int(ppid) == parent]


def _command(pid):
    done = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "" if "<defunct>" in done.stdout else done.stdout
