"""Customers and accounts as other sources need them: their dimensions, and who is active when.

Usage and orders belong to customers, entitlements, stakeholders and advocacy to accounts. A
customer without an account is its own account. The column `run` is the replication, −1 for real
data, so that keys can be compared without nulls.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc
from cxlab.metrics.view import View, Windows

__all__ = [
    "NO_RUN",
    "account_dimensions",
    "active_accounts",
    "active_customers",
    "at_cutoff",
    "at_each_end",
    "counted",
    "currency_of",
    "matching",
    "run_of",
    "with_account",
    "with_account_dimensions",
    "with_customer",
    "with_dimensions",
    "with_exclusion",
]

NO_RUN = -1
DIMENSIONS = ("segment", "tier", "region", "acquisition_channel")
"""Columns of customers that an account has too."""

_OWN = ("replication", "excluded_reason", "source", "loaded_at", "run")
_WINDOW = ("fact_window_start", "fact_window_end", "fact_window_over", "fact_end")


def run_of(rows: ir.Table) -> ir.IntegerValue:
    """Return the replication, −1 for real data."""
    return rows.replication.fill_null(NO_RUN)


def counted(rows: ir.Table) -> ir.Table:
    """Return the rows that nobody excluded, with their `run`."""
    return rows.filter(rows.excluded_reason.isnull()).mutate(run=run_of(rows))


def matching(left: ir.Table, right: ir.Table, keys: tuple[str, ...]) -> ir.Table:
    """Left join on equal `keys`, which the right side brings under other names and loses."""
    renamed = right.rename({f"right__{k}": k for k in keys})
    joined = left.left_join(renamed, [left[k] == renamed[f"right__{k}"] for k in keys])
    return joined.drop(*[f"right__{k}" for k in keys])


def with_account(rows: ir.Table, view: View) -> ir.Table:
    """Add `account`: the customer's account, else the customer itself."""
    customers = view.table("customers")
    if customers is None:
        return rows.mutate(account=rows.customer_id)
    accounts = customers.select(
        run=run_of(customers), customer_id=customers.customer_id, known_account=customers.account_id
    ).distinct(on=("run", "customer_id"), keep="first")
    joined = matching(rows, accounts, ("run", "customer_id"))
    return joined.mutate(account=ibis.coalesce(joined.known_account, joined.customer_id)).drop(
        "known_account"
    )


def with_customer(rows: ir.Table, view: View) -> ir.Table:
    """Add what the log knows of the customer; rows of an excluded customer are excluded.

    `rows` have `run`, `customer_id` and `excluded_reason`; they get `replication` back.
    """
    return with_dimensions(with_exclusion(rows, view), view)


def with_exclusion(rows: ir.Table, view: View) -> ir.Table:
    """Exclude the rows of excluded customers."""
    customers = view.table("customers")
    if customers is None:
        return rows
    out = customers.filter(customers.excluded_reason.notnull())
    out = out.select("customer_id", run=run_of(out), customer_excluded=out.excluded_reason)
    joined = matching(rows, out, ("run", "customer_id"))
    reason = ibis.coalesce(joined.excluded_reason, joined.customer_excluded)
    return joined.mutate(excluded_reason=reason).drop("customer_excluded")


def with_dimensions(rows: ir.Table, view: View) -> ir.Table:
    """Add what the log knows of the customer, and the `replication`.

    Last of all steps: a wide table makes every step after it longer to write.
    """
    customers = view.table("customers")
    rows = rows.mutate(replication=rows.run.nullif(NO_RUN))
    if customers is None:
        return rows
    taken = {*rows.columns, *_OWN, "customer_id"}
    known = customers.select(
        *[c for c in customers.columns if c not in taken],
        run=run_of(customers),
        customer_id=customers.customer_id,
    )
    return matching(rows, known, ("run", "customer_id"))


def currency_of(rows: ir.Table) -> ir.StringValue:
    """Return the currency that the customer is billed in, empty where nobody says."""
    return rows.currency if "currency" in rows.columns else ibis.null("string")


def account_dimensions(view: View) -> ir.Table | None:
    """Return one row per account: its dimensions, and why it is excluded, if it is.

    An account is excluded when all of its customers are; where its customers differ in a
    dimension, the first value in alphabetical order stands for it.
    """
    customers = view.table("customers")
    if customers is None:
        return None
    owned = customers.mutate(
        run=run_of(customers), account=ibis.coalesce(customers.account_id, customers.customer_id)
    )
    kept = owned.excluded_reason.isnull()
    grouped = owned.group_by(["run", "account"]).aggregate(
        **{d: owned[d].min() for d in DIMENSIONS},
        kept=kept.any(),
        out=owned.excluded_reason.max(),
    )
    none = ibis.null("string")
    return grouped.mutate(account_excluded=grouped.kept.ifelse(none, grouped.out)).drop(
        "kept", "out"
    )


def with_account_dimensions(rows: ir.Table, view: View) -> ir.Table:
    """Add the dimensions of each row's `account`; rows of an excluded account are excluded.

    `rows` have `run`, `account` and `excluded_reason`; they get `replication` back, and the
    account's id as `account_id`.
    """
    known = account_dimensions(view)
    rows = rows.mutate(replication=rows.run.nullif(NO_RUN), account_id=rows.account)
    if known is None:
        return rows
    joined = matching(rows, known, ("run", "account"))
    reason = ibis.coalesce(joined.excluded_reason, joined.account_excluded)
    return joined.mutate(excluded_reason=reason).drop("account_excluded")


def at_each_end(rows: ir.Table, view: View, windows: Windows) -> ir.Table:
    """Return the rows once per period; `fact_end` is its end, or the cut-off if that is first."""
    ends = windows.table()
    now = ibis.timestamp(naive_utc(view.as_of))
    ends = ends.mutate(fact_end=ibis.least(ends.fact_window_end, now))
    return rows.cross_join(ends)


def at_cutoff(rows: ir.Table, view: View) -> ir.Table:
    """Return the rows as of the cut-off alone, with the columns of `at_each_end`."""
    now = ibis.timestamp(naive_utc(view.as_of))
    return rows.mutate(
        fact_window_start=now,
        fact_window_end=now,
        fact_window_over=ibis.literal(True),
        fact_end=now,
    )


def active_customers(view: View, windows: Windows | None) -> ir.Table:
    """Return the customers active at each period's end (at the cut-off without `windows`).

    Active is who has a subscription, no trial, that runs at that instant; in a log without
    subscriptions, every customer acquired until then. Columns: `run`, `customer_id`,
    `account`, those of the window, and `excluded_reason`.
    """
    spells = view.table("subscriptions")
    rows = _customer_spells(view.tables["customers"]) if spells is None else _paid_spells(spells)
    each = at_cutoff(rows, view) if windows is None else at_each_end(rows, view, windows)
    running = each.filter(
        each.spell_start <= each.fact_end,
        each.spell_end.isnull() | (each.spell_end > each.fact_end),
    )
    # Where one spell is excluded and another is not, the customer stays.
    grouped = running.group_by(["run", "customer_id", *_WINDOW]).aggregate(
        kept=running.excluded_reason.isnull().any(), out=running.excluded_reason.max()
    )
    none = ibis.null("string")
    grouped = grouped.mutate(excluded_reason=grouped.kept.ifelse(none, grouped.out))
    return with_exclusion(with_account(grouped.drop("kept", "out"), view), view)


def _paid_spells(spells: ir.Table) -> ir.Table:
    paid = spells.filter(~spells.is_trial.fill_null(False))
    return paid.select(
        "customer_id",
        "excluded_reason",
        run=run_of(paid),
        spell_start=paid.started_at,
        spell_end=paid.ended_at,
    )


def _customer_spells(customers: ir.Table) -> ir.Table:
    known = customers.select(
        "customer_id",
        "excluded_reason",
        run=run_of(customers),
        spell_start=ibis.coalesce(
            customers.acquired_at, ibis.literal("1900-01-01", type="timestamp(6)")
        ),
    )
    return known.mutate(spell_end=ibis.null("timestamp(6)"))


def active_accounts(view: View, windows: Windows | None) -> ir.Table:
    """Return the accounts with an active customer (see `active_customers`), one row each.

    Columns: `run`, `account`, those of the window, and `excluded_reason`.
    """
    customers = active_customers(view, windows)
    kept = customers.excluded_reason.isnull()
    grouped = customers.group_by(["run", "account", *_WINDOW]).aggregate(
        kept=kept.any(), out=customers.excluded_reason.max()
    )
    none = ibis.null("string")
    grouped = grouped.mutate(excluded_reason=grouped.kept.ifelse(none, grouped.out))
    return grouped.drop("kept", "out")
