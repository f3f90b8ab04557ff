"""The words of charts: titles, axis titles with units, numbers in sentences."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from cxlab.units import PERCENT, UNITS, format_value, spoken_unit

__all__ = [
    "PLAIN_ZERO",
    "Axis",
    "amount",
    "axis_for",
    "count_words",
    "percentile_name",
    "span",
    "title_of",
]

PLAIN_ZERO = "datum.value == 0 ? '0' : datum.label"
"""Label of an axis in thousands (format "~s"), which would call zero "0k"."""


_SUFFIXES = {
    "count": "number", "points": "points", "share": "%", "rate": "%", "points_7": "points, 1 to 7",
    "nps": "−100 to 100", "score": "0 to 100", "net": "−1 to 1", "per_year": "a year",
}  # fmt: skip
"""What stands in brackets on an axis where the unit's own name would not say it."""


class Axis:
    """How the values of one unit stand on an axis: divisor, title, number format.

    >>> Axis("s", 7200.0, "First response time").title
    'First response time (h)'
    """

    def __init__(self, unit: str, largest: float, name: str) -> None:
        self.unit = unit
        self.divisor = 1.0
        self.format = "~s" if unit == "count" else "~g"
        suffix = _SUFFIXES.get(unit, unit)
        if unit == "s":
            suffix, self.divisor = spoken_unit(largest)
        if unit in PERCENT:
            self.divisor = 0.01
        self.suffix = suffix
        self.title = f"{name} ({suffix})"

    def scaled(self, values: pd.Series) -> pd.Series:
        """Return `values` in the axis's own unit."""
        return pd.to_numeric(values, errors="coerce").astype(float) / self.divisor

    def words(self, value: float) -> str:
        """Return one value (in the stored unit) as text, times in the axis's own unit.

        >>> Axis("s", 7200.0, "Wait").words(5400.0), Axis("s", 7200.0, "Wait").words(540.0)
        ('1.5 h', '0.15 h')
        """
        if self.unit != "s" or not math.isfinite(value):
            return format_value(value, self.unit)
        size = abs(value) / self.divisor
        number = f"{size:,.1f}" if size >= 0.95 else f"{size:.2g}"
        return f"{'−' if value < 0 else ''}{number} {self.suffix}"

    def interval(self, low: float, high: float) -> str:
        """Return an interval (in the stored unit) as text, "" without limits."""
        if math.isnan(low) or math.isnan(high):
            return ""
        return f"{self.words(low)} to {self.words(high)}"


def axis_for(frame: pd.DataFrame, name: str, columns: tuple[str, ...] = ("value", "high")) -> Axis:
    """Return the axis for the values in `columns` of tidy metric rows."""
    known = [frame[c].astype(float) for c in columns if c in frame]
    largest = pd.concat(known).abs().max() if known else 0.0
    unit = str(frame["unit"].iloc[0]) if "unit" in frame and len(frame) else "s"
    return Axis(unit, 0.0 if math.isnan(largest) else float(largest), name)


def title_of(frame: pd.DataFrame) -> str:
    """Return the metric's title in tidy metric rows, its id when there is no title."""
    for column in ("title", "metric"):
        if column in frame and len(frame):
            value: Any = frame[column].iloc[0]
            return str(value)
    return "Value"


def count_words(n: float, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    >>> count_words(1, "ticket"), count_words(2500, "ticket")
    ('1 ticket', '2,500 tickets')
    """
    return f"{n:,.0f} {one if n == 1 else many or one + 's'}"


def percentile_name(q: float) -> str:
    """Return the usual name of a quantile: "median", "90th percentile".

    >>> percentile_name(0.5), percentile_name(0.9)
    ('median', '90th percentile')
    """
    return "median" if q == 0.5 else f"{q * 100:.0f}th percentile"


def amount(value: float, unit: str, *, signed: bool = False) -> str:
    """Return a number with its unit, a currency such as "EUR" or one of `cxlab.units.UNITS`.

    >>> amount(-1234.5, "EUR"), amount(9.5, "EUR", signed=True), amount(0.125, "share")
    ('−1,234 EUR', '+9.50 EUR', '12.5 %')
    """
    signed = signed and value != 0
    if unit in UNITS or math.isnan(value):
        return format_value(value, unit if unit in UNITS else "money", signed=signed)
    sign = "−" if value < 0 else "+" if signed and value > 0 else ""
    size = abs(value)
    return f"{sign}{size:,.0f} {unit}" if size >= 100 or size == 0 else f"{sign}{size:,.2f} {unit}"


def span(low: float, high: float, unit: str, *, signed: bool = False) -> str:
    """Return an interval with its unit said once where that is a currency; "" without limits.

    >>> span(-120.0, 3400.0, "EUR"), span(0.1, 0.2, "share")
    ('−120 to 3,400 EUR', '10.0 % to 20.0 %')
    """
    if math.isnan(low) or math.isnan(high):
        return ""
    first, last = (amount(v, unit, signed=signed) for v in (low, high))
    return f"{first.removesuffix(' ' + unit)} to {last}"
