"""Keys of a scenario and their values, as people write them on a command line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from cxlab.errors import InputError

__all__ = ["varied"]

_STRETCH = re.compile(r"(-?\d+)\.\.(-?\d+)")
_LONGEST = 10_000


def varied(given: Sequence[str]) -> dict[str, list[Any]]:
    """Return key=v1,v2,… as lists of values; "2..5" stands for whole numbers in a row.

    Raises InputError for a key without values, and for one that is given twice.

    >>> varied(["team.shifts.0.agents=2..4", "channels.phone.arrivals_per_hour=x0.9,x1.1"])
    {'team.shifts.0.agents': [2, 3, 4], 'channels.phone.arrivals_per_hour': ['x0.9', 'x1.1']}
    """
    from cxlab.scenario.changes import comma_parts, pair

    found: dict[str, list[Any]] = {}
    for key, text in map(pair, given):
        if key in found:
            raise InputError("a key is varied twice", given=key, expected=f"{key}=v1,v2,…")
        found[key] = [value for part in comma_parts(text) for value in _stretch(part)]
    return found


def _stretch(text: str) -> list[Any]:
    ends = _STRETCH.fullmatch(text)
    if ends is None:
        from cxlab.scenario.changes import value_of

        return [value_of(text)]
    low, high = int(ends[1]), int(ends[2])
    if not low <= high < low + _LONGEST:
        raise InputError("a stretch of numbers", given=text, expected="the lower end first: 2..5")
    return list(range(low, high + 1))
