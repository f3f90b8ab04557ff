"""Sources of use: who visited in a period, and how many of the seats were taken."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.calendars import local_time
from cxlab.metrics.facts import seconds_between
from cxlab.metrics.sources.population import (
    at_each_end,
    currency_of,
    matching,
    run_of,
    with_account,
    with_customer,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES", "VISIT_GAP_S", "human_use", "in_windows", "local_day", "with_log_begun"]

VISIT_GAP_S = 1800
"""A visit ends after this long without activity: 30 minutes, as web analytics count (s)."""

_WINDOW = ("fact_window_start", "fact_window_end", "fact_window_over")


def _events(view: View) -> ir.Table:
    """Return the events with `run`, `person`, how many uses they stand for, and if they count.

    Where nobody is named, the customer is taken for one person.
    """
    events = view.tables["usage_events"]
    kept = events.excluded_reason.isnull()
    return events.select(
        "customer_id", "at", "feature", "duration_s", "excluded_reason",
        run=run_of(events),
        person=ibis.coalesce(events.user_id, events.customer_id),
        uses=ibis.coalesce(events.n, 1),
        kept=kept,
        counts=kept & ~events.is_automated.fill_null(False),
    )  # fmt: skip


def human_use(view: View) -> ir.Table:
    """Return the events that people caused, with `run`, `person`, `uses` and `account`."""
    events = _events(view)
    own = events.filter(events.counts)
    return with_account(own.select("run", "customer_id", "person", "at", "feature", "uses"), view)


def with_log_begun(rows: ir.Table, view: View) -> ir.Table:
    """Add `fact_log_begun`: whether the log of use had begun before the period's end."""
    events = _events(view)
    kept = events.filter(events.kept)
    first = kept.group_by("run").aggregate(first_use=kept.at.min())
    joined = matching(rows, first, ("run",))
    begun = (joined.first_use < joined.fact_window_end).fill_null(False)
    return joined.mutate(fact_log_begun=begun).drop("first_use")


def in_windows(events: ir.Table, windows: Windows) -> ir.Table:
    """Return the events with the period that each falls into, others dropped."""
    spans = windows.table()
    return events.join(
        spans, [events.at >= spans.fact_window_start, events.at < spans.fact_window_end]
    )


def local_day(at: ir.TimestampValue, windows: Windows) -> ir.DateValue:
    """Return the calendar day of an instant in the report's zone."""
    if windows.zone == "UTC":
        return at.date()
    return local_time(at, windows.zone, *windows.bounds()).date()


def _with_visits(events: ir.Table) -> ir.Table:
    """Mark the events that begin a visit: nobody was active for `VISIT_GAP_S` before them."""
    active_until = events.at + events.duration_s.fill_null(0.0).round().cast("int64").as_interval(
        "s"
    )
    events = events.mutate(active_until=active_until)
    last = events.active_until.max().over(
        ibis.window(
            group_by=[events.run, events.customer_id, events.person, events.counts],
            order_by=events.at,
            preceding=(None, 1),
        )
    )
    events = events.mutate(last_active=last)
    quiet = seconds_between(events.last_active, events.at) >= VISIT_GAP_S
    return events.mutate(begins=events.counts & (events.last_active.isnull() | quiet))


def _user_periods(view: View, windows: Windows) -> ir.Table:
    """One row per person and period with any event in it."""
    events = in_windows(_with_visits(_events(view)), windows)
    events = events.mutate(day=local_day(events.at, windows))
    rows = events.group_by(["run", "customer_id", "person", *_WINDOW]).aggregate(
        fact_visits=events.begins.sum(),
        fact_days=events.day.nunique(where=events.counts),
        fact_human=events.counts.any(),
        kept=events.kept.any(),
        out=events.excluded_reason.max(),
    )
    rows = rows.mutate(
        excluded_reason=rows.kept.ifelse(ibis.null("string"), rows.out),
        user_id=rows.person,
        fact_window_days=_days(rows, windows),
    )
    return with_customer(rows.drop("kept", "out"), view)


def _days(rows: ir.Table, windows: Windows) -> ir.IntegerValue:
    """Return how many calendar days the period touches."""
    last = rows.fact_window_end - ibis.interval(microseconds=1)
    first_day = local_day(rows.fact_window_start, windows)
    return local_day(last, windows).delta(first_day, unit="day") + 1


def _seat_periods(view: View, windows: Windows) -> ir.Table:
    """One row per customer and period with a paid subscription in it.

    Seats and revenue are means over the whole period: seats added halfway count half.
    """
    spells = view.tables["subscriptions"]
    spells = spells.filter(~spells.is_trial.fill_null(False)).mutate(run=run_of(spells))
    each = at_each_end(spells, view, windows)
    ended = ibis.coalesce(each.ended_at, each.fact_window_end)
    until = ibis.least(ended, each.fact_window_end)
    since = ibis.greatest(each.started_at, each.fact_window_start)
    each = each.mutate(
        share=seconds_between(since, until)
        / seconds_between(each.fact_window_start, each.fact_window_end),
        kept=each.excluded_reason.isnull(),
    )
    each = each.filter(each.share > 0)
    none = ibis.null("float64")
    rows = each.group_by(["run", "customer_id", *_WINDOW]).aggregate(
        seats=(each.seats * each.share).sum(where=each.kept),
        seats_known=(each.seats.notnull() | ~each.kept).all(),
        mrr=(each.mrr * each.share).sum(where=each.kept),
        mrr_known=(each.mrr.notnull() | ~each.kept).all(),
        currencies=each.currency.nunique(where=each.kept),
        spell_currency=each.currency.max(where=each.kept),
        kept=each.kept.any(),
        out=each.excluded_reason.max(),
    )
    rows = rows.mutate(
        fact_seats=rows.seats_known.ifelse(rows.seats, none),
        # Revenue in two currencies is no sum.
        fact_mrr=(rows.mrr_known & (rows.currencies <= 1)).ifelse(rows.mrr, none),
        excluded_reason=rows.kept.ifelse(ibis.null("string"), rows.out),
    ).drop("seats", "seats_known", "mrr", "mrr_known", "currencies", "kept", "out")
    rows = with_log_begun(_with_visitors(rows, view, windows), view)
    rows = with_customer(rows, view)
    currency = ibis.coalesce(rows.spell_currency, currency_of(rows))
    return rows.mutate(currency=currency).drop("spell_currency")


def _with_visitors(rows: ir.Table, view: View, windows: Windows) -> ir.Table:
    """Add how many people of the customer were active in the period, and their visits."""
    users = _user_periods(view, windows)
    own = users.filter(users.excluded_reason.isnull() & users.fact_human)
    visitors = own.group_by(["run", "customer_id", "fact_window_start"]).aggregate(
        fact_users=own.count(), fact_visits=own.fact_visits.sum()
    )
    joined = matching(rows, visitors, ("run", "customer_id", "fact_window_start"))
    return joined.mutate(
        fact_users=joined.fact_users.fill_null(0), fact_visits=joined.fact_visits.fill_null(0)
    )


SOURCES = (
    Source("user_periods", ("usage_events",), _user_periods, windowed=True),
    Source("seat_periods", ("usage_events", "subscriptions"), _seat_periods, windowed=True),
)
