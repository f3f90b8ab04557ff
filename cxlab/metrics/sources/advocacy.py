"""Sources of word of mouth: who speaks for the business, reviews and introductions, leads."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.sources.population import (
    active_accounts,
    active_customers,
    at_each_end,
    counted,
    matching,
    run_of,
    with_account_dimensions,
    with_customer,
    with_dimensions,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["ACTS", "CONVERSION_DAYS", "INTRO_DAYS", "LOOK_BACK_DAYS", "REVIEW_DAYS", "SOURCES"]

ACTS = ("reference", "testimonial", "case_study", "speaking", "intro_made")
"""The kinds of acts by which an account speaks for the business."""

LOOK_BACK_DAYS = 365
"""Acts and referrals of so many days before the period's end count for its state."""

REVIEW_DAYS = 7
"""Willingness noted within so many days after a review belongs to it."""

INTRO_DAYS = 90
"""An introduction made within so many days after it was asked for was the answer."""

CONVERSION_DAYS = 90
"""A lead converts within so many days, or not."""

_WINDOW = ("fact_window_start", "fact_window_end", "fact_window_over")


def _advocates(view: View, windows: Windows) -> ir.Table:
    """One row per account active at the period's end, with its acts in the year before.

    `fact_acts`, `fact_<kind>` for each kind of act, and `fact_prompted`, how often it was asked
    for an introduction.
    """
    acts = counted(view.tables["advocacy_acts"])
    acts = acts.select("run", "at", "kind", account="account_id")
    each = at_each_end(acts, view, windows)
    near = each.filter(
        each.at < each.fact_end, each.at >= each.fact_end - ibis.interval(days=LOOK_BACK_DAYS)
    )
    kinds = {f"fact_{kind}": near.count(where=near.kind == kind) for kind in ACTS}
    sums = near.group_by(["run", "account", "fact_window_start"]).aggregate(
        fact_acts=near.count(where=near.kind.isin(ACTS)),
        fact_prompted=near.count(where=near.kind == "intro_prompted"),
        **kinds,
    )
    rows = matching(active_accounts(view, windows), sums, ("run", "account", "fact_window_start"))
    names = ("fact_acts", "fact_prompted", *kinds)
    rows = rows.mutate(**{n: rows[n].fill_null(0) for n in names})
    return with_account_dimensions(rows, view)


def _followed(view: View, first: str, second: str, days: int) -> ir.Table:
    """Return the acts of kind `first`, and whether one of kind `second` followed.

    It must follow within `days` (the end included) and before the account's next `first`; at one
    instant the first comes first.
    """
    acts = view.tables["advocacy_acts"]
    both = acts.filter(acts.kind.isin([first, second])).mutate(
        run=run_of(acts), kept=acts.excluded_reason.isnull(), later=(acts.kind == second)
    )
    ahead = ibis.window(
        group_by=[both.run, both.account_id, both.kept],
        order_by=[both.at, both.later.cast("int8")],
    )
    both = both.mutate(next_later=both.later.lead().over(ahead), next_at=both.at.lead().over(ahead))
    rows = both.filter(~both.later)
    until = rows.at + ibis.interval(days=days)
    return rows.mutate(
        account=rows.account_id,
        fact_at=rows.at,
        fact_mature=until <= ibis.timestamp(naive_utc(view.as_of)),
        fact_followed=(rows.next_later & (rows.next_at <= until)).fill_null(False),
    ).drop("account_id", "replication", "later", "next_later", "next_at", "kept")


def _reviews(view: View, windows: Windows) -> ir.Table:
    """One row per business review held, with whether willingness to refer was noted."""
    return with_account_dimensions(_followed(view, "qbr_held", "qbr_intent", REVIEW_DAYS), view)


def _reviewed_accounts(view: View, windows: Windows) -> ir.Table:
    """One row per account and period with a review held in it."""
    held = _followed(view, "qbr_held", "qbr_intent", REVIEW_DAYS)
    spans = windows.table()
    inside = held.join(
        spans, [held.fact_at >= spans.fact_window_start, held.fact_at < spans.fact_window_end]
    )
    inside = inside.mutate(kept=inside.excluded_reason.isnull())
    rows = inside.group_by(["run", "account", *_WINDOW]).aggregate(
        fact_followed=inside.fact_followed.any(where=inside.kept),
        fact_mature=inside.fact_mature.all(where=inside.kept),
        kept=inside.kept.any(),
        out=inside.excluded_reason.max(),
    )
    none = ibis.null("string")
    rows = rows.mutate(excluded_reason=rows.kept.ifelse(none, rows.out)).drop("kept", "out")
    return with_account_dimensions(rows, view)


def _prompts(view: View, windows: Windows) -> ir.Table:
    """One row per request for an introduction, with whether one was made."""
    return with_account_dimensions(
        _followed(view, "intro_prompted", "intro_made", INTRO_DAYS), view
    )


def _referrals(view: View, windows: Windows) -> ir.Table:
    """One row per lead, with what became of it and how long it was watched.

    A lead referred by several customers is the first one's. `fact_duration` runs to the
    win; without one to the cut-off, also for lost leads: they are known not to convert.
    """
    leads = view.tables["referrals"].mutate(run=run_of(view.tables["referrals"]))
    place = ibis.row_number().over(
        group_by=[leads.run, leads.referred_id, leads.excluded_reason.isnull()],
        order_by=[leads.at, leads.referral_id],
    )
    now = ibis.timestamp(naive_utc(view.as_of))
    leads = leads.mutate(place=place, won=(leads.status == "won").fill_null(False))
    undated = leads.won & leads.closed_at.isnull()
    end = leads.won.ifelse(leads.closed_at, now)
    rows = leads.mutate(
        customer_id=leads.referrer_id,
        created_at=leads.at,
        fact_at=ibis.coalesce(leads.closed_at, leads.at),
        fact_won=leads.won,
        fact_undated=undated,
        fact_self=(leads.referred_id == leads.referrer_id).fill_null(False),
        fact_again=leads.referred_id.notnull() & (leads.place > 0),
        fact_mature=leads.at + ibis.interval(days=CONVERSION_DAYS) <= now,
        fact_duration=seconds_between(leads.at, end),
    ).drop("place", "won", "replication")
    return with_customer(rows, view)


def _referrers(view: View, windows: Windows) -> ir.Table:
    """One row per customer active at the period's end, with its referrals in the year before."""
    leads = counted(view.tables["referrals"])
    leads = leads.filter(~(leads.referred_id == leads.referrer_id).fill_null(False))
    leads = leads.select("run", "at", customer_id="referrer_id")
    each = at_each_end(leads, view, windows)
    near = each.filter(
        each.at < each.fact_end, each.at >= each.fact_end - ibis.interval(days=LOOK_BACK_DAYS)
    )
    sums = near.group_by(["run", "customer_id", "fact_window_start"]).aggregate(
        fact_referrals=near.count()
    )
    rows = matching(
        active_customers(view, windows), sums, ("run", "customer_id", "fact_window_start")
    )
    rows = rows.mutate(fact_referrals=rows.fact_referrals.fill_null(0))
    return with_dimensions(rows, view)


_WHO = "subscriptions|customers"
SOURCES = (
    Source("advocates", (_WHO, "advocacy_acts"), _advocates, windowed=True),
    Source("reviews", ("advocacy_acts",), _reviews),
    Source("reviewed_accounts", ("advocacy_acts",), _reviewed_accounts, windowed=True),
    Source("prompts", ("advocacy_acts",), _prompts),
    Source("referrals", ("referrals",), _referrals),
    Source("referrers", (_WHO, "referrals"), _referrers, windowed=True),
)
