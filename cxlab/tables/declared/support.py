"""The support desk: tickets, their messages, what changed about them, and escalations."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.tables.declared.columns import (
    AUTHORS,
    CHANNELS,
    PRIORITIES,
    PROVENANCE,
    STATUSES,
    at,
    before,
    category,
    id_,
    maybe,
    negative,
    within_years,
)
from cxlab.tables.schema import Column, Kind, Reference, Rule, TableSpec

__all__ = ["ESCALATIONS", "FIELDS", "MESSAGES", "STATUS_EVENTS", "TICKETS"]

FIELDS = ("status", "priority", "group", "assignee", "schedule", "tier")


def _beyond_one(rows: ir.Table) -> ir.BooleanValue:
    return rows.polarity.abs() > 1


TICKETS = TableSpec(
    name="tickets",
    grain="ticket: one customer's request, however many contacts it takes",
    key=("replication", "ticket_id"),
    known_from=("created_at",),
    columns=(
        id_("ticket_id", "the ticket"),
        id_("customer_id", "who asked", optional=True),
        id_("account_id", "the customer's account", optional=True),
        at("created_at", "when the request reached the business"),
        category("channel", "how it reached the business", CHANNELS),
        category("direction", "who started", ("inbound", "outbound"), optional=True),
        category("opened_by", "whose hand opened it", AUTHORS, optional=True),
        category("topic", "what it is about", optional=True),
        category("priority", "how urgent, as it stands now", PRIORITIES, optional=True),
        category("brand", "which brand was addressed", optional=True),
        category("group", "the team that holds it now", optional=True),
        id_("assignee_id", "the agent who holds it now", optional=True),
        id_("resolver_id", "the agent who solved it last", optional=True),
        category("status", "where it stands now", STATUSES),
        at("queued_at", "when the customer began to wait for a person", optional=True),
        at("answered_at", "when a person took it for the first time", optional=True),
        at("abandoned_at", "when the customer gave up waiting, never answered", optional=True),
        at("first_reply_at", "first public reply by anybody, bots included", optional=True),
        at("first_human_reply_at", "first public reply by a person", optional=True),
        at("handoff_at", "when a bot handed over to people", optional=True),
        at("first_solved_at", "when it was first marked solved", optional=True),
        at("last_solved_at", "when it was last marked solved and stayed so", optional=True),
        maybe("n_solves", Kind.INTEGER, "how often it was marked solved (reopens + 1)"),
        maybe("n_reopens", Kind.INTEGER, "how often it was opened again after a solve"),
        maybe("n_public_agent_replies", Kind.INTEGER, "public replies by people of the business"),
        maybe("n_customer_messages", Kind.INTEGER, "messages the customer wrote"),
        maybe("n_contacts", Kind.INTEGER, "separate contacts by the customer"),
        maybe("service_target_s", Kind.NUMBER, "promised time to answer", "s"),
        at("sla_due_at", "until when the first reply was promised", optional=True, observed=False),
        maybe("sla_met", Kind.BOOLEAN, "SLA outcome as the source system recorded it"),
        id_("merged_into", "the surviving ticket of a merge", optional=True),
        maybe("is_complaint", Kind.BOOLEAN, "whether it is a complaint"),
        maybe("first_contact_possible", Kind.BOOLEAN, "whether one contact could have done"),
        category("journey_stage", "where the customer stood in the journey", optional=True),
        id_("schedule_id", "the business hours that apply", optional=True),
        category("language", "the customer's language", optional=True),
        *PROVENANCE,
    ),
    rules=(
        *within_years("created_at"),
        before("created_at", "first_reply_at"),
        before("created_at", "first_human_reply_at"),
        before("created_at", "answered_at"),
        before("created_at", "abandoned_at"),
        before("created_at", "first_solved_at"),
        before("created_at", "last_solved_at"),
        before("queued_at", "answered_at"),
        before("queued_at", "abandoned_at"),
        negative("n_solves"),
        negative("n_reopens"),
        negative("n_public_agent_replies"),
        negative("n_customer_messages"),
        negative("n_contacts"),
        negative("service_target_s"),
    ),
)

MESSAGES = TableSpec(
    name="messages",
    grain="message",
    key=("replication", "message_id"),
    references=(Reference("ticket_id", "tickets", "ticket_id"),),
    known_from=("at",),
    columns=(
        id_("message_id", "the message"),
        id_("ticket_id", "the ticket it belongs to"),
        at("at", "when it was sent"),
        category("author_type", "who wrote it", AUTHORS),
        id_("author_id", "the writer", optional=True),
        Column("is_public", Kind.BOOLEAN, "whether the customer can read it"),
        category("channel", "how it was sent", CHANNELS, optional=True),
        id_("session_id", "the chat or call it belongs to", optional=True),
        maybe("text", Kind.TEXT, "what it says"),
        category("sentiment", "how it sounds", ("neg", "neu", "pos"), optional=True),
        maybe("polarity", Kind.NUMBER, "how it sounds, −1 to 1"),
        *PROVENANCE,
    ),
    rules=(Rule("polarity is outside −1 to 1", "polarity", _beyond_one),),
)

STATUS_EVENTS = TableSpec(
    name="status_events",
    grain="change of one field of one ticket",
    references=(Reference("ticket_id", "tickets", "ticket_id"),),
    known_from=("at",),
    columns=(
        id_("ticket_id", "the ticket"),
        at("at", "when it changed"),
        category("field", "what changed", FIELDS),
        maybe("old", Kind.TEXT, "the value before; empty when the log does not know"),
        Column("new", Kind.TEXT, "the value after"),
        category("actor_type", "who changed it", AUTHORS, optional=True),
        maybe("seq", Kind.INTEGER, "order among the changes of a ticket, where time ties"),
        *PROVENANCE,
    ),
)

ESCALATIONS = TableSpec(
    name="escalations",
    grain="escalation of a ticket",
    references=(Reference("ticket_id", "tickets", "ticket_id"),),
    known_from=("at",),
    columns=(
        id_("ticket_id", "the ticket"),
        at("at", "when it was escalated"),
        category(
            "kind",
            "to a specialist, to a manager or urgency, or because time ran out",
            ("functional", "hierarchical", "timeout"),
        ),
        maybe("from_tier", Kind.INTEGER, "support tier before"),
        maybe("to_tier", Kind.INTEGER, "support tier after"),
        maybe("reason", Kind.TEXT, "why"),
        *PROVENANCE,
    ),
)
