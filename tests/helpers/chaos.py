"""A pipeline under fire: workers killed, the broker stopped, members joining and leaving — and what is left."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
import time
from collections import Counter
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord
from hostile import Hostile
from newsroom import Workers, decisions, live_stories, records, send_hostile, send_raw

from streams.contracts import codec
from streams.contracts.records import RawArticle, Story, TaggedArticle
from streams.contracts.topology import PIPELINE
from streams.kafka.local.apache import KafkaBroker
from streams.ops.reconcile import Account, reconcile
from streams.ops.replay import difference
from streams.pipeline import Clusterer, article_id
from streams.settings import Settings
from streams.stages.cluster import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens: kills with ``pause`` seconds between, outages of the broker, a second member of each stage."""

    seed: int
    kills: int
    outages: int = 2
    outage_seconds: float = 20.0
    pause: tuple[float, float] = (1.0, 4.0)
    second_members: bool = True
    patience: float = 600.0


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What is left in the topics, and what it took."""

    clean: dict[str, set[bytes]]
    tagged: dict[str, set[bytes]]
    stories: dict[str, bytes]
    folded: dict[str, bytes]
    replayed: dict[str, bytes]
    assignment: dict[str, str]
    accounts: list[Account]
    seconds: float
    kills: Counter[str] = field(default_factory=Counter)

    def describe(self) -> str:
        repeated = {account.stage: account.repeated for account in self.accounts}
        kills = ", ".join(f"{stage} {count}" for stage, count in sorted(self.kills.items())) or "none"
        return (
            f"{len(self.assignment)} articles in {len(set(self.assignment.values()))} stories, {self.seconds:.0f} s; "
            f"kills: {kills}; published again after a crash: {repeated}"
        )


async def undisturbed(settings: Settings, articles: list[RawArticle]) -> Outcome:
    started = time.monotonic()
    await send_raw(settings, articles)
    with Workers(settings) as workers:
        workers.start()
        await settle(settings, workers, articles, patience=600)
        assert workers.stop() == [0, 0, 0], workers.said()[-3000:]
    return await look(settings, time.monotonic() - started)


async def under_fire(settings: Settings, broker: KafkaBroker, articles: list[RawArticle], plan: Plan) -> Outcome:
    """Send the articles little by little while everything goes wrong, then let it settle."""
    started = time.monotonic()
    rng = random.Random(plan.seed)
    kills: Counter[str] = Counter()
    env = {"STREAMS_WAIT_FOR_BROKER": "120"}
    chunk = max(1, len(articles) // (plan.kills + 1))
    sent = 0
    # Each stage is hit at least twice; the rest falls where it falls.
    targets = [*PIPELINE, *PIPELINE, *(rng.choice(PIPELINE) for _ in range(max(0, plan.kills - 6)))][: plan.kills]
    rng.shuffle(targets)
    outages = {round(len(targets) * (n + 1) / (plan.outages + 1)) for n in range(plan.outages)}
    join_at, leave_at = len(targets) // 4, 3 * len(targets) // 4
    with Workers(settings, env=env) as workers:
        workers.start()
        for number, stage in enumerate(targets):
            await send_raw(settings, articles[sent : sent + chunk])
            sent += chunk
            await asyncio.sleep(rng.uniform(*plan.pause))
            if plan.second_members and number == join_at:
                workers.start()
            if plan.second_members and number == leave_at:
                for each in PIPELINE:
                    workers.stop_one(each, signal.SIGTERM)
            if number in outages:
                broker.stop()
                await asyncio.sleep(plan.outage_seconds)
                broker.start()
            workers.stop_one(stage, signal.SIGKILL)
            kills[stage] += 1
            workers.start(stage)
            workers.restart_fallen()
        await send_raw(settings, articles[sent:])
        await settle(settings, workers, articles, patience=plan.patience)
        workers.stop()
    outcome = await look(settings, time.monotonic() - started)
    outcome.kills = kills
    return outcome


async def among_hostile(
    settings: Settings, articles: list[RawArticle], bad: list[Hostile], *, seed: int, kills: int, patience: float
) -> Outcome:
    """Good articles with hostile records between them, while workers are killed. A worker may end by a kill only."""
    started = time.monotonic()
    rng = random.Random(seed)
    killed: Counter[str] = Counter()
    rounds = kills + 1
    with Workers(settings, env={"STREAMS_WAIT_FOR_BROKER": "120"}) as workers:
        workers.start()
        for number in range(rounds):
            await send_hostile(settings, "articles.raw", bad[number::rounds])
            await send_raw(settings, articles[number::rounds])
            if number < kills:
                await asyncio.sleep(rng.uniform(1, 4))
                stage = PIPELINE[number % len(PIPELINE)]
                assert_alive(workers)
                workers.stop_one(stage, signal.SIGKILL)
                killed[stage] += 1
                workers.start(stage)
        await settle(settings, workers, articles, patience=patience, restart=False)
        assert_alive(workers)
        assert workers.stop() == [0, 0, 0], workers.said()[-3000:]
    outcome = await look(settings, time.monotonic() - started)
    outcome.kills = killed
    return outcome


def assert_alive(workers: Workers) -> None:
    fallen = [stage for stage, running in workers.running.items() if any(each.poll() is not None for each in running)]
    assert not fallen, f"{fallen} ended without being killed; the workers said:\n{workers.said()[-6000:]}"


def only(articles: list[RawArticle], found: dict[str, set[bytes]]) -> dict[str, set[bytes]]:
    """The records of these articles among all."""
    return {id_: found[id_] for id_ in map(article_id, articles) if id_ in found}


async def settle(
    settings: Settings, workers: Workers, articles: list[RawArticle], *, patience: float, restart: bool = True
) -> None:
    """Until every article has been decided and nothing waits anywhere. Workers that end by themselves are restarted,
    or (without ``restart``) fail the test."""
    ids = {article_id(each) for each in articles}
    deadline = time.monotonic() + patience
    while True:
        if {decision.article_id for decision in await decisions(settings)} >= ids and not any(
            account.waiting for account in await reconcile(settings, PIPELINE)
        ):
            return
        if restart:
            workers.restart_fallen()
        else:
            assert_alive(workers)
        assert time.monotonic() < deadline, f"not settled; the workers said:\n{workers.said()[-6000:]}"
        await asyncio.sleep(1)


async def look(settings: Settings, seconds: float) -> Outcome:
    tagged_log = await records(settings, "articles.tagged")
    replayed: dict[str, bytes] = {}
    assignment: dict[str, str] = {}
    for partition in sorted({record.partition for record in tagged_log}):
        clusterer = Clusterer()
        for record in tagged_log:
            if record.partition == partition:
                article = codec.decode(TaggedArticle, record.value)
                decision = clusterer.decide(article)
                if decision is not None:
                    clusterer.apply(article, decision, record.offset)
        replayed |= {story.id: codec.encode(story) for story in clusterer.stories()}
        assignment |= clusterer.assignments()
    folded: dict[str, Story] = {}
    for decision in await decisions(settings):
        fold(folded, decision.events)
    return Outcome(
        clean=_by_id(await records(settings, "articles.clean")),
        tagged=_by_id(tagged_log),
        stories=_live(await live_stories(settings)),
        folded=_live({id_: codec.encode(story) for id_, story in folded.items()}),
        replayed=_live(replayed),
        assignment=assignment,
        accounts=await reconcile(settings, PIPELINE),
        seconds=seconds,
    )


def compare(calm: Outcome, fire: Outcome, gold: dict[str, str]) -> str:
    """Everything that must hold after a fire; returns the figures."""
    assert fire.clean == calm.clean, "clean records differ from the undisturbed run"
    assert fire.tagged == calm.tagged, "tagged records differ from the undisturbed run"
    assert fire.stories == fire.replayed, "the live stories are not an offline replay of the tagged log"
    assert fire.folded == fire.replayed, "the folded log is not an offline replay of the tagged log"
    assert all(account.balanced for account in fire.accounts), fire.accounts
    assert sorted(fire.assignment) == sorted(calm.assignment), "an article is in no story"
    before, after = (b_cubed(gold, outcome.assignment) for outcome in (calm, fire))
    assert abs(before - after) <= 0.01, f"B-cubed F1 {after:.4f} against {before:.4f} undisturbed"
    return f"B-cubed F1 {after:.4f} (undisturbed {before:.4f})"


def b_cubed(gold: dict[str, str], assignment: dict[str, str]) -> float:
    found = difference({article: gold[article] for article in assignment}, assignment)
    return 2 * found.precision * found.recall / (found.precision + found.recall)


def wipe(settings: Settings) -> None:
    """What losing the machine's disk takes from a worker."""
    for stage in PIPELINE:
        shutil.rmtree(settings.data_dir / stage, ignore_errors=True)


def _by_id(found: list[ConsumerRecord]) -> dict[str, set[bytes]]:
    values: dict[str, set[bytes]] = {}
    for record in found:
        values.setdefault(codec.loads(record.value)["id"], set()).add(record.value)
    return values


def _live(stories: dict[str, bytes]) -> dict[str, bytes]:
    return {id_: value for id_, value in stories.items() if codec.decode(Story, value).status in ("open", "closed")}
