"""On which day something is said to have happened to somebody: "was arrested on Monday", "died on March 1"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from streams.contracts.records import Claim
from streams.stages.cluster.telling.people import Person

_VERBS = (
    "arrested|charged|shot|killed|sentenced|convicted|released|elected|kidnapped|found dead|died|born|resigned|detained"
)
_DONE = re.compile(rf" (?:(?:was|has been|is|had been) (?:[a-z]+ )?)?({_VERBS})\b")
_BEFORE = re.compile(rf"\b({_VERBS}) $")
_DAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_NAMES = "|".join(month.capitalize() for month in _MONTHS)
_WHEN = re.compile(
    rf"^(?:[^,.;]|, (?=[A-Z]?\d)){{0,40}}?\b(?:on |late |early )?(?:({'|'.join(day.capitalize() for day in _DAYS)})\b"
    rf"|({_NAMES}) (\d{{1,2}})\b(?!:)|(\d{{1,2}}) ({_NAMES})\b)"
)
_AND = re.compile(r"\b(?:and|but|after|before|since|until|when|while|said|says)\b")


def told_dates(sentence: str, persons: Sequence[Person], published: date) -> Iterator[Claim]:
    """What became of each person on a day that can be told from the article's own."""
    for one in persons:
        done = _DONE.match(sentence, one.end)
        before = _BEFORE.search(sentence, max(0, one.start - 20), one.start)
        verb, start = (done.group(1), done.end()) if done else (before.group(1), one.end) if before else ("", 0)
        found = _WHEN.match(sentence[start : start + 80]) if verb else None
        if found is None or _AND.search(found.group()):
            continue
        day = _day(found, published)
        if day is not None:
            begin = min(one.start, before.start()) if before and not done else one.start
            words = sentence[begin : start + found.end()]
            yield Claim(kind="date", what=f"{verb}-on", whom=one.id, value=float(day.toordinal()), text=words)


def _day(found: re.Match[str], published: date) -> date | None:
    """The day that is meant: the last such weekday, or the nearest such date, up to the article's own."""
    weekday, month, day, day_first, month_after = found.groups()
    try:
        if weekday:
            return published - timedelta(days=(published.weekday() - _DAYS.index(weekday.lower())) % 7)
        named = date(published.year, _MONTHS.index((month or month_after).lower()) + 1, int(day or day_first))
        return named if named <= published + timedelta(days=180) else named.replace(year=named.year - 1)
    except (ValueError, OverflowError):
        return None  # the 31st of June, or a day before the year 1
