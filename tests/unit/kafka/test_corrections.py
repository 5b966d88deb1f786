"""What became of a correction is found among whatever else stands in the topics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from streams.contracts import codec
from streams.contracts.records import Correction, Decision, Rejection
from streams.kafka import corrections
from streams.settings import load

ID = "0123456789abcdef"


class Reader:
    """Stands for ``LogReader``: the values of each topic by its name, once, and then nothing new."""

    def __init__(self, **topics: list[bytes | None]) -> None:
        self.topics = {f"news.{name.replace('_', '-')}": values for name, values in topics.items()}

    async def batches(self, topic: str, **_: object) -> AsyncIterator[list[SimpleNamespace]]:
        yield [SimpleNamespace(value=value) for value in self.topics.get(topic, [])]
        while True:
            await asyncio.sleep(0.01)
            yield []

    async def partitions(self, _: str) -> list[int]:
        return [0]

    async def records(self, topic: str, _: int) -> AsyncIterator[SimpleNamespace]:
        for offset, value in enumerate(self.topics[topic]):
            yield SimpleNamespace(value=value, headers=(), offset=offset)


def decided(id_: str) -> bytes:
    return codec.encode(Decision(article_id="", correction=Correction(id=id_, action="pin", by="Ada")))


def refused(id_: str, reason: str = "correction_refused") -> bytes:
    return codec.encode(Rejection(stage="cluster", reason=reason, id=id_, detail="no"))


RUBBISH = [None, b"", b"\xff{", f"{{{ID}".encode(), b'{"events": 3}', decided("another")]


@pytest.mark.parametrize(
    ("reader", "kind"),
    [
        (Reader(story_events=[*RUBBISH, decided(ID)], rejections=RUBBISH), Decision),
        (Reader(story_events=RUBBISH, rejections=[*RUBBISH, refused(ID, "too_short"), refused(ID)]), Rejection),
        (Reader(story_events=RUBBISH, rejections=RUBBISH), type(None)),
    ],
)
async def test_it_is_found_among_what_is_no_record(monkeypatch, reader, kind):
    monkeypatch.setattr(corrections, "LogReader", lambda _: reader)
    found = await corrections.outcome(load(), ID, 0.1)
    assert isinstance(found, kind)
    if isinstance(found, Rejection):
        assert found.reason == "correction_refused"


async def test_the_log_is_read_past_what_is_no_decision(monkeypatch, caplog):
    monkeypatch.setattr(corrections, "LogReader", lambda _: Reader(story_events=[*RUBBISH, decided(ID)]))
    found = [each.correction.id async for each in corrections.decisions(load()) if each.correction]
    assert found == ["another", ID]
    assert "the record at 0:2 is left out" in caplog.text
