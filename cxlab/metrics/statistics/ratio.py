"""Ratios of sums: money per ticket, use per entitlement, revenue kept per revenue at the start."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics.base import (
    Estimate,
    Integers,
    Statistic,
    clipped,
    column,
    counted,
    floats,
    value_of,
)
from cxlab.metrics.statistics.simple import nine_digits

__all__ = ["Ratio", "UnitCost"]


@dataclass(frozen=True, slots=True)
class Ratio(Statistic):
    """Σ value ÷ Σ per, over the counted rows; `per` is a column that the basis gives besides.

    A row is one independent unit (a customer, an account), so the interval is the delta
    method's: the variance of value − ratio × per over the units. A ratio whose rows are no
    sample (costs of a centre against tickets) names in `no_interval` why it has none.
    Source: Cochran (1977), Sampling Techniques, 3rd ed., §6.4 and §2.11.
    """

    unit: str = "row"
    no_interval: str = ""

    @property
    def name(self) -> str:
        """ "ratio of sums"."""
        return "ratio of sums"

    @property
    def interval(self) -> str:
        """The delta method's, or none and why."""
        if self.no_interval:
            return f"none ({self.no_interval})"
        return f"delta method, one {self.unit} as the unit"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """The two sums and their second moments."""
        where = counted(rows, basis)
        x = value_of(rows, basis).cast("float64")
        y = rows[column("per", basis)].cast("float64")
        sums = {"x": x, "y": y, "xx": x * x, "xy": x * y, "yy": y * y}
        return {column("sum_" + k, basis): v.sum(where=where) for k, v in sums.items()}

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the ratio, Σ value, and the delta method's interval."""
        x, y, xx, xy, yy = (
            nine_digits(floats(found, column("sum_" + k, basis)))
            for k in ("x", "y", "xx", "xy", "yy")
        )
        ratio, low, high = stats.ratio_interval(n, x, y, xx, yy, xy)
        if self.no_interval:
            low = high = np.full(len(n), np.nan)
        return Estimate(ratio, x, *clipped(low, high, unit))

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return Σ value ÷ Σ per."""
        where = counted(rows, basis)
        per = rows[column("per", basis)].cast("float64").sum(where=where)
        return value_of(rows, basis).cast("float64").sum(where=where) / per.nullif(0)


@dataclass(frozen=True, slots=True)
class UnitCost(Ratio):
    """Σ value ÷ Σ per over rows of two kinds, costs and things: n counts the things.

    Its rows are no sample, so it has no interval.
    """

    no_interval: str = "costs are no sample"

    @property
    def name(self) -> str:
        """ "cost per unit"."""
        return "cost per unit"

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the ratio with Σ per as n."""
        things = np.nan_to_num(nine_digits(floats(found, column("sum_y", basis))))
        # Named, as slots leave a zero-argument super() without its class.
        return Ratio.estimate(self, found, basis, n, unit)._replace(n=things.astype(np.int64))
