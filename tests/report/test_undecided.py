"""What pending cases could turn is not claimed: better, a target met, an alert; by hand."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

import cxlab as cx
from cxlab.report.alerts import _sure
from cxlab.report.kpis import rows_of
from cxlab.report.targets import Target
from cxlab.report.tiles import tiles
from cxlab.report.undecided import reach, target_met
from cxlab.stats import xmr_limits

HOUR = 3600.0


def row(metric="frt_p90", **changes):
    made = {
        "metric": metric, "title": metric, "unit": "s", "direction": "down",
        "period": "2026-W06", "value": 2.1 * HOUR, "low": 1.3 * HOUR, "high": 3.3 * HOUR,
        "n": 757, "excluded": {}, "pending": 48, "flag": "ok", "interval_method": "order",
    }  # fmt: skip
    return made | changes


def kpi(**changes):
    return next(rows_of(pd.DataFrame([row(**changes)])))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        # 0.9 × 48 = 43 ranks up; the interval reaches 1.96 √(757 × 0.9 × 0.1) = 16: no bound.
        ({}, (2.1 * HOUR, math.inf)),
        # 0.5 × 48 = 24 ranks, of 1.96 √(757 / 4) = 27: within the interval.
        ({"metric": "frt"}, (2.1 * HOUR, 3.3 * HOUR)),
        ({"pending": 0}, (2.1 * HOUR, 2.1 * HOUR)),
        # 1 of 100 known is met; the 9 pending may all be, or none.
        ({"metric": "fcr_7d", "unit": "share", "value": 1.0, "n": 1, "pending": 9}, (0.1, 1.0)),
        ({"interval_method": "Student t over replications"}, (2.1 * HOUR, 2.1 * HOUR)),
    ],
)
def test_reach(changes, expected):
    assert reach(kpi(**changes)) == pytest.approx(expected)


def words(now, before, target=None):
    goals = {"frt_p90": target} if target else {}
    block = tiles(pd.DataFrame([now]), pd.DataFrame([before]), goals)
    return re.sub(r"<[^>]*>", "", block.body).replace("\u00a0", " "), block.page


def test_a_tail_that_still_waits_is_not_better_and_meets_no_target():
    """The newest week of a desk: 2.1 h now, 9.7 h once the mails of the weekend are answered."""
    before = row(value=13 * HOUR, low=12 * HOUR, high=14 * HOUR, pending=0, period="2026-W05")
    target = Target("frt_p90", "s", at_most=4 * HOUR)
    text, page = words(row(), before, target)
    assert "too early to judge: 48 cases are pending" in text
    assert "better" not in text
    assert "Target at most 4.0 h: too early to judge." in text
    assert page["missed_targets"] == []
    assert page["kpis"][0]["met"] is None
    assert "(too early to judge)" in page["summary"][0]


def test_what_is_bad_already_is_said():
    before = row(value=HOUR, low=0.9 * HOUR, high=1.1 * HOUR, pending=0, period="2026-W05")
    text, page = words(row(), before, Target("frt_p90", "s", at_most=2 * HOUR))
    assert "worse" in text
    assert "✗ missed" in text
    assert page["missed_targets"] == ["frt_p90"]


@pytest.mark.parametrize(("limit", "met"), [(0.8, True), (0.85, None), (0.95, False)])
def test_a_share_meets_a_target_whatever_becomes_of_the_pending(limit, met):
    # 81 of 90; with 10 pending between 81 and 91 of 100.
    share = kpi(metric="sla", unit="share", value=0.9, n=90, pending=10)
    assert target_met(share, Target("sla", "share", at_least=limit)) is met


def test_no_alert_that_pending_cases_could_take_back():
    before = [10.0, 11.0, 9.5, 10.5, 10.0, 9.8, 10.2, 10.1]
    limits = xmr_limits([hours * HOUR for hours in before])
    history = [hours * HOUR for hours in before]
    assert _sure(kpi(), limits, history) == []
    (better,) = _sure(kpi(pending=0), limits, history)
    assert better.side == "better"
    slow = kpi(value=20 * HOUR, low=19 * HOUR, high=21 * HOUR)
    assert [a.side for a in _sure(slow, limits, history)] == ["worse"]


def log(last):
    """A desk that is open Monday to Friday, one ticket a day at nine, and a last one."""
    days = pd.date_range("2026-01-05 09:00", last, freq="D", tz="UTC")
    created = [*days[days.day_of_week < 5], pd.Timestamp(last, tz="UTC")]
    ids = [str(i) for i in range(len(created))]
    tickets = pd.DataFrame({"ticket_id": ids, "created_at": created}).assign(
        channel="email", status="open"
    )
    return cx.Tables.from_frames({"tickets": tickets})


@pytest.mark.parametrize(
    ("last", "period", "passed_over"),
    [
        ("2026-02-01 22:41", "2026-W05", ""),  # Sunday: nothing after it was to come
        (
            "2026-01-30 17:30",
            "2026-W04",
            "2026-W05 is not reported yet: the log",
        ),
        ("2026-02-02 06:30", "2026-W05", ""),  # Monday: the next week has only begun
    ],
)
def test_the_last_week_and_what_is_said_of_a_later_one(last, period, passed_over):
    view = cx.report.choose_period(log(last), "last")
    assert view.current.label == period
    assert view.passed_over.startswith(passed_over)
    assert bool(view.passed_over) == bool(passed_over)
    page = cx.report.period_heading(view).page
    assert page.get("summary", []) == ([f"note: {view.passed_over}"] if passed_over else [])
