"""From what happened to a company to the canonical tables of one replication."""

from __future__ import annotations

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


def record_company(company: Company) -> dict[str, pa.Table]:
    """Return the canonical tables of one replication, those of the desk included."""
    view = BaseView(company.population, company.history)
    made = {
        "customers": customers(view),
        "subscriptions": subscriptions(view),
        "mrr_movements": mrr_movements(view),
        "transactions": transactions(view),
        "usage_events": usage_events(view),
        "entitlements": entitlements(view),
        "referrals": referrals(view),
        "campaigns": campaigns(view),
        "loyalty_members": loyalty_members(view),
        "milestones": milestones(view),
        "surveys": relation_surveys(view),
        "costs": acquisition_costs(view),
    }
    seen = desk_view(company)
    desk = {} if seen is None else record(seen)
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
