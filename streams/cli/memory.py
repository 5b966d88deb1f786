"""`streams clean --host-memory FILE`: what cleaning remembers, in a file from one run to the next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streams.cli.console import CommandError
from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean import CleaningMemory, Context

_NEXT = "next"


class FileMemory(CleaningMemory):
    """A memory whose positions go on where the file's last run ended.

    The file is JSON lines, ``{"key", "row"}`` each: the rows that the agents keep on Kafka, and under the key
    ``next`` the first position of the next run. A file that is not there is an empty memory. Raises ``CommandError``
    where it is something else.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._rows: dict[str, bytes] = {}
        self._first = self._next = 0
        try:
            for line in path.read_bytes().splitlines() if path.exists() else ():
                entry = codec.loads(line)
                self._rows[entry["key"]] = codec.encode(entry["row"])
            self._first = self._next = int(codec.loads(self._rows.pop(_NEXT, b"0")))
            self.restore(self._rows.items())
        except (OSError, UnicodeError) as error:
            raise CommandError(f"Cannot read {path}: {error}.") from None
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CommandError(
                f"{path} is no host memory ({error}): name a file that an earlier run wrote, or a new one."
            ) from None

    def lookup_context(self, raw: RawArticle, position: int) -> tuple[Context, dict[str, bytes | None]]:
        position += self._first
        self._next = max(self._next, position + 1)
        context, rows = super().lookup_context(raw, position)
        self._take(rows)
        return context, rows

    def assign_revision(
        self, raw: RawArticle, outcome: CleanArticle | Rejection, position: int
    ) -> tuple[CleanArticle | Rejection, dict[str, bytes | None]]:
        settled, rows = super().assign_revision(raw, outcome, position + self._first)
        self._take(rows)
        return settled, rows

    def _take(self, rows: dict[str, bytes | None]) -> None:
        for key, row in rows.items():
            if row is None:
                self._rows.pop(key, None)
            else:
                self._rows[key] = row

    def save(self) -> None:
        """Write the file anew, or leave it as it was if that fails (``CommandError``)."""
        entries: list[dict[str, Any]] = [{"key": _NEXT, "row": self._next}]
        entries += [{"key": key, "row": codec.loads(row)} for key, row in self._rows.items()]
        beside = self._path.with_name(self._path.name + ".new")
        try:
            beside.write_bytes(b"".join(codec.encode(entry) + b"\n" for entry in entries))
            beside.replace(self._path)
        except OSError as error:
            raise CommandError(f"Cannot write {self._path}: {error}.") from None
