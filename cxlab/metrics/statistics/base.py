"""What every statistic offers: sufficient statistics in, value and interval out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.units import RANGES

__all__ = [
    "TOO_FEW", "Estimate", "Floats", "Integers", "Statistic", "clipped", "column", "counted",
    "floats", "how_many", "share_of", "value_of", "whole",
]  # fmt: skip

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

COUNTED = 0
"""State of a row that counts (see `query`)."""

TOO_FEW = "too few for a whole interval"
"""How the note of a value without an interval begins."""


class Estimate(NamedTuple):
    """Value, numerator and interval, one number per group each (NaN where there is none).

    `n` stands for the counted rows where the denominator is something else.
    `notes` say, one text per group, why there is no number, or what it is.
    """

    value: Floats
    numerator: Floats
    low: Floats
    high: Floats
    n: Integers | None = None
    notes: Sequence[str] = ()


class Statistic(ABC):
    """A kind of number: its name, how its interval is computed, and both computations.

    `zero_is_fact` says that no rows are an answer (a count of 0), not a lack of one.
    """

    __slots__ = ()
    zero_is_fact: ClassVar[bool] = False

    @property
    @abstractmethod
    def name(self) -> str:
        """What results call it: "share", "mean", "p90"."""

    @property
    @abstractmethod
    def interval(self) -> str:
        """How the interval is computed, or "none" and why."""

    @abstractmethod
    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Return what the database aggregates over the classified rows of one group."""

    @abstractmethod
    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return value and interval from the aggregated columns, `n` counted rows per group."""

    def lacks(self, groups: Sequence[str]) -> str:
        """Return what the question lacks to be answered with these groups, in words; mostly ""."""
        return ""

    def unbounded(self) -> str:
        """Return why a value can stand without an interval, or with one end of it only."""
        return f"{TOO_FEW}: it takes 2 cases"

    @abstractmethod
    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the value alone as one expression, for the SQL that people read."""


def column(kind: str, *parts: object) -> str:
    """Return the name of a column inside queries: its kind, and what it belongs to.

    >>> column("value", "first_response")
    'value__first_response'
    """
    return "__".join([kind, *map(str, parts)])


def counted(rows: ir.Table, basis: str) -> ir.BooleanValue:
    """Return whether a classified row counts in the basis."""
    return rows[column("state", basis)] == COUNTED


def how_many(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """Return in how many rows a condition without nulls holds.

    A sum of ones, because a count with a filter costs DuckDB twice as much per row.
    """
    ones: ir.IntegerScalar = condition.sum()
    return ones


def value_of(rows: ir.Table, basis: str) -> ir.Value:
    """Return the value that the basis takes from a classified row."""
    return rows[column("value", basis)]


def whole(found: pd.DataFrame, name: str) -> Integers:
    """Return a column of whole numbers, 0 where a group has no rows."""
    if name not in found:
        return np.zeros(len(found), dtype=np.int64)
    filled: Integers = found[name].fillna(0).to_numpy(dtype=np.int64)
    return filled


def floats(found: pd.DataFrame, name: str) -> Floats:
    """Return a column of numbers, NaN where a group has no rows."""
    if name not in found:
        return np.full(len(found), np.nan)
    values: Floats = found[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def share_of(part: Floats, total: npt.NDArray[np.number]) -> Floats:
    """Return part ÷ total, NaN where the total is 0."""
    out = np.full(len(part), np.nan)
    np.divide(part, total, out=out, where=np.asarray(total) != 0)
    return out


def clipped(low: Floats, high: Floats, unit: str) -> tuple[Floats, Floats]:
    """Keep an interval within what is possible in its unit."""
    least, most = RANGES[unit]
    return np.maximum(low, least), np.minimum(high, most)
