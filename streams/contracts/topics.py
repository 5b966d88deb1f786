"""Every topic, in one table: name, record, key, partitions, retention, compaction, who writes and who reads.

``streams topics apply`` creates what stands here; the reference page and the tests read the same table.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from streams.contracts.records import CleanArticle, Decision, RawArticle, Rejection, Story, TaggedArticle

_DAY_MS = 24 * 60 * 60 * 1000

Name = Literal[
    "articles.raw",
    "articles.clean",
    "articles.tagged",
    "story-events",
    "stories",
    "rejections",
    "dead-letters",
    "state.clean",
    "state.cluster",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic. ``name`` lacks the prefix that ``STREAMS_TOPIC_PREFIX`` adds (``news`` → ``news.articles.raw``)."""

    name: Name
    record: type | None
    key: str
    written_by: str
    read_by: str
    why: str
    compacted: bool = False
    retention_ms: int | None = 30 * _DAY_MS
    config: dict[str, str] = field(default_factory=dict)

    def full_name(self, prefix: str) -> str:
        return f"{prefix}.{self.name}"

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


#: Above the default of 1 MiB, because pages are larger; articles beyond ``STREAMS_MAX_ARTICLE_BYTES`` are refused.
MAX_MESSAGE_BYTES = 26_214_400
#: Room for a record's headers beyond its value.
MAX_HEADER_BYTES = 65_536

#: Compact soon: a state topic is read whole on every assignment, so its size is recovery time.
_STATE = {"segment.ms": "600000", "min.cleanable.dirty.ratio": "0.1"}

TOPICS: tuple[Topic, ...] = (
    Topic(
        name="articles.raw",
        record=RawArticle,
        key="host of the URL, else the outlet, else the id",
        written_by="streams seed, your crawler",
        read_by="clean",
        why="What was fetched. One host in one partition keeps its revisions in order and its line memory local.",
    ),
    Topic(
        name="articles.clean",
        record=CleanArticle,
        key="article id",
        written_by="clean",
        read_by="tag, clean (where its state is lost)",
        why="The article out of the page, with an audit of what was dropped.",
    ),
    Topic(
        name="articles.tagged",
        record=TaggedArticle,
        key="language",
        written_by="tag",
        read_by="cluster",
        why="Entities and quotations. One language in one partition: stories form within a language.",
    ),
    Topic(
        name="story-events",
        record=Decision,
        key="language",
        written_by="cluster",
        read_by="cluster (after a crash), dashboards, you",
        why="The log that is the truth: one record per article that changed a story, at its input's partition.",
        retention_ms=None,
    ),
    Topic(
        name="stories",
        record=Story,
        key="story id",
        written_by="cluster",
        read_by="dashboards, you",
        why="Each story as it stands, derived from the log.",
        compacted=True,
    ),
    Topic(
        name="rejections",
        record=Rejection,
        key="article id",
        written_by="clean, tag, cluster",
        read_by="you, streams doctor",
        why="Inputs that are no usable article, each with its reason.",
    ),
    Topic(
        name="dead-letters",
        record=None,
        key="the original key",
        written_by="every stage",
        read_by="you, streams dlq",
        why="Records that a stage could not process: original bytes, the failure in headers.",
        # An original of the largest size must fit together with the headers that say what went wrong.
        config={"max.message.bytes": str(MAX_MESSAGE_BYTES + MAX_HEADER_BYTES)},
    ),
    Topic(
        name="state.clean",
        record=None,
        key="row key",
        written_by="clean",
        read_by="clean",
        why="What cleaning remembers (revisions, a host's recurring lines), as rows that survive a lost disk.",
        compacted=True,
        config=_STATE,
    ),
    Topic(
        name="state.cluster",
        record=None,
        key="row key",
        written_by="cluster",
        read_by="cluster",
        why="Story profiles as rows that know the offset they have applied.",
        compacted=True,
        config=_STATE,
    ),
)

_BY_NAME = {topic.name: topic for topic in TOPICS}


def topic(name: Name) -> Topic:
    return _BY_NAME[name]
