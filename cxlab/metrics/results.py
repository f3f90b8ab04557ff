"""From sufficient statistics to tidy result rows: value, interval, exclusions, pending, flag."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.metrics.declaration import Metric
from cxlab.metrics.query import reasons
from cxlab.metrics.statistics import Backlog, Estimate, Statistic, column
from cxlab.metrics.statistics.base import whole
from cxlab.units import RANGES

__all__ = ["SMALL_N", "flags", "metric_rows"]

SMALL_N = 30
"""Fewer counted rows than this are flagged `small_n`."""

SEVERAL_CURRENCIES = "amounts in several currencies are no sum: ask by currency"


def metric_rows(
    metric: Metric, found: pd.DataFrame, fitted: Estimate | None = None
) -> pd.DataFrame:
    """Return value, n, interval, exclusions, pending and a remark for each group in `found`.

    `found` has one row per group with the columns of `query.aggregate`; groups without rows
    hold NaN there and come out with n = 0. `fitted` holds the estimates where they were fitted
    to cells.
    """
    name = metric.basis.name
    n = whole(found, column("n", name))
    estimate = fitted or metric.statistic.estimate(found, name, n, metric.unit)
    out = pd.DataFrame(index=found.index)
    out["value"], out["numerator"] = estimate.value, estimate.numerator
    out["n"] = n if estimate.n is None else estimate.n
    out["low"], out["high"] = estimate.low, estimate.high
    out["interval_method"] = metric.interval
    out["excluded"] = _excluded(metric, found)
    out["pending"] = whole(found, column("pending", name))
    mixed = whole(found, column("currencies", name)) > 1
    if mixed.any():
        out.loc[mixed, ["value", "numerator", "low", "high"]] = np.nan
    nothing = ["" for _ in range(len(out))]
    remark = metric.basis.remark
    told = list(remark.words(metric, found, out)) if remark else nothing
    own = list(estimate.notes) or nothing
    known = ["; ".join(part for part in parts if part) for parts in zip(own, told, strict=True)]
    out["note"] = [SEVERAL_CURRENCIES if m else text for m, text in zip(mixed, known, strict=True)]
    out["note"] = _with_what_lacks(out, metric.statistic)
    _forget_what_says_nothing(out, metric)
    return out


def _with_what_lacks(rows: pd.DataFrame, statistic: Statistic) -> list[str]:
    """Return each row's note with why it has no value, or no whole interval."""
    estimated = not statistic.interval.startswith("none")
    cut = rows["value"].notna() & (rows["low"].isna() | rows["high"].isna()) & estimated
    empty = (rows["n"] == 0) & (not statistic.zero_is_fact)
    words = []
    for note, is_cut, is_empty, pending, excluded in zip(
        rows["note"], cut, empty, rows["pending"], rows["excluded"], strict=True
    ):
        if is_cut:
            words.append("; ".join(text for text in (note, statistic.unbounded()) if text))
        elif is_empty and pending and not note:
            words.append(f"nothing is decided yet: {pending:,} pending")
        elif is_empty and excluded and not note:
            words.append(f"nothing is left to count: all {sum(excluded.values()):,} are left out")
        else:
            words.append(note)
    return words


def _forget_what_says_nothing(rows: pd.DataFrame, metric: Metric) -> None:
    """Empty the interval of no value where it is all that the unit can be: 0 to 1 of a share."""
    least, most = RANGES[metric.unit]
    whole_range = (rows["low"] <= least) & (rows["high"] >= most)
    nothing = rows["value"].isna() & whole_range
    if nothing.any():
        rows.loc[nothing, ["low", "high"]] = np.nan


def flags(rows: pd.DataFrame, statistic: Statistic) -> pd.Series:
    """Return the flag of each result row: ok, small_n, empty, immature or undefined.

    A count is never too small to state, and a backlog of 0 is a fact; the other metrics need
    `SMALL_N` rows. What has rows and yet no value (a denominator of 0, a median that was not
    reached) is undefined.
    """
    if isinstance(statistic, Backlog):
        return pd.Series("ok", index=rows.index)
    if statistic.zero_is_fact:
        return pd.Series(np.where(rows["n"] == 0, "empty", "ok"), index=rows.index)
    excluded = rows["excluded"].map(lambda reasons: sum(reasons.values())).astype("int64")
    n, pending = rows["n"], rows["pending"]
    flag = np.select(
        [
            (n == 0) & (pending > 0),
            (n == 0) & (excluded > 0),
            n == 0,
            rows["value"].isna(),
            n < SMALL_N,
        ],
        ["immature", "undefined", "empty", "undefined", "small_n"],
        default="ok",
    )
    return pd.Series(flag, index=rows.index)


def _excluded(metric: Metric, found: pd.DataFrame) -> pd.Series:
    """Return reason → rows for each group, without reasons that took nothing."""
    counts = {
        reason: whole(found, column("excluded", metric.basis.name, reason))
        for reason in reasons(metric.basis)
    }
    rows = [
        {reason: int(c[i]) for reason, c in counts.items() if c[i] > 0} for i in range(len(found))
    ]
    return pd.Series(rows, index=found.index, dtype=object)
