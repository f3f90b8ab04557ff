"""Charts refuse what they would draw as nonsense, and say what they take."""

from __future__ import annotations

import pandas as pd
import pytest

import cxlab as cx
from cxlab import charts
from tests.charts.examples import trend_rows

_DAYS = ["2026-01-05 09:00Z", "2026-01-06 09:00Z", "2026-01-13 09:00Z", "2026-01-14 09:00Z"]
LOG = cx.Tables.from_frames({"tickets": pd.DataFrame({
    "ticket_id": list("ABCD"), "channel": ["email", "chat"] * 2, "status": "solved",
    "created_at": _DAYS, "first_human_reply_at": [d.replace("09:00", "09:10") for d in _DAYS],
})})  # fmt: skip


def measured(metrics: str, by: str) -> pd.DataFrame:
    return cx.measure(LOG, metrics, by=by)


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda: charts.trend(measured("frt,vol", "week,channel")),
         r"shows one metric: given 'frt, vol'; expected rows of one metric, one per period; "
         r'choose with rows\[rows\["metric"\] == "frt"\]'),
        (lambda: charts.trend(measured("frt", "week,channel")),
         r"one row per period: given '2 rows for 2026-W02'; expected rows of one metric, one per "
         r'period; choose with rows\[rows\["channel"\] == "(email|chat)"\]'),
        (lambda: charts.trend(measured("frt", "channel")),
         r'given \'2 rows for all\'.*cx.measure\(tables, METRIC, by="week"\) gives one row per'),
        (lambda: charts.trend(pd.concat([measured("frt", "week")] * 2)),
         "2 rows for 2026-W02.*drop the rows that are there twice"),
        (lambda: charts.backlog_trend(measured("backlog", "week,channel")),
         r'2 rows for 2026-W02.*rows\["channel"\]'),
        (lambda: charts.backlog_trend(measured("frt", "week")),
         r"shows the open backlog: given 'frt'; expected rows of the metric backlog; cx.measure"),
        (lambda: charts.backlog_trend(measured("vol", "week")), "given 'vol'"),
        (lambda: charts.interval(measured("frt", "week,channel"), "channel"),
         r"one row per channel: given '2 rows for (chat|email)'.*"
         r'choose with rows\[rows\["week"\] == "2026-W02"\]'),
        (lambda: charts.interval(measured("frt,frt_mean", "channel"), "channel"),
         r'given \'2 rows for .*rows\["metric"\] == "frt"'),
        (lambda: charts.interval(measured("frt,vol", "channel"), "channel"),
         r"one axis: given 'values in s, count'.*rows\[\"metric\"\] == \"frt\""),
    ],
)  # fmt: skip
def test_what_would_be_nonsense_is_refused(slip, words):
    with pytest.raises(cx.InputError, match=words):
        slip()


def test_what_was_chosen_as_the_hint_says_is_drawn():
    rows = measured("frt,vol", "week,channel")
    chosen = rows[(rows["metric"] == "frt") & (rows["channel"] == "email")]
    assert "10.0 min in 2026-W02" in charts.trend(chosen).description
    two = measured("frt,frt_mean", "")
    assert "by metric: " in charts.interval(two, "metric").description


@pytest.mark.parametrize("given", [LOG, measured("frt", "week"), None])
@pytest.mark.parametrize(
    ("draw", "made_by"),
    [
        (charts.backlog_age, "cx.charts.open_by_age"),
        (charts.waits_by_hour, "cx.charts.hourly_waits"),
        (charts.load_against_staffing, "cx.charts.hourly_load"),
        (charts.wait_distribution, "cx.charts.first_response_times"),
        (charts.funnel, "cx.journey"),
    ],
)
def test_the_function_is_named_that_makes_what_a_chart_takes(draw, made_by, given):
    with pytest.raises(cx.InputError, match=made_by):
        draw(given)


def test_a_period_may_be_a_text():
    """Week 3 has two of the four tickets."""
    assert charts.first_response_times(LOG, "2026-W03").n == 2
    assert charts.hourly_waits(LOG, "UTC", "2026-W03")["n"].sum() == 2
    week = cx.Period.parse("2026-W03", "UTC")
    asked = charts.open_by_age(LOG, "2026-W03")
    pd.testing.assert_frame_equal(asked, charts.open_by_age(LOG, week))
    assert set(asked["period"]) == {"2026-W02", "2026-W03"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda period: charts.first_response_times(LOG, period),
        lambda period: charts.hourly_waits(LOG, "UTC", period),
        lambda period: charts.open_by_age(LOG, period),
    ],
)
def test_what_is_no_period_is_refused(ask):
    for given in ("2026-W60", "lsat", 2026):
        with pytest.raises(cx.InputError, match=str(given)):
            ask(given)


def test_periods_stay_in_the_order_of_time():
    """The second week waits longest: by value it would stand first."""
    rows = trend_rows([600.0, 1800.0, 1200.0])
    weeks = rows.assign(week=rows["period"]).sample(frac=1, random_state=1)
    told = charts.interval(weeks, "week", title="Wait").description
    assert told == "Wait: 2026-W01 10.0 min; 2026-W02 30.0 min; 2026-W03 20.0 min."
    groups = rows.assign(channel=["a", "b", "c"])
    told = charts.interval(groups, "channel", title="Wait").description
    assert told == "Wait: b 30.0 min; c 20.0 min; a 10.0 min."


def test_one_open_ticket_is_told_as_one():
    aged = pd.DataFrame({"period": "2026-W02", "age": list(charts.backlog.AGES),
                         "n": [0, 1, 0, 0, 0]})  # fmt: skip
    assert charts.backlog_age(aged).description == (
        "At the end of 2026-W02 1 ticket is open: 1–3 days 1."
    )


def test_a_saved_chart_has_the_look_of_a_shown_one(tmp_path):
    """A white ground across 680 pixels, and the theme's colour of a series."""
    charts.trend(trend_rows([600.0, 1800.0])).save(tmp_path / "x.svg")
    drawn = (tmp_path / "x.svg").read_text("utf-8")
    assert 'width="680"' in drawn.split(">")[0]
    assert 'fill="#ffffff"/>' in drawn[:400]
    assert 'stroke="#0b68a8"' in drawn
