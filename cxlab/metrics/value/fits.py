"""Numbers fitted to cells: curves of what lasts, models of buying and leaving, lifetime value."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.errors import InputError
from cxlab.metrics.statistics import Point

__all__ = ["compounded", "median_months", "surviving", "undecided", "yearly"]

DAYS_PER_MONTH = 365.25 / 12
NOTHING = float("nan")

Fit = Callable[[pd.DataFrame], Point]


def undecided(fit: Fit) -> Fit:
    """Make a fit give no value, and say why, where the data do not tell one."""

    @functools.wraps(fit)
    def careful(cells: pd.DataFrame) -> Point:
        try:
            return fit(cells)
        except InputError as error:
            return Point(NOTHING, NOTHING, NOTHING, str(error))

    return careful


def yearly(cells: pd.DataFrame) -> Point:
    """Return a period's churn as it would be in a year at the same pace: 1 − (1 − c)^(12/m).

    Cells: `value` (lost or not) and `months`, the length of the period.
    """
    months = cells["months"].astype(float)
    if months.nunique() > 1:
        return Point(NOTHING, NOTHING, NOTHING, "periods of several lengths: ask by period")
    n = float(cells["rows"].sum())
    lost = float(cells.loc[cells["value"].astype(bool), "rows"].sum())
    low, high = (float(e) for e in stats.wilson_interval(lost, n))
    power = 12 / float(months.iloc[0])
    value, lower, upper = (1 - (1 - c) ** power for c in (lost / n, low, high))
    return Point(value, lower, upper)


def _curve(cells: pd.DataFrame) -> stats.SurvivalCurve:
    rows, over = cells["rows"].to_numpy(float), cells["ended"].to_numpy(bool)
    return stats.kaplan_meier(
        cells["value"].to_numpy(float), np.where(over, rows, 0), np.where(over, 0, rows)
    )


def surviving(months: int) -> Fit:
    """Return the fit of the share that stays longer than so many months (cells: days, ended)."""

    def fit(cells: pd.DataFrame) -> Point:
        value, low, high = (float(v) for v in _curve(cells).at(months * DAYS_PER_MONTH))
        why = "nobody has been observed for so long" if math.isnan(value) else ""
        return Point(value, low, high, why)

    return fit


def median_months(cells: pd.DataFrame) -> Point:
    """Return the median length of a stay in months (cells: days, ended)."""
    value, low, high = (v / DAYS_PER_MONTH for v in _curve(cells).quantile(0.5))
    why = "half have not left within the time observed" if math.isnan(value) else ""
    return Point(value, low, high, why)


def compounded(cells: pd.DataFrame) -> Point:
    """Return the product over months of Σ value ÷ Σ per (cells: month; sums: kept, start)."""
    monthly = cells["kept"] / cells["start"].where(cells["start"] > 0)
    if monthly.isna().any():
        return Point(NOTHING, NOTHING, NOTHING, "a month began without any revenue")
    return Point(float(monthly.prod()), NOTHING, NOTHING)
