"""What an analyst asks of a company, worked out by hand on companies without chance in them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

import cxlab as cx
from cxlab.cli.app import run as command
from cxlab.errors import InputError
from cxlab.experiment.ahead import later, value_ahead
from cxlab.experiment.staffing_worth import worth_of_options
from cxlab.experiment.worth import paired
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


def test_terms_are_counted_by_plan() -> None:
    # Ten with a plan of a month; of the ends on the days 31 and 59 the first lies in the warm-up.
    steady = {"type": "steady", "days": 90, "warm_up_days": 40}
    runs = cx.company_runs(company(horizon=steady)).iloc[0]
    assert runs[["there: basic", "ended: basic", "renewed: basic"]].tolist() == [10, 10, 10]
    leaving = cx.company_runs(company(**{"lifecycle.renewal.leaving_probability": 1.0})).iloc[0]
    assert leaving[["there: basic", "ended: basic", "renewed: basic"]].tolist() == [0, 10, 0]


def test_what_is_bought_besides_is_not_what_terms_bring() -> None:
    # 10 × 3 × 5 are of the terms, the rest of purchases, which leave 2 each; nothing is discounted.
    more = {"per_month": 30.0, "amount": 8.0, "margin": 0.25}
    changes = {"lifecycle.purchases": more, "lifecycle.discount_per_year": 0.0}
    runs = cx.company_runs(company(**changes))
    np.testing.assert_allclose(runs["extras"], runs["margin"] - 150)
    assert (runs["extras"] > 1500).all()  # 900 purchases are expected
    assert cx.company_runs(company())["extras"].tolist() == [0, 0, 0]


def test_what_is_redeemed_is_taken_off_the_value() -> None:
    # Coupons of 4 for all ten on the days 0, 30 and 60, redeemed a day and a half later.
    spring = {"every_days": 30, "redeems": 1.0, "redeem_days": 1.5, "value": 4.0}
    runs = cx.company_runs(company(**{"lifecycle.campaigns": {"spring": spring}}))
    by_hand = sum(40 * 1.1 ** (-day / 365.25) for day in (1, 31, 61))
    np.testing.assert_allclose(runs["rewards"], by_hand, rtol=1e-12)
    np.testing.assert_allclose(runs["value"], runs["margin"] - by_hand)
    steady = {"type": "steady", "days": 90, "warm_up_days": 31}  # issued before, redeemed after
    runs = cx.company_runs(company(horizon=steady, **{"lifecycle.campaigns": {"spring": spring}}))
    np.testing.assert_allclose(runs["rewards"], 40 * (1 + 1.1 ** (-30 / 365.25)), rtol=1e-12)


def test_the_value_ahead_of_those_who_never_leave() -> None:
    # 5 a month for ever, from half a month after the end (day 90) on; at the start of the run.
    month = 1.1 ** (1 / 12) - 1
    by_hand = 5 / month * 1.1 ** (1 / 24) / 1.1 ** (90 / 365.25)
    runs = cx.company_runs(company())
    assert value_ahead(runs, company()) == {"basic": pytest.approx(by_hand)}
    assert later(runs, {"basic": 7.0}).tolist() == [70, 70, 70]
    # 60 a year for ever, from half a year after the end on: what is paid already is not in it.
    yearly = company(**{"lifecycle.plans.basic.term_months": 12, "horizon.days": 400})
    by_hand = 60 / 0.1 * 1.1**0.5 / 1.1 ** (400 / 365.25)
    assert value_ahead(cx.company_runs(yearly), yearly) == {"basic": pytest.approx(by_hand)}


def test_the_value_ahead_in_terms_of_a_year() -> None:
    # 76 % renew, so that 60 × (0.76 + 0.76² + …) = 60 × 0.76 ÷ 0.24 = 190 follow. By the month, of
    # whose customers 2 % leave, it would be 5 × 0.98 ÷ 0.02 = 245: months that are paid for, too.
    runs = pd.DataFrame({"customer_months": [400.0, 600.0], "lost": [12.0, 12.0], "extras": 0.0,
                         "ended: basic": [40.0, 60.0], "renewed: basic": [28.0, 48.0],
                         "there: basic": [1.0, 0.0]})  # fmt: skip
    free = company(**{"lifecycle.discount_per_year": 0.0, "lifecycle.plans.basic.term_months": 12})
    assert value_ahead(runs, free) == {"basic": pytest.approx(190)}
    # 1 a month of purchases: 72 in place of 60.
    assert value_ahead(runs.assign(extras=500.0), free) == {"basic": pytest.approx(190 * 1.2)}
    # No term ended: 24 of 1,000 leave a month, so that 28.8 % leave at the end of a year.
    unknown = runs.assign(**{"ended: basic": 0.0, "renewed: basic": 0.0})
    assert value_ahead(unknown, free) == {"basic": pytest.approx(60 * 0.712 / 0.288)}
    # Where nobody leaves and nothing is discounted there is no value, but for those who have none.
    endless = value_ahead(runs.assign(**{"renewed: basic": [40.0, 60.0]}), free)
    assert np.isnan(endless["basic"])
    assert later(runs, endless).isna().tolist() == [True, False]


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


@pytest.mark.parametrize(
    "change",
    [{"seed": 9}, {"lifecycle.closed_loop": True}, {"lifecycle__closed_loop": True}],
)
def test_a_change_of_the_draws_or_of_the_control_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"cannot be valued.*(seed|lifecycle.closed_loop)"):
        cx.worth_of(company(), **change)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("replications=3", "an option for both: --replications"),
        ("seed=3", "both sides must meet the same draws"),
        ("progress=1", "unknown key of a scenario: given 'progress'; expected one of"),
        ("repliactions=3", "did you mean 'replications'"),
    ],
)
def test_the_command_refuses_what_is_no_change(
    change: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command(["worth", "saas_startup", "--set", change]) == 2
    assert words in capsys.readouterr().err


def test_an_unknown_quantity_is_named() -> None:
    with pytest.raises(InputError, match=r"unknown quantity.*'vlaue'.*did you mean 'value'"):
        cx.worth_of(company(), quantities=("vlaue",))


def test_pairs_are_of_the_runs_that_have_a_value_on_both_sides() -> None:
    # Run 3 has no answers after the change: 3 → 4 and 4 → 6 remain, 3.5 before and 5 after.
    base = pd.DataFrame({"csat": [3.0, 4.0, 1.0]}, index=[1, 2, 3])
    changed = pd.DataFrame({"csat": [4.0, 6.0, np.nan]}, index=[1, 2, 3])
    row = paired(base, changed, ("csat",)).iloc[0]
    assert row[["base", "changed", "difference"]].tolist() == [3.5, 5.0, 1.5]
    assert row["correlation"] == pytest.approx(1)
    assert row["replications"] == 2


def test_all_links_are_all_on_churn_and_no_others() -> None:
    # The link on churn multiplies by 1 and so adds nobody; a link on referral lets everybody who
    # asks name a friend. What that brings is no cause of churn.
    always = {"law": "constant", "mean": 0.001}
    shift = {"days": "Mon-Sun", "from": "00:00", "to": "24:00", "agents": 20}
    chat = {"arrivals_per_hour": 1.0, "handle_minutes": 1.0, "first_reply": "start"}
    links = [
        {"name": "waiting", "from": "contacts", "curve": [[1, 1.0]]},
        {"name": "delight", "from": "contacts", "on": "referral", "curve": [[1, 0.0]]},
    ]
    looped = company().resolved() | {"channels": {"chat": chat}, "team": {"shifts": [shift]}}
    looped["lifecycle"] |= {
        "closed_loop": True, "links": links, "referral": {"probability": 1.0},
        "acquisition": {"friends": {"kind": "referral", "buys": 1.0, "aware_days": always}},
        "renewal": {"law": "geometric", "leaving_probability": 0.5},
        "contacts": {"per_month": 8.0, "channel_shares": {"chat": 1.0}},
    }  # fmt: skip
    causes = cx.churn_causes(Scenario.of(looped)).set_index("cause")
    assert causes.loc["waiting", ["difference", "low", "high"]].tolist() == [0, 0, 0]
    assert causes.loc["all links", ["difference", "low", "high"]].tolist() == [0, 0, 0]


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


def observed(
    terms: list[tuple[str, str, str | None]], until: dt.datetime, **columns: list[Any]
) -> Tables:
    """Return customers with monthly terms (customer, start, end), seen until a day."""
    spells = pd.DataFrame(terms, columns=["customer_id", "started_at", "ended_at"])
    spells["subscription_id"] = spells["customer_id"]
    for name in ("started_at", "ended_at"):
        spells[name] = pd.to_datetime(spells[name], utc=True)
    spells["due_at"] = spells["started_at"] + pd.DateOffset(months=1)
    spells["replication"] = 1
    paid = spells[["customer_id", "started_at", "replication"]].rename(columns={"started_at": "at"})
    paid["transaction_id"] = [str(i) for i in range(len(paid))]
    paid["amount"], paid["cost"], paid["is_refund"] = 30.0, 10.0, False
    people = spells[["customer_id", "replication"]].drop_duplicates().assign(segment="all")
    people["acquisition_channel"] = columns.get("channel", "web")
    if "excluded" in columns:
        paid["excluded_reason"] = columns["excluded"]
    return Tables.from_frames(
        {"customers": people, "subscriptions": spells, "transactions": paid},
        as_of=until, time_zone="UTC",
    )  # fmt: skip


def test_who_has_stayed_a_short_month_has_stayed_a_month() -> None:
    # Four came on 1 February; two left on 1 March, after 28 days, the others were there on 2 March.
    terms = [("A", "2026-02-01", "2026-03-01"), ("B", "2026-02-01", "2026-03-01"),
             ("C", "2026-02-01", None), ("D", "2026-02-01", None)]  # fmt: skip
    curve = cx.cohort_retention(observed(terms, dt.datetime(2026, 3, 2, tzinfo=dt.UTC)), at_least=1)
    assert curve["value"].tolist() == [1, 0.5]
    # At midnight of 1 March itself nobody has decided: all four are followed for no month.
    terms = [(who, start, None) for who, start, _ in terms]
    curve = cx.cohort_retention(observed(terms, dt.datetime(2026, 3, 1, tzinfo=dt.UTC)), at_least=1)
    assert curve["time"].tolist() == [0]


def test_the_first_ones_ever_won_count_and_who_was_there_does_not() -> None:
    terms = [("first", "2026-01-05", None), ("there", "2026-01-05", None)]
    log = observed(terms, dt.datetime(2026, 5, 1, tzinfo=dt.UTC), channel=["web", "initial"])
    assert cx.customer_values(log, months=1)["customer_id"].tolist() == ["first"]


def test_who_was_won_in_the_warm_up_has_no_value() -> None:
    terms = [("first", "2026-01-02", None), ("early", "2026-01-05", None),
             ("late", "2026-02-05", None)]  # fmt: skip
    excluded = ["warm_up", "warm_up", None]
    log = observed(terms, dt.datetime(2026, 5, 1, tzinfo=dt.UTC), excluded=excluded)
    assert cx.customer_values(log, months=1)["customer_id"].tolist() == ["late"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"months": 0}, "months of a lifetime value: given 0"),
        ({"months": 1.5}, "months of a lifetime value: given 1.5"),
        ({"discount_per_year": -1.0}, "discount_per_year: given -1.0; expected 0 or more"),
        ({"discount_per_year": float("nan")}, "discount_per_year"),
    ],
)
def test_values_of_no_months_or_of_a_negative_discount_are_refused(
    asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        cx.customer_values(log(), **asked)


def test_a_log_that_is_no_simulation_is_one_replication() -> None:
    whole = log()
    names = ("customers", "subscriptions", "transactions")
    real = Tables.from_frames(
        {name: whole.frame(name).drop(columns="replication") for name in names},
        as_of=whole.as_of, time_zone="UTC",
    )  # fmt: skip
    one, other = (cx.customer_values(tables, months=3) for tables in (real, whole))
    assert one["value"].tolist() == other["value"].tolist()
    assert len(one) == 2
    assert cx.cohort_retention(real, every="year", at_least=1)["n"].eq(3).all()


def test_unknown_columns_options_and_engines_are_named() -> None:
    with pytest.raises(InputError, match=r"group by.*'segmnet'.*did you mean 'segment'"):
        cx.cohort_retention(log(), by="segmnet")
    with pytest.raises(InputError, match=r"group by.*'kind'.*segment"):
        cx.value_quantiles(cx.customer_values(log(), months=1), by="kind")
    with pytest.raises(InputError, match=r"unknown engine.*'fast'"):
        cx.company_runs(company(), engine="fast")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="no staffing option"):
        worth_of_options(company(), [])


def test_small_cohorts_are_left_out() -> None:
    assert cx.cohort_retention(log()).empty


def test_quantiles_of_values_are_means_over_runs() -> None:
    values = pd.DataFrame({"replication": [1, 1, 1, 2, 2, 2], "value": [0.0, 1, 5, 0, 3, 9]})
    table = cx.value_quantiles(values, shares=(0.5,)).set_index("statistic")
    assert table.loc["mean", "value"] == pytest.approx((2 + 4) / 2)
    assert table.loc["p50", "value"] == pytest.approx((1 + 3) / 2)
    # Student's t with one degree of freedom: 12.706 × s/√2 = 12.706 × 1.
    assert table.loc["p50", "high"] - 2 == pytest.approx(12.706, abs=1e-3)
