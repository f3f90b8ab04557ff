"""KPIs over replications: the unit is the replication, worked out by hand."""

import pandas as pd
import pytest

import cxlab as cx
from cxlab.experiment.replications import _common_note
from tests.metrics.helpers import START


def tables(runs):
    """Tables of several runs; each run is a list of (reply in minutes, SLA met)."""
    rows = [
        {"ticket_id": f"T{i}", "replication": run, "created_at": START, "channel": "email",
         "status": "solved", "sla_met": met,
         "first_human_reply_at": START + pd.Timedelta(minutes=minutes)}
        for run, tickets in enumerate(runs, 1)
        for i, (minutes, met) in enumerate(tickets)
    ]  # fmt: skip
    return cx.Tables.from_frames({"tickets": pd.DataFrame(rows)})


RUNS = [
    [(10, True), (20, True), (30, True), (40, False)],
    [(10, True), (50, False)],
    [(20, True), (30, False), (70, True)],
]


@pytest.fixture(scope="module")
def kpis():
    names = ["vol", "frt", "frt_mean", "sla", "art"]
    return cx.over_replications(tables(RUNS), names).set_index("metric")


def test_counts_and_quantiles_are_means_over_runs(kpis):
    assert kpis.loc["vol", "value"] == 3.0  # (4 + 2 + 3) / 3
    # Medians 25, 30 and 30 min: mean 28 1/3 min; t(2) = 4.3027, sd = 2.8868 min.
    assert kpis.loc["frt", "value"] == pytest.approx(60 * 85 / 3)
    half = 60 * 4.302653 * 2.886751 / 3**0.5
    assert kpis.loc["frt", "low"] == pytest.approx(60 * 85 / 3 - half, rel=1e-6)
    assert kpis.loc["frt", "high"] == pytest.approx(60 * 85 / 3 + half, rel=1e-6)


def test_shares_and_means_are_ratios_of_sums_by_jackknife(kpis):
    # 6 of 9 met. Leaving one run out: 3/5, 5/7, 4/6. Pseudo-values 3×6/9 − 2×(…) are
    # 0.8, 0.571429, 0.666667; their sd is 0.1148136.
    assert kpis.loc["sla", "value"] == pytest.approx(6 / 9)
    half = 4.302653 * 0.1148136 / 3**0.5
    assert kpis.loc["sla", "low"] == pytest.approx(6 / 9 - half, abs=1e-6)
    assert kpis.loc["sla", "high"] == pytest.approx(6 / 9 + half, abs=1e-6)
    assert kpis.loc["sla", "interval_method"] == "jackknife over replications"


def test_n_is_the_number_of_runs_with_a_value(kpis):
    assert kpis.loc["frt", "n"] == 3
    assert kpis.loc["art", "n"] == 0
    assert kpis.loc["art", "flag"] == "undefined"
    one = cx.over_replications(tables(RUNS[:1]), "frt").iloc[0]
    assert (one["n"], one["flag"]) == (1, "small_n")
    assert pd.isna(one["low"])


def test_groups_keep_their_names():
    result = cx.over_replications(tables(RUNS), "vol", by="channel")
    assert result["channel"].tolist() == ["email"]
    assert "replication" not in result.columns


def test_a_group_that_a_run_does_not_have_counts_as_none_there():
    log = tables([[(1, True)]] * 10).frame("tickets")
    log["priority"] = "normal"
    log.loc[log["replication"] <= 2, "priority"] = "urgent"
    result = cx.over_replications(cx.Tables.from_frames({"tickets": log}), "vol", by="priority")
    urgent = result.set_index("priority").loc["urgent"]
    assert (urgent["value"], urgent["n"]) == (0.2, 10)


def test_intervals_stay_within_what_is_possible():
    wild = [[(1, True)] * 3, [(1, False)], [(600, True)]]
    assert cx.over_replications(tables(wild), "sla").iloc[0]["flag"] == "small_n"
    result = cx.over_replications(tables(wild), ["sla", "frt"]).set_index("metric")
    assert result.loc["sla", "high"] == 1.0
    assert result.loc["frt", "low"] == 0.0


def test_a_real_log_is_refused():
    log = tables(RUNS).frame("tickets").drop(columns="replication")
    with pytest.raises(cx.InputError, match="no replications"):
        cx.over_replications(cx.Tables.from_frames({"tickets": log}))


def test_replicate_simulates_and_reports_progress():
    steps = []
    result = cx.replicate(
        cx.Scenario.load(cx_scenario()).but(**{"horizon.weeks": 2}),
        "vol,frt", replications=2, seed=3, progress=lambda done, total: steps.append((done, total)),
    )  # fmt: skip
    assert result["n"].tolist() == [2, 2]
    assert steps[-1] == (2, 2)


def cx_scenario():
    from cxlab.files import scenario_file

    return scenario_file("base")


def test_that_runs_are_short_is_not_said_of_all_of_them():
    short = "too few for a whole interval: a median takes 6 cases"
    assert _common_note(pd.Series([f"agents are not recorded; {short}"] * 2)) == (
        "agents are not recorded"
    )
    assert _common_note(pd.Series([short, ""])) == ""


def test_a_share_of_0_in_every_run_is_no_certainty():
    """0 of 9 met: Wilson's upper end is z² ÷ (9 + z²) = 3.841459 ÷ 12.841459."""
    runs = [[(m, False) for m, _ in run] for run in RUNS]
    row = cx.over_replications(tables(runs), "sla").iloc[0]
    assert (row["value"], row["low"]) == (0.0, 0.0)
    assert row["high"] == pytest.approx(3.841459 / 12.841459, rel=1e-6)
    every = cx.over_replications(tables([[(m, True) for m, _ in r] for r in RUNS]), "sla").iloc[0]
    assert (every["value"], every["high"]) == (1.0, 1.0)
    assert every["low"] == pytest.approx(9 / 12.841459, rel=1e-6)
