"""Cells of an export: a column's values with the rows that cannot be used, and how to type them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from cxlab.tables import Kind

__all__ = ["INSTANT", "Counts", "Values", "plain_text", "typed"]

INSTANT: Final = "datetime64[us, UTC]"
_TRUE = ("true", "t", "yes", "y", "1")
_FALSE = ("false", "f", "no", "n", "0")


@dataclass
class Values:
    """A column's values and the rows in which something was given that cannot be used.

    `given` is the text as the export has it, where it helps to show it.
    """

    data: pd.Series
    bad: pd.Series
    reason: str = ""
    given: pd.Series | None = None

    def where(self, mask: pd.Series) -> Values:
        """Return the values with those outside `mask` missing."""
        return Values(self.data.where(mask), self.bad & mask, self.reason, self.given)

    def of(self, mask: pd.Series) -> Values:
        """Return only the rows of `mask`."""
        given = None if self.given is None else self.given[mask]
        return Values(self.data[mask], self.bad[mask], self.reason, given)

    def at(self, labels: pd.Index, index: pd.Index) -> Values:
        """Return the rows of these labels, in their order, under a new index."""
        given = None if self.given is None else self.given.loc[labels].set_axis(index)
        data, bad = self.data.loc[labels].set_axis(index), self.bad.loc[labels].set_axis(index)
        return Values(data, bad, self.reason, given)


@dataclass
class Counts:
    """What happened on the way: unmapped values, adjusted instants, changes of the clock."""

    misses: dict[str, Counter[str]] = field(default_factory=dict)
    adjusted: dict[str, int] = field(default_factory=dict)
    ambiguous: int = 0
    nonexistent: int = 0


def plain_text(plain: str | int | float | bool | None) -> str:
    """Return a value of a mapping as the text that a cell would hold."""
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def typed(found: Values, kind: Kind) -> Values:
    """Read text as a number or a boolean where the column needs one."""
    data = found.data
    if kind in (Kind.NUMBER, Kind.INTEGER) and not pd.api.types.is_numeric_dtype(data):
        number = pd.to_numeric(data, errors="coerce")
        bad = number.isna() & data.notna()
        return Values(number, found.bad | bad, found.reason or "not a number", data)
    if kind is Kind.BOOLEAN and data.dtype != "boolean":
        low = data.astype("str").str.lower()
        read = pd.Series(pd.NA, index=data.index, dtype="boolean")
        read = read.mask(low.isin(_TRUE), True).mask(low.isin(_FALSE), False)
        bad = read.isna() & data.notna()
        return Values(read, found.bad | bad, found.reason or "not true or false", data)
    return found
