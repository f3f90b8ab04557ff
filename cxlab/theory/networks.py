"""Networks of Erlang C stations (Jackson): customers who come back, and second tiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, per_class, positive, shares, whole
from cxlab.theory.erlang import ErlangC, erlang_c

__all__ = [
    "Network",
    "contacts_per_issue",
    "feedback",
    "jackson",
    "traffic",
    "two_tiers",
]


def contacts_per_issue(resolution_probability: float, max_contacts: int | None = None) -> float:
    """Return how many contacts an issue takes on average.

    Each contact resolves with the same probability p, else the customer comes back:
    1/p contacts, or with a limit m (1 − (1 − p)ᵐ)/p. Raises InputError for a share outside
    0 … 1, a limit below 1, or no limit and no resolution.

    >>> contacts_per_issue(0.8), round(contacts_per_issue(0.8, max_contacts=2), 6)
    (1.25, 1.2)
    """
    shares(resolution_probability=resolution_probability)
    if max_contacts is None:
        if resolution_probability == 0:
            raise InputError("nothing is ever resolved", expected="a limit, `max_contacts`")
        return 1 / resolution_probability
    whole(1, max_contacts=max_contacts)
    if resolution_probability == 0:
        return float(max_contacts)
    return (1 - (1 - resolution_probability) ** max_contacts) / resolution_probability


def traffic(external_per_hour: npt.ArrayLike, routing: npt.ArrayLike) -> Floats:
    """Return the calls per hour at each station of an open network, shape (stations,).

    `external_per_hour` has shape (stations,); `routing[i, j]` is the share of those leaving
    station i who go to j next, the rest of row i leaves for good. Solves λ = γ + λP. Raises
    InputError for shares outside 0 … 1, rows above 1, or customers who can never leave.

    >>> traffic([30, 0], [[0.2, 0.3], [0, 0]]).round(6).tolist()
    [37.5, 11.25]
    """
    (outside,) = per_class(external_per_hour=external_per_hour)
    moves = np.asarray(routing, dtype=np.float64)
    k = len(outside)
    if moves.shape != (k, k):
        raise InputError("routing", given=moves.shape, expected=f"a matrix of {k} by {k} shares")
    if not ((moves >= 0).all() and (moves.sum(axis=1) <= 1 + 1e-12).all()):
        raise InputError("routing", given=moves.tolist(), expected="shares, rows adding up to ≤ 1")
    if max(abs(np.linalg.eigvals(moves))) > 1 - 1e-12:
        raise InputError("routing", given=moves.tolist(), expected="a way out from every station")
    return np.asarray(np.linalg.solve(np.eye(k) - moves.T, outside), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Network:
    """An open network in steady state: each station is an M/M/n queue, as if it stood alone."""

    issues_per_hour: float
    """Customers who come from outside."""
    stations: tuple[ErlangC, ...]

    @property
    def contacts_per_issue(self) -> Floats:
        """Mean visits of a customer at each station, shape (stations,)."""
        return np.array([s.calls_per_hour for s in self.stations]) / self.issues_per_hour

    @property
    def wait_per_issue_s(self) -> float:
        """Mean seconds that a customer waits in all lines together."""
        return float(self.contacts_per_issue @ [s.mean_wait_s for s in self.stations])

    @property
    def time_per_issue_s(self) -> float:
        """Mean seconds waiting and being served; time at home between contacts is not in it."""
        return float(self.contacts_per_issue @ [s.mean_wait_s + s.handle_s for s in self.stations])


def jackson(
    external_per_hour: npt.ArrayLike,
    routing: npt.ArrayLike,
    handle_s: npt.ArrayLike,
    agents: npt.ArrayLike,
) -> Network:
    """Return the steady state of an open Jackson network.

    Poisson arrivals from outside and `routing` as for `traffic`; exponential handling with
    means in seconds, shape (stations,). Delays between visits change nothing, whatever their
    law. Every visitor of a station meets its steady state, but the waits of one customer are
    not independent. Raises InputError as `traffic` does, and where a station gets no calls or
    too many for its agents. Source: J. R. Jackson, Networks of waiting lines, Operations
    Research 5 (1957), 518–521.

    >>> net = jackson([30, 0], [[0.2, 0.3], [0, 0]], handle_s=[60, 120], agents=[1, 1])
    >>> [round(s.occupancy, 3) for s in net.stations], round(net.time_per_issue_s)
    ([0.625, 0.375], 272)
    """
    calls = traffic(external_per_hour, routing)
    (outside,) = per_class(external_per_hour=external_per_hour)
    handling, team = _per_station(calls, handle_s=handle_s, agents=agents)
    return _network(float(outside.sum()), calls, handling, team)


def feedback(
    calls_per_hour: float,
    handle_s: float,
    agents: int,
    resolution_probability: float,
    max_contacts: int | None = None,
) -> Network:
    """Return the steady state of one team whose unresolved customers come back.

    New issues per hour; each contact resolves with the given probability, up to a limit of
    contacts if there is one (see `contacts_per_issue`); those who come back wait in line like
    anybody. Raises InputError where the load with all contacts reaches the agents. Sources:
    Jackson (1957); with the limit, which makes contacts a class: F. Baskett, K. M. Chandy,
    R. R. Muntz and F. G. Palacios, J. ACM 22 (1975), 248–260.

    >>> team = feedback(30, handle_s=180, agents=3, resolution_probability=0.75)
    >>> team.stations[0].calls_per_hour, round(team.stations[0].mean_wait_s, 1)
    (40.0, 80.0)
    """
    positive(calls_per_hour=calls_per_hour)
    all_calls = calls_per_hour * contacts_per_issue(resolution_probability, max_contacts)
    return Network(calls_per_hour, (erlang_c(all_calls, handle_s, agents),))


def two_tiers(
    calls_per_hour: float,
    handle_s: Sequence[float],
    agents: Sequence[int],
    escalation_share: float,
    resolution_probability: float = 1.0,
    max_contacts: int | None = None,
) -> Network:
    """Return the steady state of a first tier that passes a share of its contacts to a second.

    New issues per hour come to tier 1; `handle_s` (seconds) and `agents` are pairs. A contact
    ends at tier 1, or at tier 2 if escalated; if it did not resolve, the customer comes back to
    tier 1, up to `max_contacts` contacts. Raises InputError as `feedback` does, for either
    tier. Source: as for `feedback`.

    >>> desk = two_tiers(30, handle_s=(180, 600), agents=(3, 2), escalation_share=0.2)
    >>> [round(tier.mean_wait_s, 1) for tier in desk.stations]
    [28.4, 200.0]
    """
    shares(escalation_share=escalation_share)
    positive(calls_per_hour=calls_per_hour)
    first = calls_per_hour * contacts_per_issue(resolution_probability, max_contacts)
    calls = np.array([first, first * escalation_share])
    handling, team = _per_station(calls, handle_s=handle_s, agents=agents)
    return _network(calls_per_hour, calls, handling, team)


def _per_station(calls: Floats, **given: npt.ArrayLike) -> list[Floats]:
    handling, team, _ = per_class(**given, stations=calls)
    if len(handling) != len(calls):
        raise InputError("one number per station each", given=len(handling))
    return [handling, team]


def _network(issues: float, calls: Floats, handling: Floats, team: Floats) -> Network:
    if (calls == 0).any():
        station = int(np.flatnonzero(calls == 0)[0]) + 1
        raise InputError(f"station {station} gets no calls", expected="some at every station")
    for n in team:
        whole(0, agents=n)
    rows = zip(calls.tolist(), handling.tolist(), team.tolist(), strict=True)
    return Network(issues, tuple(erlang_c(c, h, int(n)) for c, h, n in rows))
