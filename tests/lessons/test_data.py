"""The lessons' logs hold the truth that their docstrings state."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import binom

import cxlab as cx
from cxlab.calendars import Schedule, open_seconds
from cxlab.lessons import data
from cxlab.stats import kaplan_meier

DAY = 86400.0


def value(tables, metric, **asked):
    rows = cx.measure(tables, metric, **asked)
    assert len(rows) == 1
    return rows["value"].iloc[0]


def by(tables, metric, groups, **asked):
    rows = cx.measure(tables, metric, by=groups, **asked)
    return {tuple(r[g] for g in groups.split(",")): r["value"] for r in rows.to_dict("records")}


def test_skewed_replies_have_the_median_and_nearly_the_mean_of_the_lognormal():
    log = data.skewed_replies()
    assert value(log, "frt") == pytest.approx(20 * 60)
    theory = 20 * 60 * math.exp(1.5**2 / 2)  # the tail beyond the last of 401 quantiles is missing
    assert theory * 0.95 < value(log, "frt_mean") < theory


def test_a_forgotten_ticket_moves_the_mean_alone():
    usual, forgotten = data.skewed_replies(), data.skewed_replies(forgotten_days=60)
    assert value(forgotten, "frt") == value(usual, "frt")
    assert value(forgotten, "frt_p90") == value(usual, "frt_p90")
    longest = usual.frame("tickets").eval("first_human_reply_at - created_at").max().total_seconds()
    moved = value(forgotten, "frt_mean") - value(usual, "frt_mean")
    assert moved == pytest.approx((60 * DAY - longest) / 401)


def test_two_hour_replies_take_two_open_hours_and_a_mean_of_18_8_in_the_calendar():
    desk = Schedule.weekly("desk", "Europe/Berlin", {"Mon-Fri": "09:00-17:00"})
    log = data.two_hour_replies(desk)
    tickets = log.frame("tickets")
    spent = open_seconds(desk, tickets["created_at"], tickets["first_human_reply_at"])
    assert np.unique(spent).tolist() == [7200.0]
    # By hand, from 09:30 to the next 08:30. Six arrivals (09:30 to 14:30) wait 2 h; two (15:30,
    # 16:30) 18 h, on Friday 66; the rest wait until 11:00: 17.5 h down to 2.5, on Friday 65.5.
    weekday = 6 * 2 + 2 * 18 + sum(2.5 + i for i in range(16))
    weekend = 6 * 2 + 2 * 66 + sum(2.5 + i for i in range(64))
    assert 4 * weekday + weekend == 3152
    assert value(log, "frt_mean") == pytest.approx(3152 / 168 * 3600)


def test_equal_agents_are_equal_and_the_small_ones_stand_at_the_ends():
    rows = cx.measure(data.equal_agents(0.8), "csat", by="agent").sort_values("value")
    assert rows["n"].min() == 5
    assert rows["n"].max() == 200
    assert ((rows["low"] <= 0.8) & (rows["high"] >= 0.8)).all()
    assert rows["n"].iloc[[0, -1]].max() < 10
    k, n = rows["numerator"].sum(), rows["n"].sum()
    assert binom.cdf(k, n, 0.8) == pytest.approx(0.5, abs=0.45)


def test_shifted_mix_turns_round():
    log = data.shifted_mix()
    assert by(log, "fcr", "month,channel") == pytest.approx(
        {("2026-03", "phone"): 0.8, ("2026-03", "email"): 0.5,
         ("2026-04", "phone"): 0.84, ("2026-04", "email"): 0.54}
    )  # fmt: skip
    assert by(log, "fcr", "month") == pytest.approx({("2026-03",): 0.74, ("2026-04",): 0.63})


def test_one_month_has_three_resolution_times():
    log = data.cleared_backlog()
    assert value(log, "art", period="2026-03") == pytest.approx(22 * DAY)
    assert value(log, "art_cohort", period="2026-03") == pytest.approx(15 * DAY)
    early = cx.measure(log, "art_cohort", period="2026-03", as_of=pd.Timestamp("2026-04-01T00:00Z"))
    assert early[["value", "n", "pending"]].values.tolist() == [[10 * DAY, 60, 60]]


def test_dropping_open_tickets_shortens_the_median_as_theory_says():
    log = data.open_tickets()
    rate = math.log(2) / 30

    def done_within(t):  # both: resolved by age t, and old enough to have been seen so
        return quad(lambda s: rate * math.exp(-rate * s) * (1 - s / 90), 0, t)[0]

    expected = brentq(lambda t: done_within(t) - done_within(90) / 2, 1, 89)
    assert expected == pytest.approx(16.5, abs=0.05)
    row = cx.measure(log, "art_median").iloc[0]
    assert row["low"] < expected * DAY < row["high"]
    assert row["high"] < 20 * DAY
    assert row["n"] / 1500 == pytest.approx(done_within(90), abs=0.03)


def test_kaplan_meier_finds_the_true_median_of_the_open_tickets():
    log = data.open_tickets()
    tickets = log.frame("tickets")
    solved = tickets["last_solved_at"].notna()
    age = (tickets["last_solved_at"].fillna(log.as_of) - tickets["created_at"]).dt.total_seconds()
    _, low, high = kaplan_meier(age, solved, ~solved).quantile(0.5)
    assert low < 30 * DAY < high


def test_the_contact_stream_has_a_true_fcr_of_0_7():
    tickets = data.contact_stream().frame("tickets")
    assert len(tickets) == 1140
    truth = tickets["solved_at_once"].dropna().astype(bool)
    assert (len(truth), truth.sum()) == (1000, 700)


# By hand, of 1,140 tickets. In FCR: 460 + 190 + 20 with a single solve, the second tickets of
# 140 customers, and the first ones of those who came back after more than W days.
@pytest.mark.parametrize(
    ("metric", "of_1140"),
    [("fcr", 670 + 140 + 30), ("fcr_7d", 670 + 140 + 30 + 60), ("reopen", 90 + 30), ("esc", 70)],
)
def test_the_contact_stream_by_hand(metric, of_1140):
    row = cx.measure(data.contact_stream(), metric).iloc[0]
    assert (row["numerator"], row["n"], row["pending"]) == (of_1140, 1140, 0)


def test_every_stage_is_good_for_900_and_all_three_for_729():
    log = data.journeys()
    assert set(by(log, "csat", "journey_stage").values()) == {0.9}
    per_customer = cx.measure(log, "csat", by="customer")["value"]
    assert (per_customer == 1).sum() == 9**3


def test_fast_growth_counts():
    spells = data.fast_growth().frame("subscriptions")
    start, end = pd.Timestamp("2026-03-01T00:00Z"), pd.Timestamp("2026-04-01T00:00Z")
    first = spells["started_at"] < start
    left = (spells["ended_at"] >= start) & (spells["ended_at"] < end)
    last = (spells["started_at"] < end) & ~left
    assert (first.sum(), left.sum(), (left & first).sum(), last.sum()) == (100, 30, 10, 970)


def test_seats_counts():
    log = data.seats()
    seats = log.frame("entitlements").set_index("account_id")["quantity"]
    used = log.frame("usage_events").groupby("customer_id", observed=True)["user_id"].nunique()
    assert (seats.sum(), used.sum(), used.clip(upper=seats).sum()) == (1180, 670, 580)
    assert (used / seats).mean() == pytest.approx((5 * 0.4 + 45 * 1.5) / 50)
    assert (log.frame("usage_events")["at"].dt.month == 3).all()


def test_two_waves_and_both_efforts_hold_what_was_put_in():
    waves = data.two_waves().frame("surveys")
    month = waves["answered_at"].dt.month
    side = (waves["score"] >= 9).astype(int) - (waves["score"] <= 6)
    assert side.groupby(month).mean().mul(100).round(9).to_dict() == {3: 30, 4: 36}
    efforts = data.both_efforts().frame("surveys")
    means = efforts.groupby(["version", efforts["answered_at"].dt.month], observed=True)["score"]
    assert means.mean().to_dict() == pytest.approx(
        {("ces_2", 3): 4.5, ("ces_2", 4): 5.5, ("ces_1", 3): 5 - 7 / 3, ("ces_1", 4): 2.0}
    )


def test_surveys_are_measured_as_put_in():
    assert by(data.two_waves(), "nps", "month") == pytest.approx(
        {("2026-03",): 30, ("2026-04",): 36}
    )
    efforts = data.both_efforts()
    assert by(efforts, "ces", "month") == pytest.approx({("2026-03",): 4.5, ("2026-04",): 5.5})
    assert by(efforts, "ces_1", "month") == pytest.approx(
        {("2026-03",): 5 - 7 / 3, ("2026-04",): 2.0}
    )
