"""What open pages are told as it happens: changes gathered for a moment, then sent to every stream that wants them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from streams.contracts import codec
from streams.dashboard.store.filters import Filter, whole_number
from streams.dashboard.store.index import Index, changed_since
from streams.dashboard.store.queries import Row, matching

#: Seconds that changes gather before streams are told: a fraction of the second that event to screen may take.
GATHER = 0.3
#: Changes that a stream may be behind before it is told to load the page anew instead.
BACKLOG = 2_000
#: Most stories in one message.
MOST = 200
#: Seconds between signs of life on a silent stream; below the 30 to 60 s after which proxies cut idle connections.
HEARTBEAT = 15.0
#: Streams at once; more are refused, so that the pages stay quick.
MOST_STREAMS = 500
#: Partitions whose offsets a reader's position may name.
MOST_PARTITIONS = 1000


@dataclass(slots=True)
class LogStatus:
    """Whether Kafka answers, since when (seconds since the epoch), and whether the log has been read to its end."""

    connected: bool = True
    since: float = 0.0
    caught_up: bool = False


class Broadcaster:
    """Told of changes by the follower; wakes the streams. One event loop owns it."""

    def __init__(self, index: Index, *, clock: Callable[[], float] = time.time) -> None:
        self.index, self.clock = index, clock
        self.status = LogStatus(since=clock())
        self.streams = 0
        self._held: Counter[str] = Counter()
        self.closing = False
        #: Raised when the log began anew: what pages show no longer holds.
        self.epoch = 0
        self._changed: deque[tuple[int, str]] = deque(maxlen=BACKLOG)
        self._seq = self._status_seq = 0
        self._gate = asyncio.Event()
        self._dirty = False
        #: Since when and for whom → up to when, and the message: streams that stand at the same place share it.
        self._payloads: dict[tuple[int, Filter], tuple[int, bytes]] = {}

    def changed(self, ids: list[str]) -> None:
        for id_ in ids:
            self._seq += 1
            self._changed.append((self._seq, id_))
        self._dirty = self._dirty or bool(ids)

    def set_status(self, *, connected: bool | None = None, caught_up: bool | None = None) -> None:
        status = self.status
        if connected is not None and connected != status.connected:
            status.connected, status.since = connected, self.clock()
            self._tell_status()
        if caught_up is not None and caught_up != status.caught_up:
            status.caught_up = caught_up
            self._tell_status()

    def began_anew(self) -> None:
        self.epoch += 1
        self._changed.clear()
        self._dirty = True

    def close(self) -> None:
        """End every stream, so that the server can stop."""
        self.closing = True
        self._open_gate()

    async def run(self) -> None:
        """Let the streams go on, at most once every ``GATHER`` seconds. Until cancelled."""
        while True:
            await asyncio.sleep(GATHER)
            if self._dirty:
                self._dirty = False
                self._payloads.clear()
                self._open_gate()

    async def stories(self, wanted: Filter, offsets: dict[int, int] | None) -> AsyncIterator[bytes]:
        """The server-sent events of a list: ``stories`` as they change, ``reset``, ``status``.

        ``offsets`` is where the reader stands (its page, or its last event's id): what changed since comes first.
        """
        seq, epoch = self._seq, self.epoch
        if offsets is not None and offsets != self.index.offsets:
            missed = list(changed_since(self.index.db, offsets, MOST + 1))
            yield self._reset() if len(missed) > MOST else self._payload(missed, wanted)
        async for _ in self._steps():
            if epoch != self.epoch or (self._changed and seq < self._changed[0][0] - 1):
                yield self._reset()
                seq, epoch = self._seq, self.epoch
            elif seq < self._seq:
                key = (seq, wanted)
                if key not in self._payloads:
                    ids = list(dict.fromkeys(id_ for number, id_ in self._changed if number > seq))
                    self._payloads[key] = self._seq, self._payload(ids, wanted)
                # Up to where the payload goes: since it was made for another stream, more may have changed.
                seq, payload = self._payloads[key]
                yield payload
            else:
                yield b""

    async def story(self, story_id: str, offsets: dict[int, int] | None) -> AsyncIterator[bytes]:
        """The server-sent events of a story's page: ``changed`` when it did."""
        seq, epoch = self._seq, self.epoch
        if offsets is not None and story_id in changed_since(self.index.db, offsets, BACKLOG):
            yield self._message("changed", {"story": story_id})
        async for _ in self._steps():
            if epoch != self.epoch or any(number > seq and id_ == story_id for number, id_ in self._changed):
                yield self._message("changed", {"story": story_id})
            else:
                yield b""
            seq, epoch = self._seq, self.epoch

    def admits(self, client: str, most: int) -> bool:
        """Whether one more stream may be opened, by anybody and by this client, who may hold ``most``."""
        return self.streams < MOST_STREAMS and self._held[client] < most

    async def guard(self, events: AsyncIterator[bytes], client: str = "") -> AsyncIterator[bytes]:
        """``events`` with the status first and at every change, and a sign of life where nothing is said for long."""
        self.streams += 1
        self._held[client] += 1
        try:
            told, silent_since = -1, self.clock()
            yield b"retry: 2000\n\n"
            async for event in events:
                if told != self._status_seq:
                    told = self._status_seq
                    event = self.status_message() + event
                if not event and self.clock() - silent_since > HEARTBEAT:
                    event = b": still here\n\n"
                if event:
                    silent_since = self.clock()
                    yield event
        finally:
            self.streams -= 1
            self._held[client] -= 1
            if not self._held[client]:
                del self._held[client]

    def status_message(self) -> bytes:
        status = self.status
        told = {"connected": status.connected, "since": status.since, "caught_up": status.caught_up}
        return b"event: status\ndata: " + codec.encode(told) + b"\n\n"

    async def _steps(self) -> AsyncIterator[None]:
        """Once at once, then whenever something happened or a heartbeat is due, until the broadcaster closes."""
        while not self.closing:
            gate = self._gate
            yield
            try:
                async with asyncio.timeout(HEARTBEAT + 0.1):
                    await gate.wait()
            except TimeoutError:
                pass

    def _open_gate(self) -> None:
        self._gate.set()
        self._gate = asyncio.Event()

    def _tell_status(self) -> None:
        self._status_seq += 1
        self._dirty = True

    def _payload(self, ids: list[str], wanted: Filter) -> bytes:
        """The stories of ``ids`` that ``wanted`` asks for, and those of them that left every list; b"" for neither."""
        ids = ids[-MOST:]
        if not ids:
            return b""
        rows = [brief(row) for row in matching(self.index, wanted, ids, now=self.clock())]
        gone = []
        for id_ in ids:
            kept = self.index.lookup(id_)
            if kept is not None and kept.story.status in ("merged", "retracted"):
                gone.append({"id": id_, "to": kept.story.redirect_to})
        return self._message("stories", {"rows": rows, "gone": gone}) if rows or gone else b""

    def _reset(self) -> bytes:
        return self._message("reset", {})

    def _message(self, event: str, data: object) -> bytes:
        id_ = encode_offsets(self.index.offsets)
        return f"id: {id_}\nevent: {event}\ndata: ".encode() + codec.encode(data) + b"\n\n"


def brief(row: Row) -> dict[str, object]:
    """What a row on an open page needs to be brought up to date."""
    story = row.story
    return {
        "id": story.id,
        "headline": story.headline,
        "counts": [story.article_count, story.outlets, story.origins],
        "phase": row.phase,
        "newest": row.newest,
        "spark": row.spark,
    }


def encode_offsets(offsets: dict[int, int]) -> str:
    """Offsets by partition as a server-sent event's id. The log's own, so that any dashboard on it can resume."""
    return "-".join(f"{partition}.{offset}" for partition, offset in sorted(offsets.items()))


def decode_offsets(text: str) -> dict[int, int] | None:
    """What ``encode_offsets`` wrote; None for anything else."""
    pairs = [part.partition(".") for part in text.split("-", MOST_PARTITIONS)] if text else []
    offsets: dict[int, int] = {}
    for partition, _, offset in pairs:
        numbers = whole_number(partition), whole_number(offset)
        if numbers[0] is None or numbers[1] is None:
            return None
        offsets[numbers[0]] = numbers[1]
    return offsets
