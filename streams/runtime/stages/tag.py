"""Tagging over messages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial

from streams.contracts import codec
from streams.contracts.records import Stage
from streams.contracts.topology import ARTICLES_TAGGED
from streams.metrics import Metrics
from streams.runtime.messages import Incoming, Outgoing
from streams.runtime.outcomes import Outcomes
from streams.runtime.pool import Failed, Pool
from streams.runtime.pool_work import Tagged, tagging_work
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, create_pool
from streams.settings import Settings


class TagStage:
    """Clean articles to tagged ones. Stateless."""

    name: Stage = "tag"
    restoring = False

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        del reader
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        models = str(settings.models_dir) if settings.models_dir else None
        self.pool: Pool[bytes, Tagged] = create_pool(
            self.name, partial(tagging_work, settings.ner_backend, models), settings, metrics
        )

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        out: list[Outgoing] = []
        work: list[tuple[Incoming, bytes]] = []
        for message in batch:
            try:
                work.append((message, message.body()))
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
        results = await self.pool.run([body for _, body in work])
        for (message, _), result in zip(work, results, strict=True):
            if isinstance(result, Failed | codec.DecodeError):
                out.append(self.outcomes.failed(message, result))
                continue
            try:
                out.append(self.outcomes.publishing(message, ARTICLES_TAGGED, result))
            except Exception as error:
                out.append(self.outcomes.failed(message, error))
            else:
                self.outcomes.good("published")
        yield out

    def works_ahead(self, partitions: Iterable[int]) -> bool:
        del partitions
        return True

    def forget(self, partitions: Iterable[int]) -> None:
        """Nothing to forget."""


STAGE = TagStage
