"""New customers, what winning them cost, and what they have brought since."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.population import run_of
from cxlab.metrics.sources.value.spells import (
    DAYS_PER_MONTH,
    MONTH_SLACK,
    days_between,
    spells,
    stays_of,
    with_customer,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]

_WON_BY = ("sales", "marketing")


def _spending(view: View, windows: Windows) -> ir.Table:
    """Return what sales and marketing cost in the period before each of the report's periods.

    A cost belongs to the period its middle lies in; the period before is as long as the
    report's. Costs in several currencies are no sum.
    """
    costs = view.tables["costs"]
    costs = costs.filter(costs.centre.isin(_WON_BY) & costs.excluded_reason.isnull())
    half = costs.period_end.delta(costs.period_start, unit="second") / 2
    middle = costs.period_start + half.cast("int64").as_interval("s")
    costs = costs.mutate(middle=middle, run=run_of(costs))
    spans = windows.table()
    length = spans.fact_window_end.delta(spans.fact_window_start, unit="second")
    spans = spans.mutate(before=spans.fact_window_start - length.as_interval("s"))
    each = costs.join(spans, [costs.middle >= spans.before, costs.middle < spans.fact_window_start])
    return each.group_by("run", "fact_window_start").aggregate(
        spent=each.amount.sum(), cost_currency=each.currency.max(),
        cost_currencies=each.currency.nunique(),
    )  # fmt: skip


def _payments(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.IntegerValue:
    """Return how many monthly payments fall in a time, the first one at its start."""
    months = days_between(start, end) / DAYS_PER_MONTH
    return ibis.greatest((months - MONTH_SLACK).ceil(), 1).cast("int64")


def _new(view: View, windows: Windows) -> ir.Table:
    """One row per customer in the period in which it first began to pay.

    `fact_cac` is its part of what the new customers of its period cost, `fact_mrr` its revenue
    at the start; `fact_paid_months` how many monthly payments it has made, each at the month's
    start, of `fact_seen_months` it can have been seen to make; `fact_gone` whether it no longer
    pays. Whether it had a contract for free before, or has one since, is nothing to these.
    """
    now = ibis.timestamp(naive_utc(view.as_of))
    paying = spells(view, windows)
    paying = paying.filter((paying.mrr > 0) | paying.mrr.isnull())
    won = stays_of(paying, ("run", "customer_id"))
    won = won.filter(won.start == won.first_start)
    spans = windows.table()
    each = won.join(
        spans, [won.start >= spans.fact_window_start, won.start < spans.fact_window_end]
    )
    spent = _spending(view, windows).rename(spent_before="fact_window_start", spent_run="run")
    each = each.left_join(
        spent, [each.fact_window_start == spent.spent_before, each.run == spent.spent_run]
    )
    counted = each.excluded_reason.isnull() & each.mrr_start.notnull()
    together = ibis.window(group_by=["run", "fact_window_start"])
    each = each.mutate(newcomers=counted.cast("int64").sum().over(together))
    until = ibis.least(each.end, now)
    there = days_between(each.start, until) / DAYS_PER_MONTH
    mixed = (each.cost_currencies > 1) | (each.cost_currency != each.currency)
    rows = each.mutate(
        fact_started_at=each.start,
        fact_cac=each.spent / each.newcomers.cast("float64"),
        fact_mrr=each.mrr_start,
        fact_margin=each.mrr_start * view.settings.value.margin_share,
        fact_gone=each.end <= now,
        fact_paid_months=_payments(each.start, until),
        fact_seen_months=_payments(each.start, now),
        fact_months_there=ibis.greatest(there, 1 / DAYS_PER_MONTH),
        fact_mixed=mixed.fill_null(False),
        fact_currencies=each.currencies,
    )
    return with_customer(
        rows.drop("spent", "spent_before", "spent_run", "cost_currency", "cost_currencies",
                  "newcomers", "start", "end", "first_start", "stay", "mrr_start", "mrr_end"),
        view,
    )  # fmt: skip


NEW = Source("new_customers", ("subscriptions", "costs"), _new, windowed=True)
SOURCES = (NEW,)
