"""Customers, what they subscribe to, and what they pay."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cxlab.scenario.customers import Purchases
from cxlab.scenario.laws import Law
from cxlab.sim.addresses import uniforms_at
from cxlab.sim.base.contacts import DAYS_A_MONTH
from cxlab.sim.base.customers import INITIAL
from cxlab.sim.base.history import STAYS, Ending
from cxlab.sim.base.moments import moments_of
from cxlab.sim.base.view import BaseView, Floats, Integers
from cxlab.sim.view import named, numbered

__all__ = ["customers", "mrr_movements", "subscriptions", "transactions"]

_KINDS = {Ending.NONE: -1, Ending.VOLUNTARY: 0, Ending.INVOLUNTARY: 1}
_MOVES = ["new", "expansion", "contraction", "churn", "reactivation"]


def customers(view: BaseView) -> pa.Table:
    """Return one row per customer."""
    people, population = view.history.customers, view.population
    n = len(people)
    return pa.table(
        {
            "customer_id": view.names,
            "account_id": view.names,
            "acquired_at": view.at(people.born),
            "segment": named(list(population.segments), people.segment),
            "currency": view.currency(n),
            "acquisition_channel": named(
                [*population.ways, "initial"],
                np.where(people.way == INITIAL, len(population.ways), people.way),
            ),
            "consent": pa.array(np.ones(n, dtype=np.bool_)),
        }
    )


def subscriptions(view: BaseView) -> pa.Table:
    """Return one row per term of a contract; the last one says how and why it was lost."""
    h, terms = view.history, view.periods
    spell = terms.spell
    who = h.customer[spell]
    lost = np.where(terms.renewed, int(Ending.NONE), h.ending[spell])
    kind = np.array([_KINDS[e] for e in Ending])[lost]
    status = np.where(terms.renewed, 1, np.where(terms.end == STAYS, 0, 2))
    number = spell - view.first_spell[who]
    seats = np.array([view.life.plans[name].seats for name in view.population.plans])
    ids = pc.binary_join_element_wise(
        view.names.take(pa.array(who)), pc.cast(pa.array(number + 1), pa.string()), "-"
    )
    return pa.table(
        {
            "subscription_id": ids,
            "customer_id": view.who(who),
            "product": named(list(view.population.plans), terms.plan),
            "started_at": view.at(terms.start),
            "ended_at": view.at(terms.end),
            "due_at": view.ahead(terms.due),
            "renewed_at": view.at(np.where(terms.renewed, terms.end, STAYS)),
            "status": named(["active", "renewed", "ended"], status),
            "mrr": pa.array(_prices(view)[terms.plan]),
            "currency": view.currency(len(spell)),
            "seats": pa.array(seats[terms.plan]),
            "churn_kind": named(["voluntary", "involuntary"], kind),
            "churn_reason": named(
                list(view.odds.reasons), np.where(kind >= 0, h.reason[spell], -1)
            ),
            "excluded_reason": view.excluded(terms.end),
        }
    )


def _prices(view: BaseView) -> Floats:
    """Return the price of a month by plan."""
    return np.array([view.life.plans[name].price_per_month for name in view.population.plans])


def mrr_movements(view: BaseView) -> pa.Table:
    """Return how the monthly revenue of customers moved, added up by month and kind."""
    h, terms, price = view.history, view.periods, _prices(view)
    mrr = price[terms.plan]
    spell, who = terms.spell, h.customer[terms.spell]
    first = terms.number == 0
    again = spell > view.first_spell[who]
    begun = np.where(again[first], 4, 0)
    change = np.append(mrr[1:] - mrr[:-1], 0.0)
    grows = np.flatnonzero(terms.renewed & (change != 0))
    ends = np.flatnonzero(~terms.renewed & (terms.end != STAYS))
    customer = np.concatenate((who[first], who[grows], who[ends]))
    day = np.concatenate((terms.start[first], terms.end[grows], terms.end[ends]))
    kind = np.concatenate((begun, np.where(change[grows] > 0, 1, 2), np.full(len(ends), 3)))
    amount = np.concatenate((mrr[first], np.abs(change[grows]), mrr[ends]))
    days = view.population.days
    month = days.month_starts[days.month[day + days.reach]]
    month = np.maximum(month, -days.reach)
    keys, place = np.unique(np.stack((customer, month, kind)), axis=1, return_inverse=True)
    total = np.bincount(place.ravel(), weights=amount, minlength=keys.shape[1])
    return pa.table(
        {
            "customer_id": view.who(keys[0]),
            "at": view.at(keys[1]),
            "kind": named(list(_MOVES), keys[2]),
            "amount": pa.array(total),
            "currency": view.currency(len(total)),
        }
    )


def transactions(view: BaseView) -> pa.Table:
    """Return what customers paid for the terms that began in the replication, and bought besides.

    A term is paid in advance, on its first day; a payment that failed is none.
    """
    terms = view.periods
    paid = np.flatnonzero((terms.start >= 0) & (terms.start < view.total))
    plan = terms.plan[paid]
    plans = [view.life.plans[name] for name in view.population.plans]
    amount = (_prices(view) * view.odds.term)[plan]
    margin = np.array([plan.margin for plan in plans])[plan]
    who, seconds = view.history.customer[terms.spell[paid]], view.seconds(terms.start[paid])
    products = [*view.population.plans]
    parts = [(who, seconds, amount, amount * (1 - margin), plan)]
    if view.life.purchases is not None:
        parts.append(_purchases(view, view.life.purchases, len(products)))
        products += list(view.life.purchases.products)
    customer, at, amount, cost, product = (np.concatenate(c) for c in zip(*parts, strict=True))
    order = np.lexsort((customer, at))
    customer, at = customer[order], at[order]
    return pa.table(
        {
            "transaction_id": numbered("payment", np.arange(len(order)), 8),
            "customer_id": view.who(customer),
            "at": view.timeline.instants(at),
            "amount": pa.array(amount[order]),
            "currency": view.currency(len(order)),
            "cost": pa.array(cost[order]),
            "product": named(list(products), product[order]),
            "is_refund": pa.array(np.zeros(len(order), dtype=np.bool_)),
            "excluded_reason": view.excluded_at(at),
        }
    )


def _purchases(
    view: BaseView, law: Purchases, products: int
) -> tuple[Integers, Floats, Floats, Floats, Integers]:
    """Return who bought besides, when, for how much, at which cost, and what."""
    people = view.history.customers
    rate = np.full(len(people), law.per_month / DAYS_A_MONTH)
    if law.rate_cv:
        spread = Law(law="gamma", mean=1.0, cv=law.rate_cv)
        rate = rate * spread.quantile(uniforms_at(people.key, "purchases.rate"))
    everybody = np.arange(len(people))
    who, number, day = moments_of(view, everybody, people.born, rate, people.key, "purchases")
    key = people.key[who]
    amount = law.amount.quantile(uniforms_at(key, "purchases.amount", number))
    bounds = np.cumsum(list(law.products.values()))[:-1]
    product = np.searchsorted(bounds, uniforms_at(key, "purchases.product", number), side="right")
    return who, day, amount, amount * (1 - law.margin), product + products
