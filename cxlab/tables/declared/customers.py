"""Customers, the people behind them, what they subscribe to, and what they reached."""

from __future__ import annotations

from cxlab.tables.declared.columns import (
    OF_A_CUSTOMER,
    PROVENANCE,
    at,
    before,
    category,
    currency,
    flag,
    id_,
    known_zone,
    later,
    maybe,
    money,
    negative,
    within_years,
)
from cxlab.tables.schema import Column, Kind, TableSpec

__all__ = ["CUSTOMERS", "MILESTONES", "MRR_MOVEMENTS", "STAKEHOLDERS", "SUBSCRIPTIONS"]


CUSTOMERS = TableSpec(
    name="customers",
    grain="customer (a person, or an account's customer)",
    key=("replication", "customer_id"),
    known_from=("acquired_at",),
    columns=(
        id_("customer_id", "the customer"),
        id_("account_id", "the account it belongs to", optional=True),
        at("acquired_at", "when it became a customer", optional=True),
        category("segment", "the market segment", optional=True),
        category("tier", "the level of service it gets", optional=True),
        category("region", "where it is", optional=True),
        currency("currency it is billed in (ISO 4217)"),
        category("acquisition_channel", "how it was won", optional=True),
        flag("consent", "whether it may be asked and analysed"),
        maybe("tz", Kind.TEXT, "its time zone (IANA name)"),
        *PROVENANCE,
    ),
    rules=(*within_years("acquired_at"), known_zone("tz")),
)

STAKEHOLDERS = TableSpec(
    name="stakeholders",
    grain="person who matters at an account",
    key=("replication", "account_id", "person_id"),
    columns=(
        id_("account_id", "the account"),
        id_("person_id", "the person"),
        category("role", "the part they play (buyer, user, sponsor, …)", optional=True),
        category("seniority", "how high they stand", optional=True),
        later("last_contact_at", "when somebody last spoke with them"),
        flag("is_champion", "whether they speak for the product"),
        *PROVENANCE,
    ),
    rules=within_years("last_contact_at"),
)

_ENDED = "ended_at"

SUBSCRIPTIONS = TableSpec(
    name="subscriptions",
    grain="spell of a contract, [started_at, ended_at)",
    key=("replication", "subscription_id", "started_at"),
    references=OF_A_CUSTOMER,
    known_from=("started_at",),
    columns=(
        id_("subscription_id", "the contract"),
        id_("customer_id", "whose it is"),
        category("product", "what is subscribed to", optional=True),
        at("started_at", "when the spell began"),
        at("ended_at", "when it ended; empty = it runs on", optional=True, known_with=_ENDED),
        at("due_at", "when it comes up for renewal", optional=True, observed=False),
        later("renewed_at", "when it was renewed"),
        category("status", "where it stands now (active, paused, ended, …)", optional=True,
                 known_with=_ENDED, until_then="active"),
        money("mrr", "recurring revenue of a month", optional=True),
        currency("currency of the mrr (ISO 4217)"),
        maybe("seats", Kind.INTEGER, "how many users it is for"),
        flag("is_trial", "whether it is a trial"),
        flag("is_paused", "whether it is paused now"),
        category("churn_kind", "how it was lost", ("voluntary", "involuntary", "nonrenewal"),
                 optional=True, known_with=_ENDED),
        category("churn_reason", "why it was lost", optional=True, known_with=_ENDED),
        *PROVENANCE,
    ),
    rules=(
        *within_years("started_at ended_at renewed_at"),
        before("started_at", "ended_at"),
        before("started_at", "due_at"),
        before("started_at", "renewed_at"),
        negative("mrr"),
        negative("seats"),
    ),
)  # fmt: skip

MRR_MOVEMENTS = TableSpec(
    name="mrr_movements",
    grain="customer, month and kind of movement of the monthly recurring revenue",
    key=("replication", "customer_id", "at", "kind"),
    references=OF_A_CUSTOMER,
    known_from=("at",),
    columns=(
        id_("customer_id", "the customer"),
        at("at", "start of the month"),
        category("kind", "which way it moved",
                 ("new", "expansion", "contraction", "churn", "reactivation")),
        money("amount", "by how much, never negative: the kind tells the direction"),
        currency(),
        *PROVENANCE,
    ),
    rules=(*within_years("at"), negative("amount")),
)  # fmt: skip

MILESTONES = TableSpec(
    name="milestones",
    grain="goal that a customer reached",
    key=("replication", "customer_id", "name", "kind", "at"),
    references=OF_A_CUSTOMER,
    known_from=("at",),
    columns=(
        id_("customer_id", "the customer"),
        Column("name", Kind.TEXT, "the goal"),
        category("kind", "began to use, met, or exceeded it", ("activated", "met", "exceeded")),
        at("at", "when it was reached"),
        *PROVENANCE,
    ),
    rules=within_years("at"),
)
