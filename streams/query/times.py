"""When an article counts, and how alive a story is: one rule each, for lists, queries and watches."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, get_args

from streams.contracts.records import StoryStatus

Phase = Literal["breaking", "developing", "new", "quiet", "closed"]
PHASES: tuple[Phase, ...] = get_args(Phase)

_HOUR = 3600.0
#: Our own reading of "breaking": enough articles for several newsrooms to have it, begun and renewed this shift.
BREAKING_ARTICLES, BREAKING_AGE, BREAKING_SILENCE = 3, 6 * _HOUR, _HOUR
#: A story without a new article for a day's news cycle is quiet.
QUIET_AFTER = 24 * _HOUR

#: The first and the last whole day that a date in UTC can name, seconds since the epoch.
_FIRST = datetime(1, 1, 2, tzinfo=UTC).timestamp()
_LAST = datetime(9999, 12, 30, tzinfo=UTC).timestamp()


def article_time(at: datetime | None, arrived: float) -> float:
    """When an article counts, seconds since the epoch: its own time; its arrival where that is unknown or later."""
    return arrived if at is None else showable(min(arrived, at.timestamp()))


def showable(moment: float) -> float:
    """``moment``, seconds since the epoch, within the years 1 to 9999: beyond them no date can be written."""
    return min(max(moment, _FIRST), _LAST)


def phase_of(status: StoryStatus, articles: int, *, newest: float, oldest: float, now: float) -> Phase:
    """How alive a story of so many articles is; times are seconds since the epoch."""
    if status == "closed":
        return "closed"
    silence, age = now - newest, now - oldest
    if silence > QUIET_AFTER:
        return "quiet"
    if articles >= BREAKING_ARTICLES and age <= BREAKING_AGE and silence <= BREAKING_SILENCE:
        return "breaking"
    return "new" if articles == 1 else "developing"
