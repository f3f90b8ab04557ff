"""Sources of rights and their use: who adopted what they got, and what was used of it."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.sources.population import (
    at_each_end,
    matching,
    run_of,
    with_account_dimensions,
    with_customer,
)
from cxlab.metrics.sources.usage import human_use, in_windows, with_log_begun
from cxlab.metrics.view import Source, View, Windows

__all__ = ["ADOPTION_DAYS", "SOURCES"]

ADOPTION_DAYS = 30
"""Within so many days after getting access a feature is adopted, or not."""

_WINDOW = ("fact_window_start", "fact_window_end", "fact_window_over")


def _access(view: View) -> ir.Table:
    """Return from when, and until when, each account has each feature; excluded rows with it.

    Several rights to one feature are one access, from the first grant to the last revocation.
    Excluded rights say nothing about it, unless there are no others.
    """
    rights = view.tables["entitlements"]
    rights = rights.mutate(run=run_of(rights), kept=rights.excluded_reason.isnull())
    each = ["run", "account_id", "feature"]
    grouped = rights.group_by([*each, "kept"]).aggregate(
        granted_at=rights.granted_at.min(),
        still=rights.revoked_at.isnull().any(),
        last=rights.revoked_at.max(),
        excluded_reason=rights.excluded_reason.max(),
    )
    kept_first = ibis.window(group_by=each, order_by=grouped.kept.desc())
    grouped = grouped.mutate(place=ibis.row_number().over(kept_first))
    grouped = grouped.filter(grouped.place == 0)
    return grouped.mutate(
        account=grouped.account_id,
        revoked_at=grouped.still.ifelse(ibis.null("timestamp(6)"), grouped["last"]),
    ).drop("account_id", "still", "last", "kept", "place")


def _first_days(rows: ir.Table, events: ir.Table, keys: tuple[str, ...]) -> ir.Table:
    """Add the uses of the feature, and of anything, in the first days after `fact_started_at`."""
    wanted = rows.select(*dict.fromkeys([*keys, "feature"]), since="fact_started_at")
    seen = events.select(*[f"right__{k}" for k in keys], "at", "uses", used="feature")
    until = wanted["since"] + ibis.interval(days=ADOPTION_DAYS)
    joined = wanted.join(
        seen,
        [*(wanted[k] == seen[f"right__{k}"] for k in keys), seen["at"] >= wanted["since"],
         seen["at"] < until],
    )  # fmt: skip
    grouped = joined.group_by([*keys, "feature"]).aggregate(
        fact_uses=joined.uses.sum(where=joined.used == joined.feature), fact_any=joined.count()
    )
    out = matching(rows, grouped, (*keys, "feature"))
    return out.mutate(fact_uses=out.fact_uses.fill_null(0), fact_any=out.fact_any.fill_null(0))


def _with_end_of_access(rows: ir.Table, view: View) -> ir.Table:
    until = rows.fact_started_at + ibis.interval(days=ADOPTION_DAYS)
    return rows.mutate(
        fact_mature=until <= ibis.timestamp(naive_utc(view.as_of)),
        fact_cut_short=(rows.revoked_at < until).fill_null(False),
    )


def _feature_users(view: View, windows: Windows) -> ir.Table:
    """One row per person and feature that the account has.

    Access begins with the grant, or with the person's first event where that is later. People
    whom no event names are not known.
    """
    events = human_use(view)
    people = events.group_by(["run", "account", "customer_id", "person"]).aggregate(
        first_seen=events.at.min()
    )
    access = _access(view).rename(right__run="run", right__account="account")
    joined = people.join(
        access, [people.run == access.right__run, people.account == access.right__account]
    )
    rows = joined.mutate(
        fact_started_at=ibis.greatest(joined.first_seen, joined.granted_at),
        user_id=joined.person,
    )
    rows = rows.filter(rows.revoked_at.isnull() | (rows.revoked_at > rows.fact_started_at))
    rows = rows.drop("right__run", "right__account", "first_seen", "granted_at")
    keys = ("run", "customer_id", "person")
    named = events.mutate(**{f"right__{k}": events[k] for k in keys})
    return with_customer(_with_end_of_access(_first_days(rows, named, keys), view), view)


def _feature_accounts(view: View, windows: Windows) -> ir.Table:
    """One row per account and feature that it has."""
    rows = _access(view)
    rows = rows.mutate(fact_started_at=rows.granted_at).drop("granted_at")
    events = human_use(view)
    keys = ("run", "account")
    named = events.mutate(**{f"right__{k}": events[k] for k in keys})
    used = _with_end_of_access(_first_days(rows, named, keys), view)
    return with_account_dimensions(used, view)


def _entitled_periods(view: View, windows: Windows) -> ir.Table:
    """One row per account, feature and period with a right to it.

    The quantity is its mean over the whole period; used is how many people used the feature.
    """
    rights = view.tables["entitlements"].mutate(run=run_of(view.tables["entitlements"]))
    each = at_each_end(rights, view, windows)
    until = ibis.least(ibis.coalesce(each.revoked_at, each.fact_window_end), each.fact_window_end)
    since = ibis.greatest(each.granted_at, each.fact_window_start)
    each = each.mutate(
        share=seconds_between(since, until)
        / seconds_between(each.fact_window_start, each.fact_window_end),
        kept=each.excluded_reason.isnull(),
        account=each.account_id,
    )
    each = each.filter(each.share > 0)
    rows = each.group_by(["run", "account", "feature", *_WINDOW]).aggregate(
        entitled=(each.quantity * each.share).sum(where=each.kept),
        known=(each.quantity.notnull() | ~each.kept).all(),
        kept=each.kept.any(),
        out=each.excluded_reason.max(),
    )
    rows = rows.mutate(
        fact_entitled=rows.known.ifelse(rows.entitled, ibis.null("float64")),
        excluded_reason=rows.kept.ifelse(ibis.null("string"), rows.out),
    ).drop("entitled", "known", "kept", "out")
    events = in_windows(human_use(view), windows)
    people = events.select("run", "account", "feature", "fact_window_start", "customer_id",
                           "person").distinct()  # fmt: skip
    used = people.group_by(["run", "account", "feature", "fact_window_start"]).aggregate(
        fact_used=people.count()
    )
    rows = matching(rows, used, ("run", "account", "feature", "fact_window_start"))
    rows = rows.mutate(fact_used=rows.fact_used.fill_null(0))
    return with_account_dimensions(with_log_begun(rows, view), view)


def _packs(view: View, windows: Windows) -> ir.Table:
    """One row per right with a beginning and an end: what was used of it in that time."""
    rights = view.tables["entitlements"].mutate(run=run_of(view.tables["entitlements"]))
    rights = rights.mutate(account=rights.account_id)
    keys = ["run", "account", "feature", "granted_at", "revoked_at"]
    packs = rights.group_by(keys).aggregate(
        quantity=rights.quantity.sum(),
        known=rights.quantity.notnull().all(),
        excluded_reason=rights.excluded_reason.max(),
    )
    packs = packs.mutate(
        fact_entitled=packs.known.ifelse(packs.quantity, ibis.null("float64")),
        fact_due_at=ibis.coalesce(packs.revoked_at, packs.granted_at),
        fact_run_out=packs.revoked_at.notnull(),
    ).drop("quantity", "known")
    events = human_use(view)
    seen = events.select(
        right__run="run", right__account="account", right__feature="feature", used_at="at",
        uses="uses",
    )  # fmt: skip
    ended = packs.filter(packs.fact_run_out)
    joined = ended.join(
        seen,
        [ended.run == seen.right__run, ended.account == seen.right__account,
         ended.feature == seen.right__feature, seen.used_at >= ended.granted_at,
         seen.used_at < ended.revoked_at],
    )  # fmt: skip
    match = ("run", "account", "feature", "granted_at", "revoked_at")
    used = joined.group_by(list(match)).aggregate(fact_used=joined.uses.sum())
    rows = matching(packs, used, match)
    rows = rows.mutate(fact_used=rows.fact_used.fill_null(0))
    return with_account_dimensions(rows, view)


_TABLES = ("usage_events", "entitlements")
SOURCES = (
    Source("feature_users", _TABLES, _feature_users),
    Source("feature_accounts", _TABLES, _feature_accounts),
    Source("entitled_periods", _TABLES, _entitled_periods, windowed=True),
    Source("packs", _TABLES, _packs),
)
