"""What becomes of a record, counted in one place: published, rejected, or a dead letter."""

from __future__ import annotations

import logging
from collections.abc import Callable

from streams.contracts import codec, headers
from streams.contracts.records import CleanArticle, Rejection, Stage
from streams.contracts.topics import Topic
from streams.contracts.topology import REJECTIONS
from streams.metrics import Metrics
from streams.runtime.messages import Incoming, Made, Outgoing, article_id, dead_letter, made, reduced, standing
from streams.runtime.pool import Failed
from streams.runtime.sizes import RecordTooLargeError, Sizes

logger = logging.getLogger(__name__)


class BrokenStageError(Exception):
    """So many records failed in a row that the deployment must be broken: stop rather than dead-letter the world."""


class Outcomes:
    """Counts what became of each record, and knows when too many in a row have failed."""

    def __init__(self, stage: Stage, metrics: Metrics, max_failures: int, sizes: Sizes) -> None:
        self.stage = stage
        self.sizes = sizes
        self._metrics = metrics
        self._max_failures = max_failures
        #: The trace to hand on with what a message causes.
        self.trace: Callable[[Incoming], bytes | None] = lambda message: message.trace
        self._in_a_row = 0
        self._last = Failed("", "")

    def good(self, outcome: str) -> None:
        self._in_a_row = 0
        self._metrics.count("streams_records_total", stage=self.stage, outcome=outcome)

    def rejected(self, message: Incoming, rejection: Rejection) -> Outgoing:
        """The rejection to publish; raises ``RecordTooLargeError`` as ``published`` does."""
        id_ = rejection.id or f"{message.partition}:{message.offset}"
        return self._fitting(self.outgoing(message, REJECTIONS, rejection, id_, id_.encode()))

    def count(self, outcome: CleanArticle | Rejection) -> None:
        if isinstance(outcome, Rejection):
            self.good("rejected")
            self._metrics.count("streams_rejections_total", stage=self.stage, reason=outcome.reason)
        else:
            self.good("published")
            if not outcome.retracted:
                self._metrics.count("streams_articles_total", stage=self.stage, language=outcome.language or "und")

    def failed(self, message: Incoming, error: Exception | Failed) -> Outgoing:
        """The dead letter of a record that failed at any step, reduced where it is too large itself."""
        failure = error if isinstance(error, Failed) else Failed(type(error).__name__, str(error))
        if not isinstance(error, codec.DecodeError | RecordTooLargeError):
            # Those two are bad data, not a broken deployment: they do not count towards the limit.
            self._in_a_row += 1
            self._last = failure
        self._metrics.count("streams_records_total", stage=self.stage, outcome="dead_letter")
        self._metrics.count("streams_dead_letters_total", stage=self.stage, error=failure.error)
        # Its message may hold what the article says: that is for the dead letter, not for a log.
        about = {"error": failure.error, "attempts": failure.attempts, "article": article_id(message)}
        logger.warning("a record became a dead letter", extra={"about": about | standing(message)})
        letter = dead_letter(
            self.stage, message, failure.error, failure.message, attempts=failure.attempts, since=failure.since
        )
        if self.sizes.takes(letter):
            return letter
        short = reduced(letter)
        return short if self.sizes.takes(short) else reduced(letter, keep=False)

    def check(self) -> None:
        """Raise where the deployment seems broken. Called once the batch is committed, so that a bad run of data is
        passed in the end, however long: each start gets at least a batch further."""
        if self._in_a_row >= self._max_failures:
            raise BrokenStageError(
                f"{self._in_a_row} records in a row failed in {self.stage}, the last with "
                f"{self._last.error}. They are dead letters (`streams dlq` tells what each says); nothing is lost. "
                "Mend, start again, and put them back."
            )

    def published(self, message: Incoming, topic: Topic, record: object, id_: str) -> Outgoing:
        """The record to publish, keyed as its topic says; ``id_`` is unique among the topic's records.

        Raises:
            RecordTooLargeError: it is larger than the topic takes.
        """
        return self.publishing(message, topic, made(topic, record, id_))

    def publishing(self, message: Incoming, topic: Topic, record: Made) -> Outgoing:
        """As ``published``, of a record that is in bytes already."""
        return self._fitting(self._caused(message, topic, record))

    def outgoing(self, message: Incoming, topic: Topic, record: object, id_: str, key: bytes) -> Outgoing:
        """A record that a message caused, of whatever size, with the headers that say so."""
        return self._caused(message, topic, Made(kind=type(record), value=codec.encode(record), key=key, id=id_))

    def _caused(self, message: Incoming, topic: Topic, record: Made) -> Outgoing:
        if logger.isEnabledFor(logging.DEBUG):
            logger.debug("made", extra={"about": {"to": topic.name, "id": record.id} | standing(message)})
        about = headers.make(
            record.kind, record.id, self.stage, at=message.at, position=message.position, trace=self.trace(message)
        )
        return Outgoing(topic=topic, key=record.key, value=record.value, headers=about, to_all=record.to_all)

    def _fitting(self, out: Outgoing) -> Outgoing:
        self.sizes.check([out])
        return out
