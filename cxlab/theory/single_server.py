"""One agent and any law of handling: the formulas of Pollaczek and Khinchine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxlab.errors import InputError
from cxlab.theory.checks import at_least, load_of

__all__ = ["SingleServer", "m_g_1"]


@dataclass(frozen=True, slots=True)
class SingleServer:
    """The M/G/1 queue in steady state, first come, first served."""

    calls_per_hour: float
    handle_s: float
    handle_sd_s: float
    handle_skewness: float | None = None

    @property
    def occupancy(self) -> float:
        """Share of the agent's time that is busy, and of callers who wait."""
        return self.calls_per_hour / 3600 * self.handle_s

    @property
    def mean_wait_s(self) -> float:
        """Mean wait in seconds of all callers: λE[S²]/(2(1 − ρ))."""
        second = self.handle_s**2 + self.handle_sd_s**2
        return self.calls_per_hour / 3600 * second / (2 * (1 - self.occupancy))

    @property
    def mean_queue_length(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.calls_per_hour / 3600 * self.mean_wait_s

    @property
    def wait_sd_s(self) -> float:
        """Standard deviation of the wait in seconds: its variance is E[W]² + λE[S³]/(3(1 − ρ)).

        Raises InputError if the skewness of handling was not given.
        """
        if self.handle_skewness is None:
            raise InputError(
                "the deviation of an M/G/1 wait", expected="a `handle_skewness`: it needs E[S³]"
            )
        third = _third_moment(self.handle_s, self.handle_sd_s, self.handle_skewness)
        tail = self.calls_per_hour / 3600 * third / (3 * (1 - self.occupancy))
        return math.sqrt(self.mean_wait_s**2 + tail)


def _third_moment(mean: float, sd: float, skewness: float) -> float:
    return skewness * sd**3 + 3 * mean * sd**2 + mean**3


def m_g_1(
    calls_per_hour: float,
    handle_s: float,
    handle_sd_s: float,
    handle_skewness: float | None = None,
) -> SingleServer:
    """Return the steady state of an M/G/1 queue.

    Handling of any law, given by its mean and standard deviation in seconds and, for the
    deviation of the wait, its skewness (exponential: 2, deterministic: 0 with deviation 0).
    Raises InputError for a load of 1 or more, and for moments that no law of durations has.
    Source: L. Kleinrock, Queueing Systems I (1975), chapter 5.

    >>> q = m_g_1(calls_per_hour=30, handle_s=60, handle_sd_s=0)  # M/D/1
    >>> q.mean_wait_s
    30.0
    """
    load = load_of(calls_per_hour, handle_s)
    at_least(0, handle_sd_s=handle_sd_s)
    if load >= 1:
        raise InputError(
            "M/G/1 has no steady state: the queue grows for ever",
            given=load,
            expected="a load below 1 erlang",
        )
    if handle_skewness is not None:
        second = handle_s**2 + handle_sd_s**2
        lowest = second**2 / handle_s
        third = _third_moment(handle_s, handle_sd_s, handle_skewness)
        if not third >= lowest * (1 - 1e-9):
            raise InputError(
                "handle_skewness",
                given=handle_skewness,
                expected="E[S³] ≥ E[S²]²/E[S], as every law of durations has",
            )
    return SingleServer(calls_per_hour, handle_s, handle_sd_s, handle_skewness)
