"""What a paired difference shows, in words."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from cxlab.units import format_margin

__all__ = [
    "ALPHA",
    "JUDGEMENTS",
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
    size = format_margin(low, str(row["unit"])), format_margin(high, str(row["unit"]))
    verb = "rises" if row["difference"] > 0 else "falls"
    return f"{verb} by {size[0] if size[0] == size[1] else f'{size[0]} to {size[1]}'}"


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
        most = format_margin(max(abs(row["low"]), abs(row["high"])), str(row["unit"]))
        return f"no difference shown, and one of more than {most} is excluded"
    return movement(row) + ("" if judged == "moves" else f" ({judged})")


def p_words(p: float) -> str:
    """Return a p value in words, "–" where there is none.

    >>> p_words(0.0312), p_words(1e-9), p_words(math.nan)
    ('0.031', '< 0.001', '–')
    """
    return "–" if math.isnan(p) else "< 0.001" if p < 0.0005 else f"{p:.3f}"


def signed(difference: float, unit: str) -> str:
    """Return a difference with its sign; what rounds to nothing has none.

    >>> signed(-90.0, "s"), signed(0.021, "share"), signed(-0.00001, "share")
    ('−1.5 min', '+2.1 points', '0.0 points')
    """
    if math.isnan(difference):
        return "–"
    size = format_margin(abs(difference), unit)
    sign = "−" if difference < 0 else "+"
    return sign + size if any(digit in size for digit in "123456789∞") else size


def span_words(low: float, high: float, unit: str) -> str:
    """Return the interval of a difference, "" where there is none.

    >>> span_words(-90.0, 30.0, "s")
    '−1.5 min to +30.0 s'
    """
    return "" if math.isnan(low) else f"{signed(low, unit)} to {signed(high, unit)}"
