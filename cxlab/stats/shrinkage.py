"""Shrinkage to the team: what an agent's few cases say, in the light of all agents' cases.

Rankings of raw means are led, and ended, by those with the fewest cases. Here the data tell how
much agents really differ, and each value is drawn towards the team's as far as chance explains
its distance. Source: C. N. Morris, Parametric empirical Bayes inference:
theory and applications, JASA 78 (1983), 47–55.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats as st
from scipy.special import betainc, betaln

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, at_most, numbers, z_score
from cxlab.stats.intervals import wilson_interval

__all__ = ["Shrunk", "shrunk_means", "shrunk_shares"]

FEWEST = 4
"""With three groups or fewer shrinkage does not pay: James and Stein's factor is 0."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Estimates of all groups; arrays have the shape (groups,)."""

    value: Floats
    low: Floats
    high: Floats
    own_weight: Floats
    """Weight of the group's own data in its value, 0 … 1; the rest is the team's."""
    team: float
    """The value towards which the others are drawn."""
    spread: float
    """Standard deviation of the true values between groups, as estimated."""


def shrunk_means(
    mean: npt.ArrayLike, sd: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE
) -> Shrunk:
    """Return each group's mean drawn towards the team's, with limits: the normal model.

    Arrays of shape (groups,). The variance between groups is Paule and Mandel's; weights and
    limits are Morris's, which count that it and the team's mean are themselves estimated. A
    group whose own spread is unknown (n < 2) borrows the pooled standard deviation; one
    without cases has the team's mean. Fewer than four groups with cases are not shrunk. The
    limits take Student's quantile with the degrees of freedom of all groups together.

    Raises InputError for negative numbers, or if no group has two cases. Source: Morris
    (1983), with the team's mean as the only regressor; R. C. Paule and J. Mandel, Consensus
    values and weighting factors, J. Research NBS 87 (1982).

    >>> found = shrunk_means([20, 24, 30, 38, 60], [20, 20, 20, 20, 20], [40, 40, 40, 40, 4])
    >>> found.value.round(1).tolist(), found.own_weight.round(2).tolist()
    ([20.3, 24.2, 30.1, 37.9, 55.2], [0.97, 0.97, 0.97, 0.97, 0.83])
    """
    spread, size = amounts(sd=sd, n=n)
    average, spread, size = (np.ravel(a) for a in numbers(mean=mean, sd=spread, n=size))
    size = np.nan_to_num(size)
    known = (size > 0) & ~np.isnan(average)
    several = known & (size >= 2) & ~np.isnan(spread)
    if not several.any():
        raise InputError("shrinkage needs a group with two cases or more", given=size.tolist())
    freedom = size[several] - 1
    pooled = float((freedom * spread[several] ** 2).sum() / freedom.sum())
    own = np.where(several & (spread > 0), spread**2, pooled)
    variance = np.where(known, own / np.maximum(size, 1), np.inf)
    if pooled == 0:
        raise InputError("shrinkage needs values that differ within groups", given="deviation 0")
    between = _paule_mandel(average[known], variance[known])
    z_score(confidence)
    width = float(st.t.ppf(0.5 + confidence / 2, freedom.sum()))
    return _morris(average, variance, between, width)


def _paule_mandel(values: Floats, variances: Floats) -> float:
    """Return the variance between groups at which the weighted squares are as expected."""
    if values.size < 2:
        return 0.0

    def excess(between: float) -> float:
        weight = 1 / (variances + between)
        middle = (weight @ values) / weight.sum()
        return float(weight @ (values - middle) ** 2) - (values.size - 1)

    low, high = 0.0, float(np.ptp(values)) ** 2 + float(variances.max())
    if excess(0.0) <= 0:
        return 0.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return (low + high) / 2


def _morris(values: Floats, variances: Floats, between: float, width: float) -> Shrunk:
    known = np.isfinite(variances)
    groups = int(known.sum())
    weight = np.where(known, 1 / (variances + between), 0.0)
    filled = np.where(known, values, 0.0)
    team = float(weight @ filled / weight.sum())
    factor = max(groups - 3, 0) / max(groups - 1, 1)
    pull = np.where(known, factor * np.where(known, variances, 0) * weight, 1.0)
    if groups < FEWEST:
        pull = np.where(known, 0.0, 1.0)
    value = np.where(known, filled + pull * (team - filled), team)
    of_team = 1 / weight.sum()
    total = variances[known] + between
    # Morris's v̂, the variance of the estimated pull: 2 B̂²/(k − 3) · (V̄ + Â)/(V + Â).
    doubt = np.zeros_like(value)
    if groups >= FEWEST:
        mean_total = float((weight[known] @ total) / weight.sum())
        doubt[known] = 2 / (groups - 3) * pull[known] ** 2 * mean_total / total
    own = np.where(known, variances, 0.0)
    error = own * (1 - pull + pull * weight * of_team) + doubt * (filled - team) ** 2
    error = np.where(known, error, between + of_team)
    half = width * np.sqrt(error)
    return Shrunk(value, value - half, value + half, 1 - pull, team, between**0.5)


def shrunk_shares(
    successes: npt.ArrayLike, n: npt.ArrayLike, confidence: float = CONFIDENCE
) -> Shrunk:
    """Return each group's share drawn towards the team's, with limits: the beta-binomial model.

    Arrays of shape (groups,). Every value is averaged over what the counts leave open about the
    team's share and the differences between groups (Daniels' uniform prior of the shrinkage, a
    uniform one of the share), because a single best estimate of them gives limits that are far
    too narrow. The limits are the posterior's quantiles, to about half a percent of probability
    in the tail. A group without cases has the team's share. Fewer than four groups with cases
    are not shrunk and keep Wilson's limits.

    Raises InputError for impossible counts, or without any case. Source: M. J. Daniels, A prior
    for the variance in hierarchical models, Canadian J. Statistics 27 (1999); J. G. Skellam, A
    probability distribution derived from the binomial distribution by regarding the
    probability of success as variable, JRSS B 10 (1948).

    >>> found = shrunk_shares([40, 30, 45, 20, 3], [50, 50, 50, 50, 3])
    >>> found.value.round(2).tolist(), round(found.team, 2)
    ([0.79, 0.61, 0.88, 0.43, 0.8], 0.69)
    """
    k, size = (np.nan_to_num(np.ravel(a)) for a in amounts(successes=successes, n=n))
    at_most(k, size, "more successes than cases (successes, n)")
    if size.sum() == 0:
        raise InputError("shrinkage needs cases", given="none in any group")
    known = size > 0
    if known.sum() < FEWEST:
        pooled = float(k.sum() / size.sum())
        value = np.where(known, k / np.where(known, size, 1), pooled)
        low, high = wilson_interval(k, size, confidence)
        return Shrunk(value, low, high, known.astype(np.float64), pooled, float("nan"))
    share, cases, weight = _beta_binomial(k[known], size[known])
    total = cases + size[:, None, None]
    centre = (cases * share + k[:, None, None]) / total
    square = centre * (centre * total + 1) / (total + 1)  # mean of the square of a beta
    part = weight.sum(-1)
    given = (centre * weight).sum(-1) / part  # (groups, cases), averaged over the team's share
    spare = np.maximum((square * weight).sum(-1) / part - given**2, 1e-300)
    tail = (1 - confidence) / 2
    low, high = (_mixture_quantile(q, given, spare, part) for q in (tail, 1 - tail))
    own = (size[:, None] / total[..., 0]) @ part
    spread = float((np.sqrt(share * (1 - share) / (cases + 1)) * weight).sum())
    return Shrunk(given @ part, low, high, own, float((share * weight).sum()), spread)


def _mixture_quantile(q: float, mean: Floats, variance: Floats, part: Floats) -> Floats:
    """Return the q-quantile of mixtures of betas: (groups, parts) of weights (parts,)."""
    some = part > 1e-7 * part.max()
    mean, variance, part = mean[:, some], variance[:, some], part[some] / part[some].sum()
    total = mean * (1 - mean) / variance - 1
    low, high = np.zeros(len(mean)), np.ones(len(mean))
    for _ in range(35):
        middle = (low + high) / 2
        below = betainc(mean * total, (1 - mean) * total, middle[:, None]) @ part < q
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _beta_binomial(k: Floats, n: Floats) -> tuple[Floats, Floats, Floats]:
    """Return (share, cases, weight) on a grid (49, 24): the posterior of a team's beta law.

    The groups' true shares are beta distributed with mean `share`, as sure as `cases` cases.
    The grid is even in the logit of the shrinkage B = cases ÷ (cases + typical n), and narrows
    in three rounds to where the posterior is.
    """
    typical = n.size / (1 / n).sum()
    nodes, weights = np.polynomial.legendre.leggauss(24)
    first, last = -16.0, 16.0
    for _ in range(3):
        logit = np.linspace(first, last, 49)
        cases = typical * np.exp(logit)[:, None]
        # The share is within some standard errors of its moment estimate, given the cases.
        known = (n * (cases + 1) / (cases + n)).sum(1, keepdims=True)
        middle = ((k + 0.5 / n.size) * (cases + 1) / (cases + n)).sum(1, keepdims=True)
        middle = middle / (known + 1)
        reach = 7 * np.sqrt(middle * (1 - middle) / known) + 10 / known
        low, high = np.maximum(middle - reach, 1e-12), np.minimum(middle + reach, 1 - 1e-12)
        share = low + (high - low) * (1 + nodes) / 2
        a, b = cases * share, cases * (1 - share)
        height = sum(betaln(a + s, b + t - s) - betaln(a, b) for s, t in zip(k, n, strict=True))
        height = height + np.log((high - low) * weights)
        height = height - logit[:, None] - 2 * np.log1p(np.exp(-logit[:, None]))  # dB
        heights = height.max(1)
        inside = np.flatnonzero(heights > heights.max() - 30)
        first, last = logit[max(inside[0] - 1, 0)], logit[min(inside[-1] + 1, 48)]
    chance = np.exp(height - height.max())
    return share, cases, chance / chance.sum()
