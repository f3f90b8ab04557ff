"""Random desks: both engines equal to the last bit, and what holds on every desk."""

from __future__ import annotations

import pandas as pd
import pytest
from generated import check, on_the_grid, scenarios, small_desks
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from small_desks import plain, play

from cxlab.scenario import Scenario
from cxlab.sim.plan import DeskPlan, desk_plan
from cxlab.sim.tables import record
from cxlab.sim.view import View
from cxlab.sim.workload import Workload, draw_workload
from cxlab.tables import Tables

FEW = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate,),
)


def hold_small(made: tuple[Workload, DeskPlan]) -> None:
    work, plan = made
    check(work, plan, play(work, plan))


def hold_whole(scenario: Scenario, unit: float, *, tables: bool = False) -> None:
    plan, work = desk_plan(scenario, 1), draw_workload(scenario, 1)
    if unit:
        work = on_the_grid(work, unit)
    out = play(work, plan)
    check(work, plan, out)
    made = record(View(scenario, plan, work, out, 1, scenario.seed))
    check_tables({name: plain(table) for name, table in made.items()})
    if tables:
        taken = Tables.from_frames(
            made, as_of=scenario.ends_at, time_zone=scenario.time_zone, source="generated"
        )
        assert len(taken.quarantine) == 0, taken.quarantine.to_string()


def check_tables(made: dict[str, pd.DataFrame]) -> None:
    """What changed was what it is said to have been; the last change is what the ticket says."""
    t, e = made["tickets"], made["status_events"]
    e = e.sort_values(["ticket_id", "seq"], kind="stable")
    before = e.groupby(["ticket_id", "field"]).new.shift()
    first = before.isna()
    assert (before[~first] == e.old[~first]).all()
    assert (e.old[first & (e.field != "tier")].isna()).all()
    earlier = e.groupby("ticket_id")["at"].shift()
    assert (earlier.isna() | (e["at"] >= earlier)).all()
    t = t.set_index("ticket_id")
    last = e.groupby(["ticket_id", "field"]).new.last().unstack()
    assert t.status.equals(last.status.reindex(t.index).rename("status"))
    human = t[~t.assignee_id.fillna("bot").str.startswith("bot")].assignee_id
    assert human.eq(last.assignee.reindex(human.index)).all() if len(human) else True
    assert not made["messages"].message_id.duplicated().any()
    assert not made["surveys"].survey_id.duplicated().any()
    ups = e[(e.field == "tier") & (e.new > e.old)]
    assert len(ups) == len(made["escalations"])


@settings(FEW, max_examples=200)
@given(made=small_desks())
def test_any_small_desk_full_of_ties(made: tuple[Workload, DeskPlan]) -> None:
    hold_small(made)


@settings(FEW, max_examples=60)
@given(scenario=scenarios(), unit=st.sampled_from([0.0, 60.0, 300.0]))
def test_any_scenario(scenario: Scenario, unit: float) -> None:
    hold_whole(scenario, unit)


@settings(FEW, max_examples=5)
@given(scenario=scenarios())
def test_the_tables_of_any_scenario_are_accepted(scenario: Scenario) -> None:
    hold_whole(scenario, 0.0, tables=True)


@pytest.mark.long
@settings(FEW, max_examples=8000)
@given(made=small_desks(tickets=40))
def test_many_small_desks(made: tuple[Workload, DeskPlan]) -> None:
    hold_small(made)


@pytest.mark.long
@settings(FEW, max_examples=1000)
@given(scenario=scenarios(tickets=400), unit=st.sampled_from([0.0, 60.0, 300.0, 0.1]))
def test_many_scenarios(scenario: Scenario, unit: float) -> None:
    hold_whole(scenario, unit)
