"""Shares and balances of weighted answers: the basis gives each row's `weight` too."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics.base import (
    Estimate,
    Floats,
    Integers,
    Statistic,
    column,
    counted,
    floats,
    value_of,
)
from cxlab.metrics.statistics.simple import nine_digits

__all__ = ["WeightedBalance", "WeightedShare"]


def _weight(rows: ir.Table, basis: str) -> ir.FloatingValue:
    return rows[column("weight", basis)].cast("float64")


def _sums(found: pd.DataFrame, basis: str, *kinds: str) -> list[Floats]:
    """Return sums of weights per group, 0 where a group has no rows."""
    return [np.nan_to_num(nine_digits(floats(found, column(k, basis)))) for k in kinds]


@dataclass(frozen=True, slots=True)
class WeightedShare(Statistic):
    """Weight of the counted rows whose value is true ÷ weight of all counted rows."""

    @property
    def name(self) -> str:
        """ "weighted share"."""
        return "weighted share"

    @property
    def interval(self) -> str:
        """Wilson's, at Kish's effective number of answers."""
        return "Wilson at Kish's effective n"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """The weight of the true ones, of all, and the squares of the weights."""
        w, where = _weight(rows, basis), counted(rows, basis)
        return {
            column("w_true", basis): w.sum(where=where & value_of(rows, basis)),
            column("w", basis): w.sum(where=where),
            column("ww", basis): (w * w).sum(where=where),
        }

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the weighted share; its numerator is the weight of the true ones."""
        true, weight, squares = _sums(found, basis, "w_true", "w", "ww")
        share, low, high = stats.weighted_share_interval(true, weight, squares)
        return Estimate(share, true, low, high)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return Σ w × true ÷ Σ w."""
        w, where = _weight(rows, basis), counted(rows, basis)
        true = w.sum(where=where & value_of(rows, basis)).fill_null(0.0)
        return true / w.sum(where=where).nullif(0)


@dataclass(frozen=True, slots=True)
class WeightedBalance(Statistic):
    """(Σw⁺ − Σw⁻) ÷ Σw of values +1, 0 and −1, times 100: a weighted net promoter score."""

    @property
    def name(self) -> str:
        """ "weighted balance"."""
        return "weighted balance"

    @property
    def interval(self) -> str:
        """Adjusted Wald, at Kish's effective number of answers."""
        return "adjusted Wald (Rocks 2016) at Kish's effective n"

    def measures(self, rows: ir.Table, basis: str, unit: str) -> dict[str, ir.Scalar]:
        """The weights for, against and between, and the squares of the weights."""
        w, where, value = _weight(rows, basis), counted(rows, basis), value_of(rows, basis)
        return {
            column("w_plus", basis): w.sum(where=where & (value > 0)),
            column("w_zero", basis): w.sum(where=where & (value == 0)),
            column("w_minus", basis): w.sum(where=where & (value < 0)),
            column("ww", basis): (w * w).sum(where=where),
        }

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the weighted balance; its numerator is the weight for less that against."""
        plus, zero, minus, squares = _sums(found, basis, "w_plus", "w_zero", "w_minus", "ww")
        value, low, high = stats.weighted_nps_interval(plus, zero, minus, squares)
        return Estimate(value, plus - minus, low, high)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return 100 × Σ w × value ÷ Σ w."""
        w, where = _weight(rows, basis), counted(rows, basis)
        net = (w * value_of(rows, basis)).sum(where=where)
        return 100.0 * net / w.sum(where=where).nullif(0)
