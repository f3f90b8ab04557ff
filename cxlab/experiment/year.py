"""A company's run as a reader looks at it: played once, with its tables, totals and control."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa

from cxlab import stats
from cxlab.calendars import Span
from cxlab.experiment.companies import (
    Counter,
    Progress,
    company_totals,
    counted_time,
    with_customers,
)
from cxlab.experiment.worth import without_links
from cxlab.metrics.settings import Settings, Value
from cxlab.scenario import Scenario
from cxlab.scenario.forecast import expected_customers
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.sim import Engine
from cxlab.sim.base.company import Company
from cxlab.sim.base.contacts import DAYS_A_MONTH
from cxlab.sim.base.marketing import leads_by_way
from cxlab.sim.base.tables import record_company
from cxlab.sim.base.view import BaseView, Flags, Integers
from cxlab.sim.run import check_memory, play_replication
from cxlab.tables import Tables

__all__ = ["CompanyYear", "base_over_time", "company_year", "revenue_moves"]

KEPT = ("tickets", "surveys", "customers", "subscriptions", "transactions", "costs", "referrals",
        "milestones")  # fmt: skip
"""The tables that are kept; checking the others (each use, each message) takes longer than all."""

MOVES = ("new", "reactivation", "expansion", "contraction", "churn")
"""How monthly revenue moves: up, then down."""


@dataclass(frozen=True)
class CompanyYear:
    """The replications of a company, with those of the control where the loop is closed."""

    scenario: Scenario
    tables: Tables
    runs: pd.DataFrame
    """Totals by replication, as `company_runs` names them."""
    daily: pd.DataFrame
    """Customers at each local midnight: loop, replication, day, customers."""
    ways: pd.DataFrame
    """How customers were won: replication, way, leads, won, spent, margin (a month's)."""
    use: pd.DataFrame
    """What customers there at the end do: replication, feature, share."""
    control: pd.DataFrame | None = None
    """Totals of the same company without its links; None in an open loop."""

    @property
    def life(self) -> Lifecycle:
        """The customer base of the scenario."""
        assert self.scenario.lifecycle is not None
        return self.scenario.lifecycle

    @property
    def days(self) -> int:
        """How many days of a replication count."""
        horizon = self.scenario.horizon
        return horizon.total_days - horizon.dropped_days

    @property
    def period(self) -> Span:
        """The time that counts."""
        return counted_time(self.scenario)

    @property
    def second_half(self) -> Span:
        """The later half of it: what was won there was paid for in the half before."""
        return self._last(max(1, self.days // 2))

    def _last(self, days: int) -> Span:
        end = self.scenario.start + dt.timedelta(days=self.scenario.horizon.total_days)
        return Span.between(end - dt.timedelta(days=days), end, self.scenario.time_zone)

    @property
    def settings(self) -> Settings:
        """What the metrics must know: the discount of the scenario, and the margin of the run."""
        paid = self.tables.frame("transactions")
        amount = paid["amount"].sum()
        margin = 1 - paid["cost"].sum() / amount if amount > 0 else 0.0
        value = Value(discount_per_year=self.life.discount_per_year)
        if margin > 0:
            value = value.model_copy(update={"margin_share": round(margin, 4)})
        return Settings(value=value)

    @property
    def value_months(self) -> int:
        """How many months of customers' lives their values are taken of: half of what counts."""
        return max(1, round(self.days / DAYS_A_MONTH / 2))


def company_year(
    scenario: Scenario,
    *,
    replications: int | None = None,
    seed: int | None = None,
    engine: Engine | None = None,
    progress: Progress | None = None,
) -> CompanyYear:
    """Play a company, and in a closed loop its control under the same draws.

    Raises InputError for a scenario without a customer base.
    """
    changes = {"replications": replications, "seed": seed}
    chosen = with_customers(scenario).but(**{k: v for k, v in changes.items() if v is not None})
    check_memory(chosen)
    life = chosen.lifecycle
    looped = life is not None and life.closed_loop and bool(life.links)
    numbers = range(1, chosen.replications + 1)
    count = Counter(progress, len(numbers) * (2 if looped else 1))
    found = []
    for number in numbers:
        found.append(_looked_at(play_replication(chosen, number, engine=engine), number))
        count(0, 0)
    runs, daily, ways, use, tables, counts = zip(*found, strict=True)
    control, controlled = {}, []
    if looped:
        other = without_links(chosen)
        for number in numbers:
            company = play_replication(other, number, engine=engine)
            control[number] = company_totals(company)
            controlled.append(_by_day(company, number, "control"))
            count(0, 0)
    names = dict.fromkeys(name for part in tables for name in part)
    frames = {n: pa.concat_tables([part[n] for part in tables if n in part]) for n in names}
    made = Tables.from_frames(
        frames, as_of=chosen.ends_at, time_zone=chosen.time_zone, source=chosen.name, in_place=True
    )
    counted = {name: sum(each[name] for each in counts) for name in counts[0]}
    return CompanyYear(
        chosen,
        made.replaced({}, replace(made.meta, counted=counted)),
        _by_run(dict(zip(numbers, runs, strict=True))),
        pd.concat([*daily, *controlled], ignore_index=True),
        pd.concat(ways, ignore_index=True),
        pd.concat(use, ignore_index=True),
        _by_run(control) if control else None,
    )


def _by_run(rows: Mapping[int, Mapping[str, float]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows.values()), index=pd.Index(list(rows), name="replication"))


def _looked_at(
    company: Company, number: int
) -> tuple[
    dict[str, float], pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, pa.Table], dict[str, int]
]:
    view = BaseView(company.population, company.history)
    made = {
        name: table.append_column("replication", pa.array(np.full(len(table), number)))
        for name, table in record_company(company).items()
        if name in KEPT
    }
    return (
        company_totals(company), _by_day(company, number, "simulated"), _ways(view, number),
        _use(view, number), made, company.history.counted,
    )  # fmt: skip


def _by_day(company: Company, number: int, loop: str) -> pd.DataFrame:
    """Return how many customers there are at each midnight that counts, when books are closed."""
    history, total = company.history, company.population.days.total
    first = company.population.scenario.horizon.dropped_days
    came = np.bincount(np.clip(history.start, 0, total), minlength=total + 1)
    left = np.bincount(np.clip(history.end, 0, total + 1), minlength=total + 2)
    there = np.cumsum(came - left[:-1])
    frame = pd.DataFrame({"day": np.arange(total + 1), "customers": there})
    return frame[frame["day"] >= first].assign(replication=number, loop=loop)


def _counts(days: Integers, view: BaseView) -> int:
    first = view.scenario.horizon.dropped_days
    return int(((days >= first) & (days < view.total)).sum())


def _ways(view: BaseView, number: int) -> pd.DataFrame:
    people, rows = view.history.customers, []
    plans = [view.life.plans[name] for name in view.population.plans]
    margin = np.array([plan.price_per_month * plan.margin for plan in plans])
    first = max(1, view.scenario.horizon.dropped_days)
    for place, (name, (aware, looked)) in enumerate(leads_by_way(view).items()):
        way = view.life.acquisition[name]
        won = (people.way == place) & (people.born >= first) & (people.born < view.total)
        spent = way.cost_per_lead * _counts(aware, view)
        spent += way.cost_per_evaluation * _counts(looked, view)
        rows.append({"replication": number, "way": name, "leads": _counts(aware, view),
                     "won": int(won.sum()), "spent": float(spent),
                     "margin": float(margin[people.plan[won]].sum())})  # fmt: skip
    columns = ["replication", "way", "leads", "won", "spent", "margin"]
    return pd.DataFrame(rows, columns=columns)


def _use(view: BaseView, number: int) -> pd.DataFrame:
    """Return what share of the customers there at the end has taken each step of use."""
    people = view.history.customers
    there = view.history.customer[view.ends == view.total]
    steps: dict[str, Flags] = {}
    if view.life.onboarding is not None:
        steps["onboarded"] = people.onboarded[there] < view.total
    for place, name in enumerate(view.population.features):
        steps[str(name)] = people.adopted[there, place] < view.total
    rows = [
        {"replication": number, "feature": name, "share": took.mean() if len(took) else np.nan}
        for name, took in steps.items()
    ]
    return pd.DataFrame(rows, columns=["replication", "feature", "share"])


def base_over_time(year: CompanyYear) -> pd.DataFrame:
    """Return the customer base week by week, with what the rates of the scenario let expect.

    Columns: group, x (months since the counted time began), value, low, high (95 % over
    replications), unit, as `cxlab.charts.curves` draws them. What is expected before the run has
    no interval.
    """
    first, last = year.daily["day"].min(), year.daily["day"].max()
    rows = []
    for loop, part in year.daily.groupby("loop", sort=False):
        group = {"simulated": "simulated", "control": "simulated, links off (control)"}[str(loop)]
        for day, runs in part.groupby("day")["customers"]:
            if (day - first) % 7 == 0 or day == last:
                value, low, high = stats.replication_interval(runs)
                x = round((day - first) / DAYS_A_MONTH, 1)
                rows.append({"group": group, "x": x, "value": round(value, 1),
                             "low": round(max(low, 0.0), 1), "high": round(high, 1)})  # fmt: skip
    expected = expected_customers(year.life, round(last / DAYS_A_MONTH + 0.1) * 31)
    for month, value in enumerate(expected):
        x = month - first / DAYS_A_MONTH
        if 0 <= x <= (last - first) / DAYS_A_MONTH + 0.1:
            rows.append({"group": "expected from the rates", "x": round(x, 1), "value": value,
                         "low": np.nan, "high": np.nan})  # fmt: skip
    return pd.DataFrame(rows).assign(unit="count")


def revenue_moves(year: CompanyYear) -> pd.DataFrame:
    """Return how monthly recurring revenue moved, by replication and month of the calendar.

    From the terms of the contracts, so that a run may begin and end on any day. Columns:
    replication, month ("2026-01"), kind (new, reactivation, expansion, contraction, churn) and
    amount (never negative; "start" and "end" without a month are the revenue then).
    """
    terms = year.tables.frame("subscriptions")
    terms = terms.sort_values(["replication", "customer_id", "started_at"], ignore_index=True)
    start, end = (pd.Timestamp(at) for at in (year.period.start, year.period.end))
    who = ["replication", "customer_id"]
    before = terms.groupby(who)["mrr"].shift()
    went_on = terms.groupby(who)["status"].shift().eq("renewed")
    change = terms["mrr"] - before
    kind = np.select(
        [before.isna(), ~went_on, change > 0, change < 0],
        ["new", "reactivation", "expansion", "contraction"], "",
    )  # fmt: skip
    amount = np.where(before.isna() | ~went_on, terms["mrr"], change.abs())
    begun = pd.DataFrame({"replication": terms["replication"], "at": terms["started_at"],
                          "kind": kind, "amount": amount})  # fmt: skip
    lost = terms[terms["ended_at"].notna() & terms["status"].ne("renewed")]
    ended = pd.DataFrame({"replication": lost["replication"], "at": lost["ended_at"],
                          "kind": "churn", "amount": lost["mrr"]})  # fmt: skip
    moves = pd.concat([begun[begun["kind"] != ""], ended], ignore_index=True)
    moves = moves[(moves["at"] > start) & (moves["at"] < end)]
    local = moves["at"].dt.tz_convert(year.scenario.time_zone)
    moves = moves.assign(month=local.dt.strftime("%Y-%m"))
    keys = ["replication", "month", "kind"]
    levels = [_level(terms, at).assign(kind=name) for name, at in (("start", start), ("end", end))]
    summed: pd.DataFrame = moves.groupby(keys)["amount"].sum().reset_index()
    return pd.concat([summed, *levels], ignore_index=True)


def _level(terms: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """Return the revenue of a month under the contracts that run at an instant."""
    runs = terms["replication"].unique()
    open_then = (terms["started_at"] <= at) & ~(terms["ended_at"] <= at)
    total = terms[open_then].groupby("replication")["mrr"].sum().reindex(runs, fill_value=0.0)
    return total.rename("amount").reset_index().assign(month=None)
