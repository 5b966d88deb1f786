"""One language's common knowledge: how rare its terms are, what time it is there, which stories a term leads to.

All of it follows from the rows alone, whatever order they are restored in.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from heapq import heappop, heappush
from importlib.resources import files
from itertools import repeat
from math import log
from statistics import median_low

import numpy as np

from streams.contracts import codec
from streams.stages.cluster.features.article_features import (
    BODY,
    TITLE,
    Keys,
    Weights,
    key_of,
    read_vector,
    unpack_keys,
)
from streams.stages.cluster.store.story_store import Member, StoryState

#: Articles whose words count for idf: a few days of one language's news; older ones have had their say.
WINDOW = 20_000
#: idf of what is in every article: not quite nothing.
LEAST_IDF = 0.1
#: Times that idf is made larger at most where there is no background, before enough is known of the language.
RAREST = 3.0
#: Articles whose median date is "now": wide enough that a few absurd dates cannot move it.
CLOCK = 31
#: A story is found by its strongest terms of each field (body, title, names, entities).
INDEXED = (24, 0, 8, 8)
#: Share of articles that join a story where nothing is known yet, which so many imaginary articles speak for: what the
#: streams that the weights were learned from have on the average.
JOINING, IMAGINED = 0.5, 50
#: How much of a stream's difference from that is added to the log-odds of its joins. All of it would be the most likely
#: prior by Saerens, Latinne and Decaestecker (2002), yet it is estimated from decisions that may be wrong. Development
#: data, one corpus left out: half gains .01 to .03 where dates are missing, or stories few or large; all of it costs
#: .06 where little joins.
DAMPING = 0.5
#: Log-odds that a stream may add or take at most: none of the development data's goes further.
FURTHEST = 1.0
#: Newest stories that a term finds.
POSTINGS = 64
#: Silence, by the articles' own dates, after which a story is closed. It can still be found, and reopened.
CLOSED_AFTER = timedelta(days=14)
#: Silence after which a closed story is forgotten, once this many articles of its language have come since.
FORGOTTEN_AFTER, FORGOTTEN_ARTICLES = timedelta(days=90), 50_000
#: A date further ahead of the clock than this is a mistake; the article counts as of now.
AHEAD = timedelta(days=366)


#: When a story was last heard of, its id, and the number of the decision that it last gained or lost an article by.
_Silence = tuple[float, str, int]
#: Stands for a clock that was not read yet.
_NOT_KNOWN = datetime.max.replace(tzinfo=UTC)


class LanguageIndex:
    """Grows with ``add_member`` and ``index``; every question is answered without changing anything."""

    def __init__(self, language: str) -> None:
        self.number = 0
        known, documents = background()
        self._scale_documents = documents
        #: Whether every article's words count for idf, or only those of articles that begin a story: without a
        #: background, what a large story tells would soon be as common as what every article says.
        self.counts_all = language in ("en", "und")
        if not self.counts_all:
            known, documents = {}, 0
        self._known_documents = documents
        self._logarithms = _logarithms(documents)
        #: Of each term the documents of background and recent articles that have it.
        self._counts = Counter(known)
        self._documents = 0
        # Ten-thousandths, so that the sum does not depend on the order in which members come and go.
        self._scores = self._scored = 0
        self._numbered: dict[int, Member] = {}
        self._window_floor = 0
        self._postings: dict[int, array[int]] = {}
        self._slots: dict[int, str] = {}
        self._slot_of: dict[str, int] = {}
        self._next_slot = 0
        self._now: datetime | None = _NOT_KNOWN
        self._open, self._closed = _Silences(), _Silences()

    def idf(self, keys: Keys) -> Weights:
        """The idf of each key: ln((N + 1) / (n + 0.5)) over background and recent articles together.

        A language without a background has it on the scale of one with: a word that is nowhere else is as rare there.
        """
        total = log(self._known_documents + self._documents + 1)
        scale = 1.0 if self.counts_all else min(RAREST, log(self._scale_documents) / log(self._documents + 3))
        # A title's words are as rare as in the body, where alone they are counted.
        counted = np.where(keys & 3 == TITLE, keys ^ TITLE, keys).tolist()
        counts = np.fromiter(map(self._counts.get, counted, repeat(0)), np.int64, len(counted))
        idf: Weights = scale * np.maximum(total - self._logarithms.take(counts), LEAST_IDF)
        return idf

    @property
    def leaning(self) -> float:
        """What to add to the log-odds of a join, as more or fewer articles join here than the weights were learned on.

        How likely each recent article was to join is taken together for the share that does.
        """
        share = (self._scores / 10_000 + JOINING * IMAGINED) / (self._scored + IMAGINED)
        apart = log(share / (1.0 - share)) - log(JOINING / (1.0 - JOINING))
        return max(-FURTHEST, min(FURTHEST, DAMPING * apart))

    def now(self) -> datetime | None:
        """The median date of the newest dated articles, or None."""
        if self._now is _NOT_KNOWN:
            self._now = self._median_date()
        return self._now

    def _median_date(self) -> datetime | None:
        recent = (self._numbered.get(number) for number in range(self.number, max(0, self.number - CLOCK), -1))
        dates = [member.published for member in recent if member and member.published]
        return median_low(dates) if dates else None

    def plausible(self, published: datetime | None) -> datetime | None:
        """The time that an article counts as: its own; the clock where it has none or one absurdly far ahead."""
        now = self.now()
        if published is None or (now is not None and self.number >= CLOCK and published - now > AHEAD):
            return now
        return published

    def numbered(self, number: int) -> Member | None:
        """The recent article of this number, if it is still there."""
        return self._numbered.get(number)

    def add_member(self, member: Member) -> None:
        self.number = max(self.number, member.number)
        self._numbered[member.number] = member
        self._count(member, 1)
        while self._window_floor < self.number - WINDOW:
            self._window_floor += 1
            old = self._numbered.pop(self._window_floor, None)
            if old is not None:
                self._count(old, -1)

    def remove_member(self, member: Member) -> None:
        if self._numbered.get(member.number) is member:
            del self._numbered[member.number]
            self._count(member, -1)

    def _count(self, member: Member, sign: int) -> None:
        self._now = _NOT_KNOWN
        if member.score is not None:
            self._scores += sign * round(member.score * 10_000)
            self._scored += sign
        if not member.terms:
            return
        self._documents += sign
        keys = unpack_keys(member.terms)
        if sign > 0:
            self._counts.update(keys)  # in C: ``subtract`` is not
            return
        for key in keys:
            left = self._counts[key] - 1
            if left:
                self._counts[key] = left
            else:
                del self._counts[key]

    def index(self, live: StoryState, *, moved: bool = True) -> None:
        """Make a story findable by its strongest terms, as the newest if it ``moved``; out with what has gone."""
        story = live.story
        for status, silences in (("open", self._open), ("closed", self._closed)):
            if story.status == status and story.last_seen is not None:
                silences.put(story.id, story.last_seen.timestamp(), live.number)
            else:
                silences.drop(story.id)
        if story.status in ("merged", "retracted"):
            self._unslot(story.id)
        elif moved:
            self._unslot(story.id)
            self._slot(live)

    def drop(self, story_id: str) -> None:
        """Take a story out that is forgotten."""
        self._unslot(story_id)
        self._open.drop(story_id)
        self._closed.drop(story_id)

    def _unslot(self, story_id: str) -> None:
        slot = self._slot_of.pop(story_id, None)
        if slot is not None:
            del self._slots[slot]

    def _slot(self, live: StoryState) -> None:
        slot = self._next_slot
        self._next_slot += 1
        self._slots[slot] = live.story.id
        self._slot_of[live.story.id] = slot
        left = list(INDEXED)
        for key in read_vector(live.profile).keys.tolist():
            if left[key & 3]:
                left[key & 3] -= 1
                posting = self._postings.get(key)
                if posting is None:
                    posting = self._postings[key] = array("I")
                posting.append(slot)
                # Sweeping out outdated entries at every doubling only saves memory: reading skips them anyway.
                if len(posting) >= 64 and not len(posting) & (len(posting) - 1):
                    self._postings[key] = array("I", (held for held in posting if held in self._slots))

    def found_by(self, key: int) -> Sequence[str]:
        """The newest stories that a term leads to, newest first."""
        posting = self._postings.get(key)
        if posting is None:
            return ()
        found: list[str] = []
        read = 0
        for slot in reversed(posting):
            read += 1
            story_id = self._slots.get(slot)
            if story_id is not None:
                found.append(story_id)
                if len(found) == POSTINGS:
                    break
        if read > 2 * POSTINGS:
            # A story that gains article after article leaves an entry each time: sweep them out once, not step over
            # them with every article. The answer stays the same.
            posting[-read:] = array("I", (slot for slot in posting[-read:] if slot in self._slots))
        return found

    def silent_since(self, moment: datetime, limit: int) -> list[str]:
        """Open stories last heard of before ``moment``, the longest silent first, at most ``limit``."""
        return [story_id for _, story_id, _ in self._open.before(moment.timestamp(), limit)]

    def forgettable(self, moment: datetime, limit: int) -> list[str]:
        """Closed stories last heard of before ``moment`` and ``FORGOTTEN_ARTICLES`` articles ago."""
        old = self._closed.before(moment.timestamp(), limit)
        return [story_id for _, story_id, number in old if number <= self.number - FORGOTTEN_ARTICLES]


class _Silences:
    """Stories by when they were last heard of, each with the number of the decision that changed it last."""

    def __init__(self) -> None:
        #: The second has of the first those that still hold, which are the same objects.
        self._heap: list[_Silence] = []
        self._latest: dict[str, _Silence] = {}

    def put(self, story_id: str, due: float, number: int) -> None:
        entry = due, story_id, number
        if self._latest.get(story_id) != entry:
            self._latest[story_id] = entry
            heappush(self._heap, entry)

    def drop(self, story_id: str) -> None:
        self._latest.pop(story_id, None)
        while self._heap and not self._holds(self._heap[0]):
            heappop(self._heap)

    def before(self, moment: float, limit: int) -> list[_Silence]:
        """The stories before ``moment`` in order, at most ``limit``.

        Outdated entries on the way go, each once: a story leaves one with every article that it gains. The answer stays
        the same.
        """
        found: list[_Silence] = []
        while self._heap and self._heap[0][0] < moment and len(found) < limit:
            entry = heappop(self._heap)
            if self._holds(entry):
                found.append(entry)
        for entry in found:
            heappush(self._heap, entry)
        return found

    def _holds(self, entry: _Silence) -> bool:
        return self._latest.get(entry[1]) is entry


@cache
def _logarithms(known: int) -> Weights:
    """ln(n + 0.5) of every count that a window and a background can give."""
    return np.array([log(count + 0.5) for count in range(known + WINDOW + 2)])


@cache
def background() -> tuple[dict[int, int], int]:
    """Key of a body word → documents that hold it, and the number of documents: English news and encyclopaedia."""
    table = codec.loads(files("streams.stages.cluster.index").joinpath("background.json").read_bytes())
    return {key_of(word, BODY): count for word, count in table["words"].items()}, table["documents"]
