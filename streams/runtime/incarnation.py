"""Which life of its input topic a stage is in. A topic that was deleted and made again counts its offsets from zero.

State and decisions are of positions. So that a new topic's records are not taken for the old one's redelivered, each
life has a *base*: a record's place is base plus offset, and the base of a new life is one more than any place before.
Where Kafka gives topics an id (KIP-516), state keeps it (``runtime.inputs``). The topic itself is looked at as well,
which also tells of one cut short, and for brokers without ids: the record at the newest position that was worked on
must still be the same article, or be gone by retention.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from streams.contracts import codec, limits
from streams.contracts.records import RawArticle, TaggedArticle
from streams.stages.clean import article_id

logger = logging.getLogger(__name__)

#: The state row that holds the base of a stage which writes no log of its own.
BASE_ROW = "meta/base"


class InputReader(Protocol):
    """What telling needs of the log (``log_reader.LogReader``)."""

    async def holds(self, topic: str, partition: int, offset: int, matches: Callable[[bytes], bool]) -> bool: ...


async def current_base(
    reader: InputReader,
    topic: str,
    partition: int,
    is_article: Callable[[bytes, str], bool],
    *,
    base: int,
    newest: tuple[int, str] | None,
    after: int,
    other: bool | None = None,
) -> int:
    """The base of the life that the input topic is in.

    Args:
        is_article: whether a record's bytes are of the article of an id.
        base: that of the life that was worked on last.
        newest: place and article id of the newest record that was worked on; None: nothing was.
        after: a place beyond all that state and log know: the base of a new life.
        other: whether Kafka's id says that it is another topic; None: it does not tell.
    """
    if other:
        logger.warning(
            "%s, partition %d, is not the topic that was worked on: Kafka has another id for it. Its records count as "
            "new ones, after all before (docs/how-to/operate.md#when-topics-change).",
            topic, partition,
        )  # fmt: skip
        return after
    if newest is None or newest[0] < base:
        return base
    place, id_ = newest
    if await reader.holds(topic, partition, place - base, lambda value: is_article(value, id_)):
        return base
    logger.warning(
        "%s, partition %d, is not the topic that was worked on: where article %s stood, at offset %d, there is nothing "
        "or another. Its records count as new ones, after all before (docs/how-to/operate.md#when-topics-change).",
        topic, partition, id_, place - base,
    )  # fmt: skip
    return after


def is_raw_article(value: bytes, id_: str) -> bool:
    """Whether a record of the topic of raw articles is of an article; what cannot be read is of none."""
    try:
        return article_id(limits.bounded(codec.decode(RawArticle, value))) == id_
    except codec.DecodeError:
        return False


def is_tagged_article(value: bytes, id_: str) -> bool:
    """As ``is_raw_article``, for the topic of tagged articles."""
    try:
        return limits.bounded(codec.decode(TaggedArticle, value)).id == id_
    except codec.DecodeError:
        return False
