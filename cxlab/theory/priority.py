"""Cobham's priorities: classes of callers in one line, nobody interrupted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, per_class
from cxlab.theory.erlang import erlang_c

__all__ = ["PriorityWaits", "cobham", "cobham_single_server"]


@dataclass(frozen=True, slots=True)
class PriorityWaits:
    """Mean waits by class, the first class before the second; arrays have shape (classes,)."""

    calls_per_hour: Floats
    p_wait: float
    """Probability that a caller waits at all; it is the same for every class."""
    mean_wait_s: Floats

    @property
    def mean_queue_length(self) -> Floats:
        """Mean number waiting of each class (Little's law)."""
        return self.calls_per_hour / 3600 * self.mean_wait_s

    @property
    def mean_wait_all_s(self) -> float:
        """Mean wait in seconds over the callers of all classes."""
        return float(self.calls_per_hour @ self.mean_wait_s / self.calls_per_hour.sum())


def cobham(calls_per_hour: npt.ArrayLike, handle_s: float, agents: int) -> PriorityWaits:
    """Return the waits by class of an M/M/n queue with non-preemptive priorities.

    `calls_per_hour` has shape (classes,), the first class first in line; inside a class first
    come, first served. Handling is exponential with one mean in seconds for all classes.
    Raises InputError where the load of all classes reaches the agents. Source: A. Cobham,
    Priority assignment in waiting line problems, Operations Research 2 (1954), 70–76.

    >>> cobham([15, 15], handle_s=60, agents=1).mean_wait_s
    array([40., 80.])
    """
    (calls,) = per_class(calls_per_hour=calls_per_hour)
    whole_line = erlang_c(float(calls.sum()), handle_s, agents)
    residual = whole_line.p_wait * handle_s / agents
    load = calls / 3600 * handle_s / agents
    return PriorityWaits(calls, whole_line.p_wait, _waits(residual, load))


def cobham_single_server(
    calls_per_hour: npt.ArrayLike, handle_s: npt.ArrayLike, handle_sd_s: npt.ArrayLike
) -> PriorityWaits:
    """Return the waits by class of an M/G/1 queue with non-preemptive priorities.

    Like `cobham`, with one agent, and for each class its own law of handling, given by mean and
    standard deviation in seconds; all arguments have shape (classes,) or are one number for
    all. Raises InputError where the load reaches 1 erlang. Source: Cobham (1954).

    >>> cobham_single_server([15, 15], handle_s=[30, 90], handle_sd_s=0).mean_wait_s.round(2)
    array([21.43, 42.86])
    """
    calls, mean, sd = per_class(
        calls_per_hour=calls_per_hour, handle_s=handle_s, handle_sd_s=handle_sd_s
    )
    load = calls / 3600 * mean
    total = float(load.sum())
    if not 0 < total < 1:
        raise InputError(
            "an M/G/1 queue has no steady state, or no work",
            given=total,
            expected="a load above 0 and below 1 erlang",
        )
    residual = float((calls / 3600 * (mean**2 + sd**2)).sum()) / 2
    return PriorityWaits(calls, total, _waits(residual, load))


def _waits(residual: float, load: Floats) -> Floats:
    """Return R/((1 − σₖ₋₁)(1 − σₖ)), σₖ the load of the classes 1 … k per agent."""
    free = 1 - np.cumsum(load)
    before = np.concatenate([[1.0], free[:-1]])
    return np.asarray(residual / (before * free), dtype=np.float64)
