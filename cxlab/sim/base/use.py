"""What customers use, may use, and reach: usage events, entitlements and milestones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from cxlab.sim.base.customers import NEVER
from cxlab.sim.base.moments import moments_of
from cxlab.sim.base.view import BaseView, Integers
from cxlab.sim.view import named

__all__ = ["entitlements", "milestones", "usage_events"]


def usage_events(view: BaseView) -> pa.Table | None:
    """Return every use of a feature by who has adopted it; None where there are no features."""
    people, names = view.history.customers, view.population.features
    if not names:
        return None
    parts = []
    for place, name in enumerate(names):
        rate = view.life.features[name].uses_per_week / 7
        who = np.flatnonzero(people.adopted[:, place] < view.total)
        customer, _, at = moments_of(
            view, who, people.adopted[who, place], np.full(len(who), rate), people.key[who],
            f"uses.{name}",
        )  # fmt: skip
        parts.append((customer, at, np.full(len(at), place)))
    customer, at, feature = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((customer, at))
    customer, at, feature = customer[order], at[order], feature[order]
    return pa.table(
        {
            "customer_id": view.who(customer),
            "user_id": view.who(customer),
            "at": view.timeline.instants(at),
            "feature": named(list(names), feature),
            "n": pa.array(np.ones(len(at), dtype=np.int64)),
            "is_automated": pa.array(np.zeros(len(at), dtype=np.bool_)),
            "excluded_reason": view.excluded_at(at),
        }
    )


def entitlements(view: BaseView) -> pa.Table | None:
    """Return the rights to features: to all of them, for as long as a spell lasts.

    The quantity is the number of seats of the plan with which the spell began.
    """
    names, h = view.population.features, view.history
    if not names:
        return None
    seats = np.array([view.life.plans[name].seats for name in view.population.plans])
    plan = view.periods.plan[view.periods.number == 0]  # of each spell, as it began
    spell = np.repeat(np.arange(len(h.customer)), len(names))
    feature = np.tile(np.arange(len(names)), len(h.customer))
    return pa.table(
        {
            "account_id": view.who(h.customer[spell]),
            "feature": named(list(names), feature),
            "granted_at": view.at(h.start[spell]),
            "revoked_at": view.at(h.end[spell]),
            "quantity": pa.array(seats[plan[spell]].astype(np.float64)),
        }
    )


def milestones(view: BaseView) -> pa.Table:
    """Return the goals that customers reached while they were customers.

    "onboarded" activates; the first feature adopted is the goal met, the last one of all the goal
    exceeded. Every feature is a goal of its own, too.
    """
    people, names = view.history.customers, view.population.features
    goals: list[tuple[str, str, Integers]] = []
    if view.life.onboarding is not None:
        goals.append(("onboarded", "activated", people.onboarded))
    goals += [(f"adopted {name}", "met", people.adopted[:, i]) for i, name in enumerate(names)]
    if len(names) > 1:
        goals.append(("adopted everything", "exceeded", people.adopted.max(axis=1)))
    parts = []
    for place, (_, _, day) in enumerate(goals):
        reached = np.flatnonzero((day < view.total) & (day < NEVER))
        there = reached[view.seen_between(reached, day[reached])]
        parts.append((there, day[there], np.full(len(there), place)))
    empty = np.empty(0, dtype=np.int64)
    parts.append((empty, empty, empty))
    who, day, goal = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((goal, who, day))
    who, day, goal = who[order], day[order], goal[order]
    return pa.table(
        {
            "customer_id": view.who(who),
            "name": named([name for name, _, _ in goals], goal).dictionary_decode(),
            "kind": named([kind for _, kind, _ in goals], goal),
            "at": view.at(day),
            "excluded_reason": view.excluded(day),
        }
    )
