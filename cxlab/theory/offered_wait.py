"""The offered wait of M/M/n+M: how long somebody with endless patience would wait.

With z the wait in units of the mean patience, η the arrivals and c the completions (all agents
busy) during a mean patience, its density for z > 0 is proportional to exp(η(1 − e⁻ᶻ) − cz).
What one wants to know are integrals of that density. They could be written as incomplete gamma
functions γ(c, η), which in floats lose digits or leave the range for c in the thousands; here
they are integrals over a log-concave curve, taken relative to its peak on panels that double
away from it, so nothing overflows or cancels, whatever the load, the team and the patience.

Sources: F. Baccelli and G. Hebuterne, On queues with impatient customers (1981); A. Mandelbaum
and S. Zeltyn, Service engineering in action: the Palm/Erlang-A queue (2007).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from cxlab.theory.checks import Floats

__all__ = ["OfferedWait", "beyond_linear", "offered_wait"]

NODES, WEIGHTS = np.polynomial.legendre.leggauss(24)
NEGLIGIBLE = 60.0
"""Panels end where the density has dropped by this exponent: e⁻⁶⁰ = 1e-26."""
TERMS = 14
"""Of the series of e⁻ʸ − 1 + y below a half; the first left out is below 1e-16 of the sum."""


def beyond_linear(y: Floats) -> Floats:
    """Return e⁻ʸ − 1 + y without cancellation near 0.

    >>> beyond_linear(np.array([1e-9, 2.0]))
    array([5.00000000e-19, 1.13533528e+00])
    """
    small = np.where(np.abs(y) < 0.5, y, 0.0)
    series = np.ones_like(small)
    for k in range(TERMS, 2, -1):
        series = 1 - small / k * series
    with np.errstate(over="ignore"):
        return np.where(np.abs(y) < 0.5, small**2 / 2 * series, np.expm1(-y) + y)


@dataclass(frozen=True, slots=True)
class _Fall:
    """How far the log density has fallen at a distance y from a place: s·y + κ(e⁻ʸ − 1 + y)."""

    slope: float
    curve: float

    def at(self, y: Floats) -> Floats:
        return self.slope * y + self.curve * beyond_linear(y)

    def moved(self, by: float) -> _Fall:
        """Return the fall as seen from a place so much further right."""
        return _Fall(self.slope - self.curve * math.expm1(-by), self.curve * math.exp(-by))

    def edges(self, towards: float, widest: float = math.inf) -> Iterator[float]:
        """Yield edges of panels from 0 `towards` a side, doubling, until all is negligible."""
        side = math.copysign(1.0, towards)
        width = 1 / (1 + abs(self.slope) + math.sqrt(self.curve))
        y = 0.0
        while y < abs(towards) and float(self.at(np.array(side * y))) < NEGLIGIBLE:
            y = min(y + width, abs(towards))
            width = min(2 * width, widest)
            yield side * y


@dataclass(frozen=True, slots=True)
class OfferedWait:
    """The law of the offered wait in units of the mean patience; make it by `offered_wait`."""

    peak: float
    """Where the density is highest: 0, or the logarithm of the overload."""
    fall: _Fall
    """From the peak."""
    mass: float
    """Integral over z > 0 of the density divided by its value at the peak."""
    p_wait: float
    p_no_wait: float

    def if_waiting(
        self, of: Callable[[Floats], Floats], low: float = 0.0, high: float = math.inf
    ) -> float:
        """Return E[f(Z); low < Z < high | Z > 0], to the last few bits even far in the tail."""
        return _integral(self.peak, self.fall, of, low, high) / self.mass


def offered_wait(blocked: float, load: float, agents: int, arrivals: float) -> OfferedWait:
    """Return the law for a load in erlangs and η `arrivals` during a mean patience.

    `blocked` is Erlang's B of one agent less: from it and the density's integral follows how
    often all agents are busy.
    """
    excess = (load - agents) / agents
    completions = arrivals * agents / load
    peak = math.log1p(excess) if excess > 0 else 0.0
    fall = _Fall(max(0.0, -excess) * completions, min(arrivals, completions))
    height = completions * (excess - math.log1p(excess)) if excess > 0 else 0.0
    mass = _integral(peak, fall, np.ones_like, 0.0, math.inf)
    if blocked == 0:
        return OfferedWait(peak, fall, mass, 0.0, 1.0)
    log_odds = math.log(arrivals) + math.log(blocked) + height + math.log(mass)
    return OfferedWait(peak, fall, mass, _logistic(log_odds), _logistic(-log_odds))


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x > -700 else math.exp(x)


def _integral(
    peak: float, fall: _Fall, of: Callable[[Floats], Floats], low: float, high: float
) -> float:
    """Integrate f(z) times the density relative to its peak, from its highest place outwards."""
    if low >= high:
        return 0.0
    top = min(max(low, peak), high)
    here = fall.moved(top - peak)
    left = [] if low >= top else list(here.edges(low - top, widest=1.0))
    right = [] if high <= top else list(here.edges(high - top))
    edges = np.array([*left[::-1], 0.0, *right])
    half = np.diff(edges)[:, None] / 2
    y = edges[:-1, None] + half * (1 + NODES)
    inside = float((half * WEIGHTS * of(top + y) * np.exp(-here.at(y))).sum())
    return inside * math.exp(-float(fall.at(np.array(top - peak))))
