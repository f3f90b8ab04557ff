"""The people who do the work: agents, their time, and the quality of what they did."""

from __future__ import annotations

from cxlab.tables.declared.columns import (
    PROVENANCE,
    at,
    before,
    category,
    id_,
    maybe,
    negative,
    within_years,
)
from cxlab.tables.schema import Column, Kind, TableSpec

__all__ = ["AGENTS", "OPERATIONS", "SHIFTS"]

AGENTS = TableSpec(
    name="agents",
    grain="agent and spell of employment",
    columns=(
        id_("agent_id", "the agent"),
        category("team", "the team"),
        maybe("tier", Kind.INTEGER, "support tier, 1 = first"),
        category("kind", "person or bot", ("human", "bot")),
        at("hired_at", "start of the spell", optional=True, observed=False),
        at("left_at", "end of the spell", optional=True, observed=False),
        maybe("fte", Kind.NUMBER, "share of a full-time post"),
        maybe("hourly_cost", Kind.NUMBER, "cost of a paid hour", "money"),
        *PROVENANCE,
    ),
    rules=(before("hired_at", "left_at"), negative("fte"), negative("hourly_cost")),
)

SHIFTS = TableSpec(
    name="shifts",
    grain="stretch of an agent's time, [start, end)",
    known_from=("start",),
    columns=(
        id_("agent_id", "the agent"),
        at("start", "when it began", observed=False),
        at("end", "when it ended", observed=False),
        category("activity", "being on duty, or handling a contact", ("on_shift", "handling")),
        id_("ticket_id", "the ticket handled", optional=True),
        *PROVENANCE,
    ),
    rules=(before("start", "end"),),
)

OPERATIONS = TableSpec(
    name="operations",
    grain="unit of work that was checked (quality assurance): a case, an order, a call",
    key=("replication", "unit_id", "process", "at"),
    known_from=("at",),
    columns=(
        id_("unit_id", "the case, order or call"),
        at("at", "when it was checked"),
        category("process", "what kind of work it was", optional=True),
        Column("failed", Kind.BOOLEAN, "whether it failed the check"),
        id_("agent_id", "who did the work", optional=True),
        *PROVENANCE,
    ),
    rules=within_years("at"),
)
