"""Folders, walked without leaving them: which files there are, how to name them, and how to open one safely."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Entry:
    """A file to read, or (with ``skip``) something that is left alone and why; ``error`` where a folder is closed."""

    path: Path
    skip: str | None = None
    error: str | None = None


#: Seconds between two looks for new files; and so many times what the last look took, where there are many.
_PAUSE, _TIMES = 1.0, 10.0


def walk_on(roots: Sequence[Path]) -> Iterator[Entry | None]:
    """The files of all roots, and without end those that come or change; None: nothing more for now.

    A file is given once two looks find it alike: others are still being written. What is left alone is said once.
    """
    given: dict[Path, object] = {}
    before: dict[Path, object] = {}
    while True:
        begun = time.monotonic()
        found = {entry.path: entry for root in roots for entry in walk(root)}
        marks = {path: _mark(entry) for path, entry in found.items()}
        took = time.monotonic() - begun
        given = {path: mark for path, mark in given.items() if path in marks}
        for path, mark in marks.items():
            if given.get(path) != mark and before.get(path) == mark:
                given[path] = mark
                yield found[path]
        before = marks
        yield None
        time.sleep(max(_PAUSE, _TIMES * took))


def _mark(entry: Entry) -> object:
    """What changes with a file: its size and the time of its last change; or why it is left alone."""
    if entry.skip or entry.error:
        return entry.skip, entry.error
    try:
        now = entry.path.stat()
    except (OSError, ValueError) as error:
        return str(error)
    return now.st_size, now.st_mtime_ns


def walk(root: Path) -> Iterator[Entry]:
    """A file itself, or a folder's files to the bottom, sorted by path.

    Links within a folder are followed where they lead to a file inside of it; links to folders never are, so that
    nothing outside is sent by accident and no loop is walked. A link that is itself given is followed: it was named.
    """
    if not root.is_dir():
        yield Entry(root)
        return
    home = os.path.realpath(root)
    # Sorted by the parts of the path, as ``Path`` compares, folder by folder.
    waiting = [root]
    while waiting:
        path = waiting.pop()
        if path != root and not path.is_dir():
            yield _entry(path, home)
            continue
        if path != root and path.is_symlink():
            yield Entry(path, skip="a link to a folder; name the folder itself to have it read")
            continue
        try:
            waiting += sorted(path.iterdir(), reverse=True)
        except OSError as error:
            yield Entry(path, error=error.strerror or str(error))


def _entry(path: Path, home: str) -> Entry:
    if path.is_symlink():
        target = os.path.realpath(path)
        if os.path.commonpath([home, target]) != home:
            return Entry(path, skip="a link that leads out of the folder; name its target itself to have it read")
    return Entry(path)


def open_file(path: Path) -> IO[bytes] | None:
    """An ordinary file, open; None for pipes, devices and sockets, which may wait for ever or never end.

    Raises:
        OSError: there is none, or it may not be read.
    """
    if path.exists() and not path.is_file():
        return None
    # It may have become a pipe since: opened without waiting, and looked at once it is open.
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        return None
    return os.fdopen(handle, "rb")


def size_of(path: Path) -> int:
    """Bytes on the disk; 0 of what is no file, or gone."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0


def printable(text: object, longest: int = 4096) -> str:
    """A name as it may be shown: bytes that are no UTF-8 and control characters escaped, a long one cut."""
    shown = str(text)[: longest + 1]
    if not shown.isprintable():
        shown = "".join(each if each.isprintable() else _escaped(each) for each in shown)
    return shown if len(shown) <= longest else shown[:longest] + "…"


def _escaped(character: str) -> str:
    # os.fsdecode keeps odd bytes as lone surrogates, which neither a terminal nor JSON takes.
    if "\udc80" <= character <= "\udcff":
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()
