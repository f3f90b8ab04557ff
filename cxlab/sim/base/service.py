"""The desk as customers meet it, in SimPy: who asks for support, and what came of it.

What a customer met with is told request by request, as it stands at a midnight:

- the first reply took until then, until the customer left for good, or until now;
- the resolution likewise, up to the last solve, if nobody comes back from it;
- unresolved is what was not solved for good: given up, turned away, or open;
- the score (CSAT) is what the customer gives, or would give, once it is solved for good.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan

import numpy as np

from cxlab.scenario import Scenario
from cxlab.scenario.links import Experience
from cxlab.sim.base.contacts import WeekShape, requests_of
from cxlab.sim.base.customers import Customers, Population
from cxlab.sim.base.lifecycle import Base
from cxlab.sim.clock import Clock
from cxlab.sim.desk import Desk
from cxlab.sim.plan import DeskPlan
from cxlab.sim.survey import score_draws, scores
from cxlab.sim.workload import Workload, draw_requests

__all__ = ["DeskService"]


@dataclass(frozen=True, slots=True)
class Look:
    """One request, looked at."""

    first_reply_hours: float
    resolution_hours: float
    contacts: int
    unresolved: int
    csat: float  # NaN before it is solved


class DeskService:
    """Connects a customer base with a desk: its requests go there, their fate is known here."""

    def __init__(self, population: Population, shape: WeekShape, plan: DeskPlan, clock: Clock):
        self.population, self.shape = population, shape
        self.desk = Desk(plan, clock)
        self.base: Base | None = None
        self.workloads: list[Workload] = []
        self.asked: dict[int, list[int]] = {}  # by customer: the requests made, in order
        self.customer: list[int] = []
        self.csat_u: list[float] = []
        self.came: list[bool] = []

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.population.scenario

    def welcome(self, customers: Customers, first: int) -> None:
        """Expect the requests of customers who have just come."""
        requests = requests_of(self.population, self.shape, customers, first)
        self.customer.extend(requests.customer.tolist())
        self.came.extend([False] * len(requests))
        self.csat_u.extend(score_draws(requests.key, "csat").tolist())
        workload = draw_requests(self.scenario, requests)
        self.workloads.append(workload)
        self.desk.expect(workload, self.comes)

    def comes(self, request: int) -> bool:
        """Return whether a request is made: whether who would make it is a customer now."""
        assert self.base is not None
        who = self.customer[request]
        if not self.base.customers[who].active:
            return False
        self.came[request] = True
        self.asked.setdefault(who, []).append(request)
        return True

    def experience(self, customer: int, kind: Experience, since: float) -> float | None:
        """Return what a customer met with in the requests made since a time."""
        met: list[float] = []
        for request in reversed(self.asked.get(customer, [])):
            if self.desk.created[request] < since:
                break
            value = float(getattr(self.look(request), kind))
            if not isnan(value):
                met.append(value)
        if not met:
            return None
        total = 0.0
        for value in met:
            total += value
        return total if kind == "unresolved" else total / len(met)

    def look(self, request: int) -> Look:
        """Look at a request as it stands now."""
        desk, record = self.desk, self.desk.record
        first, end = desk.first_contact[request], desk.first_contact[request + 1]
        last = max(
            (c for c in range(first, end) if not isnan(record.joined[c])), default=first
        )  # fmt: skip
        created, now = desk.created[request], desk.clock.now
        solved = record.ended[desk.first_step[last + 1] - 1]
        if last == first and desk.contained[request]:
            bot = created + desk.bot_s[request]
            solved = bot if bot < now else float("nan")
        settled = not isnan(solved) and desk.return_after[last] == inf
        gone = not isnan(record.left[last]) and desk.redial_after[last] == inf
        until = solved if settled else record.left[last] if gone else now
        replied = self.replied(request, first, last)
        waited = until if gone and isnan(replied) else now if isnan(replied) else replied
        if not isnan(desk.bot_s[request]):
            waited = created
        contacts = last - first + 1
        reply, resolution = (waited - created) / 3600, (until - created) / 3600
        score = float("nan")
        if settled:
            score = self.score(request, reply, resolution, contacts, first, last)
        return Look(reply, resolution, contacts, int(not settled), score)

    def replied(self, request: int, first: int, last: int) -> float:
        """Return when the first reply of a person went out; NaN where none did."""
        desk, record = self.desk, self.desk.record
        channel = list(self.scenario.lines.values())[desk.line[request]]
        times = record.answered if channel.first_reply == "start" else record.ended
        for contact in range(first, last + 1):
            if not isnan(times[desk.first_step[contact]]):
                return times[desk.first_step[contact]]
        return float("nan")

    def score(
        self, request: int, reply: float, resolution: float, contacts: int, first: int, last: int
    ) -> float:
        """Return the score of a request that is solved."""
        survey = self.scenario.surveys.get("csat")
        if survey is None:
            return float("nan")
        desk, tier = self.desk, 1
        for contact in range(first, last + 1):
            steps = range(desk.first_step[contact], desk.first_step[contact + 1])
            took = [place for place, step in enumerate(steps) if desk.record.agent[step] >= 0]
            tier = max([tier, *(place + 1 for place in took)])
        return float(
            scores(
                survey, np.array([self.csat_u[request]]), np.array([reply * 3600]),
                np.array([resolution * 3600]), np.array([contacts]), np.array([tier]),
            )[0]
        )  # fmt: skip
