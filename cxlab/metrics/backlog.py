"""The backlog as a flow: +1 when a ticket opens or reopens, −1 when it is solved or closed."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import is_live

__all__ = ["backlog_flows"]

_DONE = ("solved", "closed")


def backlog_flows(facts: ir.Table, events: ir.Table | None) -> ir.Table:
    """Return the counted tickets' rows, one per change of the backlog: `at` and `delta`.

    Where status events are known every solve and reopen moves the backlog. A ticket without
    any falls back on its own instants; one that is done at an unknown time leaves at creation,
    so that it is never counted as open.
    """
    tickets = facts.filter(facts.excluded_reason.isnull())
    opened = tickets.mutate(at=tickets.created_at, delta=ibis.literal(1, type="int64"))
    if events is None:
        return ibis.union(opened, _closings(tickets), distinct=False)
    moves = _moves(events)
    known = moves.select(known_ticket="move_ticket", known_run="move_run").distinct()
    unknown = tickets.anti_join(
        known, [tickets.ticket_id == known.known_ticket, tickets.fact_run == known.known_run]
    )
    moved = tickets.inner_join(
        moves, [tickets.ticket_id == moves.move_ticket, tickets.fact_run == moves.move_run]
    )
    moved = moved.mutate(at=moved.move_at, delta=moved.move).select(opened.columns)
    return ibis.union(opened, moved, _closings(unknown).select(opened.columns), distinct=False)


def _closings(tickets: ir.Table) -> ir.Table:
    done = tickets.filter(~is_live(tickets))
    left = ibis.coalesce(done.last_solved_at, done.abandoned_at, done.created_at)
    return done.mutate(at=left, delta=ibis.literal(-1, type="int64"))


def _moves(events: ir.Table) -> ir.Table:
    """Return the status events with what each does to the backlog: −1, 0 or +1."""
    changes = events.filter((events.field == "status") & events.excluded_reason.isnull())
    run = changes.replication.fill_null(-1)
    before = changes.new.lag().over(
        group_by=[run, changes.ticket_id], order_by=[changes.at, changes.seq]
    )
    was_done = before.isin(_DONE).fill_null(False)
    is_done = changes.new.isin(_DONE)
    return changes.select(
        move_ticket=changes.ticket_id,
        move_run=run,
        move_at=changes.at,
        move=was_done.cast("int64") - is_done.cast("int64"),
    )
