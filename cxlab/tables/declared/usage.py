"""Use of the product, and what accounts are entitled to."""

from __future__ import annotations

from cxlab.tables.declared.columns import (
    OF_A_CUSTOMER,
    PROVENANCE,
    at,
    before,
    category,
    flag,
    id_,
    later,
    maybe,
    negative,
    within_years,
)
from cxlab.tables.schema import Kind, TableSpec

__all__ = ["ENTITLEMENTS", "USAGE_EVENTS"]

USAGE_EVENTS = TableSpec(
    name="usage_events",
    grain="use of a feature, or a day's uses of it added up",
    references=OF_A_CUSTOMER,
    known_from=("at",),
    columns=(
        id_("customer_id", "the customer"),
        id_("user_id", "the person", optional=True),
        at("at", "when, or the start of the day"),
        category("feature", "what was used"),
        maybe("n", Kind.INTEGER, "how often; empty = once"),
        maybe("duration_s", Kind.NUMBER, "for how long", "s"),
        flag("is_automated", "whether a program did it"),
        *PROVENANCE,
    ),
    rules=(*within_years("at"), negative("n"), negative("duration_s")),
)

ENTITLEMENTS = TableSpec(
    name="entitlements",
    grain="right of an account to a feature, [granted_at, revoked_at)",
    known_from=("granted_at",),
    columns=(
        id_("account_id", "the account"),
        category("feature", "what it may use"),
        at("granted_at", "from when"),
        later("revoked_at", "until when; empty = still"),
        maybe("quantity", Kind.NUMBER, "how much of it (seats, credits, …)"),
        *PROVENANCE,
    ),
    rules=(
        *within_years("granted_at revoked_at"),
        before("granted_at", "revoked_at"),
        negative("quantity"),
    ),
)
