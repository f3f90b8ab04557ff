"""Customers once per period of the report: who was there at its start and end, at what revenue."""

from __future__ import annotations

from dataclasses import replace

import ibis
import ibis.expr.types as ir

from cxlab.metrics.sources.value.spells import (
    DAYS_PER_MONTH,
    MONTH_SLACK,
    days_between,
    run_of,
    spell_dimensions,
    spells,
    stays_of,
    whole_sum,
    with_customer,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES", "customer_states", "customer_times", "window_days", "window_months"]

_SPAN = ["fact_window_start", "fact_window_end", "fact_window_over"]


def window_days(rows: ir.Table) -> ir.FloatingValue:
    """Return the length of each row's period in days."""
    return days_between(rows.fact_window_start, rows.fact_window_end)


def window_months(rows: ir.Table) -> ir.FloatingValue:
    """Return the length of each row's period in months.

    A period within three days of a whole number of months counts as that many months, so that
    a calendar month is one month whether it has 28 or 31 days.
    """
    months = window_days(rows) / DAYS_PER_MONTH
    near = ((months - months.round()).abs() <= MONTH_SLACK) & (months > 0.9)
    return near.ifelse(months.round().cast("float64"), months)


def _each(rows: ir.Table, spans: ir.Table) -> ir.Table:
    """Return spells or stays with every period that they are seen in.

    One that begins where the period ends counts for the state at its end.
    """
    each = rows.join(
        spans, [rows.start <= spans.fact_window_end, rows.end > spans.fact_window_start]
    )
    until = ibis.least(each.end, each.fact_window_end)
    days = days_between(ibis.greatest(each.start, each.fact_window_start), until)
    return each.mutate(days=ibis.greatest(days, 0.0))


def _states(rows: ir.Table, spans: ir.Table, keys: list[str]) -> ir.Table:
    """Return the state of each key at the start and the end of each period."""
    each = _each(rows.mutate(counted=rows.excluded_reason.isnull()), spans)
    group = [*keys, "counted", *_SPAN]
    latest = ibis.row_number().over(
        ibis.window(
            group_by=[*keys, "counted", "fact_window_start"],
            order_by=[each.end.desc(), each.subscription_id, each.start],
        )
    )
    each = each.mutate(latest=latest == 0)
    start = each.start <= each.fact_window_start
    end = (each.start <= each.fact_window_end) & (each.end > each.fact_window_end)
    inside = each.start < each.fact_window_end
    grouped = each.group_by(group).aggregate(
        some_customer=each.customer_id.min(),
        excluded_reason=each.excluded_reason.max(),
        inside=inside.any(),
        fact_active_start=start.any(),
        fact_active_end=end.any(),
        # Whoever is seen in the period and was not there at its start came, or came back, in it.
        fact_joined=~start.any(),
        fact_mrr_start=whole_sum(each.mrr, start),
        fact_mrr_end=whole_sum(each.mrr, end),
        fact_mrr_days=whole_sum(each.mrr * each.days, inside),
        fact_seat_days=whole_sum(each.seats.cast("float64") * each.days, inside),
        fact_currencies=each.currency.nunique(),
        fact_churn_kind=each.churn_kind.max(where=each.latest),
        currency=each.currency.max(),
        **spell_dimensions(each),
    )
    return grouped.filter(grouped.inside).drop("inside")


def _time_there(rows: ir.Table, spans: ir.Table, keys: list[str]) -> ir.Table:
    """Return for each key and period how many days it was there, and how often it left."""
    marked = stays_of(rows, keys)
    each = _each(marked.mutate(counted=marked.excluded_reason.isnull()), spans)
    left = (each.end <= each.fact_window_end).cast("int64")
    grouped = each.group_by([*keys, "counted", "fact_window_start"]).aggregate(
        fact_days=each.days.sum(), fact_left=left.sum()
    )
    return grouped.rename({f"there_{k}": k for k in (*keys, "counted", "fact_window_start")})


def _with_time(states: ir.Table, there: ir.Table, keys: list[str]) -> ir.Table:
    match = [*keys, "counted", "fact_window_start"]
    joined = states.left_join(there, [states[k] == there[f"there_{k}"] for k in match])
    return joined.drop(*[f"there_{k}" for k in match])


def customer_states(view: View, windows: Windows) -> ir.Table:
    """Return one row per customer and period that it was there in (see `_states`).

    `fact_margin` is what is left of a month's revenue at the start. Excluded spells make rows of
    their own, which are excluded.
    """
    states = _states(spells(view, windows), windows.table(), ["run", "customer_id"])
    known = view.settings.value
    states = states.mutate(
        fact_margin=states.fact_mrr_start * known.margin_share,
        fact_discount=ibis.literal(known.discount_per_year, type="float64"),
    )
    return with_customer(states.drop("some_customer", "counted"), view)


def customer_times(view: View, windows: Windows, of: str = "customer_id") -> ir.Table:
    """Return the rows of `customer_states` (or one per `account`) with their time in the period.

    `fact_days` there, of which `fact_paying_days`, and `fact_left`, how often it left. An
    account is grouped by the columns of the first of its customers.
    """
    keys = ["run", of]
    rows, spans = spells(view, windows), windows.table()
    paying = _time_there(rows.filter((rows.mrr > 0).fill_null(False)), spans, keys)
    paying = paying.rename(fact_paying_days="fact_days").drop("fact_left")
    found = _with_time(_states(rows, spans, keys), _time_there(rows, spans, keys), keys)
    found = _with_time(found, paying, keys)
    found = found.mutate(fact_paying_days=found.fact_paying_days.fill_null(0.0)).drop("counted")
    if of == "customer_id":
        return with_customer(found.drop("some_customer"), view)
    return with_customer(found.rename(customer_id="some_customer"), view)


def _accounts(view: View, windows: Windows) -> ir.Table:
    return customer_times(view, windows, "account")


def _months(view: View, windows: Windows) -> ir.Table:
    """One row per customer and month, whatever the report's periods: they are chained."""
    rows = customer_states(view, replace(windows, every="month"))
    return rows.mutate(fact_at=rows.fact_window_start)


def _booked(view: View, windows: Windows) -> ir.Table:
    """One row per customer and period, its revenue added up from booked movements.

    A movement counts from its instant on: one at the period's start is in it, not before it.
    """
    moves = view.tables["mrr_movements"]
    down = moves.kind.isin(["contraction", "churn"])
    own = moves.select(
        "customer_id", "kind", "excluded_reason", "currency", "at", "amount",
        run=run_of(moves),
        change=down.ifelse(-moves.amount, moves.amount),
    )  # fmt: skip
    each = own.cross_join(windows.table())
    each = each.filter(each.at < each.fact_window_end)
    each = each.mutate(counted=each.excluded_reason.isnull())
    before = each.at < each.fact_window_start
    grown = ~before & (each.kind == "expansion")
    grouped = each.group_by(["run", "customer_id", "counted", *_SPAN]).aggregate(
        excluded_reason=each.excluded_reason.max(),
        fact_mrr_start=each.change.sum(where=before).fill_null(0.0),
        fact_mrr_end=each.change.sum(),
        fact_expansion=each.amount.sum(where=grown).fill_null(0.0),
        fact_currencies=each.currency.nunique(),
        currency=each.currency.max(),
    )
    # Sums of money leave rounding errors where they cancel.
    tidy = {c: grouped[c].round(6) for c in ("fact_mrr_start", "fact_mrr_end", "fact_expansion")}
    return with_customer(grouped.mutate(**tidy).drop("counted"), view)


CUSTOMERS = Source("customer_periods", ("subscriptions",), customer_states, windowed=True)
TIMES = Source("customer_times", ("subscriptions",), customer_times, windowed=True)
ACCOUNTS = Source("account_periods", ("subscriptions",), _accounts, windowed=True)
MONTHS = Source("customer_months", ("subscriptions",), _months, windowed=True)
BOOKED = Source("booked_periods", ("mrr_movements",), _booked, windowed=True)
SOURCES = (CUSTOMERS, TIMES, ACCOUNTS, MONTHS, BOOKED)
