"""Metrics of what is paid for and not used: utilisation and the consumption gap."""

from __future__ import annotations

from dataclasses import replace

import ibis.expr.types as ir

from cxlab.metrics.adoption import BEFORE_THE_LOG
from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.facts import at_most
from cxlab.metrics.statistics import Mean, Ratio

__all__ = ["METRICS"]

_PEOPLE = {
    "usage_events.user_id": "people are not told apart: every customer is taken for one person",
    "usage_events.is_automated": "programs are not told apart from people",
}
_PERIOD_OPEN = "the period is not over at the cut-off"


def _within(rows: ir.Table) -> ir.NumericValue:
    """Use up to what was bought: what one account uses beyond it fills no other's gap."""
    return at_most(rows.fact_used, rows.fact_entitled)


_USED = Basis(
    name="used",
    source="entitled_periods",
    attribution=Attribution.PERIOD_START,
    population="accounts with a right to a feature in the period, once per feature",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_used,
    also={"per": lambda t: t.fact_entitled},
    exclusions=(BEFORE_THE_LOG,),
    pending=lambda t: ~t.fact_window_over,
    pending_meaning=_PERIOD_OPEN,
    needs=("usage_events", "entitlements.quantity"),
    assumes=_PEOPLE,
)
_CAPPED = replace(_USED, name="used_capped", value=_within)
_UNUSED = replace(_USED, name="unused", value=lambda t: t.fact_entitled - _within(t))
_EACH = replace(
    _USED,
    name="used_each",
    value=lambda t: t.fact_used / t.fact_entitled.nullif(0),
    also={},
    exclusions=(
        BEFORE_THE_LOG,
        Exclusion("nothing_entitled", "the right is to none of it", lambda t: t.fact_entitled == 0),
    ),
)
_PACKS = Basis(
    name="pack_used",
    source="packs",
    attribution=Attribution.DUE,
    population="rights to a quantity (credits, calls, …) by when they ended; those that run on "
    "stand in the period of their grant",
    belongs=lambda t: t.fact_due_at.notnull(),
    value=lambda t: t.fact_used,
    also={"per": lambda t: t.fact_entitled},
    pending=lambda t: ~t.fact_run_out,
    pending_meaning="the right has not ended at the cut-off",
    needs=("usage_events", "entitlements.quantity"),
    assumes={"usage_events.is_automated": "programs are not told apart from people"},
)
_MONEY = Basis(
    name="unused_money",
    source="seat_periods",
    attribution=Attribution.PERIOD_START,
    population="customers with a paid subscription in the period",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_mrr * (1 - at_most(t.fact_users / t.fact_seats.nullif(0), 1.0)),
    exclusions=(
        BEFORE_THE_LOG,
        Exclusion("no_seats", "the subscription is for no seats", lambda t: t.fact_seats == 0),
    ),
    pending=lambda t: ~t.fact_window_over,
    pending_meaning=_PERIOD_OPEN,
    needs=("usage_events", "subscriptions.seats", "subscriptions.mrr"),
    assumes=_PEOPLE,
    currency=lambda t: t.currency,
)


def _use(customer: str, user: str, feature: str, **more: object) -> dict[str, object]:
    return {
        "customer_id": customer,
        "user_id": user,
        "at": "2026-02-10",
        "feature": feature,
        **more,
    }


_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "entitlements": (
        {"account_id": "c1", "feature": "reports", "granted_at": "2025-01-01", "quantity": 4.0},
        {"account_id": "c2", "feature": "reports", "granted_at": "2025-01-01", "quantity": 1.0},
        {"account_id": "c3", "feature": "reports", "granted_at": "2026-02-15", "quantity": 10.0},
    ),
    "usage_events": (
        _use("c1", "ann", "reports", n=7),
        _use("c1", "bot", "reports", is_automated=True),
        *(_use("c2", user, "reports") for user in ("bob", "cyd", "dan")),
        {**_use("c3", "eve", "reports"), "at": "2026-02-20"},
    ),
}
_STORY = (
    "In February account 1 pays for 4 seats and one person uses the reports; account 2 pays for 1 "
    "seat and three people use it; account 3 gets 10 seats on the 15th, half of the 28 days, which "
    "are 5 seats, and one person uses it. A program's use is left out. "
)
_EXAMPLE = Example(_STORY, _ROWS, 0.5, period="2026-02")
_SEATS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (
        {"subscription_id": "s1", "customer_id": "c1", "started_at": "2025-01-01", "seats": 4,
         "mrr": 200.0},
        {"subscription_id": "s2", "customer_id": "c2", "started_at": "2025-01-01", "seats": 1,
         "mrr": 50.0},
    ),
    "usage_events": _ROWS["usage_events"][:-1],
}  # fmt: skip
_CREDITS: dict[str, tuple[dict[str, object], ...]] = {
    "entitlements": (
        {"account_id": "c1", "feature": "calls", "granted_at": "2026-01-01",
         "revoked_at": "2026-02-01", "quantity": 1000.0},
        {"account_id": "c2", "feature": "calls", "granted_at": "2026-01-01",
         "revoked_at": "2026-02-01", "quantity": 100.0},
        {"account_id": "c3", "feature": "calls", "granted_at": "2026-02-20", "quantity": 500.0},
    ),
    "usage_events": (
        {**_use("c1", "ann", "calls", n=300), "at": "2026-01-10"},
        {**_use("c1", "ann", "calls", n=40), "at": "2026-02-01"},
        {**_use("c2", "bob", "calls", n=140), "at": "2026-01-10"},
    ),
}  # fmt: skip

METRICS: tuple[Metric, ...] = (
    Metric(
        id="util",
        title="Utilisation",
        definition="People who used a feature in the period ÷ the quantity (seats) that their "
        "accounts were entitled to, sums over accounts and features; above 1 is use beyond it.",
        formula=r"\mathrm{util} = \frac{\sum_i u_i}{\sum_i \overline{q}_i}",
        unit="ratio",
        direction="depends",
        basis=_USED,
        statistic=Ratio(unit="account and feature"),
        source="court323.com (use ÷ total available), as a ratio of sums",
        notes=(
            "Seats added within the period count for the time that they were there. Where the "
            "quantity is credits or calls, util_units is the metric.",
        ),
        example=replace(
            _EXAMPLE, story=_STORY + "(1 + 3 + 1) ÷ (4 + 1 + 5) = 5 ÷ 10 = 0.5."
        ),
    ),
    Metric(
        id="util_capped",
        title="Utilisation without overage",
        definition="As util, each account's use counted up to what it is entitled to.",
        formula=r"\frac{\sum_i \min(u_i, \overline{q}_i)}{\sum_i \overline{q}_i}",
        unit="share",
        direction="depends",
        basis=_CAPPED,
        statistic=Ratio(unit="account and feature"),
        source="court323.com; capped at 1 for an account, so that overage does not hide shelfware",
        variant_of="util",
        example=replace(
            _EXAMPLE, story=_STORY + "Account 2 counts 1, not 3: 3 ÷ 10 = 30 %.",
            value=0.3,
        ),
    ),
    Metric(
        id="util_mean",
        title="Utilisation, mean over accounts",
        definition="Mean of each account's use ÷ entitlement: a small account weighs as much as a "
        "large one.",
        formula=r"\frac{1}{n} \sum_{i=1}^{n} \frac{u_i}{\overline{q}_i}",
        unit="ratio",
        direction="depends",
        basis=_EACH,
        statistic=Mean(),
        source="court323.com; mean of ratios",
        variant_of="util",
        example=replace(
            _EXAMPLE,
            story=_STORY + "1 ÷ 4 = 0.25, 3 ÷ 1 = 3 and 1 ÷ 5 = 0.2 have the mean 1.15, more "
            "than twice the ratio of the sums.",
            value=1.15,
        ),
    ),
    Metric(
        id="util_units",
        title="Utilisation of credits",
        definition="Uses between grant and end of a right ÷ the quantity granted, over rights that "
        "have ended.",
        formula=r"\frac{\sum_i \mathrm{uses}_i}{\sum_i q_i}",
        unit="ratio",
        direction="depends",
        basis=_PACKS,
        statistic=Ratio(unit="right"),
        source="court323.com; for credits and calls, which are used up",
        variant_of="util",
        example=Example(
            "Two packs of calls ran out on 1 February: of 1,000 calls 300 were made, 40 more came "
            "on the day it had ended; of 100 calls 140 were made. A third pack runs on. "
            "(300 + 140) ÷ 1,100 = 0.4.",
            _CREDITS, 0.4,
        ),
    ),
    Metric(
        id="gap",
        title="Consumption gap",
        definition="Share of what accounts are entitled to that nobody used in the period; use "
        "beyond one account's entitlement fills no other's gap.",
        formula=r"\mathrm{gap} = 1 - \frac{\sum_i \min(u_i, \overline{q}_i)}"
        r"{\sum_i \overline{q}_i}",
        unit="share",
        direction="down",
        basis=_UNUSED,
        statistic=Ratio(unit="account and feature"),
        source="J. B. Wood, Complexity Avalanche (2009); academy.practicalcsm.com",
        example=replace(
            _EXAMPLE, story=_STORY + "Unused are 3, 0 and 4 of 10 seats: 70 %, not 50 %.",
            value=0.7,
        ),
    ),
    Metric(
        id="gap_money",
        title="Consumption gap in money",
        definition="Recurring revenue of a month that pays for seats nobody used in the period, "
        "per customer.",
        formula=r"\frac{1}{n} \sum_{i=1}^{n} \mathrm{MRR}_i "
        r"\left( 1 - \min\left(1, \frac{u_i}{\overline{\mathrm{seats}}_i}\right) \right)",
        unit="money",
        direction="down",
        basis=_MONEY,
        statistic=Mean(),
        source="J. B. Wood (2009), at the price of the contract; academy.practicalcsm.com",
        notes=("The sum over all customers stands in `numerator`.",),
        variant_of="gap",
        example=Example(
            "Account 1 pays 200 a month for 4 seats, of which one is used: 150 for nothing. "
            "Account 2 pays 50 for one seat that three people share: 0. Per customer 75.",
            _SEATS, 75.0, period="2026-02",
        ),
    ),
)  # fmt: skip
