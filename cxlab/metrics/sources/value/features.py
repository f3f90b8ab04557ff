"""Customers and the features they use, with their revenue, once per period."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.sources.value.spells import run_of
from cxlab.metrics.sources.value.windows import customer_times, window_days
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES"]


def _features(view: View, windows: Windows) -> ir.Table:
    """One row per customer of the period and feature that anybody used: how many used it.

    `fact_monthly` is the customer's recurring revenue of a mean month of the period.
    """
    customers = customer_times(view, windows)
    monthly = customers.fact_mrr_days / window_days(customers)
    customers = customers.mutate(fact_monthly=monthly)
    events = view.tables["usage_events"]
    events = events.filter(events.excluded_reason.isnull() & ~events.is_automated.fill_null(False))
    features = events.select("feature").distinct()
    spans = windows.table()
    own = events.select(
        user_run=run_of(events),
        user_of="customer_id",
        used="feature",
        at="at",
        person=ibis.coalesce(events.user_id, events.customer_id),
    )
    each = own.join(
        spans, [own["at"] >= spans.fact_window_start, own["at"] < spans.fact_window_end]
    )
    users = each.group_by(["user_run", "user_of", "used", "fact_window_start"]).aggregate(
        fact_users=each.person.nunique()
    )
    users = users.rename(used_in="fact_window_start")
    pairs = customers.cross_join(features)
    joined = pairs.left_join(
        users,
        [pairs.run == users.user_run, pairs.customer_id == users.user_of,
         pairs.feature == users.used, pairs.fact_window_start == users.used_in],
    )  # fmt: skip
    return joined.mutate(fact_users=joined.fact_users.fill_null(0)).drop(
        "user_run", "user_of", "used", "used_in"
    )


FEATURES = Source("feature_periods", ("subscriptions", "usage_events"), _features, windowed=True)
SOURCES = (FEATURES,)
