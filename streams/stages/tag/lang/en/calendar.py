"""English words for days and months: times, not names. A closed class."""

from __future__ import annotations

import re

_DAYS = r"(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?|Mon\.|Tues?\.|Wed\.|Thurs?\.|Fri\.|Sat\.|Sun\."
_MONTHS = (
    r"January|February|March|April|May|June|July|August|September|October|November|December|"
    r"Jan\.|Feb\.?|Mar\.|Apr\.|Jun\.|Jul\.|Aug\.|Sept\.?|Sep\.|Oct\.?|Nov\.?|Dec\.?"
)
_BEFORE = r"early|late|mid|last|next|this|on|in|since|until|every"
_AFTER = r"morning|afternoon|evening|night|noon|midnight|\d{1,2}(?:st|nd|rd|th)?|(?:19|20)\d\d"

#: A whole name that says when: ``Thursday morning``, ``Sept. 11``, ``June 2014``; not ``April Smith``.
CALENDAR = re.compile(
    rf"(?:(?i:{_BEFORE})[ -])?(?:{_DAYS}|{_MONTHS})(?:(?:,? |-)(?i:{_AFTER}|and|{_DAYS}|{_MONTHS}))*",
)
#: Those that people are called.
MONTH_NAMES = frozenset({"May", "March", "April", "June", "August", "January"})
#: A day or a month after a name: ``Republicans Tuesday``.
THEN = re.compile(rf"\s+(?:(?:{_DAYS}|{_MONTHS})(?: (?i:{_AFTER}))?)$")
