"""A company in one replication: a customer base, and the desk that serves it, if it has one.

In an open loop the base lives first, and whoever asks while being a customer is served then: what
the desk does changes nothing. In a closed loop both go on day by day: what the desk did before a
midnight is known when the books are closed, and who is a customer then may ask on that day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cxlab.scenario import Scenario
from cxlab.sim.base.contacts import WeekShape, requests_of
from cxlab.sim.base.customers import Population
from cxlab.sim.base.history import History
from cxlab.sim.base.lifecycle import Base, run_base
from cxlab.sim.engines import Engine, play
from cxlab.sim.outcome import Outcome
from cxlab.sim.plan import DeskPlan, desk_plan
from cxlab.sim.workload import Requests, Workload, draw_requests

__all__ = ["Company", "Served", "play_company"]


@dataclass(frozen=True, slots=True)
class Served:
    """What the desk had to do, with which plan, and what it did."""

    workload: Workload
    plan: DeskPlan
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Company:
    """One replication of a company."""

    population: Population
    history: History
    served: Served | None


def play_company(
    scenario: Scenario, replication: int, *, seed: int | None = None, engine: Engine = "compiled"
) -> Company:
    """Play one replication (1-based) of a scenario that has a customer base.

    The engines agree to the last bit: "simpy" is the specification, "compiled" replays it.
    """
    population = Population(scenario, replication, scenario.seed if seed is None else seed)
    contacts = population.lifecycle.contacts
    if contacts is None:
        return Company(population, _lives(population, engine), None)
    shape = WeekShape.of(scenario, contacts, replication, population.seed)
    plan = desk_plan(scenario, replication, seed=seed)
    if population.lifecycle.closed_loop:
        loop = _simpy_loop if engine == "simpy" else _compiled_loop
        return loop(population, shape, plan)
    history = _lives(population, engine)
    requests = requests_of(population, shape, history.customers, 0)
    requests = requests.take(_asks(history, requests, population))
    workload = draw_requests(scenario, requests)
    return Company(population, history, Served(workload, plan, play(workload, plan, engine=engine)))


def _lives(population: Population, engine: Engine) -> History:
    if engine == "simpy":
        return run_base(population)
    from cxlab.sim.base.compiled import play_base  # imports Numba

    return play_base(population)


def _asks(history: History, requests: Requests, population: Population) -> np.ndarray:
    """Return the places of the requests whose customer is one when they would be made."""
    midnights = population.days.midnights
    day = np.searchsorted(midnights, requests.created, side="right") - 1
    # The spell that began last before a day, if it is the customer's own and still lasts.
    wide = np.int64(population.days.reach + population.days.total + 1)
    order = history.customer * wide + history.start + population.days.reach
    place = np.searchsorted(order, requests.customer * wide + day + population.days.reach,
                            side="right") - 1  # fmt: skip
    spell = np.maximum(place, 0)
    mine = (place >= 0) & (history.customer[spell] == requests.customer)
    inside = mine & (day < history.end[spell])
    return np.flatnonzero(inside)


def _simpy_loop(population: Population, shape: WeekShape, plan: DeskPlan) -> Company:
    """Let base and desk share one clock."""
    from cxlab.sim.base.service import DeskService
    from cxlab.sim.clock import Clock

    clock = Clock()
    service = DeskService(population, shape, plan, clock)
    base = service.base = Base(population, clock, service)
    clock.run_until(plan.horizon_s)
    came = np.flatnonzero(np.array(service.came, dtype=np.bool_))
    return _gathered(
        population, base.history(), service.workloads, plan, service.desk.record.outcome(), came
    )


def _compiled_loop(population: Population, shape: WeekShape, plan: DeskPlan) -> Company:
    """Let base and desk take turns, a day each."""
    from cxlab.sim.base.loop import Loop

    loop = Loop(population, shape, plan)
    for day in range(population.days.total):
        loop.day(day)
    return _gathered(
        population, loop.base.history(), loop.workloads, plan, loop.desk.outcome(), loop.came()
    )


def _gathered(
    population: Population, history: History, parts: list[Workload], plan: DeskPlan,
    outcome: Outcome, came: np.ndarray,
) -> Company:  # fmt: skip
    """Put the requests that were made into order of time, and the outcome likewise."""
    everything = Workload.joined(parts)
    order = came[np.argsort(everything.created[came], kind="stable")]
    return Company(
        population,
        history,
        Served(everything.take(order), plan, outcome.of_requests(everything, order)),
    )
