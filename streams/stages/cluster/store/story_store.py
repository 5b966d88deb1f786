"""What a clusterer remembers, as rows: one a member, one a story. Everything else is rebuilt from them.

A row knows the position that it has applied. Rows stand for themselves: what a decision does to one depends on that
row and the decision alone, so that rows of different ages, as a crash may leave them, can be brought up one by one.
"""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from struct import Struct
from typing import Any

from streams.contracts import codec
from streams.contracts.records import EntityType, Story, StoryArticle, StoryEntity, StoryQuote
from streams.stages.cluster.features.article_features import Vector, vector_in
from streams.stages.cluster.lifecycle import pins

#: Stories kept decoded. The others are packed: a million must fit in memory.
DECODED = 4096
#: zlib's level, and its window as a power of two: single stories need no larger one. Level 1 is quicker
#: by microseconds, and takes a fifth more memory.
_LEVEL, _WINDOW = 6, 12
#: What stands before a profile: the number of articles, the profile's bytes, whether the story takes articles.
_HEAD = Struct("<II?")


@dataclass(slots=True, kw_only=True, eq=False)  # one is itself only: what is known of its text is kept by it
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
    #: The place of the last correction that moved it.
    mended: int = -1


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
    #: The place of the last correction that it has applied, and of that which gave it or took from it an article after
    #: ``indexed``.
    mended: int = -1
    shelved: int = -1


class StoryStore:
    """The stories: the recently used ones decoded, the others packed, and of all what candidates are ranked by."""

    def __init__(self) -> None:
        #: Of every story ``_HEAD`` and its profile, as most that an article finds are only ranked; then its row without
        #: the profile, compressed, unless it changed since it was decoded. One object each: a million count.
        self._held: dict[str, bytes] = {}
        self._decoded: OrderedDict[str, StoryState] = OrderedDict()
        self._redirects: dict[str, str] = {}
        self._absorbed: dict[str, list[str]] = {}
        #: How many stories take articles.
        self.open = 0

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, story_id: str) -> bool:
        return story_id in self._held

    def __getitem__(self, story_id: str) -> StoryState:
        live = self._decoded.get(story_id)
        if live is None:
            live = self._unpack(story_id)
            self._keep(story_id, live)
        else:
            self._decoded.move_to_end(story_id)
        return live

    def get(self, story_id: str) -> StoryState | None:
        return self[story_id] if story_id in self._held else None

    def story(self, story_id: str) -> Story | None:
        """A story's snapshot; None: there is none."""
        live = self.get(story_id)
        return live.story if live else None

    def outline(self, story_id: str) -> tuple[int, Vector]:
        """How many articles a story has, and its profile."""
        data = self._held[story_id]
        count, size, _ = _HEAD.unpack_from(data)
        return count, vector_in(data, _HEAD.size, size)

    def row(self, story_id: str) -> bytes | None:
        live = self.get(story_id)
        return codec.encode(live) if live else None

    def put(self, story_id: str, live: StoryState) -> None:
        self._hold(story_id, _outline(live))
        self._keep(story_id, live)
        self._note(live.story)

    def restore(self, story_id: str, row: bytes) -> StoryState:
        live = _state(story_id, codec.loads(row))
        self._hold(story_id, _outline(live) + _pack(live))
        self._note(live.story)
        return live

    def drop(self, story_id: str) -> None:
        self.open -= self._is_open(story_id)
        self._held.pop(story_id, None)
        self._decoded.pop(story_id, None)
        self._redirects.pop(story_id, None)
        self._absorbed.pop(story_id, None)

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

    def may_merge(self, one_id: str, other_id: str) -> bool:
        """Whether two stories may become one without a person's doing: ``pins.may_merge``."""
        return pins.may_merge(self[one_id].story, self[other_id].story, self.resolve_redirect)

    def __iter__(self) -> Iterator[StoryState]:
        """Every story, oldest first, without disturbing what is kept decoded."""
        lives = (self._decoded.get(story_id) or self._unpack(story_id) for story_id in self._held)
        return iter(sorted(lives, key=lambda live: (live.born, live.story.id)))

    def _note(self, story: Story) -> None:
        if story.redirect_to and story.id not in self._redirects:
            self._redirects[story.id] = story.redirect_to
            self._absorbed.setdefault(story.redirect_to, []).append(story.id)

    def _hold(self, story_id: str, data: bytes) -> None:
        self.open -= self._is_open(story_id)
        self._held[story_id] = data
        self.open += self._is_open(story_id)

    def _is_open(self, story_id: str) -> bool:
        data = self._held.get(story_id)
        return data is not None and bool(_HEAD.unpack_from(data)[2])

    def _keep(self, story_id: str, live: StoryState) -> None:
        self._decoded[story_id] = live
        self._decoded.move_to_end(story_id)
        if len(self._decoded) > DECODED:
            cold, was = self._decoded.popitem(last=False)
            data = self._held[cold]
            if len(data) == _row_at(data):
                self._held[cold] = data + _pack(was)

    def _unpack(self, story_id: str) -> StoryState:
        data = self._held[story_id]
        at = _row_at(data)
        row = codec.loads(zlib.decompressobj(-_WINDOW, zdict=_usual()).decompress(data[at:]))
        row["profile"] = b64encode(data[_HEAD.size : at]).decode()
        return _state(story_id, row)


def utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _state(story_id: str, row: Any) -> StoryState:
    """A parsed row of a story, whose id is the string that is known already: one for a million, not one a place."""
    if isinstance(row, dict) and isinstance(story := row.get("story"), dict) and story.get("id") == story_id:
        story["id"] = story_id
    return codec.convert(StoryState, row)


def _outline(live: StoryState) -> bytes:
    profile = b64decode(live.profile)
    return _HEAD.pack(live.story.article_count, len(profile), live.story.status == "open") + profile


def _row_at(data: bytes) -> int:
    """Where what is held of a story has the compressed row, or ends."""
    return _HEAD.size + int(_HEAD.unpack_from(data)[1])


def _pack(live: StoryState) -> bytes:
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -_WINDOW, zdict=_usual())
    return deflater.compress(codec.encode(replace(live, profile=""))) + deflater.flush()


@cache
def _usual() -> bytes:
    """What rows have in common, for the compression: never written, so it may change."""
    outlet, moment = "Outlet", datetime(2025, 1, 1, tzinfo=UTC)
    kinds: dict[str, EntityType] = {"misc": "MISC", "place": "LOC", "org": "ORG", "person": "PER"}
    entities = tuple(
        StoryEntity(id=f"{kind}:name", name="Name", type=type_, salience=0.4) for kind, type_ in kinds.items()
    )
    article = StoryArticle(
        id="https://www.outlet.com/news/2025/01/01/",
        title="The",
        source=outlet,
        url="https://www.outlet.com/news/2025/01/01/",
        published=moment,
        language="en",
        entities=entities,
        quotes=(StoryQuote(text="We", speaker="person:name", sources=(outlet,)),),
        origin="by:outlet",
        confidence=0.9,
    )
    story = Story(
        id="0",
        headline="The",
        first_seen=moment,
        last_seen=moment,
        article_count=1,
        articles=(article,),
        sources=(outlet,),
        outlets=1,
        origins=1,
        entities=entities,
        languages=("en",),
    )
    return codec.encode(StoryState(position=0, born=0, indexed=0, number=0, language="en", story=story))
