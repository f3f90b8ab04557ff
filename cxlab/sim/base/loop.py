"""The closed loop on the compiled engine: customer base and desk take turns, a day each."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cxlab.sim.base.compiled import CompiledBase
from cxlab.sim.base.contacts import WeekShape, requests_of
from cxlab.sim.base.customers import Customers, Population
from cxlab.sim.base.memory import Requested
from cxlab.sim.compiled import CompiledDesk, first_joins
from cxlab.sim.plan import DeskPlan
from cxlab.sim.workload import Workload, draw_requests

__all__ = ["Loop"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.int32]


class Loop:
    """A base and a desk; `day` is called for every day of the replication in order."""

    def __init__(self, population: Population, shape: WeekShape, plan: DeskPlan) -> None:
        self.population, self.shape, self.plan = population, shape, plan
        self.desk = CompiledDesk(plan, len(population.scenario.lines))
        self.memory = Requested(population.scenario)
        self.workloads: list[Workload] = []
        self.size = 0
        self._made: list[Integers] = []
        self._by_day: list[list[Integers]] = [[] for _ in range(population.days.total)]
        self._joins: list[tuple[Floats, Small]] = []  # of all requests, batch by batch
        self._starts: list[int] = []
        self._to_come = (np.empty(0), np.empty(0, dtype=np.int32))
        self.base = CompiledBase(population)
        self._known = len(self.base.customers)
        self.expect(self.base.customers, 0)

    def meet(self) -> None:
        """Expect the requests of customers who have come since the last time."""
        customers = self.base.customers
        if len(customers) == self._known:
            return
        new = customers.take(np.arange(self._known, len(customers)))
        self.expect(new, self._known)
        self._known = len(customers)

    def expect(self, customers: Customers, first: int) -> None:
        """Draw the requests that customers will make as long as they are customers."""
        requests = requests_of(self.population, self.shape, customers, first)
        workload = draw_requests(self.population.scenario, requests)
        at, contact = first_joins(workload, self.plan)
        self._joins.append((at, (contact + self.desk.contacts).astype(np.int32)))
        self._starts.append(self.size)
        self.desk.add(workload)
        self.memory.expect(requests, workload)
        day = np.searchsorted(self.population.days.midnights, requests.created, side="right") - 1
        edges = np.searchsorted(day, np.arange(self.population.days.total + 1))
        for one in np.unique(day).tolist():
            self._by_day[one].append(self.size + np.arange(edges[one], edges[one + 1]))
        self.workloads.append(workload)
        self.size += len(requests)

    def day(self, day: int) -> None:
        """Close the books of a day, then let it pass at the desk."""
        days = self.population.days
        if day > 0:
            self.memory.look(*self.desk.records, days.midnight(day))
            self.base.close(day, self.memory.memory)
            self.meet()
        made = self._made_on(day)
        self._made.append(made)
        self.memory.made(made, len(self.base.customers))
        at, contact = self._first_needs(made, days.midnight(day + 1))
        self.desk.advance(at, contact, days.midnight(day + 1))

    def _made_on(self, day: int) -> Integers:
        """Return the requests that customers make on a day, in order of time."""
        parts = self._by_day[day]
        if not parts:
            return np.empty(0, dtype=np.int64)
        may = np.concatenate(parts)
        rows = self.memory.rows
        may = may[self.base.is_active(rows["customer"][may])]
        return may[np.argsort(rows["created"][may], kind="stable")]

    def _first_needs(self, made: Integers, until: float) -> tuple[Floats, Small]:
        """Return when before a time which contacts first need a person, in order of time."""
        batch = np.searchsorted(self._starts, made, side="right") - 1
        at, contact = np.empty(len(made)), np.empty(len(made), dtype=np.int32)
        for one in np.unique(batch).tolist():
            mine = batch == one
            row = made[mine] - self._starts[one]
            at[mine], contact[mine] = (column[row] for column in self._joins[one])
        waiting, whom = self._to_come
        at, contact = np.concatenate((waiting, at)), np.concatenate((whom, contact))
        order = np.argsort(at, kind="stable")
        at, contact = at[order], contact[order]
        now = np.searchsorted(at, until)
        self._to_come = at[now:], contact[now:]
        return at[:now], contact[:now]

    def came(self) -> Integers:
        """Return all requests that were made."""
        return np.concatenate(self._made)
