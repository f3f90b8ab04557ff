"""Figures side by side: several readings of one log, or numbers that no metric of a log is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from cxlab.errors import InputError
from cxlab.units import UNITS

__all__ = ["figures", "readings"]

READING = "reading"
"""Column that says which reading of a log a row is."""


def readings(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of several measurements below each other, named in the column `reading`.

    `found`: name → tidy result rows of `measure`, or of `figures`, whose own names follow. The
    result fits `results` and the charts with `by="reading"`.

    >>> both = readings({"now": figures("Wait", "s", {"all": 60.0}),
    ...                  "before": figures("Wait", "s", {"all": 90.0})})
    >>> both[["reading", "value"]].values.tolist()
    [['now, all', 60.0], ['before, all', 90.0]]
    """
    parts = [rows.assign(**{READING: _named(name, rows)}) for name, rows in found.items()]
    return pd.concat(parts, ignore_index=True)


def _named(name: str, rows: pd.DataFrame) -> pd.Series | str:
    return name + ", " + rows[READING] if READING in rows else name


def figures(
    title: str,
    unit: str,
    values: Mapping[str, float],
    *,
    low: Sequence[float] | None = None,
    high: Sequence[float] | None = None,
    n: int | Sequence[int] | None = None,
) -> pd.DataFrame:
    """Return numbers as tidy rows, one per reading, so that they show like results of a log.

    `values`: reading → value in `unit` (a key of `cxlab.units.UNITS`); `low` and `high`: limits
    in the same order; `n`: cases behind each, or behind all. Raises InputError for a unit that
    is none, and for limits of another number than the values.

    >>> figures("Share", "share", {"2 of 4": 0.5}, n=4)[["reading", "value", "n"]].values.tolist()
    [['2 of 4', 0.5, 4]]
    """
    if unit not in UNITS:
        raise InputError("unknown unit", given=unit, known=UNITS)
    count = len(values)
    limits = [np.full(count, np.nan) if ends is None else np.asarray(ends, dtype=float)
              for ends in (low, high)]  # fmt: skip
    if any(ends.shape != (count,) for ends in limits):
        given = [len(ends) for ends in limits]
        raise InputError("limits of figures", given=given, expected=f"{count}, one for each value")
    rows = pd.DataFrame(
        {
            READING: list(values),
            "title": title,
            "value": [float(v) for v in values.values()],
            "low": limits[0],
            "high": limits[1],
            "unit": unit,
        }
    )
    cases = [n] * count if n is None or isinstance(n, int) else list(n)
    rows["n"] = pd.Series(cases, dtype="Int64")
    rows["excluded"] = pd.Series([{} for _ in range(count)], index=rows.index, dtype=object)
    rows["pending"] = 0
    return rows
