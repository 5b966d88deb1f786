"""A stage's functions on quixstreams: record by record, as its data frames work. Run, with the Python of ``peers.py``:
``python quix_worker.py STAGE BROKER PREFIX``.

At least once, as it does by default. What the stages know lives in the process, as with plain aiokafka
(``plain_worker.py``): after a crash it is gone. A worker that is told to stop commits and ends.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from plain_worker import Made, Work
from quixstreams import Application, message_context
from quixstreams.models.serializers import Serializer

from streams.contracts.records import Stage
from streams.contracts.topology import TOPICS, TOPOLOGY
from streams.settings import Settings, load


@dataclass(frozen=True, slots=True)
class _Record:
    key: bytes
    value: bytes
    partition: int
    offset: int


class _Value(Serializer):
    """What is to be written of what a stage made."""

    def __call__(self, made: Made, *_: Any, **__: Any) -> bytes:
        return made[2]


def run(stage: Stage, settings: Settings) -> None:
    prefix = settings.topic_prefix
    app = Application(
        broker_address=",".join(settings.bootstrap_servers),
        consumer_group=f"{prefix}.{stage}",
        auto_offset_reset="earliest",
        commit_interval=1.0,
        auto_create_topics=False,
        producer_extra_config={"linger.ms": 5, "message.max.bytes": 30_000_000},
        loglevel="WARNING",
    )
    topics = {topic.name: app.topic(topic.full_name(prefix), value_serializer=_Value()) for topic in TOPICS}
    source = app.topic(TOPOLOGY[stage].input.full_name(prefix), value_deserializer="bytes")
    work = getattr(Work(settings), stage)

    def made(value: bytes, key: bytes, *_: object) -> Iterable[Made]:
        context = message_context()
        return list(work([_Record(key, value, context.partition, context.offset)]))

    frame = app.dataframe(source).apply(made, expand=True, metadata=True)
    frame.to_topic(lambda one, *_: topics[one[0].name], key=lambda one: one[1])
    app.run()


if __name__ == "__main__":
    run(sys.argv[1], load(broker=sys.argv[2], topic_prefix=sys.argv[3]))
