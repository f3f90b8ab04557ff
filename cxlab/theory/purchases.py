"""NBD: how often customers without a contract buy, if none of them ever leaves.

Each buys at random at a rate of the own; the rates are gamma distributed with shape r and rate
alpha. Customers who may leave are `cxlab.stats.BgNbd`, which comes to the same where nobody does.
Source: A. S. C. Ehrenberg, The pattern of consumer purchases, Applied Statistics 8 (1959), 26–41.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlogy

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, amounts, positive

__all__ = ["nbd_purchases", "nbd_shares"]


def nbd_purchases(
    horizon: npt.ArrayLike,
    r: float,
    alpha: float,
    *,
    x: npt.ArrayLike = 0,
    age: npt.ArrayLike = 0,
) -> Floats:
    """Return the expected purchases within `horizon`: (r + x) ÷ (alpha + age) × horizon.

    Of a customer who made `x` purchases in the time `age` (by default nothing is known). Times
    are in one unit, that of alpha; arrays broadcast. Raises InputError for numbers below 0, and
    for r or alpha not above 0.

    >>> nbd_purchases(10, r=0.5, alpha=5).item()
    1.0
    >>> nbd_purchases(10, r=0.5, alpha=5, x=[0, 4], age=40).round(3).tolist()
    [0.111, 1.0]
    """
    positive(r=r, alpha=alpha)
    ahead, bought, seen = amounts(horizon=horizon, x=x, age=age)
    return np.asarray((r + bought) / (alpha + seen) * ahead, dtype=np.float64)


def nbd_shares(counts: npt.ArrayLike, horizon: float, r: float, alpha: float) -> Floats:
    """Return the share of customers who buy so many times within `horizon`; units as above.

    >>> nbd_shares([0, 1, 2], horizon=5, r=1, alpha=5).round(9).tolist()
    [0.5, 0.25, 0.125]
    """
    positive(r=r, alpha=alpha)
    k, ahead = amounts(counts=counts, horizon=horizon)
    if ((k % 1) > 0).any():
        raise InputError("counts", given=k.tolist(), expected="whole numbers")
    ways = gammaln(r + k) - gammaln(r) - gammaln(k + 1)
    none = alpha / (alpha + ahead)
    return np.asarray(np.exp(ways + r * np.log(none) + xlogy(k, 1 - none)), dtype=np.float64)
