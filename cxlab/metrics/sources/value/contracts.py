"""Contracts that come up for renewal, one row each, in the period they are due."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.value.spells import run_of, with_customer
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]


def _due(view: View, windows: Windows) -> ir.Table:
    """One row per contract spell with a due date.

    It is renewed (`fact_renewed`) when that was recorded, when the next spell of the contract
    began, or when it simply runs on, up to the end of the grace after the due date; before that
    nobody knows (`fact_known`). `fact_mrr_next` is the revenue after renewal.
    """
    rows = view.tables["subscriptions"]
    real = rows.filter(~rows.is_trial.fill_null(False) & rows.due_at.notnull())
    own = real.mutate(run=run_of(real))
    order = ibis.window(group_by=["run", "subscription_id"], order_by=own.started_at)
    own = own.mutate(
        next_start=own.started_at.lead().over(order), next_mrr=own.mrr.lead().over(order)
    )
    grace = ibis.interval(days=view.settings.value.renewal_grace_days)
    own = own.mutate(fact_due_at=own.due_at, until=own.due_at + grace)
    recorded = (own.renewed_at <= own.until).fill_null(False)
    followed = (own.next_start <= own.until).fill_null(False)
    runs_on = own.ended_at.isnull() | (own.ended_at > own.until)
    own = own.mutate(
        fact_renewed=recorded | followed | runs_on,
        fact_known=own.until <= ibis.timestamp(naive_utc(view.as_of)),
        fact_mrr_next=ibis.coalesce(own.next_mrr, own.mrr),
    ).drop("next_start", "next_mrr", "until")
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
