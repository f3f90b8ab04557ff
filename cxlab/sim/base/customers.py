"""Customers with all that chance decides about each of them, whatever happens to the others."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from cxlab.errors import InputError
from cxlab.scenario import Law, Scenario
from cxlab.scenario.customers import Renewal
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.sim.addresses import Keys, child_keys, customer_keys, uniforms_at
from cxlab.sim.base.days import Days

__all__ = ["INITIAL", "NEVER", "Customers", "Leads", "Population", "whole_days"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NEVER = np.iinfo(np.int64).max // 4
"""A day that does not come."""

EARLIEST = date(1678, 1, 1)
"""Before it an instant in nanoseconds has no number."""

INITIAL = -1
"""The way of customers who were there at the start."""


def whole_days(days: Floats) -> Integers:
    """Return whole numbers of days as integers, NEVER for those too long to be counted."""
    return np.minimum(days, float(NEVER)).astype(np.int64)


@dataclass(frozen=True)
class Customers:
    """Customers as columns (n,); days count from the start of the replication."""

    key: Keys
    referrer: Integers  # the number of the customer who referred this one, or −1
    way: Integers  # place among the ways of acquisition, INITIAL for who was there
    aware: Integers  # the day of the first notice
    evaluating: Integers  # the day on which the lead began to look closer
    born: Integers  # the day of the first purchase
    segment: Integers
    plan: Integers  # the first one
    leaving: Floats  # own probability to leave at the end of a term, before any factor
    onboarded: Integers  # a day, or NEVER
    adopted: Integers  # (n, features) a day, or NEVER
    member: Integers  # the day on which the loyalty programme is joined, or NEVER

    def __len__(self) -> int:
        """Return the number of customers."""
        return len(self.key)

    def take(self, places: npt.NDArray[Any]) -> Customers:
        """Return some of the customers."""
        return Customers(*(getattr(self, f.name)[places] for f in fields(self)))

    @staticmethod
    def joined(parts: list[Customers]) -> Customers:
        """Return several lists of customers as one."""
        columns = (f.name for f in fields(Customers))
        return Customers(*(np.concatenate([getattr(p, name) for p in parts]) for name in columns))


@dataclass(frozen=True)
class Leads:
    """People who heard of the business, and how far they go; days are NEVER where they do not."""

    key: Keys
    way: Integers
    referrer: Integers
    aware: Integers
    evaluating: Integers
    decided: Integers  # the day on which they buy, or drop out
    buys: Flags

    def __len__(self) -> int:
        """Return the number of leads."""
        return len(self.key)


@dataclass(frozen=True)
class Population:
    """Draws leads and customers of one replication of a scenario, by address."""

    scenario: Scenario
    replication: int
    seed: int

    @property
    def lifecycle(self) -> Lifecycle:
        """The customer base of the scenario."""
        assert self.scenario.lifecycle is not None
        return self.scenario.lifecycle

    @cached_property
    def ways(self) -> list[str]:
        """The ways of acquisition, in order of name."""
        return sorted(self.lifecycle.acquisition)

    @cached_property
    def segments(self) -> list[str]:
        """The segments, in order of name."""
        return sorted(self.lifecycle.segments)

    @cached_property
    def plans(self) -> list[str]:
        """The plans, in order of name."""
        return sorted(self.lifecycle.plans)

    @cached_property
    def features(self) -> list[str]:
        """The features, in order of name."""
        return sorted(self.lifecycle.features)

    @cached_property
    def referral_way(self) -> int:
        """The place of the way by which referred leads come; INITIAL where there is none."""
        kinds = [self.lifecycle.acquisition[name].kind for name in self.ways]
        return kinds.index("referral") if "referral" in kinds else INITIAL

    # --- who was there -----------------------------------------------------------------------

    @cached_property
    def _initial(self) -> tuple[Keys, Integers]:
        """Keys, and days since the purchase, of the customers who were there."""
        n, law = self.lifecycle.initial_customers, self.lifecycle.initial_months
        keys = customer_keys(self.seed, self.replication, "initial", n)
        if law is None:
            return keys, np.zeros(n, dtype=np.int64)
        months = law.quantile(uniforms_at(keys, "initial.months"))
        return keys, whole_days(np.rint(months * 30.436875))

    @cached_property
    def days(self) -> Days:
        """The calendar, back to the first of those who were there."""
        reach = int(self._initial[1].max(initial=0))
        if reach > (self.scenario.start - EARLIEST).days:
            raise InputError(
                "lifecycle.initial_months reaches back too far",
                given=f"a customer of {reach / 365.25:,.0f} years",
                expected=f"none from before {EARLIEST.year}",
            )
        return Days.of(self.scenario, reach)

    def initial(self) -> Customers:
        """Return the customers who were there at the start."""
        keys, ages = self._initial
        n = len(keys)
        same = np.full(n, INITIAL)
        return self._customers(keys, same, same, -ages, -ages, -ages)

    # --- who comes ---------------------------------------------------------------------------

    def paid(self) -> Leads:
        """Return the leads that the paid ways bring over the whole horizon."""
        parts = [self._paid(place) for place in range(len(self.ways))]
        empty = self._leads(np.empty(0, np.uint64), np.empty(0, np.int64), 0, np.empty(0))
        parts.append(empty)
        return Leads(*(np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Leads)))

    def _paid(self, place: int) -> Leads:
        name = self.ways[place]
        per_day = (self.lifecycle.acquisition[name].leads_per_week or 0.0) / 7
        expected = per_day * self.days.total
        n = int(expected + 6 * expected**0.5) + 32 if expected else 0
        keys = customer_keys(self.seed, self.replication, f"paid.{name}", n)
        gaps = -np.log1p(-uniforms_at(keys, "lead"))
        at = np.cumsum(gaps) / per_day if n else gaps
        kept = at < self.days.total
        keys, at = keys[kept], at[kept]
        return self._leads(keys, np.full(len(keys), INITIAL), place, at)

    def referred(
        self, parents: Customers, numbers: Integers, index: Integers, day: npt.ArrayLike
    ) -> Leads:
        """Return the leads that some customers name on a day, each with its running number."""
        keys = child_keys(parents.key, index)
        at = np.broadcast_to(np.asarray(day, dtype=np.float64), keys.shape)
        return self._leads(keys, numbers, self.referral_way, at)

    def _leads(self, keys: Keys, referrer: Integers, place: int, at: Floats) -> Leads:
        """Let leads take notice at some time (in days), look closer and decide."""
        n = len(keys)
        if not n:
            none = np.empty(0, dtype=np.int64)
            return Leads(keys, none, none, none, none, none, np.empty(0, dtype=np.bool_))
        way = self.lifecycle.acquisition[self.ways[place]]
        evaluates = uniforms_at(keys, "evaluates") < way.evaluates
        buys = evaluates & (uniforms_at(keys, "buys") < way.buys)
        looked = at + _lasts(way.aware_days, keys, "aware")
        decided = np.where(evaluates, looked + _lasts(way.evaluating_days, keys, "evaluating"),
                           looked)  # fmt: skip
        aware = np.floor(at).astype(np.int64)
        looked_on = whole_days(np.ceil(looked))
        decided_on = whole_days(np.ceil(decided))
        return Leads(
            keys, np.full(n, place), referrer, aware, np.where(evaluates, looked_on, NEVER),
            np.maximum(decided_on, aware + 1), buys,
        )  # fmt: skip

    def pauses(self, keys: Keys, number: int) -> Integers:
        """Return after how many days customers come back for the time of that number."""
        win_back = self.lifecycle.win_back
        assert win_back is not None
        days = win_back.days.quantile(uniforms_at(keys, "win_back.days", number))
        return np.maximum(whole_days(np.ceil(days)), 1)

    def buyers(self, leads: Leads, places: npt.NDArray[Any]) -> Customers:
        """Return the customers that some leads become."""
        chosen = Leads(*(getattr(leads, f.name)[places] for f in fields(leads)))
        return self._customers(
            chosen.key, chosen.referrer, chosen.way, chosen.aware, chosen.evaluating, chosen.decided
        )

    def _customers(
        self, keys: Keys, referrer: Integers, way: Integers, aware: Integers,
        evaluating: Integers, born: Integers,
    ) -> Customers:  # fmt: skip
        life = self.lifecycle
        segment = self._segments(keys, way)
        plan = np.zeros(len(keys), dtype=np.int64)
        for place, name in enumerate(self.segments):
            mine = np.flatnonzero(segment == place)
            shares = life.segments[name].plan_shares
            plan[mine] = _chosen(shares, self.plans, uniforms_at(keys[mine], "plan"))
        onboarded = self._onboarded(keys, born)
        return Customers(
            key=keys, referrer=referrer, way=way, aware=aware, evaluating=evaluating, born=born,
            segment=segment, plan=plan, leaving=self._leaving(keys, born, plan),
            onboarded=onboarded, adopted=self._adopted(keys, onboarded),
            member=self._member(keys, born),
        )  # fmt: skip

    def _segments(self, keys: Keys, way: Integers) -> Integers:
        u = uniforms_at(keys, "segment")
        everybody = {name: s.share for name, s in self.lifecycle.segments.items()}
        segment = _chosen(everybody, self.segments, u)
        for place, name in enumerate(self.ways):
            shares = self.lifecycle.acquisition[name].segment_shares
            if shares:
                mine = np.flatnonzero(way == place)
                segment[mine] = _chosen(shares, self.segments, u[mine])
        return segment

    def _onboarded(self, keys: Keys, born: Integers) -> Integers:
        steps = self.lifecycle.onboarding
        if steps is None:
            return born.copy()
        never = uniforms_at(keys, "onboarding") >= steps.completes
        return _later(born, steps.days, keys, "onboarding.days", never)

    def _adopted(self, keys: Keys, onboarded: Integers) -> Integers:
        adopted = np.full((len(keys), len(self.features)), NEVER)
        for place, name in enumerate(self.features):
            feature = self.lifecycle.features[name]
            never = uniforms_at(keys, f"adopts.{name}") >= feature.adopts
            never |= onboarded >= NEVER
            adopted[:, place] = _later(onboarded, feature.days, keys, f"adopts.{name}.days", never)
        return adopted

    def _member(self, keys: Keys, born: Integers) -> Integers:
        programme = self.lifecycle.loyalty
        if programme is None:
            return np.full(len(keys), NEVER)
        eligible = self.days.anniversary(
            np.clip(born, None, self.days.total),
            np.int64(programme.after_months),  # type: ignore[arg-type]
        )
        never = uniforms_at(keys, "joins") >= programme.joins
        return _later(eligible, programme.days, keys, "joins.days", never)

    def _leaving(self, keys: Keys, born: Integers, plan: Integers) -> Floats:
        """Draw the own leaving probabilities, of old customers given that they are still there."""
        months = self.days.months_before(np.minimum(born, 0))
        terms = np.array([self.lifecycle.plans[name].term_months for name in self.plans])
        return leaving_probability(
            self.lifecycle.renewal, uniforms_at(keys, "leaving"), months // terms[plan]
        )


def leaving_probability(law: Renewal, u: Floats, renewed: Integers) -> Floats:
    """Return the own leaving probabilities at the uniforms `u` of who renewed so often already.

    Who is still there has, by Bayes' rule, a beta law with `beta` + renewals, a gamma law with a
    rate higher by `hazard` for each renewal.

    >>> law = Renewal(law="beta_geometric", alpha=1.0, beta=1.0)
    >>> leaving_probability(law, np.array([0.5, 0.5]), np.array([0, 1])).round(4).tolist()
    [0.5, 0.2929]
    """
    if law.law == "geometric":
        return np.full(len(u), law.leaving_probability)
    if law.law == "beta_geometric":
        alpha, beta = law.alpha or 0.0, law.beta or 0.0
        return np.asarray(special.betaincinv(np.full(len(u), alpha), beta + renewed, u))
    shape, hazard = 1 / (law.frailty_variance or 1.0), law.hazard or 0.0
    z = special.gammaincinv(shape, u) / (shape + hazard * renewed)
    return np.asarray(-np.expm1(-hazard * z))


def _chosen(shares: dict[str, float], names: list[str], u: Floats) -> Integers:
    """Return places among `names`, chosen by shares."""
    bounds = np.cumsum([shares.get(name, 0.0) for name in names])
    bounds[-1] = np.inf  # rounding must not leave anybody out
    last = max(place for place, name in enumerate(names) if shares.get(name, 0.0) > 0)
    return np.minimum(np.searchsorted(bounds, u, side="right"), last)


def _lasts(law: Law | None, keys: Keys, purpose: str) -> Floats:
    return np.zeros(len(keys)) if law is None else law.quantile(uniforms_at(keys, purpose))


def _later(start: Integers, law: Law | None, keys: Keys, purpose: str, never: Flags) -> Integers:
    """Return the day some time after a day, or NEVER."""
    days = whole_days(np.ceil(_lasts(law, keys, purpose)))
    return np.where(never, NEVER, start + days)
