"""Rows of cost: what the desk cost in a period beside what it did, and periods of cost."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import is_live, naive_utc, seconds_between
from cxlab.metrics.sources.desk.demand import with_next
from cxlab.metrics.sources.desk.spells import keyed
from cxlab.metrics.sources.desk.windows import begun_windows, is_whole_log, within
from cxlab.metrics.view import Source, View, Windows

__all__ = ["ISSUE_DAYS", "SOURCES"]

ISSUE_DAYS = 30
"""A ticket of the same customer and topic within so many days is the same issue again."""

_PERIOD = ("cost_run", "period_start", "period_end")


def _support(view: View) -> ir.Table:
    """Return the costs of support, with `cost_run`."""
    costs = view.tables["costs"]
    return costs.filter(costs.centre == "support").mutate(cost_run=costs.replication.fill_null(-1))


def _money(costs: ir.Table, spans: ir.Table, view: View, windows: Windows) -> ir.Table:
    """Return each cost in every report period that it overlaps, with that part of its amount."""
    now = ibis.timestamp(naive_utc(view.as_of))
    overlap = [costs.period_start < spans.fact_window_end]
    if not is_whole_log(windows):
        overlap.append(costs.period_end > spans.fact_window_start)
    both = costs.join(spans, overlap)
    begin = ibis.greatest(both.period_start, both.fact_window_start)
    end = ibis.least(both.period_end, both.fact_window_end, now)
    if is_whole_log(windows):
        begin = both.period_start
    part = seconds_between(begin, end) / seconds_between(both.period_start, both.period_end)
    return both.select(
        "fact_window_start", "excluded_reason", "replication", "channel", "currency",
        fact_amount=both.amount * part, fact_done=ibis.literal(0.0),
        fact_uncovered=ibis.literal(False),
    )  # fmt: skip


def _work(
    tickets: ir.Table, at: str, costs: ir.Table, spans: ir.Table, windows: Windows
) -> ir.Table:
    """Return the tickets in their report period; `fact_uncovered` where no cost covers them."""
    known = costs.filter(costs.excluded_reason.isnull())
    known = known.select(*_PERIOD).distinct()
    covered = tickets.semi_join(
        known,
        [tickets.fact_run == known.cost_run, tickets[at] >= known.period_start,
         tickets[at] < known.period_end],
    ).select(covered_key="fact_key")  # fmt: skip
    rows = tickets.left_join(covered, tickets.fact_key == covered.covered_key)
    rows = rows.join(spans, within(rows[at], spans, windows))
    return rows.select(
        "fact_window_start", "excluded_reason", "replication", "channel",
        currency=ibis.null("string"), fact_amount=ibis.literal(0.0), fact_done=ibis.literal(1.0),
        fact_uncovered=rows.covered_key.isnull(),
    )  # fmt: skip


def _together(
    view: View, windows: Windows, tickets: ir.Table, at: str, costs: ir.Table
) -> ir.Table:
    spans = begun_windows(view, windows)
    work = _work(tickets, at, costs, spans, windows)
    money = _money(costs, spans, view, windows)
    return ibis.union(work, money.select(work.columns), distinct=False)


def _handled(tickets: ir.Table) -> ir.Table:
    """Return the tickets that somebody took: not given up, and no longer new."""
    return tickets.filter(tickets.abandoned_at.isnull() & (tickets.status != "new"))


def _resolved(tickets: ir.Table) -> ir.Table:
    """Return the last ticket of every issue that is resolved."""
    rows = with_next(tickets)
    again = rows.fact_next_at <= rows.created_at + ibis.interval(days=ISSUE_DAYS)
    return rows.filter(rows.last_solved_at.notnull() & ~is_live(rows) & ~again.fill_null(False))


def _per_ticket(view: View, windows: Windows) -> ir.Table:
    """Return costs and handled tickets below each other, each in its report period."""
    return _together(view, windows, _handled(keyed(view.tickets)), "created_at", _support(view))


def _per_issue(view: View, windows: Windows) -> ir.Table:
    """Return costs and resolved issues below each other, each in its report period."""
    issues = _resolved(keyed(view.tickets))
    return _together(view, windows, issues, "last_solved_at", _support(view))


def _by_handling(view: View, windows: Windows) -> ir.Table:
    """Return as `_per_ticket`; costs of no channel are shared out by the time of handling."""
    tickets = keyed(view.tickets)
    costs = _shared_out(_support(view), _handling(view, tickets))
    return _together(view, windows, _handled(tickets), "created_at", costs)


def _handling(view: View, tickets: ir.Table) -> ir.Table:
    """Return the stretches of handling with the channel of their ticket."""
    shifts = view.tables["shifts"]
    work = shifts.filter(shifts.excluded_reason.isnull() & (shifts.activity == "handling"))
    run = work.replication.fill_null(-1).cast("string")
    work = work.select(
        work_key=run + ":" + work.ticket_id, work_at=work.start,
        work_s=seconds_between(work.start, work.end),
    )  # fmt: skip
    known = tickets.filter(tickets.excluded_reason.isnull())
    known = known.select("fact_key", work_run="fact_run", work_channel="channel")
    return work.inner_join(known, work.work_key == known.fact_key)


def _shared_out(costs: ir.Table, work: ir.Table) -> ir.Table:
    """Return the costs; one without a channel becomes one per channel handled in its period."""
    periods = costs.select(*_PERIOD).distinct()
    inside = [
        work.work_run == periods.cost_run,
        work.work_at >= periods.period_start,
        work.work_at < periods.period_end,
    ]
    spent = periods.join(work, inside)
    spent = spent.group_by(*_PERIOD, "work_channel").aggregate(seconds=spent.work_s.sum())
    whole = spent.seconds.sum().over(ibis.window(group_by=[spent[c] for c in _PERIOD]))
    shares = spent.mutate(share=spent.seconds / whole.nullif(0))
    shares = shares.select("work_channel", "share", **{f"share_{c}": shares[c] for c in _PERIOD})
    # A cost of one channel has no key, so that it meets no share (see metrics.answers).
    keys = {c: costs.channel.isnull().ifelse(costs[c], ibis.null(costs[c].type())) for c in _PERIOD}
    joined = costs.left_join(shares, [keys[c] == shares[f"share_{c}"] for c in _PERIOD])
    return joined.mutate(
        channel=ibis.coalesce(joined.channel, joined.work_channel),
        amount=joined.amount * joined.share.fill_null(1.0),
    ).select(costs.columns)


def _periods(view: View, windows: Windows) -> ir.Table:
    """Return one row per period of cost with its amount and the tickets handled in it."""
    costs = _support(view)
    kept = costs.filter(costs.excluded_reason.isnull())
    periods = kept.group_by(*_PERIOD).aggregate(
        fact_amount=kept.amount.sum(),
        replication=kept.replication.max(),
        currency=kept.currency.max(),
        fact_currencies=kept.currency.nunique(),
    )
    tickets = _handled(view.tickets)
    tickets = tickets.filter(tickets.excluded_reason.isnull())
    inside = [
        tickets.fact_run == periods.cost_run,
        tickets.created_at >= periods.period_start,
        tickets.created_at < periods.period_end,
    ]
    sums = periods.join(tickets.select("fact_run", "created_at"), inside)
    sums = sums.group_by(**{f"own_{c}": sums[c] for c in _PERIOD}).aggregate(
        fact_handled=sums.count()
    )
    joined = periods.left_join(sums, [periods[c] == sums[f"own_{c}"] for c in _PERIOD])
    return joined.select(
        "replication", "fact_amount", "currency", "fact_currencies", "period_end",
        fact_at="period_start", excluded_reason=ibis.null("string"),
        fact_handled=joined.fact_handled.fill_null(0),
    )  # fmt: skip


PER_TICKET = Source("costs_and_tickets", ("tickets", "costs"), _per_ticket, windowed=True)
PER_ISSUE = Source("costs_and_issues", ("tickets", "costs"), _per_issue, windowed=True)
BY_HANDLING = Source(
    "costs_by_handling", ("tickets", "costs", "shifts"), _by_handling, windowed=True
)
PERIODS = Source("periods_of_cost", ("tickets", "costs"), _periods)
SOURCES = (PER_TICKET, PER_ISSUE, BY_HANDLING, PERIODS)
