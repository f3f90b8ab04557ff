"""How deep the relationship with each account is: roles covered, and how fresh the contact is."""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir

from cxlab.metrics.facts import naive_utc, seconds_between
from cxlab.metrics.sources.population import (
    active_accounts,
    counted,
    matching,
    with_account_dimensions,
)
from cxlab.metrics.view import Source, View, Windows

__all__ = ["SOURCES", "relationships"]

_DAY_S = 86400.0


def _people(view: View) -> ir.Table:
    """Return the stakeholders with the weight of their role and the worth of their contact.

    Contact halves its worth in every half-life; who was never spoken with is worth 0.
    """
    settings = view.settings.relationship
    people = counted(view.tables["stakeholders"])
    people = people.mutate(account=people.account_id)
    age = seconds_between(people.last_contact_at, ibis.timestamp(naive_utc(view.as_of))) / _DAY_S
    branches = [(people.role == role, float(weight)) for role, weight in settings.roles.items()]
    named = people.role.isin(list(settings.roles))
    people = people.mutate(
        role_weight=ibis.cases(*branches, else_=0.0),
        worth=(-math.log(2) / settings.half_life_days * age).exp().fill_null(0.0),
        engaged=(age <= settings.engaged_days).fill_null(False),
        named=named.fill_null(False),
    )
    # Where no role of the whole log is one that the settings name, 0 would only tell of names.
    return people.mutate(roles_named=people.named.cast("int8").max().over(ibis.window()) > 0)


def relationships(view: View) -> ir.Table:
    """Return one row per account with stakeholders: run, account and the two scores, 0 to 100.

    `fact_depth`: weight of each required role × the freshest contact in it. `fact_components`:
    five components weighted as in the published example. `fact_roles_named` tells whether the
    log knows any of the required roles at all.
    """
    people = _people(view)
    by_role = people.group_by(["run", "account", "role"]).aggregate(
        covered=people.role_weight.max() * people.worth.max(),
        reached=(people.engaged & people.named & (people.role_weight > 0)).any().cast("int64"),
    )
    roles = by_role.group_by(["run", "account"]).aggregate(
        fact_depth=by_role.covered.sum(), reached=by_role.reached.sum()
    )
    own = people.group_by(["run", "account"]).aggregate(**_components(people, view))
    rows = matching(own, roles, ("run", "account"))
    settings = view.settings.relationship
    required = max(sum(1 for weight in settings.roles.values() if weight > 0), 1)
    w, engaged = settings.weights, rows.engaged.cast("float64")
    threads = ibis.least(engaged / settings.threads_cap, 1.0)
    return rows.mutate(
        fact_components=w.breadth * rows.reached.cast("float64") / required
        + w.seniority * (rows.senior / engaged.nullif(0.0)).fill_null(0.0)
        + w.quality * rows.quality.fill_null(0.0)
        + w.multithread * threads
        + w.advocate * rows.champion.cast("float64")
    ).drop("reached", "engaged", "senior", "quality", "champion")


def _components(people: ir.Table, view: View) -> dict[str, ir.Scalar]:
    senior = people.seniority.isin(list(view.settings.relationship.senior)).fill_null(False)
    champion = people.is_champion.fill_null(False)
    return {
        "engaged": people.count(where=people.engaged),
        "senior": people.count(where=people.engaged & senior),
        "quality": people.worth.mean(where=people.engaged),
        "champion": (people.engaged & champion).any().cast("int64"),
        "fact_roles_named": people.roles_named.any(),
    }


def _related(view: View, windows: Windows) -> ir.Table:
    """One row per account active at the cut-off."""
    rows = matching(active_accounts(view, None), relationships(view), ("run", "account"))
    return with_account_dimensions(rows.mutate(created_at=rows.fact_end), view)


SOURCES = (Source("related_accounts", ("subscriptions|customers", "stakeholders"), _related),)
