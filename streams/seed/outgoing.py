"""What is sent for an article: its id, its key, its bytes. Pure; the producer and ``--dry-run`` both read it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from streams.contracts import codec, headers
from streams.contracts.limits import bounded_id
from streams.contracts.records import RawArticle
from streams.contracts.topics import MAX_MESSAGE_BYTES
from streams.seed.folders import printable
from streams.seed.found import Found, Problem, Waiting
from streams.seed.journal import Item, Reached
from streams.stages.clean import article_id, host_of

#: What a batch of one record takes beside value, key and headers: 61 bytes and some varints, with room to spare.
_BATCH_BYTES = 512
#: Records, the latest, of which one that comes again is known: some 100 bytes each. Others are sent once more.
_REMEMBERED = 4_000_000


@dataclass(frozen=True, slots=True)
class SeedRecord:
    """One record for the topic of raw articles."""

    id: str
    key: bytes
    value: bytes
    headers: headers.Headers
    content_type: str
    where: str


def outgoing(
    found: Iterable[Item], *, largest_record: int = MAX_MESSAGE_BYTES
) -> Iterator[SeedRecord | Problem | Reached | Waiting]:
    """Records in order, and what else there is in its place.

    The same record again is skipped; the same id with other content is a revision, and goes. An article without an id
    gets the one that cleaning would derive, so that sending it again changes nothing.
    What does not fit into ``largest_record`` bytes is rejected here: a broker would refuse its neighbours with it, and
    an idempotent producer does not survive that.
    """
    seen: dict[bytes, None] = {}
    for item in found:
        if not isinstance(item, Found):
            yield item
            continue
        try:
            yield _prepared(item, seen, largest_record)
        except Exception as error:  # whatever one article holds, the next one is sent
            yield Problem(
                "rejected", item.where, f"cannot be prepared: {type(error).__name__}: {printable(error, 200)}"
            )


def record_of(article: RawArticle, where: str, producer: str) -> SeedRecord:
    """The record of an article: its id derived where it has none, its key by its host. ``producer``: who sends it."""
    article = dataclasses.replace(article, id=article_id(article))
    assert article.id
    value = codec.encode(article)
    fingerprint = blake2b(value, digest_size=12).hexdigest()
    return SeedRecord(
        id=article.id,
        key=(host_of(article.url) or bounded_id(article.source or article.id)).encode(),
        value=value,
        headers=headers.make(RawArticle, f"{article.id}/{fingerprint}", producer),
        content_type=article.content_type,
        where=where,
    )


def size_of_record(record: SeedRecord) -> int:
    """Bytes that a record takes as a batch of its own: what a topic's ``max.message.bytes`` bounds."""
    return (
        _BATCH_BYTES + len(record.key) + len(record.value) + sum(len(name) + len(data) for name, data in record.headers)
    )


def _prepared(item: Found, seen: dict[bytes, None], largest_record: int) -> SeedRecord | Problem:
    record = record_of(item.article, item.where, "seed")
    fingerprint = blake2b(record.value, digest_size=12).digest()
    if fingerprint in seen:
        return Problem("skipped", item.where, f"the same as an earlier one ({printable(record.id, 200)})")
    seen[fingerprint] = None
    if len(seen) > _REMEMBERED:
        del seen[next(iter(seen))]
    size = size_of_record(record)
    if size > largest_record:
        why = f"too large: {size} bytes as a record, of which the topic takes {largest_record}"
        return Problem("rejected", item.where, why)
    return record
