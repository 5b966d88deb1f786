"""The projection in an embedded database: full-text search and filters over every story, in bounded memory.

Where the database lies, and whether it outlives this process, is ``database``'s. Not thread-safe: one loop owns it.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from streams.contracts import codec
from streams.contracts.headers import Position
from streams.contracts.records import Story, StoryEvent
from streams.dashboard.store import database
from streams.dashboard.store.atlas import Place, located
from streams.dashboard.store.database import Bookmark
from streams.dashboard.store.projection import Placed, StoryRow, Update, listed, slim
from streams.query.subject import searched
from streams.query.times import showable

#: Stories kept; beyond it the longest inactive go. Twice what issue F asks the dashboard to carry.
MOST_STORIES = 20_000
#: How many go at once, so that making room is not done at every new story.
_SWEEP = 200
#: Entities that a list shows of a story.
CARD_ENTITIES = 8
_EVENT_COLUMNS = (
    *("part", "off", "id", "type", "story", "other", "article"),
    *("arrived", "at", "title", "outlet", "moved", "evidence", "linked", "mended"),
)


class Index:
    """Stories, members, events and their full text. Write updates in; ``streams.dashboard.store.queries`` reads."""

    def __init__(self, db: sqlite3.Connection | None = None, *, most_stories: int = MOST_STORIES) -> None:
        """``db``: one of ``database``'s, closed with the index; None: an empty private one."""
        self.db = db or database.private()
        self._most = most_stories
        self._count = 0
        #: Partition of the log → offset of the last decision that the index holds.
        self.offsets: dict[int, int] = {}
        self._load()

    def close(self) -> None:
        self.db.close()

    def clear(self) -> None:
        """Forget everything: the log is read anew."""
        with self.together():
            for table in ("stories", "facets", "entities", "members", "events", "texts", "bookmark"):
                self.db.execute(f"DELETE FROM {table}")
        self._load()
        self._give_back()

    def use(self, db: sqlite3.Connection) -> None:
        """Go on with another database."""
        self.db.close()
        self.db = db
        self._load()

    def bookmark(self) -> Bookmark | None:
        """Up to where the database holds the log; None: nothing of it."""
        return database.bookmark(self.db)

    def keep(self, bookmark: Bookmark) -> None:
        """Write the bookmark, in the transaction of what it stands for."""
        self.db.execute("INSERT OR REPLACE INTO bookmark VALUES (1, ?)", (codec.encode(bookmark),))

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is written inside stands whole or not at all; where it does not, the index is as the database is."""
        self.db.execute("BEGIN")
        try:
            yield
            self.db.execute("COMMIT")
        except BaseException:
            if self.db.in_transaction:  # a full disk ends it by itself
                self.db.execute("ROLLBACK")
            self._load()
            raise

    def _load(self) -> None:
        found = self.bookmark()
        self.offsets.clear()
        self.offsets.update(found.offsets if found else ())
        self._count = self.db.execute("SELECT count(*) FROM stories").fetchone()[0]

    def lookup(self, story_id: str) -> StoryRow | None:
        """The story as it stands, merged and retracted ones too; None: not known (or forgotten)."""
        row = self.db.execute("SELECT snapshot, active, newest, oldest FROM stories WHERE id = ?", (story_id,))
        found = row.fetchone()
        if found is None:
            return None
        return StoryRow(story=unpack_story(found[0]), active=found[1], newest=found[2], oldest=found[3])

    def write(self, update: Update, position: Position) -> list[str]:
        """Take an update in, whole or not at all; ids of the stories that changed."""
        count = self._count
        self.db.execute("SAVEPOINT one")
        try:
            for placed in update.placed:
                self._place(placed)
            for article_id, story_id in update.moved:
                self.db.execute("UPDATE members SET story = ? WHERE article = ?", (story_id, article_id))
            for old, new in update.merged:
                self.db.execute("UPDATE members SET story = ? WHERE story = ?", (new, old))
            for article_id in update.retracted:
                self._take_back(article_id)
            for kept in update.stories:
                self._keep(kept, position)
            self._log(update, position)
            if self._count > self._most:
                self._make_room()
            self.db.execute("RELEASE one")
        except BaseException:
            self._count = count
            if self.db.in_transaction:
                self.db.execute("ROLLBACK TO one")
                self.db.execute("RELEASE one")
            raise
        self.offsets[position.partition] = position.offset
        return [kept.story.id for kept in update.stories]

    def _place(self, placed: Placed) -> None:
        evidence = None if placed.evidence is None else codec.encode(placed.evidence)
        source = placed.source
        self.db.execute(
            # A revision brings no evidence: what placed the article stands, and so does its time.
            "INSERT INTO members VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (article) DO UPDATE SET "
            "story = excluded.story, outlet = excluded.outlet, origin = excluded.origin, part = excluded.part, "
            "off = excluded.off, entry = excluded.entry, evidence = coalesce(excluded.evidence, evidence)",
            (
                placed.article.id,
                placed.story_id,
                placed.at,
                placed.article.outlet,
                placed.article.origin or placed.article.id,
                source and source.partition,
                source and source.offset,
                codec.encode(slim(placed.article)),
                evidence,
            ),
        )

    def _take_back(self, article_id: str) -> None:
        """A retraction takes back everywhere: the member, and the article's words in the event log."""
        self.db.execute("DELETE FROM members WHERE article = ?", (article_id,))
        self.db.execute(
            "UPDATE events SET title = NULL, outlet = NULL, evidence = NULL, linked = NULL WHERE article = ?",
            (article_id,),
        )

    def _keep(self, kept: StoryRow, position: Position) -> None:
        story = kept.story
        words, places = searched(story), located(story)
        findable = "\0".join((*words, *(each.id for each in places)))
        stamp = zlib.crc32(findable.encode("utf-8", "surrogatepass"))
        old = self.db.execute("SELECT n, words, listed FROM stories WHERE id = ?", (story.id,)).fetchone()
        row = {
            "id": story.id,
            "part": position.partition,
            "off": position.offset,
            "listed": int(listed(story)),
            "closed": int(story.status == "closed"),
            "headline": story.headline,
            "articles": story.article_count,
            "active": kept.active,
            "newest": kept.newest,
            "oldest": kept.oldest,
            "words": stamp,
            "card": codec.encode(_card(story)),
            "snapshot": zlib.compress(codec.encode(story), 1),
        }
        if old is None:
            self._count += 1
            n = self.db.execute(
                f"INSERT INTO stories ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})", row
            ).lastrowid
            assert n is not None
        else:
            n = old[0]
            self.db.execute(f"UPDATE stories SET {', '.join(f'{name} = :{name}' for name in row)} WHERE n = {n}", row)
        if old is None or old[1] != stamp or old[2] != row["listed"]:
            self._find_by(n, story, words if row["listed"] else None, places, known=old is not None)

    def _find_by(
        self, n: int, story: Story, words: tuple[str, str, str] | None, places: Sequence[Place], *, known: bool
    ) -> None:
        """Make the story findable by its words, facets and places; by nothing where there are no words."""
        if known:
            self.db.execute("DELETE FROM texts WHERE rowid = ?", (n,))
            self.db.execute("DELETE FROM facets WHERE n = ?", (n,))
        if words is None:
            return
        self.db.execute("INSERT INTO texts (rowid, headline, entities, outlets) VALUES (?, ?, ?, ?)", (n, *words))
        self.db.executemany(
            "INSERT OR IGNORE INTO facets VALUES (?, ?, ?)", ((k, v, n) for k, v in _facets(story, places))
        )
        self.db.executemany(
            "INSERT OR IGNORE INTO entities VALUES (?, ?, ?)",
            ((part.id, part.name, part.type) for entity in story.entities for part in entity.parts or (entity,)),
        )

    def _log(self, update: Update, position: Position) -> None:
        marks = ", ".join("?" * len(_EVENT_COLUMNS))
        self.db.executemany(
            f"INSERT INTO events ({', '.join(_EVENT_COLUMNS)}) VALUES ({marks})",
            (_event_row(event, update.arrived, position) for event in update.events),
        )

    def _make_room(self) -> None:
        gone = self.db.execute(
            "SELECT n, id FROM stories ORDER BY active, id LIMIT ?", (self._count - self._most + _SWEEP,)
        ).fetchall()
        for n, id_ in gone:
            self.db.execute("DELETE FROM stories WHERE n = ?", (n,))
            self.db.execute("DELETE FROM texts WHERE rowid = ?", (n,))
            self.db.execute("DELETE FROM facets WHERE n = ?", (n,))
            self.db.execute("DELETE FROM members WHERE story = ?", (id_,))
            self.db.execute("DELETE FROM events WHERE story = ?", (id_,))
        # What the log told of stories after they were forgotten.
        for table in ("members", "events"):
            self.db.execute(
                f"DELETE FROM {table} WHERE story IN (SELECT DISTINCT story FROM {table} EXCEPT SELECT id FROM stories)"
            )
        self.db.execute(
            "DELETE FROM entities WHERE NOT EXISTS (SELECT 1 FROM facets WHERE kind = 'e' AND key = entities.id)"
        )
        self._count -= len(gone)

    def _give_back(self) -> None:
        """Free pages back to the disk. Those that forgetting leaves now and then are used again by what comes."""
        self.db.execute("PRAGMA incremental_vacuum").fetchall()


def _card(story: Story) -> Story:
    """A story as lists show it: its lead, but not what it was chosen from."""
    return replace(story, articles=(), quotes=(), sentences=(), points=(), entities=story.entities[:CARD_ENTITIES])


def unpack_story(snapshot: bytes) -> Story:
    return codec.decode(Story, zlib.decompress(snapshot))


def _facets(story: Story, places: Sequence[Place]) -> Iterator[tuple[str, str]]:
    yield from (("e", part.id) for entity in story.entities for part in entity.parts or (entity,))
    yield from (("o", source) for source in story.sources)
    yield from (("l", language) for language in story.languages)
    yield from (("p", place.id) for place in places)


def _event_row(event: StoryEvent, arrived: float, position: Position) -> Sequence[object]:
    article, taken_back = event.article, event.type == "retracted"
    return (
        position.partition,
        position.offset,
        event.id,
        event.type,
        event.story_id,
        event.other_id,
        event.article_id,
        arrived,
        event.at and showable(event.at.timestamp()),
        _title(event),
        None if taken_back or article is None else article.outlet,
        len(event.moved),
        None if event.evidence is None else codec.encode(event.evidence),
        codec.encode(event.linked) if event.linked else None,
        None if event.mended is None else codec.encode(event.mended),
    )


def _title(event: StoryEvent) -> str | None:
    """The article's, or a person's own words: an article's that was pinned could not be taken back from here."""
    if event.mended is not None and event.mended.action == "rename" and event.pins is not None:
        return event.pins.headline
    return None if event.article is None or event.type == "retracted" else event.article.title


def changed_since(db: sqlite3.Connection, offsets: dict[int, int], limit: int) -> Iterable[str]:
    """Ids of at most ``limit`` stories that changed after the offsets in ``offsets`` (a partition not in it: ever)."""
    parts = [row[0] for row in db.execute("SELECT DISTINCT part FROM stories")]
    found: list[str] = []
    for part in parts:
        rows = db.execute(
            "SELECT id FROM stories WHERE part = ? AND off > ? LIMIT ?",
            (part, offsets.get(part, -1), limit - len(found)),
        )
        found += (row[0] for row in rows)
    return found
