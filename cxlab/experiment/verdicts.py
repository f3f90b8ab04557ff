"""What a paired difference shows, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cxlab.units import format_margin

__all__ = [
    "ALPHA",
    "JUDGEMENTS",
    "difference_words",
    "judgement",
    "movement",
    "p_words",
    "signed",
    "span_words",
    "verdict",
]

ALPHA = 0.05
"""A difference is shown when its corrected p value lies below this."""

JUDGEMENTS = ("better", "worse", "moves", "open", "same", "unknown")
"""What a difference can show: `moves` without being better or worse, `open` nothing, `same` that
nothing changed at all, `unknown` without a value or an interval."""


def judgement(row: Mapping[Any, Any]) -> str:
    """Return which of `JUDGEMENTS` a row of differences gets."""
    low, high = row["low"], row["high"]
    if math.isnan(row["difference"]) or math.isnan(low):
        return "unknown"
    if low == high == 0:
        return "same"
    if not (row["p_holm"] < ALPHA or (low == high and math.isnan(row["p"]))):
        return "open"
    sign = {"up": 1, "down": -1}.get(str(row["direction"]), 0)
    return "moves" if sign == 0 else "better" if row["difference"] * sign > 0 else "worse"


def movement(row: Mapping[Any, Any]) -> str:
    """Return by how much a number rises or falls, both ends of the interval."""
    low, high = sorted((abs(row["low"]), abs(row["high"])))
    size = tuple(format_margin(end, str(row["unit"]), exact=True) for end in (low, high))
    verb = "rises" if row["difference"] > 0 else "falls"
    # "falls by 50 s to 1.1 min" would say where it ends.
    return f"{verb} by {size[0] if size[0] == size[1] else f'between {size[0]} and {size[1]}'}"


def verdict(row: Mapping[Any, Any]) -> str:
    """Say what the difference shows, in words."""
    judged = row["judgement"]
    if judged == "unknown":
        if not math.isnan(row["difference"]):
            return "has too few pairs"
        return "has no value in one of them" + (f" ({row['note']})" if row["note"] else "")
    if judged == "same":
        return "does not change at all"
    if judged == "open":
        widest = max(abs(row["low"]), abs(row["high"]))
        most = format_margin(widest, str(row["unit"]), exact=True)
        return f"no difference shown, and one of more than {most} is excluded"
    return movement(row) + ("" if judged == "moves" else f" ({judged})")


def p_words(p: float) -> str:
    """Return a p value in words, "–" where there is none.

    >>> p_words(0.0312), p_words(1e-9), p_words(math.nan)
    ('0.031', '< 0.001', '–')
    """
    return "–" if math.isnan(p) else "< 0.001" if p < 0.0005 else f"{p:.3f}"


def signed(difference: float, unit: str, *, exact: bool = False) -> str:
    """Return a difference with its sign; what rounds to nothing has none.

    `exact`: nothing rounds to nothing (see `format_margin`).

    >>> signed(-90.0, "s"), signed(0.021, "share"), signed(-0.00001, "share")
    ('−1.5 min', '+2.1 points', '0.0 points')
    >>> signed(-0.00012, "share", exact=True)
    '−0.012 points'
    """
    if math.isnan(difference):
        return "–"
    size = format_margin(abs(difference), unit, exact=exact)
    sign = "−" if difference < 0 else "+"
    return sign + size if any(digit in size for digit in "123456789∞") else size


def difference_words(row: Mapping[Any, Any]) -> str:
    """Return the difference of a row; one whose interval leaves 0 out is not shown as 0."""
    return signed(row["difference"], str(row["unit"]), exact=row["low"] * row["high"] > 0)


def span_words(low: float, high: float, unit: str) -> str:
    """Return the interval of a difference, "" where there is none; 0 is an end only if it is 0.

    >>> span_words(-90.0, 30.0, "s"), span_words(0.00011, 0.00034, "share")
    ('−1.5 min to +30.0 s', '+0.011 points to +0.034 points')
    """
    if math.isnan(low):
        return ""
    exact = low * high > 0
    return f"{signed(low, unit, exact=exact)} to {signed(high, unit, exact=exact)}"
