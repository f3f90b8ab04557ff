"""What an analyst asks of a company, worked out by hand on companies without chance in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.errors import InputError
from cxlab.scenario import Scenario
from cxlab.tables import Tables


def company(**changes: Any) -> Scenario:
    """Return ten customers who pay 10 a month from 1 January on, half of it margin; none leave."""
    return Scenario.of(
        {
            "name": "ten", "time_zone": "UTC", "start": "2026-01-01", "replications": 3,
            "horizon": {"type": "terminating", "days": 90},
            "lifecycle": {
                "initial_customers": 10,
                "discount_per_year": 0.1,
                "segments": {"all": {"share": 1.0, "plan_shares": {"basic": 1.0}}},
                "plans": {"basic": {"price_per_month": 10.0, "margin": 0.5}},
                "renewal": {"law": "geometric", "leaving_probability": 0.0},
            },
        }
    ).but(**changes)  # fmt: skip


def test_margin_is_what_was_paid_less_its_cost_discounted_to_the_start() -> None:
    # Paid on 1 January (day 0), 1 February (31) and 1 March (59): three times 10 × 10 × 0.5.
    runs = cx.company_runs(company())
    by_hand = sum(50 * 1.1 ** (-day / 365.25) for day in (0, 31, 59))
    np.testing.assert_allclose(runs["margin"], by_hand, rtol=1e-12)
    assert runs["support"].eq(0).all()
    assert runs["value"].equals(runs["margin"])
    assert runs[["customers", "lost", "won", "tickets"]].iloc[0].tolist() == [10, 0, 0, 0]
    np.testing.assert_allclose(runs["customer_months"], 10 * 90 / (365.25 / 12))


def test_wages_are_taken_off_the_value() -> None:
    # Nobody asks; one agent is paid 10 an hour, 8 hours a day, 90 days: 7,200. Margin 3 × 50.
    shift = {"days": "Mon-Sun", "from": "09:00", "to": "17:00", "agents": 1}
    email = {"arrivals_per_hour": 1.0, "handle_minutes": 5.0, "first_reply": "end"}
    plain = company(**{"lifecycle.discount_per_year": 0.0}).resolved()
    plain["lifecycle"]["contacts"] = {"per_month": 0.0, "channel_shares": {"email": 1.0}}
    desk = {"channels": {"email": email}, "team": {"hourly_cost": 10.0, "shifts": [shift]}}
    runs = cx.company_runs(Scenario.of(plain | desk))
    np.testing.assert_allclose(runs[["margin", "support", "value"]].iloc[0], [150, 7200, -7050])


def test_a_warm_up_is_not_counted_and_money_is_discounted_to_its_end() -> None:
    steady = {"type": "steady", "days": 90, "warm_up_days": 40}
    runs = cx.company_runs(company(horizon=steady))
    np.testing.assert_allclose(runs["margin"], 50 * 1.1 ** (-(59 - 40) / 365.25), rtol=1e-12)
    np.testing.assert_allclose(runs["customer_months"], 10 * 50 / (365.25 / 12))


def test_everybody_leaves_at_the_first_anniversary() -> None:
    runs = cx.company_runs(company(**{"lifecycle.renewal.leaving_probability": 1.0}))
    assert runs["lost"].eq(10).all()
    assert runs["lost: unknown"].eq(10).all()
    np.testing.assert_allclose(runs["margin"], 50.0)
    np.testing.assert_allclose(runs["customer_months"], 10 * 31 / (365.25 / 12))


def test_a_change_is_valued_by_the_difference_of_the_same_runs() -> None:
    table = cx.worth_of(company(), **{"lifecycle.plans.basic.price_per_month": 12.0})
    assert set(table["loop"]) == {"control"}  # nothing links service and customers
    margin = table.set_index("quantity").loc["margin"]
    by_hand = sum(10 * 1.1 ** (-day / 365.25) for day in (0, 31, 59))
    for name in ("difference", "low", "high"):
        assert margin[name] == pytest.approx(by_hand)
    assert margin["replications"] == 3


def test_failed_payments_are_a_cause_and_nothing_else_is() -> None:
    failing = company(**{"lifecycle.renewal.payment_failure": 1.0})
    causes = cx.churn_causes(failing).set_index("cause")
    failed = causes.loc["payment_failed"]
    assert (failed["lost"], failed["without"], failed["share"]) == (10, 0, 1)
    assert causes.loc["unknown", "difference"] == 0  # nobody leaves of the own will


def test_a_reason_is_taken_off_with_its_share() -> None:
    # All leave with probability 1 at the first end of a term; without "price" with 0.25.
    priced = company(
        **{
            "lifecycle.renewal.leaving_probability": 1.0,
            "lifecycle.renewal.reasons": {"price": 0.75, "moved": 0.25},
            "lifecycle.initial_customers": 4000, "horizon.days": 40, "replications": 2,
        }
    )  # fmt: skip
    causes = cx.churn_causes(priced).set_index("cause")
    # 8,000 draws: 0.25 ± 4.5 standard errors (0.0048), a false alarm in 150,000 runs.
    assert causes.loc["price", "without"] / 4000 == pytest.approx(0.25, abs=0.022)


def test_the_control_of_a_company_has_no_links() -> None:
    lifecycle = cx.without_links(company(**{"lifecycle.closed_loop": True})).lifecycle
    assert lifecycle is not None
    assert not lifecycle.closed_loop


def test_a_scenario_without_customers_is_refused() -> None:
    desk = Scenario.load("scenarios/base.toml")
    for ask in (cx.company_runs, cx.worth_of, cx.churn_causes, cx.without_links):
        with pytest.raises(InputError, match=r"no customer base.*lifecycle"):
            ask(desk)


# --- lifetimes ----------------------------------------------------------------------------------


def log() -> Tables:
    """Return three customers: A left after two months, B is there, C came too late to tell."""
    terms = [
        ("A", "2026-01-10", "2026-02-10"), ("A", "2026-02-10", "2026-03-10"),
        ("B", "2026-01-20", "2026-02-20"), ("B", "2026-02-20", "2026-03-20"),
        ("B", "2026-03-20", "2026-04-20"), ("B", "2026-04-20", None), ("C", "2026-04-01", None),
        ("old", "2025-01-01", None),
    ]  # fmt: skip
    spells = pd.DataFrame(terms, columns=["customer_id", "started_at", "ended_at"])
    spells["subscription_id"] = spells["customer_id"]
    for name in ("started_at", "ended_at"):
        spells[name] = pd.to_datetime(spells[name], utc=True)
    spells["due_at"] = spells["started_at"] + pd.DateOffset(months=1)
    spells["replication"] = 1
    paid = spells[["customer_id", "started_at", "replication"]].rename(columns={"started_at": "at"})
    paid["at"] = paid["at"].clip(lower=pd.Timestamp("2026-01-01", tz="UTC"))
    paid["transaction_id"] = [str(i) for i in range(len(paid))]
    paid["amount"], paid["cost"], paid["is_refund"] = 30.0, 10.0, False
    people = pd.DataFrame({"customer_id": ["A", "B", "C", "old"], "replication": 1})
    people["segment"], people["acquisition_channel"] = "all", "web"
    return Tables.from_frames(
        {"customers": people, "subscriptions": spells, "transactions": paid},
        as_of=dt.datetime(2026, 5, 1, tzinfo=dt.UTC), time_zone="UTC",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("payments", "a", "b"),
    [
        # A pays after 0 and 31 days, B after 0, 31 and 59 (the fourth is beyond three months).
        ("undiscounted", 40, 60),
        ("advance", 20 * (1 + 1.21 ** (-31 / 365.25)),
         20 * (1 + 1.21 ** (-31 / 365.25) + 1.21 ** (-59 / 365.25))),
        ("renewals", 20 * 1.21 ** (-31 / 365.25),
         20 * (1.21 ** (-31 / 365.25) + 1.21 ** (-59 / 365.25))),
        # At the ends of the terms: after 31 and 59 days, and 31, 59 and 90.
        ("arrears", 20 * (1.21 ** (-31 / 365.25) + 1.21 ** (-59 / 365.25)),
         20 * sum(1.21 ** (-day / 365.25) for day in (31, 59, 90))),
    ],
)  # fmt: skip
def test_lifetime_values_by_convention(payments: Any, a: float, b: float) -> None:
    values = cx.customer_values(log(), months=3, discount_per_year=0.21, payments=payments)
    found = values.set_index("customer_id")["value"]
    assert sorted(found.index) == ["A", "B"]  # C's value is not over, "old" paid before we looked
    assert (found["A"], found["B"]) == (pytest.approx(a), pytest.approx(b))


def test_an_unknown_convention_names_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean 'advance'"):
        cx.customer_values(log(), payments="advanced")  # type: ignore[arg-type]


def test_cohorts_are_followed_month_by_month() -> None:
    # Of A, B, C one is lost at two months, when C (one month) is out of sight already: 1 − 1/2.
    curve = cx.cohort_retention(log(), every="year", at_least=1)
    assert curve["n"].eq(3).all()
    assert curve["time"].tolist() == [0, 1, 2, 3]
    assert curve["value"].tolist() == [1, 1, 0.5, 0.5]


def test_small_cohorts_are_left_out() -> None:
    assert cx.cohort_retention(log()).empty


def test_quantiles_of_values_are_means_over_runs() -> None:
    values = pd.DataFrame({"replication": [1, 1, 1, 2, 2, 2], "value": [0.0, 1, 5, 0, 3, 9]})
    table = cx.value_quantiles(values, shares=(0.5,)).set_index("statistic")
    assert table.loc["mean", "value"] == pytest.approx((2 + 4) / 2)
    assert table.loc["p50", "value"] == pytest.approx((1 + 3) / 2)
    # Student's t with one degree of freedom: 12.706 × s/√2 = 12.706 × 1.
    assert table.loc["p50", "high"] - 2 == pytest.approx(12.706, abs=1e-3)
