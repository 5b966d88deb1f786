"""Numbers whose columns have names: what features are computed into, and what boosted trees read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Table:
    """``values[row, column]``, float32; ``names`` has a name for each column.

    >>> table = Table.of({"words": [3, 40], "links": [1, 0]})
    >>> table.names, table["words"].tolist()
    (('words', 'links'), [3.0, 40.0])
    """

    names: tuple[str, ...]
    values: Matrix

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[1] != len(self.names):
            raise ValueError(f"{len(self.names)} names for an array of shape {self.values.shape}")

    @classmethod
    def of(cls, columns: Mapping[str, Any]) -> Table:
        """A table of columns of one length, each something that NumPy takes for numbers."""
        values = np.empty((len(next(iter(columns.values()))), len(columns)), dtype=np.float32)
        for index, column in enumerate(columns.values()):
            values[:, index] = column
        return cls(tuple(columns), values)

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, name: str) -> Matrix:
        """The column of this name; raises ``ValueError`` where there is none."""
        return self.values[:, self.names.index(name)]

    def beside(self, *others: Table) -> Table:
        """This table's columns and then those of ``others``, which have as many rows."""
        tables = (self, *others)
        names = tuple(name for table in tables for name in table.names)
        return Table(names, np.concatenate([table.values for table in tables], axis=1))

    def take(self, rows: npt.NDArray[Any] | Sequence[int]) -> Table:
        """The rows at these indexes, or where a mask is true."""
        return Table(self.names, self.values[np.asarray(rows)])
