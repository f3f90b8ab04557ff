"""Customers who left, with their reasons; and customers who spoke up before."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.value.spells import run_of, spells, stays, with_customer
from cxlab.metrics.view import Source, View, Windows

__all__ = ["HORIZONS", "SOURCES", "UNKNOWN"]

UNKNOWN = "unknown"
"""Reason of those whose reason nobody recorded; they count."""

HORIZONS = (90, 180, 365)
"""Days after the period's end at which customers who gave feedback are looked at."""


def _ends(view: View, windows: Windows) -> ir.Table:
    """One row per end of a stay: a customer who comes back and leaves again leaves twice.

    Stays are half-open: one that ends at midnight of the 1st was lost with the month before. So
    the instant of attribution is the last one there, as for churn.
    """
    rows = stays(view, windows)
    left = rows.filter(rows.end <= ibis.timestamp(naive_utc(view.as_of)))
    last = left.end - ibis.interval(microseconds=1)
    left = left.mutate(fact_at=last, fact_reason=left.churn_reason.fill_null(UNKNOWN))
    return with_customer(
        left.drop("start", "end", "stay", "first_start", "mrr_start", "mrr_end", "currencies"),
        view,
    )


def _ends_by_reason(view: View, windows: Windows) -> ir.Table:
    """One row per end of a stay and reason that anybody gave, to be grouped by `reason`.

    So each reason has all who left (of a segment, in a period) as its denominator.
    """
    left = _ends(view, windows)
    reasons = left.filter(left.excluded_reason.isnull()).select(reason="fact_reason").distinct()
    return left.cross_join(reasons)


def _givers(view: View, windows: Windows) -> ir.Table:
    """One row per customer active at a period's end: did it answer a survey in the period?

    `fact_there_90`: whether it is still a customer 90 days after the period's end;
    `fact_mature_90`: whether those have passed.
    """
    now = ibis.timestamp(naive_utc(view.as_of))
    spans = windows.table()
    rows = spells(view, windows)
    rows = rows.mutate(counted=rows.excluded_reason.isnull())
    each = rows.cross_join(spans)
    end = each.fact_window_end
    after = {d: end + ibis.interval(days=d) for d in HORIZONS}
    found = each.group_by(
        ["run", "customer_id", "counted", "fact_window_start", "fact_window_end",
         "fact_window_over"]
    ).aggregate(
        excluded_reason=each.excluded_reason.max(),
        active=((each.start <= end) & (each.end > end)).any(),
        **{
            f"fact_there_{d}": ((each.start <= at) & (each.end > at)).any()
            for d, at in after.items()
        },
    )  # fmt: skip
    found = found.filter(found.active)
    spoke = _spoke(view, spans)
    joined = found.left_join(
        spoke,
        [found.run == spoke.spoke_run, found.customer_id == spoke.spoke_customer,
         found.fact_window_start == spoke.spoke_window],
    )  # fmt: skip
    joined = joined.mutate(
        fact_spoke=joined.spoke_customer.notnull(),
        **{
            f"fact_mature_{d}": joined.fact_window_end + ibis.interval(days=d) <= now
            for d in HORIZONS
        },
    )
    return with_customer(
        joined.drop("counted", "active", "spoke_run", "spoke_customer", "spoke_window"), view
    )


def _spoke(view: View, spans: ir.Table) -> ir.Table:
    """Return who answered any survey in which period, each once."""
    answers = view.tables["surveys"]
    answers = answers.filter(answers.answered_at.notnull() & answers.excluded_reason.isnull())
    about = (answers.subject_type == "customer").ifelse(answers.subject_id, ibis.null("string"))
    who = ibis.coalesce(answers.customer_id, about)
    own = answers.select(spoke_run=run_of(answers), spoke_customer=who, answered_at="answered_at")
    each = own.join(
        spans,
        [own.answered_at >= spans.fact_window_start, own.answered_at < spans.fact_window_end],
    )
    named = each.filter(each.spoke_customer.notnull())
    return named.select(
        "spoke_run", "spoke_customer", spoke_window=named.fact_window_start
    ).distinct()


ENDS = Source("departures", ("subscriptions",), _ends)
REASONS = Source("departures_by_reason", ("subscriptions",), _ends_by_reason)
GIVERS = Source("feedback_periods", ("subscriptions", "surveys"), _givers, windowed=True)
SOURCES = (ENDS, REASONS, GIVERS)
