"""Intervals for what a metric estimates, and for what replications estimate.

All intervals are 95 % unless `confidence` says otherwise. Inside one log the unit is the ticket
(or the answer); over simulated runs it is the replication, never the pooled tickets.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats as st
from statsmodels.stats.proportion import proportion_confint

__all__ = [
    "difference_interval",
    "jackknife_ratio",
    "mean_interval",
    "poisson_interval",
    "quantile_ranks",
    "replication_interval",
    "wilson_interval",
]

Floats = npt.NDArray[np.float64]
CONFIDENCE = 0.95


def wilson_interval(
    successes: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return Wilson's interval of a share, (0, 1) where n is 0 (nothing is known).

    Source: Wilson (1927), JASA 22, 209–212; computed by statsmodels.

    >>> low, high = wilson_interval([5], [5])
    >>> round(float(low[0]), 3), float(high[0])
    (0.566, 1.0)
    """
    k, total = _pair(successes, n)
    safe = np.where(total > 0, total, 1.0)
    low, high = proportion_confint(np.where(total > 0, k, 0.0), safe, 1 - confidence, "wilson")
    low, high = np.asarray(low, dtype=float), np.asarray(high, dtype=float)
    # Wilson's ends reach 0 and 1 exactly when nothing or everything succeeds; keep them exact.
    low = np.where(k <= 0, 0.0, low)
    high = np.where(k >= total, 1.0, high)
    return np.where(total > 0, low, 0.0), np.where(total > 0, high, 1.0)


def mean_interval(
    mean: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return Student's interval of a mean from n, mean and standard deviation; NaN for n < 2."""
    average = np.asarray(mean, dtype=float)
    spread, count = _pair(sd, n)
    known = count >= 2
    safe = np.where(known, count, 2.0)
    half = st.t.ppf(0.5 + confidence / 2, safe - 1) * spread / np.sqrt(safe)
    half = np.where(known, half, np.nan)
    return average - half, average + half


def difference_interval(
    value: float, low: float, high: float, value0: float, low0: float, high0: float
) -> tuple[float, float]:
    """Return the interval of `value` − `value0` from the two values' own intervals.

    Both samples are independent, both intervals of one confidence, which the result keeps. Each
    limit recovers the variance on its side: d ± √((value − low)² + (high0 − value0)²) and the
    other way round. With Wilson's intervals of two shares this is Newcombe's hybrid score.
    NaN, NaN where a limit is missing.

    Source: R. G. Newcombe, Interval estimation for the difference between independent
    proportions, Statistics in Medicine 17 (1998), method 10; G. Y. Zou and A. Donner,
    Construction of confidence limits about effect measures, Statistics in Medicine 27 (2008).

    >>> ends = difference_interval(0.7, 0.5923, 0.7897, 0.5, 0.3930, 0.6070)
    >>> [round(e, 3) for e in ends]
    [0.048, 0.34]
    """
    if any(math.isnan(x) for x in (value, low, high, value0, low0, high0)):
        return math.nan, math.nan
    difference = value - value0
    below = math.hypot(value - low, high0 - value0)
    above = math.hypot(high - value, value0 - low0)
    return difference - below, difference + above


def poisson_interval(count: npt.ArrayLike, confidence: float = CONFIDENCE) -> tuple[Floats, Floats]:
    """Return the exact (Garwood) interval of the expected count behind an observed count.

    Source: Garwood (1936), Biometrika 28, 437–442.

    >>> [round(float(end[0]), 2) for end in poisson_interval([10])]
    [4.8, 18.39]
    """
    k = np.asarray(count, dtype=float)
    tail = (1 - confidence) / 2
    low = np.where(k > 0, st.chi2.ppf(tail, 2 * np.maximum(k, 1)) / 2, 0.0)
    high = np.asarray(st.chi2.ppf(1 - tail, 2 * (k + 1)) / 2, dtype=float)
    return np.asarray(low, dtype=float), high


def quantile_ranks(
    n: npt.ArrayLike, q: float, confidence: float = CONFIDENCE
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the 1-based ranks whose order statistics enclose the q-quantile.

    Rank 0, or n + 1, means that no value of the sample bounds that side at this confidence.
    Source: the binomial distribution of the number of values below the quantile (David &
    Nagaraja, Order Statistics, 3rd ed., §7.1).

    >>> [int(r) for r in quantile_ranks(400, 0.5)]
    [180, 221]
    """
    size = np.asarray(n, dtype=np.int64)
    tail = (1 - confidence) / 2
    low = st.binom.ppf(tail, size, q)
    high = st.binom.ppf(1 - tail, size, q) + 1
    return np.maximum(low, 0).astype(np.int64), np.minimum(high, size + 1).astype(np.int64)


def replication_interval(
    values: npt.ArrayLike, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """Return (mean, low, high) of one number per replication: Student's interval.

    Replications without a value (NaN) are left out; the interval is NaN for fewer than two.

    >>> [round(x, 3) for x in replication_interval([1.0, 2.0, 3.0])]
    [2.0, -0.484, 4.484]
    """
    x = np.asarray(values, dtype=float)
    x = x[~np.isnan(x)]
    if x.size == 0:
        return float("nan"), float("nan"), float("nan")
    spread = float(np.std(x, ddof=1)) if x.size > 1 else float("nan")
    low, high = mean_interval(x.mean(), spread, x.size, confidence)
    return float(x.mean()), float(low), float(high)


def jackknife_ratio(
    numerators: npt.ArrayLike, denominators: npt.ArrayLike, confidence: float = CONFIDENCE
) -> tuple[float, float, float]:
    """Return (ratio, low, high) of Σ numerator ÷ Σ denominator over replications.

    The interval is Student's around the ratio of the sums, with the standard error that the
    jackknife finds by leaving one replication out at a time. Source: Efron & Tibshirani (1993),
    An Introduction to the Bootstrap, ch. 11.

    >>> [round(x, 4) for x in jackknife_ratio([3, 1, 2], [4, 2, 3])]
    [0.6667, 0.3815, 0.9519]
    """
    top, bottom = _pair(numerators, denominators)
    size = top.size
    if bottom.sum() == 0:
        return float("nan"), float("nan"), float("nan")
    ratio = float(top.sum() / bottom.sum())
    rest = bottom.sum() - bottom
    if size < 2 or np.any(rest == 0):
        return ratio, float("nan"), float("nan")
    pseudo = size * ratio - (size - 1) * (top.sum() - top) / rest
    low, high = mean_interval(ratio, np.std(pseudo, ddof=1), size, confidence)
    return ratio, float(low), float(high)


def _pair(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(first, dtype=float), np.asarray(second, dtype=float)
