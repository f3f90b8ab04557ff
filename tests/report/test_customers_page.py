"""The page of customers with a period: its key figures are the period's, and alerts judge them."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import cxlab as cx
from cxlab.report.customers import JUDGED, _money
from cxlab.report.targets import parse_alarms

LOST = [20, 24, 20, 16, 20, 24, 20, 16, 20, 24]
"""Of 1,000 customers at the start of each month: about 2 % leave, and as many come."""


def _log(folder, last, **more):
    """Customers of eleven months from January 2025 on; `last` leave in the last one, November."""
    rows = []
    for month, lost in enumerate([*LOST, last]):
        begins = pd.Timestamp("2025-01-01 09:00", tz="UTC") + pd.DateOffset(months=month)
        rows += [(begins - pd.DateOffset(months=1), begins + pd.Timedelta(days=9))] * lost
    rows += [(pd.Timestamp("2024-12-01", tz="UTC"), None)] * (1000 - LOST[0])
    # Who leaves in a month came a month before, so that 980 stay throughout.
    starts, ends = zip(*rows, strict=True)
    ids = [f"C{i}" for i in range(len(rows))]
    tables = {
        "customers": pd.DataFrame({"customer_id": ids, "acquired_at": starts}),
        "subscriptions": pd.DataFrame(
            {"subscription_id": ids, "customer_id": ids, "started_at": starts, "ended_at": ends,
             "status": ["active" if end is None else "ended" for end in ends], "mrr": 10.0, **more}
        ),
    }  # fmt: skip
    until = pd.Timestamp("2026-01-01", tz="UTC").to_pydatetime()
    log = cx.Tables.from_frames(tables, as_of=until, source="customers")
    log.write(folder)
    return log


def _judged(log, alarms=None):
    view = cx.report.customers_period(log, "2025-11")
    numbers = cx.report.customer_numbers(log, view)
    return view, numbers, cx.report.customer_alerts(view, numbers, alarms)


def test_a_month_in_which_many_leave_is_an_alert(tmp_path):
    view, numbers, found = _judged(_log(tmp_path, last=120))
    assert view.current.label == "2025-11"
    (churn,) = numbers[numbers["metric"] == "churn"].to_dict("records")
    assert churn["value"] == pytest.approx(120 / (980 + 120))
    (alert,) = [a for a in found.page["alerts"] if a["metric"] == "churn"]
    assert (alert["kind"], alert["side"]) == ("limit", "worse")
    assert "Customer churn 10.9 % is above the upper limit" in alert["text"]
    assert set(found.page["judged"]) <= set(JUDGED)


def test_a_usual_month_is_none(tmp_path):
    _, _, found = _judged(_log(tmp_path, last=20))
    assert [a for a in found.page["alerts"] if a["metric"] == "churn"] == []
    assert "churn" in found.page["judged"]


def test_limits_of_ones_own_count_too(tmp_path):
    alarms = parse_alarms({"targets": {"churn": {"alert_above_percent": 1}}})
    _, _, found = _judged(_log(tmp_path, last=20), alarms)
    assert "threshold" in [a["kind"] for a in found.page["alerts"]]


def test_the_last_month_is_one_in_which_all_is_decided():
    """The sample's log ends on 30 June at noon: June is not over."""
    log = cx.report.read_log("sample_customers")
    assert cx.report.customers_period(log, "last-month").current.label == "2026-05"
    assert cx.report.customers_period(log) is None
    assert cx.report.customer_alerts(None, cx.report.customer_numbers(log, None)) is None
    # Journey and tree are told as of that end, whatever the period.
    said = cx.report.customers_state(log, cx.report.customers_period(log, "last-month", "UTC"))
    assert said.words == "As of 2026-06-30 12:00 (UTC), the end of the log; not of 2026-05 alone."
    assert cx.report.customers_state(log, None).words.endswith("the end of the log.")
    with pytest.raises(cx.InputError, match="the log is not about that period"):
        cx.report.customers_period(log, "2020-01")


def test_the_page_of_a_period_has_its_name_and_figures(tmp_path):
    made = cx.report.report(
        data="sample_customers", notebook="customers", period="last-month", out=tmp_path
    )
    assert made.path.name == "sample_customers-customers-2026-05.html"
    data = json.loads(made.manifest_path.read_text(encoding="utf-8"))
    assert data["period"] == "2026-05"
    assert "churn" in data["judged"]
    (churn,) = [k for k in data["kpis"] if k["metric"] == "churn"]
    assert (churn["n"], churn["before"]["period"]) == (93, "2026-04")
    # Points of a score are no shares of it.
    (nps,) = [k for k in data["kpis"] if k["metric"] == "nps"]
    assert "%" not in nps["before"]["change"]


def test_gross_and_net_retention_stand_in_one_unit_and_money_names_its_currency(tmp_path):
    log = _log(tmp_path, last=20)
    view = cx.report.customers_period(log, "2025-11")
    shown = cx.report.kpi_table(cx.report.customer_numbers(log, view)).words
    # 20 of 980 + 20 leave, all pay the same: 98 % of the revenue is kept, gross and net.
    assert "Gross revenue retention: 98.0\u00a0%" in shown
    assert "Net revenue retention: 98.0\u00a0%" in shown
    assert "Average revenue per account (currency units): 10.00" in shown
    named = _log(tmp_path / "named", last=20, currency="CHF")
    numbers = cx.report.customer_numbers(named, cx.report.customers_period(named, "2025-11"))
    assert "Average revenue per account (CHF)" in set(numbers["title"])


def test_a_log_without_customers_says_so():
    with pytest.raises(cx.InputError, match="the log has no customers") as told:
        cx.report.customers_period(cx.report.read_log("sample"))
    assert "cxlab report --data FOLDER" in str(told.value)


@pytest.mark.parametrize(
    ("named", "told"),
    [(["EUR", "EUR"], "EUR"), (["EUR", None], "EUR"), (["EUR", "CHF"], "currency units"),
     ([None, None], "currency units")],
)  # fmt: skip
def test_money_has_a_currency_where_the_contracts_name_one(named, told):
    contracts = pd.DataFrame({
        "subscription_id": ["a", "b"], "customer_id": ["a", "b"], "status": "active",
        "started_at": pd.to_datetime(["2025-01-01 00:00Z", "2025-01-02 00:00Z"]), "mrr": 10.0,
        "currency": named,
    })  # fmt: skip
    assert _money(cx.Tables.from_frames({"subscriptions": contracts})) == told
