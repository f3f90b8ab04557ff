"""Rows of demand: tickets with what is junk in them, customers with their tickets, repeats, QA."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import opened_by_business
from cxlab.metrics.repeats import next_at
from cxlab.metrics.sources.desk.windows import begun_windows, within
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES", "with_next"]


def _received(view: View, windows: Windows) -> ir.Table:
    """Return the tickets with spam among those that count."""
    tickets = view.tickets
    return tickets.mutate(excluded_reason=tickets.excluded_reason.nullif("spam"))


def with_next(tickets: ir.Table, *apart: str) -> ir.Table:
    """Return the tickets with `fact_next_at`: when the next one on the customer's topic came.

    Excluded tickets follow nothing and are followed by nothing, nor do those that differ in a
    column named in `apart` follow each other. Without a customer it is null.
    """
    named = tickets.mutate(fact_counts=tickets.excluded_reason.isnull())
    rows = named.mutate(
        fact_next_at=next_at(named, ("customer_id", "topic", "fact_counts", *apart))
    )
    known = rows.fact_counts & rows.customer_id.notnull()
    null = ibis.null("timestamp(6)")
    return rows.mutate(fact_next_at=known.ifelse(rows.fact_next_at, null)).drop("fact_counts")


def _followed(view: View, windows: Windows) -> ir.Table:
    tickets = view.tickets.mutate(fact_ours=opened_by_business(view.tickets))
    return with_next(tickets, "fact_ours")


def _customers(view: View, windows: Windows) -> ir.Table:
    """Return one row per customer and period, with its tickets and complaints of the period.

    Customers count from the period in which they were won. A ticket whose customer is unknown
    stands in a row of its own, with `fact_orphan`.
    """
    spans = begun_windows(view, windows)
    customers = view.tables["customers"]
    customers = customers.mutate(run=customers.replication.fill_null(-1))
    based = customers.cross_join(spans)
    based = based.filter(based.acquired_at.isnull() | (based.acquired_at < based.fact_window_end))
    tickets = view.tickets
    tickets = tickets.join(spans, within(tickets.created_at, spans, windows))
    counted = tickets.filter(tickets.excluded_reason.isnull())
    sums = counted.group_by(
        who="customer_id", who_run="fact_run", at_start="fact_window_start"
    ).aggregate(
        fact_tickets=counted.count().cast("float64"),
        fact_complaints=counted.is_complaint.fill_null(False).sum().cast("float64"),
    )
    joined = based.left_join(
        sums,
        [based.customer_id == sums.who, based.run == sums.who_run,
         based.fact_window_start == sums.at_start],
    ).drop("who", "who_run", "at_start", "run")  # fmt: skip
    rows = joined.mutate(
        fact_tickets=joined.fact_tickets.fill_null(0.0),
        fact_complaints=joined.fact_complaints.fill_null(0.0),
        fact_orphan=ibis.literal(False),
    )
    known = customers.select("customer_id", known_run="run").distinct()
    orphans = counted.anti_join(
        known, [counted.customer_id == known.customer_id, counted.fact_run == known.known_run]
    )
    return ibis.union(rows, _as_customers(orphans, rows), distinct=False)


def _as_customers(orphans: ir.Table, rows: ir.Table) -> ir.Table:
    """Return tickets as rows of the customers' table, empty where they have nothing to say."""
    own = {
        "customer_id", "replication", "fact_window_start", "fact_window_end", "fact_window_over",
    }  # fmt: skip
    values: dict[str, ir.Value] = {}
    for name, kind in rows.schema().items():
        values[name] = orphans[name] if name in own else ibis.null(kind)
    values["fact_orphan"] = ibis.literal(True)
    return orphans.select(**values)


def _operations(view: View, windows: Windows) -> ir.Table:
    """Return the checked units; `fact_unit_failed` and `fact_first_check` tell of all checks."""
    rows = view.tables["operations"]
    unit = [
        rows.replication.fill_null(-1),
        rows.unit_id,
        rows.process,
        rows.excluded_reason.isnull(),
    ]
    place = ibis.row_number().over(group_by=unit, order_by=rows.at)
    return rows.mutate(
        fact_at=rows.at,
        fact_agent=rows.agent_id,
        fact_first_check=place == 0,
        fact_unit_failed=rows.failed.any().over(ibis.window(group_by=unit)),
    )


RECEIVED = Source("received_tickets", ("tickets",), _received)
FOLLOWED = Source("followed_tickets", ("tickets",), _followed)
CUSTOMERS = Source("customers_with_tickets", ("tickets", "customers"), _customers, windowed=True)
OPERATIONS = Source("operations", ("operations",), _operations)
SOURCES = (RECEIVED, FOLLOWED, CUSTOMERS, OPERATIONS)
