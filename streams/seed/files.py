"""Files of every kind, read as raw articles. Knows nothing of Kafka; what gives no article is a ``Problem``."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import IO

from streams.seed.archives import read_tar, read_warc, read_zip
from streams.seed.feeds import read_feed
from streams.seed.folders import Entry, open_file, printable, size_of, walk, walk_on
from streams.seed.found import Found, Problem, Waiting, page, too_large
from streams.seed.journal import Item, Journal, begun, noted
from streams.seed.packed import UNPACK, Allowance, BombError
from streams.seed.rows import read_json, read_rows
from streams.seed.tables import ColumnError, read_csv, read_parquet

#: What is read, by suffix (a final ``.gz`` or ``.zst`` is taken off first). Rows are ``RawArticle`` as JSON; a
#: ``.json`` file holds one row, an array of rows, or an article's JSON body.
_PAGES = {".txt": "text/plain", ".html": "text/html", ".htm": "text/html"}
_ROWS, _JSON, _CSV, _PARQUET, _WARC, _TAR, _ZIP = ".jsonl", ".json", ".csv", ".parquet", ".warc", ".tar", ".zip"
_FEEDS = (".rss", ".atom", ".xml")
#: In an archive no archive is read.
_PLAIN = (*_PAGES, _JSON, _ROWS, _CSV, *_FEEDS)
KINDS = (*_PLAIN, _PARQUET, _WARC, _TAR, _ZIP)
#: Common Crawl's texts are WARC files too; and what is short for two suffixes.
_MEANT = {".wet": (_WARC,), ".tgz": (_TAR, ".gz"), ".ndjson": (_ROWS,)}

STDIN = Path("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How a file is read: the largest article, the columns of tables, and whom to tell of progress."""

    max_bytes: int
    columns: Mapping[str, str]
    tick: Callable[[], None] = lambda: None


def read_files(
    paths: Iterable[Path],
    *,
    max_bytes: int,
    columns: Mapping[str, str] | None = None,
    stdin: IO[bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> Iterator[Found | Problem]:
    """Every article of the files and folders, in order; folders are walked to the bottom, sorted by path.

    Args:
        paths: files, folders, or ``-`` for JSON lines on ``stdin``.
        max_bytes: larger articles are rejected, without reading them whole where they stand in a file of their own.
        columns: of tables, by field of ``RawArticle``, where their names do not say it.
        stdin: what ``-`` stands for.
        progress: told the bytes read of the files so far (compressed ones as they lie on the disk).
    """
    for item in read_on(paths, max_bytes=max_bytes, columns=columns, stdin=stdin, progress=progress):
        if isinstance(item, Found | Problem):
            yield item


def read_on(
    paths: Iterable[Path],
    *,
    max_bytes: int,
    columns: Mapping[str, str] | None = None,
    stdin: IO[bytes] | None = None,
    progress: Callable[[int], None] = lambda _: None,
    journal: Journal | None = None,
    follow: bool = False,
) -> Iterator[Item]:
    """``read_files``, from where a journal says that an earlier run came, and on to files that come later.

    Args:
        journal: what it has of a file is left out, and how far each is read comes among the articles: note it once
            those before it are sent. None: everything is read.
        follow: go on for ever with files that come or change; ``Waiting`` where there is none for now.
    """
    done, paths = 0, list(paths)
    for entry in walk_on(paths) if follow else _entries(paths):
        if entry is None:
            yield Waiting()
            continue
        if entry.path == STDIN:
            assert stdin is not None, "stdin is given wherever '-' may be"
            yield from read_rows(stdin, "<stdin>", max_bytes, lambda: None)
            continue
        name = printable(entry.path)
        if entry.skip or entry.error:
            yield _left(name, entry.skip, entry.error)
            continue
        size = size_of(entry.path)
        try:
            items = _file(entry.path, name, max_bytes, columns or {}, partial(_progress, progress, done, size))
            if journal is None:
                yield from items
            elif not journal.at(now := begun(entry.path)).whole:
                yield from noted(now, journal, items)
        except (BombError, ColumnError) as error:
            yield Problem("rejected", name, str(error))
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, tarfile.TarError) as error:
            # gzip reports a damaged file in three ways; OSError is also a file that may not be read.
            reason = getattr(error, "strerror", None) or str(error)
            yield Problem("rejected", name, f"cannot be read: {reason}")
        except Exception as error:  # whatever one file holds, the next one is read
            yield Problem("rejected", name, f"cannot be read: {type(error).__name__}")
        done += size
        progress(done)


def _entries(paths: Iterable[Path]) -> Iterator[Entry]:
    for path in paths:
        yield from [Entry(STDIN)] if path == STDIN else walk(path)


def total_bytes(paths: Iterable[Path]) -> int | None:
    """Bytes that ``read_files`` will read, or None where stdin is among them."""
    total = 0
    for path in paths:
        if path == STDIN:
            return None
        total += sum(size_of(entry.path) for entry in walk(path) if not (entry.skip or entry.error))
    return total


def _left(name: str, skip: str | None, error: str | None) -> Problem:
    return Problem("skipped", name, skip) if skip else Problem("rejected", name, f"cannot be read: {error}")


def _progress(progress: Callable[[int], None], before: int, size: int, position: int) -> None:
    # A file that grows meanwhile is not counted twice.
    progress(before + min(position, size))


def _tick(raw: IO[bytes], size: int, progress: Callable[[int], None]) -> Callable[[], None]:
    """Tells how far ``raw`` is read, a thousand times at most: called for each row, it must cost less than one."""
    step, told = size // 1000, -1

    def tick() -> None:
        nonlocal told
        if (position := raw.tell()) > told + step:
            told = position
            progress(position)

    return tick


def _file(
    path: Path, name: str, max_bytes: int, columns: Mapping[str, str], progress: Callable[[int], None]
) -> Iterator[Found | Problem]:
    kind, packing = _kind(path.name)
    if kind not in KINDS:
        yield Problem("skipped", name, f"not a kind that is read ({', '.join(KINDS)}, or .gz or .zst of one)")
        return
    raw = open_file(path)
    if raw is None:
        yield Problem("skipped", name, "not a file")
        return
    with raw:
        size = size_of(path)
        allowance = Allowance(size)
        how = _How(max_bytes=max_bytes, columns=columns, tick=_tick(raw, size, progress))
        if kind in (_ZIP, _PARQUET):
            if packing:
                yield Problem("skipped", name, f"a {kind} file is read as it is, not packed again")
            elif kind == _ZIP:
                yield from read_zip(raw, name, allowance, partial(_member, how))
            else:
                yield from read_parquet(raw, name, columns, max_bytes, how.tick)
            return
        stream = UNPACK[packing](raw, allowance) if packing else raw
        if kind == _WARC:
            yield from read_warc(stream, name, max_bytes)
        elif kind == _TAR:
            yield from read_tar(stream, name, partial(_member, how))
        else:
            yield from _plain(stream, kind, name, how)


def _kind(name: str) -> tuple[str, str | None]:
    """The suffix that says what a file is, and the one that says how it is packed."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes[-2:]]
    suffixes = [meant for suffix in suffixes for meant in _MEANT.get(suffix, (suffix,))]
    packing = suffixes.pop() if suffixes and suffixes[-1] in UNPACK else None
    return (suffixes[-1] if suffixes else ""), packing


def _member(how: _How, file: IO[bytes], member: str, where: str) -> Iterator[Found | Problem]:
    """A file of an archive."""
    kind, packing = _kind(member)
    if packing or kind not in _PLAIN:
        yield Problem("skipped", where, f"not a kind that is read of an archive ({', '.join(_PLAIN)})")
        return
    try:
        yield from _plain(file, kind, where, how)
    except ColumnError as error:
        yield Problem("rejected", where, str(error))


def _plain(file: IO[bytes], kind: str, name: str, how: _How) -> Iterator[Found | Problem]:
    if kind == _ROWS:
        yield from read_rows(file, name, how.max_bytes, how.tick)
    elif kind == _JSON:
        yield from read_json(file, name, how.max_bytes, how.tick)
    elif kind == _CSV:
        yield from read_csv(file, name, how.columns, how.max_bytes, how.tick)
    elif kind in _FEEDS:
        yield from read_feed(file, name, how.max_bytes, how.tick)
    else:
        data = file.read(how.max_bytes + 1)
        if len(data) > how.max_bytes:
            yield Problem("rejected", name, too_large(how.max_bytes))
        elif not data.strip():
            yield Problem("rejected", name, "empty")
        else:
            yield Found(page(data, _PAGES[kind]), name)
