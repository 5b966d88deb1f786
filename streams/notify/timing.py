"""When an alert goes out: at once, or with others, and never in a watch's quiet hours. Times of its own time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from streams.contracts.records import Watch

_QUIET = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])")


def quiet_hours(text: str) -> tuple[time, time] | None:
    """``22:00-07:00`` as times of day; None for "". Raises ``ValueError`` that says what would do."""
    if not text:
        return None
    match = _QUIET.fullmatch(text)
    if match is None or match.group(1, 2) == match.group(3, 4):
        raise ValueError("quiet hours are written 22:00-07:00")
    numbers = [int(each) for each in match.groups()]
    return time(numbers[0], numbers[1]), time(numbers[2], numbers[3])


@lru_cache(maxsize=256)
def zone(name: str) -> tzinfo:
    """A time zone by its IANA name. Raises ``ValueError`` for one that this machine does not know."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name[:60]!r}: one is called Europe/Berlin, for example") from None


def due(watch: Watch, now: datetime) -> datetime:
    """When what comes in at ``now`` is to go out, in UTC.

    >>> watch = Watch(id="w", query="ferry", created=datetime(2026, 1, 1, tzinfo=UTC), digest="daily", digest_hour=7)
    >>> due(watch, datetime(2026, 3, 1, 12, tzinfo=UTC)).isoformat()
    '2026-03-02T07:00:00+00:00'
    """
    local = now.astimezone(zone(watch.zone))
    if watch.digest == "hourly":
        # In UTC: where clocks are set back, an hour of the day comes twice.
        local = _whole_hour(now).astimezone(local.tzinfo)
    elif watch.digest == "daily":
        at = local.replace(hour=watch.digest_hour, minute=0, second=0, microsecond=0)
        local = at if at > local else at + timedelta(days=1)
    return _after(local, quiet_hours(watch.quiet)).astimezone(UTC)


def _whole_hour(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)


def _after(local: datetime, quiet: tuple[time, time] | None) -> datetime:
    """The moment, or the end of the quiet hours that it lies in."""
    if quiet is None:
        return local
    begin, end = quiet
    clock = local.time()
    if not (begin <= clock < end if begin < end else clock >= begin or clock < end):
        return local
    over = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    return over if over > local else over + timedelta(days=1)
