"""What a topic is: its name, record and key, and the configuration that the broker should have. None is named here:
which there are stands in ``topology``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_DAY_MS = 24 * 60 * 60 * 1000

#: Above the default of 1 MiB, because pages are larger; articles beyond ``STREAMS_MAX_ARTICLE_BYTES`` are refused.
MAX_MESSAGE_BYTES = 26_214_400
#: Room for a record's headers beyond its value.
MAX_HEADER_BYTES = 65_536


def prefixed(name: str, prefix: str) -> str:
    """What a topic or a stage's consumer group is called on the cluster: ``clean`` with ``news`` is ``news.clean``."""
    return f"{prefix}.{name}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Topic:
    """One topic: one object, equal to no other.

    ``name`` lacks the prefix that ``STREAMS_TOPIC_PREFIX`` adds. ``record`` is the class of its values, None where they
    are of any kind. ``key`` says what its records are keyed by; ``key_of`` gives the key of a record (of a log: of the
    article that the record is about), None where there is more to it. ``outside_writers`` and ``outside_readers`` are
    those beside the stages, as the reference names them.
    """

    name: str
    record: type | None
    key: str
    why: str
    key_of: Callable[[Any], str] | None = None
    outside_writers: tuple[str, ...] = ()
    outside_readers: tuple[str, ...] = ()
    compacted: bool = False
    retention_ms: int | None = 30 * _DAY_MS
    config: dict[str, str] = field(default_factory=dict)

    def full_name(self, prefix: str) -> str:
        """The topic's name on the cluster: ``articles.raw`` with the prefix ``news`` is ``news.articles.raw``."""
        return prefixed(self.name, prefix)

    def key_bytes(self, record: object) -> bytes:
        """The Kafka key of a record, by ``key_of``, as UTF-8."""
        if self.key_of is None:
            raise ValueError(f"{self.name} has no key that its record alone tells")
        return self.key_of(record).encode()

    def full_config(self, replication: int = 1) -> dict[str, str]:
        """Broker-side topic configuration: cleanup, retention (milliseconds, -1 keeps for ever) and the extras.

        Where there are two copies, an acknowledged record is on at least two brokers: without ``min.insync.replicas``,
        ``acks=all`` means all that are in sync, which may be one.
        """
        cleanup = {"cleanup.policy": "compact" if self.compacted else "delete"}
        if not self.compacted:
            cleanup["retention.ms"] = str(-1 if self.retention_ms is None else self.retention_ms)
        durable = {"min.insync.replicas": str(min(2, replication))}
        return cleanup | durable | {"max.message.bytes": str(MAX_MESSAGE_BYTES)} | self.config
