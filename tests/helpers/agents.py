"""One stage's Faust app without Kafka: what it sends is caught, what it works with runs in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from streams.contracts.records import CleanArticle, Stage, TaggedArticle
from streams.runtime.faust.app import create_app
from streams.runtime.pool_work import over_bytes
from streams.settings import load


class Caught:
    """A producer that keeps what it is given; ``refuse`` makes its acknowledgements fail."""

    def __init__(self, refuse: Exception | None = None) -> None:
        self.sent: list[tuple[str, Any, Any]] = []
        self.refuse = refuse

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, partition: int, timestamp: Any, headers: Any
    ) -> asyncio.Future[None]:
        self.sent.append((topic, key, value))
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.refuse:
            done.set_exception(self.refuse)
        else:
            done.set_result(None)
        return done


class Inline:
    def __init__(self, work: Callable[[Any], object]) -> None:
        self.work = work

    async def run(self, items: Sequence[Any]) -> list[object]:
        return [self.work(item) for item in items]


def tagging(tag: Callable[[CleanArticle], TaggedArticle]) -> Inline:
    """The tag stage's pool in this process, over this way to tag an article."""
    work = over_bytes(lambda batch: [tag(each) for each in batch])
    return Inline(lambda value: work([value])[0])


def app_of(stage: Stage, tmp_path: Path, producer: Caught) -> Any:
    app: Any = create_app(load(data_dir=tmp_path, batch_size=1), stage)
    app.finalize()
    app.flow_control.resume()

    async def start() -> Caught:
        return producer

    async def committed(*_: object) -> None:
        return None

    app.maybe_start_producer = start
    app.reader.committed = committed
    return app


async def put(app: Any, stage: Stage, *values: bytes) -> list[Any]:
    async with app.agents[stage].test_context() as agent:
        events = [await asyncio.wait_for(agent.put(value), 10) for value in values]
        await asyncio.sleep(0.3)
    return events
