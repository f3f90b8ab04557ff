"""The desk of `desk.py`, as one would write it in SimPy 4 and in Ciw 3.

SimPy as its documentation and the courses teach it: a generator for each customer, a
`PriorityResource` for each team, a race between the request and patience, the shifts kept by
requests of the highest priority that hold what is off duty, a list of dicts made into a table.
Ciw as far as it can express the desk: nodes, classes with priorities, schedules, reneging. What
it cannot express: a limit on contacts (the desk sets none that matters). Both draw where they
need a number, from the same laws.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator
from typing import Any

import ciw
import pandas as pd
import simpy

HOUR, DAY, WEEK = 3600.0, 86_400.0, 7 * 86_400.0

PHONE = [26.0 if d < 5 and 8 <= h < 20 else 0.0 for d in range(7) for h in range(24)]
CHAT = [20.0 if d < 5 and 9 <= h < 19 else 0.0 for d in range(7) for h in range(24)]
EMAIL = [7.5] * 168
RATES = {"phone": PHONE, "chat": CHAT, "email": EMAIL}
HANDLING = {"phone": (360.0, 0.8), "chat": (600.0, 0.6), "email": (540.0, 1.0)}  # mean, cv
PATIENCE = {"phone": 480.0, "chat": 360.0, "email": math.inf}
RANK = {"phone": 0, "chat": 0, "email": 1}
SPECIALIST = (1200.0, 0.9)
ESCALATES, RETURNS, BACK_AFTER = 0.12, 0.15, 20 * HOUR
FRONT, CHATTERS, CHATS_EACH, EXPERTS = 8, 2, 3, 5
SHIFT = (8, 20)  # weekdays


def lognormal(mean: float, cv: float) -> tuple[float, float]:
    """Return mu and sigma of a lognormal law."""
    sigma = math.sqrt(math.log1p(cv**2))
    return math.log(mean) - sigma**2 / 2, sigma


# --- SimPy -----------------------------------------------------------------------------------


class IdiomaticDesk:
    """One run."""

    def __init__(self, weeks: float, seed: int) -> None:
        self.env = simpy.Environment()
        self.rng = random.Random(seed)
        self.until = weeks * WEEK
        self.front = simpy.PriorityResource(self.env, capacity=FRONT)
        self.chat = simpy.PriorityResource(self.env, capacity=CHATTERS * CHATS_EACH)
        self.experts = simpy.PriorityResource(self.env, capacity=EXPERTS)
        self.rows: list[dict[str, Any]] = []
        for team in (self.front, self.chat, self.experts):
            for _ in range(int(team.capacity)):
                self.env.process(self.off_duty(team))
        for channel in RATES:
            self.env.process(self.arrivals(channel))

    def off_duty(self, team: simpy.PriorityResource) -> Generator[Any, Any, None]:
        """Hold one place of a team whenever its shift is over."""
        day = 0
        while True:
            working = day % 7 < 5
            with team.request(priority=-1) as hold:
                yield hold
                opens = day * DAY + SHIFT[0] * HOUR
                if not working:
                    opens += DAY - SHIFT[0] * HOUR
                yield self.env.timeout(opens - self.env.now)
            if working:
                yield self.env.timeout(day * DAY + SHIFT[1] * HOUR - self.env.now)
                with team.request(priority=-1) as hold:
                    yield hold
                    yield self.env.timeout((day + 1) * DAY - self.env.now)
            day += 1

    def arrivals(self, channel: str) -> Generator[Any, Any, None]:
        """Thin a Poisson process of the highest rate."""
        rates = RATES[channel]
        highest = max(rates)
        while True:
            yield self.env.timeout(self.rng.expovariate(highest / HOUR))
            if self.rng.random() < rates[int(self.env.now // HOUR) % 168] / highest:
                self.env.process(self.customer(channel))

    def draw(self, law: tuple[float, float]) -> float:
        return self.rng.lognormvariate(*lognormal(*law))

    def customer(self, channel: str) -> Generator[Any, Any, None]:
        """Wait, be served, perhaps by a specialist too, perhaps come back."""
        team = self.chat if channel == "chat" else self.front
        row: dict[str, Any] = {"channel": channel, "created": self.env.now, "contacts": 0}
        self.rows.append(row)
        while True:
            row["contacts"] += 1
            asked = self.env.now
            with team.request(priority=RANK[channel]) as turn:
                if PATIENCE[channel] < math.inf:
                    patience = self.env.timeout(self.rng.expovariate(1 / PATIENCE[channel]))
                    got = yield turn | patience
                    if turn not in got:
                        row["abandoned"] = self.env.now
                        row.setdefault("wait", self.env.now - asked)
                        return
                else:
                    yield turn
                row.setdefault("answered", self.env.now)
                row.setdefault("wait", self.env.now - asked)
                yield self.env.timeout(self.draw(HANDLING[channel]))
            if self.rng.random() < ESCALATES:
                row["escalated"] = self.env.now
                with self.experts.request(priority=RANK[channel]) as turn:
                    yield turn
                    yield self.env.timeout(self.draw(SPECIALIST))
            row["solved"] = self.env.now
            if self.rng.random() >= RETURNS:
                return
            yield self.env.timeout(self.rng.expovariate(1 / BACK_AFTER))


def simpy_desk(weeks: float, seed: int = 1) -> pd.DataFrame:
    """Run the idiomatic model and return its table of tickets."""
    desk = IdiomaticDesk(weeks, seed)
    desk.env.run(until=desk.until)
    return pd.DataFrame(desk.rows)


# --- Ciw -------------------------------------------------------------------------------------


def _network(weeks: float) -> Any:
    hours = [HOUR * (i + 1) for i in range(168)]
    ends, on = [], []
    for day in range(7):
        for until, working in ((SHIFT[0], False), (SHIFT[1], True), (24, False)):
            ends.append(day * DAY + until * HOUR)
            on.append(working and day < 5)

    def shift(servers: int) -> Any:
        return ciw.Schedule(
            numbers_of_servers=[servers if there else 0 for there in on], shift_end_dates=ends
        )

    def comes(channel: str, node: int) -> list[Any]:
        law = ciw.dists.PoissonIntervals(
            rates=[r / HOUR for r in RATES[channel]], endpoints=hours,
            max_sample_date=weeks * WEEK,
        )  # fmt: skip
        return [law if i == node else None for i in range(4)]

    def law(mean_cv: tuple[float, float]) -> Any:
        return ciw.dists.Lognormal(*lognormal(*mean_cv))

    def served(channel: str) -> list[Any]:
        return [law(HANDLING[channel]), law(HANDLING[channel]), law(SPECIALIST),
                ciw.dists.Exponential(1 / BACK_AFTER)]  # fmt: skip

    def gives_up(channel: str) -> list[Any]:
        limit = PATIENCE[channel]
        own = ciw.dists.Exponential(1 / limit) if limit < math.inf else None
        return [own, own, None, None]

    def routes(channel: str) -> list[list[float]]:
        back = [0.0, 0.0, 0.0, (1 - ESCALATES) * RETURNS]
        first = [*back[:2], ESCALATES, back[3]]
        again = [float(channel != "chat"), float(channel == "chat"), 0.0, 0.0]
        return [first, first, [0.0, 0.0, 0.0, RETURNS], again]

    node = {"phone": 0, "email": 0, "chat": 1}
    return ciw.create_network(
        arrival_distributions={c: comes(c, node[c]) for c in RATES},
        service_distributions={c: served(c) for c in RATES},
        reneging_time_distributions={c: gives_up(c) for c in RATES},
        routing={c: routes(c) for c in RATES},
        priority_classes=RANK,
        number_of_servers=[shift(FRONT), shift(CHATTERS * CHATS_EACH), shift(EXPERTS), math.inf],
    )


def ciw_desk(weeks: float, seed: int = 1) -> pd.DataFrame:
    """Run the Ciw model and return the first contact of each ticket."""
    ciw.seed(seed)
    simulation = ciw.Simulation(_network(weeks))
    simulation.simulate_until_max_time(weeks * WEEK)
    records = pd.DataFrame(simulation.get_all_records())
    first = records.sort_values("arrival_date").drop_duplicates("id_number")
    return pd.DataFrame(
        {
            "channel": first.customer_class,
            "created": first.arrival_date,
            "wait": first.waiting_time,
            "abandoned": first.exit_date.where(first.record_type == "renege"),
        }
    )
