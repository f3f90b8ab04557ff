"""How much each active customer did lately, and the engagement scores that follow."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import at_most
from cxlab.metrics.scores import ACTIVITIES
from cxlab.metrics.sources.answers import survey_scores
from cxlab.metrics.sources.population import (
    active_customers,
    at_cutoff,
    at_each_end,
    counted,
    matching,
    with_dimensions,
)
from cxlab.metrics.sources.usage import human_use, local_day
from cxlab.metrics.sources.value.orders import purchase_days
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES", "with_engagement"]

_PASSIVE = ("intro_prompted", "qbr_held")
"""Acts of the business towards the account, not of the account."""


def with_engagement(customers: ir.Table, view: View, windows: Windows | None) -> ir.Table:
    """Add what each customer did in the days before `fact_end`, and the score of it.

    `fact_<activity>` for every activity, and `fact_engagement` from 0 to 100. An activity is in
    the score from the first period on in which any customer of the log shows it; before, it is
    taken as not recorded.
    """
    rows = customers
    recorded = _activities(view, windows)
    for name, (key, events, amount) in recorded.items():
        found = _lately(events, view, windows, key).aggregate(**{f"fact_{name}": amount})
        rows = matching(rows, found, ("run", key, "fact_window_start"))
    none = ibis.literal(0.0)
    rows = rows.mutate(
        **{
            f"fact_{a}": rows[f"fact_{a}"].fill_null(0).cast("float64") if a in recorded else none
            for a in ACTIVITIES
        }
    )
    caps = view.settings.engagement.caps
    parts = {a: ibis.least(rows[f"fact_{a}"] / getattr(caps, a), 1.0) * 100 for a in ACTIVITIES}
    return rows.mutate(fact_engagement=_weighted(rows, view, parts))


def _weighted(rows: ir.Table, view: View, parts: Mapping[str, ir.Value]) -> ir.FloatingValue:
    """Return the weighted mean of the parts over the activities that the log records."""
    weights = view.settings.engagement.weights
    so_far = ibis.range_window(preceding=None, following=0, order_by=rows.fact_window_start)
    tops, weighed = [], []
    for name, part in parts.items():
        weight = ibis.literal(float(getattr(weights, name)))
        shown = rows[f"fact_{name}"].max().over(so_far) > 0
        tops.append(shown.ifelse(weight * part, 0.0))
        weighed.append(shown.ifelse(weight, 0.0))
    top: ir.FloatingValue = reduce(lambda a, b: a + b, tops)
    bottom: ir.FloatingValue = reduce(lambda a, b: a + b, weighed)
    return top / bottom.nullif(0.0)


def _activities(
    view: View, windows: Windows | None
) -> dict[str, tuple[str, ir.Table, ir.Deferred]]:
    """Return for each activity in the log whom it belongs to, its events and how they add up."""
    d = ibis._
    found: dict[str, tuple[str, ir.Table, ir.Deferred]] = {}
    if view.table("usage_events") is not None:
        events = human_use(view)
        day = events.at.date() if windows is None else local_day(events.at, windows)
        events = events.select("run", "customer_id", "at", "feature", day=day)
        found["active_days"] = ("customer_id", events, d.day.nunique())
        found["features"] = ("customer_id", events, d.feature.nunique())
    if view.table("transactions") is not None:
        # The lines of an order, and all orders of one day, are one purchase.
        found["orders"] = ("customer_id", purchase_days(view), d.day.nunique())
    messages = _messages(view)
    if messages is not None:
        found["messages"] = ("customer_id", messages, d.count())
    answers = survey_scores(view)
    if answers is not None:
        given = answers.select("run", "customer_id", at=answers.answered_at)
        found["answers"] = ("customer_id", given, d.count())
    acts = view.table("advocacy_acts")
    if acts is not None:
        own = counted(acts.filter(acts.kind.notin(_PASSIVE)))
        found["acts"] = ("account", own.select("run", "at", account="account_id"), d.count())
    return found


def _messages(view: View) -> ir.Table | None:
    """Return the customers' messages, None where the log does not tell whose they are."""
    messages, tickets = view.table("messages"), view.table("tickets")
    if messages is None or tickets is None:
        return None
    own = counted(messages.filter(messages.author_type == "customer"))
    own = own.select("run", "ticket_id", "at")
    asked = counted(tickets).select("run", "ticket_id", "customer_id")
    return matching(own, asked, ("run", "ticket_id"))


def _lately(events: ir.Table, view: View, windows: Windows | None, key: str) -> ir.GroupedTable:
    """Group the events of the last days before each `fact_end` by run, `key` and period."""
    each = at_cutoff(events, view) if windows is None else at_each_end(events, view, windows)
    days = ibis.interval(days=view.settings.engagement.window_days)
    near = each.filter(each.at < each.fact_end, each.at >= each.fact_end - days)
    return near.group_by(["run", key, "fact_window_start"])


def _engaged(view: View, windows: Windows) -> ir.Table:
    """One row per customer active at the period's end, with scores on three scales.

    `fact_rank_score`: weighted percentile ranks among the customers of the period (those equal
    share the middle of their ranks); `fact_t_score`: weighted z-scores as T-scores, 50 ± 10.
    """
    rows = with_engagement(active_customers(view, windows), view, windows)
    rows = rows.mutate(kept=rows.excluded_reason.isnull())
    peers = ["run", "fact_window_start", "kept"]
    among = ibis.window(group_by=peers)
    ranks: dict[str, ir.Value] = {}
    scores: dict[str, ir.Value] = {}
    for name in ACTIVITIES:
        x = rows[f"fact_{name}"]
        below = ibis.rank().over(ibis.window(group_by=peers, order_by=x))
        equal = x.count().over(ibis.window(group_by=[*peers, x]))
        ranks[name] = (below + equal / 2) / x.count().over(among) * 100
        spread = x.std(how="pop").over(among).nullif(0.0)
        scores[name] = ((x - x.mean().over(among)) / spread).fill_null(0.0)
    standard = 50 + 10 * _weighted(rows, view, scores)
    rows = rows.mutate(
        fact_rank_score=_weighted(rows, view, ranks),
        fact_t_score=at_most((standard < 0).ifelse(0.0, standard), 100.0),
    ).drop("kept")
    return with_dimensions(rows, view)


_ANY = "usage_events|transactions|messages|surveys|advocacy_acts"
SOURCES = (Source("engaged", ("subscriptions|customers", _ANY), _engaged, windowed=True),)
