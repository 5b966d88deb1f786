"""Full articles, read from the log when a page asks for them: the dashboard keeps where they are, not what they say."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import ConsumerRecord
from aiokafka.errors import KafkaError

from streams.contracts import codec, headers, limits
from streams.contracts.limits import clip
from streams.contracts.records import CleanArticle, RawArticle, TaggedArticle
from streams.contracts.topology import ARTICLES_TAGGED
from streams.dashboard.store.queries import MemberRow
from streams.kafka.log_reader import LogReader
from streams.settings import Settings

#: Articles remembered, some 100 kB each; connections at once; and seconds that a page waits for Kafka.
REMEMBERED, CONNECTIONS, PATIENCE = 200, 4, 3.0

#: Lines of an audit that a page shows, and characters of each.
MOST_LINES, LONGEST_LINE = 3000, 2000
_FAILURES = (KafkaError, OSError, TimeoutError, codec.DecodeError)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """A line of the text that cleaning saw: kept, or dropped for a reason and how surely (0 to 1)."""

    kept: bool
    text: str
    reason: str
    score: float


class Articles:
    """Tagged articles by where they are in the log, the last ones asked for remembered."""

    def __init__(self, settings: Settings) -> None:
        self._reader = LogReader(settings)
        self._topic = ARTICLES_TAGGED.full_name(settings.topic_prefix)
        self._known: OrderedDict[tuple[int, int], TaggedArticle] = OrderedDict()
        self._turn = asyncio.Semaphore(CONNECTIONS)

    async def read(self, members: Sequence[MemberRow]) -> dict[str, TaggedArticle]:
        """Article id → article, of those that can be had: the log may no longer have one, or Kafka be away."""
        places = {
            (member.source.partition, member.source.offset): member.entry.id for member in members if member.source
        }
        missing = [place for place in places if place not in self._known]
        if missing:
            try:
                async with asyncio.timeout(PATIENCE), self._turn:
                    for place, record in (await self._reader.pick(self._topic, missing)).items():
                        self._known[place] = limits.decode(TaggedArticle, record.value or b"")
            except _FAILURES:
                pass  # what is known will have to do; the page says that the text cannot be had
        found: dict[str, TaggedArticle] = {}
        for place, id_ in places.items():
            article = self._known.get(place)
            if article is not None and article.id == id_:
                self._known.move_to_end(place)
                found[id_] = article
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        return found

    async def audit(self, member: MemberRow) -> list[AuditLine]:
        """What cleaning kept and dropped of the article, line by line; empty where its raw record cannot be had."""
        if member.source is None:
            return []
        try:
            async with asyncio.timeout(PATIENCE), self._turn:
                tagged = await self._one(self._topic, member.source.partition, member.source.offset)
                clean = await self._cause(tagged)
                raw = await self._cause(clean)
            if clean is None or raw is None:
                return []
            article = limits.decode(CleanArticle, clean.value or b"")
            return await asyncio.to_thread(_explain, limits.decode(RawArticle, raw.value or b""), article)
        except _FAILURES:
            return []

    async def _cause(self, record: ConsumerRecord | None) -> ConsumerRecord | None:
        """The input record that a stage made this one of."""
        place = headers.source_position(record.headers) if record is not None else None
        return None if place is None else await self._one(place.topic, place.partition, place.offset)

    async def _one(self, topic: str, partition: int, offset: int) -> ConsumerRecord | None:
        return (await self._reader.pick(topic, [(partition, offset)])).get((partition, offset))


def _explain(raw: RawArticle, article: CleanArticle) -> list[AuditLine]:
    # Extraction libraries take a second to load: only when first asked for.
    from streams.stages.clean import explain

    return [
        AuditLine(kept=kept, text=clip(line, LONGEST_LINE), reason=reason, score=score)
        for kept, line, reason, score in explain(raw, article)[:MOST_LINES]
    ]
