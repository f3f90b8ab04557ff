"""An example of every chart: shared by the tests of charts and by those in a browser.

Names and texts hold "<b>" where they come from a user: it must show as text.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pandas as pd

import cxlab as cx
from cxlab import charts
from cxlab.experiment import WarmUp
from cxlab.files import scenario_file
from cxlab.scenario.links import Link
from tests.report.helpers import small_scenario


def trend_rows(values, unit="s"):
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


def backlog_rows(values):
    return trend_rows(values, unit="count").assign(metric="backlog")


LINK = Link.model_validate({"name": "waiting", "from": "first_reply_hours",
                            "curve": [[2, 1], [24, 1.5]],
                            "low": [[2, 1.0]], "high": [[2, 1.0], [8, 2.0]]})  # fmt: skip


def settling(days: int, *, horizon=None) -> WarmUp:
    """Three runs with 0, 1, 2, … 14 open tickets on the first days, then 13 and 15 in turn."""
    day = np.arange(days + 1)
    open_ = np.where(day < 14, day, 14 + (-1) ** day)
    parts = [pd.DataFrame({"day": day, "replication": r, "open": open_}) for r in (1, 2, 3)]
    base = cx.Scenario.load(scenario_file("base"))
    steady = {"type": "steady", "days": days, "warm_up_days": 7}
    return WarmUp(base.but(horizon=horizon or steady), pd.concat(parts, ignore_index=True))


def all_charts():
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
    groups = trend_rows([3600.0, 60.0]).assign(channel=["email", "<b>"])
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
    aged = pd.DataFrame(
        [{"period": p, "age": age, "n": n} for p, counts in AGED.items()
         for age, n in zip(charts.backlog.AGES, counts, strict=True)]
    )  # fmt: skip
    compared = pd.DataFrame({"case": ["A", "A", "<b>"], "quantity": ["wait", "share", "wait"],
                             "t": [0.5, -3.0, 1.0], "verdict": "agrees"})  # fmt: skip
    return {
        "triangle": charts.cohort_triangle(COHORTS),
        "empty triangle": charts.cohort_triangle(COHORTS.head(0)),
        "followed": charts.survival_curve(COHORTS, **survive),
        "ages": charts.backlog_age(aged),
        "no ages": charts.backlog_age(aged.assign(n=0)),
        "standard errors": charts.standardised_differences(compared, 4.6),
        "trend": charts.trend(trend_rows([3600.0, nan, 5400.0]), target=4000.0),
        "far target": charts.trend(trend_rows([60.0, 70.0]), target=86400.0),
        "backlog": charts.backlog_trend(backlog_rows([3.0, 0.0, 9.0])),
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
        "warm-up": charts.warm_up(settling(30)),
        "short warm-up": charts.warm_up(settling(10)),
        "no warm-up": charts.warm_up(settling(30, horizon={"type": "terminating", "days": 30})),
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
        "empty trend": charts.trend(trend_rows([nan, nan])),
        "empty heat": charts.waits_by_hour(heat.head(0)),
        "empty load": charts.load_against_staffing(load.head(0)),
        "empty spread": charts.wait_distribution(charts.Distribution("Time", bins.head(0))),
        "empty interval": charts.interval(groups.assign(value=nan), "channel"),
    }


AGED = {"2026-W01": [3, 2, 0, 0, 0], "2026-W02": [5, 1, 1, 0, 2], "2026-W03": [4, 4, 2, 1, 0]}

COHORTS = pd.DataFrame(
    [{"group": group, "time": float(t), "value": v, "low": v - 0.05, "high": v + 0.02, "n": n,
      "at_risk": round(n * v)}
     for group, n, values in [("2026-Q1", 200, [1.0, 0.9, 0.84, 0.8]), ("2026-Q2", 150, [1.0, 0.8]),
                              ("<b>", 40, [1.0, 0.95, 0.9])]
     for t, v in enumerate(values)]
)  # fmt: skip
"""Three cohorts of different age."""

EXAMPLES = {
    "backlog_age": "ages", "backlog_trend": "backlog", "changes": "changes",
    "cohort_triangle": "triangle", "curves": "lines and dots", "decision_tree": "tree",
    "funnel": "funnel", "influences": "walks", "interval": "interval", "link_curve": "link",
    "load_against_staffing": "load", "paired_differences": "pairs", "reasons": "why",
    "revenue_moves": "moves", "revenue_waterfall": "steps", "shift_plan": "plan",
    "standardised_differences": "standard errors", "survival_curve": "followed",
    "tornado": "tornado", "trend": "trend", "value_distribution": "worth",
    "wait_distribution": "spread", "waits_by_hour": "heat", "warm_up": "warm-up",
}  # fmt: skip
"""Chart functions and the name of an example of each in `all_charts`."""

SLIDERS = ("what_if_curve", "what_if_map", "what_if_readings")
"""Those that take a simulated lattice: see `gallery`."""


def chart_functions() -> list[str]:
    """Return the public functions that draw."""
    public = {name: getattr(charts, name) for name in charts.__all__}
    return sorted(
        name for name, f in public.items()
        if inspect.isfunction(f) and inspect.signature(f).return_annotation == "Figure"
    )  # fmt: skip


def gallery(folder: Any) -> dict[str, dict[str, Any]]:
    """Return the MIME bundle of one example of every chart function, by its name."""
    drawn = all_charts()
    found = {name: drawn[key] for name, key in EXAMPLES.items()}
    desk = cx.Scenario.load(small_scenario(folder))
    ranges = {"team.shifts.0.agents": (1, 4), "channels.phone.arrivals_per_hour": ("x0.8", "x1.4")}
    lattice = cx.what_if(desk, ranges, "frt,abandonment", levels=4, replications=2)
    found["what_if_readings"] = charts.what_if_readings(lattice)
    found["what_if_map"] = charts.what_if_map(lattice, "abandonment")
    found["what_if_curve"] = charts.what_if_curve(lattice, "abandonment")
    return {name: chart._repr_mimebundle_() for name, chart in sorted(found.items())}
