"""Replications of a company as totals: what came in, what it cost, who left and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from cxlab.calendars.periods import Span
from cxlab.errors import InputError
from cxlab.experiment.executors import Executor, opened
from cxlab.scenario import Scenario
from cxlab.scenario.forecast import expected_total
from cxlab.sim import Engine
from cxlab.sim.base.company import Company
from cxlab.sim.base.contracts import transactions
from cxlab.sim.base.history import Ending
from cxlab.sim.base.marketing import acquisition_costs, campaigns
from cxlab.sim.base.tables import desk_view
from cxlab.sim.base.view import BaseView
from cxlab.sim.engines import known_engine
from cxlab.sim.people import costs
from cxlab.sim.run import check_memory, play_replication
from cxlab.sim.survey import surveys

__all__ = [
    "Counter",
    "Progress",
    "all_company_runs",
    "company_runs",
    "company_totals",
    "counted_time",
    "with_customers",
]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Progress = Callable[[int, int], None]

_YEAR_S = 365.25 * 86_400
LARGE_DAYS = 20e6
"""Days of customers' lives from which on it pays to start workers."""


@dataclass(slots=True)
class Counter:
    """Counts the replications of several runs as one piece of work."""

    progress: Progress | None
    total: int
    done: int = 0

    def __call__(self, _: int, __: int) -> None:
        """Count one replication more."""
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)


def with_customers(scenario: Scenario) -> Scenario:
    """Return the scenario; raise InputError unless it has a customer base."""
    if scenario.lifecycle is None:
        raise InputError(
            "the scenario has no customer base", given=scenario.name,
            expected="a table [lifecycle] in the scenario file",
        )  # fmt: skip
    return scenario


def counted_time(scenario: Scenario) -> Span:
    """Return the time of a replication that counts, after the warm-up."""
    horizon = scenario.horizon
    first, end = (scenario.start + dt.timedelta(days=days)
                  for days in (horizon.dropped_days, horizon.total_days))  # fmt: skip
    return Span.between(first, end, scenario.time_zone)


@dataclass(frozen=True, slots=True)
class _Discount:
    """Money at the start of the counted time, for money later on."""

    scenario: Scenario

    def __call__(
        self, at: pa.ChunkedArray, amount: Floats, counted: npt.NDArray[np.bool_]
    ) -> float:
        life = self.scenario.lifecycle
        assert life is not None
        origin = pa.scalar(self.scenario.warm_up_ends_at, type=pa.timestamp("us", "UTC"))
        micros = pc.cast(at, pa.int64()).to_numpy() - pc.cast(origin, pa.int64()).as_py()
        factor = (1 + life.discount_per_year) ** (-micros / (_YEAR_S * 1e6))
        return float((amount * factor)[counted].sum())


def company_runs(
    scenario: Scenario,
    *,
    replications: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Play a company and return one row of totals per replication (its number is the index).

    Money is discounted to the start of the counted time at the scenario's `discount_per_year`:
    `margin` of what customers paid, `support` (wages and contacts), `acquisition` (sales and
    marketing), `rewards` (what campaigns issued, at its value when it was redeemed), and `value` =
    margin − support − acquisition − rewards; not discounted: `extras`, the margin of what customers
    bought besides their plans. People: `customers` at the end, `customer_months`, `won` (back,
    too), `lost`, and `lost: REASON` for every reason there is; for every plan `there: PLAN` at the
    end, and of its terms `ended: PLAN` and `renewed: PLAN`. Service: `tickets`, `first_reply_hours`
    (mean over those that got one) and `csat` (mean of the answers; both NaN without any). What
    falls into the warm-up is not counted, save in `terms_ended` and `probabilities_above_1`, which
    are those of the whole run, as `cxlab.simulate` counts them. `executor`: "here", "cores", …; by
    default all cores where it pays.
    """
    return all_company_runs(
        [scenario], replications=replications, engine=engine, executor=executor, progress=progress
    )[0]


def all_company_runs(
    scenarios: Sequence[Scenario],
    *,
    replications: int | None = None,
    engine: Engine | None = None,
    executor: str | Executor | None = None,
    progress: Progress | None = None,
) -> list[pd.DataFrame]:
    """Play several companies as one piece of work; see `company_runs`."""
    known_engine(engine)
    chosen = [
        with_customers(s) if replications is None else with_customers(s).but(
            replications=replications)
        for s in scenarios
    ]  # fmt: skip
    for scenario in chosen:
        check_memory(scenario)
    tasks = [(s, n, engine) for s in chosen for n in range(1, s.replications + 1)]
    found: dict[int, dict[str, float]] = {}
    with opened(executor or _where(chosen), len(tasks)) as workers:
        for place, totals in workers.results(_totals, tasks):
            found[place] = totals
            if progress is not None:
                progress(len(found), len(tasks))
    rows = iter(found[place] for place in range(len(tasks)))
    return [
        pd.DataFrame.from_dict(
            {n: next(rows) for n in range(1, s.replications + 1)}, orient="index"
        ).rename_axis("replication")
        for s in chosen
    ]


def _where(scenarios: Sequence[Scenario]) -> str | None:
    """Return where to play: workers are worth their start only for much work."""
    days = 0.0
    for s in scenarios:
        assert s.lifecycle is not None
        total = s.horizon.total_days
        days += expected_total(s.lifecycle, total) * total * s.replications
    return None if days >= LARGE_DAYS else "here"


def _totals(task: tuple[Scenario, int, Engine | None]) -> dict[str, float]:
    scenario, number, engine = task
    return company_totals(play_replication(scenario, number, engine=engine))


def company_totals(company: Company) -> dict[str, float]:
    """Return the totals of one replication, as `company_runs` names them."""
    view = BaseView(company.population, company.history)
    return {**_money(view, company), **_people(view), **_terms(view), **_service(company)}


def _money(view: BaseView, company: Company) -> dict[str, float]:
    discounted = _Discount(view.scenario)
    paid = transactions(view)
    left = paid["amount"].to_numpy() - paid["cost"].to_numpy()
    margin = discounted(paid["at"], left, _counted(paid))
    won = acquisition_costs(view)
    acquisition = 0.0 if won is None else _spent(won, discounted)
    desk = desk_view(company)
    paid_out = None if desk is None else costs(desk)
    support = 0.0 if paid_out is None else _spent(paid_out, discounted)
    rewards = _rewards(view, discounted)
    return {
        "margin": margin, "support": support, "acquisition": acquisition, "rewards": rewards,
        "value": margin - support - acquisition - rewards,
        "extras": float(left[_counted(paid)].sum()) - _paid_for_terms(view),
    }  # fmt: skip


def _rewards(view: BaseView, discounted: _Discount) -> float:
    issued = campaigns(view)
    if issued is None:
        return 0.0
    redeemed = issued.filter(issued["redeemed_at"].is_valid())
    since = pa.scalar(view.scenario.warm_up_ends_at, type=pa.timestamp("us", "UTC"))
    at = redeemed["redeemed_at"].cast(pa.timestamp("us", "UTC"))
    counted = pc.greater_equal(at, since).to_numpy()
    return discounted(at, redeemed["value"].to_numpy(), counted)


def _paid_for_terms(view: BaseView) -> float:
    """Return the margin of what was paid for terms in the time that counts."""
    terms, first = view.periods, view.scenario.horizon.dropped_days
    plans = [view.life.plans[name] for name in view.population.plans]
    margin = np.array([p.price_per_month * p.margin * p.term_months for p in plans])[terms.plan]
    return float(margin[(terms.start >= first) & (terms.start < view.total)].sum())


def _spent(table: pa.Table, discounted: _Discount) -> float:
    return discounted(table["period_start"], table["amount"].to_numpy(), _counted(table))


def _counted(table: pa.Table) -> Flags:
    return np.asarray(table["excluded_reason"].is_null().to_numpy(), dtype=np.bool_)


def _people(view: BaseView) -> dict[str, float]:
    history, first = view.history, view.scenario.horizon.dropped_days
    lost = (history.ending != Ending.NONE) & (history.end >= first)
    start, end = np.maximum(history.start, first), view.ends
    days = float(np.maximum(end - start, 0).sum())
    names = view.odds.reasons
    by_reason = np.bincount(history.reason[lost], minlength=len(names))
    return {
        "customers": float((view.ends == view.total).sum()),
        "customer_months": days / (365.25 / 12),
        "won": float((history.start >= max(first, 1)).sum()),
        "lost": float(lost.sum()),
        **{f"lost: {name}": float(n) for name, n in zip(names, by_reason, strict=True)},
        **{name: float(times) for name, times in history.counted.items()},
    }


def _terms(view: BaseView) -> dict[str, float]:
    """Return by plan who is there at the end, and how many of its terms ended and were renewed."""
    terms, first = view.periods, view.scenario.horizon.dropped_days
    ended = (terms.end >= first) & (terms.end < view.total)
    chosen = {"there": terms.end >= view.total, "ended": ended, "renewed": ended & terms.renewed}
    return {
        f"{what}: {name}": float((rows & (terms.plan == place)).sum())
        for what, rows in chosen.items()
        for place, name in enumerate(view.population.plans)
    }


def _service(company: Company) -> dict[str, float]:
    desk = desk_view(company)
    if desk is None:
        return {"tickets": 0.0, "first_reply_hours": np.nan, "csat": np.nan}
    counts = desk.created >= desk.timeline.warm_up_s
    replied = desk.earliest(desk.replied[desk.workload.first_step[:-1]])
    waited = (replied - desk.created)[counts & ~np.isnan(replied)] / 3600
    found = {
        "tickets": float(counts.sum()),
        "first_reply_hours": float(waited.mean()) if len(waited) else np.nan,
        "csat": np.nan,
    }
    if "csat" in desk.scenario.surveys:
        asked = surveys(desk)
        mine = pc.equal(pc.cast(asked["instrument"], pa.string()), "csat").to_numpy()
        score = asked["score"].to_numpy()[mine & _counted(asked)]
        if np.isfinite(score).any():
            found["csat"] = float(np.nanmean(score))
    return found
