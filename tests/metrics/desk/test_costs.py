"""Cost per ticket and per resolution: periods that differ, money that differs, repeats."""

import numpy as np
import pytest
from scipy import stats as st

import cxlab as cx
from cxlab.metrics.examples import clock
from tests.metrics.helpers import tickets

DONE = {"last_solved_at": "+20 09:00", "n_solves": 1}


def cost(amount, start="2026-01-01", end="2026-02-01", **more):
    span = {"period_start": clock(start), "period_end": clock(end)}
    return {"centre": "support", "amount": float(amount), **span, **more}


def test_a_cost_counts_by_the_part_that_lies_in_the_period():
    # 31 days cost 3,100; the week 2026-W02 (5 to 11 January) has 7 of them and 2 tickets.
    rows = [{"created_at": "+1 09:00"}, {"created_at": "+6 09:00"}, {"created_at": "+9 09:00"}]
    log = tickets(*rows, costs=[cost(3100)])
    row = cx.measure(log, "cpt", period="2026-W02").iloc[0]
    assert (row["numerator"], row["n"], row["value"]) == (pytest.approx(700), 2, pytest.approx(350))
    weekly = cx.measure(log, "cpt", by="week", period="2026-01")
    assert weekly["numerator"].sum() == pytest.approx(3100)


def test_tickets_without_a_cost_for_their_time_are_left_out():
    log = tickets({}, {"created_at": "+40 09:00"}, costs=[cost(100)])
    row = cx.measure(log, "cpt").iloc[0]
    assert (row["value"], row["n"], row["excluded"]) == (100, 1, {"no_cost": 1})


def test_a_period_without_cost_is_undefined_not_free():
    log = tickets({}, {"created_at": "+40 09:00"}, costs=[cost(100)])
    found = cx.measure(log, "cpt", by="month").set_index("month")
    assert np.isnan(found.loc["2026-02", "value"])
    assert found.loc["2026-02", "flag"] == "undefined"


def test_a_tiny_period_bears_the_whole_fixed_cost_and_says_how_few():
    row = cx.measure(tickets({}, costs=[cost(50_000)]), "cpt", period="2026-01").iloc[0]
    assert (row["value"], row["n"], row["flag"]) == (50_000, 1, "small_n")


def test_nobody_handles_what_is_given_up_or_still_new():
    rows = [{}, {"status": "new"}, {"status": "closed", "abandoned_at": "09:05"}]
    assert cx.measure(tickets(*rows, costs=[cost(90)]), "cpt").iloc[0]["value"] == 90


def test_two_currencies_are_not_added_up():
    money = [cost(100, currency="EUR"), cost(100, currency="USD")]
    found = cx.measure(tickets({}, costs=money), "cpt,cpr,cpt_marginal")
    assert found["value"].isna().all()
    assert "several currencies" in found["note"].iloc[0]
    assert found["excluded"].iloc[2] == {"several_currencies": 1}


def test_other_centres_do_not_count():
    money = [cost(100), cost(900) | {"centre": "sales"}]
    assert cx.measure(tickets({}, costs=money), "cpt").iloc[0]["value"] == 100


def test_repeats_are_one_issue_and_the_two_costs_agree():
    same = {**DONE, "customer_id": "c", "topic": "x"}
    rows = [same, {**same, "created_at": "+9 09:00"}, {**DONE, "customer_id": "d"}]
    log = tickets(*rows, costs=[cost(600)])
    found = cx.measure(log, "cpt,cpr").set_index("metric")
    assert found["value"].to_dict() == {"cpt": 200, "cpr": 300}
    per_ticket = found.loc["cpr", "n"] / found.loc["cpt", "n"]
    assert found.loc["cpr", "value"] == found.loc["cpt", "value"] / per_ticket


def test_two_tickets_of_unknown_customers_are_two_issues():
    log = tickets({**DONE, "topic": "x"}, {**DONE, "topic": "x"}, costs=[cost(100)])
    assert cx.measure(log, "cpr").iloc[0]["n"] == 2


def test_costs_of_a_channel_and_of_all():
    log = tickets({"channel": "phone"}, {}, costs=[cost(80), cost(20, channel="phone")])
    found = cx.measure(log, "cpt", by="channel").set_index("channel")
    assert found["numerator"].fillna(0).to_dict() == {"(missing)": 80, "email": 0, "phone": 20}


def test_sharing_out_by_handling_time_keeps_the_total(desk_log):
    for by in ("channel", "channel,week"):
        found = cx.measure(desk_log, "cpt_by_handling", by=by)
        plain = cx.measure(desk_log, "cpt", by=by)
        assert found["numerator"].sum() == pytest.approx(plain["numerator"].sum())
        assert found["n"].sum() == plain["n"].sum()
    assert set(found.loc[found["numerator"] > 0, "channel"]) == {"chat", "email", "phone"}


def test_the_slope_is_that_of_scipy():
    handled, amounts = (3, 1, 6, 2), (210.0, 150.0, 330.0, 190.0)
    months = [("2026-01-01", "2026-02-01"), ("2026-02-01", "2026-03-01"),
              ("2026-03-01", "2026-04-01"), ("2026-04-01", "2026-05-01")]  # fmt: skip
    rows = [{"created_at": start} for (start, _), n in zip(months, handled, strict=True)
            for _ in range(n)]  # fmt: skip
    money = [cost(a, *span) for a, span in zip(amounts, months, strict=True)]
    row = cx.measure(tickets(*rows, costs=money, as_of="2026-06-01"), "cpt_marginal").iloc[0]
    line = st.linregress(handled, amounts)
    half = st.t.ppf(0.975, 2) * line.stderr
    assert row["value"] == pytest.approx(line.slope)
    assert (row["low"], row["high"]) == pytest.approx((line.slope - half, line.slope + half))


def test_two_periods_have_no_slope():
    money = [cost(100), cost(120, "2026-02-01", "2026-03-01")]
    row = cx.measure(tickets({}, costs=money, as_of="2026-06-01"), "cpt_marginal").iloc[0]
    assert row["flag"] == "undefined"
