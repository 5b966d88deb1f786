"""Watches over the log of decisions, over messages."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence

from streams.contracts import codec, headers
from streams.contracts.headers import Position
from streams.contracts.records import MOST_WATCHES, Alert, Decision, Stage, Watch
from streams.contracts.topology import ALERTS, STATE_ALERT, STORY_EVENTS, TOPOLOGY, WATCHES
from streams.metrics import Metrics
from streams.query import QueryError
from streams.runtime import inputs
from streams.runtime.messages import Incoming, Outgoing, rows_out
from streams.runtime.outcomes import Outcomes
from streams.runtime.sizes import Sizes
from streams.runtime.stages.stage import Phases, StateReader, tell_restored
from streams.settings import Settings
from streams.stages.alert import Alerter, Asked, compiled

logger = logging.getLogger(__name__)

#: The version of the rows' form, in a row of its own that is written last: without it the rest is built anew.
STATE_VERSION = 1
_STAMP_ROW, _STORY_ROW = "meta/alert", "story/"
#: What decisions are on.
_DECIDED_ON = (TOPOLOGY["cluster"].input, *TOPOLOGY["cluster"].beside)
#: Seconds after which the watches are read again, at the next batch.
_WATCHES_FOR = 5.0


class AlertStage:
    """Decisions to alerts. A story's row says which decision it has seen, and what it has answered.

    Alerts are published before the rows that say so: what a crash leaves between the two is given again, the same
    alert with the same id. Redelivered decisions, and second records of one decision, change no row that has seen them.
    """

    name: Stage = "alert"
    pool = None

    def __init__(self, settings: Settings, metrics: Metrics, reader: StateReader) -> None:
        self.outcomes = Outcomes(self.name, metrics, settings.max_failures, Sizes())
        self._prefix, self._metrics, self._reader = settings.topic_prefix, metrics, reader
        self._partitions: dict[int, Alerter] = {}
        self._asked: tuple[Asked, ...] = ()
        self._asked_at = float("-inf")
        #: Rows of partitions that were built anew, to be written with the next.
        self._fresh: list[Outgoing] = []
        self.restoring = False

    async def process(self, batch: Sequence[Incoming]) -> Phases:
        await self._read_watches()
        alerts: list[Outgoing] = []
        rows: list[Outgoing] = []
        for message in batch:
            source = headers.source_position(message.headers)
            held = await self._alerter(message, source)
            held.ask(self._asked)
            try:
                if source is None:
                    raise codec.DecodeError("the decision does not say of which article's position it is")
                decision = message.decode(Decision)
                arrived = message.at.timestamp() if message.at else _newest(decision)
                changes = held.apply(decision, source.place, arrived)
            except Exception as error:
                alerts.append(self.outcomes.failed(message, error))
                continue
            try:
                given = [self.outcomes.published(message, ALERTS, alert, alert.id) for alert in changes.alerts]
                changed = _rows(message.partition, changes.rows)
                self.outcomes.sizes.check(changed)
            except Exception as error:
                # The stories have it by now: what is published so far tells what they should be.
                alerts.append(self.outcomes.failed(message, error))
                yield alerts
                yield self._pop_fresh() + rows
                alerts, rows = [], []
                self.forget([message.partition])
                continue
            alerts += given
            rows += changed
            self.outcomes.good("published" if given else "nothing")
            self._metrics.count("streams_alerts_total", len(given), stage=self.name)
        yield alerts
        yield self._pop_fresh() + rows
        self._tell_size()

    def _pop_fresh(self) -> list[Outgoing]:
        fresh, self._fresh = self._fresh, []
        return fresh

    async def _read_watches(self) -> None:
        if time.monotonic() - self._asked_at < _WATCHES_FOR:
            return
        topic = WATCHES.full_name(self._prefix)
        found: dict[str, bytes] = {}
        for partition in await self._reader.partitions(topic):
            found |= await self._reader.rows(topic, partition)
        asked = [each for key in sorted(found)[:MOST_WATCHES] if (each := _compiled(key, found[key])) is not None]
        self._metrics.set("streams_watch_entries", len(asked), stage=self.name, state="asked")
        self._metrics.set("streams_watch_entries", len(found) - len(asked), stage=self.name, state="failing")
        self._asked, self._asked_at = tuple(asked), time.monotonic()

    async def _alerter(self, message: Incoming, source: Position | None) -> Alerter:
        partition = message.partition
        if partition not in self._partitions:
            self.restoring, began = True, time.monotonic()
            topic = STATE_ALERT.full_name(self._prefix)
            rows = await self._reader.rows(topic, partition)
            alerter = _restored(rows)
            if alerter is None:
                alerter = await self._built(message, source)
                built = alerter.rows()
                gone = [key for key in rows if key.removeprefix(_STORY_ROW) not in built]
                self._fresh += rows_out(STATE_ALERT, partition, dict.fromkeys(gone, None).items())
                self._fresh += _rows(partition, built)
                stamp = codec.encode({"version": STATE_VERSION})
                self._fresh += rows_out(STATE_ALERT, partition, [(_STAMP_ROW, stamp)])
                if rows or built:
                    inputs.tell_rebuilt(self._metrics, self.name, topic, partition, len(built))
            self._partitions[partition] = alerter
            self.restoring = False
            tell_restored(self._metrics, self.name, began)
        return self._partitions[partition]

    async def _built(self, message: Incoming, source: Position | None) -> Alerter:
        """The stories of a partition from the log before its next record, and what they answered from the alerts."""
        alerter, arrived = Alerter(), 0.0
        if source is None:
            return alerter
        log = STORY_EVENTS.full_name(self._prefix)
        inputs_of_log = dict.fromkeys((source.topic, *(each.full_name(self._prefix) for each in _DECIDED_ON)))
        async for position, decision in self._reader.history(log, message.partition, *inputs_of_log):
            # Articles and corrections stand in the log in one order; their own places compare within one topic only.
            if position.topic == source.topic and position.place >= source.place:
                break
            # When the log got them it does not tell here: no article counts later than what came after it.
            arrived = max(arrived, _newest(decision))
            try:
                alerter.apply(decision, position.place, arrived)
            except Exception as error:
                # A dead letter of its own time; it changed nothing then either.
                logger.warning("a decision cannot be applied and is passed over: %s", type(error).__name__)
        async for _, value in self._reader.caused_by(ALERTS.full_name(self._prefix), log):
            try:
                alerter.answered(codec.decode(Alert, value))
            except codec.DecodeError as error:
                logger.warning("an alert cannot be read, and may be given once more: %s", error)
        return alerter

    def works_ahead(self, partitions: Iterable[int]) -> bool:
        # It works on the loop itself.
        del partitions
        return False

    def forget(self, partitions: Iterable[int]) -> None:
        for partition in partitions:
            self._partitions.pop(partition, None)
        self._tell_size()

    def _tell_size(self) -> None:
        stories = sum(map(len, self._partitions.values()))
        self._metrics.set("streams_state_entries", stories, stage=self.name, kind="stories")


def _newest(decision: Decision) -> float:
    """When the newest of a decision's events was, seconds since the epoch; 0 where none tells."""
    return max((event.at.timestamp() for event in decision.events if event.at), default=0.0)


def _compiled(key: str, value: bytes) -> Asked | None:
    """A watch to ask; one that cannot be read asks nothing, and is counted."""
    try:
        return compiled(codec.decode(Watch, value))
    except (codec.DecodeError, QueryError) as error:
        logger.warning("the watch %.80r asks nothing, it cannot be read: %s", key, error)
        return None


def _restored(rows: dict[str, bytes]) -> Alerter | None:
    """The stories that rows tell of; None where they are of another version, or cannot be read."""
    try:
        if codec.loads(rows[_STAMP_ROW]) != {"version": STATE_VERSION}:
            return None
        stories = {key.removeprefix(_STORY_ROW): row for key, row in rows.items() if key.startswith(_STORY_ROW)}
        return Alerter(stories)
    except (KeyError, codec.DecodeError):
        return None


def _rows(partition: int, rows: dict[str, bytes] | dict[str, bytes | None]) -> list[Outgoing]:
    return rows_out(STATE_ALERT, partition, ((_STORY_ROW + id_, row) for id_, row in rows.items()))


STAGE = AlertStage
