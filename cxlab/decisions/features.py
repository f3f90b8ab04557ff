"""What rules can ask of a customer: features with their domains, and the table of them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir

from cxlab.decisions.boxes import Interval, Range, Words
from cxlab.metrics.facts import is_live, naive_utc
from cxlab.metrics.sources.answers import survey_scores
from cxlab.metrics.sources.population import counted, matching, run_of, with_customer
from cxlab.metrics.sources.usage import human_use
from cxlab.metrics.view import View

if TYPE_CHECKING:
    from cxlab.decisions.rules import Rules

__all__ = ["FEATURES", "STAGES", "Feature", "feature_table"]

STAGES = ("trial", "new", "running", "due", "lapsed")
"""Stages of a customer's contracts: trial and lapsed without a paid one, due before new."""

_KEYS = ("run", "customer_id")


@dataclass(frozen=True, slots=True)
class Feature:
    """Something known of a customer: what it means, what it can be, and what it needs.

    `need` is a table ("surveys") or a column ("tickets.customer_id") of the log.
    """

    name: str
    meaning: str
    domain: Range
    need: str


def _percent() -> Interval:
    return Interval(0, 100)


def _number() -> Interval:
    return Interval(0, math.inf, whole=True)


FEATURES: dict[str, Feature] = {
    f.name: f
    for f in (
        Feature("nps", "latest answer, 0 to 10", Interval(0, 10, whole=True), "surveys"),
        Feature("csat_percent", "latest answer, 100 is best", _percent(), "surveys"),
        Feature("ces_percent", "latest answer, 100 is least effort", _percent(), "surveys"),
        Feature("open_tickets", "tickets not solved", _number(), "tickets.customer_id"),
        Feature("active_days", "days with use in the last `usage_days`", _number(), "usage_events"),
        Feature("contract_stage", ", ".join(STAGES), Words(STAGES), "subscriptions"),
    )
}
"""Every feature by name. A feature whose table, or answer, is missing is unknown."""


def feature_table(view: View, rules: Rules) -> ir.Table:
    """Return one row per customer with every feature, empty where unknown.

    Customers are those of the tables customers and subscriptions; further columns: `run`,
    `replication`, `excluded_reason` and what the log knows of the customer.
    """
    rows = _everybody(view)
    rows = _with_answers(rows, view, rules.answers_within_days)
    rows = _with_tickets(rows, view)
    rows = _with_use(rows, view, rules.usage_days)
    return with_customer(_with_stage(rows, view, rules), view)


def _everybody(view: View) -> ir.Table:
    known = [view.table(n) for n in ("customers", "subscriptions")]
    lists = [t.select("customer_id", run=run_of(t)).select(*_KEYS) for t in known if t is not None]
    people = ibis.union(*lists, distinct=True) if len(lists) > 1 else lists[0].distinct()
    return people.mutate(excluded_reason=ibis.null("string"))


def _with_answers(rows: ir.Table, view: View, days: int) -> ir.Table:
    answers = survey_scores(view)
    if answers is None:
        none = ibis.null("float64")
        return rows.mutate(nps=none, csat_percent=none, ces_percent=none)
    since = ibis.timestamp(naive_utc(view.as_of)) - ibis.interval(days=days)
    fresh = answers.filter(answers.answered_at >= since)
    place = ibis.row_number().over(
        group_by=[fresh.run, fresh.customer_id, fresh.instrument],
        order_by=[fresh.answered_at.desc(), fresh.survey_id.desc()],
    )
    fresh = fresh.mutate(place=place)
    newest = fresh.filter(fresh.place == 0)

    def latest(instrument: str, value: ir.NumericColumn) -> ir.FloatingScalar:
        return value.cast("float64").max(where=newest.instrument == instrument)

    wide = newest.group_by(list(_KEYS)).aggregate(
        nps=latest("nps", newest.score),
        csat_percent=latest("csat", newest.goodness),
        ces_percent=latest("ces", newest.goodness),
    )
    return matching(rows, wide, _KEYS)


def _with_tickets(rows: ir.Table, view: View) -> ir.Table:
    """Add how many tickets are open: none is 0 in a log that tells whose tickets are whose."""
    if not view.tables.has("tickets", "customer_id"):
        return rows.mutate(open_tickets=ibis.null("float64"))
    tickets = counted(view.tables["tickets"])
    still = tickets.filter(is_live(tickets))
    rows = matching(rows, still.group_by(list(_KEYS)).aggregate(open_tickets=still.count()), _KEYS)
    return rows.mutate(open_tickets=rows.open_tickets.fill_null(0).cast("float64"))


def _with_use(rows: ir.Table, view: View, days: int) -> ir.Table:
    if view.table("usage_events") is None:
        return rows.mutate(active_days=ibis.null("float64"))
    events = human_use(view)
    near = events.filter(
        events.at >= ibis.timestamp(naive_utc(view.as_of)) - ibis.interval(days=days)
    )
    used = near.group_by(list(_KEYS)).aggregate(active_days=near.at.date().nunique())
    rows = matching(rows, used, _KEYS)
    return rows.mutate(active_days=rows.active_days.fill_null(0).cast("float64"))


def _with_stage(rows: ir.Table, view: View, rules: Rules) -> ir.Table:
    """Add the stage of the contract: new until so many days old, due so many days before."""
    if view.table("subscriptions") is None:
        return rows.mutate(contract_stage=ibis.null("string"))
    spells = counted(view.tables["subscriptions"])
    now = ibis.timestamp(naive_utc(view.as_of))
    running = (spells.started_at <= now) & (spells.ended_at.isnull() | (spells.ended_at > now))
    paid = running & ~spells.is_trial.fill_null(False)
    soon = now + ibis.interval(days=rules.due_within_days)
    due = paid & spells.renewed_at.isnull() & (spells.due_at <= soon)
    sums = spells.group_by(list(_KEYS)).aggregate(
        any_trial=(running & spells.is_trial.fill_null(False)).any(),
        any_paid=paid.any(),
        any_due=due.fill_null(False).any(),
        first=spells.started_at.min(where=~spells.is_trial.fill_null(False)),
    )
    sums = sums.filter(sums["first"].notnull() | sums.any_trial)
    young = sums["first"] > now - ibis.interval(days=rules.new_for_days)
    stage = ibis.cases(
        (~sums.any_paid & sums.any_trial, "trial"),
        (~sums.any_paid, "lapsed"),
        (sums.any_due, "due"),
        (young, "new"),
        else_="running",
    )
    return matching(rows, sums.select(*_KEYS, contract_stage=stage), _KEYS)
