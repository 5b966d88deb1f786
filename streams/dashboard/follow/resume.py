"""Whether a kept index fits the log as it is now: only then does a dashboard go on where the last one ended."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import ConsumerRecord

from streams.dashboard.store.database import Bookmark, Proof
from streams.kafka.log_reader import LogReader
from streams.text import digest

#: Times that a record is asked for which the log says it has, before it counts as gone.
_TRIES = 3


def proof(record: ConsumerRecord) -> Proof:
    """What tells the record from another one at its place."""
    return Proof(
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        digest=digest(*(part.decode("latin-1") for part in (record.key or b"", record.value or b""))),
    )


async def misfit(bookmark: Bookmark, topic: str, reader: LogReader) -> str:
    """Why the log in ``topic`` is not the one that the bookmark is of, or "" where it is."""
    why = outside(dict(bookmark.offsets), bookmark.proofs, await reader.spans(topic))
    if why:
        return why
    missing = {(each.partition, each.offset): each for each in bookmark.proofs}
    for _ in range(_TRIES):
        for place, record in (await reader.pick(topic, missing)).items():
            if proof(record) != missing.pop(place):
                return f"another record stands at {place[0]}:{place[1]}"
        if not missing:
            return ""
    return f"the record at {':'.join(map(str, min(missing)))} cannot be had"


def outside(offsets: Mapping[int, int], proofs: tuple[Proof, ...], spans: Mapping[int, tuple[int, int]]) -> str:
    """Why the log, by its partitions' first offsets and the ones after their last, cannot be it; "": it may be."""
    for partition, offset in sorted(offsets.items()):
        start, end = spans.get(partition, (0, 0))
        if offset >= end:
            return f"partition {partition} ends before {offset}"
        if start > offset + 1:
            return f"partition {partition} begins after {offset}"
    for each in proofs:
        if each.offset < spans[each.partition][0]:
            return f"partition {each.partition} no longer holds {each.offset}"
    return ""
