"""Birth and death: the desk with a waiting room, impatience and callers put off by a line."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, betaincc, gammaincc

from cxlab.errors import InputError
from cxlab.theory.checks import Floats, at_least, load_of, per_class, positive, shares, whole

__all__ = ["FiniteRoom", "birth_death", "finite_room"]


def birth_death(births: npt.ArrayLike, deaths: npt.ArrayLike) -> Floats:
    """Return the steady state of a birth–death process on 0 … k, shape (k + 1,).

    `births[i]` is the rate from i to i + 1, `deaths[i]` the rate back; both have shape (k,) and
    one unit of time. Products of their quotients are summed as logarithms outwards from the
    most likely state, so long chains neither overflow nor lose digits. Raises InputError for
    negative rates, or a death rate of 0: nothing would ever come back. Source: any book on
    queues, e.g. L. Kleinrock, Queueing Systems I (1975), chapter 3.

    >>> birth_death([1, 1], [1, 2])
    array([0.4, 0.4, 0.2])
    """
    up, down = per_class(births=births, deaths=deaths)
    if (down == 0).any():
        raise InputError("deaths", given=down.tolist(), expected="rates above 0")
    with np.errstate(divide="ignore"):
        steps = np.log(up / down)
    peak = int(np.argmax(np.concatenate([[0.0], np.cumsum(steps)])))
    above, below = np.cumsum(steps[peak:]), np.cumsum(-steps[:peak][::-1])[::-1]
    weights = np.exp(np.concatenate([below, [0.0], above]))
    return np.asarray(weights / weights.sum(), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class FiniteRoom:
    """The M/M/n/K+M queue with balking in steady state; shares are of all callers."""

    calls_per_hour: float
    handle_s: float
    agents: int
    waiting_places: int
    mean_patience_s: float
    p_state: Floats
    """Share of time with 0, 1, … callers at the desk, shape (agents + waiting_places + 1,)."""
    p_blocked: float
    """Share of callers who find every place taken."""
    p_balk: float
    """Share of callers who find a line with room and do not join it."""
    p_wait: float
    """Share of callers who join the line."""
    p_served: float

    @property
    def p_abandon(self) -> float:
        """Share of callers who join the line and give up."""
        if math.isinf(self.mean_patience_s):
            return 0.0
        return self.mean_queue_length / self.mean_patience_s / (self.calls_per_hour / 3600)

    @property
    def occupancy(self) -> float:
        """Share of the agents' time that is busy."""
        busy = np.minimum(np.arange(len(self.p_state)), self.agents)
        return float(busy @ self.p_state) / self.agents

    @property
    def mean_queue_length(self) -> float:
        """Mean number of callers waiting."""
        return float(np.arange(self.waiting_places + 1) @ self.p_state[self.agents :])

    @property
    def mean_wait_s(self) -> float:
        """Mean wait in seconds of those who enter: served at once, or joining the line."""
        enter = self._at_once() + self.p_wait
        return self.mean_queue_length / (self.calls_per_hour / 3600 * enter)

    def service_level(self, within_s: float) -> float:
        """Return the share of all callers who are served within so many seconds."""
        at_least(0, within_s=within_s)
        return self._at_once() + float(self._joining() @ self._served_within(within_s))

    def p_wait_longer(self, than_s: float) -> float:
        """Return the share of all callers who are in line for longer than so many seconds."""
        at_least(0, than_s=than_s)
        places, rate = np.arange(1, self.waiting_places + 1), self.agents / self.handle_s
        if math.isinf(self.mean_patience_s):
            return float(self._joining() @ gammaincc(places, rate * than_s))
        z, freed = than_s / self.mean_patience_s, rate * self.mean_patience_s
        return math.exp(-z) * float(self._joining() @ betainc(freed, places, math.exp(-z)))

    def _at_once(self) -> float:
        return float(self.p_state[: self.agents].sum())

    def _joining(self) -> Floats:
        """Return the shares of callers who join at place 1, 2, … of the line."""
        busy_with_room = self.p_state[self.agents : -1]
        total = float(busy_with_room.sum())
        return busy_with_room * (self.p_wait / total if total else 0.0)

    def _served_within(self, seconds: float) -> Floats:
        """Return the chance of being served in time from place 1, 2, … of the line.

        The offered wait V from place j is a sum of exponential times with the rates c, c + 1,
        …, c + j − 1 per mean patience; exp(−V) is then Beta(c, j).
        """
        places, rate = np.arange(1, self.waiting_places + 1), self.agents / self.handle_s
        if math.isinf(self.mean_patience_s):
            return 1 - np.asarray(gammaincc(places, rate * seconds), dtype=np.float64)
        z, freed = seconds / self.mean_patience_s, rate * self.mean_patience_s
        late = np.asarray(betaincc(freed + 1, places, math.exp(-z)), dtype=np.float64)
        return freed / (freed + places) * late


def finite_room(
    calls_per_hour: float,
    handle_s: float,
    agents: int,
    waiting_places: int,
    mean_patience_s: float = math.inf,
    *,
    balking: float = 0.0,
) -> FiniteRoom:
    """Return the steady state of an M/M/n/K+M queue, K = agents + `waiting_places`.

    Handling and patience are exponential with means in seconds; without a patience nobody
    gives up. Of the callers who find all agents busy and a place free, the share `balking` does
    not join; who finds no place is turned away. Any load is possible. Raises InputError for
    numbers that are not positive, or a share outside 0 … 1. Source: L. Kleinrock, Queueing
    Systems I (1975), chapter 3; for the law of the wait see `FiniteRoom`.

    >>> f = finite_room(calls_per_hour=60, handle_s=60, agents=1, waiting_places=1)
    >>> f.p_state.round(4).tolist(), round(f.p_blocked, 4), round(f.mean_wait_s, 4)
    ([0.3333, 0.3333, 0.3333], 0.3333, 30.0)
    """
    load_of(calls_per_hour, handle_s)
    whole(1, agents=agents)
    whole(0, waiting_places=waiting_places)
    if not math.isinf(mean_patience_s):
        positive(mean_patience_s=mean_patience_s)
    shares(balking=balking)
    agents, waiting_places = int(agents), int(waiting_places)
    at_desk = np.arange(agents + waiting_places)
    calls = calls_per_hour / 3600
    births = np.where(at_desk < agents, calls, calls * (1 - balking))
    deaths = np.minimum(at_desk + 1, agents) / handle_s
    deaths += np.maximum(at_desk + 1 - agents, 0) / mean_patience_s
    state = birth_death(births, deaths)
    line = float(state[agents:-1].sum())
    busy = float(np.minimum(np.arange(len(state)), agents) @ state)
    return FiniteRoom(
        calls_per_hour,
        handle_s,
        agents,
        waiting_places,
        mean_patience_s,
        state,
        p_blocked=float(state[-1]),
        p_balk=line * balking,
        p_wait=line * (1 - balking),
        p_served=busy / handle_s / calls,
    )
