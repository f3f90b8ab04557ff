"""Contracts that come up for renewal, one row each, in the period they are due."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.value.spells import run_of, with_customer
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]


def _chained(rows: ir.Table) -> ir.Table:
    """Return the spells with the next one of their contract, whether that has a due date or not.

    Trials renew nothing; nor do excluded spells, which follow only one another. A spell whose
    contract goes on with the same due date (at another price, say) is not due: the last of
    these is, and is renewed when that was recorded with any of them.
    """
    own = rows.filter(~rows.is_trial.fill_null(False))
    own = own.mutate(run=run_of(own), counted=own.excluded_reason.isnull())
    contract = ["run", "subscription_id", "counted"]
    order = ibis.window(group_by=contract, order_by=own.started_at)
    together = ibis.window(group_by=[*contract, "due_at"])
    own = own.mutate(
        next_start=own.started_at.lead().over(order),
        next_mrr=own.mrr.lead().over(order),
        recorded_at=own.renewed_at.min().over(together),
        newest=own.started_at.max().over(together),
    )
    due = own.due_at.notnull() & (own.started_at == own.newest)
    return own.filter(due).drop("counted", "newest")


def _due(view: View, windows: Windows) -> ir.Table:
    """One row per contract and due date.

    It is renewed (`fact_renewed`) when that was recorded, when the next spell of the contract
    began, or when it simply runs on, up to the end of the grace after the due date; before that
    nobody knows (`fact_known`). `fact_mrr_next` is the revenue after renewal.
    """
    own = _chained(view.tables["subscriptions"])
    grace = ibis.interval(days=view.settings.value.renewal_grace_days)
    own = own.mutate(fact_due_at=own.due_at, until=own.due_at + grace)
    recorded = (own.recorded_at <= own.until).fill_null(False)
    followed = (own.next_start <= own.until).fill_null(False)
    runs_on = own.ended_at.isnull() | (own.ended_at > own.until)
    # What changes later in the term that it was renewed for is not the price after renewal.
    unchanged = own.next_start.isnull() | (runs_on & ~followed)
    own = own.mutate(
        fact_renewed=recorded | followed | runs_on,
        fact_known=own.until <= ibis.timestamp(naive_utc(view.as_of)),
        fact_mrr_next=unchanged.ifelse(own.mrr, own.next_mrr),
    ).drop("next_start", "next_mrr", "recorded_at", "until")
    return _with_currency(with_customer(own, view), view)


def _with_currency(rows: ir.Table, view: View) -> ir.Table:
    customers = view.table("customers")
    if customers is None:
        return rows
    known = customers.select(
        paid_run=run_of(customers), payer=customers.customer_id, usual=customers.currency
    )
    joined = rows.left_join(known, [rows.run == known.paid_run, rows.customer_id == known.payer])
    usual = ibis.coalesce(joined.currency, joined.usual)
    return joined.mutate(currency=usual).drop("paid_run", "payer", "usual")


DUE = Source("contracts_due", ("subscriptions",), _due)
SOURCES = (DUE,)
