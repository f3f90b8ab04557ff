"""The tables as they were known at an instant: later rows cut, tickets as they stood then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import ibis
import ibis.expr.types as ir

from cxlab.tables.catalogue import table_spec
from cxlab.tables.coerce import IBIS_TYPES
from cxlab.tables.holders import with_holders
from cxlab.tables.rebuild import (
    FROM_MESSAGES,
    FROM_STATUS,
    KEY,
    SOLVE_COUNTS,
    counted,
    rebuilt_columns,
    with_built,
    with_tickets,
)
from cxlab.tables.schema import Kind
from cxlab.tables.store import Stored, Tables, aware

__all__ = ["looking_back"]

_COUNTS = ("n_public_agent_replies", "n_customer_messages", "n_contacts")


def looking_back(tables: Tables, as_of: datetime) -> Tables:
    """Return the tables as known at `as_of`; InputError when that has no zone."""
    moment = aware(as_of, "as_of")
    assert moment is not None
    then = ibis.literal(moment.replace(tzinfo=None), type="timestamp(6)")
    cut = {n: _cut(tables.stored(n), n, then) for n in tables if n != "tickets"}
    meta = replace(tables.meta, as_of=moment)
    known = tables.replaced(cut, meta)
    if "tickets" not in tables:
        return known
    old = tables.stored("tickets")
    rows = old.rows.filter(old.rows.created_at <= then)
    rebuilt = rebuilt_columns(known)
    absent = tuple(c for c in rebuilt if not tables.has("tickets", c))
    joined = with_built(rows, rebuilt)
    joined = _with_later(joined, tables, then)
    looked = joined.mutate(**_solves_then(joined, rebuilt, tables, then))
    looked = looked.mutate(**_rest_then(looked, rebuilt, tables, then))
    looked = with_holders(looked, tables, then)
    return with_tickets(known, looked, absent)


def _cut(stored: Stored, name: str, then: ir.Scalar) -> Stored:
    """Return the rows of one table that were known then, with what was known of them."""
    spec, rows = table_spec(name), stored.rows
    if spec.known_from:
        at = ibis.coalesce(*[rows[c] for c in spec.known_from])
        rows = rows.filter(at.isnull() | (at <= then))
    seen: dict[str, ir.Value] = {}
    for column in spec.columns:
        if column.known_with is not None and column.name in stored.given:
            when = rows[column.known_with]
            before = ibis.literal(column.until_then, type=IBIS_TYPES[column.kind])
            seen[column.name] = (when > then).fill_null(False).ifelse(before, rows[column.name])
    return replace(stored, rows=rows.mutate(**seen) if seen else rows, n=None)


def _with_later(tickets: ir.Table, tables: Tables, then: ir.Scalar) -> ir.Table:
    """Add what the ticket's solves need to know.

    `__later`: something of the ticket happened after then; `__again`: a solve did; `__status`:
    the status then.
    """
    columns = [
        c.name
        for c in table_spec("tickets").columns
        if c.kind is Kind.INSTANT and c.observed and c.name in tables.given_columns("tickets")
    ]
    late = ibis.or_(*[(tickets[c] > then).fill_null(False) for c in columns])
    again = (tickets.last_solved_at > then).fill_null(False)
    tickets = tickets.mutate(__later=late, __again=again, __status=ibis.null("string"))
    if not tables.has("status_events"):
        return tickets
    events = counted(tables["status_events"])
    events = events.filter(events.field == "status")
    latest = ibis.row_number().over(
        group_by=[(events.at <= then), *[events[k] for k in KEY]],
        order_by=[events.at.desc(), events.seq.desc()],
    )
    events = events.mutate(past=events.at <= then, place=latest)
    then_status = events.new.max(where=events.past & (events.place == 0))
    summed = (
        events.group_by(KEY)
        .aggregate(
            __then=then_status,
            __after=(~events.past).any(),
            __resolved=(~events.past & (events.new == "solved")).any(),
        )
        .rename(__rep="replication", __ticket="ticket_id")
    )
    joined = tickets.left_join(
        summed,
        [
            tickets.ticket_id == summed["__ticket"],
            tickets.replication.identical_to(summed["__rep"]),
        ],
    )
    has_events = joined["__after"].notnull()
    return joined.mutate(
        __later=joined["__later"] | joined["__after"].fill_null(False),
        __again=joined["__again"] | joined["__resolved"].fill_null(False),
        __status=has_events.ifelse(joined["__then"].fill_null("new"), ibis.null("string")),
    ).drop("__then", "__after", "__resolved", "__rep", "__ticket")


def _past(value: ir.Value, then: ir.Scalar) -> ir.Value:
    return (value <= then).ifelse(value, ibis.null("timestamp(6)"))


def _solves_then(
    tickets: ir.Table, rebuilt: Mapping[str, ir.Table], tables: Tables, then: ir.Scalar
) -> dict[str, ir.Value]:
    """Return the columns about solving as known then; unchanged where nothing happened later."""
    past = {c: _past(tickets[c], then) for c in ("first_solved_at", "last_solved_at")}
    open_then = past["last_solved_at"].isnull()
    for column, surely_none in zip(SOLVE_COUNTS, (1, 0), strict=True):
        # The solve to come may have been the only one; a reopen may have been before or after.
        past[column] = ibis.cases(
            (~open_then, tickets[column]),
            (tickets[column] <= surely_none, ibis.literal(0, type="int64")),
            else_=ibis.null("int64"),
        )
    found = {}
    for column, fallback in past.items():
        value = fallback
        if column in rebuilt:
            # A ticket with status events, even if all came later, has a known past.
            logged = tickets["__status"].notnull()
            built = tickets[f"__{column}"]
            built = built.fill_null(0) if column in SOLVE_COUNTS else built
            value = logged.ifelse(built, fallback)
        own = tickets[column]
        if column in rebuilt and not tables.has("tickets", column):
            own = tickets[f"__{column}"]
        found[column] = tickets["__later"].ifelse(value, own)
    return found


def _rest_then(
    tickets: ir.Table, rebuilt: Mapping[str, ir.Table], tables: Tables, then: ir.Scalar
) -> dict[str, ir.Value]:
    """Return every other column that can have changed since then."""
    found: dict[str, ir.Value] = {}
    for column in table_spec("tickets").columns:
        if column.kind is Kind.INSTANT and column.observed and column.name not in FROM_STATUS:
            found[column.name] = _past(tickets[column.name], then)
    unsure = tickets["__later"] & tickets.last_solved_at.isnull()
    for name in _COUNTS:
        if name not in rebuilt:
            found[name] = unsure.ifelse(ibis.null("int64"), tickets[name])
    for name in (n for n in FROM_MESSAGES if n in rebuilt):
        built = tickets[f"__{name}"]
        if not tables.has("tickets", name):
            found[name] = built
        elif name in _COUNTS:  # a first reply that was recorded is as it was, or had not happened
            found[name] = tickets["__later"].ifelse(built, tickets[name])
    found["sla_met"] = unsure.ifelse(ibis.null("boolean"), tickets.sla_met)
    solved = tickets.last_solved_at.notnull()
    plain = solved.ifelse(tickets.status, ibis.literal("open"))
    found["status"] = tickets["__later"].ifelse(
        ibis.coalesce(tickets["__status"], plain), tickets.status
    )
    return found
