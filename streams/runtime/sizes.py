"""What a topic takes: checked before anything of an input is published, so that no record is refused half-way."""

from __future__ import annotations

from collections.abc import Iterable

from streams.contracts.topics import MAX_HEADER_BYTES, MAX_MESSAGE_BYTES, Topic
from streams.contracts.topology import TOPICS
from streams.runtime.messages import Outgoing

#: The most that our producer sends in one request, whatever a topic would take.
MAX_REQUEST_BYTES = MAX_MESSAGE_BYTES + MAX_HEADER_BYTES


class RecordTooLargeError(ValueError):
    """A record that a stage would write is larger than its topic takes: its input becomes a dead letter."""


class Sizes:
    """The limit of each topic: from the table until ``learn`` tells what the cluster really takes."""

    def __init__(self) -> None:
        self._limits: dict[Topic, int] = {
            topic: int(topic.full_config().get("max.message.bytes", MAX_MESSAGE_BYTES)) for topic in TOPICS
        }

    def learn(self, topic: Topic, limit: int) -> None:
        self._limits[topic] = min(limit, MAX_REQUEST_BYTES)

    def limit(self, topic: Topic) -> int:
        """Bytes of the largest batch, hence of the largest record with key and headers, that the topic takes."""
        return self._limits[topic]

    def takes(self, out: Outgoing) -> bool:
        return out.size <= self._limits[out.topic]

    def check(self, outs: Iterable[Outgoing]) -> None:
        """Raises ``RecordTooLargeError`` for the first record that its topic would refuse."""
        for out in outs:
            if not self.takes(out):
                raise RecordTooLargeError(
                    f"a record of {out.size} bytes for {out.topic.name}, which takes {self._limits[out.topic]}"
                )
