"""Erlang A: a team whose callers give up after an exponential patience (Palm 1957)."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammainc

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, at_least, load_of, positive, whole
from cxlab.theory.erlang import blocking, tail_share
from cxlab.theory.offered_wait import OfferedWait, offered_wait

__all__ = ["ErlangA", "erlang_a", "quantile"]


def _stays(z: Floats) -> Floats:
    return np.exp(-z)


def _gives_up(z: Floats) -> Floats:
    return -np.expm1(-z)


def _wait_served(z: Floats) -> Floats:
    return z * np.exp(-z)


def _wait_given_up(z: Floats) -> Floats:
    """Return the mean of patience below z, 1 − e⁻ᶻ(1 + z), which is Gamma(2)'s distribution."""
    return np.asarray(gammainc(2.0, z), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class ErlangA:
    """The M/M/n+M queue in steady state; make it by `erlang_a`. There is one at any load."""

    calls_per_hour: float
    handle_s: float
    agents: int
    mean_patience_s: float
    p_wait: float
    """Share of callers who find all agents busy."""
    p_abandon: float
    """Share of callers who give up."""
    p_served: float
    mean_wait_served_s: float
    """Mean wait in seconds of those who are served."""
    mean_wait_abandoned_s: float
    """Mean wait in seconds of those who give up, until they do."""
    _law: OfferedWait = field(repr=False)

    @property
    def offered_erlangs(self) -> float:
        """Work offered, in agents kept busy if everybody were served."""
        return self.calls_per_hour / 3600 * self.handle_s

    @property
    def occupancy(self) -> float:
        """Share of the agents' time that is busy."""
        return min(1.0, self.offered_erlangs * self.p_served / self.agents)

    @property
    def mean_wait_s(self) -> float:
        """Mean time in line of all callers, until they are served or give up."""
        return self.mean_patience_s * self.p_abandon

    @property
    def mean_queue_length(self) -> float:
        """Mean number of callers waiting (Little's law)."""
        return self.calls_per_hour / 3600 * self.mean_wait_s

    def p_offered_wait_longer(self, than_s: float) -> float:
        """Return the share who would wait longer than so many seconds with endless patience."""
        return self.p_wait * self._law.if_waiting(np.ones_like, self._units(than_s))

    def p_wait_longer(self, than_s: float) -> float:
        """Return the share of callers who are in line for longer than so many seconds."""
        return self.p_offered_wait_longer(than_s) * math.exp(-self._units(than_s))

    def p_abandon_within(self, within_s: float) -> float:
        """Return the share of callers who give up within so many seconds."""
        z = self._units(within_s)
        early = self.p_wait * self._law.if_waiting(_gives_up, 0.0, z)
        return early - math.expm1(-z) * self.p_offered_wait_longer(within_s)

    def service_level(self, within_s: float) -> float:
        """Return the share of all callers who are served within so many seconds."""
        z = self._units(within_s)
        return self._law.p_no_wait + self.p_wait * self._law.if_waiting(_stays, 0.0, z)

    def service_level_served(self, within_s: float) -> float:
        """Return the share of those served who are served within so many seconds."""
        return self.service_level(within_s) / self.p_served

    def service_level_no_short(self, within_s: float) -> float:
        """Return the share served in time of those who did not give up in that time.

        That is served within t ÷ (all callers − those who gave up within t).
        """
        return self.service_level(within_s) / (1 - self.p_abandon_within(within_s))

    def wait_quantile(self, share: float) -> float:
        """Return the seconds after which this share of all callers is out of the line.

        They are served or have given up. Raises InputError unless 0 ≤ share < 1.
        """
        return quantile(self.p_wait_longer, share, self.handle_s / self.agents)

    def wait_quantile_served(self, share: float) -> float:
        """Return the seconds within which this share of those served is served."""
        return quantile(self._p_served_longer, share, self.handle_s / self.agents)

    def offered_wait_quantile(self, share: float) -> float:
        """Return the seconds that a caller of endless patience waits at most, so often."""
        return quantile(self.p_offered_wait_longer, share, self.handle_s / self.agents)

    def _p_served_longer(self, than_s: float) -> float:
        late = self._law.if_waiting(_stays, self._units(than_s))
        return self.p_wait * late / self.p_served

    def _units(self, seconds: float) -> float:
        at_least(0, seconds=seconds)
        return seconds / self.mean_patience_s


def erlang_a(
    calls_per_hour: float, handle_s: float, agents: int, mean_patience_s: float
) -> ErlangA:
    """Return the steady state of an M/M/n+M queue, with the exact law of the wait.

    Poisson arrivals, exponential handling and patience with means in seconds; a caller whose
    patience ends in line leaves. Overload is allowed. Raises InputError for numbers that are
    not positive and finite. Sources: C. Palm (1957); A. Mandelbaum and S. Zeltyn, Service
    engineering in action (2007). The example is Garnett, Mandelbaum and Reiman's (2002).

    >>> a = erlang_a(calls_per_hour=2880, handle_s=60, agents=50, mean_patience_s=120)
    >>> round(a.p_abandon, 3), round(a.mean_wait_s, 1), round(a.service_level(within_s=20), 3)
    (0.031, 3.7, 0.943)
    """
    load = load_of(calls_per_hour, handle_s)
    whole(1, agents=agents)
    if mean_patience_s == math.inf:
        raise InputError(
            "mean_patience_s", given=mean_patience_s, hint="`erlang_c` is for endless patience"
        )
    positive(mean_patience_s=mean_patience_s)
    arrivals = calls_per_hour / 3600 * mean_patience_s
    law = offered_wait(blocking(load, int(agents) - 1), load, int(agents), arrivals)
    gives_up, served = (law.if_waiting(f) for f in (_gives_up, _stays))
    p_served = law.p_no_wait + law.p_wait * served
    return ErlangA(
        calls_per_hour,
        handle_s,
        int(agents),
        mean_patience_s,
        law.p_wait,
        law.p_wait * gives_up,
        p_served,
        mean_patience_s * law.p_wait * law.if_waiting(_wait_served) / p_served,
        mean_patience_s * law.if_waiting(_wait_given_up) / gives_up,
        law,
    )


def quantile(p_longer: Callable[[float], float], share: float, scale_s: float) -> float:
    """Return the seconds t at which P(wait > t) has come down to 1 − share, or 0.

    `p_longer` falls continuously for t ≥ 0; the search begins at `scale_s`. Raises InputError
    unless 0 ≤ share < 1.

    >>> round(quantile(lambda t: 0.5 * math.exp(-t), 0.75, 1.0), 6)
    0.693147
    """
    beyond = tail_share(share)
    if p_longer(0.0) <= beyond:
        return 0.0
    high = scale_s
    while p_longer(high) > beyond:
        high *= 2
    return float(brentq(lambda t: p_longer(t) - beyond, 0.0, high, xtol=1e-13 * high, rtol=1e-14))
