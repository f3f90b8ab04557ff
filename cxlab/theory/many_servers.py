"""A desk with somebody free for everybody, while the rate of calls changes with the hour."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, per_class, positive

__all__ = ["busy_by_hour"]


def busy_by_hour(calls_per_hour: npt.ArrayLike, handle_s: float) -> Floats:
    """Return the mean number of agents busy in each hour of a profile that repeats, (hours,).

    M(t)/M/∞: Poisson arrivals at a rate that is constant within each hour, exponential handling
    with a mean in seconds, always somebody free. The mean m obeys m′ = λ − m/h; the solution
    that repeats with the profile is averaged over each hour. Raises InputError for rates that
    are negative or all 0. Source: S. G. Eick, W. A. Massey and W. Whitt, The physics of the
    Mt/G/∞ queue, Operations Research 41 (1993), 731–742.

    >>> busy_by_hour([30, 30], handle_s=180)
    array([1.5, 1.5])
    >>> busy_by_hour([60, 0], handle_s=600).round(3)
    array([8.342, 1.658])
    """
    (calls,) = per_class(calls_per_hour=calls_per_hour)
    positive(handle_s=handle_s)
    if not calls.sum() > 0:
        raise InputError("calls_per_hour", given=calls.tolist(), expected="some calls")
    load = calls / 3600 * handle_s
    kept = math.exp(-3600 / handle_s)
    busy = 0.0
    # After one profile from empty the state is s, and kept^hours of any start is added to it.
    for one in load:
        busy = one + (busy - one) * kept
    busy /= 1 - kept ** len(load)
    means = np.empty(len(load))
    for hour, one in enumerate(load):
        means[hour] = one + (busy - one) * (1 - kept) * handle_s / 3600
        busy = one + (busy - one) * kept
    return means
