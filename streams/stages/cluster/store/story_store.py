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
from typing import Any

from streams.contracts import codec
from streams.contracts.records import EntityType, Story, StoryArticle, StoryEntity, StoryQuote
from streams.stages.cluster.features.article_features import Vector, vector_in
from streams.stages.cluster.lifecycle import pins

#: Stories kept decoded. The others are packed: a million must fit in memory.
DECODED = 4096
#: zlib's level, and its window as a power of two: what single stories need, at half the time of the usual ones.
_LEVEL, _WINDOW = 1, 12
#: Bytes of the number of articles before a packed profile.
_COUNT = 4


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
        #: Number of articles and profile, of every story: most that an article finds are only ranked.
        self._outlines: dict[str, bytes] = {}
        #: Rows without their profile, compressed; of those that changed since they were decoded there is none.
        self._packed: dict[str, bytes] = {}
        self._decoded: OrderedDict[str, StoryState] = OrderedDict()
        self._redirects: dict[str, str] = {}
        self._absorbed: dict[str, list[str]] = {}
        self._open: set[str] = set()

    def __len__(self) -> int:
        return len(self._outlines)

    @property
    def open(self) -> int:
        """How many stories take articles."""
        return len(self._open)

    def __contains__(self, story_id: str) -> bool:
        return story_id in self._outlines

    def __getitem__(self, story_id: str) -> StoryState:
        live = self._decoded.get(story_id)
        if live is None:
            live = self._unpack(story_id)
            self._keep(story_id, live)
        else:
            self._decoded.move_to_end(story_id)
        return live

    def get(self, story_id: str) -> StoryState | None:
        return self[story_id] if story_id in self._outlines else None

    def story(self, story_id: str) -> Story | None:
        """A story's snapshot; None: there is none."""
        live = self.get(story_id)
        return live.story if live else None

    def outline(self, story_id: str) -> tuple[int, Vector]:
        """How many articles a story has, and its profile."""
        data = self._outlines[story_id]
        return int.from_bytes(data[:_COUNT], "little"), vector_in(data, _COUNT)

    def row(self, story_id: str) -> bytes | None:
        live = self.get(story_id)
        return codec.encode(live) if live else None

    def put(self, story_id: str, live: StoryState) -> None:
        self._outlines[story_id] = _outline(live)
        self._packed.pop(story_id, None)
        self._keep(story_id, live)
        self._note(live.story)

    def restore(self, story_id: str, row: bytes) -> StoryState:
        live = _state(story_id, codec.loads(row))
        self._outlines[story_id], self._packed[story_id] = _outline(live), _pack(live)
        self._note(live.story)
        return live

    def drop(self, story_id: str) -> None:
        self._outlines.pop(story_id, None)
        self._packed.pop(story_id, None)
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

    def may_merge(self, one_id: str, other_id: str) -> bool:
        """Whether two stories may become one without a person's doing: ``pins.may_merge``."""
        return pins.may_merge(self[one_id].story, self[other_id].story, self.resolve_redirect)

    def __iter__(self) -> Iterator[StoryState]:
        """Every story, oldest first, without disturbing what is kept decoded."""
        lives = (self._decoded.get(story_id) or self._unpack(story_id) for story_id in self._outlines)
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
            cold, was = self._decoded.popitem(last=False)
            if cold not in self._packed:
                self._packed[cold] = _pack(was)

    def _unpack(self, story_id: str) -> StoryState:
        inflater = zlib.decompressobj(-_WINDOW, zdict=_usual())
        row = codec.loads(inflater.decompress(self._packed[story_id]))
        row["profile"] = b64encode(self._outlines[story_id][_COUNT:]).decode()
        return _state(story_id, row)


def utc(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC) if moment else None


def _state(story_id: str, row: Any) -> StoryState:
    """A parsed row of a story, whose id is the string that is known already: one for a million, not one a place."""
    if isinstance(row, dict) and isinstance(story := row.get("story"), dict) and story.get("id") == story_id:
        story["id"] = story_id
    return codec.convert(StoryState, row)


def _outline(live: StoryState) -> bytes:
    return live.story.article_count.to_bytes(_COUNT, "little") + b64decode(live.profile)


def _pack(live: StoryState) -> bytes:
    deflater = zlib.compressobj(_LEVEL, zlib.DEFLATED, -_WINDOW, zdict=_usual())
    packed = deflater.compress(codec.encode(replace(live, profile=""))) + deflater.flush()
    return bytes(memoryview(packed))  # an own copy takes no more memory than it needs


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
