"""How far files were sent, kept in a file of its own, so that whoever is interrupted goes on where they were."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from streams.contracts import codec
from streams.seed.folders import printable
from streams.seed.found import Found, Problem, Waiting

#: Articles after which it is noted how far a large file was sent.
EVERY = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far a file was read; noted once all that was found before is acknowledged.

    ``taken``: how many articles and problems were found in it; ``whole``: there are no more. A file of another size or
    time of its last change (``changed``, nanoseconds) is another one.
    """

    path: str
    size: int
    changed: int
    taken: int = 0
    whole: bool = False


#: What reading on gives.
Item = Found | Problem | Reached | Waiting


def begun(path: Path) -> Reached:
    """Nothing of a file yet, as it is now.

    Raises:
        OSError: there is none.
    """
    now = path.stat()
    return Reached(path=printable(path.absolute()), size=now.st_size, changed=now.st_mtime_ns)


class Journal:
    """What ``note`` is told, a line of JSON each; ``at`` says how far a file was sent.

    >>> journal = Journal()
    >>> page = Reached(path="/in/page.html", size=5, changed=1)
    >>> journal.note(replace(page, taken=1, whole=True))
    >>> journal.at(page).whole, journal.at(replace(page, changed=2)).whole
    (True, False)
    """

    def __init__(self, out: IO[bytes] | None = None) -> None:
        self._out = out
        self._reached: dict[str, Reached] = {}

    @classmethod
    def open(cls, path: Path) -> Journal:
        """The journal of a file, which is made where there is none. It is a context manager.

        Raises:
            OSError: it cannot be read or written.
            DecodeError: a line is none; what was cut off at the end counts for nothing.
        """
        file = path.open("a+b")
        try:
            file.seek(0)
            journal, good = cls(file), 0
            for line in file:
                if not line.endswith(b"\n"):
                    break
                reached = codec.decode(Reached, line)
                journal._reached[reached.path] = reached
                good += len(line)
            file.truncate(good)
        except BaseException:
            file.close()
            raise
        return journal

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        if self._out is not None:
            self._out.close()

    def at(self, now: Reached) -> Reached:
        """How far a file was sent that is as ``now``."""
        held = self._reached.get(now.path, now)
        return held if (held.size, held.changed) == (now.size, now.changed) else now

    def note(self, reached: Reached) -> None:
        self._reached[reached.path] = reached
        if self._out is not None:
            self._out.write(codec.encode(reached) + b"\n")
            self._out.flush()


def noted(now: Reached, journal: Journal, items: Iterator[Found | Problem]) -> Iterator[Found | Problem | Reached]:
    """What is found in a file beyond what was sent of it, and now and then how far that is."""
    before, taken = journal.at(now).taken, 0
    for item in items:
        taken += 1
        if taken > before:
            yield item
            if taken % EVERY == 0:
                yield replace(now, taken=taken)
    yield replace(now, taken=taken, whole=True)
