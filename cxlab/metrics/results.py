"""From sufficient statistics to tidy result rows: value, interval, exclusions, pending, flag."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats
from cxlab.metrics.declaration import Backlog, Count, Mean, Metric, Quantile, Share, Statistic
from cxlab.metrics.query import column, reasons
from cxlab.units import RANGES

__all__ = ["SMALL_N", "flags", "metric_rows"]

SMALL_N = 30
"""Fewer counted rows than this are flagged `small_n`."""

Floats = npt.NDArray[np.float64]


def metric_rows(metric: Metric, found: pd.DataFrame) -> pd.DataFrame:
    """Return value, n, numerator, interval, exclusions and pending for each group in `found`.

    `found` has one row per group with the columns of `query.aggregate`; groups without rows
    hold NaN there and come out with n = 0.
    """
    name = metric.basis.name
    n = _whole(found, column("n", name))
    out = pd.DataFrame(index=found.index)
    value, numerator, low, high = _estimate(metric, found, n)
    out["value"], out["n"], out["numerator"] = value, n, numerator
    out["low"], out["high"] = low, high
    out["interval_method"] = metric.interval
    out["excluded"] = _excluded(metric, found)
    out["pending"] = _whole(found, column("pending", name))
    return out


def flags(rows: pd.DataFrame, statistic: Statistic) -> pd.Series:
    """Return the flag of each result row: ok, small_n, empty, immature or undefined.

    A count is never too small to state, and a backlog of 0 is a fact; the other metrics need
    `SMALL_N` rows.
    """
    if isinstance(statistic, Backlog):
        return pd.Series("ok", index=rows.index)
    if isinstance(statistic, Count):
        return pd.Series(np.where(rows["n"] == 0, "empty", "ok"), index=rows.index)
    excluded = rows["excluded"].map(lambda reasons: sum(reasons.values())).astype("int64")
    n, pending = rows["n"], rows["pending"]
    flag = np.select(
        [
            (n == 0) & (pending > 0),
            (n == 0) & (excluded > 0),
            n == 0,
            n < SMALL_N,
        ],
        ["immature", "undefined", "empty", "small_n"],
        default="ok",
    )
    return pd.Series(flag, index=rows.index)


def _whole(found: pd.DataFrame, name: str) -> npt.NDArray[np.int64]:
    if name not in found:
        return np.zeros(len(found), dtype=np.int64)
    filled: npt.NDArray[np.int64] = found[name].fillna(0).to_numpy(dtype=np.int64)
    return filled


def _floats(found: pd.DataFrame, name: str) -> Floats:
    if name not in found:
        return np.full(len(found), np.nan)
    values: Floats = found[name].to_numpy(dtype=np.float64, na_value=np.nan)
    return values


def _estimate(
    metric: Metric, found: pd.DataFrame, n: npt.NDArray[np.int64]
) -> tuple[Floats, Floats, Floats, Floats]:
    """Return (value, numerator, low, high), each one number per group."""
    name, nothing = metric.basis.name, np.full(len(found), np.nan)
    match metric.statistic:
        case Count():
            return n.astype(float), nothing, *stats.poisson_interval(n)
        case Share():
            true = _whole(found, column("true", name)).astype(float)
            share = np.divide(true, n, out=nothing.copy(), where=n > 0)
            return share, true, *stats.wilson_interval(true, n)
        case Mean():
            mean = np.divide(
                _floats(found, column("sum", name)), n, out=nothing.copy(), where=n > 0
            )
            sd = _nine_digits(_floats(found, column("sd", name)))
            low, high = stats.mean_interval(mean, sd, n)
            least, most = RANGES[metric.unit]
            return mean, mean * n, np.maximum(low, least), np.minimum(high, most)
        case Quantile(q=q):
            return *_quantile(found, name, q, n, "at"), *_bounds(found, name, q, n)
        case _:
            return nothing, nothing, nothing, nothing


def _nine_digits(values: Floats) -> Floats:
    """Round to nine significant digits: parallel summation varies in the last bits only."""
    return np.array([float(f"{v:.9g}") for v in values])


def _quantile(
    found: pd.DataFrame, name: str, q: float, n: npt.NDArray[np.int64], part: str
) -> tuple[Floats, Floats]:
    """Return the linear (type 7) quantile, and no numerator."""
    nothing = np.full(len(found), np.nan)
    if column(part, name, q) not in found:
        return nothing, nothing
    position = (n - 1) * q
    weight = position - np.floor(position)
    slices = found[column(part, name, q)]
    lower = _pick(slices, np.zeros(len(found), dtype=np.int64))
    upper = _pick(slices, np.ones(len(found), dtype=np.int64))
    value = np.where(weight > 0, lower + weight * (upper - lower), lower)
    return np.where(n > 0, value, np.nan), nothing


def _bounds(
    found: pd.DataFrame, name: str, q: float, n: npt.NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return the order statistics at the exact binomial ranks; NaN where no rank suffices."""
    nothing = np.full(len(found), np.nan)
    if column("low", name, q) not in found:
        return nothing, nothing
    ends = []
    for part, rank in zip(("low", "high"), stats.quantile_ranks(n, q), strict=True):
        first = _whole(found, column(part + "_first", name, q))
        end = _pick(found[column(part, name, q)], rank - 1 - first)
        ends.append(np.where((rank >= 1) & (rank <= n), end, np.nan))
    return ends[0], ends[1]


def _pick(slices: pd.Series, index: npt.NDArray[np.int64]) -> Floats:
    """Return slices[i][index[i]] for each group, NaN outside the slice."""
    out = np.full(len(slices), np.nan)
    for i, (values, at) in enumerate(zip(slices, index, strict=True)):
        if values is not None and not np.isscalar(values) and 0 <= at < len(values):
            out[i] = values[at]
    return out


def _excluded(metric: Metric, found: pd.DataFrame) -> pd.Series:
    """Return reason → rows for each group, without reasons that took nothing."""
    counts = {
        reason: _whole(found, column("excluded", metric.basis.name, reason))
        for reason in reasons(metric.basis)
    }
    rows = [
        {reason: int(c[i]) for reason, c in counts.items() if c[i] > 0} for i in range(len(found))
    ]
    return pd.Series(rows, index=found.index, dtype=object)
