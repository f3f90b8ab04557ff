"""Charts say what they show in words, and carry nothing a page or JupyterLab cannot draw."""

from __future__ import annotations

import datetime as dt

import nbformat
import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab import charts
from cxlab.charts.aggregate import week_seconds
from cxlab.charts.renderer import MIME
from cxlab.experiment import WarmUp
from cxlab.files import scenario_file
from cxlab.scenario.links import Link


def _trend_rows(values, unit="s"):
    n = len(values)
    return pd.DataFrame(
        {
            "metric": "frt", "title": "First response time, median", "unit": unit,
            "period": [f"2026-W{i + 1:02d}" for i in range(n)],
            "period_start": pd.date_range("2026-01-05", periods=n, freq="7D", tz="UTC"),
            "value": values, "low": [v * 0.9 for v in values], "high": [v * 1.1 for v in values],
            "n": 40, "flag": "ok",
        }
    )  # fmt: skip


LINK = Link.model_validate({"name": "waiting", "from": "first_reply_hours",
                            "curve": [[2, 1], [24, 1.5]],
                            "low": [[2, 1.0]], "high": [[2, 1.0], [8, 2.0]]})  # fmt: skip


def _settling(days: int, *, horizon=None) -> WarmUp:
    """Three runs with 0, 1, 2, … 14 open tickets on the first days, then 13 and 15 in turn."""
    day = np.arange(days + 1)
    open_ = np.where(day < 14, day, 14 + (-1) ** day)
    parts = [pd.DataFrame({"day": day, "replication": r, "open": open_}) for r in (1, 2, 3)]
    base = cx.Scenario.load(scenario_file("base"))
    steady = {"type": "steady", "days": days, "warm_up_days": 7}
    return WarmUp(base.but(horizon=horizon or steady), pd.concat(parts, ignore_index=True))


def _all_charts():
    nan = float("nan")
    heat = pd.DataFrame({"weekday": [0, 6], "hour": [9, 23], "value": [60.0, 7200.0], "n": [5, 1]})
    load = pd.DataFrame({"hour_of_week": range(168), "on_shift": 2.0, "busy": 1.5})
    bins = pd.DataFrame({"start": [0.0, 10.0, 30.0], "end": [10.0, 30.0, 60.0], "n": [3, 1, 6]})
    curve = pd.DataFrame({"time": [0.0, 6.0, 12.0], "value": [1.0, 0.9, 0.4],
                          "low": [1.0, 0.8, 0.3], "high": [1.0, 0.95, 0.5]})  # fmt: skip
    stages = pd.DataFrame({"stage": ["lead", "<b>"], "entered": [100, 40],
                           "conversion": [0.4, nan], "median_s": [86400.0, nan]})  # fmt: skip
    nodes = [
        {"id": "n0", "parent": None, "depth": 0, "kind": "root", "label": "customers",
         "customers": 10, "share": 1.0},
        {"id": "n1", "parent": "n0", "depth": 1, "kind": "condition", "label": "nps at most 6",
         "customers": 4, "share": 0.4},
        {"id": "n2", "parent": "n1", "depth": 2, "kind": "leaf", "label": "<b>", "customers": 4,
         "share": 0.4, "low": 0.17, "high": 0.69, "segment": "a", "action": "call"},
        {"id": "n3", "parent": "n0", "depth": 1, "kind": "leaf", "label": "unknown",
         "customers": 6, "share": 0.6, "low": 0.31, "high": 0.83, "segment": None, "action": None},
    ]  # fmt: skip
    grows = pd.DataFrame({"x": [1.0, 2.0, 3.0], "value": [60.0, 300.0, 90.0], "unit": "s",
                          "group": "<b>"})  # fmt: skip
    met = pd.DataFrame({"x": [2.0], "value": [240.0], "low": [200.0], "high": [300.0],
                        "unit": "s", "group": "met"})  # fmt: skip
    survive = {"time": "Time (months)", "title": "Who stays"}
    groups = _trend_rows([3600.0, 60.0]).assign(channel=["email", "<b>"])
    steps = pd.DataFrame({"kind": ["start", "new", "churn", "end"],
                          "value": [500.0, 90.0, 40.0, 550.0], "low": nan,
                          "high": nan})  # fmt: skip
    months = pd.DataFrame({"month": ["2026-01", "2026-01", "2026-02"],
                           "kind": ["new", "churn", "new"],
                           "value": [90.0, 40.0, 5.0]})  # fmt: skip
    worth = pd.DataFrame({"group": "<b>", "statistic": ["p10", "p25", "p50", "p75", "p90", "mean"],
                          "value": [1.0, 2.0, 30.0, 40.0, 500.0, 60.0],
                          "customers": 7})  # fmt: skip
    why = pd.DataFrame({"reason": ["price", "<b>"], "value": [3.0, 9.0], "low": [1.0, nan],
                        "high": [5.0, nan], "note": ["25 %", ""]})  # fmt: skip
    pairs = pd.DataFrame({"option": ["1 more", "1 more", "<b>"],
                          "reading": ["as it is", "off", "off"],
                          "value": [-120.0, 0.0, 70.0], "low": [-150.0, 0.0, nan],
                          "high": [-90.0, 0.0, nan]})  # fmt: skip
    of = {"metric": "frt", "title": "First response time", "unit": "s"}
    ends = pd.DataFrame({"key": ["team.shifts.0.agents", "team.shifts.0.agents", "<b>", "<b>"],
                         "end": ["low", "high"] * 2, "at": [2, 4, "x0.8", "x1.2"],
                         "effect": [300.0, -120.0, nan, 10.0], "low": [240.0, -150.0, nan, nan],
                         "high": [360.0, -90.0, nan, nan]}).assign(**of)  # fmt: skip
    walks = pd.DataFrame({"key": ["a.b", "<b>"], "mu_star": [300.0, 60.0], "low": [200.0, 0.0],
                          "high": [400.0, 90.0], "mu": [-300.0, 10.0],
                          "sigma": [30.0, 80.0]}).assign(**of)  # fmt: skip
    parts = pd.DataFrame({"key": ["a.b", "<b>"], "S1": [0.7, -0.01], "S1_low": [0.6, -0.1],
                          "S1_high": [0.8, 0.08], "ST": [0.9, 0.1], "ST_low": [0.8, 0.0],
                          "ST_high": [1.0, 0.2]}).assign(**of)  # fmt: skip
    plan = pd.DataFrame({"half_hour": range(336), "required": 1.0, "planned": 0.0,
                         "binding": False})  # fmt: skip
    plan.loc[16:35, "planned"] = 2.0
    plan.loc[20:21, "binding"] = True
    moved = pd.DataFrame({"metric": ["First response time, median", "First response time, median",
                                     "<b>"],
                          "option": ["<b>", "other", "other"], "value": [-30.0, 2.0, 0.0],
                          "low": [-40.0, -1.0, nan], "high": [-20.0, 5.0, nan],
                          "words": ["−1.2 min", "+4.8 s", "0"],
                          "interval": ["−1.6 min to −48 s", "−2.4 s to +12 s", ""]})  # fmt: skip
    spread = charts.Distribution("First response time", bins, {0.5: 20.0, 0.9: 45.0}, 10)
    return {
        "trend": charts.trend(_trend_rows([3600.0, nan, 5400.0]), target=4000.0),
        "far target": charts.trend(_trend_rows([60.0, 70.0]), target=86400.0),
        "backlog": charts.backlog_trend(_trend_rows([3.0, 0.0, 9.0], unit="count")),
        "heat": charts.waits_by_hour(heat),
        "load": charts.load_against_staffing(load),
        "spread": charts.wait_distribution(spread),
        "interval": charts.interval(groups, "channel"),
        "curve": charts.survival_curve(curve, **survive),
        "curves": charts.survival_curve(
            pd.concat([curve.assign(group="<b>"), curve.assign(group="b")]), **survive
        ),
        "lines": charts.curves(grows, over="Load (%)", what="Wait", title="Grows", steps=True),
        "lines and dots": charts.curves(
            pd.concat([grows, met]), over="Load (%)", what="Wait", title="Grows", dots=["met"]
        ),
        "empty lines": charts.curves(grows.head(0), over="Load (%)", what="Wait", title="Grows"),
        "steps": charts.revenue_waterfall(steps, currency="EUR"),
        "moves": charts.revenue_moves(months, currency="EUR"),
        "worth": charts.value_distribution(worth, currency="EUR", what="Margin"),
        "link": charts.link_curve(LINK),
        "level link": charts.link_curve(
            LINK.model_copy(update={"curve": [[1, 1.2]], "low": None, "high": None})
        ),
        "why": charts.reasons(why, what="Lost (number)", title="Why"),
        "pairs": charts.paired_differences(pairs, what="Net", unit="EUR"),
        "plan": charts.shift_plan(plan),
        "plan without a bind": charts.shift_plan(plan.assign(binding=False)),
        "empty plan": charts.shift_plan(plan.head(0)),
        "changes": charts.changes(moved, what="Change (% of the base)", title="Times"),
        "empty changes": charts.changes(moved.head(0), what="Change (%)", title="Times"),
        "warm-up": charts.warm_up(_settling(30)),
        "short warm-up": charts.warm_up(_settling(10)),
        "no warm-up": charts.warm_up(_settling(30, horizon={"type": "terminating", "days": 30})),
        "no tickets": charts.warm_up(None),
        "empty steps": charts.revenue_waterfall(steps.head(0), currency="EUR"),
        "empty moves": charts.revenue_moves(months.head(0), currency="EUR"),
        "empty worth": charts.value_distribution(worth.head(0), currency="EUR", what="Margin"),
        "empty why": charts.reasons(why.head(0), what="Lost (number)", title="Why"),
        "empty pairs": charts.paired_differences(pairs.head(0), what="Net", unit="EUR"),
        "tornado": charts.tornado(ends),
        "walks": charts.influences(walks),
        "parts": charts.influences(parts),
        "empty tornado": charts.tornado(ends.assign(effect=nan)),
        "empty parts": charts.influences(parts.assign(ST=nan)),
        "funnel": charts.funnel(stages),
        "tree": charts.decision_tree({"nodes": nodes, "edges": []}),
        "empty funnel": charts.funnel(stages.head(0)),
        "empty tree": charts.decision_tree({"nodes": [], "edges": []}),
        "empty curve": charts.survival_curve(curve.head(0), **survive),
        "empty trend": charts.trend(_trend_rows([nan, nan])),
        "empty heat": charts.waits_by_hour(heat.head(0)),
        "empty load": charts.load_against_staffing(load.head(0)),
        "empty spread": charts.wait_distribution(charts.Distribution("Time", bins.head(0))),
        "empty interval": charts.interval(groups.assign(value=nan), "channel"),
    }


ALL = _all_charts()


@pytest.mark.parametrize("name", ALL)
def test_every_chart_has_title_words_and_a_mime_type_that_nbformat_takes(name):
    bundle = ALL[name]._repr_mimebundle_()
    assert set(bundle) == {MIME, "text/plain"}
    spec = bundle[MIME]
    assert spec["title"]
    assert spec["description"] == bundle["text/plain"]
    assert "nan" not in spec["description"].lower()
    output = nbformat.v4.new_output("display_data", data=bundle)
    cell = nbformat.v4.new_code_cell(outputs=[output])
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))


@pytest.mark.parametrize("name", ALL)
def test_no_chart_names_a_colour_of_its_own(name):
    """Colours come from the theme, so that a page can draw the chart light or dark."""
    spec = {k: v for k, v in ALL[name]._repr_mimebundle_()[MIME].items() if k != "config"}
    assert "#" not in str(spec)


def test_a_chart_has_a_ground_of_its_own_in_jupyterlab():
    """Its words are dark, also where JupyterLab is."""
    assert ALL["trend"]._repr_mimebundle_()[MIME]["config"]["background"] == "#ffffff"


def _axis_titles(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if (
                key in ("x", "y")
                and isinstance(value, dict)
                and isinstance(value.get("title"), str)
            ):
                yield value["title"]
            yield from _axis_titles(value)
    elif isinstance(node, list):
        for item in node:
            yield from _axis_titles(item)


@pytest.mark.parametrize(
    ("name", "unit"),
    [("trend", "(min)"), ("backlog", "(number)"), ("spread", "(%)"), ("load", "(mean number)"),
     ("steps", "(EUR)"), ("moves", "(EUR)"), ("worth", "(EUR)"), ("link", "(hours)"),
     ("link", "(times)"), ("why", "(number)"), ("pairs", "(EUR)"), ("plan", "(number)"),
     ("tornado", "(min)"), ("walks", "(min)"), ("parts", "(%)"),
     ("changes", "(% of the base)"), ("warm-up", "(number)"),
     ("interval", "(min)"), ("lines", "(min)"), ("lines and dots", "(%)")],
)  # fmt: skip
def test_axes_carry_their_unit(name, unit):
    titles = list(_axis_titles(ALL[name]._repr_mimebundle_()[MIME]))
    assert any(unit in t for t in titles), titles


def test_words_of_a_tornado_hold_the_numbers():
    spec = ALL["tornado"]._repr_mimebundle_()[MIME]
    assert (
        "team.shifts.0.agents = 2: +5.0 min; team.shifts.0.agents = 4: −2.0 min"
        in (spec["description"])
    )
    assert ["team.shifts.0.agents", "2", "+5.0 min", "+4.0 min to +6.0 min"] in (
        spec["usermeta"]["cxlab_table"]["rows"]
    )
    assert "<b> 1.0 min (spread 1.3 min)" in ALL["walks"]._repr_mimebundle_()[MIME]["description"]
    assert "a.b 0.70 alone, 0.90 in all" in ALL["parts"]._repr_mimebundle_()[MIME]["description"]


def test_words_of_a_company_hold_the_numbers():
    words = {name: ALL[name]._repr_mimebundle_()["text/plain"] for name in ALL}
    assert words["steps"].endswith(
        ": at the start 500 EUR; new +90.00 EUR; churn −40.00 EUR; at the end 550 EUR."
    )
    assert "one in ten above 500 EUR" in words["worth"]
    assert words["link"].startswith("An assumption, not a finding.")
    assert words["link"].endswith("1.5 times at 24 (between 1 and 2).")
    assert "no range is stated" in words["level link"]
    assert words["why"] == "Why: <b> 9; price 3 (25 %)."
    assert words["pairs"].endswith(
        "1 more: −120 EUR (as it is); 0 EUR (off). <b>: +70.00 EUR (off)."
    )


def test_words_of_a_plan_hold_the_numbers():
    # Ten hours of two hands, one of them required; 316 half-hours want one and have none.
    assert ALL["plan"]._repr_mimebundle_()["text/plain"] == (
        "20 hours of hands are planned over the week, 10 of them required; most are there "
        "Mon 08:00: 2.0. 2 half-hours bind (bold line), the first Mon 10:00: with one agent fewer "
        "there a target is missed. In 316 half-hours fewer are planned than a requirement taken "
        "by itself would want: simulation showed that the targets hold."
    )


def test_words_of_changes_hold_the_differences():
    words = ALL["changes"]._repr_mimebundle_()["text/plain"]
    assert words == (
        "Times, against the base. First response time, median: <b> −1.2 min; other +4.8 s. "
        "<b>: other 0."
    )


def test_words_of_a_warm_up_judge_it():
    words = {name: ALL[name]._repr_mimebundle_()["text/plain"] for name in ALL}
    # Days 7 to 13 have 7 to 13 tickets, 14 to 30 nine times 15 and eight times 13.
    assert "after that 12.9 tickets are open" in words["warm-up"]
    assert "(lowest day 7.0, highest 15.0)" in words["warm-up"]
    assert "3 runs of 30 days" in words["warm-up"]
    assert words["short warm-up"].endswith("gives no answer: there are too few days.")
    assert "counts from its start" in words["no warm-up"]
    assert "no tickets" in words["no tickets"]


@pytest.mark.parametrize(("days", "told"), [(43, "the warm-up may be too short.")])
def test_a_warm_up_that_is_too_short_is_marked(days, told):
    found = _settling(days)
    assert found.suggested is not None
    assert found.suggested > 7
    spec = charts.warm_up(found)._repr_mimebundle_()[MIME]
    assert spec["description"].endswith(told)
    assert f"MSER: day {found.suggested}" in str(spec)


def test_a_waterfall_ends_where_its_last_step_does():
    layer = ALL["steps"]._repr_mimebundle_()[MIME]
    rows = next(iter(d for d in layer["datasets"].values() if "to" in d[0]))
    assert [(r["from"], r["to"]) for r in rows] == [(0, 500), (500, 590), (590, 550), (0, 550)]


def test_trend_words_hold_the_numbers():
    words = ALL["trend"]._repr_mimebundle_()["text/plain"]
    assert words == (
        "First response time, median over 3 periods: 1.0 h in 2026-W01, 1.5 h in 2026-W03; "
        "highest 1.5 h in 2026-W03, lowest 1.0 h in 2026-W01. 1 period has no value. "
        "The target is 1.1 h."
    )


def test_the_data_of_a_tree_say_when_each_leaf_holds():
    def node(id_, parent, label, kind="branch", customers=2):
        return {"id": id_, "parent": parent, "label": label, "kind": kind, "depth": 0,
                "customers": customers, "share": 1.0, "action": None}  # fmt: skip

    nodes = [node(0, None, "all"), node(1, 0, "contract_stage due"), node(2, 1, "nps 0 to 6"),
             node(3, 2, "at_risk", "leaf"), node(4, 0, "unknown", "leaf")]  # fmt: skip
    chart = charts.decision_tree({"nodes": nodes, "edges": []})
    rows = chart._repr_mimebundle_()[MIME]["usermeta"]["cxlab_table"]["rows"]
    assert [row[:2] for row in rows] == [
        ["at risk", "contract stage due; nps 0 to 6"], ["unknown", "–"]
    ]  # fmt: skip


def test_curves_tell_their_ends_and_their_highest_point():
    assert ALL["lines and dots"]._repr_mimebundle_()["text/plain"] == (
        "Grows. Load (%). <b>: 1.0 min at 1, 1.5 min at 3, highest 5.0 min at 2. met: 4.0 min at 2."
    )


def test_one_period_is_told_once():
    for draw in (charts.trend, charts.backlog_trend):
        words = draw(_trend_rows([3600.0]))._repr_mimebundle_()["text/plain"]
        assert words == "Only 2026-W01 has a value, 1.0 h: a trend takes two periods."


def test_pooled_runs_are_said():
    bins = pd.DataFrame({"start": [0.0], "end": [10.0], "n": [3]})
    chart = charts.wait_distribution(charts.Distribution("Time", bins, {0.5: 5.0}, 3, runs=10))
    assert "3 tickets (all 10 runs pooled)" in chart._repr_mimebundle_()["text/plain"]


def test_week_seconds_by_hand():
    """Sun 23:30 to Mon 00:30 and Mon 09:15 to 09:45 twice: counted by hand."""
    stamps = pd.to_datetime(pd.Series(["2026-01-04 23:30", "2026-01-05 09:15", "2026-01-12 09:15"]))
    ends = pd.to_datetime(pd.Series(["2026-01-05 00:30", "2026-01-05 09:45", "2026-01-12 09:45"]))
    spent = week_seconds(stamps, ends)
    assert spent[167] == spent[0] == 1800
    assert spent[9] == 3600
    assert spent.sum() == 3600 + 2 * 1800


def _desk() -> cx.Tables:
    """One agent on shift Mon 09:00 to 11:00 UTC, busy 09:30 to 10:00; two tickets."""
    day = "2026-01-05 "

    def at(clock: str) -> pd.Timestamp:
        return pd.Timestamp(day + clock, tz="UTC")

    tickets = pd.DataFrame(
        {
            "ticket_id": ["a", "b"], "channel": "phone", "status": "solved",
            "created_at": [at("09:30"), at("09:50")], "queued_at": [at("09:30"), at("09:50")],
            "answered_at": [at("09:31"), at("09:53")],
            "first_human_reply_at": [at("09:31"), at("09:53")],
            "last_solved_at": [at("09:40"), at("10:00")],
        }
    )  # fmt: skip
    shifts = pd.DataFrame(
        {
            "agent_id": "x", "start": [at("09:00"), at("09:30")],
            "end": [at("11:00"), at("10:00")], "activity": ["on_shift", "handling"],
        }
    )  # fmt: skip
    return cx.Tables.from_frames({"tickets": tickets, "shifts": shifts})


def test_waits_stand_in_the_local_hour():
    waits = charts.hourly_waits(_desk(), "Europe/Berlin")
    assert waits.to_dict("records") == [{"weekday": 0, "hour": 10, "value": 120.0, "n": 2}]


def test_load_is_a_mean_number_of_agents():
    load = charts.hourly_load(_desk(), "UTC").set_index("hour_of_week")
    assert load.loc[9].tolist() == [1.0, 0.5]
    assert load.loc[10].tolist() == [1.0, 0.0]
    assert load["on_shift"].sum() == 2.0


def test_distribution_counts_everybody():
    found = charts.first_response_times(_desk())
    assert found.n == 2
    assert found.bins["n"].sum() == 2
    assert found.percentiles[0.5] == 120.0


def test_aggregates_scale():
    """A million tickets in seconds: no Python loop over rows."""
    n = 200_000
    start = pd.Series(np.datetime64("2026-01-05") + np.arange(n).astype("timedelta64[m]"))
    began = dt.datetime.now()
    spent = week_seconds(start, start + pd.Timedelta(hours=1))
    assert spent.sum() == pytest.approx(n * 3600)
    assert (dt.datetime.now() - began).total_seconds() < 5


def test_standardised_differences_name_the_furthest():
    from cxlab.charts import standardised_differences

    rows = pd.DataFrame(
        {"case": ["A", "A", "B"], "quantity": ["wait", "share", "wait"], "t": [0.5, -3.0, 1.0],
         "verdict": "agrees"}
    )  # fmt: skip
    chart = standardised_differences(rows, 4.6)
    assert "largest difference is 3.0 standard errors (A: share)" in chart.description
    assert chart.usermeta["cxlab_table"]["rows"] == [
        ["A", "share", "-3.00"],
        ["B", "wait", "+1.00"],
    ]
    assert "Nothing was compared." in standardised_differences(rows[:0], 4.6).description
