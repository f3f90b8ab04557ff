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
from cxlab.stats.arrays import z_score
from cxlab.theory import Payments, lifetime_value

__all__ = [
    "compounded",
    "lifetime",
    "median_months",
    "renewing",
    "surviving",
    "undecided",
    "yearly",
]

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
    power = 12 / months.to_numpy()[0]
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
    return Point(float(np.prod(monthly.to_numpy(dtype=float))), NOTHING, NOTHING)


def lifetime(payments: Payments) -> Fit:
    """Return the fit of a contract customer's lifetime value by one of the textbook forms.

    Cells: `value` (kept or not), `months` (of the period), `discount` (a year's); sums:
    `margin` (a month's) and `square` (its squares). The interval is the delta method's in the
    mean margin and the share kept.
    """

    @undecided
    def fit(cells: pd.DataFrame) -> Point:
        if cells[["months", "discount"]].drop_duplicates().shape[0] > 1:
            return Point(NOTHING, NOTHING, NOTHING, "periods of several lengths: ask by period")
        months = float(cells["months"].to_numpy()[0])
        discount = (1 + float(cells["discount"].to_numpy()[0])) ** (months / 12) - 1
        n, margin = float(cells["rows"].sum()), months * float(cells["margin"].sum())
        kept = cells[cells["value"].astype(bool)]
        share, mean = float(kept["rows"].sum()) / n, margin / n

        def of(m: float, r: float) -> float:
            return float(lifetime_value(m, min(r, 1.0), discount, payments))

        value = of(mean, share)
        spread = months**2 * float(cells["square"].sum()) / n - mean**2
        common = months * float(kept["margin"].sum()) / n - mean * share
        of_m = value / mean if mean else 0.0
        step = 1e-6
        of_r = (of(mean, share + step) - of(mean, share - step)) / (2 * step) if share < 1 else 0.0
        variance = of_m**2 * spread + of_r**2 * share * (1 - share) + 2 * of_m * of_r * common
        if n < 2 or not 0 < share < 1:
            return Point(value, NOTHING, NOTHING)
        half = z_score(0.95) * math.sqrt(max(variance, 0.0) / (n - 1))
        return Point(value, value - half, value + half)

    return fit


def renewing(number: Callable[[stats.ShiftedBetaGeometric], float], at: int | None = None) -> Fit:
    """Return the fit of a share by the shifted-beta-geometric model (cells: value, ended).

    `value` is the number of monthly renewals that came up, `ended` whether the last of them was
    refused. `at` is the place of a parameter, where the number is one and no share.
    """

    @undecided
    def fit(cells: pd.DataFrame) -> Point:
        seen = cells[cells["value"] >= 1]
        rows, over = seen["rows"].to_numpy(float), seen["ended"].to_numpy(bool)
        model, found = stats.fit_shifted_beta_geometric(
            seen["value"].to_numpy(float), np.where(over, rows, 0), np.where(over, 0, rows)
        )
        if at is not None:
            low, high = found.intervals()
            return Point(number(model), float(low[at]), float(high[at]))
        value, below, above = (
            float(v)
            for v in found.derived(lambda p: number(stats.ShiftedBetaGeometric(p[0], p[1])))
        )
        return Point(value, max(below, 0.0), min(above, 1.0))

    return fit
