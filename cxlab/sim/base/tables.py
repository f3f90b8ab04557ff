"""From what happened to a company to the canonical tables of one replication."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pyarrow as pa

from cxlab.sim.base.asking import relation_surveys
from cxlab.sim.base.company import Company
from cxlab.sim.base.contracts import customers, mrr_movements, subscriptions, transactions
from cxlab.sim.base.marketing import acquisition_costs, campaigns, loyalty_members, referrals
from cxlab.sim.base.use import entitlements, milestones, usage_events
from cxlab.sim.base.view import BaseView
from cxlab.sim.tables import record
from cxlab.sim.view import View

__all__ = ["desk_view", "record_company"]


def record_company(company: Company, only: Collection[str] | None = None) -> dict[str, pa.Table]:
    """Return the canonical tables of one replication, those of the desk included.

    All, or `only` those named.
    """
    view = BaseView(company.population, company.history)
    makers: dict[str, Callable[[BaseView], pa.Table | None]] = {
        "customers": customers,
        "subscriptions": subscriptions,
        "mrr_movements": mrr_movements,
        "transactions": transactions,
        "usage_events": usage_events,
        "entitlements": entitlements,
        "referrals": referrals,
        "campaigns": campaigns,
        "loyalty_members": loyalty_members,
        "milestones": milestones,
        "surveys": relation_surveys,
        "costs": acquisition_costs,
    }
    made = {n: make(view) for n, make in makers.items() if only is None or n in only}
    seen = desk_view(company)
    desk = {} if seen is None else record(seen, only)
    together = {
        name: [table for table in (desk.get(name), made.get(name)) if table is not None]
        for name in dict.fromkeys([*desk, *made])
    }
    return {
        name: pa.concat_tables(parts, promote_options="permissive").unify_dictionaries()
        for name, parts in together.items()
        if parts
    }


def desk_view(company: Company) -> View | None:
    """Return the desk's side of a company, looked at by ticket; None where there is no desk."""
    served, population = company.served, company.population
    if served is None:
        return None
    return View(
        population.scenario, served.plan, served.workload, served.outcome,
        population.replication, population.seed, len(company.history.customers),
    )  # fmt: skip
