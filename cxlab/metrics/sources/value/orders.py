"""Purchases without a contract: what was bought when, net of what went back.

Purchases of one day are one (the literature's rule; it also joins the lines of one order). A
refund lowers the purchase that it refers to, whenever it comes up to the cut-off; a purchase
that went back altogether is none. A refund that refers to nothing lowers what the customer
spent, not how often. Days are those of the log's own zone.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir

from cxlab.calendars import local_time
from cxlab.metrics.sources.value.spells import (
    DAYS_PER_YEAR,
    run_of,
    with_customer,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["COHORT_DAYS", "SOURCES", "purchase_days"]

COHORT_DAYS = 365
"""Days after the first purchase within which a repeat purchase is looked for."""

_EPOCH = dt.date(1970, 1, 1)
_NOTHING = 1e-9  # money left of a purchase that went back, for the rounding of sums


def _last_day(view: View) -> int:
    """Return the number of the last day that the data cover; one that just begins is not."""
    zone = ZoneInfo(view.tables.time_zone or "UTC")
    before = view.as_of - dt.timedelta(microseconds=1)
    return (before.astimezone(zone).date() - _EPOCH).days


def _lines(view: View) -> ir.Table:
    """Return purchases and refunds apart, with the number of their day and their currency."""
    rows = view.tables["transactions"]
    zone = view.tables.time_zone or "UTC"
    bounds = (view.begins(HISTORIES), view.span[1])
    local = rows["at"] if zone == "UTC" else local_time(rows["at"], zone, *bounds)
    back = rows.is_refund.fill_null(False) | (rows.amount < 0)
    margin = view.settings.value.margin_share
    signed = back.ifelse(-rows.amount.abs(), rows.amount)
    cost = back.ifelse(-rows.cost.abs(), rows.cost)
    lines = rows.select(
        "transaction_id", "customer_id", "at", "product", "refers_to", "excluded_reason",
        "currency",
        run=run_of(rows),
        is_back=back,
        amount=signed,
        margin=ibis.coalesce(signed - cost, signed * margin),
        day=(local.epoch_seconds().cast("float64") / 86_400).floor().cast("int64"),
    )  # fmt: skip
    lines = lines.filter(lines.day <= _last_day(view))
    customers = view.table("customers")
    if customers is None:
        return lines
    known = customers.select(
        paid_run=run_of(customers), payer=customers.customer_id, usual=customers.currency
    )
    joined = lines.left_join(known, [lines.run == known.paid_run, lines.customer_id == known.payer])
    usual = ibis.coalesce(joined.currency, joined.usual)
    return joined.mutate(currency=usual).drop("paid_run", "payer", "usual")


def _sales(lines: ir.Table) -> ir.Table:
    """Return the purchases that were kept, `net` of the refunds that refer to them."""
    kept = lines.excluded_reason.isnull()
    back = lines.filter(lines.is_back & lines.refers_to.notnull() & kept)
    returned = back.group_by(["run", "refers_to"]).aggregate(
        returned=back.amount.sum(), returned_margin=back.margin.sum()
    )
    returned = returned.rename(back_run="run", back_of="refers_to")
    sold = lines.filter(~lines.is_back)
    joined = sold.left_join(
        returned, [sold.run == returned.back_run, sold.transaction_id == returned.back_of]
    )
    net = (joined.amount + joined.returned.fill_null(0.0)).round(6)
    gone = joined.returned.notnull() & (net <= _NOTHING)
    return joined.mutate(
        net=net, net_margin=joined.margin + joined.returned_margin.fill_null(0.0), gone=gone
    ).drop("back_run", "back_of", "returned", "returned_margin")


def _purchases(view: View) -> ir.Table:
    """Return the purchases, without those that went back altogether."""
    sold = _sales(_lines(view))
    return sold.filter(~sold.gone)


def purchase_days(view: View) -> ir.Table:
    """Return the purchases that count, with their `day`: run, customer_id, at, day."""
    sold = _purchases(view)
    return sold.filter(sold.excluded_reason.isnull()).select("run", "customer_id", "at", "day")


def _spent(lines: ir.Table) -> ir.Table:
    """Return each customer's net spending and margin to date, all refunds included.

    What counts and what is excluded are added up apart.
    """
    lines = lines.mutate(counted=lines.excluded_reason.isnull())
    return lines.group_by(["run", "customer_id", "counted"]).aggregate(
        fact_spent=lines.amount.sum().round(6),
        fact_margin=lines.margin.sum().round(6),
        fact_currencies=lines.currency.nunique(),
    )


def _histories(view: View, windows: Windows) -> ir.Table:
    """One row per customer with a purchase: how often it bought again, and until when.

    `fact_x` repeat days, `fact_last_days` from the first to the last of them, `fact_age_days`
    from the first to the last day of the data, `fact_repeat_mean` what a repeat day brought.
    Excluded purchases make a row of their own, so that they are counted as excluded.
    """
    lines = _lines(view)
    sold = _purchases(view)
    sold = sold.mutate(counted=sold.excluded_reason.isnull())
    keys = ["run", "customer_id", "counted"]
    sold = sold.mutate(first_day=sold.day.min().over(ibis.window(group_by=keys)))
    again = sold.day > sold.first_day
    found = sold.group_by(keys).aggregate(
        excluded_reason=sold.excluded_reason.max(),
        fact_started_at=sold["at"].min(),
        first_day=sold.day.min(),
        last_day=sold.day.max(),
        days=sold.day.nunique(),
        repeat_net=sold.net.sum(where=again).fill_null(0.0),
        bought=sold.net.sum(),
        second_day=sold.day.min(where=again),
        currency=sold.currency.max(),
    )
    spent = _spent(lines).rename({f"spent_{k}": k for k in keys})
    joined = found.left_join(spent, [found[k] == spent[f"spent_{k}"] for k in keys])
    joined = joined.drop("counted", *[f"spent_{k}" for k in keys])
    last, known = _last_day(view), view.settings.value
    repeats = joined.days - 1
    loose = ibis.least(joined.fact_spent - joined.bought, 0.0)  # refunds that refer to nothing
    mean = (joined.repeat_net + loose) / repeats.cast("float64").nullif(0.0)
    joined = joined.mutate(
        fact_x=repeats,
        fact_last_days=joined.last_day - joined.first_day,
        fact_age_days=last - joined.first_day,
        fact_repeat_mean=mean.fill_null(0.0).round(6),
        fact_soon=(joined.second_day - joined.first_day <= COHORT_DAYS).fill_null(False),
        fact_mature=last - joined.first_day >= COHORT_DAYS,
        fact_horizon=ibis.literal(known.horizon_months, type="int64"),
        fact_discount=ibis.literal(known.discount_per_year, type="float64"),
        fact_margin_share=ibis.literal(known.margin_share, type="float64"),
        fact_lifespan=ibis.literal(known.lifespan_years, type="float64"),
        fact_years=(last - joined.first_day + 1).cast("float64") / DAYS_PER_YEAR,
    )
    return with_customer(
        joined.drop("first_day", "last_day", "second_day", "days", "repeat_net", "bought"), view
    )


def _buyers(view: View, windows: Windows) -> ir.Table:
    """One row per customer and period with a purchase in it or before it.

    `fact_days_bought` in the period; `fact_existing`, whether it bought before; how many
    products it bought (`fact_products`), and how many of them for the first time
    (`fact_new_products`); net revenue of all and of the new ones.
    """
    sold = _purchases(view)
    sold = sold.mutate(counted=sold.excluded_reason.isnull())
    keys = ["run", "customer_id", "counted"]
    same = ibis.window(group_by=[*keys, "product"])
    sold = sold.mutate(product_first=sold["at"].min().over(same))
    spans = windows.table()
    each = sold.cross_join(spans)
    each = each.filter(each["at"] < each.fact_window_end)
    inside = each["at"] >= each.fact_window_start
    known = inside & each["product"].notnull()
    new = known & (each.product_first >= each.fact_window_start)
    found = each.group_by(
        [*keys, "fact_window_start", "fact_window_end", "fact_window_over"]
    ).aggregate(
        excluded_reason=each.excluded_reason.max(),
        fact_existing=(~inside).any(),
        fact_days_bought=each.day.nunique(where=inside),
        fact_products=each["product"].nunique(where=known),
        fact_new_products=each["product"].nunique(where=new),
        fact_unknown_products=(inside & each["product"].isnull()).any(),
        fact_revenue=each.net.sum(where=inside).fill_null(0.0),
        fact_new_revenue=each.net.sum(where=new).fill_null(0.0),
        fact_currencies=each.currency.nunique(where=inside),
        # That of the period's purchases, which the sums are of, where there are any.
        currency=ibis.coalesce(each.currency.max(where=inside), each.currency.max()),
    )
    return with_customer(found.drop("counted"), view)


HISTORIES = Source("purchase_histories", ("transactions",), _histories)
BUYERS = Source("buyer_periods", ("transactions",), _buyers, windowed=True)
SOURCES = (HISTORIES, BUYERS)
