"""What a clusterer remembers, as rows: one a member, one a story. Everything else is rebuilt from them.

A row knows the position that it has applied. Rows stand for themselves: what a decision does to one depends on that
row and the decision alone, so that rows of different ages, as a crash may leave them, can be brought up one by one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from streams.contracts import codec
from streams.contracts.records import Story

#: Story rows kept decoded. The others stay bytes: a million stories must fit in memory.
DECODED = 4096


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
    #: Keys of the vector's words that stand in names.
    proper: str = ""
    #: Keys of its distinct terms, for their idf; none where they do not count (``LanguageIndex.counts_all``).
    terms: str = ""
    sketch: str = ""
    #: Words of its text, as far as it was read.
    words: int = 0
    #: How likely it was to belong to the likeliest story when it came; None: it is in no story.
    score: float | None = None
    #: What its story counts it as, and shows of it once it is no longer listed.
    title: str | None = None
    source: str | None = None
    credit: str | None = None
    origin: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryState:
    """Row ``s/<story id>``: the snapshot and the sum of its members' vectors, strongest first."""

    position: int
    #: The position at which it began, and that at which it last gained or lost an article: the newest are found first.
    born: int
    indexed: int
    #: The number of the decision that did the latter.
    number: int
    language: str
    story: Story
    profile: str = ""
    #: How many articles it had when it was last looked through for two groups.
    looked: int = 0


class StoryStore:
    """The story rows: bytes, the recently used ones decoded as well."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}
        self._decoded: OrderedDict[str, StoryState] = OrderedDict()
        self._redirects: dict[str, str] = {}
        self._absorbed: dict[str, list[str]] = {}
        self._open: set[str] = set()

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def open(self) -> int:
        """How many stories take articles."""
        return len(self._open)

    def __contains__(self, story_id: str) -> bool:
        return story_id in self._rows

    def __getitem__(self, story_id: str) -> StoryState:
        live = self._decoded.get(story_id)
        if live is None:
            live = codec.decode(StoryState, self._rows[story_id])
            self._keep(story_id, live)
        else:
            self._decoded.move_to_end(story_id)
        return live

    def get(self, story_id: str) -> StoryState | None:
        return self[story_id] if story_id in self._rows else None

    def row(self, story_id: str) -> bytes | None:
        return self._rows.get(story_id)

    def put(self, story_id: str, live: StoryState) -> None:
        self._rows[story_id] = _exact(codec.encode(live))
        self._keep(story_id, live)
        self._note(live.story)

    def restore(self, story_id: str, row: bytes) -> StoryState:
        live = codec.decode(StoryState, row)
        self._rows[story_id] = _exact(row)
        self._note(live.story)
        return live

    def drop(self, story_id: str) -> None:
        self._rows.pop(story_id, None)
        self._decoded.pop(story_id, None)
        self._redirects.pop(story_id, None)
        self._absorbed.pop(story_id, None)
        self._open.discard(story_id)

    def family(self, story_id: str) -> list[str]:
        """A story and all that was merged into it."""
        found = [story_id]
        for one in found:
            found.extend(sorted(self._absorbed.get(one, ())))
        return found

    def resolve_redirect(self, story_id: str) -> str:
        """The story that this one has become, redirects followed. From younger to older: no cycle."""
        while story_id in self._redirects:
            story_id = self._redirects[story_id]
        return story_id

    def __iter__(self) -> Iterator[StoryState]:
        """Every story, oldest first, without disturbing what is kept decoded."""
        lives = (codec.decode(StoryState, row) for row in self._rows.values())
        return iter(sorted(lives, key=lambda live: (live.born, live.story.id)))

    def _note(self, story: Story) -> None:
        (self._open.add if story.status == "open" else self._open.discard)(story.id)
        if story.redirect_to and story.id not in self._redirects:
            self._redirects[story.id] = story.redirect_to
            self._absorbed.setdefault(story.redirect_to, []).append(story.id)

    def _keep(self, story_id: str, live: StoryState) -> None:
        self._decoded[story_id] = live
        self._decoded.move_to_end(story_id)
        if len(self._decoded) > DECODED:
            self._decoded.popitem(last=False)


def utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _exact(row: bytes) -> bytes:
    """A copy that takes no more memory than it needs: an encoder's own buffer, cut to size, leaves holes behind it."""
    return bytes(memoryview(row))
