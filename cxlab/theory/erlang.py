"""Erlang's formulas: a team whose callers never give up."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxlab.errors import InputError

__all__ = ["ErlangC", "erlang_c"]


@dataclass(frozen=True, slots=True)
class ErlangC:
    """The M/M/n queue in steady state: Poisson arrivals, exponential handling, no giving up."""

    calls_per_hour: float
    handle_s: float
    agents: int
    p_wait: float
    """Probability that a caller waits at all (Erlang's C)."""

    @property
    def offered_erlangs(self) -> float:
        """Work offered, in agents kept busy."""
        return self.calls_per_hour / 3600 * self.handle_s

    @property
    def occupancy(self) -> float:
        """Share of the agents' time that is busy."""
        return self.offered_erlangs / self.agents

    @property
    def wait_of_delayed_s(self) -> float:
        """Mean wait in seconds of those who wait at all."""
        return self.handle_s / (self.agents - self.offered_erlangs)

    @property
    def mean_wait_s(self) -> float:
        """Mean wait in seconds of all callers (average speed of answer)."""
        return self.p_wait * self.wait_of_delayed_s

    @property
    def mean_queue_length(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.calls_per_hour / 3600 * self.mean_wait_s

    def service_level(self, within_s: float) -> float:
        """Return the share of callers answered within so many seconds."""
        return 1 - self.p_wait * math.exp(-within_s / self.wait_of_delayed_s)


def erlang_c(calls_per_hour: float, handle_s: float, agents: int) -> ErlangC:
    """Return the steady state of an M/M/n queue.

    Erlang's B comes from its recursion in the number of agents, which neither overflows nor
    loses digits, and C from B. Raises InputError for numbers that are not positive, and where
    the load reaches the agents: there is no steady state then, and no waiting probability.

    >>> round(erlang_c(calls_per_hour=30, handle_s=180, agents=2).p_wait, 6)
    0.642857
    """
    for name, value in (("calls_per_hour", calls_per_hour), ("handle_s", handle_s)):
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"{name} of Erlang C", given=value, expected="a number above 0")
    load = calls_per_hour / 3600 * handle_s
    if agents < 1 or load >= agents:
        raise InputError(
            "Erlang C has no steady state: the queue grows for ever",
            given=agents,
            expected=f"more agents than the {load:.6g} that the work keeps busy",
        )
    blocking = 1.0
    for n in range(1, agents + 1):
        blocking = load * blocking / (n + load * blocking)
    occupancy = load / agents
    return ErlangC(calls_per_hour, handle_s, agents, blocking / (1 - occupancy * (1 - blocking)))
