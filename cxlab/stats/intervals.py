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

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, at_most, numbers, z_score

__all__ = [
    "difference_interval",
    "jackknife_ratio",
    "mean_interval",
    "nonresponse_bounds",
    "nps_interval",
    "poisson_interval",
    "quantile_ranks",
    "rate_interval",
    "ratio_interval",
    "ratio_pseudovalues",
    "replication_interval",
    "wilson_interval",
]


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


def rate_interval(
    events: npt.ArrayLike, exposure: npt.ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Return the exact (Garwood) interval of a rate of events per unit of exposure.

    Exposure is in the unit of the rate's denominator: customer-days, orders, hours. Without any
    exposure nothing is known: (0, ∞). NaN where a number is missing.

    Raises InputError for negative numbers and for events without exposure.

    >>> low, high = rate_interval(10, 200)
    >>> round(float(low), 4), round(float(high), 4)
    (0.024, 0.092)
    """
    k, size = amounts(events=events, exposure=exposure)
    at_most(np.where(size > 0, 0.0, k), size, "events without exposure")
    low, high = poisson_interval(k, confidence)
    safe = np.where(size > 0, size, 1.0)
    known = ~(np.isnan(k) | np.isnan(size))
    low = np.where(known, np.where(size > 0, low / safe, 0.0), np.nan)
    return low, np.where(known, np.where(size > 0, high / safe, np.inf), np.nan)


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


def nps_interval(
    promoters: npt.ArrayLike,
    passives: npt.ArrayLike,
    detractors: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats]:
    """Return the adjusted Wald interval of a Net Promoter Score in points, −100 … 100.

    Three answers are added before Wald's formula: ¾ promoter, 1½ passive, ¾ detractor. So the
    interval has a width even where all answers agree; its centre lies nearer to 0 than the
    score. The whole range where there is no answer.

    Raises InputError for negative counts. Source: B. Rocks, Interval estimation for the "Net
    Promoter Score", The American Statistician 70 (2016): "(3, T)", the best of those compared.

    >>> low, high = nps_interval(50, 20, 30)
    >>> round(float(low), 1), round(float(high), 1)
    (2.7, 36.2)
    """
    pro, neutral, con = amounts(promoters=promoters, passives=passives, detractors=detractors)
    n = pro + neutral + con
    p, d = (pro + 0.75) / (n + 3), (con + 0.75) / (n + 3)
    half = z_score(confidence) * np.sqrt((p + d - (p - d) ** 2) / (n + 3))
    low = np.where(n == 0, -100.0, np.clip(100 * (p - d - half), -100, 100))
    return low, np.where(n == 0, 100.0, np.clip(100 * (p - d + half), -100, 100))


def ratio_interval(
    n: npt.ArrayLike,
    numerator: npt.ArrayLike,
    denominator: npt.ArrayLike,
    numerator_squares: npt.ArrayLike,
    denominator_squares: npt.ArrayLike,
    products: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """Return (ratio, low, high) of Σy ÷ Σx from sums over clusters, by the delta method.

    Each of the n clusters, say customers, has a numerator y and a denominator x (resolved and
    all tickets, used and entitled seats); given are Σy, Σx, Σy², Σx² and Σxy per group. The
    clusters are independent of each other, what lies within one need not be. The limits are
    Student's with n − 1 degrees of freedom; they are not clipped.

    NaN where Σx is 0; limits NaN for fewer than two clusters. Raises InputError for negative
    n or squares. Source: W. G. Cochran, Sampling Techniques, 3rd ed. (1977), §2.11 and §6.3.

    Three customers with 1 of 2, 2 of 2 and 3 of 4 tickets resolved:

    >>> [round(float(v), 4) for v in ratio_interval(3, 6, 8, 14, 24, 18)]
    [0.75, 0.2842, 1.2158]
    """
    count, yy, xx = amounts(n=n, numerator_squares=numerator_squares, d=denominator_squares)
    y, x, xy, count, yy, xx = numbers(
        numerator=numerator, denominator=denominator, products=products, n=count, yy=yy, xx=xx
    )
    some = np.where(x != 0, x, np.nan)
    ratio = y / some
    # Residuals y − ratio·x sum to 0, so their squares are their spread.
    squares = np.maximum(yy - 2 * ratio * xy + ratio**2 * xx, 0)
    safe = np.where(count >= 2, count, np.nan)
    half = st.t.ppf(0.5 + confidence / 2, safe - 1) * np.sqrt(safe / (safe - 1) * squares)
    half = half / np.abs(some)
    return ratio, ratio - half, ratio + half


def nonresponse_bounds(
    total: npt.ArrayLike,
    answered: npt.ArrayLike,
    invited: npt.ArrayLike,
    *,
    lowest: float = 0.0,
    highest: float = 1.0,
) -> tuple[Floats, Floats]:
    """Return the mean over all invited if every missing answer were `lowest`, or `highest`.

    `total` is the sum of the answers: the number of good ones for a share (0 … 1), promoters
    minus detractors for an NPS (−1 … 1), the sum of scores for a mean (the scale's ends). No
    assumption about those who did not answer can give a mean outside the bounds. They are no
    confidence interval. `lowest`, `highest` where nobody was invited.

    Raises InputError for more answers than invitations, a total that the answers cannot
    reach, or a scale without width. Source: C. F. Manski, Anatomy of the selection problem,
    Journal of Human Resources 24 (1989).

    90 of 100 answers are good, and 1,000 were invited:

    >>> [float(bound) for bound in nonresponse_bounds(90, 100, 1000)]
    [0.09, 0.99]
    """
    if not lowest < highest:
        raise InputError("a scale without width", given=(lowest, highest))
    sums, count, asked = numbers(total=total, answered=answered, invited=invited)
    amounts(answered=count, invited=asked)
    at_most(count, asked, "more answers than invitations (answered, invited)")
    at_most(sums - lowest * count, (highest - lowest) * count, "total above what answers give")
    amounts(**{"total less the lowest possible answers": sums - lowest * count + 1e-9})
    silent = asked - count
    safe = np.where(asked == 0, np.nan, asked)
    low, high = (sums + lowest * silent) / safe, (sums + highest * silent) / safe
    return np.where(asked == 0, lowest, low), np.where(asked == 0, highest, high)


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
    pseudo = ratio_pseudovalues(top, bottom)
    low, high = mean_interval(ratio, np.std(pseudo, ddof=1), size, confidence)
    return ratio, float(low), float(high)


def ratio_pseudovalues(numerators: npt.ArrayLike, denominators: npt.ArrayLike) -> Floats:
    """Return the jackknife's pseudo-value of each replication for Σ numerator ÷ Σ denominator.

    n·θ − (n − 1)·θ₋ᵢ, where θ₋ᵢ is the ratio without replication i; paired differences and
    correlations of ratios are those of their pseudo-values. NaN where the others have no
    denominator. Source: Efron & Tibshirani (1993), ch. 11.

    >>> ratio_pseudovalues([3, 1, 2], [4, 2, 3]).round(3).tolist()
    [0.8, 0.571, 0.667]
    """
    top, bottom = _pair(numerators, denominators)
    rest = bottom.sum() - bottom
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = top.sum() / bottom.sum()
        without = np.where(rest == 0, np.nan, (top.sum() - top) / rest)
    return np.asarray(top.size * ratio - (top.size - 1) * without)


def _pair(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(first, dtype=float), np.asarray(second, dtype=float)
