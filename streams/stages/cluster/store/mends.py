"""The corrections of a partition that are remembered, as rows: what each did, and whether it was undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from streams.contracts import codec
from streams.contracts.records import Correction

#: The newest that are remembered: these can be undone, and do nothing when they come again.
MOST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """Row ``c/<correction id>``: a correction, at its ``place`` among those of its partition, and what it did.

    ``story_id`` and ``other_id``: merged into, and what was; parted or moved to, and from. ``articles``: which moved.
    """

    correction: Correction
    place: int
    story_id: str
    other_id: str = ""
    articles: tuple[str, ...] = ()
    undone: bool = False


class Mends:
    """The corrections by their ids."""

    def __init__(self) -> None:
        self._all: dict[str, Mend] = {}

    def __contains__(self, correction_id: str) -> bool:
        return correction_id in self._all

    def __iter__(self) -> Iterator[Mend]:
        """In the order in which they were made."""
        return iter(sorted(self._all.values(), key=lambda each: each.place))

    def get(self, correction_id: str) -> Mend | None:
        return self._all.get(correction_id)

    @property
    def newest(self) -> int:
        """The place of the last one; -1 where there is none."""
        return max((each.place for each in self._all.values()), default=-1)

    def restore(self, row: bytes) -> None:
        """Raises ``codec.DecodeError``."""
        mend = codec.decode(Mend, row)
        self._all[mend.correction.id] = mend

    def note(self, mend: Mend) -> dict[str, bytes | None]:
        """Remember one, and of the one that it undoes that it is undone; the rows that change (None: delete).

        One that is known stays as it is: it may have been undone since.
        """
        notes = [self._all.get(mend.correction.id) or mend]
        undone = self._all.get(mend.correction.undoes)
        if undone is not None:
            notes.insert(0, replace(undone, undone=True))
        for note in notes:
            self._all[note.correction.id] = note
        rows: dict[str, bytes | None] = {f"c/{note.correction.id}": codec.encode(note) for note in notes}
        if len(self._all) > MOST:
            oldest = next(iter(self)).correction.id
            del self._all[oldest]
            rows[f"c/{oldest}"] = None
        return rows
