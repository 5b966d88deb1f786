"""How a stage's process ends that may not go on: at once, and with the code that says what may help."""

from __future__ import annotations

import logging
import os
import threading
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


#: Seconds that a worker which is told to stop waits for its group once all is committed.
LEAVE_WITHIN = 10.0


def leave_within(stage_name: Stage, seconds: float = LEAVE_WITHIN) -> None:
    """End the process well when leaving the group takes longer than this.

    A worker that is stopped while its group forms anew has a request to join in hand, which the broker answers before
    it reads that the worker leaves: once all others have joined, or after the rebalance timeout of a minute. All that
    was in hand is committed by then, and a group does without a member that ends.
    """

    def end() -> None:
        logger.warning("%s stops without waiting for its group any longer; all in hand is committed", stage_name)
        logging.shutdown()
        os._exit(0)

    timer = threading.Timer(seconds, end)
    timer.daemon = True  # a worker that does leave in time ends as ever
    timer.start()


def die(stage_name: Stage, error: Exception) -> NoReturn:
    """End the process at once. Anything gentler lets Faust acknowledge records that were not processed."""
    logger.critical("%s stops: %s", stage_name, refusal(error) or f"{type(error).__name__}: {error}")
    logger.debug("where it happened", exc_info=error)
    logging.shutdown()
    os._exit(BROKER_AWAY if isinstance(error, _AWAY) else HOPELESS if isinstance(error, _HOPELESS) else 1)
