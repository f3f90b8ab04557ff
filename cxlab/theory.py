"""Closed forms and exact recursions to hold simulations and metrics against.

Queueing theory, and the textbook forms of customer lifetime value.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError

__all__ = ["ErlangC", "Payments", "Waits", "erlang_c", "kiefer_wolfowitz", "lifetime_value"]

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


Payments = Literal["advance", "renewals", "arrears", "undiscounted"]
"""Which payments a lifetime value counts, and when: see `lifetime_value`."""


def lifetime_value(
    margin: npt.ArrayLike,
    retention: npt.ArrayLike,
    discount: npt.ArrayLike,
    payments: Payments,
) -> Floats:
    """Return a customer's lifetime value at a constant margin m and retention rate r per period.

    Textbooks differ in two things, whether the first payment is counted and whether a payment
    is made at the beginning or the end of its period; so `payments` has to be chosen:

    - "advance": the first one now, each renewal's at once: Σ m rᵗ/(1+d)ᵗ = m (1+d)/(1+d−r)
    - "renewals": without the first one, which is spent already: m r/(1+d−r)
    - "arrears": the first one too, each at the end of its period: m/(1+d−r)
    - "undiscounted": margin × mean lifetime 1/(1−r); `discount` is not used

    All arguments are per period and broadcast. The cost of acquisition is not taken off.
    Raises InputError for a retention outside 0 … 1, a negative discount, or where the sum has
    no end (r = 1 without discount). Source: P. S. Fader and B. G. S. Hardie, Reconciling and
    clarifying CLV formulas (2012), brucehardie.com/notes/024. Real customers differ in r, and
    then the mean rate understates the value: see `cxlab.stats.ShiftedBetaGeometric`.

    >>> for payments in ("advance", "renewals", "arrears"):
    ...     print(round(float(lifetime_value(100, 0.8, 0.1, payments)), 2))
    366.67
    266.67
    333.33
    """
    m, r, d = (np.asarray(v, dtype=np.float64) for v in (margin, retention, discount))
    if payments not in get_args(Payments):
        raise InputError("payments of a lifetime value", given=payments, known=get_args(Payments))
    if ((r < 0) | (r > 1)).any():
        raise InputError("retention", given=retention, expected="a share between 0 and 1")
    if (d < 0).any():
        raise InputError("discount", given=discount, expected="a rate of 0 or more")
    lost = 1 - r if payments == "undiscounted" else 1 + d - r
    if (lost <= 0).any():
        raise InputError("a lifetime value without end: nobody leaves, nothing is discounted")
    factor = {"advance": 1 + d, "renewals": r}.get(payments, np.ones_like(lost))
    return np.asarray(m * factor / lost, dtype=np.float64)
