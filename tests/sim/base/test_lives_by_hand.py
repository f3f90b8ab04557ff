"""Customers' lives worked out by hand, played by both engines: history and tables.

Every probability is 0 or 1 and every duration a number, so that no draw matters. Days count from
1 January 2026; who bought on that day has anniversaries on the days 31, 59, 90 and 120.
"""

from __future__ import annotations

from typing import Any

import pytest
from small_bases import (
    APRIL,
    FEBRUARY,
    FRIENDS,
    LEAVE,
    MARCH,
    MAY,
    Played,
    Row,
    lives,
)

from cxlab.errors import InputError

LATER = {**LEAVE, "tenure_factors": [[0, 0.0], [3, 1.0]]}
"""Nobody leaves before three months are over, everybody at the end of a term from then on."""
NEVER_LEAVES = [(0, 0, "", "NONE", "")]


def paid(played: Played) -> list[Row]:
    return played.rows("transactions", "customer_id", "at", "amount", "product")


def moves(played: Played) -> list[Row]:
    """Movements in order of time: kind, first day of the month, amount."""
    rows = played.rows("mrr_movements", "at", "kind", "amount")
    return sorted((kind, at, amount) for at, kind, amount in rows)


def plans(**given: dict[str, Any]) -> dict[str, Any]:
    return {"basic": {"price_per_month": 10}, "pro": {"price_per_month": 25}} | given


# --- staying and leaving -----------------------------------------------------------------------


def test_who_never_leaves_pays_every_month() -> None:
    played = lives()
    assert played.spells == NEVER_LEAVES
    assert played.terms == [(0, day, "basic", True) for day in (FEBRUARY, MARCH, APRIL)]
    assert played.rows(
        "subscriptions", "subscription_id", "started_at", "ended_at", "due_at", "renewed_at",
        "status", "mrr", "churn_kind", "churn_reason",
    ) == [
        ("customer-000001-1", 0, 31, 31, 31, "renewed", 10.0, "", ""),
        ("customer-000001-1", 31, 59, 59, 59, "renewed", 10.0, "", ""),
        ("customer-000001-1", 59, 90, 90, 90, "renewed", 10.0, "", ""),
        ("customer-000001-1", 90, "", 120, "", "active", 10.0, "", ""),
    ]  # fmt: skip
    who = "customer-000001"
    assert paid(played) == [(who, day, 10.0, "basic") for day in (0, 31, 59, 90)]
    assert moves(played) == [("new", 0, 10.0)]
    assert played.rows("customers", "customer_id", "acquired_at", "segment",
                       "acquisition_channel") == [(who, 0, "all", "initial")]  # fmt: skip


def test_who_leaves_does_so_after_a_term() -> None:
    played = lives(renewal=LEAVE)
    assert played.spells == [(0, 0, 31, "VOLUNTARY", "unknown")]
    assert played.terms == [(0, 31, "basic", False)]
    assert played.rows(
        "subscriptions", "started_at", "ended_at", "due_at", "renewed_at", "status",
        "churn_kind", "churn_reason",
    ) == [(0, 31, 31, "", "ended", "voluntary", "unknown")]  # fmt: skip
    assert paid(played) == [("customer-000001", 0, 10.0, "basic")]
    assert moves(played) == [("churn", 31, 10.0), ("new", 0, 10.0)]


def test_reasons_by_share() -> None:
    for reasons in ({"price": 1.0, "moved": 0.0}, {"moved": 0.0, "price": 1.0}):
        played = lives(renewal={**LEAVE, "reasons": reasons})
        assert played.spells == [(0, 0, 31, "VOLUNTARY", "price")]


def test_a_term_of_three_months() -> None:
    played = lives(365, renewal=LEAVE, plans={"basic": {"price_per_month": 10, "term_months": 3}})
    assert played.spells == [(0, 0, 90, "VOLUNTARY", "unknown")]
    assert played.terms == [(0, 90, "basic", False)]
    assert paid(played) == [("customer-000001", 0, 30.0, "basic")]
    assert played.rows("subscriptions", "due_at", "mrr") == [(90, 10.0)]


def test_a_term_of_a_year() -> None:
    yearly = {"basic": {"price_per_month": 10, "term_months": 12}}
    for renewal, stays in ((LEAVE, False), ({**LEAVE, "leaving_probability": 0.0}, True)):
        played = lives(366, renewal=renewal, plans=yearly)
        assert played.terms == [(0, 365, "basic", stays)]
        payments = [("customer-000001", day, 120.0, "basic") for day in (0, 365)]
        assert paid(played) == (payments if stays else payments[:1])
    assert lives(365, renewal=LEAVE, plans=yearly).spells == NEVER_LEAVES


def test_months_behind_at_the_start_count_for_the_term() -> None:
    # Five months of 30.436875 days: bought 152 days earlier, on 2 August. The year ends on
    # 2 August 2026, day 213; what was paid before the start is not seen.
    yearly = {"basic": {"price_per_month": 10, "term_months": 12}}
    played = lives(250, renewal=LEAVE, plans=yearly, initial_months=5)
    assert played.spells == [(0, -152, 213, "VOLUNTARY", "unknown")]
    assert paid(played) == []
    assert played.rows("subscriptions", "started_at", "due_at") == [(-152, 213)]
    assert moves(played) == [("churn", 212, 10.0), ("new", -152, 10.0)]


def test_months_behind_at_the_start_count_for_the_tenure() -> None:
    # Bought 31 days before, on 1 December: three months are over on 1 March.
    played = lives(renewal=LATER, initial_months=31 / 30.436875)
    assert played.spells == [(0, -31, MARCH, "VOLUNTARY", "unknown")]


def test_who_bought_on_the_day_before_the_start() -> None:
    # Day -1 is a day like others: 31 December, with anniversaries on 31 January and 28 February.
    played = lives(initial_months=1 / 30.436875, onboarding={"days": 0.5})
    assert played.spells == [(0, -1, "", "NONE", "")]
    assert played.rows("customers", "acquired_at") == [(-1,)]
    assert played.rows("subscriptions", "started_at", "ended_at", "due_at") == [
        (-1, 30, 30), (30, 58, 58), (58, 89, 89), (89, "", 119),
    ]  # fmt: skip
    assert moves(played) == [("new", -1, 10.0)]


def test_a_month_that_began_on_the_day_before_the_start() -> None:
    # From 2 January on: a customer of 31 days earlier bought on 2 December, the month of day -32;
    # one of the day before on 1 January, day -1, the first of its month.
    played = lives(top={"start": "2026-01-02"}, initial_months=1 / 30.436875)
    assert moves(played) == [("new", -1, 10.0)]


def test_tenure_counts_from_the_purchase() -> None:
    played = lives(renewal=LATER)
    assert played.spells == [(0, 0, APRIL, "VOLUNTARY", "unknown")]


def test_months_since_the_purchase_are_those_of_the_calendar() -> None:
    # Two months after 1 January is 1 March, day 59; after 1 July 1 September, day 62.
    second = {**LEAVE, "tenure_factors": [[0, 0.0], [2, 1.0]]}
    assert lives(renewal=second).spells == [(0, 0, MARCH, "VOLUNTARY", "unknown")]
    july = lives(renewal=second, top={"start": "2026-07-01"})
    assert july.spells == [(0, 0, 62, "VOLUNTARY", "unknown")]
    # 0.1 of a month are three days more: too late for that term.
    after = {**LEAVE, "tenure_factors": [[0, 0.0], [2.1, 1.0]]}
    assert lives(renewal=after).spells == [(0, 0, APRIL, "VOLUNTARY", "unknown")]
    # From 29 January: 1.99 months are a month (28 February) and 30 days, two months a day less.
    close = {**LEAVE, "tenure_factors": [[0, 0.0], [1.99, 0.0], [2, 1.0]]}
    january = lives(renewal=close, top={"start": "2026-01-29"})
    assert january.spells == [(0, 0, 59, "VOLUNTARY", "unknown")]
    never = {**LEAVE, "tenure_factors": [[0, 0.0], [1e300, 1.0]]}
    assert lives(renewal=never).spells == NEVER_LEAVES


def test_factors_of_segment_and_plan() -> None:
    segments = {
        "kept": {"share": 1.0, "plan_shares": {"basic": 1.0}, "churn_factor": 0.0},
        "lost": {"share": 0.0, "plan_shares": {"basic": 1.0}},
    }
    assert lives(renewal=LEAVE, segments=segments).spells == NEVER_LEAVES
    kept = {"basic": {"price_per_month": 10, "churn_factor": 0.0}}
    assert lives(renewal=LEAVE, plans=kept).spells == NEVER_LEAVES


def test_a_way_with_customers_of_its_own() -> None:
    segments = {
        "large": {"share": 0.0, "plan_shares": {"pro": 1.0}},
        "small": {"share": 1.0, "plan_shares": {"basic": 1.0}},
    }
    ways = {"fair": {"leads_per_week": 20, "buys": 1.0, "segment_shares": {"large": 1.0}}}
    played = lives(60, segments=segments, acquisition=ways, plans=plans())
    rows = set(played.rows("customers", "acquisition_channel", "segment"))
    assert rows == {("initial", "small"), ("fair", "large")}
    assert set(played.rows("subscriptions", "product", "mrr")) == {("basic", 10.0), ("pro", 25.0)}


# --- other plans, payments ---------------------------------------------------------------------


def test_an_upgrade() -> None:
    played = lives(
        plans=plans(basic={"price_per_month": 10, "upgrade_to": "pro", "upgrade_probability": 1.0})
    )
    assert played.terms == [(0, day, "pro", True) for day in (FEBRUARY, MARCH, APRIL)]
    assert [row[1:] for row in paid(played)] == [
        (0, 10.0, "basic"), (31, 25.0, "pro"), (59, 25.0, "pro"), (90, 25.0, "pro"),
    ]  # fmt: skip
    assert moves(played) == [("expansion", 31, 15.0), ("new", 0, 10.0)]


def test_an_upgrade_to_a_longer_term() -> None:
    played = lives(
        500,
        plans={
            "basic": {"price_per_month": 10, "upgrade_to": "pro", "upgrade_probability": 1.0},
            "pro": {"price_per_month": 25, "term_months": 12},
        },
    )
    # The year begins on 1 February 2026 and ends on 1 February 2027.
    assert played.terms == [(0, FEBRUARY, "pro", True), (0, 365 + 31, "pro", True)]
    assert played.rows("subscriptions", "started_at", "due_at") == [
        (0, 31), (31, 396), (396, 396 + 365),
    ]  # fmt: skip
    assert [row[1:3] for row in paid(played)] == [(0, 10.0), (31, 300.0), (396, 300.0)]


def test_up_goes_before_down() -> None:
    both = {"price_per_month": 10, "upgrade_to": "pro", "upgrade_probability": 1.0,
            "downgrade_to": "mini", "downgrade_probability": 1.0}  # fmt: skip
    three = plans(basic=both, mini={"price_per_month": 5})
    assert {plan for _, _, plan, _ in lives(plans=three).terms} == {"pro"}
    del both["upgrade_to"], both["upgrade_probability"]
    played = lives(plans=three)
    assert {plan for _, _, plan, _ in played.terms} == {"mini"}
    assert moves(played) == [("contraction", 31, 5.0), ("new", 0, 10.0)]


def test_a_failed_payment_comes_after_decision_and_move() -> None:
    fails = {"payment_failure": 1.0}
    up = plans(basic={"price_per_month": 10, "upgrade_to": "pro", "upgrade_probability": 1.0})
    played = lives(renewal={**LEAVE, "leaving_probability": 0.0, **fails}, plans=up)
    assert played.spells == [(0, 0, 31, "INVOLUNTARY", "payment_failed")]
    assert played.rows("subscriptions", "product", "churn_kind", "churn_reason") == [
        ("basic", "involuntary", "payment_failed")
    ]
    assert paid(played) == [("customer-000001", 0, 10.0, "basic")]
    assert moves(played) == [("churn", 31, 10.0), ("new", 0, 10.0)]
    # Who wants to leave leaves, whatever the bank would have said.
    assert lives(renewal={**LEAVE, **fails}).spells == [(0, 0, 31, "VOLUNTARY", "unknown")]
    recovered = {**LEAVE, "leaving_probability": 0.0, **fails, "recovery": 1.0}
    assert lives(renewal=recovered).spells == NEVER_LEAVES


# --- coming back -------------------------------------------------------------------------------


def test_won_back_once() -> None:
    played = lives(renewal=LEAVE, win_back={"probability": 1.0, "days": 9.2})
    # Left on 1 February, back on the tenth day, 11 February; the month is over on 11 March.
    assert played.spells == [(0, 0, 31, "VOLUNTARY", "unknown"),
                             (0, 41, 69, "VOLUNTARY", "unknown")]  # fmt: skip
    assert played.rows("subscriptions", "subscription_id", "started_at", "ended_at", "due_at") == [
        ("customer-000001-1", 0, 31, 31), ("customer-000001-2", 41, 69, 69),
    ]  # fmt: skip
    assert [row[1] for row in paid(played)] == [0, 41]
    assert moves(played) == [
        ("churn", 31, 10.0), ("churn", 59, 10.0), ("new", 0, 10.0), ("reactivation", 31, 10.0),
    ]  # fmt: skip
    assert len(played.tables["customers"]) == 1


def test_won_back_twice() -> None:
    played = lives(130, renewal=LEAVE, win_back={"probability": 1.0, "days": 10, "most": 2})
    # Back on 11 February, gone on 11 March (69), back on 21 March (79), gone on 21 April (110).
    assert [row[1:3] for row in played.spells] == [(0, 31), (41, 69), (79, 110)]


def test_back_on_the_following_day_at_the_earliest() -> None:
    played = lives(60, renewal=LEAVE, win_back={"probability": 1.0, "days": 0.001})
    assert [row[1:3] for row in played.spells] == [(0, 31), (32, "")]  # 2 March is day 60
    assert lives(60, renewal=LEAVE, win_back={"probability": 0.0, "days": 1}).spells == [
        (0, 0, 31, "VOLUNTARY", "unknown")
    ]


def test_nobody_is_won_back_after_a_failed_payment() -> None:
    renewal = {**LEAVE, "leaving_probability": 0.0, "payment_failure": 1.0}
    played = lives(renewal=renewal, win_back={"probability": 1.0, "days": 10})
    assert len(played.spells) == 1


def test_who_comes_back_has_the_plan_that_was_left_and_the_tenure_of_old() -> None:
    up = plans(basic={"price_per_month": 10, "upgrade_to": "pro", "upgrade_probability": 1.0})
    played = lives(150, renewal=LATER, plans=up, win_back={"probability": 1.0, "days": 10})
    # Left on 1 April, back on 11 April (100). On 11 May (130) it is a month, but the purchase is
    # more than three months ago: gone again.
    assert [row[1:3] for row in played.spells] == [(0, APRIL), (100, 130)]
    assert [row[1:] for row in played.terms] == [
        (31, "pro", True), (59, "pro", True), (90, "pro", False), (130, "pro", False),
    ]  # fmt: skip
    assert played.rows("subscriptions", "started_at", "product") == [
        (0, "basic"), (31, "pro"), (59, "pro"), (100, "pro"),
    ]  # fmt: skip
    assert ("reactivation", APRIL, 25.0) in moves(played)


# --- word of mouth -----------------------------------------------------------------------------

SURE = {"referral": {"probability": 1.0}, "acquisition": FRIENDS}


def friends(**keys: Any) -> dict[str, Any]:
    return {**SURE, "acquisition": {"friends": {**FRIENDS["friends"], **keys}}}


def test_friends_of_friends() -> None:
    played = lives(70, **friends(aware_days=2, evaluating_days=3))
    # Named on 1 February, a customer on day 36 (6 February), with a month behind on day 64.
    assert played.leads == [(0, 31, 36, True, 1), (0, 59, 64, True, 2), (1, 64, 69, True, 3)]
    assert [row[:3] for row in played.spells] == [(0, 0, ""), (1, 36, ""), (2, 64, ""), (3, 69, "")]
    assert played.rows("referrals", "referrer_id", "referred_id", "at", "status", "closed_at") == [
        ("customer-000001", "customer-000002", 31, "won", 36),
        ("customer-000001", "customer-000003", 59, "won", 64),
        ("customer-000002", "customer-000004", 64, "won", 69),
    ]
    assert played.rows("customers", "acquired_at", "acquisition_channel") == [
        (0, "initial"), (36, "friends"), (64, "friends"), (69, "friends"),
    ]  # fmt: skip


def test_nobody_buys_on_the_day_of_the_first_notice() -> None:
    assert lives(40, **SURE).leads == [(0, 31, 32, True, 1)]


def test_leads_that_do_not_buy_or_have_not_decided() -> None:
    says = ("referred_id", "status", "closed_at")
    lost = lives(50, **friends(buys=0.0, aware_days=2, evaluating_days=3))
    assert lost.leads == [(0, 31, 36, False, -1)]
    assert lost.rows("referrals", *says) == [("", "lost", 36)]
    uninterested = lives(50, **friends(evaluates=0.0, aware_days=2, evaluating_days=3))
    assert uninterested.leads == [(0, 31, 33, False, -1)]
    undecided = lives(50, **friends(aware_days=2, evaluating_days=17))
    assert undecided.leads == [(0, 31, 50, True, -1)]
    assert undecided.rows("referrals", *says) == [("", "open", "")]


def test_several_friends_on_one_day_come_in_the_order_of_who_named_them() -> None:
    played = lives(33, **SURE, initial_customers=3)
    assert played.leads == [(0, 31, 32, True, 3), (1, 31, 32, True, 4), (2, 31, 32, True, 5)]
    keys = played.company.history.customers.key
    assert len(set(keys.tolist())) == 6
    assert played.company.history.customers.referrer.tolist() == [-1, -1, -1, 0, 1, 2]


def test_who_leaves_names_nobody_who_stays_does_at_every_anniversary() -> None:
    assert lives(40, **SURE, renewal=LEAVE).leads == []
    yearly = {"basic": {"price_per_month": 10, "term_months": 12}}
    assert [row[:2] for row in lives(70, **SURE, plans=yearly).leads][:2] == [(0, 31), (0, 59)]


def test_what_friends_cost() -> None:
    ways = friends(aware_days=2, evaluating_days=3, cost_per_lead=5.0, cost_per_evaluation=7.0)
    played = lives(50, **ways)
    rows = played.rows("costs", "period_start", "period_end", "centre", "amount")
    assert [row for row in rows if row[3]] == [
        (31, 32, "marketing", 5.0), (33, 34, "sales", 7.0),
    ]  # fmt: skip
    assert len(rows) == 2 * 50
    unseen = lives(50, **friends(evaluates=0.0, cost_per_lead=5.0, cost_per_evaluation=7.0))
    assert {row[0] for row in unseen.rows("costs", "centre")} == {"marketing"}


# --- first steps, use, loyalty, campaigns ------------------------------------------------------


def test_onboarding_ends_the_danger_or_never() -> None:
    kept = {"churn_factor": 0.0}  # nobody leaves before the first steps are done
    done = lives(renewal=LEAVE, onboarding={"days": 39.5, **kept})
    assert done.spells == [(0, 0, MARCH, "VOLUNTARY", "unknown")]
    assert done.rows("milestones", "name", "kind", "at") == [("onboarded", "activated", 40)]
    never = lives(renewal=LEAVE, onboarding={"days": 39.5, "completes": 0.0, **kept})
    assert never.spells == NEVER_LEAVES
    assert never.rows("milestones", "name") == []
    # Done on the very day of the decision: done.
    just = lives(renewal=LEAVE, onboarding={"days": 31, **kept})
    assert just.spells == [(0, 0, FEBRUARY, "VOLUNTARY", "unknown")]
    assert just.rows("milestones", "name") == []  # no customer any more on that day


def test_features_are_adopted_after_the_onboarding() -> None:
    features = {
        "api": {"adopts": 1.0, "days": 20, "churn_factor": 0.0},
        "web": {"adopts": 1.0, "days": 40},
        "xml": {"adopts": 0.0, "churn_factor": 0.0},
    }
    played = lives(renewal=LATER, features=features, onboarding={"days": 10})
    assert played.spells == NEVER_LEAVES
    assert played.rows("milestones", "name", "kind", "at") == [
        ("onboarded", "activated", 10), ("adopted api", "met", 30), ("adopted web", "met", 50),
    ]  # fmt: skip
    del features["xml"], features["api"]["churn_factor"]
    played = lives(renewal=LATER, features=features, onboarding={"days": 10})
    assert played.spells == [(0, 0, APRIL, "VOLUNTARY", "unknown")]
    assert played.rows("milestones", "name", "at")[-1] == ("adopted everything", 50)
    assert played.rows("entitlements", "feature", "granted_at", "revoked_at") == [
        ("api", 0, APRIL), ("web", 0, APRIL),
    ]  # fmt: skip
    uses = played.rows("usage_events", "feature", "at")
    assert min(at for feature, at in uses if feature == "api") >= 30
    assert max(at for _, at in uses) < APRIL
    never = lives(features=features, onboarding={"days": 10, "completes": 0.0})
    assert never.rows("milestones", "name") == []
    assert len(never.tables["usage_events"]) == 0


def test_members_of_the_loyalty_programme() -> None:
    columns = ("eligible_from", "enrolled_at", "left_at")
    programme = {"after_months": 1, "joins": 1.0, "days": 4.5, "churn_factor": 0.0}
    member = lives(renewal=LATER, loyalty=programme)
    assert member.spells == NEVER_LEAVES
    assert member.rows("loyalty_members", *columns) == [(31, 36, "")]
    member = lives(renewal=LATER, loyalty={**programme, "churn_factor": 1.0})
    assert member.rows("loyalty_members", *columns) == [(31, 36, APRIL)]
    late = lives(renewal=LATER, loyalty={**programme, "days": 60})
    assert late.spells == [(0, 0, APRIL, "VOLUNTARY", "unknown")]
    assert late.rows("loyalty_members", *columns) == [(31, "", "")]
    not_any_more = lives(renewal=LEAVE, loyalty=programme)  # gone on the day it becomes eligible
    assert not_any_more.rows("loyalty_members", *columns) == []


def test_nobody_joins_the_loyalty_programme_while_away() -> None:
    # Gone on 1 February (31), which is a month after the purchase, back on 11 February (41), gone
    # for good on 11 March (69). Whoever would have joined on 6 February (36) joins when back.
    columns = ("eligible_from", "enrolled_at", "left_at")
    back = {"renewal": LEAVE, "win_back": {"probability": 1.0, "days": 10}}
    for days, joined in ((4.5, 41), (0.5, 41), (20, 51), (60, "")):
        programme = {"after_months": 1, "joins": 1.0, "days": days}
        played = lives(loyalty=programme, **back)
        left = 69 if joined else ""
        assert played.rows("loyalty_members", *columns) == [(41, joined, left)], days
    # Back after the end of what is seen: never eligible, for nobody saw them come back.
    played = lives(40, loyalty={"after_months": 1, "joins": 1.0, "days": 4.5}, **back)
    assert played.rows("loyalty_members", *columns) == []


def spring(**keys: Any) -> dict[str, Any]:
    return {"spring": {"first_day": 20, "every_days": 30, "redeems": 1.0, "redeem_days": 3.5,
                       "churn_factor": 0.0, "effect_days": 10, **keys}}  # fmt: skip


ISSUED = ("campaign_id", "issued_at", "expires_at", "redeemed_at")


def test_a_campaign_keeps_customers_for_a_while() -> None:
    # Redeemed on the days 23, 53 and 83: 8, 6 and 7 days before the decisions.
    played = lives(renewal=LEAVE, campaigns=spring(valid_days=14))
    assert played.spells == NEVER_LEAVES
    assert played.rows("campaigns", *ISSUED) == [
        ("spring", 20, 34, 23), ("spring", 50, 64, 53), ("spring", 80, 94, 83),
    ]  # fmt: skip
    # Every 40 days: redeemed on day 23 only, 36 days before 1 March.
    played = lives(renewal=LEAVE, campaigns=spring(every_days=40))
    assert played.spells == [(0, 0, MARCH, "VOLUNTARY", "unknown")]
    assert played.rows("campaigns", *ISSUED) == [("spring", 20, 50, 23)]
    # Eight days are still inside the effect, just so.
    assert lives(40, renewal=LEAVE, campaigns=spring(effect_days=8)).spells == NEVER_LEAVES
    assert len(lives(40, renewal=LEAVE, campaigns=spring(effect_days=7)).spells[0]) == 5
    assert lives(40, renewal=LEAVE, campaigns=spring(effect_days=7)).spells[0][2] == FEBRUARY


def test_what_is_not_redeemed_has_no_effect() -> None:
    for keys in ({"redeems": 0.0}, {"valid_days": 3}, {"share": 0.0}, {"members_only": True}):
        played = lives(renewal=LEAVE, campaigns=spring(**keys))
        assert played.spells == [(0, 0, FEBRUARY, "VOLUNTARY", "unknown")]
        assert {row[3] for row in played.rows("campaigns", *ISSUED)} <= {""}
    member = {"joins": 1.0, "days": 20}
    played = lives(renewal=LEAVE, campaigns=spring(members_only=True), loyalty=member)
    assert played.spells == NEVER_LEAVES


def test_a_campaign_for_customers_of_that_day_only() -> None:
    # Gone from day 31 to day 41: nothing is issued on day 35, and nothing keeps anybody on day 69.
    campaign = spring(first_day=35, every_days=1000, redeem_days=0.5, effect_days=90)
    played = lives(renewal=LEAVE, campaigns=campaign, win_back={"probability": 1.0, "days": 10})
    assert [row[1:3] for row in played.spells] == [(0, 31), (41, 69)]
    assert played.rows("campaigns", *ISSUED) == []


def test_who_left_redeems_nothing() -> None:
    # Issued on day 20, to be redeemed on day 35: gone from day 31 to 41, and back another time.
    campaign = spring(every_days=1000, redeem_days=15, churn_factor=1.0)
    back = {"probability": 1.0, "days": 10}
    played = lives(renewal=LEAVE, campaigns=campaign, win_back=back)
    assert played.rows("campaigns", *ISSUED) == [("spring", 20, 50, "")]


def test_a_campaign_beyond_the_horizon() -> None:
    played = lives(campaigns=spring(first_day=500))
    assert played.rows("campaigns", *ISSUED) == []


# --- surveys, purchases, bounds ----------------------------------------------------------------


def test_who_is_asked_every_three_months() -> None:
    survey = {"every_months": 3, "response_rate": 1.0, "cutpoints": [float(c) for c in range(10)]}
    played = lives(200, relation_survey=survey)
    asked = played.rows("surveys", "instrument", "subject_id", "sent_at")
    assert asked == [("nps", "customer-000001", 90.5), ("nps", "customer-000001", 181.5)]
    gone = lives(200, relation_survey=survey, renewal=LATER)
    assert gone.rows("surveys", "sent_at") == []  # left on 1 April, at midnight


def test_scores_from_cutpoints_that_leave_no_doubt() -> None:
    # P(score <= k) is 0 below the seventh cutpoint and 1 from there on.
    cutpoints = [*(-50.0 + i for i in range(6)), *(50.0 + i for i in range(4))]
    survey = {"every_months": 1, "response_rate": 1.0, "cutpoints": cutpoints}
    played = lives(relation_survey=survey)
    answered = played.tables["surveys"].dropna(subset="answered_at")
    assert len(answered) == 3
    assert set(answered.score) == {6.0}


def test_nobody_old_breaks_the_calendar() -> None:
    survey = {"every_months": 120, "response_rate": 1.0, "cutpoints": [float(c) for c in range(10)]}
    ways = {"web": {"leads_per_week": 5, "buys": 1.0}}
    played = lives(initial_months=300, relation_survey={**survey, "every_months": 1},
                   acquisition=ways, loyalty={"after_months": 120, "joins": 1.0})  # fmt: skip
    born = dict(played.rows("customers", "customer_id", "acquired_at"))
    assert min(born.values()) == -9131  # 300 months of 30.436875 days
    assert all(sent >= born[who] + 28 for who, sent in
               played.rows("surveys", "customer_id", "sent_at"))  # fmt: skip
    assert played.rows("loyalty_members", "eligible_from")[0] < (0,)
    lives(relation_survey=survey, acquisition=ways)


def test_nobody_is_older_than_the_calendar() -> None:
    # Bought 4,000 months of 30.436875 days before; asked every tenth year, never within a month.
    survey = {"every_months": 120, "response_rate": 1.0, "cutpoints": [float(c) for c in range(10)]}
    played = lives(30, initial_months=4000, relation_survey=survey)
    assert played.rows("customers", "acquired_at") == [(-121748,)]
    assert played.rows("surveys", "sent_at") == []
    with pytest.raises(InputError, match=r"initial_months reaches back too far.*none from before"):
        lives(30, initial_months=1e30)


def test_what_lasts_for_ever_never_comes() -> None:
    # 1e30 days are more than a number of days can hold.
    steps = {"days": 1e30, "churn_factor": 0.0}
    assert lives(renewal=LEAVE, onboarding=steps).spells == NEVER_LEAVES
    back = {"probability": 1.0, "days": 1e30}
    assert lives(renewal=LEAVE, win_back=back).spells == [(0, 0, FEBRUARY, "VOLUNTARY", "unknown")]
    features = {"api": {"adopts": 1.0, "days": 1e30, "churn_factor": 0.0}}
    assert len(lives(renewal=LEAVE, features=features).spells) == 1
    assert lives(renewal=LEAVE, features=features).spells[0][2] == FEBRUARY
    coupons = spring(first_day=0, redeem_days=1e30)
    assert lives(campaigns=coupons).rows("campaigns", "redeemed_at")[0] == ("",)


def test_an_empty_base() -> None:
    survey = {"every_months": 1, "response_rate": 1.0, "cutpoints": [float(c) for c in range(10)]}
    played = lives(
        initial_customers=0, acquisition={"web": {"leads_per_week": 1e-9, "buys": 1.0}},
        campaigns=spring(), loyalty={"joins": 1.0}, features={"api": {"adopts": 1.0}},
        purchases={"per_month": 1.0, "amount": 5}, relation_survey=survey,
    )  # fmt: skip
    assert {len(table) for table in played.tables.values()} == {0}


def test_a_single_day() -> None:
    played = lives(1)
    assert played.spells == NEVER_LEAVES
    assert played.terms == []
    assert [row[1] for row in paid(played)] == [0]


def test_purchases_cost_what_they_cost() -> None:
    shop = {"per_month": 20.0, "amount": 7, "margin": 0.25, "products": {"book": 1.0}}
    played = lives(renewal=LEAVE, purchases=shop)
    bought = played.tables["transactions"].query("product == 'book'")
    assert len(bought) > 0
    assert set(bought.amount) == {7.0}
    assert set(bought.cost) == {5.25}
    assert max(played.rows("transactions", "at"))[0] < FEBRUARY


def test_the_start_of_may_is_no_exception() -> None:
    assert [day for _, day, _, _ in lives(121).terms] == [FEBRUARY, MARCH, APRIL, MAY]
    assert [day for _, day, _, _ in lives(120).terms] == [FEBRUARY, MARCH, APRIL]


def test_two_campaigns_of_one_kind() -> None:
    once = {"every_days": 1000, "redeems": 1.0}
    both = {"a": {"first_day": 5, **once}, "b": {"first_day": 4, **once, "kind": "coupon"}}
    played = lives(campaigns=both)
    assert sorted(played.rows("campaigns", "campaign_id", "kind", "issued_at", "redeemed_at")) == [
        ("a", "coupon", 5, 5), ("b", "coupon", 4, 4),
    ]  # fmt: skip


def test_a_product_named_as_a_plan() -> None:
    shop = {"per_month": 20.0, "amount": 7, "products": {"basic": 0.5, "book": 0.5}}
    rows = lives(purchases=shop).rows("transactions", "product", "amount")
    assert set(rows) == {("basic", 10.0), ("basic", 7.0), ("book", 7.0)}


def test_seats_of_plans_and_friends_of_strategic_customers() -> None:
    segments = {
        "key": {"share": 1.0, "plan_shares": {"pro": 1.0}, "strategic": True},
        "other": {"share": 0.0, "plan_shares": {"basic": 1.0}},
    }
    ways = {"friends": {**FRIENDS["friends"], "segment_shares": {"other": 1.0}}}
    played = lives(
        65, segments=segments, acquisition=ways, referral={"probability": 1.0},
        plans=plans(pro={"price_per_month": 25, "seats": 40}),
    )  # fmt: skip
    # A friend of a key customer is another one; the friend's friends come from another customer.
    assert played.rows("referrals", "referrer_id", "at", "source_tier") == [
        ("customer-000001", 31, "strategic"), ("customer-000001", 59, "strategic"),
        ("customer-000002", 60, "other"),
    ]  # fmt: skip
    assert set(played.rows("subscriptions", "product", "seats")) == {("pro", 40), ("basic", 1)}


def test_days_begin_at_local_midnight() -> None:
    berlin = {"start": "2026-03-01", "time_zone": "Europe/Berlin"}
    subs = lives(70, top=berlin).tables["subscriptions"]
    assert [str(at) for at in subs.started_at] == [
        "2026-02-28 23:00:00+00:00", "2026-03-31 22:00:00+00:00", "2026-04-30 22:00:00+00:00",
    ]  # fmt: skip
    kolkata = {"start": "2026-03-01", "time_zone": "Asia/Kolkata"}
    paid_at = lives(40, top=kolkata).tables["transactions"]["at"]
    assert [str(at) for at in paid_at] == ["2026-02-28 18:30:00+00:00", "2026-03-31 18:30:00+00:00"]


def test_what_happens_in_the_warm_up_is_marked() -> None:
    steady = {"horizon": {"type": "steady", "days": 100, "warm_up_days": 59}}
    played = lives(top=steady, acquisition=FRIENDS, referral={"probability": 1.0},
                   campaigns=spring(every_days=39, churn_factor=1.0))  # fmt: skip
    first = played.tables["subscriptions"].query("customer_id == 'customer-000001'")
    # By the end of a term: that of 1 February lies in the warm-up, that of 1 March does not.
    assert first.excluded_reason.tolist() == ["warm_up", None, None, None]
    own = played.tables["transactions"].query("customer_id == 'customer-000001'")
    assert own.excluded_reason.tolist() == ["warm_up", "warm_up", None, None]
    assert played.rows("campaigns", "customer_id", "issued_at", "excluded_reason")[:2] == [
        ("customer-000001", 20, "warm_up"), ("customer-000001", 59, ""),
    ]  # fmt: skip
    marked = dict(played.rows("referrals", "at", "excluded_reason"))
    assert marked[31] == "warm_up"
    assert marked[59] == ""
