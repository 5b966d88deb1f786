"""What a stage is tested with: topics in memory, and counters."""

from __future__ import annotations

import pytest
from log_in_memory import Log

from streams.metrics import Metrics


@pytest.fixture
def log():
    return Log()


@pytest.fixture
def metrics():
    return Metrics()
