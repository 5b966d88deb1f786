"""How fast a host is asked, and when again: one place for every pause. No clock of its own."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

#: Longest that a ``Retry-After`` is believed, seconds.
_MOST_HOLD = 86_400.0
#: Hosts whose last request is remembered; beyond, those that may be asked again anyway are forgotten.
_MOST_HOSTS = 20_000
#: A site that wants longer pauses between requests, in seconds, is left alone: its list would never be done.
LONGEST_DELAY = 600.0
#: Seconds after the first failure, doubled by each further one.
_FIRST_BACKOFF = 60.0
#: Time in which half of what is known of a source's rate is of today.
_HALF_LIFE = 86_400.0


class Clock(Protocol):
    """Time, so that tests can play days in seconds."""

    def time(self) -> float:
        """Seconds since the epoch."""

    async def sleep(self, seconds: float) -> None:
        """Return when that time has passed."""


class WallClock:
    """The time of this machine."""

    def time(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Pace:
    """When each host may be asked next. Whoever wants to ask takes a turn; turns of a host are ``delay`` apart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._asked: dict[str, float] = {}
        self._held: dict[str, float] = {}

    async def turn(self, host: str, delay: float) -> None:
        """Return when the host may be asked, ``delay`` seconds after it last was; this counts as asking it."""
        while True:
            now = self._clock.time()
            at = max(self._asked.get(host, -delay) + delay, self._held.get(host, 0.0))
            if at <= now:
                break
            # Looked at again then: the host may have asked for patience meanwhile, or somebody else was first.
            await self._clock.sleep(at - now)
        self._asked[host] = now
        if len(self._asked) > _MOST_HOSTS:
            self._asked = {each: at for each, at in self._asked.items() if at > now - LONGEST_DELAY}
            self._held = {each: until for each, until in self._held.items() if until > now}

    def hold(self, host: str, seconds: float) -> None:
        """Leave the host alone for that long from now on, at most a day."""
        until = self._clock.time() + min(seconds, _MOST_HOLD)
        self._held[host] = max(self._held.get(host, 0.0), until)


def retry_after(value: str | None, now: float) -> float | None:
    """Seconds that a ``Retry-After`` asks for, at most a day; None where it says nothing that can be read.

    >>> retry_after("120", 0.0), retry_after("Thu, 01 Jan 1970 00:01:00 GMT", 0.0), retry_after("soon", 0.0)
    (120.0, 60.0, None)
    """
    if not value:
        return None
    value = value.strip()[:64]
    if value.isascii() and value.isdigit():
        return min(float(value), _MOST_HOLD)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(0.0, (moment - datetime.fromtimestamp(now, UTC)).total_seconds()), _MOST_HOLD)


def backoff(failures: int, most: float, chance: Callable[[], float] = random.random) -> float:
    """Seconds to wait after so many failures in a row: doubled by each, at most ``most``, and between a half and all
    of it by chance, so that what failed together does not come back together."""
    whole: float = min(most, _FIRST_BACKOFF * 2.0 ** min(failures - 1, 30))
    return whole * (0.5 + 0.5 * chance())


def new_rate(rate: float, found: int, elapsed: float) -> float:
    """New items a second of a source, after ``found`` in ``elapsed`` seconds: what was known, half of it a day old.

    Example: ``new_rate(0.01, 0, 86_400.0)`` is ``0.005``.
    """
    elapsed = max(elapsed, 1.0)
    kept: float = 0.5 ** (elapsed / _HALF_LIFE)
    return kept * rate + (1 - kept) * found / elapsed


def interval(rate: float, least: float, most: float, chance: Callable[[], float] = random.random) -> float:
    """Seconds until a source is asked again: about as long as it takes to one new item, within the bounds, and up to a
    tenth less by chance, so that sources do not march in step."""
    wanted = 1.0 / rate if rate > 0 else most
    return min(max(wanted, least), most) * (1.0 - 0.1 * chance())
