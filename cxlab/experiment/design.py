"""Which scenarios a sweep consists of: grids and Latin hypercubes over keys of a scenario.

A value "x1.2" stands for everything beneath the key times 1.2, such as all rates of a week.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import qmc

from cxlab.errors import InputError, nearest
from cxlab.scenario import Scenario
from cxlab.scenario.source import look_up

__all__ = [
    "Cell",
    "Range",
    "changed_by",
    "grid",
    "latin_hypercube",
    "number_of",
    "points_of",
    "ranges_of",
]

_TIMES = re.compile(r"[x×*]\s*([0-9]*\.?[0-9]+)")

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cell:
    """One scenario of a sweep: the values of the keys that vary, and the scenario with them."""

    values: Values
    scenario: Scenario


@dataclass(frozen=True, slots=True)
class Range:
    """Values between two ends; `whole` numbers only where both ends are. `times`: factors."""

    low: float
    high: float
    whole: bool = False
    times: bool = False

    @classmethod
    def of(cls, key: str, given: Sequence[Any]) -> Range:
        """Return the range of two ends as people write them: (2, 6), (0.5, 1.5), ("x0.8", "x1.2").

        Raises InputError unless they are two numbers, the lower one first.
        """
        ends = list(given)
        factors = [_TIMES.fullmatch(e) if isinstance(e, str) else None for e in ends]
        if len(ends) == 2 and all(factors):
            low, high = (float(f[1]) for f in factors if f)
            found = cls(low, high, times=True)
        elif len(ends) == 2 and all(_is_number(e) for e in ends):
            whole = all(isinstance(e, int) for e in ends)
            found = cls(float(ends[0]), float(ends[1]), whole)
        else:
            raise InputError(
                f"the range of {key}", given=ends, expected="its two ends, such as 2 and 6"
            )
        if not (math.isfinite(found.high) and found.low < found.high):
            raise InputError(f"the range of {key}", given=ends, expected="the lower end first")
        return found

    def at(self, share: float) -> Any:
        """Return the value that lies that share (0 to 1) of the way; whole ones equally likely."""
        if self.whole:
            count = self.high - self.low + 1
            return int(min(self.low + math.floor(share * count), self.high))
        value = float(f"{self.low + share * (self.high - self.low):.6g}")
        return f"x{value:.6g}" if self.times else value


def ranges_of(given: Sequence[str]) -> dict[str, list[Any]]:
    """Return key=low..high, as people write ranges, as the two ends of each key.

    Raises InputError for a text that is no such pair, and for a key that is given twice; what
    the ends are worth is looked at by `Range.of`.

    >>> ranges_of(["team.shifts.0.agents=2..5", "channels.phone.arrivals_per_hour=x0.8..x1.2"])
    {'team.shifts.0.agents': [2, 5], 'channels.phone.arrivals_per_hour': ['x0.8', 'x1.2']}
    """
    found: dict[str, list[Any]] = {}
    for text in given:
        key, _, ends = (part.strip() for part in text.partition("="))
        low, sign, high = (part.strip() for part in ends.partition(".."))
        if not (key and low and sign and high):
            raise InputError("no range", given=text, expected="key=low..high, such as a.b=2..5")
        if key in found:
            raise InputError("a key has two ranges", given=key, expected=f"{key}=low..high once")
        found[key] = [_number(low), _number(high)]
    return found


def number_of(key: str, value: Any) -> float:
    """Return the value of a key as a number; that of a factor is the factor.

    >>> number_of("channels.phone.arrivals_per_hour", "x1.2"), number_of("team.shifts.0.agents", 3)
    (1.2, 3.0)
    """
    factor = _TIMES.fullmatch(value) if isinstance(value, str) else None
    if factor is not None:
        return float(factor[1])
    found = getattr(value, "item", lambda: value)()
    if not _is_number(found) or not math.isfinite(found):
        raise InputError("a key has values that are no numbers", given=f"{key} = {value!r}")
    return float(found)


def _number(text: str) -> Any:
    """Return a number; what is none stays text, and whoever reads the range refuses it."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def grid(vary: Mapping[str, Sequence[Any]]) -> Iterator[Values]:
    """Return every combination of the values, the last key varying fastest.

    >>> [list(v.values()) for v in grid({"a": [1, 2], "b": [3, 4]})]
    [[1, 3], [1, 4], [2, 3], [2, 4]]
    """
    for combination in itertools.product(*vary.values()):
        yield dict(zip(vary, combination, strict=True))


def latin_hypercube(vary: Mapping[str, Sequence[Any]], points: int, seed: int) -> Iterator[Values]:
    """Return points that fill the box of the ranges: each key's range is cut into as many parts.

    Of every part of every key exactly one point. Source: McKay, Beckman & Conover, Technometrics
    21 (1979), with the optimisation of scipy.stats.qmc.
    """
    ranges = {key: Range.of(key, ends) for key, ends in vary.items()}
    if points < 2:
        raise InputError("points of a Latin hypercube", given=points, expected="2 or more")
    sampler = qmc.LatinHypercube(len(ranges), rng=np.random.default_rng(seed),
                                 optimization="random-cd")  # fmt: skip
    for row in sampler.random(points):
        yield points_of(ranges, row)


def points_of(ranges: Mapping[str, Range], shares: npt.ArrayLike) -> Values:
    """Return the values that lie so far along each range."""
    return {
        key: along.at(float(share))
        for (key, along), share in zip(ranges.items(), np.asarray(shares), strict=True)
    }


def changed_by(scenario: Scenario, values: Values) -> Scenario:
    """Return the scenario with the values of a cell.

    Raises InputError for a key that the scenario has not (with the nearest it has), and as
    `Scenario.but` does.
    """
    data = scenario.resolved()
    changes = {key: _value(data, key, value) for key, value in values.items()}
    return scenario.but(**changes)


def _value(data: dict[str, Any], key: str, value: Any) -> Any:
    """Return what a key is to hold; a factor is multiplied out."""
    factor = _TIMES.fullmatch(value) if isinstance(value, str) else None
    known, found = look_up(data, key)
    if factor is None:
        return value
    if not known:
        raise InputError("nothing is known of a key to multiply", given=key, hint=_like(data, key))
    times = _times(found, float(factor[1]))
    if times is None:
        raise InputError("a key to multiply holds no number", given=f"{key} = {found!r}")
    return times


def _times(value: Any, factor: float) -> Any:
    """Return every number beneath times a factor; None where there is none."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return None
    if isinstance(value, int | float):
        product = value * factor
        return int(product) if isinstance(value, int) and product == int(product) else product
    if isinstance(value, list):
        parts = [_times(part, factor) for part in value]
        return None if not parts or None in parts else parts
    multiplied = {key: _times(part, factor) for key, part in value.items()}
    return None if not multiplied or None in multiplied.values() else multiplied


def _like(data: dict[str, Any], key: str) -> str | None:
    guess = nearest(key, list(_keys(data)))
    return f"did you mean {guess!r}?" if guess else None


def _keys(data: Any, prefix: str = "") -> Iterator[str]:
    items = enumerate(data) if isinstance(data, list) else data.items()
    for key, value in items:
        name = f"{prefix}{key}"
        yield name
        if isinstance(value, dict | list):
            yield from _keys(value, f"{name}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
