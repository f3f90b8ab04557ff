"""Who held a ticket at an instant, how urgent it was, and who had solved it, from its events."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.tables.rebuild import KEY, SOLVE_COUNTS, counted
from cxlab.tables.store import Tables

__all__ = ["with_holders"]

_FIELDS = {"assignee_id": "assignee", "group": "group", "priority": "priority"}


def with_holders(tickets: ir.Table, tables: Tables, then: ir.Scalar) -> ir.Table:
    """Return the tickets with assignee, group, priority and resolver as they were then.

    `tickets` has `__later` and `__again` and its solves as they were then. Only tickets that
    changed afterwards are touched: of the others the recorded value still holds.
    """
    logged = tables.has("status_events")
    solver: ir.Value = ibis.null("string")
    if logged:
        events = _ranked(counted(tables["status_events"]), then)
        for column, field in _FIELDS.items():
            if tables.has("tickets", column):
                tickets = _with_field(tickets, events.filter(events.field == field), column)
        tickets = _joined(tickets, _solvers(events))
        solver = tickets["__solver"]
    solved = ibis.or_(
        tickets.last_solved_at.notnull(),
        tickets.first_solved_at.notnull(),
        *[(tickets[c] > 0).fill_null(False) for c in SOLVE_COUNTS],
    )
    resolver = ibis.cases(
        (~tickets["__later"], tickets.resolver_id),
        (~solved, ibis.null("string")),
        (~tickets["__again"], tickets.resolver_id),
        else_=solver,
    )
    return tickets.mutate(resolver_id=resolver)


def _ranked(events: ir.Table, then: ir.Scalar) -> ir.Table:
    """Add `past`, and `last` and `first`: the place among the field's past or later changes."""
    events = events.mutate(past=events.at <= then)
    group = [events.past, events.field, *[events[k] for k in KEY]]
    backwards = [events.at.desc(), events.seq.desc()]
    return events.mutate(
        last=ibis.row_number().over(group_by=group, order_by=backwards) == 0,
        first=ibis.row_number().over(group_by=group, order_by=[events.at, events.seq]) == 0,
    )


def _with_field(tickets: ir.Table, events: ir.Table, column: str) -> ir.Table:
    """Put in what the changes of one field say: the last before then, else what came before."""
    found = events.group_by(KEY).aggregate(
        __then=events.new.max(where=events.past & events["last"]),
        __before=events.old.max(where=~events.past & events["first"]),
        __known=events.past.any(),
        __after=(~events.past).any(),
    )
    joined = _joined(tickets, found)
    value = joined["__known"].ifelse(joined["__then"], joined["__before"]).nullif("")
    changed = joined["__known"].notnull() & (joined["__later"] | joined["__after"])
    kept = joined.mutate(**{column: changed.ifelse(value, joined[column])})
    return kept.drop("__then", "__before", "__known", "__after")


def _solvers(events: ir.Table) -> ir.Table:
    """Return `__solver` per ticket: its assignee at the last solve before then."""
    past = events.filter(events.past)
    solves = past.filter((past.field == "status") & (past.new == "solved"))
    ended = solves.group_by(KEY).aggregate(
        __at=solves.at.max(),
        __seq=solves.seq.argmax(ibis.struct({"at": solves.at, "seq": solves.seq})),
    )
    changes = _joined(past.filter(past.field == "assignee"), ended)
    same = changes.at == changes["__at"]
    earlier = (changes.at < changes["__at"]) | (
        same & (changes.seq.fill_null(0) <= changes["__seq"].fill_null(0))
    )
    held = changes.filter(earlier)
    place = ibis.struct({"at": held.at, "seq": held.seq})
    return held.group_by(KEY).aggregate(__solver=held.new.argmax(place).nullif(""))


def _joined(rows: ir.Table, found: ir.Table) -> ir.Table:
    """Add to each row what was found for its ticket; empty where nothing was."""
    right = found.rename(__rep="replication", __ticket="ticket_id")
    same = [
        rows.ticket_id == right["__ticket"],
        rows.replication.identical_to(right["__rep"]),
    ]
    return rows.left_join(right, same).drop("__rep", "__ticket")
