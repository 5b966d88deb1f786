"""Watches as tabs, and how many of their alerts a reader has not seen: the reader's own cookie a watch says it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

from starlette.responses import Response

from streams.contracts import codec
from streams.contracts.records import Watch
from streams.dashboard.store.filters import whole_number
from streams.dashboard.web.watching import Asks, Given, Watching

#: Watches that have a tab; the others are found on the page of one.
MOST_TABS = 12
#: Alerts that a watch's page lists.
MOST_ALERTS = 50
_COOKIE, _YEAR = "seen-", 365 * 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Tab:
    """A watch, its newest alerts, and how many of them are unread."""

    watch: Watch
    alerts: tuple[Given, ...]
    seen: int

    @property
    def unread(self) -> int:
        return sum(self.is_new(given) for given in self.alerts)

    def is_new(self, given: Given) -> bool:
        return given.arrived > self.seen


def tab(watching: Watching, watch: Watch, cookies: Mapping[str, str]) -> Tab:
    """A watch's tab for the reader who sent these cookies; one who never opened it has read nothing."""
    seen = whole_number(cookies.get(_COOKIE + watch.id, "")) or 0
    return Tab(watch=watch, alerts=watching.of(watch.id)[:MOST_ALERTS], seen=seen)


def tabs(watching: Watching, cookies: Mapping[str, str]) -> list[Tab]:
    return [tab(watching, watch, cookies) for watch in watching.watches[:MOST_TABS]]


async def with_unread(events: AsyncIterator[bytes], asks: Asks, cookies: Mapping[str, str]) -> AsyncIterator[bytes]:
    """A page's events, and among them ``unread`` whenever one of its tabs' counts is another: by the watches' names.

    Looked at whenever an event is due, which is at least as often as a silent stream gives a sign of life.
    """
    known, told = None, b""
    async for event in events:
        watching = await asks(0.0)
        if watching is not known:
            known, counts = watching, {each.watch.id: each.unread for each in tabs(watching, cookies)}
            data = codec.encode(counts)
            if counts and data != told:
                told = data
                event += b"event: unread\ndata: " + data + b"\n\n"
        yield event


def mark_read(response: Response, shown: Tab) -> None:
    """Have the browser remember that these alerts were shown."""
    if shown.alerts:
        newest = max(given.arrived for given in shown.alerts)
        name = _COOKIE + shown.watch.id
        response.set_cookie(name, str(max(newest, shown.seen)), max_age=_YEAR, httponly=True, samesite="lax")
