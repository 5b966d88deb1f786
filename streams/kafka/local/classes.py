"""Kafka's classes as the JVM has them once they are loaded and verified (class data sharing): the first node that ends
in good order leaves them in the cache, and later ones map them. A start takes half the processor time then, 1.5 s for
2.7, and the formatting before it two thirds, 0.75 s for 1.15.

Whether an archive fits is the JVM's to judge (its own build, the jars' names and times): one that does not is passed
over, and the node starts as it would without.
"""

from __future__ import annotations

import os
from pathlib import Path

from streams.text import digest

#: What the JVM would say of classes that it leaves out, and of an archive that does not fit, into the node's log.
_SILENT = "-Xlog:cds*=off"


class ClassArchive:
    """The archive of the classes in ``jars`` for the JVM that ``java`` starts; a file of some 50 MB beside them."""

    def __init__(self, java: str, jars: Path) -> None:
        program = Path(java).resolve()
        self._path = jars.with_name(f"{jars.name}-{digest(f'{program} {program.stat().st_mtime_ns}')}.jsa")
        self._written = self._path.with_name(f"{self._path.name}.{os.getpid()}.{id(self):x}")

    def read(self) -> list[str]:
        """Options of a JVM that may use it."""
        return [_SILENT, f"-XX:SharedArchiveFile={self._path}"] if self._path.exists() else []

    def read_or_write(self) -> list[str]:
        """Options of the node itself: where there is no archive yet, it writes one as it ends."""
        return self.read() or [_SILENT, f"-XX:ArchiveClassesAtExit={self._written}"]

    def settle(self, *, whole: bool) -> None:
        """When the node has ended: keep what it wrote, if ``whole`` (it was asked to end, and not killed over it)."""
        if whole and self._written.exists():
            self._written.replace(self._path)
        self._written.unlink(missing_ok=True)
