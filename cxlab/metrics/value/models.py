"""Fits of BG/NBD and gamma-gamma to purchase histories: parameters, who is left, what they bring.

Cells are histories: `value` repeat purchases, `last` and `age` in days, and where money is asked
for, `spend`, the mean of the repeat purchases. Times of the models are weeks, as in the papers.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.metrics.statistics import Point
from cxlab.metrics.value.fits import DAYS_PER_MONTH, NOTHING, Fit, undecided

__all__ = ["buying", "expected_value", "gone", "spending", "still_there"]

_DAYS_PER_WEEK = 7
_WEEKS_PER_YEAR = 365.25 / _DAYS_PER_WEEK


def _histories(cells: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return x, t_x, age (weeks) and how many customers, one entry per distinct history."""
    kinds = cells.groupby(["value", "last", "age"], as_index=False)["rows"].sum()
    x, last, age, rows = (kinds[c].to_numpy(float) for c in ("value", "last", "age", "rows"))
    return x, last / _DAYS_PER_WEEK, age / _DAYS_PER_WEEK, rows


def buying(place: int) -> Fit:
    """Return the fit of one parameter of BG/NBD: r, alpha (weeks), a, b by place."""

    @undecided
    def fit(cells: pd.DataFrame) -> Point:
        _, found = stats.fit_bg_nbd(*_histories(cells))
        low, high = found.intervals()
        return Point(float(found.values[place]), float(low[place]), float(high[place]))

    return fit


def _alive(cells: pd.DataFrame) -> tuple[float, float, float]:
    x, last, age, rows = _histories(cells)
    _, found = stats.fit_bg_nbd(x, last, age, rows)

    def mean(p: np.ndarray) -> float:
        return float(rows @ stats.BgNbd(*p).alive(x, last, age) / rows.sum())

    value, low, high = (float(v) for v in found.derived(mean))
    return value, max(low, 0.0), min(high, 1.0)


@undecided
def still_there(cells: pd.DataFrame) -> Point:
    """Return the mean probability that a customer is still one, and the parameters' part in it."""
    return Point(*_alive(cells))


@undecided
def gone(cells: pd.DataFrame) -> Point:
    """Return the mean probability that a customer has left."""
    value, low, high = _alive(cells)
    return Point(1 - value, 1 - high, 1 - low)


def _spend_model(cells: pd.DataFrame) -> tuple[stats.GammaGamma, stats.Estimate]:
    """Return the model of those who bought again and kept some of it."""
    again = cells[(cells["value"] > 0) & (cells["spend"] > 0)]
    x, mean, rows = (again[c].to_numpy(float) for c in ("value", "spend", "rows"))
    return stats.fit_gamma_gamma(x, mean, rows)


def spending(place: int) -> Fit:
    """Return the fit of one parameter of gamma-gamma: p, q, gamma by place."""

    @undecided
    def fit(cells: pd.DataFrame) -> Point:
        _, found = _spend_model(cells)
        low, high = found.intervals()
        return Point(float(found.values[place]), float(low[place]), float(high[place]))

    return fit


@undecided
def expected_value(cells: pd.DataFrame) -> Point:
    """Return the mean expected discounted margin per customer within the horizon.

    Cells besides the histories: `spend`, `horizon` (months), `discount` (a year's), `margin` (a
    share); they are settings, the same in every cell.
    """
    model, _ = stats.fit_bg_nbd(*_histories(cells))
    spend, _ = _spend_model(cells)
    if not spend.q > 1:
        return Point(NOTHING, NOTHING, NOTHING, "gamma-gamma: no mean spend exists (q is not > 1)")
    x, last, age, rows = (cells[c].to_numpy(float) for c in ("value", "last", "age", "rows"))
    first = cells.iloc[0]
    values = stats.customer_value(
        model, spend, x, last / _DAYS_PER_WEEK, age / _DAYS_PER_WEEK,
        np.maximum(cells["spend"].to_numpy(float), 0.0),
        horizon=float(first["horizon"]) * DAYS_PER_MONTH / _DAYS_PER_WEEK,
        discount=(1 + float(first["discount"])) ** (1 / _WEEKS_PER_YEAR) - 1,
        margin=float(first["margin"]),
    )  # fmt: skip
    return Point(float(rows @ values / rows.sum()), NOTHING, NOTHING)
