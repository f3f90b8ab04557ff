"""How much data a number needs: what a result is precise to, and what a wanted precision takes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cxlab import stats
from cxlab.errors import InputError
from cxlab.units import format_margin

__all__ = ["WANTED", "precision", "too_little"]

WANTED: dict[str, float] = {
    "share": 0.05, "nps": 10.0, "points": 0.25, "points_7": 0.25, "score": 5.0, "net": 0.1,
}  # fmt: skip
"""Half-width that each unit is wanted to, unless asked otherwise; elsewhere 10 % of the value."""

RELATIVE = 0.1


def precision(rows: pd.DataFrame, half_width: float | None = None) -> pd.DataFrame:
    """Return tidy result rows with what they are precise to, and how many cases are needed.

    `half_width` is wanted in the metric's own unit (0.05 of a share, seconds of a duration); by
    default `WANTED`. New columns: `half_width` (of the interval now), `wanted`, `n_needed`
    (the cases at which the interval would be that narrow, if the cases to come are like these),
    `enough`, and `told`, all of it in words. Shares and counts are exact (Wilson, Garwood), the
    rest follow from an interval narrowing with the square root of n; without an interval
    `n_needed` is empty, but a share with no cases yet is planned at ½, which needs the most.

    Raises InputError for a half-width that is not above 0.

    >>> rows = pd.DataFrame([{"metric": "csat", "unit": "share", "statistic": "share",
    ...     "value": 0.75, "low": 0.4677, "high": 0.9111, "n": 12}])
    >>> precision(rows, 0.05)["told"].iloc[0]
    'too little data: 12 cases; ± 5.0 points takes about 290'
    """
    if half_width is not None and not (half_width > 0 and math.isfinite(half_width)):
        raise InputError("a wanted precision", given=half_width, expected="a number above 0")
    found = [_needed(row, half_width) for row in rows.to_dict("records")]
    names = ("half_width", "wanted", "n_needed", "enough", "told")
    added = pd.DataFrame(found, columns=list(names), index=rows.index)
    added["n_needed"] = added["n_needed"].astype("Float64").round().astype("Int64")
    return pd.concat([rows, added], axis=1)


def too_little(row: Mapping[Any, Any]) -> str:
    """Return the words of one result row that has too few cases; "" where it has enough."""
    _, _, _, enough, told = _needed(row, None)
    return "" if enough else told


def _needed(
    row: Mapping[Any, Any], half_width: float | None
) -> tuple[float, float, float, bool, str]:
    value, n, unit = float(row["value"]), int(row["n"]), str(row["unit"])
    now = (float(row["high"]) - float(row["low"])) / 2 if n else math.nan
    wanted = half_width or WANTED.get(unit) or RELATIVE * abs(value)
    needed = _cases(str(row["statistic"]), value, n, now, wanted)
    enough = not math.isnan(needed) and n >= needed
    return now, wanted, needed, enough, _words(n, needed, wanted, unit, enough)


def _cases(statistic: str, value: float, n: int, now: float, wanted: float) -> float:
    if statistic == "share":
        expected = 0.5 if math.isnan(value) else value
        return float(stats.share_sample_size(expected, wanted))
    if statistic == "count":
        return float(stats.count_needed(wanted / value)) if value > 0 else math.nan
    if math.isnan(now) or not wanted > 0:
        return math.nan
    return float(np.ceil(n * (now / wanted) ** 2)) if now > wanted else float(n)


def _words(n: int, needed: float, wanted: float, unit: str, enough: bool) -> str:
    goal = f"± {format_margin(wanted, unit)}"
    cases = f"{n:,} case{'' if n == 1 else 's'}"
    if not wanted > 0:
        return f"{cases}: no value that a precision could be stated for"
    if math.isnan(needed):
        return f"{cases}: too few to say how many {goal} takes"
    if enough:
        return f"enough data: {cases} for {goal}"
    return f"too little data: {cases}; {goal} takes about {_rounded_up(needed):,}"


def _rounded_up(cases: float) -> int:
    """Return a number of cases to two digits, rounded up: a forecast knows no more.

    >>> [_rounded_up(n) for n in (7, 286, 5558)]
    [7, 290, 5600]
    """
    step = int(10 ** max(len(str(math.ceil(cases))) - 2, 0))
    return int(math.ceil(cases / step) * step)
