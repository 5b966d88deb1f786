"""The newest of every article and story in a SQLite file: what topics hold many times over, once, in bounded memory.

Feed it the topics in any order, then read tables. An article's story is what the log of decisions says, merges and
splits followed; nothing here needs the whole of anything in memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from streams.contracts import codec
from streams.contracts.records import Alert, Decision, Story, TaggedArticle
from streams.export.tables import TABLES, Column, Name, Wanted
from streams.text import language_key

_SQL_KINDS = {
    "text": "TEXT",
    "integer": "INTEGER",
    "real": "REAL",
    "boolean": "INTEGER",
    "time": "TEXT",
    "list": "TEXT",
}
_ENTITY_LISTS = (("people", "PER"), ("places", "LOC"), ("organisations", "ORG"))
_INDEX_NAME = str.maketrans({" ": "_", "(": "by_", ")": None})


class Spool:
    """Close it, or use it in a ``with``. ``path`` is made anew.

    Example::

        with Spool(folder / "spool.db") as spool:
            spool.article(article, arrived=1764277200.0)
            spool.decision(decision)
            rows = list(spool.rows("articles", Wanted(language="en")))
    """

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        # A file that is thrown away, or renamed when it is whole: nothing to recover.
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "BEGIN"):
            self._db.execute(statement)
        for name, table in TABLES.items():
            columns = ", ".join(f'"{column.name}" {_SQL_KINDS[column.kind]}' for column in table.columns)
            self._db.execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({_names(table.key)}))")
        self._db.execute("CREATE TABLE places (article_id TEXT PRIMARY KEY, story_id TEXT) WITHOUT ROWID")
        self._db.execute("CREATE INDEX places_by_story ON places (story_id)")

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def article(self, article: TaggedArticle, *, arrived: float) -> None:
        """An article of the tagged topic, ``arrived`` seconds since the epoch: it replaces an older revision."""
        known = self._db.execute("SELECT revision FROM articles WHERE id = ?", (article.id,)).fetchone()
        if known is not None and known[0] > article.revision:
            return
        for table, key in (("articles", "id"), ("quotes", "article_id"), ("entities", "article_id")):
            self._db.execute(f"DELETE FROM {table} WHERE {key} = ?", (article.id,))
        if article.retracted:
            return
        at = article.published or datetime.fromtimestamp(arrived, UTC)
        outlet, language = article.source or article.credit, language_key(article.language)
        fields = {column.name: getattr(article, column.name, None) for column in TABLES["articles"].columns}
        self._insert("articles", {**fields, "at": at, "outlet": outlet, "language": language})
        shared = {"article_id": article.id, "at": at, "outlet": outlet, "language": language}
        names = {entity.id: entity.name for entity in article.entities}
        for number, quote in enumerate(article.quotes):
            speaker = names.get(quote.speaker or "")
            said = {"speaker": quote.speaker, "speaker_name": speaker, "text": quote.text}
            self._insert("quotes", shared | said | {"number": number, "start": quote.start, "end": quote.end})
        for entity in article.entities:
            what = {column.name: getattr(entity, column.name, None) for column in TABLES["entities"].columns}
            self._insert("entities", {**what, **shared, "entity_id": entity.id, "mentions": len(entity.mentions)})

    def story(self, story: Story, *, changed: float) -> None:
        """A story's snapshot, which replaces the one before; ``changed`` in seconds since the epoch."""
        self.gone(story.id)
        if story.status not in ("open", "closed"):
            return
        fields = {column.name: getattr(story, column.name, None) for column in TABLES["stories"].columns}
        fields |= {"at": story.last_seen or datetime.fromtimestamp(changed, UTC), "articles": story.article_count}
        for column, kind in _ENTITY_LISTS:
            fields[column] = tuple(entity.name for entity in story.entities if entity.type == kind)
        fields |= {"lead": tuple(sentence.text for sentence in story.lead), "storyline": story.storyline or None}
        self._insert("stories", fields)
        for link in story.links:
            told = {"story_id": story.id, "other_id": link.story_id, "at": link.at}
            self._insert("links", told | {"kind": link.kind, "score": link.score})

    def alert(self, alert: Alert) -> None:
        """An alert; one that stands in its topic twice is one."""
        fields = {column.name: getattr(alert, column.name, None) for column in TABLES["alerts"].columns}
        self._insert("alerts", fields | {"watch": alert.watch_id, "language": next(iter(alert.languages), None)})

    def gone(self, story_id: str) -> None:
        """A story whose snapshot was deleted."""
        self._db.execute("DELETE FROM stories WHERE id = ?", (story_id,))
        self._db.execute("DELETE FROM links WHERE story_id = ?", (story_id,))

    def decision(self, decision: Decision) -> None:
        """The next decision of its partition's log (the first of each position, ``FirstDecisions``)."""
        for event in decision.events:
            if event.type == "merged":
                self._db.execute("UPDATE places SET story_id = ? WHERE story_id = ?", (event.other_id, event.story_id))
            elif event.type == "split":
                self._place(event.story_id, [member.id for member in event.moved])
            elif event.type == "retracted":
                self._db.execute("DELETE FROM places WHERE article_id = ?", (event.article_id,))
            elif event.type in ("created", "joined") and event.article_id:
                self._place(event.story_id, [event.article_id])

    def finish(self) -> None:
        """Give every article, quotation and entity its story: before the first row is read."""
        for table, key in (("articles", "id"), ("quotes", "article_id"), ("entities", "article_id")):
            self._db.execute(
                f"UPDATE {table} SET story_id = (SELECT story_id FROM places WHERE places.article_id = {table}.{key})"
            )
        self._db.execute("CREATE INDEX articles_by_story ON articles (story_id)")
        self._db.execute("COMMIT")

    def rows(self, name: Name, wanted: Wanted) -> Iterator[dict[str, Any]]:
        """The wanted rows of a table in the order of its key; lists as lists, times as RFC 3339, absent ones None."""
        table = TABLES[name]
        condition, values = _condition(name, wanted)
        columns, key = _names(column.name for column in table.columns), _names(table.key)
        for row in self._db.execute(f"SELECT {columns} FROM {name} WHERE {condition} ORDER BY {key}", values):
            yield {column.name: _out(column, value) for column, value in zip(table.columns, row, strict=True)}

    def count(self, name: Name, wanted: Wanted) -> int:
        """How many rows ``rows`` will give."""
        condition, values = _condition(name, wanted)
        (number,) = self._db.execute(f"SELECT count(*) FROM {name} WHERE {condition}", values).fetchone()
        return int(number)

    def keep(self, wanted: Wanted) -> None:
        """Make the file a database to hand on: the wanted rows of every table, indexed, and nothing else."""
        # Stories ask articles for an outlet, and links ask stories.
        for name in sorted(TABLES, key=lambda each: (each == "articles", each == "stories")):
            condition, values = _condition(name, wanted)
            self._db.execute(f"DELETE FROM {name} WHERE ({condition}) IS NOT TRUE", values)
        self._db.execute("DROP TABLE places")
        for index in ("quotes (story_id)", "entities (story_id)", "entities (entity_id)", "articles (at)"):
            self._db.execute(f"CREATE INDEX {index.translate(_INDEX_NAME)} ON {index}")
        self._db.execute("VACUUM")

    def _place(self, story_id: str, articles: Iterable[str]) -> None:
        rows = [(article, story_id) for article in articles]
        self._db.executemany("INSERT OR REPLACE INTO places VALUES (?, ?)", rows)

    def _insert(self, name: Name, fields: dict[str, Any]) -> None:
        columns = TABLES[name].columns
        values = [_in(column, fields.get(column.name)) for column in columns]
        marks = ", ".join("?" * len(columns))
        self._db.execute(f"INSERT OR REPLACE INTO {name} VALUES ({marks})", values)


def _condition(name: Name, wanted: Wanted) -> tuple[str, list[object]]:
    if name == "links":
        condition, values = _condition("stories", wanted)
        return f"story_id IN (SELECT id FROM stories WHERE {condition})", values
    stories = name == "stories"
    conditions: list[tuple[str, object]] = []
    if wanted.since is not None:
        conditions.append(("at >= ?", _time(wanted.since)))
    if wanted.until is not None:
        conditions.append(("at < ?", _time(wanted.until)))
    if wanted.story is not None:
        conditions.append(("id = ?" if stories else "story_id = ?", wanted.story))
    if wanted.language is not None:
        spoken = "EXISTS (SELECT 1 FROM json_each(languages) WHERE value = ?)" if stories else "language = ?"
        conditions.append((spoken, wanted.language))
    if wanted.outlet is not None:
        carried = "id IN (SELECT story_id FROM articles WHERE outlet = ? COLLATE NOCASE)"
        conditions.append((carried if stories else "outlet = ? COLLATE NOCASE", wanted.outlet))
    return " AND ".join(condition for condition, _ in conditions) or "TRUE", [value for _, value in conditions]


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _time(moment: datetime) -> str:
    # As long for every moment, so that the text sorts as the time does.
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _in(column: Column, value: Any) -> Any:
    if value is None:
        return "[]" if column.kind == "list" else None
    if column.kind == "time":
        return _time(value)
    return codec.encode(value).decode() if column.kind == "list" else value


def _out(column: Column, value: Any) -> Any:
    if column.kind == "list":
        return codec.loads(value)
    return bool(value) if column.kind == "boolean" and value is not None else value
