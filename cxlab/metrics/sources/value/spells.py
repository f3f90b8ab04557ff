"""Contract spells and the stays they make up: from when to when somebody was a customer.

A trial makes nobody a customer, a pause makes nobody leave. Spells that touch or overlap are one
stay, whatever product they are for; a customer who comes back after a gap begins a new stay.
The column `run` is the replication, −1 for real data, so that keys compare without nulls.
"""

from __future__ import annotations

from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

from cxlab.metrics.view import Source, View, Windows

__all__ = [
    "DAYS_PER_MONTH",
    "DAYS_PER_YEAR",
    "FOREVER",
    "MONTH_SLACK",
    "NO_RUN",
    "days_between",
    "run_of",
    "spell_dimensions",
    "spells",
    "stays",
    "stays_of",
    "whole_sum",
    "with_customer",
]

NO_RUN = -1
DAYS_PER_YEAR = 365.25
DAYS_PER_MONTH = DAYS_PER_YEAR / 12
MONTH_SLACK = 0.09
"""How far a stay of whole calendar months can miss as many mean months."""

FOREVER = ibis.literal("2200-01-01", type="timestamp(6)")
"""End of what has not ended; no table holds an instant after it."""

SEVERAL = "(several)"
_OWN = ("replication", "excluded_reason", "source", "loaded_at", "run", "currency")


def run_of(rows: ir.Table) -> ir.IntegerValue:
    """Return the replication, −1 for real data."""
    return rows.replication.fill_null(NO_RUN)


def days_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.FloatingValue:
    """Return `end` − `start` in days."""
    return end.delta(start, unit="microsecond").cast("float64") / 86_400e6


def whole_sum(values: ir.NumericValue, where: ir.BooleanValue) -> ir.FloatingScalar:
    """Return the sum where a condition holds: 0 for no rows, empty where a value is unknown."""
    unknown = values.isnull().any(where=where).fill_null(False)
    total = values.cast("float64").sum(where=where).fill_null(0.0)
    return unknown.ifelse(ibis.null("float64"), total)


def spells(view: View, windows: Windows) -> ir.Table:
    """Return the contract spells that make somebody a customer; built once for a view.

    Columns: `run`, `customer_id`, `account`, `start`, `end` (`FOREVER` while it runs on), `mrr`,
    `seats`, `currency` (else the customer's), why it was lost, and the spells' own dimensions
    under their names with `spell__` before them.
    """
    return view.rows(_SPELLS, windows)


def _spells(view: View, windows: Windows) -> ir.Table:
    rows = view.tables["subscriptions"]
    real = rows.filter(~rows.is_trial.fill_null(False))
    own = real.select(
        "subscription_id", "customer_id", "mrr", "seats", "churn_kind", "churn_reason",
        "excluded_reason",
        **{f"spell__{d}": real[d] for d in _dimensions(view)},
        run=run_of(real),
        start=real.started_at,
        end=ibis.coalesce(real.ended_at, FOREVER),
        spell_currency=real.currency,
    )  # fmt: skip
    own = own.filter(own.start < own.end)
    customers = view.table("customers")
    if customers is None:
        return own.mutate(account=own.customer_id, currency=own.spell_currency)
    known = customers.select(
        known_run=run_of(customers),
        known_customer=customers.customer_id,
        account_id=customers.account_id,
        usual_currency=customers.currency,
        customer_excluded=customers.excluded_reason,
    )
    joined = own.left_join(
        known, [own.run == known.known_run, own.customer_id == known.known_customer]
    )
    return joined.mutate(
        account=ibis.coalesce(joined.account_id, joined.customer_id),
        currency=ibis.coalesce(joined.spell_currency, joined.usual_currency),
        excluded_reason=ibis.coalesce(joined.excluded_reason, joined.customer_excluded),
    ).drop("known_run", "known_customer", "account_id", "usual_currency", "customer_excluded")


def _dimensions(view: View) -> list[str]:
    """Return the columns of subscriptions that customers can be grouped by."""
    rows = view.tables["subscriptions"]
    extra = view.tables.extra_columns("subscriptions")
    return ["product", *(c for c in extra if rows[c].type().is_string())]


def spell_dimensions(rows: ir.Table) -> dict[str, ir.StringScalar]:
    """Return one value per dimension of the spells in a group, "(several)" where they differ."""
    names = [c for c in rows.columns if c.startswith("spell__")]
    return {
        n.removeprefix("spell__"): (rows[n].nunique() > 1).ifelse(SEVERAL, rows[n].max())
        for n in names
    }


def with_customer(rows: ir.Table, view: View) -> ir.Table:
    """Add the customer's columns to rows with `run`, `customer_id` and `excluded_reason`.

    Rows of an excluded customer are excluded; `replication` is put back.
    """
    rows = rows.mutate(replication=rows.run.nullif(NO_RUN))
    customers = view.table("customers")
    if customers is None:
        return rows
    taken = {*rows.columns, *_OWN}
    known = customers.select(
        *[c for c in customers.columns if c not in taken],
        known_run=run_of(customers),
        known_customer=customers.customer_id,
        customer_excluded=customers.excluded_reason,
    )
    joined = rows.left_join(
        known, [rows.run == known.known_run, rows.customer_id == known.known_customer]
    )
    reason = ibis.coalesce(joined.excluded_reason, joined.customer_excluded)
    return joined.mutate(excluded_reason=reason).drop(
        "known_run", "known_customer", "customer_excluded"
    )


def stays(view: View, windows: Windows) -> ir.Table:
    """Return the customers' stays, one row each (see `stays_of`); built once for a view."""
    return view.rows(_STAYS, windows)


def _stays(view: View, windows: Windows) -> ir.Table:
    return stays_of(spells(view, windows), ("run", "customer_id"))


def stays_of(rows: ir.Table, key: Iterable[str]) -> ir.Table:
    """Return the stays that spells make up, one row each, for every `key`.

    Columns: the key, `start`, `end`, `first_start` of the key's first stay, `mrr_start` and
    `mrr_end` (that of the spells it begins and ends with), `currencies` (how many), and the
    `churn_kind` and `churn_reason` of the spell that ended last. Excluded spells make a stay of
    their own, so that they are counted as excluded.
    """
    keys = [*key]
    marked = rows.mutate(counted=rows.excluded_reason.isnull())
    keys = [*keys, "counted"]
    # Ranges, not rows: spells that start together see the same, whichever of them comes first.
    # So one of them begins the stay, and all of them are in it.
    so_far = ibis.range_window(group_by=keys, order_by=marked.start, preceding=None, following=0)
    marked = marked.mutate(until=marked.end.max().over(so_far))
    before = marked.until.lag().over(ibis.window(group_by=keys, order_by=marked.start))
    marked = marked.mutate(begins=(before.isnull() | (marked.start > before)).cast("int64"))
    marked = marked.mutate(stay=marked.begins.sum().over(so_far))
    each = [*keys, "stay"]
    bounds = ibis.window(group_by=each)
    marked = marked.mutate(
        stay_start=marked.start.min().over(bounds),
        stay_end=marked.end.max().over(bounds),
        place=ibis.row_number().over(
            ibis.window(
                group_by=each, order_by=[marked.end.desc(), marked.subscription_id, marked.start]
            )
        ),
    )
    last = marked.place == 0
    grouped = marked.group_by([*each, "stay_start", "stay_end"]).aggregate(
        mrr_start=whole_sum(marked.mrr, marked.start == marked.stay_start),
        mrr_end=whole_sum(marked.mrr, marked.end == marked.stay_end),
        currencies=marked.currency.nunique(),
        currency=marked.currency.max(),
        churn_kind=marked.churn_kind.max(where=last),
        churn_reason=marked.churn_reason.max(where=last),
        excluded_reason=marked.excluded_reason.max(),
        **spell_dimensions(marked),
    )
    first = grouped.stay_start.min().over(ibis.window(group_by=keys))
    return grouped.mutate(start=grouped.stay_start, end=grouped.stay_end, first_start=first).drop(
        "stay_start", "stay_end", "counted"
    )


_SPELLS = Source("contract_spells", ("subscriptions",), _spells)
_STAYS = Source("customer_stays", ("subscriptions",), _stays)
