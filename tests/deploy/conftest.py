"""A Kafka of one's own; what is in this folder takes minutes, and `make verify-deploy` runs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kafka.errors import BrokerError
from streams.kafka.local.apache import KafkaBroker


@pytest.fixture
def own_kafka(tmp_path: Path) -> Iterator[KafkaBroker]:
    broker = KafkaBroker(data_dir=tmp_path / "kafka")
    try:
        broker.start()
    except BrokerError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(str(error))
    with broker:
        yield broker
