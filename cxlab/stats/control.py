"""Control charts: what a series varies by itself, and whether its next value lies beyond that.

Individuals and moving ranges (XmR) for any figure, a p-chart with Laney's correction for shares.

Sources: D. J. Wheeler, "Understanding Variation" (2nd ed., 2000), for XmR and the run of eight;
NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2 and 6.3.3.2; D. B. Laney, "Improved control
charts for attributes", Quality Engineering 14 (2002), 531-537, for p'.

False alarms. Where nothing changes and values are independent and normal, a value lies beyond
limits known for certain once in 370 times. Limits estimated from 24 values are crossed about once
in 100, from 12 once in 50, from 6 once in 20; the run of eight adds once in 250 (24 values). Shares
of 5,000 cases that differ by 2 points from week to week cross the limits of p' once in 140 weeks,
those of a plain p-chart in 4 weeks of 10. A series whose values carry over from one to the next (a
backlog) crosses such limits far more often: it is not for these charts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cxlab.errors import InputError

__all__ = ["FEWEST", "RUN", "Limits", "p_limits", "signal", "xmr_limits"]

FEWEST = 6
"""Wheeler: limits may be made from five or six values; below six there are none here."""

RUN = 8
"""So many values in a row on one side of the centre are a signal (Wheeler's rule four)."""

_D2, _D4 = 1.128, 3.267
"""Mean of the range of two normal values in standard deviations; upper limit of that range."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Centre line and natural limits of a series, in the unit of its values.

    `spread` is what the limits rest on: the mean moving range of an XmR chart, Laney's sigma z of
    a p-chart (1: as binomial counts vary; 3: three times as much). `range_high`: the limit of a
    single moving range, NaN on a p-chart.
    """

    centre: float
    low: float
    high: float
    spread: float
    range_high: float = math.nan


def xmr_limits(values: Sequence[float]) -> Limits | None:
    """Return mean ± 2.66 mean moving ranges of values in their order of time.

    None for fewer than six values, and where they do not vary: nothing tells then what is much.
    Raises InputError for values that are not numbers.

    >>> flow = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]  # NIST 6.3.2.2
    >>> found = xmr_limits(flow)
    >>> round(found.low, 4), round(found.high, 4)
    (45.8159, 55.8041)
    """
    _finite(values)
    if len(values) < FEWEST:
        return None
    moving = _mean([abs(b - a) for a, b in pairwise(values)])
    if moving == 0:
        return None
    centre, half = _mean(values), 3 * moving / _D2
    return Limits(centre, centre - half, centre + half, moving, _D4 * moving)


def p_limits(
    cases: Sequence[float], sizes: Sequence[float], size: float, *, laney: bool = True
) -> Limits | None:
    """Return the limits of a share over `size` cases, from `cases` of `sizes` in periods before.

    With thousands of cases binomial limits are so narrow that weeks which differ as weeks always do
    lie beyond them. Laney's p' widens them by sigma z, the moving-range deviation of the
    standardised shares. It is taken as 1 where it is less, so that they are never narrower than
    counts can be (Laney lets them be). `laney=False`: the plain p-chart.

    None for fewer than six periods with cases, for no cases in `size`, and where all or none of the
    cases count, of which nothing can be said. Raises InputError for counts that cannot be.

    >>> found = p_limits([12, 15, 8, 10, 4, 7], [50] * 6, 50, laney=False)
    >>> round(found.centre, 3), round(found.high, 3)
    (0.187, 0.352)
    """
    _finite([*cases, *sizes, size])
    if len(cases) != len(sizes):
        raise InputError("a share needs as many sizes as counts", given=(len(cases), len(sizes)))
    if any(not 0 <= k <= n for k, n in zip(cases, sizes, strict=True)):
        raise InputError("a count lies outside its size", expected="0 to the size")
    known = [(k, n) for k, n in zip(cases, sizes, strict=True) if n > 0]
    if len(known) < FEWEST or size <= 0:
        return None
    centre = sum(k for k, _ in known) / sum(n for _, n in known)
    one = math.sqrt(centre * (1 - centre))
    if one == 0:
        return None
    standardised = [(k / n - centre) / (one / math.sqrt(n)) for k, n in known]
    sigma_z = 1.0
    if laney:
        sigma_z = max(1.0, _mean([abs(b - a) for a, b in pairwise(standardised)]) / _D2)
    half = 3 * sigma_z * one / math.sqrt(size)
    return Limits(centre, max(0.0, centre - half), min(1.0, centre + half), sigma_z)


def signal(value: float, limits: Limits, before: Sequence[float] = (), *, runs: bool = True) -> str:
    """Return what a value tells: "above", "below", "run above", "run below", or "" for noise.

    "above" and "below" the limits (Wheeler's rule one) come before the run of eight: the value and
    the seven before it all on one side of the centre. A value on a limit is noise.

    >>> signal(56.0, Limits(50.81, 45.82, 55.80, 1.88))
    'above'
    """
    if value > limits.high:
        return "above"
    if value < limits.low:
        return "below"
    last = [*before[len(before) - (RUN - 1) :], value]
    if runs and len(before) >= RUN - 1:
        if all(v > limits.centre for v in last):
            return "run above"
        if all(v < limits.centre for v in last):
            return "run below"
    return ""


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _finite(values: Sequence[float]) -> None:
    odd = [v for v in values if not math.isfinite(v)]
    if odd:
        raise InputError("a control chart takes numbers", given=odd[0])
