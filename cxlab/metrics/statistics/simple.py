"""Counts, shares and means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics.base import (
    Estimate,
    Floats,
    Integers,
    Statistic,
    clipped,
    column,
    counted,
    floats,
    how_many,
    share_of,
    value_of,
    whole,
)

__all__ = ["Backlog", "Count", "Mean", "Share", "exact_sum", "nine_digits"]


@dataclass(frozen=True, slots=True)
class Count(Statistic):
    """How many rows count."""

    zero_is_fact: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """ "count"."""
        return "count"

    @property
    def interval(self) -> str:
        """Garwood's interval of the expected count."""
        return "Poisson (exact)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Nothing besides n."""
        return {}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return n and the interval of the expected number behind it."""
        low, high = stats.poisson_interval(n)
        return Estimate(n.astype(float), np.full(len(n), np.nan), low, high)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the count."""
        return rows.count(where=counted(rows, basis))


@dataclass(frozen=True, slots=True)
class Share(Statistic):
    """Share of counted rows whose value is true."""

    @property
    def name(self) -> str:
        """ "share"."""
        return "share"

    @property
    def interval(self) -> str:
        """Wilson's."""
        return "Wilson"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """How many are true."""
        true = counted(rows, basis) & value_of(rows, basis)
        return {column("true", basis): how_many(true)}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the share and Wilson's interval."""
        true = whole(found, column("true", basis)).astype(float)
        return Estimate(share_of(true, n), true, *stats.wilson_interval(true, n))

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the mean of true (1) and false (0)."""
        return value_of(rows, basis).cast("float64").mean(where=counted(rows, basis))


@dataclass(frozen=True, slots=True)
class Mean(Statistic):
    """Mean of the values."""

    @property
    def name(self) -> str:
        """ "mean"."""
        return "mean"

    @property
    def interval(self) -> str:
        """Student's."""
        return "Student t"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Sum and standard deviation."""
        value, where = value_of(rows, basis), counted(rows, basis)
        return {
            column("sum", basis): exact_sum(value, where, unit),
            column("sd", basis): value.std(where=where, how="sample"),
        }

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the mean and Student's interval from n, mean and standard deviation."""
        mean = share_of(floats(found, column("sum", basis)), n)
        sd = nine_digits(floats(found, column("sd", basis)))
        return Estimate(mean, mean * n, *clipped(*stats.mean_interval(mean, sd, n), unit))

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the mean."""
        return value_of(rows, basis).cast("float64").mean(where=counted(rows, basis))


@dataclass(frozen=True, slots=True)
class Backlog(Statistic):
    """How many tickets are open at the end of the period (a running sum, see `backlog`)."""

    zero_is_fact: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """ "count at period end"."""
        return "count at period end"

    @property
    def interval(self) -> str:
        """None: nothing is estimated."""
        return "none (every open ticket is counted)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """Nothing: the backlog is asked in a query of its own."""
        return {}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Nothing: see `measurement`."""
        nothing = np.full(len(found), np.nan)
        return Estimate(nothing, nothing, nothing, nothing)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the sum of the flows."""
        return rows.delta.sum()


def exact_sum(value: ir.NumericValue, where: ir.BooleanValue, unit: str) -> ir.FloatingScalar:
    """Sum durations as whole microseconds: the same bits in whatever order threads add."""
    if unit != "s":
        return value.sum(where=where).cast("float64")
    return (value * 1e6).round().cast("int64").sum(where=where).cast("float64") / 1e6


def nine_digits(values: Floats) -> Floats:
    """Round to nine significant digits: parallel summation varies in the last bits only."""
    return np.array([float(f"{v:.9g}") for v in values])
