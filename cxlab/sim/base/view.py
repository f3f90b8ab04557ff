"""One replication of a customer base, looked at by customer, spell and term; computes no metric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from cxlab.scenario import Scenario
from cxlab.scenario.lifecycle import Lifecycle
from cxlab.sim.base.customers import Population
from cxlab.sim.base.days import midnights
from cxlab.sim.base.history import History
from cxlab.sim.base.odds import Odds
from cxlab.sim.rows import rows_of
from cxlab.sim.timeline import Timeline
from cxlab.sim.view import WARM_UP, named, numbered, picked

__all__ = ["BaseView", "Flags", "Floats", "Integers", "Periods"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Periods:
    """Terms of contracts: a plan from a day to a day, by customer, then day (t,)."""

    spell: Integers
    number: Integers  # of the term in its spell, from 0
    start: Integers
    end: Integers  # STAYS where the horizon cuts it off
    due: Integers
    plan: Integers
    renewed: Flags  # whether another term followed


@dataclass(frozen=True)
class BaseView:
    """What the tables of a customer base are made of."""

    population: Population
    history: History

    @property
    def scenario(self) -> Scenario:
        """The scenario."""
        return self.population.scenario

    @property
    def life(self) -> Lifecycle:
        """The customer base of the scenario."""
        return self.population.lifecycle

    @cached_property
    def odds(self) -> Odds:
        """The factors, for the names of the reasons."""
        return Odds(self.population)

    @cached_property
    def timeline(self) -> Timeline:
        """Where seconds of the replication lie in time."""
        return Timeline.of(self.scenario)

    @property
    def total(self) -> int:
        """Number of days of the replication."""
        return self.population.days.total

    @cached_property
    def _midnights(self) -> Floats:
        """Local midnights by day + reach, in seconds; those before the start too."""
        return midnights(self.scenario, -self.population.days.reach, self.total)

    def seconds(self, days: Integers) -> Floats:
        """Return the midnights at which days begin; NaN for what is not seen any more."""
        seen = days < self.total
        place = np.clip(days + self.population.days.reach, 0, len(self._midnights) - 1)
        return np.where(seen, self._midnights[place], np.nan)

    def at(self, days: Integers) -> pa.Array:
        """Return days as instants; missing for what is not seen any more."""
        return self.timeline.instants(self.seconds(days))

    def ahead(self, days: Integers) -> pa.Array:
        """Return days as instants, those beyond the horizon too (planned, not observed)."""
        inside = self.seconds(np.minimum(days, self.total - 1))
        over = np.maximum(days - (self.total - 1), 0) * 86_400.0
        return self.timeline.instants(inside + over)

    @cached_property
    def names(self) -> pa.Array:
        """The names of the customers."""
        return numbered("customer", np.arange(len(self.history.customers)))

    def who(self, customers: Integers) -> pa.DictionaryArray:
        """Return customers by number; below 0 is nobody."""
        return picked(self.names, customers)

    def excluded(self, days: Integers) -> pa.DictionaryArray:
        """Return "warm_up" for what happened before counting begins."""
        first = self.scenario.horizon.dropped_days
        return named([WARM_UP], np.where((days < first) & (first > 0), 0, -1))

    def excluded_at(self, seconds: Floats) -> pa.DictionaryArray:
        """Return "warm_up" for times before counting begins."""
        return named([WARM_UP], np.where(seconds < self.timeline.warm_up_s, 0, -1))

    def currency(self, n: int) -> pa.DictionaryArray:
        """Return the scenario's currency n times."""
        return named([self.scenario.currency], np.zeros(n, dtype=np.int32))

    @cached_property
    def ends(self) -> Integers:
        """Per spell: the day it ends, the number of days where the horizon cuts it."""
        return np.minimum(self.history.end, self.total)

    @cached_property
    def first_spell(self) -> Integers:
        """Per customer: the row of the first spell; behind the last one the number of spells."""
        n = len(self.history.customers)
        return np.searchsorted(self.history.customer, np.arange(n + 1))

    @cached_property
    def periods(self) -> Periods:
        """The terms."""
        h = self.history
        # Every term that ended, and one that each spell begins with: they begin terms.
        spell_of = self.spell_at(h.term_customer, h.term_day)
        begins = h.term_stays
        spell = np.concatenate((np.arange(len(h.customer)), spell_of[begins]))
        start = np.concatenate((h.start, h.term_day[begins]))
        plan = np.concatenate((self._first_plans(), h.term_plan[begins]))
        order = np.lexsort((start, spell))
        spell, start, plan = spell[order], start[order], plan[order]
        last = np.append(spell[1:] != spell[:-1], True)
        end = np.where(last, h.end[spell], np.append(start[1:], 0))
        first = np.append(True, last[:-1])
        number = np.arange(len(spell)) - np.maximum.accumulate(
            np.where(first, np.arange(len(spell)), 0)
        )
        return Periods(spell, number, start, end, self._due(spell, start, plan, first), plan, ~last)

    def spell_at(self, customer: Integers, day: Integers) -> Integers:
        """Return the spell of a customer that lasts up to or beyond a day, begun before it."""
        wide = np.int64(self.population.days.reach + self.total + 2)
        reach = self.population.days.reach
        order = self.history.customer * wide + self.history.start + reach
        return np.asarray(np.searchsorted(order, customer * wide + day + reach, side="left") - 1)

    def _first_plans(self) -> Integers:
        """Return per spell the plan it begins with: the first one, later the last one left."""
        h = self.history
        plan = h.customers.plan[h.customer].copy()
        later = np.flatnonzero(np.append(False, h.customer[1:] == h.customer[:-1]))
        # Whoever comes back takes the plan that was left: that of the last term that ended.
        wide = np.int64(self.population.days.reach + self.total + 2)
        order = h.term_customer * wide + h.term_day
        place = np.searchsorted(order, h.customer[later] * wide + h.start[later], side="left") - 1
        plan[later] = h.term_plan[place]
        return plan

    def _due(self, spell: Integers, start: Integers, plan: Integers, first: Flags) -> Integers:
        """Return when each term ends as planned."""
        days, h = self.population.days, self.history
        months = self.odds.term[plan]
        begun = h.start[spell]
        # The first term of who was there before: the one that was running at the start.
        ran = np.zeros(len(spell), dtype=np.int64)
        before = first & (start < 0)
        ran[before] = days.months_before(start[before]) // months[before]
        since = np.where(first, (ran + 1) * months, months)
        into = np.where(first, 0, self._months(begun, start))
        return days.anniversary(begun, into + since)

    def _months(self, begun: Integers, day: Integers) -> Integers:
        """Return how many months after the beginning of a spell an anniversary lies."""
        days = self.population.days
        at, since = day + days.reach, begun + days.reach
        return np.asarray(days.month[at] - days.month[since])

    # --- days of customers -------------------------------------------------------------------

    def seen_between(self, customer: Integers, day: Integers) -> Flags:
        """Return whether somebody is a customer on a day."""
        spell = self.spell_at(customer, day + 1)
        inside = np.maximum(spell, 0)
        mine = (spell >= 0) & (self.history.customer[inside] == customer)
        return np.asarray(mine & (day < self.ends[inside]))

    def spells_of(self, customers: Integers) -> Integers:
        """Return the rows of all spells of some customers."""
        return rows_of(self.first_spell, customers)

    @property
    def last_day(self) -> Integers:
        """Per customer: the day on which the last spell ended, STAYS while one lasts."""
        return np.asarray(self.history.end[self.first_spell[1:] - 1])
