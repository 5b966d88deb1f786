"""robots.txt (RFC 9309): what of a site may be asked, and how fast. Read once a day for each site."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from protego import Protego

from streams.follow.pace import LONGEST_DELAY, Clock

#: Bytes that are read of one (RFC 9309: at least 500 KiB).
MOST_BYTES = 512_000
#: Seconds that one is believed (RFC 9309: a day), and that a site stays closed whose robots.txt cannot be had.
_LIFE, _CLOSED_LIFE = 86_400.0, 3600.0
#: Sites remembered.
_MOST_SITES = 10_000


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking for a robots.txt: its text; where it could not be had, ``closed`` says why."""

    text: str
    closed: str = ""


class Rules:
    """What one site allows to one agent. ``delay`` is in seconds between requests, 0 where it does not say."""

    def __init__(self, answer: Answer, agent: str) -> None:
        self._agent = agent
        #: Why the site is closed to everybody; empty: it is not.
        self.closed = answer.closed
        self._parsed = Protego.parse(answer.text)
        delay = float(self._parsed.crawl_delay(agent) or 0.0)
        rate = self._parsed.request_rate(agent)
        if rate is not None and rate.requests > 0:
            delay = max(delay, rate.seconds / rate.requests)
        self.delay = max(0.0, delay)

    def allow(self, url: str) -> bool:
        """Whether the site lets us have ``url``, at a pace that we can wait for."""
        return not self.closed and self.delay <= LONGEST_DELAY and bool(self._parsed.can_fetch(url, self._agent))


class Robots:
    """The rules of every site that is asked.

    Args:
        fetch: gets a robots.txt by the site's origin (``https://example.org``).
        agent: the name by which robots.txt may speak to us: the product of the User-Agent.
    """

    def __init__(self, fetch: Callable[[str], Awaitable[Answer]], agent: str, clock: Clock) -> None:
        self._fetch, self._agent, self._clock = fetch, agent, clock
        self._known: OrderedDict[str, tuple[float, Rules]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}

    async def rules(self, origin: str) -> Rules:
        """The rules of a site, asked for where they are not known, or known for too long."""
        lock = self._asking.setdefault(origin, asyncio.Lock())
        try:
            async with lock:
                until, rules = self._known.get(origin, (0.0, None))
                now = self._clock.time()
                if rules is None or until <= now:
                    answer = await self._fetch(origin)
                    rules = Rules(answer, self._agent)
                    self._known[origin] = (now + (_CLOSED_LIFE if answer.closed else _LIFE), rules)
                self._known.move_to_end(origin)
                if len(self._known) > _MOST_SITES:
                    self._known.popitem(last=False)
                return rules
        finally:
            if not lock.locked():
                self._asking.pop(origin, None)
