"""How a stage's process ends that may not go on: at once, and with the code that says what may help."""

from __future__ import annotations

import logging
import os
from typing import NoReturn

from aiokafka.errors import (
    KafkaConnectionError,
    KafkaStorageError,
    KafkaTimeoutError,
    KafkaUnavailableError,
    LeaderNotAvailableError,
    NoBrokersAvailable,
    NodeNotReadyError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
    RequestTimedOutError,
)

from streams.contracts.records import Stage
from streams.kafka.access import refusal
from streams.kafka.admin import BrokerUnavailableError
from streams.runtime.inputs import PartitionsError
from streams.runtime.process import BROKER_AWAY, HOPELESS
from streams.runtime.state import NewerStateError

logger = logging.getLogger(__name__)

#: What says that the broker does not answer or cannot write, rather than that something is wrong here.
_AWAY = (
    KafkaConnectionError,
    KafkaTimeoutError,
    KafkaUnavailableError,
    NodeNotReadyError,
    NoBrokersAvailable,
    RequestTimedOutError,
    BrokerUnavailableError,
    # It answers, but cannot write: its disk is full or broken, or too few of its peers are in sync.
    KafkaStorageError,
    LeaderNotAvailableError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    NotLeaderForPartitionError,
)
#: What only a person can mend.
_HOPELESS = (NewerStateError, PartitionsError)


def die(stage_name: Stage, error: Exception) -> NoReturn:
    """End the process at once. Anything gentler lets Faust acknowledge records that were not processed."""
    logger.critical("%s stops: %s", stage_name, refusal(error) or f"{type(error).__name__}: {error}")
    logger.debug("where it happened", exc_info=error)
    logging.shutdown()
    os._exit(BROKER_AWAY if isinstance(error, _AWAY) else HOPELESS if isinstance(error, _HOPELESS) else 1)
