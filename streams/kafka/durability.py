"""Whether a cluster can keep what it acknowledges: what `streams doctor` and `streams topics apply` warn of."""

from __future__ import annotations

from streams.contracts.topology import TOPICS
from streams.kafka import admin
from streams.settings import Settings


async def risks(settings: Settings) -> list[str]:
    """One sentence for each way in which an acknowledged record may be lost; none where all is as it should be.

    Raises:
        BrokerUnavailableError: no broker answers.
        BrokerError: the cluster refuses to say.
    """
    names = [topic.full_name(settings.topic_prefix) for topic in TOPICS]
    brokers, copies, configs = await admin.standing(settings, names)
    return found(brokers, settings.replication, copies, configs)


def found(brokers: int, replication: int, copies: dict[str, int], configs: dict[str, dict[str, str]]) -> list[str]:
    """The risks of a cluster of so many brokers.

    Args:
        replication: what new topics get.
        copies: topic → the fewest replicas that one of its partitions has.
        configs: topic → its effective configuration; empty where the broker cannot tell.
    """
    said = []
    if brokers < replication:
        said.append(f"STREAMS_REPLICATION={replication}, but the cluster has {brokers} brokers: topics cannot be made")
    single = sorted(name for name, count in copies.items() if count < 2)
    if single:
        said.append(f"one copy only: a lost disk loses acknowledged records of {_some(single, copies)}")
    lax = sorted(
        name
        for name, config in configs.items()
        if copies.get(name, 0) >= 2 and _number(config.get("min.insync.replicas")) < 2
    )
    if lax:
        said.append(f"min.insync.replicas below 2: one broker alone may acknowledge records of {_some(lax, copies)}")
    unclean = sorted(name for name, config in configs.items() if config.get("unclean.leader.election.enable") == "true")
    if unclean:
        said.append(
            "unclean.leader.election.enable: a broker that lags behind may become the leader and drop acknowledged "
            f"records of {_some(unclean, copies)}"
        )
    return said


def _number(value: str | None) -> int:
    return int(value) if value and value.isdecimal() else 1


def _some(names: list[str], of: dict[str, int]) -> str:
    return "every topic" if len(names) == len(of) else ", ".join(names)
