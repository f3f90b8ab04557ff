"""The canonical tables that cxlab knows, each declared once.

Real exports, simulated desks and worked examples all become these tables, so that metrics,
charts and reports cannot tell them apart. Column names follow the field's use (Zendesk,
dbt_zendesk, ServiceNow); `queued_at`, `answered_at` and `abandoned_at` carry what call-centre
logs know and ticket systems do not.
"""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from cxlab.errors import InputError
from cxlab.tables.schema import Column, Kind, Reference, Rule, TableSpec

__all__ = ["TABLES", "table_spec"]

CHANNELS = ("email", "chat", "phone", "web", "portal", "social", "other")
STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("urgent", "high", "normal", "low")
AUTHORS = ("customer", "agent", "bot", "system")
FIELDS = ("status", "priority", "group", "assignee", "schedule", "tier")


def _id(name: str, meaning: str, *, nullable: bool = False, optional: bool = False) -> Column:
    return Column(name, Kind.ID, meaning, nullable=nullable or optional, optional=optional)


def _at(
    name: str,
    meaning: str,
    *,
    nullable: bool = False,
    optional: bool = False,
    observed: bool = True,
) -> Column:
    return Column(
        name,
        Kind.INSTANT,
        meaning,
        nullable=nullable or optional,
        optional=optional,
        observed=observed,
    )


def _category(
    name: str,
    meaning: str,
    values: tuple[str, ...] | None = None,
    *,
    nullable: bool = False,
    optional: bool = False,
) -> Column:
    return Column(
        name,
        Kind.CATEGORY,
        meaning,
        nullable=nullable or optional,
        optional=optional,
        values=values,
    )


def _maybe(name: str, kind: Kind, meaning: str, unit: str | None = None) -> Column:
    return Column(name, kind, meaning, nullable=True, optional=True, unit=unit)


_PROVENANCE = (
    _category("source", "origin of the row: the export's or the scenario's name", optional=True),
    _at("loaded_at", "when the row was imported", optional=True, observed=False),
    _category(
        "excluded_reason",
        "why no metric counts the row (spam, merged, test, warm_up, …); empty = counted",
        optional=True,
    ),
    _maybe("replication", Kind.INTEGER, "number of the simulated replication; empty in real data"),
)


def _before(first: str, second: str) -> Rule:
    def broken(rows: ir.Table) -> ir.BooleanValue:
        return rows[second] < rows[first]

    return Rule(f"{second} is before {first}", second, broken, (first,))


_YEARS = (datetime(1900, 1, 1), datetime(2200, 1, 1))


def _outside_years(rows: ir.Table) -> ir.BooleanValue:
    # A placeholder such as 9999-12-31 has no local time: its zone's offset leads out of range.
    first, end = (ibis.literal(year, type="timestamp(6)") for year in _YEARS)
    return (rows.created_at < first) | (rows.created_at >= end)


def _negative(column: str) -> Rule:
    def broken(rows: ir.Table) -> ir.BooleanValue:
        return rows[column] < 0

    return Rule(f"{column} is negative", column, broken)


def _score_outside_scale(rows: ir.Table) -> ir.BooleanValue:
    return (rows.score < rows.scale_min) | (rows.score > rows.scale_max)


_SCALE = ("scale_min", "scale_max")


def _empty_scale(rows: ir.Table) -> ir.BooleanValue:
    return rows.scale_max <= rows.scale_min


_TICKETS = TableSpec(
    name="tickets",
    grain="ticket: one customer's request, however many contacts it takes",
    key=("replication", "ticket_id"),
    columns=(
        _id("ticket_id", "the ticket"),
        _id("customer_id", "who asked", optional=True),
        _id("account_id", "the customer's account", optional=True),
        _at("created_at", "when the request reached the business"),
        _category("channel", "how it reached the business", CHANNELS),
        _category("direction", "who started", ("inbound", "outbound"), optional=True),
        _category("opened_by", "whose hand opened it", AUTHORS, optional=True),
        _category("topic", "what it is about", optional=True),
        _category("priority", "how urgent, as it stands now", PRIORITIES, optional=True),
        _category("brand", "which brand was addressed", optional=True),
        _category("group", "the team that holds it now", optional=True),
        _id("assignee_id", "the agent who holds it now", optional=True),
        _id("resolver_id", "the agent who solved it last", optional=True),
        _category("status", "where it stands now", STATUSES),
        _at("queued_at", "when the customer began to wait for a person", optional=True),
        _at("answered_at", "when a person took it for the first time", optional=True),
        _at("abandoned_at", "when the customer gave up waiting, never answered", optional=True),
        _at("first_reply_at", "first public reply by anybody, bots included", optional=True),
        _at("first_human_reply_at", "first public reply by a person", optional=True),
        _at("handoff_at", "when a bot handed over to people", optional=True),
        _at("first_solved_at", "when it was first marked solved", optional=True),
        _at("last_solved_at", "when it was last marked solved and stayed so", optional=True),
        _maybe("n_solves", Kind.INTEGER, "how often it was marked solved (reopens + 1)"),
        _maybe("n_reopens", Kind.INTEGER, "how often it was opened again after a solve"),
        _maybe("n_public_agent_replies", Kind.INTEGER, "public replies by people of the business"),
        _maybe("n_customer_messages", Kind.INTEGER, "messages the customer wrote"),
        _maybe("n_contacts", Kind.INTEGER, "separate contacts by the customer"),
        _maybe("service_target_s", Kind.NUMBER, "promised time to answer", "s"),
        _at("sla_due_at", "until when the first reply was promised", optional=True, observed=False),
        _maybe("sla_met", Kind.BOOLEAN, "SLA outcome as the source system recorded it"),
        _id("merged_into", "the surviving ticket of a merge", optional=True),
        _maybe("is_complaint", Kind.BOOLEAN, "whether it is a complaint"),
        _category("journey_stage", "where the customer stood in the journey", optional=True),
        _id("schedule_id", "the business hours that apply", optional=True),
        _category("language", "the customer's language", optional=True),
        *_PROVENANCE,
    ),
    rules=(
        Rule("created_at is outside the years 1900 to 2199", "created_at", _outside_years),
        _before("created_at", "first_reply_at"),
        _before("created_at", "first_human_reply_at"),
        _before("created_at", "answered_at"),
        _before("created_at", "abandoned_at"),
        _before("created_at", "first_solved_at"),
        _before("created_at", "last_solved_at"),
        _before("queued_at", "answered_at"),
        _before("queued_at", "abandoned_at"),
        _negative("n_solves"),
        _negative("n_reopens"),
        _negative("n_public_agent_replies"),
        _negative("n_customer_messages"),
        _negative("n_contacts"),
        _negative("service_target_s"),
    ),
)

_MESSAGES = TableSpec(
    name="messages",
    grain="message",
    key=("replication", "message_id"),
    references=(Reference("ticket_id", "tickets", "ticket_id"),),
    columns=(
        _id("message_id", "the message"),
        _id("ticket_id", "the ticket it belongs to"),
        _at("at", "when it was sent"),
        _category("author_type", "who wrote it", AUTHORS),
        _id("author_id", "the writer", optional=True),
        Column("is_public", Kind.BOOLEAN, "whether the customer can read it"),
        _category("channel", "how it was sent", CHANNELS, optional=True),
        _id("session_id", "the chat or call it belongs to", optional=True),
        _maybe("text", Kind.TEXT, "what it says"),
        _category("sentiment", "how it sounds", ("neg", "neu", "pos"), optional=True),
        _maybe("polarity", Kind.NUMBER, "how it sounds, −1 to 1"),
        *_PROVENANCE,
    ),
)

_STATUS_EVENTS = TableSpec(
    name="status_events",
    grain="change of one field of one ticket",
    references=(Reference("ticket_id", "tickets", "ticket_id"),),
    columns=(
        _id("ticket_id", "the ticket"),
        _at("at", "when it changed"),
        _category("field", "what changed", FIELDS),
        _maybe("old", Kind.TEXT, "the value before; empty when the log does not know"),
        Column("new", Kind.TEXT, "the value after"),
        _category("actor_type", "who changed it", AUTHORS, optional=True),
        _maybe("seq", Kind.INTEGER, "order among the changes of a ticket, where time ties"),
        *_PROVENANCE,
    ),
)

_ESCALATIONS = TableSpec(
    name="escalations",
    grain="escalation of a ticket",
    references=(Reference("ticket_id", "tickets", "ticket_id"),),
    columns=(
        _id("ticket_id", "the ticket"),
        _at("at", "when it was escalated"),
        _category(
            "kind",
            "to a specialist, to a manager or urgency, or because time ran out",
            ("functional", "hierarchical", "timeout"),
        ),
        _maybe("from_tier", Kind.INTEGER, "support tier before"),
        _maybe("to_tier", Kind.INTEGER, "support tier after"),
        _maybe("reason", Kind.TEXT, "why"),
        *_PROVENANCE,
    ),
)

_SURVEYS = TableSpec(
    name="surveys",
    grain="survey invitation, with its answer if there is one",
    key=("replication", "survey_id"),
    columns=(
        _id("survey_id", "the invitation"),
        _category("instrument", "which question", ("csat", "nps", "ces", "other")),
        _category("version", "which wording (csat_5, ces_1, ces_2, …)", optional=True),
        Column("scale_min", Kind.INTEGER, "lowest possible score"),
        Column("scale_max", Kind.INTEGER, "highest possible score"),
        _category("direction", "whether a higher score is better", ("up", "down"), optional=True),
        _at("sent_at", "when it was sent", optional=True),
        _at("answered_at", "when it was answered", nullable=True),
        Column("score", Kind.NUMBER, "the answer", nullable=True),
        _maybe("comment", Kind.TEXT, "what the customer added"),
        _category("subject_type", "what it is about", ("ticket", "customer", "order")),
        _id("subject_id", "the ticket, customer or order"),
        _id("customer_id", "who was asked", optional=True),
        _id("agent_id", "the agent it is about", optional=True),
        _maybe("weight", Kind.NUMBER, "sampling weight"),
        _category("channel", "how it was asked", optional=True),
        *_PROVENANCE,
    ),
    rules=(
        Rule(
            "score is outside its scale", "score", _score_outside_scale, ("scale_min", "scale_max")
        ),
        Rule("scale_max is not above scale_min", "scale_max", _empty_scale, ("scale_min",)),
        _before("sent_at", "answered_at"),
    ),
)

_AGENTS = TableSpec(
    name="agents",
    grain="agent and spell of employment",
    columns=(
        _id("agent_id", "the agent"),
        _category("team", "the team"),
        _maybe("tier", Kind.INTEGER, "support tier, 1 = first"),
        _category("kind", "person or bot", ("human", "bot")),
        _at("hired_at", "start of the spell", optional=True, observed=False),
        _at("left_at", "end of the spell", optional=True, observed=False),
        _maybe("fte", Kind.NUMBER, "share of a full-time post"),
        _maybe("hourly_cost", Kind.NUMBER, "cost of a paid hour", "money"),
        *_PROVENANCE,
    ),
    rules=(_before("hired_at", "left_at"), _negative("fte"), _negative("hourly_cost")),
)

_SHIFTS = TableSpec(
    name="shifts",
    grain="stretch of an agent's time, [start, end)",
    columns=(
        _id("agent_id", "the agent"),
        _at("start", "when it began", observed=False),
        _at("end", "when it ended", observed=False),
        _category("activity", "being on duty, or handling a contact", ("on_shift", "handling")),
        _id("ticket_id", "the ticket handled", optional=True),
        *_PROVENANCE,
    ),
    rules=(_before("start", "end"),),
)

TABLES: dict[str, TableSpec] = {
    spec.name: spec
    for spec in (_TICKETS, _MESSAGES, _STATUS_EVENTS, _ESCALATIONS, _SURVEYS, _AGENTS, _SHIFTS)
}


def table_spec(name: str) -> TableSpec:
    """Return the declaration of a canonical table.

    Raises InputError with the nearest known name when there is no such table.

    >>> table_spec("tickets").grain
    "ticket: one customer's request, however many contacts it takes"
    """
    if name not in TABLES:
        raise InputError("unknown table", given=name, known=TABLES)
    return TABLES[name]
