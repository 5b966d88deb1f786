"""What becomes of a record, counted in one place: published, rejected, or a dead letter."""

from __future__ import annotations

from streams import codec, headers
from streams.agents.messages import Incoming, Outgoing, dead_letter
from streams.agents.pool import Failed
from streams.metrics import Metrics
from streams.records import Rejection, Stage
from streams.topics import MAX_MESSAGE_BYTES, Name


class BrokenStageError(Exception):
    """So many records failed in a row that the deployment must be broken: stop rather than dead-letter the world."""


class Outcomes:
    """Counts what became of each record, and stops the stage after too many failures in a row."""

    def __init__(self, stage: Stage, metrics: Metrics, max_failures: int) -> None:
        self.stage = stage
        self._metrics = metrics
        self._max_failures = max_failures
        self._in_a_row = 0

    def good(self, outcome: str) -> None:
        self._in_a_row = 0
        self._metrics.count("streams_records_total", stage=self.stage, outcome=outcome)

    def rejected(self, message: Incoming, rejection: Rejection) -> Outgoing:
        self.good("rejected")
        self._metrics.count("streams_rejections_total", stage=self.stage, reason=rejection.reason)
        id_ = rejection.id or f"{message.partition}:{message.offset}"
        return Outgoing(
            topic="rejections",
            key=id_.encode(),
            value=codec.encode(rejection),
            headers=self.headers(Rejection, id_, message),
        )

    def undecodable(self, message: Incoming, error: codec.DecodeError) -> Outgoing:
        """Bad data, not a broken deployment: does not count towards the limit."""
        self._count_dead(type(error).__name__)
        return dead_letter(self.stage, message, type(error).__name__, str(error))

    def failed(self, message: Incoming, failure: Failed) -> Outgoing:
        self._in_a_row += 1
        self._count_dead(failure.error)
        if self._in_a_row >= self._max_failures:
            raise BrokenStageError(
                f"{self._in_a_row} records in a row failed in {self.stage}, the last with "
                f"{failure.error}: {failure.message}. Nothing after the last commit is lost; mend and start again."
            )
        return dead_letter(
            self.stage, message, failure.error, failure.message, attempts=failure.attempts, since=failure.since
        )

    def published(
        self, message: Incoming, topic: Name, record: object, id_: str, key: str, *, to_all: bool = False
    ) -> Outgoing:
        """The record to publish; a dead letter of its input where it is larger than a topic takes."""
        value = codec.encode(record)
        if len(value) > MAX_MESSAGE_BYTES:
            return self.failed(message, Failed("RecordTooLarge", f"{type(record).__name__} of {len(value)} bytes"))
        self.good("published")
        made = self.headers(type(record), id_, message)
        return Outgoing(topic=topic, key=key.encode(), value=value, headers=made, to_all=to_all)

    def headers(self, kind: type, id_: str, message: Incoming) -> headers.Headers:
        return headers.make(kind, id_, self.stage, at=message.at, position=message.position, trace=message.trace)

    def _count_dead(self, error: str) -> None:
        self._metrics.count("streams_records_total", stage=self.stage, outcome="dead_letter")
        self._metrics.count("streams_dead_letters_total", stage=self.stage, error=error)
