"""BG/NBD: how often customers without a contract buy, and whether they are still customers.

While active, a customer buys at random at a rate of the own; after any purchase the customer
leaves for good with a probability of the own. The rates are gamma distributed over the
customers, the probabilities beta. Source of every formula: P. S. Fader, B. G. S. Hardie and
K. L. Lee, "Counting your customers" the easy way: an alternative to the Pareto/NBD model,
Marketing Science 24 (2005), 275–284.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from cxlab.errors import InputError
from cxlab.stats.arrays import Floats, amounts, at_most
from cxlab.stats.likelihood import Estimate, maximise

__all__ = ["BgNbd", "fit_bg_nbd"]

NAMES = ("r", "alpha", "a", "b")


@dataclass(frozen=True, slots=True)
class BgNbd:
    """The model with its four parameters; times are in the unit of the data it was fitted to.

    Methods take arrays of one shape: repeat purchases `x`, time `t_x` of the last one and time
    `age` of the observation (the literature's T), both counted from the first purchase.
    """

    r: float
    """Shape of the gamma distribution of purchase rates."""
    alpha: float
    """Rate of that distribution, in units of time: the mean purchase rate is r ÷ alpha."""
    a: float
    b: float
    """Beta distribution of the probability to leave after a purchase; its mean is a ÷ (a + b)."""

    def __post_init__(self) -> None:
        """Raise InputError for parameters that are not above 0."""
        values = (self.r, self.alpha, self.a, self.b)
        if not all(np.isfinite(v) and v > 0 for v in values):
            raise InputError("parameters of BG/NBD", given=values, expected="numbers above 0")

    def alive(self, x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike) -> Floats:
        """Return the probability that a customer with this history is still one.

        It is 1 without a repeat purchase: the model lets customers leave after purchases only.

        >>> model = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> model.alive([0, 2], [0, 30.43], [38.86, 38.86]).round(4).tolist()
        [1.0, 0.7266]
        """
        n, last, until = _history(x, t_x, age)
        odds_gone = (
            np.log(self.a)
            - np.log(self.b + np.maximum(n, 1) - 1)
            + (self.r + n) * (np.log(self.alpha + until) - np.log(self.alpha + last))
        )
        return np.where(n > 0, expit(-odds_gone), np.where(np.isnan(n), np.nan, 1.0))

    def expected_purchases(
        self, x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike, horizon: npt.ArrayLike
    ) -> Floats:
        """Return the expected number of purchases in the next `horizon` units of time.

        Raises InputError for impossible histories or a negative horizon.

        >>> model = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> round(float(model.expected_purchases(2, 30.43, 38.86, 39)), 3)
        1.226
        """
        n, last, until = _history(x, t_x, age)
        return self._if_active(n, until, horizon) * self.alive(n, last, until)

    def expected_of_new(self, horizon: npt.ArrayLike) -> Floats:
        """Return the repeat purchases expected of a new customer within `horizon`.

        >>> model = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> model.expected_of_new([1, 32, 78]).round(4).tolist()
        [0.0533, 1.0452, 1.8605]
        """
        return self._if_active(np.zeros(()), np.zeros(()), horizon)

    def _if_active(self, n: Floats, until: Floats, horizon: npt.ArrayLike) -> Floats:
        (ahead,) = amounts(horizon=horizon)
        # Euler's transformation of the paper's (10) keeps the terms from overflowing at large
        # x. Both a = 1 and a + b + x = 1 are removable gaps; a step aside closes them.
        a = self.a if abs(self.a - 1) > 1e-6 else 1 + 1e-6
        c = a + self.b + n - 1
        c = np.where(np.abs(c) > 1e-9, c, 1e-9)
        start = self.alpha + until
        z = ahead / (start + ahead)
        kept = np.exp((a - 1) * np.log1p(-z)) * hyp2f1(a - 1, c - self.r - n, c, z)
        expected: Floats = np.asarray(c / (a - 1) * (1 - kept))
        return expected

    def discounted_purchases(
        self,
        x: npt.ArrayLike,
        t_x: npt.ArrayLike,
        age: npt.ArrayLike,
        horizon: float,
        discount: float,
    ) -> Floats:
        """Return the expected purchases within `horizon`, each discounted from its own time.

        A purchase t units of time ahead counts (1 + discount)^−t: `discount` is the rate per
        unit of time (a yearly rate of 15 % in weeks is 1.15^(7/365.25) − 1). Computed by
        Gauss–Legendre quadrature, so no period's begin or end has to be chosen.

        >>> model = BgNbd(r=0.243, alpha=4.414, a=0.793, b=2.426)
        >>> round(float(model.discounted_purchases(2, 30.43, 38.86, 39, 0.0027)), 3)
        1.167
        """
        amounts(horizon=horizon, discount=discount)
        n, last, until = _history(x, t_x, age)
        force = np.log1p(discount)
        nodes, weights = np.polynomial.legendre.leggauss(16)
        # By parts: ∫ e^(−δt) dE(t) = e^(−δH) E(H) + δ ∫ e^(−δt) E(t) dt.
        total = np.exp(-force * horizon) * self._if_active(n, until, horizon)
        if force > 0:
            for node, weight in zip(nodes, weights, strict=True):
                t = horizon * (1 + node) / 2
                part = np.exp(-force * t) * self._if_active(n, until, t)
                total = total + force * horizon * weight / 2 * part
        return np.asarray(total * self.alive(n, last, until), dtype=np.float64)


def fit_bg_nbd(
    x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike, count: npt.ArrayLike = 1
) -> tuple[BgNbd, Estimate]:
    """Return the model that fits best, and the estimate with its uncertainty.

    One entry per kind of history, `count` customers of each; arrays of shape (k,). All
    customers belong in, also those without a repeat purchase. Purchases of one day are one.

    Raises InputError for impossible histories, where nobody bought again, and where the data
    do not tell the parameters.

    >>> x, t_x = [0, 1, 2, 5, 9], [0, 10, 25, 20, 38]
    >>> model, fit = fit_bg_nbd(x, t_x, age=39, count=[500, 120, 60, 30, 10])
    >>> fit.names
    ('r', 'alpha', 'a', 'b')
    """
    n, last, until = (np.ravel(h) for h in _history(x, t_x, age))
    many, n, last, until = (np.ravel(v) for v in amounts(count=count, x=n, t_x=last, age=until))
    if np.isnan(n + many).any():
        raise InputError("missing numbers in purchase histories", given="NaN")
    repeats = float((many * n).sum())
    if repeats == 0:
        raise InputError("BG/NBD needs repeat purchases", given="none in these data")
    scale = float((many * until).sum() / many.sum())
    last, until = last / scale, until / scale

    def likelihood(p: Floats) -> tuple[float, Floats]:
        values, slopes = _log_likelihood(p, n, last, until)
        return float(many @ values), slopes @ many

    # A mean rate that fits the repeat purchases of the average customer, in scaled time.
    start = [0.5, 0.5 / (repeats / many.sum()), 1.0, 2.5]
    found = maximise(likelihood, start, NAMES, "BG/NBD")
    # Unscaled: only alpha has a unit, and each purchase's density does.
    values = found.values * np.array([1, scale, 1, 1])
    height = found.log_likelihood - repeats * np.log(scale)
    model = BgNbd(*(float(v) for v in values))
    return model, Estimate(NAMES, values, found.covariance, height)


def _log_likelihood(p: Floats, n: Floats, last: Floats, until: Floats) -> tuple[Floats, Floats]:
    """Return the log-likelihood of each history (k,) and its gradient (4, k), the paper's (6)."""
    r, alpha, a, b = p
    again = n > 0
    before = b + np.maximum(n, 1) - 1
    log_t, log_l = np.log(alpha + until), np.log(alpha + last)
    staying = -(r + n) * log_t
    leaving = np.where(again, np.log(a) - np.log(before) - (r + n) * log_l, -np.inf)
    both = np.logaddexp(staying, leaving)
    value = gammaln(r + n) - gammaln(r) + r * np.log(alpha)
    value = value + betaln(a, b + n) - betaln(a, b) + both
    gone = np.exp(leaving - both)
    here = 1 - gone
    of_r = digamma(r + n) - digamma(r) + np.log(alpha) - here * log_t - gone * log_l
    of_alpha = r / alpha - (r + n) * (here / (alpha + until) + gone / (alpha + last))
    of_a = digamma(a + b) - digamma(a + b + n) + gone / a
    of_b = digamma(a + b) - digamma(a + b + n) + digamma(b + n) - digamma(b) - gone / before
    return value, np.stack([of_r, of_alpha, of_a, of_b])


def _history(
    x: npt.ArrayLike, t_x: npt.ArrayLike, age: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    n, last, until = amounts(x=x, t_x=t_x, age=age)
    at_most(last, until, "a purchase after the end of the observation (t_x, age)")
    if ((n % 1) > 0).any():
        raise InputError("x is no number of purchases", given=float(n[(n % 1) > 0].flat[0]))
    if ((n > 0) & (last == 0)).any():
        raise InputError(
            "a repeat purchase at time 0",
            expected="times above 0 for x > 0",
            hint="merge the purchases of one day",
        )
    if ((n == 0) & (last > 0)).any():
        raise InputError("a time of the last repeat purchase without one (x 0, t_x above 0)")
    return n, last, until
