"""Spells of a ticket: in which status, priority, schedule or hands it was, from when to when."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.view import View

__all__ = ["DONE", "OPEN", "at_instant", "field_spells", "keyed", "open_spells"]

OPEN = ("new", "open", "pending", "hold")
DONE = ("solved", "closed")

_COLUMN = {
    "status": "status",
    "priority": "priority",
    "assignee": "assignee_id",
    "schedule": "fact_schedule",
}


def keyed(rows: ir.Table, run: str = "fact_run") -> ir.Table:
    """Return the rows with `fact_key`, text that names one ticket of one replication."""
    return rows.mutate(fact_key=rows[run].cast("string") + ":" + rows.ticket_id)


def _changes(view: View, field: str) -> ir.Table | None:
    """Return the counted changes of a field, with `spell_key`; None where the log has none."""
    events = view.table("status_events")
    if events is None:
        return None
    changes = events.filter((events.field == field) & events.excluded_reason.isnull())
    run = changes.replication.fill_null(-1).cast("string")
    return changes.mutate(spell_key=run + ":" + changes.ticket_id)


def field_spells(view: View, field: str, tickets: ir.Table) -> ir.Table:
    """Return the spells of a field: `spell_key`, `value`, `start`, `end` (null: going on).

    The first spell of a ticket begins when it is created; its value is what the first change
    found, or put where that is not recorded. Without changes one spell holds what stands now.
    """
    own = tickets.select("fact_key", "created_at", value=tickets[_COLUMN[field]])
    changes = _changes(view, field)
    if changes is None:
        return _as_they_are(own)
    order = [changes.at, changes.seq]
    window = ibis.window(group_by=changes.spell_key, order_by=order)
    changes = changes.mutate(
        next_at=changes.at.lead().over(window), place=ibis.row_number().over(window)
    )
    first = changes.filter(changes.place == 0)
    started = own.inner_join(first, own.fact_key == first.spell_key)
    before = started.select(
        spell_key=started.fact_key,
        value=ibis.coalesce(started.old, started.new),
        start=started.created_at,
        end=started.at,
    )
    later = changes.select(
        spell_key=changes.spell_key, value=changes.new, start=changes.at, end=changes.next_at
    )
    silent = own.anti_join(first, own.fact_key == first.spell_key)
    spells = ibis.union(before, later, _as_they_are(silent), distinct=False)
    return spells.filter(spells.end.isnull() | (spells.start < spells.end))


def _as_they_are(own: ir.Table) -> ir.Table:
    return own.select(
        spell_key=own.fact_key, value=own.value, start=own.created_at,
        end=ibis.null("timestamp(6)"),
    )  # fmt: skip


def at_instant(rows: ir.Table, spells: ir.Table, instant: str, name: str) -> ir.Table:
    """Return the rows with the value that held at an instant, as column `name`.

    A change at exactly that instant has happened. Before the first spell its value holds.
    """
    asked = rows.select(asked_key="fact_key", asked_at=instant).distinct()
    both = asked.join(spells, asked.asked_key == spells.spell_key)
    begun = both.filter(both.start <= both.asked_at)
    place = ibis.row_number().over(
        group_by=[begun.asked_key, begun.asked_at], order_by=begun.start.desc()
    )
    ranked = begun.mutate(place=place)
    found = ranked.filter(ranked.place == 0).select("asked_key", "asked_at", found_value="value")
    joined = rows.left_join(
        found, [rows.fact_key == found.asked_key, rows[instant] == found.asked_at]
    )
    return joined.mutate(**{name: joined.found_value}).select(*rows.columns, name)


def open_spells(view: View, tickets: ir.Table) -> ir.Table:
    """Return when each ticket was open: its columns, `open_from`, `open_until` (null: still is).

    The rule is the backlog's: a ticket opens with its creation, and every change to solved or
    closed and back moves it. One without any such change closes when it was solved or given up,
    or when it was created where nobody knows.
    """
    changes = _changes(view, "status")
    live = tickets.status.isin(OPEN)
    left = ibis.coalesce(tickets.last_solved_at, tickets.abandoned_at, tickets.created_at)
    whole = tickets.mutate(
        open_from=tickets.created_at, open_until=live.ifelse(ibis.null("timestamp(6)"), left)
    )
    if changes is None:
        return whole
    known = changes.select("spell_key").distinct()
    window = ibis.window(group_by=changes.spell_key, order_by=[changes.at, changes.seq])
    was_done = changes.new.lag().over(window).isin(DONE).fill_null(False)
    moves = changes.mutate(was_done=was_done, is_done=changes.new.isin(DONE))
    moves = moves.filter(moves.was_done != moves.is_done)
    opened = tickets.select(spell_key="fact_key", at="created_at", order=ibis.literal(-1, "int64"))
    opened = opened.semi_join(known, "spell_key").mutate(is_done=ibis.literal(False))
    later = moves.select("spell_key", "at", order=moves.seq.fill_null(0), is_done="is_done")
    steps = ibis.union(opened, later.select(opened.columns), distinct=False)
    until = steps.at.lead().over(group_by=steps.spell_key, order_by=[steps.at, steps.order])
    steps = steps.mutate(until=until)
    steps = steps.filter(~steps.is_done)
    joined = tickets.inner_join(steps, tickets.fact_key == steps.spell_key)
    moved = joined.mutate(open_from=joined["at"], open_until=joined["until"]).select(whole.columns)
    silent = whole.anti_join(known, whole.fact_key == known.spell_key)
    return ibis.union(moved, silent, distinct=False)
