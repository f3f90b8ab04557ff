"""Many small groups, one team: means drawn towards the team's by how little each group tells.

The best of twenty agents with ten tickets each is mostly lucky. A group's mean is worth as much as
its own rows weigh against the spread between groups; the rest comes from the team.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.stats.arrays import CONFIDENCE, Floats, amounts, z_score

__all__ = ["Shrunk", "shrunk_means"]


class Shrunk(NamedTuple):
    """Means drawn towards the team's, with intervals; arrays of shape (k,)."""

    mean: Floats
    low: Floats
    high: Floats
    weight: Floats
    team: float


def shrunk_means(
    n: npt.ArrayLike,
    mean: npt.ArrayLike,
    sum_of_squares: npt.ArrayLike,
    confidence: float = CONFIDENCE,
) -> Shrunk:
    """Return the group means drawn towards that of all groups (empirical Bayes).

    `n`, `mean` and `sum_of_squares` (of deviations from the group's own mean) have shape (k,);
    groups with n = 0 come out NaN. `weight` is what remains of a group's own mean: 1 with very
    many rows, 0 where the groups differ no more than chance makes them. The variances are those
    of the one-way analysis of variance with random effects; the team's mean weighs the groups by
    their credibility. Where no variance can be told (one group, or one row each) nothing is drawn
    and the limits are NaN.

    Raises InputError for a negative n or sum of squares. Source: H. Bühlmann and E. Straub,
    Glaubwürdigkeit für Schadensätze (1970); Searle, Casella & McCulloch, Variance Components
    (1992), §3.6; Efron & Morris, JASA 70 (1975), for the idea.

    >>> found = shrunk_means([10, 10, 10], [2.0, 4.0, 6.0], [90.0, 90.0, 90.0])
    >>> found.weight.round(3).tolist(), found.mean.round(3).tolist()
    ([0.75, 0.75, 0.75], [2.5, 4.0, 5.5])
    """
    size, squares = amounts(n=n, sum_of_squares=sum_of_squares)
    size, squares = np.ravel(size), np.ravel(squares)
    means = np.ravel(np.asarray(mean, dtype=np.float64))
    if not size.shape == means.shape == squares.shape:
        raise InputError("groups differ in length", given=(size.shape, means.shape, squares.shape))
    some = size > 0
    m, k = np.where(some, means, 0.0), int(some.sum())
    total = float(size.sum())
    unknown = np.full(size.shape, np.nan)
    if k < 2 or total <= k:
        own = np.where(some, means, np.nan)
        team = float((size * m).sum() / total) if total else float("nan")
        return Shrunk(own, unknown, unknown, np.where(some, 1.0, np.nan), team)
    within = float(squares[some].sum()) / (total - k)
    grand = float((size * m).sum() / total)
    spread = float((size * (m - grand) ** 2).sum())
    between = (spread - (k - 1) * within) / (total - float((size**2).sum()) / total)
    noise = np.divide(within, size, out=np.full(size.shape, np.inf), where=some)
    weight = _weights(max(between, 0.0), noise)
    team = float((weight * m).sum() / weight.sum()) if weight.sum() > 0 else grand
    value = np.where(some, weight * m + (1 - weight) * team, np.nan)
    half = z_score(confidence) * np.sqrt(np.where(some, weight, 0) * np.where(some, noise, 0))
    return Shrunk(value, value - half, value + half, np.where(some, weight, np.nan), team)


def _weights(between: float, noise: Floats) -> Floats:
    """Return between ÷ (between + noise), 0 where both are 0."""
    whole = between + noise
    return np.divide(between, whole, out=np.zeros(noise.shape), where=whole > 0)
