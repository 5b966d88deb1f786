"""The index's database between two starts: a file that holds the projection, and up to where in the log it goes.

The bookmark is written in the same transaction as what it stands for, so that a dashboard that was killed goes on
where its last transaction ended. A file of other code or a broken one is thrown away: it is never needed, it saves the
time of reading the log from its beginning. Whether it fits the log is ``resume``'s to say.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import sqlite3
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from streams.contracts import codec
from streams.dashboard.store import search
from streams.settings import Settings
from streams.text import digest

log = logging.getLogger(__name__)

#: Everything that decides what the rows are and mean: packages, and their files.
_MAKERS = {
    "streams.dashboard": (
        "store/schema.sql",
        "store/atlas.py",
        "store/namesakes.tsv",
        "store/names.tsv",
        "store/index.py",
        "store/projection.py",
        "follow/log_consumer.py",
        "store/database.py",
    ),
    "streams.stages.tag.lang.en.data": ("countries.tsv", "regions.tsv", "places.tsv"),
    "streams.stages.cluster.telling": ("lead.py", "points.py", "spelling.py"),
    "streams.stages.cluster.lifecycle": ("fold.py", "headline.py", "links.py", "pins.py", "quotes.py"),
    "streams.contracts": (
        "records/articles.py",
        "records/corrections.py",
        "records/stories.py",
        "codec.py",
        "headers.py",
    ),
    "streams": ("text.py", "kafka/log_reader.py", "query/subject.py", "query/times.py"),
}
_COMMON = ("PRAGMA temp_store = FILE", "PRAGMA cache_size = -32000")  # KiB
#: A temporary database lies in a file that SQLite deletes; only its page cache is in memory. A journal all the same:
#: an update that fails must be rolled back.
_PRIVATE = (*_COMMON, "PRAGMA journal_mode = MEMORY", "PRAGMA synchronous = OFF")
#: A write-ahead log survives a process that is killed; NORMAL survives a machine that stops. Synchronised with the
#: disk every 16 MB of changes (4,000 pages), not at each. ``auto_vacuum`` only counts before the first table.
_KEPT = (
    *_COMMON,
    "PRAGMA auto_vacuum = INCREMENTAL",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
)
#: Seconds to wait where the other dashboard is writing just now.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A record read of a partition: a log that has another one there is another log. Timestamp in milliseconds."""

    partition: int
    offset: int
    timestamp: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bookmark:
    """Up to where the index holds the log, written at ``at`` (seconds since the epoch).

    ``offsets``: (partition, offset of the last record taken in). ``proofs``: the last record of each partition that
    had a value. ``seen``: what ``FirstDecisions`` has to know.
    """

    format: str
    at: float
    offsets: tuple[tuple[int, int], ...]
    proofs: tuple[Proof, ...] = ()
    seen: tuple[tuple[str, int, int], ...] = ()
    skipped: int = 0
    last_skipped: str = ""


@cache
def version() -> str:
    """Another one with any code that decides what the rows are: a newer dashboard reads the log anew."""
    sources = (files(folder).joinpath(name).read_text("utf-8") for folder, names in _MAKERS.items() for name in names)
    return digest(sqlite3.sqlite_version, *sources)


def path_of(settings: Settings) -> Path:
    """Where the index of these topics on this cluster is kept."""
    cluster = digest(*sorted(settings.bootstrap_servers))
    return settings.data_dir / "dashboard" / f"{settings.topic_prefix}-{cluster[:12]}.sqlite"


def of(settings: Settings, *, fresh: bool = False) -> tuple[sqlite3.Connection, bool]:
    """The database that the settings ask for, and whether what is written will be kept; ``fresh``: an empty one."""
    return kept(path_of(settings), fresh=fresh) if settings.dashboard_keep else (private(), False)


def private() -> sqlite3.Connection:
    """An empty database of this process's own, gone with it."""
    db = _connected("", _PRIVATE)
    _make(db)
    return db


def kept(path: Path, *, fresh: bool = False) -> tuple[sqlite3.Connection, bool]:
    """The database at ``path`` as the last dashboard left it (``fresh``: emptied), and whether what is written will
    be kept.

    One process at a time writes the file. A second one gets a private copy of how it stands; and where the file cannot
    be had at all, an empty private one.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        log.warning("the index is not kept for the next start: %s", error)
        return private(), False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        log.info("another dashboard keeps %s; this one has a copy of its own", path)
        return private() if fresh else _copy(path), False
    try:
        db = _opened(path, fresh=fresh)
    except (sqlite3.Error, OSError) as error:
        os.close(lock)
        log.warning("the index is not kept for the next start: %s", error)
        return private(), False
    db.lock = lock
    return db, True


def bookmark(db: sqlite3.Connection) -> Bookmark | None:
    """Up to where the database holds the log; None: nothing of it."""
    row = db.execute("SELECT told FROM bookmark").fetchone()
    return None if row is None else codec.decode(Bookmark, row[0])


def usable(db: sqlite3.Connection) -> bool:
    """Whether this code wrote it, and it is whole."""
    try:
        found = bookmark(db)
        return (
            found is not None
            and found.format == version()
            and db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
        )
    except (sqlite3.Error, codec.DecodeError):
        return False


class _Locked(sqlite3.Connection):
    """A connection that lets go of the file's lock when it is closed."""

    lock = -1

    def close(self) -> None:
        super().close()
        if self.lock >= 0:
            os.close(self.lock)
            self.lock = -1


def _opened(path: Path, *, fresh: bool) -> _Locked:
    if path.exists() and path.stat().st_size and not fresh:
        db = None
        with contextlib.suppress(sqlite3.Error):
            db = _connected(path, _KEPT)
            if usable(db):
                return db
        if db is not None:
            db.close()
        log.info("%s is broken or of another version; the log is read from its beginning", path)
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o600))
    db = _connected(path, _KEPT)
    try:
        _make(db)
    except BaseException:
        db.close()
        raise
    return db


def _copy(path: Path) -> sqlite3.Connection:
    """What another dashboard has written so far; its writing goes on, a write-ahead log lets us read meanwhile."""
    db = _connected("", _PRIVATE)
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_PATIENCE)
        ) as source:
            source.backup(db)
        if usable(db):
            return db
    except sqlite3.Error as error:
        log.info("the index of the other dashboard cannot be copied: %s", error)
    db.close()
    return private()


def _connected(path: Path | str, settings: tuple[str, ...]) -> _Locked:
    db = sqlite3.connect(path, isolation_level=None, factory=_Locked, timeout=_PATIENCE)
    try:
        for setting in settings:
            db.execute(setting)
        search.prepare(db)
    except BaseException:
        db.close()
        raise
    return db


def _make(db: sqlite3.Connection) -> None:
    db.executescript(files("streams.dashboard.store").joinpath("schema.sql").read_text("utf-8"))
