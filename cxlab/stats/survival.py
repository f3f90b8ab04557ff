"""Kaplan–Meier from counts per duration: how long until it happens, with the unfinished counted.

A database aggregates a million spells to a few hundred cells (duration, ended, censored); that
is all the estimator needs.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, z_score
from cxlab.stats.intervals import wilson_interval

__all__ = ["SurvivalCurve", "kaplan_meier", "kaplan_meier_by_group"]

# Survival is a product of fractions: 0.9 · 8/9 misses 0.8 by a rounding error.
ROUNDING = 1e-12


@dataclass(frozen=True)
class SurvivalCurve:
    """A Kaplan–Meier estimate; arrays have one entry per distinct duration, shape (k,).

    Durations are in the unit that was given. What the data do not tell is NaN: a survival
    after the last observation if that one was censored, a quantile that was not reached.
    """

    duration: Floats
    events: Floats
    censored: Floats
    confidence: float = CONFIDENCE

    @cached_property
    def n(self) -> float:
        """Number of spells, ended or not."""
        return float(self.events.sum() + self.censored.sum())

    @cached_property
    def at_risk(self) -> Floats:
        """Spells still under observation just before each duration."""
        leaving = self.events + self.censored
        risk: Floats = leaving[::-1].cumsum()[::-1]
        return risk

    @cached_property
    def survival(self) -> Floats:
        """Share that lasts longer than each duration."""
        return np.asarray(np.cumprod(1 - self.events / self.at_risk), dtype=np.float64)

    @cached_property
    def variance(self) -> Floats:
        """Greenwood's variance of the survival; 0 before the first event and where nobody is left.

        Source: M. Greenwood, The natural duration of cancer (1926).
        """
        return self.survival**2 * np.cumsum(self._greenwood_terms)

    @cached_property
    def _greenwood_terms(self) -> Floats:
        rest = self.at_risk - self.events
        # The last term, where nobody is left, has no finite value; survival is 0 there.
        return np.where(rest > 0, self.events / (self.at_risk * np.where(rest > 0, rest, 1)), 0.0)

    @cached_property
    def band(self) -> tuple[Floats, Floats]:
        """Pointwise limits of the survival: Greenwood's, on the scale log(−log S).

        That scale has no limits at the ends. While all survive the limits are Wilson's for the
        spells still observed after that time, and where none does the upper limit stays at its
        last value (at Wilson's of 0 in n, if all ended at once).
        """
        s = self.survival
        low, high = np.ones_like(s), np.ones_like(s)
        inner = (s > ROUNDING) & (s < 1)
        logs = np.log(s[inner])
        half = z_score(self.confidence) * np.sqrt(self.variance[inner]) / s[inner] / np.abs(logs)
        low[inner], high[inner] = s[inner] ** np.exp(half), s[inner] ** np.exp(-half)
        untouched = s == 1
        watched = self.at_risk[untouched]
        low[untouched] = wilson_interval(watched, watched, self.confidence)[0]
        gone = s <= ROUNDING
        if gone.any():
            last = np.flatnonzero(inner)
            none = wilson_interval(0, self.n, self.confidence)[1]
            low[gone], high[gone] = 0.0, high[last[-1]] if last.size else float(none)
        return low, high

    def at(self, durations: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
        """Return (survival, low, high) at the given durations, arrays of their shape.

        The share that lasts longer than t: an event exactly at t has happened. NaN, 0, 1 after
        the last observation if that one was censored, and where there are no spells.
        """
        (t,) = amounts(durations=durations)
        step = np.searchsorted(self.duration, t, side="right")
        low, high = self.band
        start = float(wilson_interval(self.n, self.n, self.confidence)[0])
        known = ~np.isnan(t) & (t <= self._known_until)
        found = [
            np.where(known, np.concatenate([[first], curve])[step], unknown)
            for first, curve, unknown in (
                (1.0, self.survival, np.nan),
                (start, low, 0.0),
                (1.0, high, 1.0),
            )
        ]
        return found[0], found[1], found[2]

    def quantile(self, q: float) -> tuple[float, float, float]:
        """Return (quantile, low, high): by when the share q has ended; 0.5 gives the median.

        The first duration at which the survival is 1 − q or less; the limits are where the
        band crosses 1 − q. NaN for each that the follow-up does not reach.

        Raises InputError unless 0 < q < 1. Source: R. Brookmeyer and J. Crowley, A confidence
        interval for the median survival time, Biometrics 38 (1982); Klein & Moeschberger,
        Survival Analysis, 2nd ed. (2003), §4.5.
        """
        if not 0 < q < 1:
            raise InputError("a quantile of durations", given=q, expected="between 0 and 1")
        low, high = self.band
        # While all survive, no event marks a duration at which the lower limit could cross.
        below = np.where(self.survival < 1, low, 1.0)
        return (
            self._first(self.survival, q),
            self._first(below, q),
            self._first(high, q),
        )

    def _first(self, curve: Floats, q: float) -> float:
        reached = np.flatnonzero(curve <= 1 - q + ROUNDING)
        return float(self.duration[reached[0]]) if reached.size else float("nan")

    def restricted_mean(self, horizon: float | None = None) -> tuple[float, float, float]:
        """Return (mean, low, high) of the duration up to a horizon: the area under the curve.

        Without a horizon it is the last duration. Normal limits, clipped to 0 … horizon; NaN
        without any event before the horizon, whose spread nothing tells. All NaN for a horizon
        after the last observation if that one was censored.

        Raises InputError for a negative horizon. Source: Klein & Moeschberger (2003), §4.5.
        """
        if self.n == 0:
            return float("nan"), float("nan"), float("nan")
        until = float(self.duration[-1]) if horizon is None else float(horizon)
        amounts(horizon=until)
        if until > self._known_until:
            return float("nan"), float("nan"), float("nan")
        inside = self.duration < until
        edges = np.concatenate([[0.0], self.duration[inside], [until]])
        areas = np.diff(edges) * np.concatenate([[1.0], self.survival[inside]])
        after = areas[::-1].cumsum()[::-1][1:]
        mean = float(areas.sum())
        variance = float((after**2 * self._greenwood_terms[inside]).sum())
        if variance == 0:
            return mean, float("nan"), float("nan")
        half = z_score(self.confidence) * variance**0.5
        return mean, max(mean - half, 0.0), min(mean + half, until)

    @cached_property
    def _known_until(self) -> float:
        if self.n == 0:
            return -np.inf
        return np.inf if self.survival[-1] <= ROUNDING else float(self.duration[-1])


def kaplan_meier(
    duration: npt.ArrayLike,
    events: npt.ArrayLike,
    censored: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> SurvivalCurve:
    """Return the survival curve of spells given as counts per duration, arrays of shape (k,).

    At each duration so many spells ended (`events`) and so many were still unfinished when
    they were last seen (`censored`); at equal durations the events come first. Durations in
    any order and unit; repeated ones are added up.

    Raises InputError for negative or missing numbers. Source: E. L. Kaplan and P. Meier,
    Nonparametric estimation from incomplete observations, JASA 53 (1958).

    Ten spells: one ends on day 2, two on day 3, one unfinished on day 3, the rest on day 9:

    >>> curve = kaplan_meier([2, 3, 9], [1, 2, 0], [0, 1, 6])
    >>> curve.survival.round(4).tolist()
    [0.9, 0.7, 0.7]
    >>> [round(float(v), 3) for v in curve.at(5)]
    [0.7, 0.329, 0.892]
    >>> curve.quantile(0.5)  # not reached
    (nan, 2.0, nan)
    """
    t, d, c = (np.ravel(a) for a in amounts(duration=duration, events=events, censored=censored))
    if np.isnan(t).any() or np.isnan(d).any() or np.isnan(c).any():
        raise InputError("missing numbers in the cells of a survival curve", given="NaN")
    z_score(confidence)
    some = d + c > 0
    times, cell = np.unique(t[some], return_inverse=True)
    size = times.size
    return SurvivalCurve(
        times,
        np.bincount(cell, d[some], minlength=size).astype(np.float64),
        np.bincount(cell, c[some], minlength=size).astype(np.float64),
        confidence,
    )


def kaplan_meier_by_group(
    group: Sequence[Hashable] | npt.NDArray[np.generic],
    duration: npt.ArrayLike,
    events: npt.ArrayLike,
    censored: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> dict[Hashable, SurvivalCurve]:
    """Return one survival curve per group, in order of first appearance.

    Arrays of shape (k,), one entry per group and duration; otherwise as `kaplan_meier`.

    >>> curves = kaplan_meier_by_group(["a", "b", "a"], [1, 1, 2], [1, 0, 1], [0, 2, 0])
    >>> {name: curve.quantile(0.5)[0] for name, curve in curves.items()}
    {'a': 1.0, 'b': nan}
    """
    t, d, c = amounts(duration=duration, events=events, censored=censored)
    if t.shape != (len(group),):
        raise InputError("groups and durations differ in length", given=(len(group), t.shape))
    places: dict[Hashable, list[int]] = {}
    for place, name in enumerate(group):
        places.setdefault(name, []).append(place)
    return {
        name: kaplan_meier(t[rows], d[rows], c[rows], confidence) for name, rows in places.items()
    }
