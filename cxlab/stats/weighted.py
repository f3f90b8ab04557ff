"""Intervals for weighted answers: survey weights cost precision, Kish's effective n says how much.

All functions take sums that one aggregation gives per group: Σw, Σw², and the weighted sums of
the answers. With equal weights, whatever their size, the unweighted intervals come out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, at_most, numbers
from cxlab.stats.intervals import mean_interval, nps_interval, wilson_interval

__all__ = [
    "effective_n",
    "weighted_mean_interval",
    "weighted_nps_interval",
    "weighted_share_interval",
]


def effective_n(weights: npt.ArrayLike, squared_weights: npt.ArrayLike) -> Floats:
    """Return Kish's effective number of answers (Σw)² ÷ Σw², from the two sums; 0 for none.

    So many equally weighted answers would be as precise, if weights and answers are unrelated.

    Raises InputError for negative sums. Source: L. Kish, Survey Sampling (1965), §11.7.

    One answer of weight 3 and three of weight 1:

    >>> float(effective_n(6, 12))
    3.0
    """
    total, squares = amounts(weights=weights, squared_weights=squared_weights)
    safe = np.where(squares > 0, squares, 1.0)
    return np.where(squares == 0, 0.0, total**2 / safe)


def weighted_share_interval(
    success_weights: npt.ArrayLike,
    weights: npt.ArrayLike,
    squared_weights: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """Return (share, low, high): Wilson's interval at Kish's effective n.

    Given are Σw of the successes, Σw and Σw² of all valid answers. NaN, 0, 1 without answers.

    Raises InputError for negative sums or successes above the total. Source: Kish (1965),
    §11.7; N. Dean and M. Pagano, Evaluating confidence interval methods for binomial
    proportions in clustered surveys, J. Survey Statistics and Methodology 3 (2015).

    >>> [round(float(v), 4) for v in weighted_share_interval(4.5, 6, 12)]
    [0.75, 0.2561, 0.9632]
    """
    hits, total, squares = amounts(s=success_weights, w=weights, w2=squared_weights)
    at_most(hits, total, "weights of the successes exceed those of all (successes, all)")
    n = effective_n(total, squares)
    share = hits / np.where(total > 0, total, np.nan)
    low, high = wilson_interval(np.where(n > 0, share * n, 0.0), n, confidence)
    return share, low, high


def weighted_mean_interval(
    weighted_sum: npt.ArrayLike,
    weighted_squares: npt.ArrayLike,
    weights: npt.ArrayLike,
    squared_weights: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """Return (mean, low, high): Student's interval at Kish's effective n.

    Given are Σwx, Σwx², Σw and Σw². NaN without answers; limits NaN below an effective n of 2.

    Raises InputError for negative weights. Source: Kish (1965), §11.7.

    >>> [round(float(v), 3) for v in weighted_mean_interval(9, 29, 3, 3)]  # 2, 3, 4
    [3.0, 0.516, 5.484]
    """
    total, squares = amounts(w=weights, w2=squared_weights)
    sums, sums2, total, squares = numbers(
        wx=weighted_sum, wx2=weighted_squares, w=total, w2=squares
    )
    n = effective_n(total, squares)
    safe = np.where(total > 0, total, np.nan)
    mean = sums / safe
    spread = np.maximum(sums2 / safe - mean**2, 0.0) * n / np.where(n > 1, n - 1, np.nan)
    # Equal weights can leave Kish's n a rounding error below the whole number it is.
    low, high = mean_interval(mean, np.sqrt(spread), n * (1 + 1e-12), confidence)
    return mean, low, high


def weighted_nps_interval(
    promoter_weights: npt.ArrayLike,
    passive_weights: npt.ArrayLike,
    detractor_weights: npt.ArrayLike,
    squared_weights: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> tuple[Floats, Floats, Floats]:
    """Return (NPS, low, high) in points: the adjusted Wald interval at Kish's effective n.

    Given are Σw of the promoters, passives and detractors, and Σw² of all. NaN, −100, 100
    without answers. Raises InputError for negative sums. Source: Kish (1965), §11.7; Rocks
    (2016) as in `nps_interval`.

    >>> [round(float(v), 1) for v in weighted_nps_interval(100, 40, 60, 400)]
    [20.0, 2.7, 36.2]
    """
    pro, neutral, con, squares = amounts(
        promoters=promoter_weights,
        passives=passive_weights,
        detractors=detractor_weights,
        squared_weights=squared_weights,
    )
    total = pro + neutral + con
    n = effective_n(total, squares)
    safe = np.where(total > 0, total, np.nan)
    pro_n, neutral_n, con_n = (np.where(n == 0, 0.0, n * w / safe) for w in (pro, neutral, con))
    low, high = nps_interval(pro_n, neutral_n, con_n, confidence)
    return 100 * (pro - con) / safe, low, high
