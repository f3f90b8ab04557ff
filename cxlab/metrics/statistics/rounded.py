"""Shares as some vendors print them: rounded to a whole percentage."""

from __future__ import annotations

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd

from cxlab.metrics.statistics.base import Estimate, Integers
from cxlab.metrics.statistics.simple import Share

__all__ = ["RoundedShare"]


@dataclass(frozen=True, slots=True)
class RoundedShare(Share):
    """Share of counted rows whose value is true, rounded half up to a whole percentage.

    The interval is that of the share before rounding. Differences of rounded shares are wrong by
    up to a point: subtract first.
    """

    @property
    def name(self) -> str:
        """ "whole percentage"."""
        return "whole percentage"

    @property
    def interval(self) -> str:
        """Wilson's, of the share before rounding."""
        return "Wilson, before rounding"

    def estimate(self, found: pd.DataFrame, basis: str, n: Integers, unit: str) -> Estimate:
        """Return the rounded share; count and interval as they are."""
        exact = Share.estimate(self, found, basis, n, unit)
        # 100 × 0.145 is a little below 14.5: half up of the decimal number that people see.
        percent = np.floor(np.round(100 * exact.value, 9) + 0.5)
        return exact._replace(value=percent / 100)

    def shown(self, rows: ir.Table, basis: str) -> ir.Scalar:
        """Return the share, rounded."""
        exact = Share.shown(self, rows, basis)
        return ((100 * exact).round(9) + 0.5).floor() / 100.0
