"""Slips in Python are answered with what was given, what is expected, and what is near."""

from __future__ import annotations

import pandas as pd
import pytest

import cxlab as cx
from cxlab.report.series import distinct_periods

LOG = cx.Tables.from_frames({"tickets": pd.DataFrame({
    "ticket_id": ["A"], "created_at": ["2026-01-05 09:00Z"], "channel": "email", "status": "open",
})})  # fmt: skip


@pytest.mark.parametrize(
    ("slip", "words"),
    [
        (lambda: cx.measure(LOG, "vol", by="kanal"),
         r"unknown group: given 'kanal'; expected one of .*channel.*; or of time day, week"),
        (lambda: cx.measure(LOG, "vol", by="chanel"), "did you mean 'channel'"),
        (lambda: cx.measure(LOG, "vol", by=3), "groups are not named: given 3; expected names of"),
        (lambda: cx.charts.trend("x"),
         "a chart is drawn of a frame: given 'x'; expected a frame with the columns period, value"),
        (lambda: cx.charts.backlog_trend(None), "a chart is drawn of a frame"),
        (lambda: cx.charts.trend(pd.DataFrame({"week": [1]})),
         r"the frame has no column 'period': given \['week'\]"),
        (lambda: cx.charts.interval(pd.DataFrame({"value": [1]}), "team"), "no column 'team'"),
        # A title of one's own makes no difference.
        (lambda: cx.charts.trend("x", title="T"), "a chart is drawn of a frame: given 'x'"),
        (lambda: cx.charts.backlog_trend(3, title="T"), "a chart is drawn of a frame: given 3"),
        (lambda: cx.charts.interval(pd.DataFrame({"value": [1]}), "team", title="T"),
         "no column 'team'"),
        (lambda: cx.report.report(data="sample", by=5), "groups are not named: given 5"),
        (lambda: cx.report.report(data="sample", by="topic", parameters={"by": ["channel"]}),
         "by is given twice"),
        (lambda: cx.Tables.read("nix"),
         "given 'nix'; expected a folder of canonical tables, a DuckDB file"),
    ],
)  # fmt: skip
def test_slips(slip, words):
    with pytest.raises(cx.InputError, match=words):
        slip()


def test_last_may_be_written_in_capitals():
    assert distinct_periods(["LAST", "last", " Last-Month"], None) == ["last", "last-month"]


def test_groups_may_come_one_by_one():
    found = cx.measure(LOG, "vol", by=iter(["channel"]))
    assert found["channel"].tolist() == ["email"]


@pytest.mark.parametrize("title", [None, "T"])
def test_a_frame_without_rows_needs_no_columns(title):
    nothing = pd.DataFrame()
    charts = cx.charts
    for made in (charts.trend(nothing, title=title), charts.interval(nothing, "team", title=title)):
        assert "cxlab_empty" in made.usermeta
