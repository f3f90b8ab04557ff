"""Charts say what they show in words, and carry nothing a page or JupyterLab cannot draw."""

from __future__ import annotations

from itertools import pairwise

import nbformat
import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab import charts
from cxlab.charts.aggregate import week_seconds
from cxlab.charts.renderer import MIME
from tests.charts.examples import (
    EXAMPLES,
    SLIDERS,
    all_charts,
    backlog_rows,
    chart_functions,
    settling,
    trend_rows,
)

ALL = all_charts()


def test_every_chart_function_has_an_example():
    assert sorted([*EXAMPLES, *SLIDERS]) == chart_functions()
    assert set(EXAMPLES.values()) <= set(ALL)


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
     ("triangle", "Months"), ("followed", "(%)"), ("ages", "(number)"),
     ("standard errors", "(standard errors)"), ("interval", "(min)"), ("lines", "(min)"),
     ("lines and dots", "(%)")],
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
    found = settling(days)
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
        "First response time, median over 3 periods: 60.0 min in 2026-W01, 90.0 min in 2026-W03; "
        "highest 90.0 min in 2026-W03, lowest 60.0 min in 2026-W01. 1 period has no value. "
        "The target is 66.7 min."
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


@pytest.mark.parametrize(
    ("names", "ends", "direct"),
    [
        (("hang up", "answered within 20 s"), (0.1, 0.9), ["hang up", "answered within\n20 s"]),
        (("hang up", "served"), (0.50, 0.52), ["hang up", "served"]),
        (tuple("abcde"), (0.50, 0.50, 0.51, 0.52, 0.52), None),  # four lines of words for one
        (("hang up", "an uncommonlylongword"), (0.1, 0.9), None),
    ],
)
def test_lines_are_named_at_their_ends_where_there_is_room(names, ends, direct):
    rows = pd.concat(
        [pd.DataFrame({"x": [1, 2], "value": [0.5, end], "group": name, "unit": "share"})
         for name, end in zip(names, ends, strict=True)]
    )  # fmt: skip
    spec = charts.curves(rows, over="Agents (number)", what="Share", title="t").to_dict()
    named = [m for m in spec["layer"] if m["mark"]["type"] == "text"]
    assert len(named) == (direct is not None)
    legends = [m["encoding"]["color"].get("legend") for m in spec["layer"]]
    assert all(legend is None for legend in legends) == (direct is not None)
    if direct:
        data = spec["datasets"][named[0]["data"]["name"]]
        assert sorted(row["name"] for row in data) == sorted(direct)
        # No line of words is lower than 8 % of the axis, which begins at 0.
        places = sorted((row["at"], 1 + row["name"].count("\n")) for row in data)
        for (below, one), (above, two) in pairwise(places):
            assert above - below >= 0.08 * max(*ends, 0.5) * (one + two) / 2 - 1e-9


def test_a_week_names_its_lines_beside_the_last_day_where_there_is_room():
    """Friday ends at hour 115 (19:00): 53 hours are free; at 40 % of the top Saturday is low."""
    week = pd.DataFrame({"hour_of_week": range(168)})
    shift = week["hour_of_week"].between(0, 114) * 5.0 + (week["hour_of_week"] == 130) * 2.0
    free = charts.load_against_staffing(week.assign(on_shift=shift, busy=shift / 2)).to_dict()
    (layer,) = (m for m in free["layer"] if m["mark"]["type"] == "text")
    rows = free["datasets"][layer["data"]["name"]]
    assert [(row["name"], row["hour_of_week"]) for row in rows] == [
        ("on shift", 115),
        ("busy", 115),
    ]
    assert all(m["encoding"]["color"]["legend"] is None for m in free["layer"])
    always = charts.load_against_staffing(week.assign(on_shift=5.0, busy=3.0)).to_dict()
    assert not [m for m in always["layer"] if m["mark"]["type"] == "text"]
    assert any(m["encoding"]["color"]["legend"] for m in always["layer"])


def test_a_chart_of_times_has_one_unit():
    """Its axis goes to 5.8 hours: nine minutes are a part of one."""
    rows = pd.DataFrame({"metric": "art", "title": "Time", "unit": "s", "n": 9,
                         "channel": ["email", "chat"], "value": [20880.0, 540.0],
                         "low": [18000.0, 500.0], "high": [25200.0, 600.0]})  # fmt: skip
    words = charts.interval(rows, "channel")._repr_mimebundle_()["text/plain"]
    assert words == "Time by channel: email 5.8 h; chat 0.15 h."


def test_one_period_is_told_once():
    for chart, value in (
        (charts.trend(trend_rows([3600.0])), "1.0 h"),
        (charts.backlog_trend(backlog_rows([36.0])), "36"),
    ):
        words = chart._repr_mimebundle_()["text/plain"]
        assert words == f"Only 2026-W01 has a value, {value}: a trend takes two periods."


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
    """No Python loop over rows: 200,000 hours are summed up as the few are."""
    n = 200_000
    start = pd.Series(np.datetime64("2026-01-05") + np.arange(n).astype("timedelta64[m]"))
    spent = week_seconds(start, start + pd.Timedelta(hours=1))
    assert spent.sum() == pytest.approx(n * 3600)


def test_standardised_differences_name_the_furthest():
    from cxlab.charts import standardised_differences

    rows = pd.DataFrame(
        {"case": ["A", "A", "B"], "quantity": ["wait", "share", "wait"], "t": [0.5, -3.0, 1.0],
         "verdict": "agrees"}
    )  # fmt: skip
    chart = standardised_differences(rows, 4.6)
    assert "largest difference is 3.0 standard errors (A: share)" in chart.description
    assert chart.usermeta["cxlab_table"]["rows"] == [
        ["A", "share", "−3.00"],
        ["B", "wait", "+1.00"],
    ]
    assert "Nothing was compared." in standardised_differences(rows[:0], 4.6).description


def test_a_cohort_triangle_compares_cohorts_at_an_age_that_all_have():
    spec = ALL["triangle"]._repr_mimebundle_()[MIME]
    assert "2026-Q1 (200) 84.0 % (79.0 % to 86.0 %) are still there after 2" in spec["description"]
    assert "of the last <b> (40) 90.0 %" in spec["description"]
    assert spec["usermeta"]["cxlab_table"]["rows"][1] == [
        "2026-Q2 (150)", "80.0 % (75.0 % to 82.0 %)", "–", "–"
    ]  # fmt: skip


def test_a_triangle_of_years_stays_small():
    months = range(121)
    many = pd.DataFrame(
        [{"group": f"{y}", "time": float(t), "value": 0.9, "low": 0.8, "high": 1.0, "n": 9}
         for y in range(1900, 2000) for t in months]
    )  # fmt: skip
    spec = charts.cohort_triangle(many)._repr_mimebundle_()[MIME]
    (rows,) = spec["datasets"].values()
    assert len(rows) <= 500  # a rectangle and a word each
    assert rows[0]["cohort"] == "1980 (9)"
    assert sorted({r["time"] for r in rows}) == list(range(6, 121, 6))


def test_numbers_at_risk_stand_below_the_curve():
    spec = ALL["followed"]._repr_mimebundle_()[MIME]
    assert "2026-Q1 of 200: more than half to the end; 80.0 % at 3" in spec["description"]
    words = [r["words"] for rows in spec["datasets"].values() for r in rows if "words" in r]
    assert "Still followed (number)" in words
    assert "168" in words  # 84 % of 200 after two months


def test_the_age_of_the_backlog_by_hand():
    """Monday 2026-01-12, 00:00: one ticket is 1 day old, one 5; one was solved, one is spam."""

    def at(day: int) -> pd.Timestamp:
        return pd.Timestamp(2026, 1, day, tz="UTC")

    tickets = pd.DataFrame(
        {
            "ticket_id": list("abcde"), "channel": "email",
            "status": ["open", "solved", "solved", "open", "open"],
            "created_at": [at(7), at(11), at(5), at(13), at(6)],
            "last_solved_at": [None, at(14), at(8), None, None],
            "excluded_reason": [None, None, None, None, "spam"],
        }
    )  # fmt: skip
    tables = cx.Tables.from_frames({"tickets": tickets}, as_of=at(16).to_pydatetime())
    week = cx.Period.parse("2026-W03", "UTC")
    found = charts.open_by_age(tables, week).pivot(index="period", columns="age", values="n")
    assert list(found.index) == ["2026-W02", "2026-W03"]  # the log begins in the first
    # Exactly a day old is a day old; the week that is going on is seen at the end of the log.
    assert found.loc["2026-W02"].to_dict() == {
        "under 1 day": 0, "1–3 days": 1, "3–7 days": 1, "1–4 weeks": 0, "4+ weeks": 0
    }  # fmt: skip
    assert found.loc["2026-W03"].to_dict() == {
        "under 1 day": 0, "1–3 days": 0, "3–7 days": 1, "1–4 weeks": 1, "4+ weeks": 0
    }  # fmt: skip
    assert charts.open_by_age(tables, week, periods=1)["period"].unique().tolist() == ["2026-W03"]


def test_words_of_the_age_of_the_backlog():
    assert ALL["ages"]._repr_mimebundle_()["text/plain"] == (
        "At the end of 2026-W03 11 tickets are open: under 1 day 4, 1–3 days 4, 3–7 days 2, "
        "1–4 weeks 1. Over 3 periods most were open in 2026-W03 (11), and most of 4+ weeks in "
        "2026-W02 (2)."
    )
    assert "No ticket is open" in ALL["no ages"]._repr_mimebundle_()["text/plain"]


def _layers(name):
    return ALL[name]._repr_mimebundle_()[MIME]


@pytest.mark.parametrize(
    ("name", "field", "names"),
    [("warm-up", "line", {"mean", "7-day mean"}), ("pairs", "reading", {"as it is", "off"})],
)
def test_lines_are_named_where_they_stand(name, field, names):
    spec = _layers(name)
    colours = [m["encoding"]["color"] for m in spec["layer"] if "color" in m.get("encoding", {})]
    assert colours
    assert all(c["legend"] is None for c in colours)
    told = {
        row[field]
        for m in spec["layer"]
        if m.get("mark", {}).get("type") == "text" and "color" in m["encoding"]
        for row in spec["datasets"][m["data"]["name"]]
    }
    assert told == names


def test_a_caption_says_what_the_drawing_does_not_and_the_numbers_stay_in_the_words():
    spec = _layers("pairs")
    caption = spec["usermeta"]["cxlab_caption"]
    assert "95 % intervals" in caption
    assert "EUR" in spec["description"]
    assert "EUR" not in caption


def _names(name):
    """Return the layers of the names of lines: how they are aligned, at which column, of what."""
    spec = _layers(name)
    for mark in spec["layer"]:
        if mark.get("mark", {}).get("type") == "text" and "color" in mark["encoding"]:
            column = mark["encoding"]["x"]["field"]
            yield mark["mark"]["align"], column, spec["datasets"][mark["data"]["name"]]


def test_readings_are_named_towards_the_middle():
    """A name begins where a line of the left half does, and ends where one of the right half does.

    The axis of the pairs reaches from -159 to 79: its middle is -40.
    """
    sides = {align: (column, rows) for align, column, rows in _names("pairs")}
    assert {align: column for align, (column, _) in sides.items()} == {
        "left": "low",
        "right": "high",
    }
    assert all((row["low"] + row["high"]) / 2 < -40 for row in sides["left"][1])
    assert all((row["low"] + row["high"]) / 2 > -40 for row in sides["right"][1])


def test_names_of_lines_stand_at_the_right_end():
    ((align, column, rows),) = _names("warm-up")
    last = max(row["day"] for mark in _layers("warm-up")["datasets"].values()
               for row in mark if "day" in row)  # fmt: skip
    assert align == "left"
    assert [row[column] for row in rows] == [last, last]


def test_a_stage_that_nobody_entered_is_drawn_and_the_last_goes_nowhere():
    stages = pd.DataFrame({"stage": ["buy", "renew", "advocate"], "entered": [10, 4, 0],
                           "conversion": [0.4, 0.0, np.nan], "median_s": np.nan})  # fmt: skip
    words = charts.funnel(stages).description
    assert "buy: 10, 40.0 % go on; renew: 4, 0.0 % go on; advocate: 0. " in words
    assert "Nobody entered" in charts.funnel(stages.assign(entered=0)).description
