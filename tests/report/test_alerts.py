"""Alerts tell what lies beyond noise and beyond set limits, and say when nothing can be judged."""

from __future__ import annotations

import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.report import alerts, choose_period
from cxlab.report.alerts import _limits
from cxlab.report.kpis import rows_of
from cxlab.report.targets import Alarm, parse_alarms, parse_targets

VOLUMES = [100, 110, 100, 90, 100, 110, 100, 90, 100, 110]
"""Ten weeks; mean 101, nine moving ranges of 10, so limits 101 ± 3 × 10 ÷ 1.128 = 74.4, 127.6."""


def _log(*counts, met=None, days=None, begins="2026-01-05"):
    """A log from 2026-W02 on with so many tickets in each week, `met` of them in time."""
    first = pd.Timestamp(f"{begins} 08:00", tz="UTC")
    created = [
        first + pd.Timedelta(weeks=w, minutes=20 * i)
        for w, n in enumerate(counts)
        for i in range(n)
    ]
    kept = [i < m for n, m in zip(counts, met or counts, strict=True) for i in range(n)]
    frame = pd.DataFrame({"ticket_id": [f"T{i}" for i in range(len(created))],
                          "created_at": created, "channel": "email", "status": "open",
                          "sla_met": kept})  # fmt: skip
    end = (first + pd.Timedelta(days=days or 7 * len(counts))).normalize().to_pydatetime()
    return cx.Tables.from_frames({"tickets": frame}, as_of=end)


def _alerts(log, alarms=None, period="last"):
    view = choose_period(log, period)
    return alerts(view, view.measure(["vol", "sla", "backlog"]), alarms)


def test_a_week_beyond_the_limits_is_an_alert():
    found = _alerts(_log(*VOLUMES, 140))
    assert found.page["alerts"] == [
        {"metric": "vol", "title": "Ticket volume", "kind": "limit", "side": "",
         "text": "beyond noise: Ticket volume 140 is above the upper limit 128 of the 10 periods "
                 "before"}
    ]  # fmt: skip
    assert "◆ Changed" in found.body


def test_the_week_in_which_the_log_begins_is_no_baseline():
    """It begins on a Thursday: ten whole weeks are left, with the limits of the test above."""
    found = _alerts(_log(9, *VOLUMES, 140, begins="2026-01-01", days=88), period="2026-W12")
    (alert,) = [a for a in found.page["alerts"] if a["metric"] == "vol"]
    assert "above the upper limit 128 of the 10 periods before" in alert["text"]


def test_within_the_limits_there_is_none_and_the_page_says_what_was_judged():
    found = _alerts(_log(*VOLUMES, 120, met=[80] * 11))
    assert found.page["alerts"] == []
    assert "Alerts: none" in found.words
    assert "2 key figures judged" in found.words  # the backlog carries over and is not


def test_before_six_periods_there_are_no_limits():
    found = _alerts(_log(100, 90, 100, 90, 500))
    assert found.page["alerts"] == []
    assert "takes 6 whole weeks before this one" in found.words


def test_the_first_week_of_a_log_has_nothing_before_it():
    found = _alerts(_log(100, met=[80]))
    assert found.page == {"alerts": [], "judged": {}}


def test_a_share_says_whether_it_got_worse():
    """80 of 100 in time week after week: limits 0.8 ± 3 × 0.04, and then 50 of 100."""
    found = _alerts(_log(*[100] * 11, met=[80] * 10 + [50]))
    (alert,) = [a for a in found.page["alerts"] if a["metric"] == "sla"]
    assert (alert["kind"], alert["side"]) == ("limit", "worse")
    assert "SLA compliance 50.0 % is below the lower limit 68.0 % of the 10" in alert["text"]
    assert "▼ Worse" in found.body


def test_a_set_limit_is_an_alert_without_any_history():
    found = _alerts(_log(100, 90), {"vol": Alarm("vol", "count", alert_above=80)})
    assert [a["kind"] for a in found.page["alerts"]] == ["threshold"]
    assert "Ticket volume 90 is above 80, the limit set for an alert" in found.words


def test_a_count_of_a_week_that_is_not_over_is_not_judged():
    view = choose_period(_log(*VOLUMES, 20, days=7 * len(VOLUMES) + 1), "2026-W12")
    assert view.partly_covered
    assert alerts(view, view.measure(["vol"])).page["alerts"] == []


def _weeks(unit, value, n, numerator=None):
    """Eight rows of weeks before, values 1.0 and 0.8 in turn of 100 cases, and a figure."""
    before = pd.DataFrame({"value": [1.0, 0.8] * 4, "n": 100, "numerator": [100.0, 80.0] * 4})
    row = {"metric": "x", "unit": unit, "value": value, "n": n}
    (kpi,) = rows_of(pd.DataFrame([row]))
    return _limits(kpi, before, numerator)


def test_a_figure_of_unusually_few_cases_is_not_judged():
    assert _weeks("s", 5.0, 49) is None
    assert _weeks("s", 5.0, 50).centre == pytest.approx(0.9)
    assert _weeks("count", 5.0, 5) is not None


def test_only_a_share_that_counts_cases_has_a_p_chart():
    counted, weighted = _weeks("share", 0.5, 100, 50), _weeks("share", 0.5, 100, 61)
    assert counted.range_high != counted.range_high  # NaN: a p-chart
    assert weighted.range_high == pytest.approx(3.267 * 0.2)


def test_limits_of_alerts_are_read_beside_targets():
    data = {"targets": {"sla": {"at_least_percent": 65, "alert_below_percent": 60},
                        "frt": {"alert_above_hours": 8}}}  # fmt: skip
    assert parse_alarms(data) == {"sla": Alarm("sla", "share", alert_below=0.6),
                                  "frt": Alarm("frt", "s", alert_above=28800.0)}  # fmt: skip
    assert set(parse_targets(data)) == {"sla"}
    assert Alarm("sla", "share", alert_below=0.6).words(0.6) == ""


@pytest.mark.parametrize("key", ["alert_above", "alert_over_hours", "alert_below_percent"])
def test_wrong_limits_of_alerts_are_refused(key):
    with pytest.raises(InputError, match="unknown key or unit"):
        parse_alarms({"targets": {"frt": {key: 1}}})
