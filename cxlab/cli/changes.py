"""Keys of a scenario and their values, as people write them on a command line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from typing import Any

from cxlab.errors import InputError

__all__ = ["changes", "varied"]

_STRETCH = re.compile(r"(-?\d+)\.\.(-?\d+)")
_LONGEST = 10_000


def changes(given: Sequence[str]) -> dict[str, Any]:
    """Return key=value pairs as `Scenario.but` takes them; values are TOML, or else text.

    Raises InputError for a pair without a value.

    >>> changes(["team.shifts.0.agents=4", "name=busy"])
    {'team.shifts.0.agents': 4, 'name': 'busy'}
    """
    return {key: _value(value) for key, value in map(_pair, given)}


def varied(given: Sequence[str]) -> dict[str, list[Any]]:
    """Return key=v1,v2,… as lists of values; "2..5" stands for whole numbers in a row.

    Raises InputError for a key without values, and for one that is given twice.

    >>> varied(["team.shifts.0.agents=2..4", "channels.phone.arrivals_per_hour=x0.9,x1.1"])
    {'team.shifts.0.agents': [2, 3, 4], 'channels.phone.arrivals_per_hour': ['x0.9', 'x1.1']}
    """
    found: dict[str, list[Any]] = {}
    for key, text in map(_pair, given):
        if key in found:
            raise InputError("a key is varied twice", given=key, expected=f"{key}=v1,v2,…")
        found[key] = [value for part in _parts(text) for value in _stretch(part)]
    return found


def _pair(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not sign or not key.strip() or not value.strip():
        raise InputError("a key has no value", given=text, expected="key=value")
    return key.strip(), value.strip()


def _value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _stretch(text: str) -> list[Any]:
    ends = _STRETCH.fullmatch(text)
    if ends is None:
        return [_value(text)]
    low, high = int(ends[1]), int(ends[2])
    if not low <= high < low + _LONGEST:
        raise InputError("a stretch of numbers", given=text, expected="the lower end first: 2..5")
    return list(range(low, high + 1))


def _parts(text: str) -> list[str]:
    """Return what stands between commas, those inside brackets and quotes left alone."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif letter in "[{":
            depth += 1
        elif letter in "]}":
            depth -= 1
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]
