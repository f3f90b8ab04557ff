"""Runs in bulk give what each run gives alone, and what all tables give, to the last bit."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.experiment.runs import Measured, Question, Runs, _Worlds, batches, measured
from cxlab.metrics import DESK, METRICS
from cxlab.metrics.possible import tables_for
from cxlab.scenario import Scenario
from cxlab.sim.workload import demand

LEAN = [m for m in METRICS if tables_for(m) is not None]


@pytest.fixture(scope="module")
def base() -> Scenario:
    shipped = Scenario.load("scenarios/base.toml")
    return shipped.but(horizon={"type": "steady", "weeks": 2, "warm_up_days": 3})


def same(one: Measured, other: Measured) -> None:
    pd.testing.assert_frame_equal(one.rows, other.rows, check_exact=True)


def test_many_metrics_need_few_tables() -> None:
    assert set(DESK) <= set(LEAN)
    assert tables_for("art") == {"tickets", "escalations"}
    assert tables_for("backlog") == {"tickets", "escalations"}
    assert tables_for("backlog", ["week"]) == {"tickets", "escalations", "status_events"}
    assert tables_for("n_msg") is None if "n_msg" in METRICS else True


@pytest.mark.parametrize(
    "by",
    [
        pytest.param((), marks=pytest.mark.promised),
        pytest.param(("channel",), marks=pytest.mark.long),
        ("week",),
    ],
)
def test_lean_tables_give_what_all_tables_give(base: Scenario, by: tuple[str, ...]) -> None:
    names = tuple(LEAN) if not by else DESK
    lean = measured([Runs(base, 1, 2)], Question(names, by))[0].rows
    whole = pd.DataFrame(
        cx.measure(cx.simulate(base, replications=2), list(names), by=[*by, "replication"])
    )
    keys = ["metric", *by, "replication"]
    lean, whole = (rows.sort_values(keys).reset_index(drop=True) for rows in (lean, whole))
    for column in (*keys, "value", "low", "high", "n", "numerator", "pending", "excluded",
                   "flag", "note"):  # fmt: skip
        pd.testing.assert_series_equal(lean[column], whole[column], check_dtype=False,
                                       check_exact=True)  # fmt: skip


def test_what_is_measured_together_changes_nothing(base: Scenario) -> None:
    work = [
        Runs(base.but(seed=seed, **{"team.shifts.0.agents": 2 + seed % 3}), first, first + seed % 3)
        for seed, first in zip(range(6), (1, 4, 1, 2, 7, 1), strict=True)
    ]
    alone = [measured([runs], Question())[0] for runs in work]
    order = np.random.default_rng(1).permutation(len(work))
    together = measured([work[place] for place in order], Question())
    for place, found in zip(order, together, strict=True):
        same(found, alone[place])


def test_requests_drawn_once_for_several_desks_are_those_of_each(base: Scenario) -> None:
    """Staffing, surveys and names change; then the demand does, and with it the requests."""
    work = [
        Runs(base, 1, 2),
        Runs(base.but(**{"team.shifts.0.agents": 5}), 1, 3),
        Runs(base.but(**{"channels.email.arrivals_per_hour": 3.0}), 1, 1),
        Runs(base.but(**{"surveys.csat.response_rate": 0.9}), 2, 3),
    ]
    assert len({demand(runs.scenario) for runs in work}) == 2
    drawn = _Worlds(work)
    one, other = drawn.of(0, 2), drawn.of(1, 2)
    assert one is other
    assert drawn.of(2, 1) is None
    assert drawn.of(3, 2) is one
    for found, runs in zip(measured(work, Question()), work, strict=True):
        same(found, measured([runs], Question())[0])


@pytest.mark.parametrize("name", ["base", "bot_deflection", "round_the_clock", "it_help_desk"])
def test_a_desk_asks_once_about_a_ticket(name: str) -> None:
    """What a question over many runs takes for granted of their surveys."""
    week = Scenario.load(f"scenarios/{name}.toml").but(
        horizon={"type": "terminating", "weeks": 2}, replications=2
    )
    surveys = cx.simulate(week).frame("surveys")
    assert len(surveys) > 20
    assert not surveys.duplicated(["replication", "instrument", "subject_type", "subject_id"]).any()


def test_replications_can_be_played_apart(base: Scenario) -> None:
    whole = measured([Runs(base, 1, 3)], Question())[0].rows
    parts = measured([Runs(base, 1, 1), Runs(base, 2, 3)], Question())
    keys = ["metric", "replication"]
    joined = pd.concat([part.rows for part in parts]).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(
        joined, whole.sort_values(keys, ignore_index=True), check_exact=True
    )


def test_engines_agree(base: Scenario) -> None:
    one, other = (
        measured([Runs(base, 1, 1)], Question(engine=e))[0] for e in ("simpy", "compiled")
    )
    same(one, other)


def test_scenarios_with_other_tables_are_measured_apart(base: Scenario) -> None:
    """Without surveys there is no CSAT; beside others that have them it would be a share of 0."""
    silent = base.but(surveys=None)
    with_it, without = measured([Runs(base, 1, 1), Runs(silent, 1, 1)], Question(("csat", "vol")))
    assert with_it.rows.set_index("metric").loc["csat", "n"] > 0
    same(without, measured([Runs(silent, 1, 1)], Question(("csat", "vol")))[0])


def test_open_tickets_by_day_come_when_asked(base: Scenario) -> None:
    first, second = measured([Runs(base, 1, 1), Runs(base, 2, 2)], Question(("vol",), daily=True))
    assert first.daily is not None
    assert second.daily is not None
    assert set(first.daily["replication"]) == {1}
    assert set(second.daily["replication"]) == {2}
    days = first.daily.set_index("day")["open"]
    assert (days.iloc[0], len(days)) == (0, 15)  # 14 days have 15 midnights; none is open at first
    backlog = cx.replicate(base, "backlog", replications=1)["value"].iloc[0]
    assert days.iloc[-1] >= backlog  # the backlog leaves out what the warm-up opened


def test_batches_hold_all_work_once(base: Scenario) -> None:
    work = [Runs(base, 1, n) for n in (1, 5, 2, 9)]
    for most in (1, 2, 3, 20):
        parts = batches(work, Question(), most)
        assert [place for part in parts for place in part] == [0, 1, 2, 3]
        assert len(parts) <= 4
    assert len(batches(work, Question(), 1)) == 1
    assert batches(work, Question(by=("channel",))) == [[0], [1], [2], [3]]


@pytest.mark.promised
def test_queries_written_before_are_those_of_the_question(base: Scenario) -> None:
    """Another horizon has another cut-off, other columns other metrics; neither is mixed up."""
    shorter = base.but(**{"horizon.weeks": 1})
    earlier = base.but(start="2025-11-03")
    silent = base.but(surveys=None)
    names = ("vol", "frt", "frt_p90", "art", "sla", "csat", "abandonment", "backlog")
    for scenario in (base, shorter, earlier, silent, base):
        found = measured([Runs(scenario, 1, 1)], Question(names))[0].rows.set_index("metric")
        whole = cx.measure(cx.simulate(scenario, replications=1), list(names), by="replication")
        for column in ("value", "n", "pending", "flag"):
            pd.testing.assert_series_equal(
                found[column], whole.set_index("metric")[column], check_dtype=False, obj=column
            )
