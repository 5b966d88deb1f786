"""What a reader asks the list for, and where a page of it begins: from query strings and back."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from urllib.parse import urlencode

from streams.query.times import PHASES

#: A plain number from 0 to 1.
_SHARE = re.compile(r"0?\.[0-9]{1,6}|0|1(?:\.0{1,6})?")
#: What may be asked for as a phase besides one: those in which a story is of today.
CURRENT = "now"
#: Characters of any one value: longer ones are mistakes or attacks.
LONGEST = 200


class BadRequestError(ValueError):
    """The reader asked for something that cannot be. The message says what would do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which stories, and in which order. All that are given must hold; ``q`` is a query (docs/reference/query.md), the
    rest exact values.

    ``place``: one of the map's, where the story happens. ``phase``: one, or ``now``: it got an article in the last 24
    hours. ``day``: that of the newest article in UTC, such as 2026-03-01. ``sort``: by the time of the newest article,
    or, for ``arrived``, by when the log last gave the story one.
    """

    q: str = ""
    entity: str = ""
    place: str = ""
    outlet: str = ""
    language: str = ""
    phase: str = ""
    day: str = ""
    sort: str = ""

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Filter:
        """Raises ``BadRequestError`` for an over-long value, an unknown phase or order, or a day that is none."""
        values = {field.name: query.get(field.name, "").strip() for field in fields(cls)}
        for name, value in values.items():
            if len(value) > LONGEST:
                raise BadRequestError(f"{name} is longer than {LONGEST} characters")
        if values["phase"] not in ("", CURRENT, *PHASES):
            raise BadRequestError(f"phase is one of {', '.join((CURRENT, *PHASES))}")
        if values["day"] and not _is_day(values["day"]):
            raise BadRequestError("day is a date such as 2026-03-01")
        if values["sort"] not in ("", "arrived"):
            raise BadRequestError("sort is arrived, or left out")
        return cls(**values)

    def given(self) -> dict[str, str]:
        """The values that are set, by name."""
        return {field.name: value for field in fields(self) if (value := getattr(self, field.name))}

    def query(self, **changes: str) -> str:
        """As a query string with ``?``, or "" where nothing is set. An empty change takes that one away."""
        values = {name: value for name, value in (self.given() | changes).items() if value}
        return "?" + urlencode(values) if values else ""

    def __bool__(self) -> bool:
        return bool(self.given().keys() - {"sort"})


def can_be_asked(value: str) -> bool:
    """Whether ``Filter.parse`` takes a value as it is: names come from outside."""
    return 0 < len(value) <= LONGEST and value == value.strip()


def encode_cursor(moment: float, id_: str) -> str:
    """Where the next page begins: after the one of that moment and id. Any dashboard on the log reads it."""
    return base64.urlsafe_b64encode(f"{moment!r} {id_}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[float, str] | None:
    """The place that ``encode_cursor`` wrote; None for none. Raises ``BadRequestError``."""
    if not cursor:
        return None
    try:
        moment, _, id_ = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        if not math.isfinite(float(moment)):
            raise ValueError("no place in a list")
        return float(moment), id_
    except ValueError:
        raise BadRequestError("cursor is not one that this server gave") from None


def parse_limit(query: Mapping[str, str], *, default: int, most: int) -> int:
    """``limit`` between 1 and ``most``. Raises ``BadRequestError``."""
    limit = whole_number(query.get("limit", str(default)))
    if limit is None or not 1 <= limit <= most:
        raise BadRequestError(f"limit is a number from 1 to {most}")
    return limit


def parse_sure(query: Mapping[str, str]) -> float:
    """``sure``, the least confidence in an article's text, between 0 (all) and 1. Raises ``BadRequestError``."""
    text = query.get("sure", "").strip() or "0"
    if not _SHARE.fullmatch(text):
        raise BadRequestError("sure is a number from 0 to 1, such as 0.9")
    return float(text)


def _is_day(text: str) -> bool:
    """Whether it is a date, in the one form that it is written in here: Python reads others of ISO 8601 too."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def whole_number(text: str) -> int | None:
    """A number of at most 18 plain digits, as SQLite and Kafka can hold it; None for anything else."""
    return int(text) if len(text) <= 18 and text.isascii() and text.isdigit() else None
