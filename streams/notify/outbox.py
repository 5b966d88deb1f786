"""What is still to go to one place or another, of one partition of the alerts, as rows. Pure: the caller has the clock.

A row is written before the alert's offset is committed, marked as sent once the other side has taken it, and kept for a
while, so that an alert that stands in the topic twice goes out once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from streams.contracts import codec
from streams.contracts.records import Alert, Watch
from streams.follow.pace import backoff
from streams.notify.sinks import Sink, is_sink, parse_sink
from streams.notify.timing import due
from streams.notify.wording import Notice, notice_id
from streams.text import digest

#: Seconds for which it is remembered that an alert went out; the topic keeps alerts for thirty days.
REMEMBERED = 31 * 86_400.0
#: Longest pause between two tries, seconds.
_LONGEST_PAUSE = 3600.0
#: Alerts that go as one message; what is left goes with the next.
MOST_TOGETHER = 1000
#: Rows that are written or deleted (None), by key.
Rows = dict[str, bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """One alert on its way to one sink. Times are seconds since the epoch; ``sent``: it has arrived.

    ``together``: it goes with what else the watch has for the sink then. ``offset`` is the alert's in its partition.
    """

    alert: Alert
    sink: str
    due: float
    offset: int
    together: bool = False
    zone: str = "UTC"
    tries: int = 0
    said: str = ""
    sent: float | None = None

    @property
    def key(self) -> str:
        return f"{self.alert.id}/{digest(self.sink)[:12]}"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What goes out as one message."""

    sink: Sink
    parcels: tuple[Parcel, ...]

    def notice(self, public_url: str) -> Notice:
        alerts = tuple(parcel.alert for parcel in self.parcels)
        return Notice(
            id=notice_id(alerts),
            watch_id=alerts[0].watch_id,
            alerts=alerts,
            zone=self.parcels[0].zone,
            public_url=public_url,
        )


class Outbox:
    """The parcels of one partition. Each change returns the rows that say so, to be written before anything else."""

    def __init__(self, rows: Mapping[str, bytes] | None = None) -> None:
        self._parcels: dict[str, Parcel] = {}
        for key, row in (rows or {}).items():
            try:
                self._parcels[key] = codec.decode(Parcel, row)
            except codec.DecodeError:
                # The alert's offset is committed: what such a row meant nobody can tell.
                continue

    @property
    def waiting(self) -> int:
        """Parcels that are still to go."""
        return sum(parcel.sent is None for parcel in self._parcels.values())

    def take(self, alert: Alert, watch: Watch | None, offset: int, now: float) -> Rows:
        """Take an alert in, for each sink of its watch that has not had it; of a watch that is gone, for none."""
        if watch is None:
            return {}
        try:
            when = due(watch, datetime.fromtimestamp(now, UTC)).timestamp()
        except ValueError:
            # Somebody else's watch, with hours or a zone that are none: better at once than never.
            when = now
        made = {}
        for sink in filter(is_sink, watch.sinks):
            parcel = Parcel(
                alert=alert, sink=sink, due=when, offset=offset, together=watch.digest != "none", zone=watch.zone
            )
            if parcel.key not in self._parcels:
                made[parcel.key] = parcel
        return self._keep(made.values())

    def ready(self, now: float) -> list[Delivery]:
        """What is to go out now, the oldest first."""
        groups: dict[tuple[str, str, str], list[Parcel]] = {}
        for parcel in self._parcels.values():
            if parcel.sent is None and parcel.due <= now:
                alone = "" if parcel.together else parcel.alert.id
                groups.setdefault((parcel.alert.watch_id, parcel.sink, alone), []).append(parcel)
        found = []
        for (_, sink, _), parcels in groups.items():
            parcels.sort(key=lambda each: (each.alert.at, each.alert.id))
            found.append(Delivery(parse_sink(sink), tuple(parcels[:MOST_TOGETHER])))
        return sorted(found, key=lambda each: min(parcel.due for parcel in each.parcels))

    def arrived(self, delivery: Delivery, now: float) -> Rows:
        """It is there: what remains is the memory of it."""
        return self._keep(
            replace(parcel, sent=now, said="", alert=_remembered(parcel.alert)) for parcel in delivery.parcels
        )

    def put_off(self, delivery: Delivery, said: str, now: float, *, after: float = 0.0) -> Rows:
        """It did not arrive: try again later, all of what went together together."""
        tries = max(parcel.tries for parcel in delivery.parcels) + 1
        when = now + max(after, backoff(tries, _LONGEST_PAUSE))
        return self._keep(replace(parcel, tries=tries, due=when, said=said[:300]) for parcel in delivery.parcels)

    def give_up(self, delivery: Delivery) -> Rows:
        """It will not arrive: forgotten, so that an alert that is put back goes out again."""
        return self._drop(parcel.key for parcel in delivery.parcels)

    def forget(self, now: float) -> Rows:
        """Drop what was sent so long ago that its alert comes no more."""
        return self._drop(
            [key for key, each in self._parcels.items() if each.sent is not None and each.sent < now - REMEMBERED]
        )

    def _keep(self, parcels: Iterable[Parcel]) -> Rows:
        rows: Rows = {}
        for parcel in parcels:
            self._parcels[parcel.key] = parcel
            rows[parcel.key] = codec.encode(parcel)
        return rows

    def _drop(self, keys: Iterable[str] | Sequence[str]) -> Rows:
        rows: Rows = {}
        for key in keys:
            del self._parcels[key]
            rows[key] = None
        return rows


def _remembered(alert: Alert) -> Alert:
    return Alert(id=alert.id, watch_id=alert.watch_id, condition="", story_id=alert.story_id, at=alert.at)
