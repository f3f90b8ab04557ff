"""What a customer base lets expect: closed forms where there are any, and one run beside it."""

from __future__ import annotations

from typing import Any

import pytest

from cxlab.experiment import company_runs
from cxlab.files import scenario_file
from cxlab.scenario import Scenario
from cxlab.scenario.forecast import (
    DAYS_A_MONTH,
    expected_customers,
    expected_events,
    expected_requests,
    expected_total,
    own_growth,
)
from cxlab.scenario.lifecycle import Lifecycle

YEAR = 366  # a day more than twelve months


def base(**changes: Any) -> Lifecycle:
    return Lifecycle.model_validate(
        {
            "initial_customers": 1000,
            "segments": {"all": {"share": 1.0, "plan_shares": {"basic": 1.0}}},
            "plans": {"basic": {"price_per_month": 10.0}},
            "renewal": {"law": "geometric", "leaving_probability": 0.1},
            **changes,
        }
    )


def test_a_geometric_base_shrinks_by_the_same_share() -> None:
    months = expected_customers(base(), YEAR)
    assert months == pytest.approx([1000 * 0.9**m for m in range(13)])
    assert expected_total(base(), YEAR) == 1000


def test_survivors_of_mixed_laws_leave_less_often() -> None:
    # beta(1, 9): S(2) = 9/10 × 10/11 = 9/11. Gamma: E exp(−h Z t) = (1 + v h t)^(−1/v).
    mixed = base(renewal={"law": "beta_geometric", "alpha": 1.0, "beta": 9.0})
    assert expected_customers(mixed, YEAR)[2] == pytest.approx(1000 * 9 / 11)
    frailty = base(renewal={"law": "gamma_frailty", "hazard": 0.1, "frailty_variance": 2.0})
    assert expected_customers(frailty, YEAR)[12] == pytest.approx(1000 * 3.4**-0.5)


def test_a_term_ends_once_in_its_length() -> None:
    yearly = base(plans={"basic": {"price_per_month": 10.0, "term_months": 12}})
    assert expected_customers(yearly, YEAR)[11:] == pytest.approx([1000, 900])


def test_factors_and_failed_payments_count() -> None:
    # 0.1 × 2 leave, 0.5 × 0.4 of the others are lost: 0.8 × 0.8 stay.
    life = base(
        segments={"all": {"share": 1.0, "plan_shares": {"basic": 1.0}, "churn_factor": 2.0}},
        renewal={"law": "geometric", "leaving_probability": 0.1, "payment_failure": 0.5,
                 "recovery": 0.6},
    )  # fmt: skip
    assert expected_customers(life, YEAR)[1] == pytest.approx(640)


def test_ways_win_customers_of_their_segments() -> None:
    # 70 leads a week, 0.5 look closer, 0.2 of these buy: one customer a day.
    ways = {"fair": {"leads_per_week": 70.0, "evaluates": 0.5, "buys": 0.2,
                     "segment_shares": {"loyal": 1.0}}}  # fmt: skip
    two = {
        "all": {"share": 1.0, "plan_shares": {"basic": 1.0}},
        "loyal": {"share": 0.0, "plan_shares": {"basic": 1.0}, "churn_factor": 0.0},
    }
    life = base(initial_customers=0, acquisition=ways, segments=two)
    assert expected_customers(life, YEAR)[12] == pytest.approx(12 * DAYS_A_MONTH)
    assert expected_total(life, YEAR) == pytest.approx(YEAR)


def test_word_of_mouth_that_names_more_than_leave_grows() -> None:
    friends = {"friends": {"kind": "referral", "buys": 0.5}}
    life = base(acquisition=friends, referral={"probability": 0.4})
    # Of those who stayed, 0.9 of all, a fifth wins somebody.
    assert expected_customers(life, YEAR)[1] == pytest.approx(900 * 1.2)
    assert own_growth(life, YEAR) == pytest.approx(0.2 - 0.1)
    assert max(expected_customers(base(acquisition=friends, referral={"probability": 1.0}),
                                  7280)) <= 1e15  # fmt: skip


def test_newcomers_ask_more_often() -> None:
    contacts = {"per_month": 0.5, "channel_shares": {"email": 0.8, "chat": 0.2},
                "tenure_factors": [[0, 3.0], [1, 1.0]]}  # fmt: skip
    stays = {"law": "geometric", "leaving_probability": 0.0}
    life = base(contacts=contacts, renewal=stays)
    two_months = 1000 * 0.5 * (3 + (60 - DAYS_A_MONTH) / DAYS_A_MONTH)
    assert expected_requests(life, "email", 60) == pytest.approx(0.8 * two_months)
    # Half of them never finish the first steps and ask twice as often for ever.
    steps = {"completes": 0.5, "days": {"law": "constant", "mean": 1.0}, "contact_factor": 2.0}
    slow = base(contacts=contacts, renewal=stays, onboarding=steps)
    assert expected_requests(slow, "email", 60) == pytest.approx(0.8 * two_months * 1.5)
    assert expected_requests(base(), "email", 60) == 0


def test_what_campaigns_issue_is_expected_too() -> None:
    # Half of 1,000 customers who stay, every other day of 300 days: 75,000 coupons.
    stays = {"law": "geometric", "leaving_probability": 0.0}
    coupon = {"every_days": 2, "share": 0.5, "redeems": 1.0}
    life = base(renewal=stays, campaigns={"spring": coupon})
    assert expected_events(life, 300) == pytest.approx(75_000)


def test_a_run_comes_out_as_forecast() -> None:
    """A consumer subscription with two plans, heterogeneous customers and word of mouth."""
    one = Scenario.load(scenario_file("consumer_subscription")).but(lifecycle__closed_loop=False)
    run = company_runs(one, replications=1).iloc[0]
    life, days = one.lifecycle, one.horizon.total_days
    assert life is not None
    assert expected_customers(life, days)[-1] == pytest.approx(run["customers"], rel=0.05)
    assert expected_total(life, days) == pytest.approx(
        life.initial_customers + run["won"], rel=0.05
    )
    tickets = sum(one.expected_tickets(name) for name in one.lines)
    assert tickets == pytest.approx(run["tickets"], rel=0.1)
