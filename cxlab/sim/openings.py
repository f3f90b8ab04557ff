"""When customers may call: both engines ask the same functions.

Plain arithmetic over sorted numbers, each function by itself, so that Numba can compile what
SimPy's model calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["calls_at", "is_open", "last_opening"]

FIRST_HOUR_S = 3600.0

Numbers = Sequence[float] | Any


def last_opening(opens: Numbers, time: float) -> int:
    """Return the place of the last stretch that opened at or before a time; −1 for none."""
    low, high = 0, len(opens)
    while low < high:
        middle = (low + high) // 2
        if opens[middle] <= time:
            low = middle + 1
        else:
            high = middle
    return low - 1


def is_open(closes: Numbers, place: int, time: float) -> bool:
    """Return whether a time lies in [opens, closes) of its last opening.

    >>> is_open([17.0], last_opening([9.0], 9.0), 9.0)
    True
    >>> is_open([17.0], last_opening([9.0], 17.0), 17.0)
    False
    """
    return bool(place >= 0 and time < closes[place])


def calls_at(opens: Numbers, closes: Numbers, place: int, time: float) -> float:
    """Return when a customer calls who would call at a time: then, or after the next opening.

    The calls of a closed stretch spread evenly over the first hour after it, in their order.

    >>> opens, closes = [0.0, 10000.0], [4000.0, 20000.0]
    >>> calls_at(opens, closes, 0, 7000.0)  # half of the closed time is over
    11800.0
    >>> calls_at(opens, closes, 0, 3000.0)
    3000.0
    """
    if place < 0 or place + 1 >= len(opens) or time < closes[place]:
        return time
    begins, ends = closes[place], opens[place + 1]
    first_hour = min(FIRST_HOUR_S, closes[place + 1] - ends)
    return float(ends + (time - begins) / (ends - begins) * first_hour)
