"""The leaky bucket: how many customers there are when some join and some leave every period.

At the instants 0, 1, 2, … first those leave who do not renew, then new customers join, then the
base is counted. A customer who joined k instants ago is still there with probability S(k),
S(0) = 1. Every customer who is counted brings `referrals` new ones, who join at the next instant.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import logsumexp

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, amounts, positive, survival_curve

__all__ = ["expected_base", "growth_factor", "steady_base"]

NEGLIGIBLE = 1e-6
"""Share of a sum that its missing terms may have."""


def expected_base(
    acquired: npt.ArrayLike,
    survival: npt.ArrayLike,
    *,
    initial: float = 0.0,
    initial_survival: npt.ArrayLike | None = None,
    referrals: float = 0.0,
) -> Floats:
    """Return the expected number of customers at the instants 0, 1, …, shape (periods,).

    `acquired`: how many join at each instant, (periods,), or one number for all; `survival`:
    S(0), S(1), …, (periods,); `initial`: customers who are there before the first join, with a
    curve of their own if `initial_survival` has one (see `residual_survival`). N(t) is the sum
    of all who joined at s times S(t − s). Where numbers who join are Poisson and nobody refers,
    those of them who are still there are Poisson too. Raises InputError for numbers below 0,
    curves that rise, or lengths that differ. Source: the renewal equation, e.g. W. Feller, An
    Introduction to Probability Theory II (1971), chapter XI; without referrals M/G/∞ in steps.

    >>> expected_base(100, [1, 0.5, 0.25, 0.125], initial=80).tolist()
    [180.0, 190.0, 195.0, 197.5]
    >>> expected_base([100, 0, 0], [1, 0.5, 0.25], referrals=0.5).tolist()
    [100.0, 100.0, 100.0]
    """
    stays = survival_curve("survival", survival)
    joining, old = _joining(acquired, stays), stays
    if initial_survival is not None:
        old = survival_curve("initial_survival", initial_survival)
    if len(old) != len(stays):
        raise InputError("initial_survival", given=len(old), expected=f"{len(stays)} periods")
    amounts(initial=initial, referrals=referrals)
    base = initial * old
    for t in range(len(stays)):
        if t:
            joining[t] += referrals * base[t - 1]
        base[t] += joining[: t + 1] @ stays[t::-1]
    return base


def _joining(acquired: npt.ArrayLike, stays: Floats) -> Floats:
    (joining,) = amounts(acquired=acquired)
    if joining.shape not in ((), stays.shape):
        raise InputError(
            "acquired", given=joining.shape, expected=f"one number, or {len(stays)} as in survival"
        )
    return np.array(np.broadcast_to(joining, stays.shape))


def steady_base(
    acquired: npt.ArrayLike, mean_lifetime: npt.ArrayLike, referrals: npt.ArrayLike = 0.0
) -> Floats:
    """Return the number of customers at which as many join as leave (Little's law).

    `acquired` customers join per period and stay for `mean_lifetime` periods L, the first one
    counted (1 ÷ (1 − r) at a retention r): N = acquired × L, and with referrals per customer and
    period acquired × L ÷ (1 − referrals × L). The law of the lifetime does not matter, only its
    mean. At referrals of 1/L the base carries itself and grows with whoever joins: InputError
    from there on, and for a mean lifetime below 1. Source: J. D. C. Little, A proof for the
    queuing formula L = λW, Operations Research 9 (1961), 383–387.

    >>> steady_base(100, 1 / 0.05).round(6).tolist()
    2000.0
    >>> steady_base(100, 1 / 0.05, referrals=[0.01, 0.025]).round(6).tolist()
    [2500.0, 4000.0]
    """
    new, lifetime, brought = amounts(
        acquired=acquired, mean_lifetime=mean_lifetime, referrals=referrals
    )
    if (lifetime < 1).any():
        raise InputError("mean_lifetime", given=mean_lifetime, expected="1 or more periods")
    own = 1 - brought * lifetime
    if (own <= 1e-12).any():
        raise InputError(
            "a base that grows without end: each customer brings one or more",
            given=(brought * lifetime).max().item(),
            expected="referrals × mean_lifetime below 1",
        )
    return np.asarray(new * lifetime / own, dtype=np.float64)


def growth_factor(survival: npt.ArrayLike, referrals: float) -> float:
    """Return by what a base that lives on referrals alone is multiplied each period, in the end.

    The root λ of referrals · Σ S(k) λ^−(k+1) = 1 (Euler and Lotka); at a constant retention it
    is retention + referrals. It is 1, neither growth nor decline, where a customer brings one in
    a lifetime: referrals × mean lifetime = 1. `survival`: S(0), S(1), …, shape (periods,), long
    enough for the sum. Raises InputError for referrals that are not above 0, and where the curve
    is too short, which it always is when few leave late (sBG) and the base declines: it then
    declines ever more slowly, by no factor. Source: A. J. Lotka, A contribution to the theory of
    self-renewing aggregates, Annals of Mathematical Statistics 10 (1939), 1–25.

    >>> round(growth_factor(0.9 ** np.arange(1000), referrals=0.15), 6)
    1.05
    """
    stays = survival_curve("survival", survival)
    positive(referrals=referrals)
    with np.errstate(divide="ignore"):
        brought = np.log(referrals * stays)
    ages = np.arange(1, len(stays) + 1)

    def children(log_factor: float) -> float:
        return float(logsumexp(brought - ages * log_factor))

    # The first term alone has its root at the referrals, S = 1 for ever at 1 + referrals.
    low, high = math.log(referrals) - 1e-9, math.log1p(referrals) + 1e-9
    found = float(brentq(children, low, high, xtol=1e-14, rtol=1e-13))
    if len(stays) * math.exp(brought[-1] - ages[-1] * found) > NEGLIGIBLE:
        raise InputError(
            "a survival curve too short for the growth of its base",
            given=f"{len(stays)} periods",
            expected="so many that the last ones do not matter",
        )
    return math.exp(found)
