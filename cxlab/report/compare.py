"""Is a change more than chance? What the interval of a difference tells, in words."""

from __future__ import annotations

import math

__all__ = ["CHANCE", "judgement"]

CHANCE = "no difference shown"
"""What is said of a change whose interval holds 0."""


def judgement(ends: tuple[float, float], sign: int) -> str:
    """Return what an interval of a difference tells: "better", "worse", "beyond chance" or so.

    `sign`: 1 where higher is better, −1 where lower is, 0 where it depends. "" without limits.

    >>> judgement((0.01, 0.03), -1), judgement((-0.01, 0.03), 1), judgement((1.0, 2.0), 0)
    ('worse, beyond chance', 'no difference shown', 'beyond chance')
    """
    low, high = ends
    if math.isnan(low) or math.isnan(high):
        return ""
    if low <= 0 <= high:
        return CHANCE
    if sign == 0:
        return "beyond chance"
    return ("better" if low * sign > 0 else "worse") + ", beyond chance"
