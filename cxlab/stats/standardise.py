"""Direct standardisation: the figure that a group would have with everybody's mix of cases.

An agent with the hard tickets, a channel with the complaints: totals mix up what was done with
what came in, and can even turn the order round (Simpson's paradox). Standardised figures weigh
the strata (topic × priority) of every group alike. Source: J. L. Fleiss, B. Levin and M. C.
Paik, Statistical Methods for Rates and Proportions, 3rd ed. (2003), ch. 19.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats as st

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, at_most, numbers
from cxlab.stats.intervals import wilson_interval

__all__ = ["standardised_mean", "standardised_share"]


def standardised_share(
    successes: npt.ArrayLike,
    n: npt.ArrayLike,
    weights: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """Return (share, low, high) per group, the strata weighted alike in all groups.

    `successes` and `n` have shape (…, strata) and `weights` (strata,): say, the counts of the
    strata in all groups together. The limits recover the variances of the strata from their
    Wilson intervals, so a stratum with 5 of 5 stays uncertain.

    NaN where a group has no case in a stratum that has a weight: nothing tells how it would do
    there. Raises InputError for impossible counts and weights that are negative or all 0.
    Source: as above; limits: G. Y. Zou, W. Huang and X. Zhang, A note on confidence interval
    estimation for a linear function of binomial proportions, Computational Statistics & Data
    Analysis 53 (2009).

    Simpson's paradox in C. R. Charig et al., BMJ 292 (1986): open surgery removes small and
    large kidney stones more often, but of all stones fewer (78 % and 83 %):

    >>> share, low, high = standardised_share(
    ...     [[81, 192], [234, 55]], [[87, 263], [270, 80]], weights=[357, 343]
    ... )
    >>> share.round(3).tolist()
    [0.833, 0.779]
    """
    k, size = amounts(successes=successes, n=n)
    at_most(k, size, "more successes than cases (successes, n)")
    parts = _parts(weights, size)
    used = parts > 0
    share = np.where(size > 0, k / np.where(size > 0, size, 1), np.nan)
    low, high = wilson_interval(k, size, confidence)
    value = np.where(used, parts * share, 0.0).sum(-1)
    below = np.where(used, (parts * (share - low)) ** 2, 0.0).sum(-1)
    above = np.where(used, (parts * (high - share)) ** 2, 0.0).sum(-1)
    return value, value - np.sqrt(below), value + np.sqrt(above)


def standardised_mean(
    mean: npt.ArrayLike,
    sd: npt.ArrayLike,
    n: npt.ArrayLike,
    weights: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """Return (mean, low, high) per group, the strata weighted alike in all groups.

    Mean, standard deviation and n have shape (…, strata), `weights` (strata,). The limits are
    Student's with Satterthwaite's degrees of freedom.

    NaN where a group has no case in a stratum that has a weight; limits NaN where it has only
    one. Raises InputError for negative deviations or counts, and weights that are negative or
    all 0. Source: as above; F. E. Satterthwaite, Biometrics Bulletin 2 (1946).

    >>> found = standardised_mean([10, 30], [4, 8], [16, 16], weights=[1, 1])
    >>> [round(float(v), 2) for v in found]
    [20.0, 17.68, 22.32]
    """
    spread, size = amounts(sd=sd, n=n)
    average, spread, size = numbers(mean=mean, sd=spread, n=size)
    parts = _parts(weights, size)
    used = parts > 0
    value = np.where(used, parts * np.where(size > 0, average, np.nan), 0.0).sum(-1)
    safe = np.where(size >= 2, size, np.nan)
    variances = np.where(used, (parts * spread) ** 2 / safe, 0.0)
    variance = variances.sum(-1)
    squares = np.where(used, variances**2 / (safe - 1), 0.0).sum(-1)
    # Without any spread every number of degrees of freedom gives the same width, 0.
    freedom = np.where(squares > 0, variance**2 / np.where(squares > 0, squares, 1), 1.0)
    half = st.t.ppf(0.5 + confidence / 2, freedom) * np.sqrt(variance)
    return value, value - half, value + half


def _parts(weights: npt.ArrayLike, size: Floats) -> Floats:
    (w,) = amounts(weights=weights)
    if w.ndim != 1 or size.ndim == 0 or size.shape[-1] != w.size:
        raise InputError("weights of the strata", given=w.shape, expected="one for each stratum")
    if not w.sum() > 0:
        raise InputError("weights of the strata", given=w.tolist(), expected="some above 0")
    return np.asarray(w / w.sum(), dtype=np.float64)
