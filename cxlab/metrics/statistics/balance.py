"""Balances: what speaks for, less what speaks against, of all (net promoter score, net tone)."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics.base import (
    Estimate,
    Integers,
    Statistic,
    column,
    counted,
    how_many,
    share_of,
    value_of,
    whole,
)

__all__ = ["Balance"]


@dataclass(frozen=True, slots=True)
class Balance(Statistic):
    """(n⁺ − n⁻) ÷ n of values +1, 0 and −1, times `scale` (100: net promoter score; 1: net tone).

    The numerator is n⁺ − n⁻. Source of the interval: B. Rocks, Interval estimation for the "Net
    Promoter Score", The American Statistician 70 (2016).
    """

    scale: float

    @property
    def name(self) -> str:
        """ "balance"."""
        return "balance"

    @property
    def interval(self) -> str:
        """Adjusted Wald: it has a width even where all answers agree."""
        return "adjusted Wald (Rocks 2016)"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """How many are for and how many against."""
        value, where = value_of(rows, basis), counted(rows, basis)
        return {
            column("plus", basis): how_many(where & (value > 0)),
            column("minus", basis): how_many(where & (value < 0)),
        }

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the balance and its adjusted Wald interval."""
        plus, minus = (whole(found, column(kind, basis)) for kind in ("plus", "minus"))
        net = (plus - minus).astype(float)
        low, high = stats.nps_interval(plus, n - plus - minus, minus)
        shrink = self.scale / 100
        return Estimate(self.scale * share_of(net, n), net, low * shrink, high * shrink)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the mean of +1, 0 and −1, stretched."""
        mean = value_of(rows, basis).cast("float64").mean(where=counted(rows, basis))
        return self.scale * mean
