"""Facts of a ticket that metrics are stated in, as Ibis expressions."""

from __future__ import annotations

import datetime as dt

import ibis
import ibis.expr.types as ir

__all__ = [
    "DEFAULT_SERVICE_TARGET_S",
    "at_most",
    "is_live",
    "is_resolved",
    "naive_utc",
    "opened_by_business",
    "seconds_between",
    "ticket_facts",
]

DEFAULT_SERVICE_TARGET_S = 20.0
"""Time to answer that "service level" means where a ticket names none: the classic 20 s."""

_OPEN = ("new", "open", "pending", "hold")
_NO_RUN = -1  # replication of real data, so that keys can be compared without nulls


def seconds_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.FloatingValue:
    """Return `end` − `start` in seconds, to the microsecond."""
    return end.delta(start, unit="microsecond").cast("float64") / 1e6


def at_most(value: ir.NumericValue, most: ir.NumericValue | float) -> ir.NumericValue:
    """Return the smaller of the two, empty where one of them is: SQL's LEAST skips the empty."""
    limit = ibis.literal(float(most)) if isinstance(most, (int, float)) else most
    number = value.cast("float64")
    capped: ir.NumericValue = (number > limit).ifelse(limit, number)
    return limit.isnull().ifelse(ibis.null("float64"), capped)


def is_live(rows: ir.Table) -> ir.BooleanValue:
    """Return whether the ticket is still open."""
    return rows.status.isin(_OPEN)


def _solves(rows: ir.Table) -> ir.IntegerValue:
    """Return how often the ticket was solved: as counted, else 1 where a solve is dated."""
    return ibis.coalesce(rows.n_solves, rows.last_solved_at.notnull().cast("int64"))


def _reopens(rows: ir.Table) -> ir.IntegerValue:
    """Return how often the ticket was opened again after a solve.

    Where it was not counted: every solve after the first, and being open after a solve, took one.
    """
    open_again = (is_live(rows) & (rows.fact_solves >= 1)).cast("int64")
    return ibis.coalesce(rows.n_reopens, ibis.greatest(rows.fact_solves - 1, 0) + open_again)


def is_resolved(rows: ir.Table) -> ir.BooleanValue:
    """Return whether the ticket is done and its last solve was not undone by a reopen."""
    return ~is_live(rows) & (rows.fact_solves > rows.fact_reopens)


def naive_utc(instant: dt.datetime) -> dt.datetime:
    """Return an aware instant as the naive UTC datetime that the tables hold."""
    return instant.astimezone(dt.UTC).replace(tzinfo=None)


def opened_by_business(rows: ir.Table) -> ir.BooleanValue:
    """Return whether the business wrote first; where nobody says, the customer did."""
    by = rows.opened_by.isin(("agent", "bot", "system")) | (rows.direction == "outbound")
    return by.fill_null(False)


def ticket_facts(tickets: ir.Table, escalations: ir.Table | None, as_of: dt.datetime) -> ir.Table:
    """Return the tickets with the columns that metrics are stated in.

    Adds `fact_as_of`, `fact_solved_at` (the instant of attribution), `fact_run` (replication, −1
    for real data), `fact_agent`, `fact_solves`, `fact_reopens` and `fact_escalated`; the user's own
    columns stay as they are.
    """
    now = naive_utc(as_of)
    facts = tickets.mutate(
        fact_as_of=ibis.timestamp(now),
        fact_solved_at=ibis.coalesce(
            tickets.last_solved_at, tickets.first_solved_at, tickets.created_at
        ),
        fact_agent=ibis.coalesce(tickets.resolver_id, tickets.assignee_id),
        fact_run=tickets.replication.fill_null(_NO_RUN),
        fact_solves=_solves(tickets),
    )
    facts = facts.mutate(fact_reopens=_reopens(facts))
    if escalations is None:
        return facts.mutate(fact_escalated=ibis.literal(False))
    counted = escalations.filter(
        escalations.excluded_reason.isnull(), escalations.at <= ibis.timestamp(now)
    )
    marks = counted.select(
        mark_ticket=counted.ticket_id, mark_run=counted.replication.fill_null(_NO_RUN)
    ).distinct()
    joined = facts.left_join(
        marks, [facts.ticket_id == marks.mark_ticket, facts.fact_run == marks.mark_run]
    )
    escalated = joined.mutate(fact_escalated=joined.mark_ticket.notnull())
    return escalated.drop("mark_ticket", "mark_run")
