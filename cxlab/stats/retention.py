"""Shifted-beta-geometric: how long contracts last when customers differ in loyalty.

At every renewal a customer leaves with a probability of the own, which is beta distributed over
customers. The impatient leave first, so the retention rate of those who remain rises. Sources:
P. S. Fader and B. G. S. Hardie, How to project customer retention, J. Interactive Marketing 21
(2007), 76–90; Customer-base valuation in a contractual setting: the perils of ignoring
heterogeneity, Marketing Science 29 (2010), 85–93.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma, hyp2f1

from cxlab.errors import InputError
from cxlab.stats.arrays import Floats, amounts
from cxlab.stats.likelihood import Estimate, maximise

__all__ = ["ShiftedBetaGeometric", "fit_shifted_beta_geometric", "lost_by_period"]

NAMES = ("alpha", "beta")


@dataclass(frozen=True, slots=True)
class ShiftedBetaGeometric:
    """The model with its two parameters; time is counted in contract periods."""

    alpha: float
    beta: float
    """Beta distribution of the probability to leave; its mean is alpha ÷ (alpha + beta)."""

    def __post_init__(self) -> None:
        """Raise InputError for parameters that are not above 0."""
        values = (self.alpha, self.beta)
        if not all(np.isfinite(v) and v > 0 for v in values):
            raise InputError("parameters of the sBG", given=values, expected="numbers above 0")

    def survival(self, periods: npt.ArrayLike) -> Floats:
        """Return the share of a cohort still there after so many renewals.

        >>> ShiftedBetaGeometric(alpha=1, beta=1).survival([0, 1, 3]).round(6).tolist()
        [1.0, 0.5, 0.25]
        """
        (t,) = amounts(periods=periods)
        logs = betaln(self.alpha, self.beta + t) - betaln(self.alpha, self.beta)
        return np.asarray(np.exp(logs), dtype=np.float64)

    def retention(self, period: npt.ArrayLike) -> Floats:
        """Return the share that renews of those who reach renewal number `period` (1, 2, …).

        >>> ShiftedBetaGeometric(alpha=1, beta=1).retention([1, 2, 9]).tolist()
        [0.5, 0.6666666666666666, 0.9]
        """
        (t,) = amounts(period=period)
        if (t < 1).any():
            raise InputError("number of a renewal", given=float(np.nanmin(t)), expected="from 1")
        return (self.beta + t - 1) / (self.alpha + self.beta + t - 1)

    def after(self, renewals: int) -> ShiftedBetaGeometric:
        """Return the model of those who already renewed so many times: beta grows by each.

        >>> ShiftedBetaGeometric(alpha=1, beta=1).after(8).retention(1).tolist()
        0.9
        """
        if not (renewals >= 0 and renewals % 1 == 0):
            raise InputError("renewals", given=renewals, expected="a whole number, 0 or more")
        return ShiftedBetaGeometric(self.alpha, self.beta + renewals)

    @property
    def mean_lifetime(self) -> float:
        """Expected number of periods that a customer pays, ∞ for alpha ≤ 1."""
        return (self.alpha + self.beta - 1) / (self.alpha - 1) if self.alpha > 1 else float("inf")

    def discounted_lifetime(self, discount: npt.ArrayLike) -> Floats:
        """Return the discounted number of payments of a new customer, the first one at once.

        Σ S(t) ÷ (1 + discount)^t from t = 0. Times the margin per period it is the customer's
        lifetime value, the acquisition cost not taken off. ∞ for discount 0 and alpha ≤ 1.

        >>> round(float(ShiftedBetaGeometric(alpha=1, beta=1).discounted_lifetime(0.1)), 4)
        2.6377
        """
        (d,) = amounts(discount=discount)
        payments = hyp2f1(1, self.beta, self.alpha + self.beta, 1 / (1 + d))
        return np.asarray(payments, dtype=np.float64)

    def discounted_residual_lifetime(
        self, renewals: npt.ArrayLike, discount: npt.ArrayLike
    ) -> Floats:
        """Return the discounted payments still to come (DERL), just before the next renewal.

        From a customer who has renewed `renewals` times; the payment of the renewal ahead is
        the first and is made at once, if the customer renews.

        Source: Fader & Hardie (2010), equation (8) with renewals = n − 1.

        >>> model = ShiftedBetaGeometric(alpha=1, beta=1)
        >>> model.discounted_residual_lifetime([0, 4], 0.1).round(3).tolist()
        [1.801, 4.696]
        """
        n, d = amounts(renewals=renewals, discount=discount)
        ends = self.alpha + self.beta + n
        ahead: Floats = hyp2f1(1, self.beta + n + 1, ends + 1, 1 / (1 + d))
        return (self.beta + n) / ends * ahead


def lost_by_period(survivors: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """Return (period, lost, active) of one cohort from its size at times 0, 1, …, k.

    The arrays fit `fit_shifted_beta_geometric`; those of several cohorts are put end to end.

    Raises InputError for fewer than two sizes, or a cohort that grows.

    >>> [a.tolist() for a in lost_by_period([1000, 631, 468])]
    [[1.0, 2.0], [369.0, 163.0], [0.0, 468.0]]
    """
    (size,) = amounts(survivors=survivors)
    if size.ndim != 1 or size.size < 2 or np.isnan(size).any():
        raise InputError("survivors of a cohort", given=survivors, expected="two numbers or more")
    lost = -np.diff(size)
    if (lost < 0).any():
        raise InputError(
            "a cohort that grows", given=size.tolist(), hint="count only those there at time 0"
        )
    active = np.zeros_like(lost)
    active[-1] = size[-1]
    return np.arange(1.0, size.size), lost, active


def fit_shifted_beta_geometric(
    period: npt.ArrayLike, lost: npt.ArrayLike, active: npt.ArrayLike
) -> tuple[ShiftedBetaGeometric, Estimate]:
    """Return the model that fits best, and the estimate with its uncertainty.

    Arrays of shape (k,): customers `lost` at renewal number `period`, and those who were last
    seen `active` after it. Cohorts of different age go in together.

    Raises InputError for negative or missing numbers, fewer than two periods with customers at
    risk, nobody lost, or where the data do not tell the parameters (a steady retention rate
    has no differences between customers to find).

    >>> survivors = [1000, 869, 743, 653, 593, 551, 517, 491]
    >>> model, _ = fit_shifted_beta_geometric(*lost_by_period(survivors))
    >>> round(model.alpha, 3), round(model.beta, 3)
    (0.668, 3.806)
    """
    t, gone, here = (np.ravel(v) for v in amounts(period=period, lost=lost, active=active))
    if np.isnan(t + gone + here).any():
        raise InputError("missing numbers in the cells of a cohort", given="NaN")
    some = gone + here > 0
    t, gone, here = t[some], gone[some], here[some]
    if ((t < 1) | (t % 1 > 0)).any():
        raise InputError("number of a renewal", given=sorted(set(t)), expected="1, 2, 3, …")
    if gone.sum() == 0 or t.max(initial=0) < 2:
        raise InputError(
            "retention needs losses and at least two renewals",
            given={"lost": float(gone.sum()), "renewals": float(t.max(initial=0))},
        )

    def likelihood(p: Floats) -> tuple[float, Floats]:
        alpha, beta = p
        base, none = betaln(alpha, beta), digamma(alpha + beta)
        left, stayed = betaln(alpha + 1, beta + t - 1), betaln(alpha, beta + t)
        of_alpha = none - digamma(alpha + beta + t)
        of_beta = of_alpha - digamma(beta)
        slope_alpha = gone @ (of_alpha + 1 / alpha) + here @ of_alpha
        slope_beta = gone @ (of_beta + digamma(beta + t - 1)) + here @ (of_beta + digamma(beta + t))
        height = gone @ (left - base) + here @ (stayed - base)
        return float(height), np.array([slope_alpha, slope_beta])

    found = maximise(likelihood, [1.0, 2.0], NAMES, "shifted-beta-geometric")
    return ShiftedBetaGeometric(*(float(v) for v in found.values)), found
