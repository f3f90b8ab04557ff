"""Fits to cells of tickets: Kaplan–Meier curves of durations, and the cost of one more ticket."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy import stats as st

from cxlab.metrics.statistics import Fitted, Point
from cxlab.stats import SurvivalCurve, kaplan_meier

__all__ = ["DAY", "marginal", "mean_until", "share_left", "time_until"]

DAY = 86_400.0
TOO_SHORT = "nobody has been observed for so long"
_ENDED = ("value", "ended")


def _curve(cells: pd.DataFrame) -> SurvivalCurve:
    """Return the curve of durations in `value`, ended or not as `ended` says."""
    rows = cells["rows"].to_numpy(dtype=np.float64)
    ended = cells["ended"].to_numpy(dtype=bool)
    duration = cells["value"].to_numpy(dtype=np.float64)
    return kaplan_meier(duration, np.where(ended, rows, 0.0), np.where(ended, 0.0, rows))


def _kaplan_meier(label: str, method: str, read: Callable[[SurvivalCurve], Point]) -> Fitted:
    return Fitted(label, method, _ENDED, lambda cells: read(_curve(cells)))


def _told(point: Point, why: str) -> Point:
    """Say why there is no value, where there is none."""
    return point._replace(note=why) if math.isnan(point.value) else point


def time_until(q: float) -> Fitted:
    """Return the time by which the share `q` has ended; NaN where the follow-up is too short."""
    name = "median" if q == 0.5 else f"p{q * 100:g}"
    return _kaplan_meier(
        f"Kaplan–Meier {name}",
        "Brookmeyer–Crowley (Greenwood, log-log)",
        lambda curve: _told(
            Point(*curve.quantile(q)), f"{q * 100:g} % have not ended within the time observed"
        ),
    )


def mean_until(days: int) -> Fitted:
    """Return the mean duration, each cut at `days`: the area under the curve."""
    return _kaplan_meier(
        "restricted mean",
        "Greenwood, normal",
        lambda curve: _told(Point(*curve.restricted_mean(days * DAY)), TOO_SHORT),
    )


def share_left(days: int) -> Fitted:
    """Return the share that lasts longer than `days`."""

    def read(curve: SurvivalCurve) -> Point:
        value, low, high = curve.at([days * DAY])
        return _told(Point(float(value[0]), float(low[0]), float(high[0])), TOO_SHORT)

    return _kaplan_meier(f"Kaplan–Meier share after {days} days", "Greenwood, log-log", read)


def _slope(cells: pd.DataFrame) -> Point:
    cost = np.repeat(cells["value"].to_numpy(dtype=np.float64), cells["rows"])
    handled = np.repeat(cells["handled"].to_numpy(dtype=np.float64), cells["rows"])
    if len(cost) < 3 or np.ptp(handled) == 0:
        return Point(float("nan"), float("nan"), float("nan"))
    line = st.linregress(handled, cost)
    half = st.t.ppf(0.975, len(cost) - 2) * line.stderr
    return Point(float(line.slope), float(line.slope - half), float(line.slope + half))


def marginal() -> Fitted:
    """Return the slope of cost on handled tickets over periods: least squares, three at least."""
    return Fitted("slope", "least squares, Student t", ("value", "handled"), _slope)
