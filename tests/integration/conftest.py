"""A real Apache Kafka for this folder: in Docker where an engine answers, else from Maven on Java 17.

Where neither can be had the tests skip and say what is missing; with ``CI`` set they fail instead.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from kept_kafka import Kafka, Kept, Kind
from secured import USERS

from streams.kafka import provision
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import KafkaBroker
from streams.settings import Settings, load

HERE = Path(__file__).parent
_KEPT = pytest.StashKey[dict[Kind, Kept]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.kafka)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """What runs after this folder's tests need not share its processors with Kafka."""
    yield
    if nextitem is None or HERE not in nextitem.path.parents:
        for kept in item.config.stash.get(_KEPT, {}).values():
            kept.let_go()


@pytest.fixture(scope="session")
def kept(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Kind, Kept]]:
    """What this process's tests share, a Kafka of each kind, started when it is asked for.

    Not the processes of a run: one node that all of them make and delete topics on is too busy at times to answer its
    own controller, and is taken for gone.
    """
    folder = tmp_path_factory.getbasetemp()
    kinds: tuple[Kind, ...] = ("plain", "secured")
    kept = pytestconfig.stash[_KEPT] = {kind: Kept(folder / "kafka", kind) for kind in kinds}
    yield kept
    for each in kept.values():
        each.close()


@pytest.fixture
def kafka(kept: dict[Kind, Kept]) -> str:
    """``host:port`` of an Apache Kafka that the tests of a process share."""
    return _taken(kept["plain"]).bootstrap


@pytest.fixture
async def settings(kafka: str, tmp_path: Path) -> Settings:
    """Settings of a pipeline that has the cluster's topics to itself: its own prefix, two partitions, all created."""
    made = load(
        broker=f"kafka://{kafka}",
        topic_prefix=f"t{uuid.uuid4().hex[:8]}",
        data_dir=tmp_path / "streams",
        partitions=2,
        session_timeout=6,
        # What a pool does with several is said by its own tests, and by the chaos on the default.
        pool_workers=1,
    )
    await provision.apply(made)
    return made


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaBroker]:
    """A Kafka of the test's own, to stop, kill, pause and start again. Needs Java, also where Docker runs."""
    broker = KafkaBroker(data_dir=tmp_path / "kafka")
    try:
        broker.start()
    except BrokerError as error:
        _cannot(str(error))
    with broker:
        yield broker


@pytest.fixture
def secured(kept: dict[Kind, Kept]) -> KafkaBroker:
    """A Kafka with TLS, logins and ACLs, and a user a stage, that the tests of a process share; it runs already."""
    found = _taken(kept["secured"])
    broker = KafkaBroker(found.port, data_dir=kept["secured"].folder, secure=True, users=USERS)
    broker.plain_port = found.plain_port
    return broker


def _taken(kept: Kept) -> Kafka:
    try:
        return kept.take()
    except BrokerError as error:
        _cannot(str(error))


def _cannot(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI is set and Apache Kafka cannot be had: {why}", pytrace=False)
    pytest.skip(f"Apache Kafka cannot be had: {why}")
