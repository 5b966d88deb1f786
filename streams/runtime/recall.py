"""Cleaning's memory out of its rows, or built anew from the logs, where they are lost.

What it published tells each article's revisions, by the position of the raw article that each came from; the raw
articles that the topic still holds tell the hosts' lines.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Protocol

from streams.contracts import codec, limits
from streams.contracts.headers import Position
from streams.contracts.records import CleanArticle, RawArticle
from streams.contracts.topology import ARTICLES_CLEAN, STATE_CLEAN
from streams.metrics import Metrics
from streams.runtime import inputs
from streams.runtime.incarnation import BASE_ROW, InputReader, current_base, is_raw_article
from streams.runtime.inputs import INPUT_ROW
from streams.runtime.messages import Incoming, Outgoing, rows_out
from streams.stages.clean import CleaningMemory

#: Raw articles before the next one that are looked at: the ``PAGE_WINDOW`` of ``clean.memory.hosts``. Pages of
#: hosts that are further back are only in the state; where that is lost, such hosts are learned anew.
_LOOK_BACK = 10_000

Rows = dict[str, bytes | None]


class OutputReader(Protocol):
    """What recalling reads (``log_reader.LogReader``)."""

    def caused_by(self, topic: str, source_topic: str) -> AsyncIterator[tuple[Position, bytes]]: ...

    def values(self, topic: str, partition: int, start: int = 0) -> AsyncIterator[tuple[int, bytes]]: ...


class MemoryReader(InputReader, inputs.ShapeReader, OutputReader, Protocol):
    """What restoring reads."""

    async def rows(self, topic: str, partition: int) -> dict[str, bytes]: ...


async def restored(
    reader: MemoryReader, metrics: Metrics, prefix: str, message: Incoming
) -> tuple[CleaningMemory, int, list[Outgoing]]:
    """The memory and base of the partition of a message, its next; and the rows to write before others: those that say
    what the state was made from, and all, where they were lost."""
    topic, partition, state = message.topic, message.partition, STATE_CLEAN.full_name(prefix)
    rows = await reader.rows(state, partition)
    was, now, known = await inputs.compare(reader, topic, state, rows.pop(INPUT_ROW, None))
    base = int(codec.loads(rows.pop(BASE_ROW, b"0")))
    memory, built = CleaningMemory(), Rows()
    anew = was == inputs.UNFINISHED or not (rows or was)
    # No partition has rows, or none had: it is the topic that was lost. Else this partition may be a new one.
    whole = anew and (known is None or known.rebuilt)
    if anew:
        built, base = await revisions(reader, memory, ARTICLES_CLEAN.full_name(prefix), topic, partition, others=whole)
    else:
        memory.restore(rows.items())
    current = await current_base(
        reader,
        topic,
        partition,
        is_raw_article,
        base=base,
        newest=memory.newest,
        after=memory.after,
        other=was.is_other(now) if was else None,
    )
    about = [(BASE_ROW, codec.encode(current))] if current != base or built else []
    out = rows_out(STATE_CLEAN, partition, about)
    if built:
        built |= await lines(reader, memory, topic, partition, current, message.offset)
        inputs.tell_rebuilt(metrics, "clean", state, partition, len(built))
        # First: a crash before the last of the rows must not leave a part of them as the whole.
        out.insert(0, inputs.row_out(STATE_CLEAN, partition, inputs.UNFINISHED))
        out += rows_out(STATE_CLEAN, partition, [(key, row) for key, row in built.items() if row is not None])
    rebuilt = whole and (bool(built) or known is not None) if anew else bool(was and was.rebuilt)
    made_from = replace(now, base=current, rebuilt=rebuilt)
    # Last, and after the base: a new id alone would say that the old base is of the new topic.
    if was != made_from:
        out.append(inputs.row_out(STATE_CLEAN, partition, made_from))
    return memory, current, out


async def revisions(
    reader: OutputReader, memory: CleaningMemory, clean: str, raw: str, partition: int, *, others: bool
) -> tuple[Rows, int]:
    """Recall what was published of a partition of raw articles; the rows, and the base of the newest life.

    With ``others`` what other partitions caused is recalled as well, as older than all of this one's: partitions may
    have been added, and later revisions may come to this one.
    """
    own: dict[int, CleanArticle] = {}
    foreign: dict[str, CleanArticle] = {}
    base = 0
    async for position, value in reader.caused_by(clean, raw):
        try:
            article = limits.decode(CleanArticle, value)
        except codec.DecodeError:
            continue
        told = replace(CleanArticle(id=article.id, text=""), content_hash=article.content_hash,
                       revision=article.revision, retracted=article.retracted)  # fmt: skip
        if position.partition == partition:
            base = max(base, position.base)
            own.setdefault(position.place, told)
        elif others and (told.id not in foreign or foreign[told.id].revision <= told.revision):
            foreign[told.id] = told
    rows: Rows = {}
    for told in foreign.values():
        rows.update(memory.recall(told, max(own, default=0) - 1))
    for place in sorted(own):
        rows.update(memory.recall(own[place], place))
    return rows, base


async def lines(reader: OutputReader, memory: CleaningMemory, raw: str, partition: int, base: int, upto: int) -> Rows:
    """ProgressSample again at the raw articles before offset ``upto``; the rows."""
    rows: Rows = {}
    async for offset, value in reader.values(raw, partition, max(0, upto - _LOOK_BACK)):
        if offset >= upto:
            break
        try:
            rows.update(memory.lookup_context(limits.decode(RawArticle, value), base + offset)[1])
        except codec.DecodeError:
            continue
    return rows
