"""Erlang's formulas: no line at all (B), and a line that nobody leaves (C)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from cxlab.errors import InputError
from cxlab.theory.checks import at_least, load_of, whole

__all__ = ["ErlangC", "blocking", "erlang_b", "erlang_c", "tail_share"]


def blocking(load: float, agents: int) -> float:
    """Return Erlang's B by its recursion in the number of agents, for a load in erlangs.

    It neither overflows nor loses digits; each step is a quotient of positive numbers.

    >>> blocking(1.0, 2)
    0.2
    """
    blocked = 1.0
    for n in range(1, agents + 1):
        blocked = load * blocked / (n + load * blocked)
    return blocked


def erlang_b(calls_per_hour: float, handle_s: float, agents: int) -> float:
    """Return the share of callers who find all agents busy, where those are turned away.

    M/G/n/n in steady state: Poisson arrivals, any law of handling with the mean `handle_s`
    in seconds, no place to wait. Any load is possible; with 0 agents everybody is turned away.
    Raises InputError for rates and times that are not positive. Source: A. K. Erlang (1917).

    >>> round(erlang_b(calls_per_hour=30, handle_s=180, agents=2), 6)
    0.310345
    """
    whole(0, agents=agents)
    return blocking(load_of(calls_per_hour, handle_s), int(agents))


def tail_share(share: float) -> float:
    """Return 1 − share, the part beyond a quantile; InputError unless 0 ≤ share < 1."""
    if not 0 <= share < 1:
        raise InputError("share of a quantile", given=share, expected="0 or more, below 1")
    return 1 - share


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

    def p_wait_longer(self, than_s: float) -> float:
        """Return the share of callers who wait longer than so many seconds."""
        at_least(0, than_s=than_s)
        return self.p_wait * math.exp(-than_s / self.wait_of_delayed_s)

    def service_level(self, within_s: float) -> float:
        """Return the share of callers answered within so many seconds."""
        return 1 - self.p_wait_longer(within_s)

    def wait_quantile(self, share: float) -> float:
        """Return the seconds within which this share of all callers is answered.

        0 where so many do not wait at all. Raises InputError unless 0 ≤ share < 1.
        """
        beyond = tail_share(share)
        if beyond >= self.p_wait:
            return 0.0
        return self.wait_of_delayed_s * math.log(self.p_wait / beyond)


def erlang_c(calls_per_hour: float, handle_s: float, agents: int) -> ErlangC:
    """Return the steady state of an M/M/n queue.

    Erlang's B comes from its recursion in the number of agents, and C from B. Raises
    InputError for numbers that are not positive, and where the load reaches the agents: there
    is no steady state then, and no waiting probability. Source: A. K. Erlang (1917).

    >>> c = erlang_c(calls_per_hour=30, handle_s=180, agents=2)
    >>> round(c.p_wait, 6), round(c.service_level(within_s=20), 4), round(c.wait_quantile(0.9))
    (0.642857, 0.3919, 670)
    """
    load = load_of(calls_per_hour, handle_s)
    whole(0, agents=agents)
    if load >= agents:
        raise InputError(
            "Erlang C has no steady state: the queue grows for ever",
            given=agents,
            expected=f"more agents than the {load:.6g} that the work keeps busy",
            hint="with a patience, `erlang_a` has one at any load",
        )
    blocked = blocking(load, int(agents))
    p_wait = blocked / (1 - load / agents * (1 - blocked))
    return ErlangC(calls_per_hour, handle_s, int(agents), p_wait)
