"""Money and word of mouth: payments, costs, campaigns, loyalty, referrals, advocacy."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.tables.declared.columns import (
    CHANNELS,
    OF_A_CUSTOMER,
    PROVENANCE,
    at,
    before,
    category,
    currency,
    flag,
    id_,
    later,
    money,
    within_years,
)
from cxlab.tables.schema import Rule, TableSpec

__all__ = [
    "ADVOCACY_ACTS",
    "CAMPAIGNS",
    "COSTS",
    "LOYALTY_MEMBERS",
    "REFERRALS",
    "TRANSACTIONS",
]


def _negative_sale(rows: ir.Table) -> ir.BooleanValue:
    return (rows.amount < 0) & ~rows.is_refund


TRANSACTIONS = TableSpec(
    name="transactions",
    grain="order line or payment",
    key=("replication", "transaction_id"),
    references=OF_A_CUSTOMER,
    known_from=("at",),
    columns=(
        id_("transaction_id", "the order line or payment"),
        id_("customer_id", "who paid"),
        at("at", "when"),
        money("amount", "how much; what goes back to the customer is negative"),
        currency(),
        money("cost", "what the goods cost the business (margin = amount − cost)", optional=True),
        category("product", "what was bought", optional=True),
        flag("is_refund", "whether the money goes back to the customer"),
        id_("refers_to", "the transaction that is refunded", optional=True),
        id_("campaign_id", "the campaign that led to it", optional=True),
        *PROVENANCE,
    ),
    rules=(
        *within_years("at"),
        Rule("amount is negative but is_refund is false", "amount", _negative_sale,
             ("is_refund",)),
    ),
)  # fmt: skip

COSTS = TableSpec(
    name="costs",
    grain="cost of a centre in a period, [period_start, period_end)",
    known_from=("period_end",),
    columns=(
        at("period_start", "when the period begins"),
        at("period_end", "when it ends", observed=False),
        category("centre", "where the cost arises", ("support", "sales", "marketing", "cogs")),
        money("amount", "how much; a credit is negative"),
        currency(),
        category("channel", "which channel it is for; empty = all", CHANNELS, optional=True),
        *PROVENANCE,
    ),
    rules=(*within_years("period_start period_end"), before("period_start", "period_end")),
)

REFERRALS = TableSpec(
    name="referrals",
    grain="lead that somebody referred",
    key=("replication", "referral_id"),
    known_from=("at",),
    columns=(
        id_("referral_id", "the lead"),
        id_("referrer_id", "the customer who referred it"),
        id_("referred_id", "the customer it became", optional=True),
        at("at", "when it was referred"),
        category("source_tier", "standing of the referrer", ("strategic", "other"), optional=True),
        category("status", "what became of it", ("open", "won", "lost"), optional=True,
                 known_with="closed_at", until_then="open"),
        later("closed_at", "when it was won or lost"),
        money("value", "what it brought", optional=True, known_with="closed_at"),
        *PROVENANCE,
    ),
    rules=(*within_years("at closed_at"), before("at", "closed_at")),
)  # fmt: skip

ADVOCACY_ACTS = TableSpec(
    name="advocacy_acts",
    grain="act by which an account spoke for the business, or a review held with it",
    known_from=("at",),
    columns=(
        id_("account_id", "the account"),
        at("at", "when"),
        category("kind", "what they did",
                 ("reference", "testimonial", "case_study", "speaking", "intro_prompted",
                  "intro_made", "qbr_intent", "qbr_held")),
        *PROVENANCE,
    ),
    rules=within_years("at"),
)  # fmt: skip

CAMPAIGNS = TableSpec(
    name="campaigns",
    grain="coupon, points or offer issued to a customer",
    key=("replication", "campaign_id", "customer_id", "issued_at"),
    references=OF_A_CUSTOMER,
    known_from=("issued_at",),
    columns=(
        id_("campaign_id", "the campaign"),
        id_("customer_id", "who got it"),
        category("kind", "what was issued", ("coupon", "points", "promo", "loyalty")),
        at("issued_at", "when it was issued"),
        at("expires_at", "until when it can be redeemed", optional=True, observed=False),
        later("redeemed_at", "when it was redeemed"),
        money("value", "what it is worth", optional=True),
        *PROVENANCE,
    ),
    rules=(
        *within_years("issued_at redeemed_at"),
        before("issued_at", "expires_at"),
        before("issued_at", "redeemed_at"),
    ),
)

LOYALTY_MEMBERS = TableSpec(
    name="loyalty_members",
    grain="customer who could join, or joined, the loyalty programme",
    key=("replication", "customer_id", "eligible_from"),
    references=OF_A_CUSTOMER,
    known_from=("eligible_from",),
    columns=(
        id_("customer_id", "the customer"),
        at("eligible_from", "from when they could join"),
        later("enrolled_at", "when they joined"),
        later("left_at", "when they left"),
        *PROVENANCE,
    ),
    rules=(
        *within_years("eligible_from enrolled_at left_at"),
        before("eligible_from", "enrolled_at"),
        before("enrolled_at", "left_at"),
    ),
)
