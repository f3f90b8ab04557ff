"""Columns that grow while a replication runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Growing"]


class Growing:
    """Columns that grow by rows; room doubles, so that rows are copied a few times only."""

    def __init__(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        self.columns = columns
        self.moved = 0  # how often columns were copied to a wider place
        self.size = len(next(iter(columns.values())))

    def __getitem__(self, name: str) -> Any:
        """Return one column."""
        return self.columns[name][: self.size]

    def add(self, rows: dict[str, npt.NDArray[Any]]) -> None:
        """Add rows at the end."""
        size = self.size + len(next(iter(rows.values())))
        for name, values in rows.items():
            column = self.columns[name]
            if size > len(column):
                wider = np.empty((2 * size, *column.shape[1:]), dtype=column.dtype)
                wider[: self.size] = column[: self.size]
                self.columns[name] = column = wider
                self.moved += 1
            column[self.size : size] = values
        self.size = size

    def whole(self, name: str) -> Any:
        """Return one column with the room behind its rows."""
        return self.columns[name]
