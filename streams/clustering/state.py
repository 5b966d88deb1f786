"""What a clusterer remembers, as rows: one a member, one a story. Everything else is rebuilt from them.

A row knows the position that it has applied. Rows stand for themselves: what a decision does to one depends on that
row and the decision alone, so that rows of different ages, as a crash may leave them, can be brought up one by one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from itertools import islice
from math import log
from statistics import median_low

from streams import codec
from streams.clustering.features import BODY, cut, key_of, pack, unpack, unpack_keys
from streams.records import Story

#: Articles whose words count for rarity: a few days of one language's news; older ones have had their say.
WINDOW = 20_000
#: Articles whose median date is "now": wide enough that a few absurd dates cannot move it.
CLOCK = 31
#: A story is found by its strongest terms of each field (body, title, names, entities).
INDEXED = (16, 4, 8, 8)
#: Newest stories that a term finds.
POSTINGS = 64


@dataclass(slots=True, kw_only=True)
class Member:
    """Row ``a/<article id>``: where an article is and what it contributed. A tombstone once it is retracted."""

    id: str
    position: int
    number: int
    language: str
    story: str = ""
    fingerprint: str = ""
    revision: int = 0
    published: datetime | None = None
    retracted: bool = False
    vector: str = ""
    #: Keys of its distinct terms, for their rarity.
    terms: str = ""


@dataclass(slots=True, kw_only=True)
class Live:
    """Row ``s/<story id>``: the snapshot and the sum of its members' vectors, strongest first."""

    position: int
    #: The position at which it last gained or lost an article: the newest are found first.
    indexed: int
    language: str
    story: Story
    profile: str = ""


@dataclass(slots=True)
class _Posting:
    slots: list[int] = field(default_factory=list)
    #: Length at which outdated entries are next swept out. Only saves memory: reading skips them anyway.
    sweep_at: int = 64


class Group:
    """One language: how common its terms are, what time it is there, and which stories a term leads to."""

    def __init__(self, language: str) -> None:
        self.number = 0
        self._background = background() if language in ("en", "und") else ({}, 0)
        self._counts: dict[int, int] = {}
        self._documents = 0
        self._numbered: dict[int, Member] = {}
        self._floor = 0
        self._postings: dict[int, _Posting] = {}
        self._slots: dict[int, str] = {}
        self._slot_of: dict[str, int] = {}
        self._next = 0

    def rarity(self, keys: Iterable[int]) -> Iterator[float]:
        """The idf of each key: ln((N + 1) / (n + 0.5)) over background and recent articles together, at least 0.1."""
        known, documents = self._background
        total = documents + self._documents + 1
        counts = self._counts
        for key in keys:
            common = known.get(key & ~3, 0) if key & 3 < 2 else 0
            yield max(0.1, log(total / (common + counts.get(key & ~3 if key & 3 < 2 else key, 0) + 0.5)))

    def now(self) -> datetime | None:
        """The median date of the newest dated articles, or None."""
        recent = (self._numbered.get(number) for number in range(self.number, max(0, self.number - CLOCK), -1))
        dates = [member.published for member in recent if member and member.published]
        return median_low(dates) if dates else None

    def add_member(self, member: Member) -> None:
        if member.number > self.number:
            self.number = member.number
        self._numbered[member.number] = member
        self._count(member, 1)
        while self._floor < self.number - WINDOW:
            self._floor += 1
            old = self._numbered.pop(self._floor, None)
            if old is not None:
                self._count(old, -1)

    def remove_member(self, member: Member) -> None:
        if self._numbered.pop(member.number, None) is not None:
            self._count(member, -1)

    def _count(self, member: Member, sign: int) -> None:
        if not member.terms:
            return
        self._documents += sign
        counts = self._counts
        for key in unpack_keys(member.terms):
            left = counts.get(key, 0) + sign
            if left:
                counts[key] = left
            else:
                del counts[key]

    def index(self, live: Live) -> None:
        """Make a story findable, as the newest, by its strongest terms. Stories that left are taken out."""
        story_id = live.story.id
        old = self._slot_of.pop(story_id, None)
        if old is not None:
            del self._slots[old]
        if live.story.status in ("merged", "retracted"):
            return
        slot = self._next
        self._next += 1
        self._slots[slot] = story_id
        self._slot_of[story_id] = slot
        left = list(INDEXED)
        for key in unpack(live.profile):
            if left[key & 3]:
                left[key & 3] -= 1
                posting = self._postings.setdefault(key, _Posting())
                posting.slots.append(slot)
                if len(posting.slots) > posting.sweep_at:
                    posting.slots = [held for held in posting.slots if held in self._slots]
                    posting.sweep_at = 2 * len(posting.slots) + 64

    def drop(self, story_id: str) -> None:
        slot = self._slot_of.pop(story_id, None)
        if slot is not None:
            del self._slots[slot]

    def found_by(self, key: int) -> Sequence[str]:
        """The newest stories that a term leads to, newest first."""
        posting = self._postings.get(key)
        if posting is None:
            return ()
        slots = self._slots
        return list(islice((slots[slot] for slot in reversed(posting.slots) if slot in slots), POSTINGS))


@cache
def background() -> tuple[dict[int, int], int]:
    """Key of a body word → documents that hold it, and the number of documents: English news and encyclopaedia."""
    table = codec.loads(files("streams.clustering").joinpath("background.json").read_bytes())
    return {key_of(word, BODY): count for word, count in table["words"].items()}, table["documents"]


def changed(profile: str, *, plus: str = "", minus: str = "") -> str:
    """A packed profile with a packed vector added or taken away."""
    total = unpack(profile)
    for key, weight in unpack(plus).items():
        total[key] = total.get(key, 0.0) + weight
    for key, weight in unpack(minus).items():
        if key in total:
            total[key] -= weight
    return pack(cut(total))


def utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None
