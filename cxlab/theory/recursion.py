"""Kiefer and Wolfowitz on given draws: the exact oracle that a simulation is held against."""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError

__all__ = ["Waits", "kiefer_wolfowitz"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Waits:
    """What happened to each customer of a queue; all arrays have shape (n,), times as given."""

    served: npt.NDArray[np.bool_]
    began: Floats
    """Start of service, NaN for those who gave up."""
    left: Floats
    """End of service, or of patience for those who gave up."""
    wait: Floats
    """Time from arrival to start of service, or to giving up."""


def kiefer_wolfowitz(
    arrivals: npt.ArrayLike,
    handling: npt.ArrayLike,
    patience: npt.ArrayLike | None = None,
    *,
    servers: int,
) -> Waits:
    """Return who waits how long in a first-come-first-served G/G/n+G queue, exactly.

    The recursion of Kiefer and Wolfowitz (1955) on given numbers, with patience: the next
    customer begins at the later of the own arrival and the earliest time at which a server is
    free, if that is not after the end of the own patience (served if and only if
    wait ≤ patience), and takes no server's time otherwise. Arrivals (n,) must not decrease;
    all times are in one unit; without `patience` everybody waits for ever.

    Raises InputError for arrays of different lengths, negative or missing numbers, arrivals
    out of order, or fewer than one server.

    >>> kiefer_wolfowitz([0, 1, 2], [1.5, 1.5, 1.5], servers=1).wait
    array([0. , 0.5, 1. ])
    >>> kiefer_wolfowitz([0, 1, 2], [3, 3, 3], [9, 1.5, 1], servers=1).served
    array([ True, False,  True])
    """
    given = [np.asarray(values, dtype=np.float64) for values in (arrivals, handling)]
    given.append(
        np.full_like(given[0], np.inf) if patience is None else np.asarray(patience, float)
    )
    _check_draws(*given, servers=servers)
    free = [0.0 if not len(given[0]) else min(0.0, float(given[0][0]))] * servers
    began, left = np.empty(len(given[0])), np.empty(len(given[0]))
    for i, (arrival, work, limit) in enumerate(zip(*(g.tolist() for g in given), strict=True)):
        start = max(arrival, free[0])
        if start <= arrival + limit:
            began[i], left[i] = start, start + work
            heapq.heapreplace(free, start + work)
        else:
            began[i], left[i] = math.nan, arrival + limit
    served = ~np.isnan(began)
    return Waits(served, began, left, np.where(served, began, left) - given[0])


def _check_draws(arrivals: Floats, handling: Floats, patience: Floats, *, servers: int) -> None:
    if not arrivals.shape == handling.shape == patience.shape or arrivals.ndim != 1:
        raise InputError("arrivals, handling and patience differ in length", given=arrivals.shape)
    if servers < 1:
        raise InputError("a queue needs a server", given=servers, expected="1 or more")
    if not (np.isfinite(arrivals).all() and (np.diff(arrivals) >= 0).all()):
        raise InputError("arrivals must be finite and in order of time")
    if not (np.isfinite(handling).all() and (handling >= 0).all() and (patience >= 0).all()):
        raise InputError("handling and patience must be numbers of 0 or more")
