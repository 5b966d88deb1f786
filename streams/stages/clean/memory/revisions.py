"""What cleaning remembers of a partition: each article's revisions and each host's lines, as of a record's position.

Kafka delivers at least once: after a crash, records come again while the rows already know of later ones. Every
answer therefore counts only what lies strictly before the position asked for, so that the second answer is byte
for byte the first.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import replace

from streams.contracts import codec
from streams.contracts.records import CleanArticle, RawArticle, Rejection
from streams.stages.clean.memory.context import Context
from streams.stages.clean.memory.hosts import HostMemory

#: Positions after which an unchanged article is forgotten: two weeks for a partition that takes 4,000 articles a day.
#: Rows go when they are twice as old, so that a replay of up to this many positions sees what the first run saw.
REVISION_WINDOW = 50_000
#: Changes of one article that are kept one by one; older ones are only counted.
_CHANGES = 16
_RETRACTED = "retracted"

Rows = dict[str, bytes | None]


class CleaningMemory:
    """The memory of one partition. ``lookup_context``, clean, ``assign_revision``: in the order of the positions.

    >>> memory = CleaningMemory()
    >>> for position, story in enumerate(("A harbour closes.", "A bridge opens.", "A mayor resigns.")):
    ...     raw = RawArticle(url=f"https://example.org/{position}", content=f"Subscribe to our paper\\n\\n{story}")
    ...     context, _ = memory.lookup_context(raw, position)
    >>> context.pages, list(context.lines.values())
    (2, [2])
    """

    def __init__(self) -> None:
        #: id -> its row: changes that are only counted, [(position, content hash) of the later ones]. Packed, as there
        #: are twice ``REVISION_WINDOW``.
        self._changes: dict[str, bytes] = {}
        self._by_age: deque[tuple[int, str]] = deque()
        self._hosts = HostMemory()

    def restore(self, rows: Iterable[tuple[str, bytes]]) -> None:
        """Take up the rows of an earlier life, in any order."""
        hosts: list[tuple[str, bytes]] = []
        for key, row in rows:
            if key.startswith("host:"):
                hosts.append((key, row))
            elif key.startswith("rev:"):
                self._changes[key[4:]] = row
        self._hosts.restore(hosts)
        self._by_age = deque(sorted(self._ages()))

    def __len__(self) -> int:
        """Articles whose revisions are remembered."""
        return len(self._changes)

    @property
    def newest(self) -> tuple[int, str] | None:
        """Position and article id of the newest change that is remembered."""
        return max(self._ages(), default=None)

    @property
    def after(self) -> int:
        """The position after all that is remembered."""
        return 1 + max(self.newest[0] if self.newest else -1, self._hosts.newest)

    def lookup_context(self, raw: RawArticle, position: int) -> tuple[Context, Rows]:
        """What was known of the record's host before ``position``, and the rows to persist."""
        return self._hosts.lookup_context(raw, position)

    def assign_revision(
        self, raw: RawArticle, outcome: CleanArticle | Rejection, position: int
    ) -> tuple[CleanArticle | Rejection, Rows]:
        """The outcome with its revision number as of ``position``, and the rows to persist (None deletes one)."""
        if isinstance(outcome, Rejection):
            return outcome, {}
        name, rows = outcome.id, self._forget(position)
        value = _RETRACTED if outcome.retracted else outcome.content_hash or ""
        counted, changes = self._changes_of(name)
        if changes and changes[-1][0] < position - REVISION_WINDOW:
            counted, changes = 0, []
        before = [change for change in changes if change[0] < position]
        known_later = len(changes) > len(before)
        changed = not before or before[-1][1] != value
        revision = counted + len(before) - (0 if changed else 1)
        if changed and not known_later:
            changes = [*changes, (position, value)]
            if len(changes) > _CHANGES:
                counted, changes = counted + 1, changes[1:]
            rows["rev:" + name] = self._keep(name, counted, changes)
        return replace(outcome, revision=revision), rows

    def recall(self, outcome: CleanArticle, position: int) -> Rows:
        """Take in what was once published of a record, its revision number with it; the rows. To be called in the
        order of the positions, before all else."""
        name = outcome.id
        value = _RETRACTED if outcome.retracted else outcome.content_hash or ""
        counted, changes = self._changes_of(name)
        if changes and (changes[-1][1] == value or changes[-1][0] > position):
            return {}
        if outcome.revision == 0:
            changes = []
        # Earlier ones may be gone from the log: the number says how many there were.
        counted, changes = max(0, outcome.revision - len(changes)), [*changes, (position, value)]
        if len(changes) > _CHANGES:
            counted, changes = counted + 1, changes[1:]
        return {"rev:" + name: self._keep(name, counted, changes)}

    def _ages(self) -> Iterator[tuple[int, str]]:
        """Each article with the position of its latest change."""
        return ((self._changes_of(name)[1][-1][0], name) for name in self._changes)

    def _changes_of(self, name: str) -> tuple[int, list[tuple[int, str]]]:
        row = self._changes.get(name)
        if row is None:
            return 0, []
        counted, changes = codec.loads(row)
        return counted, [(position, value) for position, value in changes]

    def _keep(self, name: str, counted: int, changes: list[tuple[int, str]]) -> bytes:
        row = codec.encode([counted, changes])
        self._changes[name] = bytes(memoryview(row))  # an own copy takes no more memory than it needs
        self._by_age.append((changes[-1][0], name))
        return row

    def _forget(self, position: int) -> Rows:
        rows: Rows = {}
        horizon = position - 2 * REVISION_WINDOW
        while self._by_age and self._by_age[0][0] < horizon:
            changed_at, name = self._by_age.popleft()
            if name in self._changes and self._changes_of(name)[1][-1][0] == changed_at:
                del self._changes[name]
                rows["rev:" + name] = None
        return rows
