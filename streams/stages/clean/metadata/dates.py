"""Dates as producers and pages write them, to points in time."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from streams.stages.clean.metadata.months import MONTHS
from streams.text import fold

#: Nothing that anyone streams is older; dates before are parsing accidents (1900-01-00 is a spreadsheet's).
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
#: Clocks and time zones are wrong by hours, embargoed articles by a day.
FUTURE = timedelta(days=2)

_ISO = re.compile(
    r"^\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?\s*$",
    re.IGNORECASE,
)
_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}  # fmt: skip
_DAY_MONTH = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\.?\s+([A-Za-z]{3,9})\.?,?\s+(\d{4})\b")
_MONTH_DAY = re.compile(r"\b([A-Za-z]{3,9})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})\b")
#: ``20. Dezember 2025``, ``20 de diciembre de 2025``, ``1er mars 2025``; folded. And as East Asia writes it.
_ABROAD = re.compile(r"\b(\d{1,2})(?:er|\.|o|ro)?\s+(?:de\s+|d')?([^\W\d_]{3,12})\.?,?\s+(?:de\s+|del\s+)?(\d{4})\b")
_YEAR = re.compile(r"\d{4}")
_EASTERN = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월]\s?(\d{1,2})\s?[日일]")
_CLOCK = re.compile(r"\b(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap])?\.?m?\b", re.IGNORECASE)
_SLASHED = re.compile(r"^\s*(\d{4})[/.](\d{1,2})[/.](\d{1,2})\b")


def parse(text: str) -> datetime | None:
    """The point in time that a text names, in UTC where it names no zone; None where it is no date.

    Reads ISO 8601, RFC 2822, ``2019/11/20``, ``20 November 2019`` and ``November 20, 2019 4:05 pm``, the former also in
    other languages, ``2019年11月20日``, and seconds or milliseconds since 1970. Day-first against month-first
    (``03/04/2019``) cannot be told and is not guessed.
    """
    text = text.strip()
    if not text or len(text) > 120:
        return None
    if text.isascii() and text.isdigit() and len(text) in (10, 13):
        return datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
    try:
        return _iso(text) or _rfc2822(text) or _written(text) or _abroad(text)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    match = _ISO.match(text)
    if not match:
        slashed = _SLASHED.match(text)
        return datetime(*(int(part) for part in slashed.groups()), tzinfo=UTC) if slashed else None  # type: ignore[misc, arg-type]  # three parts
    year, month, day, hour, minute, second, zone = match.groups()
    zone = (zone or "Z").upper()
    offset = "+00:00" if zone in ("Z", "UTC", "GMT") else zone if ":" in zone else f"{zone[:3]}:{zone[3:] or '00'}"
    return datetime.fromisoformat(
        f"{year}-{int(month):02}-{int(day):02}T{int(hour or 0):02}:{minute or '00'}:{second or '00'}{offset}"
    )


def _rfc2822(text: str) -> datetime | None:
    if "," not in text[:5] and not text[:1].isdigit():
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _written(text: str) -> datetime | None:
    for pattern, order in ((_DAY_MONTH, (0, 1, 2)), (_MONTH_DAY, (1, 0, 2))):
        match = pattern.search(text)
        if match:
            day, month, year = (match.groups()[index] for index in order)
            number = _MONTHS.get(month[:3].lower())
            if number:
                clock = _CLOCK.search(text[: match.start()] + " " + text[match.end() :])
                hour, minute = (int(clock[1]), int(clock[2])) if clock else (0, 0)
                if clock and clock[4]:
                    hour = hour % 12 + (12 if clock[4].lower() == "p" else 0)
                if hour > 23 or minute > 59:
                    hour = minute = 0
                return datetime(int(year), number, int(day), hour, minute, tzinfo=UTC)
    return None


def _abroad(text: str) -> datetime | None:
    """A day as other languages than English write it, with the clock if one stands beside."""
    if not _YEAR.search(text):
        return None
    eastern = _EASTERN.search(text)
    if eastern:
        found, (year, month, day) = eastern, (int(part) for part in eastern.groups())
    else:
        text = fold(text)
        written = _ABROAD.search(text)
        number = MONTHS.get(written[2]) if written else None
        if written is None or number is None:
            return None
        found, (year, month, day) = written, (int(written[3]), number, int(written[1]))
    clock = _CLOCK.search(text[: found.start()] + " " + text[found.end() :])
    hour, minute = (int(clock[1]), int(clock[2])) if clock else (0, 0)
    if hour > 23 or minute > 59:
        hour = minute = 0
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def is_absurd(moment: datetime, now: datetime | None) -> str | None:
    """Why a publication time cannot be, or None. ``now`` is when the article was fetched or received, if known."""
    if moment < EARLIEST:
        return f"{moment.date().isoformat()} is before {EARLIEST.year}"
    if now is not None and moment - now > FUTURE:  # a sum may leave the calendar
        return f"{moment.date().isoformat()} is in the future of {now.date().isoformat()}"
    return None
