"""Gamma-gamma: what customers spend per purchase, from the few purchases that each has made.

A customer's purchases vary around the customer's own mean, and the means vary over customers;
a mean of few purchases is drawn towards that of all. How often and how much are taken to be
unrelated. Source of every formula: P. S. Fader and B. G. S. Hardie, The gamma-gamma model of
monetary value (2013), brucehardie.com/notes/025.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from cxlab.errors import InputError
from cxlab.stats.arrays import Floats, amounts
from cxlab.stats.bg_nbd import BgNbd
from cxlab.stats.likelihood import Estimate, maximise

__all__ = ["GammaGamma", "customer_value", "fit_gamma_gamma"]

NAMES = ("p", "q", "gamma")


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """The model with its three parameters; money is in the unit of the data."""

    p: float
    """Shape of the distribution of one customer's purchases: their variation is 1 ÷ √p."""
    q: float
    """Shape of the distribution over customers; the mean of all exists for q > 1."""
    gamma: float
    """Rate of that distribution, in units of money."""

    def __post_init__(self) -> None:
        """Raise InputError for parameters that are not above 0."""
        values = (self.p, self.q, self.gamma)
        if not all(np.isfinite(v) and v > 0 for v in values):
            raise InputError("parameters of gamma-gamma", given=values, expected="numbers above 0")

    @property
    def mean(self) -> float:
        """Mean value of a purchase over all customers; NaN for q ≤ 1, where none exists."""
        return self.p * self.gamma / (self.q - 1) if self.q > 1 else float("nan")

    def expected_value(self, x: npt.ArrayLike, mean_value: npt.ArrayLike) -> Floats:
        """Return the expected value of a customer's next purchase.

        `x` purchases had the mean `mean_value` so far. With x = 0 the mean value is not used
        and the result is `mean`.

        Raises InputError for negative numbers.

        >>> model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
        >>> model.expected_value([0, 1, 9], [0, 100, 100]).round(2).tolist()
        [35.22, 80.26, 96.99]
        """
        n, average = amounts(x=x, mean_value=np.nan_to_num(np.asarray(mean_value, dtype=float)))
        weight = self.p * n + self.q - 1
        safe = np.where(weight > 0, weight, np.nan)
        return np.where(n > 0, self.p * (self.gamma + average * n) / safe, self.mean)


def fit_gamma_gamma(
    x: npt.ArrayLike, mean_value: npt.ArrayLike, count: npt.ArrayLike = 1
) -> tuple[GammaGamma, Estimate]:
    """Return the model that fits best, and the estimate with its uncertainty.

    One entry per kind of customer: `x` purchases of mean value `mean_value`, `count` customers
    of each; arrays of shape (k,). With BG/NBD they are the repeat purchases of those who have
    any.

    Raises InputError for customers without a purchase, values of 0 or less, fewer than three
    different means, and where the data do not tell the parameters.

    >>> model, fit = fit_gamma_gamma([5, 6, 8, 9, 4, 9], [10, 90, 31, 44, 27, 150])
    >>> round(model.mean, 1)
    63.9
    """
    n, value, many = (np.ravel(v) for v in amounts(x=x, mean_value=mean_value, count=count))
    if np.isnan(n + value + many).any():
        raise InputError("missing numbers in the values of purchases", given="NaN")
    some = many > 0
    n, value, many = n[some], value[some], many[some]
    for name, bad in (("purchases", n <= 0), ("value of a purchase", value <= 0)):
        if bad.any():
            raise InputError(
                f"gamma-gamma needs {name} above 0 from every customer",
                given=f"{int(many[bad].sum())} customers without",
                hint="leave these customers out and say so",
            )
    if np.unique(value).size < 3:
        raise InputError("gamma-gamma needs customers who spend differently", given=value.size)
    scale = float((many * value).sum() / many.sum())
    scaled = value / scale

    def likelihood(parameters: Floats) -> tuple[float, Floats]:
        values, slopes = _log_likelihood(parameters, n, scaled)
        return float(many @ values), slopes @ many

    found = maximise(likelihood, [4.0, 4.0, 0.75], NAMES, "gamma-gamma")
    values = found.values * np.array([1, 1, scale])
    height = found.log_likelihood - float(many.sum()) * np.log(scale)
    return GammaGamma(*(float(v) for v in values)), Estimate(
        NAMES, values, found.covariance, height
    )


def _log_likelihood(parameters: Floats, n: Floats, m: Floats) -> tuple[Floats, Floats]:
    """Return the log-likelihood of each mean (k,) and its gradient (3, k), the note's (1)."""
    p, q, g = parameters
    shape, total = p * n, g + n * m
    value = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(g)
    value = value + (shape - 1) * np.log(m) + shape * np.log(n) - (shape + q) * np.log(total)
    of_p = n * (digamma(shape + q) - digamma(shape) + np.log(m) + np.log(n) - np.log(total))
    of_q = digamma(shape + q) - digamma(q) + np.log(g) - np.log(total)
    of_g = q / g - (shape + q) / total
    return value, np.stack([of_p, of_q, of_g])


def customer_value(
    purchases: BgNbd,
    spend: GammaGamma,
    x: npt.ArrayLike,
    t_x: npt.ArrayLike,
    age: npt.ArrayLike,
    mean_value: npt.ArrayLike,
    *,
    horizon: float,
    discount: float,
    margin: float = 1.0,
) -> Floats:
    """Return the expected discounted margin of each customer's purchases within `horizon`.

    Histories as in `BgNbd`, with `mean_value` the mean of the x repeat purchases; `discount`
    is the rate per unit of time, `margin` the share of the value that is kept. Past purchases
    and the cost of acquisition are not in it. NaN where a mean spend does not exist (q ≤ 1).

    Raises InputError for impossible histories, negative numbers or a margin outside 0 … 1.
    Source: P. S. Fader, B. G. S. Hardie and K. L. Lee, RFM and CLV: using iso-value curves for
    customer base analysis, J. Marketing Research 42 (2005), with BG/NBD for Pareto/NBD.

    >>> model, spend = BgNbd(0.243, 4.414, 0.793, 2.426), GammaGamma(6.25, 3.74, 15.44)
    >>> value = customer_value(
    ...     model, spend, 2, 30.43, 38.86, 22.35, horizon=39, discount=0.0027, margin=0.3
    ... )
    >>> round(float(value), 2)
    8.64
    """
    if not 0 <= margin <= 1:
        raise InputError("margin", given=margin, expected="a share between 0 and 1")
    bought = purchases.discounted_purchases(x, t_x, age, horizon, discount)
    return margin * bought * spend.expected_value(x, mean_value)
