"""The measures behind each customer's health, from 0 to 100, and the scores over them."""

from __future__ import annotations

from functools import reduce

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import at_most, is_live, naive_utc
from cxlab.metrics.scores import HEALTH_MEASURES
from cxlab.metrics.sources.answers import survey_scores
from cxlab.metrics.sources.engagement import with_engagement
from cxlab.metrics.sources.population import (
    active_customers,
    counted,
    matching,
    with_dimensions,
)
from cxlab.metrics.sources.relationship import relationships
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES", "open_tickets", "with_health"]


def _latest(answers: ir.Table, instruments: tuple[str, ...], name: str, view: View) -> ir.Table:
    """Return each customer's latest answer to one of the instruments, as column `name`."""
    since = ibis.timestamp(naive_utc(view.as_of)) - ibis.interval(
        days=view.settings.health.answer_days
    )
    fresh = answers.filter(answers.instrument.isin(instruments), answers.answered_at >= since)
    place = ibis.row_number().over(
        group_by=[fresh.run, fresh.customer_id],
        order_by=[fresh.answered_at.desc(), fresh.survey_id.desc()],
    )
    fresh = fresh.mutate(place=place)
    newest = fresh.filter(fresh.place == 0)
    return newest.select("run", "customer_id", **{name: newest.goodness})


def open_tickets(view: View) -> ir.Table | None:
    """Return the customers who ever had a ticket: run, customer_id, `open_tickets` now."""
    tickets = view.table("tickets")
    if tickets is None:
        return None
    own = counted(tickets).filter(ibis._.customer_id.notnull())
    return own.group_by(["run", "customer_id"]).aggregate(
        open_tickets=own.count(where=is_live(own))
    )


def with_health(view: View) -> ir.Table:
    """Return the customers active at the cut-off with every health measure, empty if unknown."""
    rows = with_engagement(active_customers(view, None), view, None)
    answers = survey_scores(view)
    none = ibis.null("float64")
    for name, instruments in (("satisfaction", ("csat", "nps")), ("effort", ("ces",))):
        column = f"fact_{name}"
        if answers is None:
            rows = rows.mutate(**{column: none})
        else:
            newest = _latest(answers, instruments, column, view)
            rows = matching(rows, newest, ("run", "customer_id"))
    tickets = open_tickets(view)
    if tickets is None:
        rows = rows.mutate(fact_support=none)
    else:
        rows = matching(rows, tickets, ("run", "customer_id"))
        load = rows.open_tickets.cast("float64") / view.settings.health.open_tickets_cap
        rows = rows.mutate(fact_support=100 * (1 - at_most(load, 1.0)))
    if view.table("stakeholders") is None:
        return rows.mutate(fact_relationship=none)
    depth = relationships(view)
    depth = depth.select(
        "run", "account",
        fact_relationship=depth.fact_roles_named.ifelse(depth.fact_depth, none),
    )  # fmt: skip
    return matching(rows, depth, ("run", "account"))


def _healthy(view: View, windows: Windows) -> ir.Table:
    """One row per customer active at the cut-off, with the scores over its measures.

    `fact_health`: Σ weight × measure ÷ Σ weight over the measures that are known. `fact_points`:
    points for the band that each measure falls into, empty unless all measures are known.
    """
    rows = with_health(view)
    settings = view.settings.health
    tops, weights, points, known = [], [], [], []
    for name in HEALTH_MEASURES:
        weight = float(getattr(settings.weights, name))
        if weight == 0:
            continue
        score = rows[f"fact_{name}"]
        tops.append((weight * score).fill_null(0.0))
        weights.append(score.notnull().ifelse(weight, 0.0))
        points.append(weight * _band(score, settings.band_tops))
        known.append(score.notnull().cast("int64"))
    rows = rows.mutate(
        created_at=rows.fact_end,
        fact_measures=reduce(lambda a, b: a + b, known),
        fact_health=reduce(lambda a, b: a + b, tops)
        / reduce(lambda a, b: a + b, weights).nullif(0.0),
        fact_points=reduce(lambda a, b: a + b, points),
    )
    return with_dimensions(rows, view)


def _band(score: ir.FloatingValue, tops: tuple[float, ...]) -> ir.FloatingValue:
    """Return the share of the points: a band's top belongs to it, its bottom does not."""
    passed = reduce(lambda a, b: a + b, [(score > top).cast("float64") for top in tops])
    return passed / len(tops)


SOURCES = (Source("healthy", ("subscriptions|customers",), _healthy),)
