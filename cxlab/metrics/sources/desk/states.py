"""Rows from status changes: clocks of a ticket, reply episodes, what is open at a period's end."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.sources.desk.hours import with_open, with_schedule
from cxlab.metrics.sources.desk.spells import DONE, OPEN, field_spells, keyed, open_spells
from cxlab.metrics.sources.desk.windows import begun_windows, is_whole_log
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]

CLOCKS = {
    "requester_wait": ("new", "open", "hold"),
    "agent_work": ("new", "open"),
    "agent_wait": ("pending",),
    "on_hold": ("hold",),
}
"""Clocks of a ticket and the statuses in which they run (Zendesk's)."""


def _timed(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with the open seconds to their first reply and solves."""
    rows = with_schedule(view.tickets, view)
    spans = {
        "fact_reply_open_s": ("created_at", "first_human_reply_at"),
        "fact_first_open_s": ("created_at", "first_solved_at"),
        "fact_full_open_s": ("created_at", "last_solved_at"),
    }
    return with_open(rows, spans, view)


def _clocks(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with seconds per clock (`fact_requester_wait_s`, …), null without events.

    `fact_reopened_after_s` is the shortest time from a solve to the reopen after it,
    `fact_latest_solve_at` the latest solve, undone or not.
    """
    tickets = keyed(view.tickets)
    return _with_clocks(_with_reopens(tickets, view), _spells(view, tickets), "s")


def _clocks_in_hours(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with seconds per clock in business hours."""
    tickets = with_schedule(keyed(view.tickets), view)
    spells = _spells(view, tickets)
    names = tickets.select(own_key="fact_key", fact_schedule="fact_schedule")
    spells = spells.inner_join(names, spells.spell_key == names.own_key)
    spells = spells.filter(spells.value.isin(OPEN))
    spells = with_open(spells.drop("spent"), {"spent": ("start", "stop")}, view)
    return _with_clocks(tickets, spells, "open_s")


def _first_solve(tickets: ir.Table) -> dict[str, ir.Value]:
    return {"fact_at": ibis.coalesce(tickets.first_solved_at, tickets.created_at)}


def _first_solves(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with `fact_at`, when they were solved first (created, if never)."""
    tickets = view.tickets
    return tickets.mutate(**_first_solve(tickets))


def _spells(view: View, tickets: ir.Table) -> ir.Table:
    """Return the status spells of the tickets that have events, with seconds `spent` until now."""
    changes = view.tables["status_events"]
    changes = changes.filter((changes.field == "status") & changes.excluded_reason.isnull())
    known = changes.select(
        known_key=changes.replication.fill_null(-1).cast("string") + ":" + changes.ticket_id
    ).distinct()
    logged = tickets.semi_join(known, tickets.fact_key == known.known_key)
    spells = field_spells(view, "status", logged)
    now = ibis.timestamp(naive_utc(view.as_of))
    spells = spells.mutate(stop=ibis.coalesce(spells.end, ibis.greatest(now, spells.start)))
    return spells.mutate(spent=seconds_between(spells.start, spells.stop))


def _with_clocks(tickets: ir.Table, spells: ir.Table, unit: str) -> ir.Table:
    sums = {
        f"fact_{name}_{unit}": spells.spent.sum(where=spells.value.isin(statuses))
        for name, statuses in CLOCKS.items()
    }
    unknown = (spells.spent.isnull() & spells.value.notin(DONE)).any()
    found = spells.group_by("spell_key").aggregate(spell_unknown=unknown, **sums)
    joined = tickets.left_join(found, tickets.fact_key == found.spell_key)
    # A clock that never ran stands at 0; one of a ticket without events is unknown.
    known = joined.spell_key.notnull() & ~joined.spell_unknown
    clocks = {c: known.ifelse(joined[c].fill_null(0.0), ibis.null("float64")) for c in sums}
    return joined.mutate(**clocks).drop("spell_key", "spell_unknown")


def _with_reopens(tickets: ir.Table, view: View) -> ir.Table:
    spells = open_spells(view, tickets).select("fact_key", "open_from", "open_until")
    window = ibis.window(group_by=spells.fact_key, order_by=spells.open_from)
    marked = spells.mutate(solved_before=spells.open_until.lag().over(window))
    gap = seconds_between(marked.solved_before, marked.open_from)
    found = marked.group_by(reopened_key="fact_key").aggregate(
        fact_reopened_after_s=gap.min(), fact_latest_solve_at=marked.open_until.max()
    )
    joined = tickets.left_join(found, tickets.fact_key == found.reopened_key)
    return joined.drop("reopened_key")


def _episodes(view: View, windows: Windows) -> ir.Table:
    """Return one row per time that a ticket was opened: by its creation, and by each reopen.

    `fact_started_at`, `fact_reply_at` (first public message by a person before the next such
    time) and `fact_last_episode`.
    """
    spells = open_spells(view, keyed(view.tickets))
    window = ibis.window(group_by=spells.fact_key, order_by=spells.open_from)
    spells = spells.mutate(
        fact_started_at=spells.open_from,
        next_from=spells.open_from.lead().over(window),
        fact_episode=ibis.row_number().over(window),
    )
    spells = spells.mutate(fact_last_episode=spells.next_from.isnull())
    messages = view.tables["messages"]
    replies = messages.filter(
        messages.excluded_reason.isnull() & messages.is_public & (messages.author_type == "agent")
    )
    run = replies.replication.fill_null(-1).cast("string")
    replies = replies.select(reply_key=run + ":" + replies.ticket_id, reply_at="at")
    starts = spells.select("fact_key", "fact_episode", "fact_started_at", "next_from")
    both = starts.inner_join(replies, starts.fact_key == replies.reply_key)
    within = (both.reply_at >= both.fact_started_at) & (
        both.next_from.isnull() | (both.reply_at < both.next_from)
    )
    inside = both.filter(within)
    found = inside.group_by(found_key="fact_key", found_episode="fact_episode").aggregate(
        fact_reply_at=inside.reply_at.min()
    )
    joined = spells.left_join(
        found,
        [spells.fact_key == found.found_key, spells.fact_episode == found.found_episode],
    )
    return joined.drop("found_key", "found_episode", "next_from")


def _open_at_end(view: View, windows: Windows) -> ir.Table:
    """Return one row per ticket and period at whose end it is open, with its age in seconds.

    A period that is going on is looked at as it stands now. A change at the very end of a period
    belongs to the next; with the whole log as one period it has happened.
    """
    spells = open_spells(view, keyed(view.tickets))
    spans, now = begun_windows(view, windows), ibis.timestamp(naive_utc(view.as_of))
    spans = spans.mutate(
        fact_cut_at=spans.fact_window_over.ifelse(spans.fact_window_end, now),
        fact_includes_end=~spans.fact_window_over | ibis.literal(is_whole_log(windows)),
    )
    both = spells.join(spans, spells.created_at <= spans.fact_cut_at)
    ends = both.fact_includes_end
    begun = ends.ifelse(both.open_from <= both.fact_cut_at, both.open_from < both.fact_cut_at)
    lasts = ends.ifelse(both.open_until > both.fact_cut_at, both.open_until >= both.fact_cut_at)
    rows = both.filter(begun & lasts.fill_null(True))
    return rows.mutate(fact_age_s=seconds_between(rows.created_at, rows.fact_cut_at))


TIMED = Source("tickets_in_hours", ("tickets", "schedules"), _timed)
CLOCKED = Source("ticket_clocks", ("tickets", "status_events"), _clocks)
CLOCKED_IN_HOURS = Source(
    "ticket_clocks_in_hours", ("tickets", "status_events", "schedules"), _clocks_in_hours
)
FIRST_SOLVES = Source("first_solves", ("tickets",), _first_solves)
EPISODES = Source("reply_episodes", ("tickets", "messages", "status_events"), _episodes)
OPEN_AT_END = Source("open_at_end", ("tickets",), _open_at_end, windowed=True)
SOURCES = (TIMED, CLOCKED, CLOCKED_IN_HOURS, FIRST_SOLVES, EPISODES, OPEN_AT_END)
