"""Sources of success: renewals with what followed, and how long customers take to value."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.sources.population import counted, matching, run_of, with_customer
from cxlab.metrics.sources.usage import human_use
from cxlab.metrics.view import Source, View, Windows

__all__ = ["FOLLOW_DAYS", "SOURCES"]

FOLLOW_DAYS = 30
"""A renewed customer is looked at for so many days."""


def _renewals(view: View, windows: Windows) -> ir.Table:
    """One row per renewed spell of a contract, with whether somebody used the product after it."""
    spells = view.tables["subscriptions"]
    renewed = spells.filter(spells.renewed_at.notnull()).mutate(run=run_of(spells))
    until = renewed.renewed_at + ibis.interval(days=FOLLOW_DAYS)
    rows = renewed.select(
        "run", "customer_id", "subscription_id", "product", "excluded_reason",
        fact_at=renewed.renewed_at,
        fact_until=until,
        fact_mature=until <= ibis.timestamp(naive_utc(view.as_of)),
    )  # fmt: skip
    events = human_use(view)
    seen = events.select(right__run="run", right__customer="customer_id", used_at="at")
    keys = ("run", "customer_id", "subscription_id", "fact_at")
    after = rows.join(
        seen,
        [rows.run == seen.right__run, rows.customer_id == seen.right__customer,
         seen.used_at > rows.fact_at, seen.used_at <= rows.fact_until],
    )  # fmt: skip
    rows = matching(rows, after.group_by(list(keys)).aggregate(events=after.count()), keys)
    active = rows["events"].fill_null(0) > 0
    return with_customer(rows.mutate(fact_active=active).drop("events"), view)


def _journeys(view: View, windows: Windows) -> ir.Table:
    """One row per customer: from its start to the first goal exceeded, or as far as it was seen.

    A customer is seen until it left (all subscriptions ended) or the cut-off.
    """
    rows = _starts(view)
    goals = counted(view.tables["milestones"])
    first = goals.filter(goals.kind == "exceeded")
    first = first.group_by(["run", "customer_id"]).aggregate(reached_at=first.at.min())
    rows = matching(rows, first, ("run", "customer_id"))
    now = ibis.timestamp(naive_utc(view.as_of))
    seen_until = ibis.least(ibis.coalesce(rows.left_at, now), now)
    # A goal recorded after the customer left still was reached.
    end = ibis.coalesce(rows.reached_at, seen_until)
    rows = rows.mutate(
        fact_reached=rows.reached_at.notnull(),
        # Who began when nobody knows has no duration, and stands in the last period.
        fact_duration=seconds_between(rows.fact_started_at, end),
        fact_started_at=ibis.coalesce(rows.fact_started_at, now),
    )
    return with_customer(rows.drop("left_at", "reached_at"), view)


def _starts(view: View) -> ir.Table:
    """Return when each customer began (first subscription, else acquired) and left, if it did."""
    spells, customers = view.table("subscriptions"), view.table("customers")
    if spells is None:
        assert customers is not None
        return customers.select(
            "customer_id", "excluded_reason", run=run_of(customers),
            fact_started_at=customers.acquired_at, left_at=ibis.null("timestamp(6)"),
        )  # fmt: skip
    own = spells.mutate(run=run_of(spells), kept=spells.excluded_reason.isnull())
    grouped = own.group_by(["run", "customer_id", "kept"]).aggregate(
        fact_started_at=own.started_at.min(),
        stays=own.ended_at.isnull().any(),
        last=own.ended_at.max(),
        excluded_reason=own.excluded_reason.max(),
    )
    # Excluded spells say nothing about a customer, unless there are no others.
    kept_first = ibis.window(group_by=["run", "customer_id"], order_by=grouped.kept.desc())
    grouped = grouped.mutate(place=ibis.row_number().over(kept_first))
    grouped = grouped.filter(grouped.place == 0)
    return grouped.mutate(
        left_at=grouped.stays.ifelse(ibis.null("timestamp(6)"), grouped["last"]),
    ).drop("stays", "last", "kept", "place")


SOURCES = (
    Source("renewals", ("subscriptions", "usage_events"), _renewals),
    Source("journeys", ("subscriptions|customers", "milestones"), _journeys),
)
