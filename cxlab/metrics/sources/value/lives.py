"""Customers as cohorts: one row per customer with its first stay and what became of it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.value.spells import (
    DAYS_PER_MONTH,
    MONTH_SLACK,
    days_between,
    spells,
    stays,
    with_customer,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["COHORT_DAYS", "SOURCES"]

COHORT_DAYS = (30, 90, 365)
"""Days after the start at which a cohort is looked at."""


def _lives(view: View, windows: Windows) -> ir.Table:
    """One row per customer that ever had a contract.

    `fact_days` is the length of the first stay in begun days, `fact_ended` whether it is over;
    `fact_gone` whether the customer is gone now, `fact_mrr_last` what it pays now or paid last;
    `fact_there_30` whether it was there 30 days after its start, `fact_mature_30` whether those
    have passed.
    """
    now = ibis.timestamp(naive_utc(view.as_of))
    marked = stays(view, windows)
    marked = marked.mutate(counted=marked.excluded_reason.isnull())
    newest = ibis.row_number().over(
        ibis.window(group_by=["run", "customer_id", "counted"], order_by=marked.end.desc())
    )
    marked = marked.mutate(newest=newest == 0, first=marked.start == marked.first_start)
    after = {d: marked.first_start + ibis.interval(days=d) for d in COHORT_DAYS}
    there = {
        f"fact_there_{d}": ((marked.start <= at) & (marked.end > at)).any()
        for d, at in after.items()
    }
    found = marked.group_by(["run", "customer_id", "counted"]).aggregate(
        excluded_reason=marked.excluded_reason.max(),
        fact_started_at=marked.first_start.min(),
        first_end=marked.end.max(where=marked["first"]),
        last_end=marked.end.max(),
        fact_mrr_last=marked.mrr_end.max(where=marked.newest),
        fact_currencies=marked.currencies.max(),
        currency=marked.currency.max(),
        **there,
        **{n: _same(marked[n]) for n in _names(view, windows)},
    )
    mature = {
        f"fact_mature_{d}": found.fact_started_at + ibis.interval(days=d) <= now
        for d in COHORT_DAYS
    }
    seen = days_between(found.fact_started_at, ibis.least(found.first_end, now)).ceil()
    found = found.mutate(
        fact_days=seen.cast("int64"),
        fact_ended=found.first_end <= now,
        fact_gone=found.last_end <= now,
        **mature,
    )
    # Calendar months of 28 to 31 days: within MONTH_SLACK a month is full. Who left when the
    # fifth month was full did not renew for the fifth time.
    months = found.fact_days.cast("float64") / DAYS_PER_MONTH
    renewals = found.fact_ended.ifelse(
        ibis.greatest((months - MONTH_SLACK).ceil(), 1), (months + MONTH_SLACK).floor()
    )
    found = found.mutate(fact_renewals=renewals.cast("int64"))
    return with_customer(found.drop("first_end", "last_end", "counted"), view)


def _names(view: View, windows: Windows) -> list[str]:
    columns = spells(view, windows).columns
    return [c.removeprefix("spell__") for c in columns if c.startswith("spell__")]


def _same(values: ir.StringColumn) -> ir.StringScalar:
    return (values.nunique() > 1).ifelse("(several)", values.max())


LIVES = Source("customer_lives", ("subscriptions",), _lives)
SOURCES = (LIVES,)
