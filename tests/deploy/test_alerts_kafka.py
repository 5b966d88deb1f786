"""Each alert fires by a fault of the running service: real workers, a real Kafka, a real Prometheus with our rules.

The rules are the shipped ones with their times shortened (``hurried``, by ``FACTORS``) and nothing else. One service
has all the faults, a sequence for each stage, at the same time.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiokafka import AIOKafkaProducer
from kafka_topics import delete
from module_at import module_at
from newsroom import Workers
from quota import slow_readers
from scraped import FOLDER, RULES, TIME, hurried, prometheus
from under_watch import Service, meanwhile

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, Stage, TaggedArticle
from streams.contracts.topology import STAGES
from streams.kafka import provision
from streams.kafka.local.apache import KafkaBroker
from streams.kafka.local.process import free_port
from streams.pipeline import Clusterer
from streams.settings import load
from streams.synth.news import generate

#: What each group's times are divided by: short where a state must last, long enough to start a worker four times where
#: starts are counted, a day in six minutes where news is judged by the day before.
FACTORS = {
    "news-streams-stages": 30,
    "news-streams-stage-alerts": 30,
    "news-streams-count-alerts": 10,
    "news-streams-quality": 240,
    "news-streams-quality-alerts": 240,
}
#: So many that a group that is assigned anew restores much.
PARTITIONS = 24
EMPTY = codec.encode(RawArticle(id="empty", content="Cookies?"))


def rules(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
    return found


def usual(count: int) -> list[str]:
    """News as it is on most days: nearly every report is of an event of its own, and plainly so."""
    return [f"{each.title}\n\n{each.text}" for each in generate(count, seed=3, largest=1)]


def one_page(count: int) -> list[str]:
    """A page again and again, which a crawler takes for another each time."""
    text = """Le ferry Aurore s'est échoué lundi dans un épais brouillard au large de Lindvik, ont dit les garde-côtes.

    Personne n'a été blessé lorsque le navire a heurté les rochers, selon les premiers témoignages recueillis sur place.

    « Nous n'avons jamais rien vu de tel », a déclaré la capitaine Mara Holm, qui travaille au port depuis vingt ans.

    Une enquête a été ouverte et le port devrait rester fermé pendant plusieurs jours, ont précisé les autorités."""
    return [f"{text}\n\nDépêche {number}." for number in range(count)]


def blotter(count: int) -> list[str]:
    """Lines of a police blotter: alike in words, of events that nobody can tell apart for sure."""
    rng = random.Random(1)
    people = ["Abara", "Bellic", "Corrigan", "Dvorak", "Eklund", "Farouk", "Grimaldi", "Horvat", "Ivanova", "Jansen"]
    made = []
    for _ in range(count):
        hurt = rng.choice(["a man", "a woman", "a boy", "a girl", "a student", "a nurse", "a teacher"])
        vehicle = rng.choice(["van", "truck", "bus", "taxi", "motorcycle", "tram"])
        struck = rng.choice(["cyclist", "pedestrian", "wall", "lamp post", "shop front"])
        street = rng.choice(["Mill", "High", "Church", "Station", "Park", "Bridge", "Queen"])
        town = rng.choice(["Ashford", "Brentwood", "Calder", "Dunmore", "Elmsby", "Fairholm", "Greystone", "Hartwell"])
        made.append(
            f"Police said {hurt} was hurt when a {vehicle} struck a {struck} on {street} street in {town} late on "
            f"Monday.\n\nOfficer {rng.choice(people)} spoke to {rng.choice(people)} in {town} about the {vehicle}."
        )
    return made


def raw(name: str, texts: Iterable[str]) -> list[bytes]:
    return [codec.encode(RawArticle(id=f"{name}-{n}", content=text)) for n, text in enumerate(texts)]


def clean(name: str, texts: Iterable[str], language: str) -> list[bytes]:
    return [codec.encode(CleanArticle(id=f"{name}-{n}", text=text, language=language)) for n, text in enumerate(texts)]


def tagged(name: str, texts: Iterable[str], language: str) -> list[bytes]:
    return [codec.encode(TaggedArticle(id=f"{name}-{n}", text=text, language=language)) for n, text in enumerate(texts)]


def close_calls(known: list[bytes]) -> list[bytes]:
    """Of the blotter, after the ``known``: some to begin with, and then those on which the decision is a close one."""
    clusterer = Clusterer()
    kept: list[bytes] = []
    for number, value in enumerate([*known, *tagged("blotter", blotter(700), "en")]):
        article = codec.decode(TaggedArticle, value)
        decision = clusterer.decide(article)
        assert decision is not None
        margins = [abs(e.evidence.score - e.evidence.threshold) for e in decision.events if e.evidence is not None]
        if number < len(known) or len(kept) < 12 or max(margins, default=1.0) < 0.3:
            clusterer.apply(article, decision, number)
            kept += [value] if number >= len(known) else []
    return kept


@pytest.fixture
async def service(own_kafka: KafkaBroker, tmp_path: Path) -> AsyncIterator[Service]:
    """Three workers, watched. The cluster may be slow before the clusterer calls itself stalled."""
    settings = load(
        broker=f"kafka://{own_kafka.bootstrap}",
        topic_prefix="alerts",
        data_dir=tmp_path / "streams",
        partitions=PARTITIONS,
        session_timeout=6,
    )
    await provision.apply(settings)
    ports = {stage: free_port() for stage in STAGES}
    with contextlib.ExitStack() as stack:
        workers = {}
        for stage, port in ports.items():
            env = {
                "STREAMS_HTTP_PORT": str(port),
                "STREAMS_ARTICLE_TIMEOUT": "90",
                "STREAMS_POOL_WORKERS": "2" if stage == "tag" else "1",
            }
            workers[stage] = stack.enter_context(Workers(settings, env=env))
            workers[stage].start(stage)
        watching = stack.enter_context(prometheus(tmp_path, [f"127.0.0.1:{each}" for each in ports.values()], FACTORS))
        async with AIOKafkaProducer(bootstrap_servers=settings.bootstrap_servers) as producer:
            made = Service(settings=settings, workers=workers, ports=ports, producer=producer, prometheus=watching)
            await made.until_told('count(streams_stage_state{state="ready"} == 1)', at_least=3)
            yield made


async def of_cleaning(service: Service) -> None:
    """It crashes; a crawler breaks; bytes are no record; records and state are lost."""
    async with meanwhile(crash_again_and_again(service)):
        await service.fires("StreamsRestartLoop")

    async with service.flow("articles.raw", raw("daily", usual(60)), rate=2):
        await asyncio.sleep(14)
    # One French page again and again, and empty ones.
    flood = [value for each in raw("page", one_page(400)) for value in (each, EMPTY, EMPTY)]
    async with service.flow("articles.raw", flood, rate=6):
        await service.fires("StreamsRejectionsHigh", "clean")
        await service.fires("StreamsDriftLanguage")

    await service.send("articles.raw", b"\xff not an article")
    await service.fires("StreamsDeadLetters", "clean")

    await service.stop("clean")
    await service.fires("StreamsStageDown", "clean")
    for _ in range(20):
        await service.send("articles.raw", EMPTY)
    await service.forget("articles.raw", keep=2)
    await delete(service.settings, "state.clean")
    await provision.apply(service.settings)
    await start(service, "clean")
    await service.fires("StreamsRecordsLost", "clean")
    await service.fires("StreamsStateRebuilt", "clean")


async def start(service: Service, stage: Stage) -> None:
    """Start a stage that was stopped, and wait until Prometheus has seen that."""
    before = await service.prometheus.value(service.started(stage)) or 0.0
    service.workers[stage].start(stage)
    await service.until_told(service.started(stage), at_least=before + 0.1)


async def crash_again_and_again(service: Service) -> None:
    while True:
        await service.stop("clean", signal.SIGKILL)
        await start(service, "clean")


async def join_again_and_again(service: Service) -> None:
    """Cleaning joins its group, reads of each partition, and leaves."""
    while True:
        for partition in range(PARTITIONS):
            await service.send("articles.raw", EMPTY, partition=partition)
        await service.until_told('streams_restores_total{stage="clean"}', at_least=PARTITIONS)
        await service.stop("clean")
        await start(service, "clean")


async def of_tagging(service: Service) -> None:
    """Its pool hangs, and then dies as often as it is started."""
    async with service.flow("articles.clean", clean("page", one_page(600), "fr"), rate=3):
        await service.until_told('sum(streams_records_total{stage="tag", outcome="published"})', at_least=3)
        service.signal_pool("tag", signal.SIGSTOP)
        await service.fires("StreamsStageStalled", "tag")
        await service.fires("StreamsBehind", "tag")
        # Until then nothing else should come to the clusterer.
        await service.fires("StreamsDriftMargin")
        async with meanwhile(kill_again_and_again(service)):
            await service.fires("StreamsPoolRestarts", "tag")


async def kill_again_and_again(service: Service) -> None:
    """The pool's processes are killed whenever they have done something."""
    done = 'sum(streams_records_total{stage="tag"})'
    while True:
        before = await service.prometheus.value(done) or 0.0
        service.signal_pool("tag", signal.SIGKILL)
        await service.until_told(done, at_least=before + 1)


async def of_clustering(service: Service) -> None:
    """News as usual, then close calls of which many start a story, then one story alone; then the cluster is slow."""
    many = tagged("usual", usual(300), "en")
    async with service.flow("articles.tagged", many, rate=4, age=1200):
        close, _ = await asyncio.gather(asyncio.to_thread(close_calls, many[:60]), asyncio.sleep(18))
    # All this time articles are worked on that have waited for 20 minutes.
    async with service.flow("articles.tagged", close, rate=4, age=1200):
        await service.fires("StreamsDriftMargin")
    one = tagged("one", one_page(600), "fr")
    async with service.flow("articles.tagged", one, rate=10, age=1200):
        await service.fires("StreamsSlow", "cluster")
        await service.fires("StreamsNoNewStories")
        await service.fires("StreamsDriftCreated")

    await service.stop("cluster")
    async with slow_readers(service.settings.bootstrap_servers[0], rate=100):
        await start(service, "cluster")
        await service.send("articles.tagged", one[0])
        await service.fires("StreamsRecovering", "cluster")


@pytest.mark.timeout(900)
async def test_every_alert_fires_by_a_fault_of_the_running_service(service: Service) -> None:
    await service.fires("StreamsNoInput")
    assert await service.prometheus.firing() == {("StreamsNoInput", "")}, "nothing else has gone wrong yet"
    async with asyncio.TaskGroup() as group:
        for faults in (of_cleaning, of_tagging, of_clustering):
            group.create_task(faults(service))
    # Last, as it takes all of a worker's time to restore so much.
    async with meanwhile(join_again_and_again(service)):
        await service.fires("StreamsGroupUnstable", "clean")
    assert service.fired == {rule["alert"] for group in rules("alerts.yml")["groups"] for rule in group["rules"]}

    # Every query of every panel and rule is one that Prometheus takes, with all that there is to be asked for.
    for query in module_at("deploy/grafana/generate.py").queries():
        assert service.prometheus.ask("query", query=query)["status"] == "success", query
    told = service.prometheus.ask("rules")["data"]["groups"]
    assert {rule["name"]: rule["health"] for each in told for rule in each["rules"] if rule["health"] != "ok"} == {}


@pytest.mark.parametrize("name", RULES)
def test_hurried_rules_differ_in_their_times_alone(name: str) -> None:
    def timeless(given: dict[str, Any]) -> list[dict[str, str]]:
        every = [rule for group in given["groups"] for rule in group["rules"]]
        return [{**rule, "expr": TIME.sub("…", rule["expr"].replace("ms", "s")), "for": ""} for rule in every]

    quick = hurried(rules(name), FACTORS)
    assert timeless(quick) == timeless(rules(name))
    times = [TIME.findall(rule["expr"]) for group in rules(name)["groups"] for rule in group["rules"]]
    assert sum(map(len, times)) > 5, "rules that look back are among them"
