"""How long contracts last, period by period: customers alike, customers who differ, survivors.

Time is counted in renewals: survival at k is the share that renewed k times or more, and 1 at 0.
Shifted-beta-geometric lifetimes are `cxlab.stats.ShiftedBetaGeometric`, which can be fitted.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, amounts, positive, survival_curve, whole

__all__ = ["GammaFrailty", "geometric_survival", "residual_survival"]

SUMMED = 256
"""Terms of a mean lifetime that are added one by one; an integral has the others."""


def geometric_survival(periods: npt.ArrayLike, retention: npt.ArrayLike) -> Floats:
    """Return the share still there after so many renewals: retention to the power of periods.

    Everybody renews with the same chance each time. Arguments broadcast; a mixture of customers
    is the mean over their retentions. Raises InputError for a retention outside 0 … 1 or
    negative periods.

    >>> geometric_survival([0, 1, 3], 0.9).round(3).tolist()
    [1.0, 0.9, 0.729]
    """
    k, r = amounts(periods=periods, retention=retention)
    if (r > 1).any():
        raise InputError("retention", given=retention, expected="a share between 0 and 1")
    return np.asarray(r**k, dtype=np.float64)


def residual_survival(survival: npt.ArrayLike, renewals: int) -> Floats:
    """Return the survival curve of those who already renewed so many times, from then on.

    S(k + t) ÷ S(k) for t = 0, 1, … of a curve of shape (periods,); the result is shorter by
    `renewals`. Raises InputError for what is no survival curve, for more renewals than it has,
    or where nobody is left.

    >>> residual_survival([1, 0.5, 0.4, 0.36], renewals=1).round(6).tolist()
    [1.0, 0.8, 0.72]
    """
    curve = survival_curve("survival", survival)
    whole(0, renewals=renewals)
    if renewals >= len(curve) or curve[int(renewals)] == 0:
        raise InputError("renewals", given=renewals, expected="a number that somebody reaches")
    rest: Floats = curve[int(renewals) :] / curve[int(renewals)]
    return rest


@dataclass(frozen=True, slots=True)
class GammaFrailty:
    """Contracts of customers with a proneness Z to leave, gamma distributed with mean 1.

    At the end of every term a customer leaves with the probability 1 − exp(−hazard · Z). Source:
    J. W. Vaupel, K. G. Manton and E. Stallard, The impact of heterogeneity in individual frailty
    on the dynamics of mortality, Demography 16 (1979), 439–454; here at whole terms.
    """

    hazard: float
    """Hazard per term at Z = 1, above 0: such a customer leaves with 1 − exp(−hazard)."""
    variance: float
    """Variance of Z; at 0 all customers are alike."""

    def __post_init__(self) -> None:
        """Raise InputError unless the hazard is above 0 and the variance 0 or more."""
        positive(hazard=self.hazard)
        amounts(variance=self.variance)

    def survival(self, periods: npt.ArrayLike) -> Floats:
        """Return the share still there after so many renewals: (1 + v h k)^(−1/v).

        >>> GammaFrailty(hazard=0.5, variance=1).survival([0, 2, 8]).round(6).tolist()
        [1.0, 0.5, 0.2]
        """
        (k,) = amounts(periods=periods)
        v, h = self.variance, self.hazard
        return np.asarray(np.exp(-np.log1p(v * h * k) / v if v else -h * k), dtype=np.float64)

    def retention(self, period: npt.ArrayLike) -> Floats:
        """Return the share that renews of those who reach renewal number `period` (1, 2, …).

        >>> GammaFrailty(hazard=0.5, variance=1).retention([1, 2, 9]).round(4).tolist()
        [0.6667, 0.75, 0.9091]
        """
        (k,) = amounts(period=period)
        if (k < 1).any():
            raise InputError("number of a renewal", given=float(k.min()), expected="from 1")
        return self.survival(k) / self.survival(k - 1)

    def after(self, renewals: int) -> GammaFrailty:
        """Return the model of those who already renewed so many times.

        Their Z is gamma with the same shape 1/v and the mean 1 ÷ (1 + v h k), which is taken
        into the hazard.

        >>> GammaFrailty(hazard=0.5, variance=1).after(8)
        GammaFrailty(hazard=0.1, variance=1)
        """
        whole(0, renewals=renewals)
        return GammaFrailty(
            self.hazard / (1 + self.variance * self.hazard * renewals), self.variance
        )

    @property
    def mean_lifetime(self) -> float:
        """Expected number of periods that a customer pays, ∞ for a variance of 1 or more.

        A sum without closed form: its far terms by the formula of Euler and Maclaurin.
        """
        v, h = self.variance, self.hazard
        if v >= 1:
            return math.inf
        near = float(self.survival(np.arange(SUMMED)).sum())
        last, spread = float(self.survival(SUMMED)), 1 + v * h * SUMMED
        return near + last * (spread / (h * (1 - v)) + 1 / 2 + h / spread / 12)
