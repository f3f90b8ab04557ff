"""Small customer bases for the tests: a few lines of a scenario, played by both engines.

The engines have to agree to the last bit: history, what the desk did, and every table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cxlab.scenario import Scenario
from cxlab.sim.base.company import Company, play_company
from cxlab.sim.base.history import STAYS, Ending
from cxlab.sim.base.tables import record_company
from cxlab.sim.engines import Engine

Row = tuple[Any, ...]

ENGINES: tuple[Engine, ...] = ("simpy", "compiled")
"""Who plays: the tests of planted faults leave the specification alone."""

BASE: dict[str, Any] = {
    "name": "base",
    "time_zone": "UTC",
    "start": "2026-01-01",
    "seed": 3,
    "replications": 1,
    "horizon": {"type": "terminating", "days": 100},
}
LIFE: dict[str, Any] = {
    "initial_customers": 1,
    "segments": {"all": {"share": 1.0, "plan_shares": {"basic": 1.0}}},
    "plans": {"basic": {"price_per_month": 10}},
    "renewal": {"law": "geometric", "leaving_probability": 0.0},
}
LEAVE = {"law": "geometric", "leaving_probability": 1.0}
"""Everybody leaves at the end of the first term, unless a factor is 0."""

FRIENDS = {"friends": {"kind": "referral", "buys": 1.0}}

FEBRUARY, MARCH, APRIL, MAY = 31, 59, 90, 120
"""First days of months, counted from 1 January 2026, on which who bought then has anniversaries."""


def scenario(days: int = 100, *, top: dict[str, Any] | None = None, **life: Any) -> Scenario:
    """Return a scenario of a customer base, in UTC from 1 January 2026; `top` changes the rest."""
    horizon = {"type": "terminating", "days": days}
    return Scenario.of({**BASE, "horizon": horizon, "lifecycle": {**LIFE, **life}, **(top or {})})


@dataclass(frozen=True)
class Played:
    """One replication, played, with its tables as frames of plain objects."""

    company: Company
    tables: dict[str, pd.DataFrame]

    @property
    def spells(self) -> list[Row]:
        """(customer, first day, last day or "", ending, reason) of every spell."""
        h = self.company.history
        names = [*h_reasons(self.company), ""]
        return [
            (who, start, "" if end == STAYS else end, Ending(ending).name, names[reason])
            for who, start, end, ending, reason in zip(
                h.customer.tolist(), h.start.tolist(), h.end.tolist(), h.ending.tolist(),
                h.reason.tolist(), strict=True,
            )
        ]  # fmt: skip

    @property
    def terms(self) -> list[Row]:
        """(customer, day, plan from then on, whether the customer stays) of every term's end."""
        h, plans = self.company.history, self.company.population.plans
        return [
            (who, day, plans[plan], stays)
            for who, day, plan, stays in zip(
                h.term_customer.tolist(), h.term_day.tolist(), h.term_plan.tolist(),
                h.term_stays.tolist(), strict=True,
            )
        ]  # fmt: skip

    @property
    def leads(self) -> list[Row]:
        """(referrer, day, decided, whether it buys, number as a customer) of referred leads."""
        h = self.company.history
        columns = (h.lead_referrer, h.lead_day, h.lead_decided, h.lead_buys, h.lead_customer)
        return list(zip(*(c.tolist() for c in columns), strict=True))

    def rows(self, table: str, *columns: str) -> list[Row]:
        """Return columns of a table, instants as days since the start ("" where missing)."""
        frame = self.tables[table]
        return list(zip(*(self._plain(frame[name]) for name in columns), strict=True))

    def _plain(self, column: pd.Series) -> list[Any]:
        if not isinstance(column.dtype, pd.DatetimeTZDtype):
            return ["" if value is None else value for value in column.tolist()]
        s = self.company.population.scenario
        local = column.dt.tz_convert(s.time_zone).dt.tz_localize(None)
        days = (local - pd.Timestamp(s.start)) / pd.Timedelta(days=1)
        return ["" if np.isnan(d) else int(d) if d == int(d) else d for d in days.tolist()]


def h_reasons(company: Company) -> list[str]:
    """Return the reasons by number: failed payments, those of the scenario, the links."""
    life = company.population.lifecycle
    links = [link.name for link in life.links if link.on == "churn"]
    return ["payment_failed", *life.renewal.reasons, *links]


def frames(tables: dict[str, pa.Table]) -> dict[str, pd.DataFrame]:
    """Return tables as frames of plain objects, None where a text is missing."""
    made = {}
    for name, table in tables.items():
        frame = table.to_pandas()
        for column in frame.select_dtypes(["category", "str", "object"]):
            frame[column] = frame[column].astype(object).where(frame[column].notna(), None)
        made[name] = frame
    return made


def alike(a: Company, b: Company) -> dict[str, pa.Table]:
    """Assert that two replications are equal to the last bit; return the tables of one."""
    assert a.history.differences(b.history) == []
    assert (a.served is None) == (b.served is None)
    if a.served is not None and b.served is not None:
        assert a.served.outcome.differences(b.served.outcome) == []
    mine, theirs = record_company(a), record_company(b)
    assert list(mine) == list(theirs)
    for name, table in mine.items():
        assert table.equals(theirs[name]), name
    return mine


def play(chosen: Scenario, replication: int = 1) -> Played:
    """Play a replication with both engines, which must agree to the last bit."""
    companies = [play_company(chosen, replication, engine=engine) for engine in ENGINES]
    return Played(companies[0], frames(alike(companies[0], companies[-1])))


def lives(days: int = 100, *, top: dict[str, Any] | None = None, **life: Any) -> Played:
    """Play the scenario that `scenario` makes."""
    return play(scenario(days, top=top, **life))


Test = Callable[[], None]
