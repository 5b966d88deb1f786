"""The watches that somebody keeps: read from their topic, written to it, checked before."""

from __future__ import annotations

from aiokafka import AIOKafkaProducer

from streams.contracts import codec, headers
from streams.contracts.records import MOST_WATCHES, WATCH_NAME, Story, Watch
from streams.contracts.topology import STORIES, WATCHES
from streams.kafka.log_reader import LogReader
from streams.kafka.security import producer_options
from streams.settings import Settings


class WatchError(ValueError):
    """A watch cannot be kept so. The message says what would do."""


def check_name(name: str) -> str:
    """The name of a watch, which is its id. Raises ``WatchError``."""
    if not WATCH_NAME.fullmatch(name):
        raise WatchError(f"a name has small letters, digits, `-`, `_` and `.`, at most 64: not {name[:70]!r}")
    return name


async def kept(settings: Settings) -> dict[str, Watch]:
    """Every watch by its name; what cannot be read is left out."""
    reader, topic = LogReader(settings), WATCHES.full_name(settings.topic_prefix)
    found: dict[str, Watch] = {}
    for partition in await reader.partitions(topic):
        for key, value in (await reader.rows(topic, partition)).items():
            try:
                found[key] = codec.decode(Watch, value)
            except codec.DecodeError:
                continue
    return dict(sorted(found.items()))


async def keep(settings: Settings, watch: Watch) -> None:
    """Keep a watch, in place of one of its name. Raises ``WatchError`` where there are as many as may be."""
    watches = await kept(settings)
    if watch.id not in watches and len(watches) >= MOST_WATCHES:
        raise WatchError(f"there are {MOST_WATCHES} watches: remove one first (streams watch rm)")
    await _write(settings, watch.id, watch)


async def remove(settings: Settings, name: str) -> bool:
    """Keep a watch no more; False where there is none of the name."""
    if name not in await kept(settings):
        return False
    await _write(settings, name, None)
    return True


async def stories(settings: Settings) -> dict[str, Story]:
    """Every story as its topic has it now; what cannot be read is left out."""
    reader, topic = LogReader(settings), STORIES.full_name(settings.topic_prefix)
    found: dict[str, Story] = {}
    for partition in await reader.partitions(topic):
        async for record in reader.records(topic, partition):
            key = (record.key or b"").decode(errors="replace")
            found.pop(key, None)
            if record.value is not None:
                try:
                    found[key] = codec.decode(Story, record.value)
                except codec.DecodeError:
                    continue
    return found


async def _write(settings: Settings, key: str, watch: Watch | None) -> None:
    value = None if watch is None else codec.encode(watch)
    about = headers.make(Watch, key, "watch")
    async with AIOKafkaProducer(**producer_options(settings)) as producer:
        await producer.send_and_wait(
            WATCHES.full_name(settings.topic_prefix), value, key.encode(), headers=about
        )  # fmt: skip
