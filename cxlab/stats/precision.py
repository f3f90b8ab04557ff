"""How many observations a metric needs, and what so many tell: half-widths of the intervals.

Each pair of functions turns an expected value and n into the half-width of the interval that
`stats` gives to it, and back into the smallest n with that half-width. The search is exact,
with the interval's own formula. All arguments broadcast; what no n reaches is refused.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import stats as st

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, at_most, z_score
from cxlab.stats.intervals import nps_interval, poisson_interval, quantile_ranks, wilson_interval

__all__ = [
    "count_half_width",
    "count_needed",
    "difference_half_width",
    "mean_half_width",
    "mean_sample_size",
    "nps_half_width",
    "nps_sample_size",
    "quantile_half_width",
    "quantile_sample_size",
    "share_half_width",
    "share_sample_size",
]

Counts = npt.NDArray[np.int64]
MOST = 2**40
"""The search ends here: more observations than anybody has."""


def share_half_width(
    share: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE
) -> Floats:
    """Return half the width of Wilson's interval when `share` of n succeed; ½ at n = 0.

    >>> round(float(share_half_width(0.5, 100)), 4)
    0.0962
    """
    p, size = amounts(share=share, n=n)
    at_most(p, np.ones_like(p), "a share above 1")
    low, high = wilson_interval(p * size, size, confidence)
    return (high - low) / 2


def share_sample_size(
    share: npt.ArrayLike, half_width: npt.ArrayLike, confidence: float = CONFIDENCE
) -> Counts:
    """Return the smallest n at which Wilson's interval of `share` is that narrow.

    Without an expectation take ½, which needs the most. Raises InputError for shares outside
    0 … 1 and half-widths of 0 or less.

    >>> share_sample_size([0.5, 0.9], 0.05).tolist()
    [381, 141]
    """
    p, half = _targets(half_width, share=share)
    return _smallest(lambda n: share_half_width(p, n, confidence), half, 0)


def mean_half_width(sd: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE) -> Floats:
    """Return half the width of Student's interval of a mean; NaN for n < 2.

    >>> round(float(mean_half_width(15, 38)), 2)
    4.93
    """
    spread, size = amounts(sd=sd, n=n)
    safe = np.where(size >= 2, size, np.nan)
    return np.asarray(st.t.ppf(0.5 + confidence / 2, safe - 1) * spread / np.sqrt(safe))


def mean_sample_size(
    sd: npt.ArrayLike, half_width: npt.ArrayLike, confidence: float = CONFIDENCE
) -> Counts:
    """Return the smallest n, at least 2, at which the interval of a mean is that narrow.

    `sd` is the standard deviation expected, in the unit of the half-width. Raises InputError
    for negative deviations and half-widths of 0 or less.

    >>> int(mean_sample_size(15, 5))
    38
    """
    spread, half = _targets(half_width, sd=sd)
    return _smallest(lambda n: mean_half_width(spread, n, confidence), half, 2)


def nps_half_width(
    promoters: npt.ArrayLike,
    detractors: npt.ArrayLike,
    n: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> Floats:
    """Return half the width in points of the adjusted Wald interval of an NPS; 100 at n = 0.

    Promoters and detractors are shares. Where the scale's end cuts the interval off, the
    half-width is that of what is left.

    >>> round(float(nps_half_width(0.5, 0.2, 100)), 2)
    15.08
    """
    p, d, size = amounts(promoters=promoters, detractors=detractors, n=n)
    at_most(p + d, np.ones_like(p), "promoters and detractors above 1")
    rest = np.maximum(size - p * size - d * size, 0)
    low, high = nps_interval(p * size, rest, d * size, confidence)
    return (high - low) / 2


def nps_sample_size(
    promoters: npt.ArrayLike,
    detractors: npt.ArrayLike,
    half_width: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> Counts:
    """Return the smallest n at which the interval of an NPS is so many points to each side.

    Promoters and detractors are the shares expected. Raises InputError for shares that are not
    0 … 1 together and half-widths of 0 or less.

    >>> int(nps_sample_size(0.5, 0.2, 5))
    935
    """
    p, d, half = _targets(half_width, promoters=promoters, detractors=detractors)
    return _smallest(lambda n: nps_half_width(p, d, n, confidence), half, 0)


def count_half_width(count: npt.ArrayLike, confidence: float = CONFIDENCE) -> Floats:
    """Return half the width of Garwood's interval of a count, or a rate, relative to it.

    ∞ at 0, where any interval is infinitely wide beside what was seen.

    >>> round(float(count_half_width(100)), 3)
    0.201
    """
    (k,) = amounts(count=count)
    low, high = poisson_interval(k, confidence)
    return np.where(k == 0, np.inf, (high - low) / 2 / np.where(k == 0, 1, k))


def count_needed(relative_half_width: npt.ArrayLike, confidence: float = CONFIDENCE) -> Counts:
    """Return the smallest number of events whose rate is known that well.

    For a rate divide by the events expected per unit of exposure: at 2 complaints per 100
    orders, 395 complaints are 19,750 orders. Raises InputError for half-widths of 0 or less.

    >>> int(count_needed(0.1))
    395
    """
    (half,) = _targets(relative_half_width)
    return _smallest(lambda k: count_half_width(k, confidence), half, 0)


def quantile_half_width(q: float, n: npt.ArrayLike, confidence: float = CONFIDENCE) -> Floats:
    """Return half the share of all values expected between the ranks that enclose a quantile.

    0.05 at the median: the interval reaches about from the 45th to the 55th percentile; how
    far that is in hours depends on the values. NaN where n is too small to bound both sides.

    >>> quantile_half_width(0.5, [5, 6, 400]).round(3).tolist()
    [nan, 0.357, 0.051]
    """
    (size,) = amounts(n=n)
    low, high = quantile_ranks(size, q, confidence)
    # The ranks cut a sample into n + 1 parts of equal expected share.
    bounded = (low >= 1) & (high <= size)
    return np.where(bounded, (high - low) / 2 / (size + 1), np.nan)


def quantile_sample_size(q: float, half_width: float, confidence: float = CONFIDENCE) -> int:
    """Return the n from which on the ranks around a quantile always enclose that little.

    Ranks are whole numbers, so the half-width falls in a zigzag; the result is past its last
    crossing. Raises InputError for a quantile outside 0 … 1 or a half-width of 0 or less, or
    so small that more than ten million values are needed.

    >>> quantile_sample_size(0.5, 0.05), quantile_sample_size(0.9, 0.05)
    (418, 167)
    """
    if not 0 < q < 1:
        raise InputError("a quantile", given=q, expected="a number between 0 and 1")
    _targets(half_width)
    z = z_score(confidence)
    # The zigzag is one rank on each side wide; so far from the line no tooth crosses it.
    line = z * np.sqrt(q * (1 - q))
    far = ((line + np.sqrt(line**2 + 8 * half_width)) / (2 * half_width)) ** 2
    bounded = z**2 / min(q, 1 - q)  # roughly; below it ranks run out
    last, first = int(1.1 * max(far, 4 * bounded)) + 50, 1
    if last > 10_000_000:
        raise InputError("half-width of a quantile", given=half_width, expected="a larger one")
    n = np.arange(first, last + 1)
    wide = ~(quantile_half_width(q, n, confidence) <= half_width)
    return int(n[wide][-1]) + 1 if wide.any() else first


def difference_half_width(half_width: npt.ArrayLike, half_width0: npt.ArrayLike) -> Floats:
    """Return how far two independent values must lie apart to differ: √(h² + h₀²).

    For symmetric intervals it is the half-width of `difference_interval`: two waves of a survey
    whose distance is smaller tell no change.

    Two waves of 100 answers with 50 % promoters and 20 % detractors, in points:

    >>> half = nps_half_width(0.5, 0.2, 100)
    >>> round(float(difference_half_width(half, half)), 1)
    21.3
    """
    one, other = amounts(half_width=half_width, half_width0=half_width0)
    return np.hypot(one, other)


def _targets(half_width: npt.ArrayLike, **expected: npt.ArrayLike) -> list[Floats]:
    arrays = amounts(**expected, half_width=half_width)
    if any(np.isnan(a).any() for a in arrays):
        raise InputError("missing numbers", given="NaN")
    if (arrays[-1] <= 0).any():
        raise InputError("half-width", given=half_width, expected="numbers above 0")
    return arrays


def _smallest(half_width: Callable[[Counts], Floats], target: Floats, lowest: int) -> Counts:
    """Return the smallest n ≥ `lowest` with a half-width within the target, by bisection.

    The half-width must not rise with n; that of each interval here falls.
    """
    below = np.full(target.shape, lowest - 1, dtype=np.int64)
    above = np.full(target.shape, lowest, dtype=np.int64)
    while (wide := half_width(above) > target).any():
        if above.max() > MOST:
            raise InputError("half-width", given=float(target.min()), expected="a larger one")
        below = np.where(wide, above, below)
        above = np.where(wide, 2 * above + 1, above)
    while (above - below > 1).any():
        middle = (below + above) // 2
        middle = np.where(above - below > 1, middle, above)
        enough = half_width(middle) <= target
        above, below = np.where(enough, middle, above), np.where(enough, below, middle)
    return above
