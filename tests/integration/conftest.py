"""A real Apache Kafka for this folder: in Docker where an engine answers, else from Maven on Java 17.

Where neither can be had the tests skip and say what is missing; with ``CI`` set they fail instead.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from secured import USERS

from streams.kafka import provision
from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import PROPERTIES, KafkaBroker, kafka_version
from streams.kafka.local.process import answers, free_port
from streams.settings import Settings, load

HERE = Path(__file__).parent
#: Seconds for which what all tests share may be too busy to answer itself: they make topics by the hundred.
_BUSY = 60.0


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.kafka)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """``host:port`` of an Apache Kafka that all tests of the session share."""
    if _docker_answers():
        with _container() as bootstrap:
            yield bootstrap
        return
    broker = KafkaBroker(data_dir=tmp_path_factory.mktemp("kafka"), session_timeout=_BUSY)
    try:
        broker.start()
    except BrokerError as error:
        _cannot(f"no Docker engine answers, and without one: {error}")
    with broker:
        yield broker.bootstrap


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


@pytest.fixture(scope="session")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    """A Kafka with TLS, logins and ACLs, and a user a stage."""
    folder = tmp_path_factory.mktemp("secured")
    with KafkaBroker(data_dir=folder, secure=True, users=USERS, session_timeout=_BUSY) as broker:
        yield broker


def _cannot(why: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"CI is set and Apache Kafka cannot be had: {why}", pytrace=False)
    pytest.skip(f"Apache Kafka cannot be had: {why}")


def _docker_answers() -> bool:
    import docker

    with warnings.catch_warnings():
        # The client does not close its socket when nobody answers; collected here, where that is no news.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            with contextlib.closing(docker.from_env(timeout=5)) as client:
                return bool(client.ping())
        except (docker.errors.DockerException, OSError):
            return False
        finally:
            gc.collect()


@contextlib.contextmanager
def _container() -> Iterator[str]:
    """The official image with the properties that the local broker has, on a port of the host."""
    from testcontainers.core.container import DockerContainer

    port = free_port()
    container = DockerContainer(f"apache/kafka:{kafka_version()}").with_bind_ports(9092, port)
    host = container.get_container_host_ip()
    properties = PROPERTIES | {
        "listeners": "PLAINTEXT://0.0.0.0:9092,CONTROLLER://localhost:9093",
        "advertised.listeners": f"PLAINTEXT://{host}:{port}",
        "controller.quorum.voters": "1@localhost:9093",
        "broker.session.timeout.ms": str(int(_BUSY * 1000)),
    }
    for name, value in properties.items():
        container = container.with_env("KAFKA_" + name.upper().replace(".", "_"), value)
    with container.with_env("KAFKA_HEAP_OPTS", "-Xmx512m"):
        deadline = time.monotonic() + 90
        while not answers(port, host):
            if time.monotonic() > deadline:
                raise RuntimeError(f"Kafka's container does not answer at {host}:{port}")
            time.sleep(0.1)
        yield f"{host}:{port}"
