"""Sources of rewards: what was issued and redeemed, and who takes part in the programme."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.sources.population import (
    at_each_end,
    counted,
    currency_of,
    matching,
    run_of,
    with_customer,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["ACTIVE_DAYS", "REDEEM_DAYS", "SOURCES"]

REDEEM_DAYS = 90
"""What does not expire is judged so many days after it was issued."""

ACTIVE_DAYS = 90
"""A member who earned or redeemed within so many days is active."""

_PROGRAMME = ("points", "loyalty")
_WINDOW = ("fact_window_start", "fact_window_end", "fact_window_over")


def _rewards(view: View, windows: Windows) -> ir.Table:
    """One row per coupon, points or offer issued, with whether it was redeemed in time."""
    issued = view.tables["campaigns"]
    limit = issued.issued_at + ibis.interval(days=REDEEM_DAYS)
    until = ibis.coalesce(issued.expires_at, limit)
    rows = issued.mutate(
        run=run_of(issued),
        created_at=issued.issued_at,
        fact_mature=until <= ibis.timestamp(naive_utc(view.as_of)),
        fact_redeemed=(issued.redeemed_at <= until).fill_null(False),
    ).drop("replication")
    rows = with_customer(rows, view)
    return rows.mutate(currency=currency_of(rows))


def _members(view: View, windows: Windows) -> ir.Table:
    """One row per customer who could be a member at the period's end.

    A customer with several spells of eligibility stands with the latest.
    """
    spells = view.tables["loyalty_members"].mutate(run=run_of(view.tables["loyalty_members"]))
    each = at_each_end(spells, view, windows)
    each = each.filter(each.eligible_from <= each.fact_end)
    place = ibis.row_number().over(
        group_by=[each.run, each.customer_id, each.fact_window_start],
        order_by=[each.excluded_reason.notnull(), each.eligible_from.desc()],
    )
    each = each.mutate(place=place)
    latest = each.filter(each.place == 0)
    enrolled = (latest.enrolled_at <= latest.fact_end).fill_null(False)
    left = (latest.left_at <= latest.fact_end).fill_null(False)
    rows = latest.mutate(fact_enrolled=enrolled & ~left).drop("place", "replication")
    rows = _with_acts(rows, view, windows)
    return with_customer(rows, view)


def _with_acts(rows: ir.Table, view: View, windows: Windows) -> ir.Table:
    """Add whether the customer earned or redeemed lately, empty without campaigns."""
    campaigns = view.table("campaigns")
    if campaigns is None:
        return rows.mutate(fact_active=ibis.null("boolean"))
    own = counted(campaigns.filter(campaigns.kind.isin(_PROGRAMME)))
    earned = own.select("run", "customer_id", at=own.issued_at)
    redeemed = own.filter(own.redeemed_at.notnull()).select(
        "run", "customer_id", at=ibis._.redeemed_at
    )
    each = at_each_end(earned.union(redeemed), view, windows)
    near = each.filter(
        each.at < each.fact_end, each.at >= each.fact_end - ibis.interval(days=ACTIVE_DAYS)
    )
    keys = ("run", "customer_id", "fact_window_start")
    rows = matching(rows, near.group_by(list(keys)).aggregate(acts=near.count()), keys)
    active = rows.fact_enrolled & (rows.acts.fill_null(0) > 0)
    return rows.mutate(fact_active=active).drop("acts")


SOURCES = (
    Source("rewards", ("campaigns",), _rewards),
    Source("members", ("loyalty_members",), _members, windowed=True),
)
