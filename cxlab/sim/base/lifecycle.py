"""The customer base as a SimPy model: people who buy, pay, stay or leave, and name others.

The rules, which hold whatever the engine does:

1. The base lives in local calendar days. Everything about it happens at midnights, when the books
   are closed, before anything else of that instant. What the desk did before then is known.
2. A spell of a subscription begins on a day and has monthly anniversaries: the same day of the
   month, or its last. Every so many anniversaries, as the plan says, a term ends.
3. At the end of a term a customer leaves if the draw is below the own leaving probability × the
   factors of segment, plan, tenure, onboarding, features, loyalty and campaigns × those of the
   links, one after the other. The reason is the link with which the product first goes above the
   draw, or one of the scenario's by its share where no link is needed for that. Who stays may move
   to another plan, up before down, and pays; a payment that fails and is not recovered ends the
   spell. A term of the plan begins.
4. Who is there after an anniversary may name somebody, who takes notice on that day, perhaps looks
   closer, perhaps buys: a customer from that day on, the day after the first at the earliest.
5. Some who left of their own will come back after a while: a new spell of the same plan.
6. All draws stand at addresses: customer, purpose, running number of the anniversary. Customers
   whom somebody referred have addresses made from the referrer's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import simpy

from cxlab.scenario.customers import Campaign
from cxlab.scenario.links import Experience
from cxlab.sim.addresses import purpose_key, uniform_at
from cxlab.sim.base.campaigns import redeemed_days
from cxlab.sim.base.customers import NEVER, Customers, Population
from cxlab.sim.base.history import STAYS, Ending, History
from cxlab.sim.base.odds import FAILED, Odds, on_curve
from cxlab.sim.clock import Clock, Turn

__all__ = ["Base", "Service", "run_base"]

Steps = Generator[simpy.Event, Any, Any]


class Service(Protocol):
    """What the desk knows about its customers."""

    def experience(self, customer: int, kind: Experience, since: float) -> float | None:
        """Return what a customer met with since a time; None who did not ask for support."""

    def welcome(self, customers: Customers, first: int) -> None:
        """Get to know customers who have just come, numbered from `first`."""


@dataclass(slots=True, eq=False)
class Customer:
    """One customer, as things stand."""

    number: int
    key: int
    born: int
    segment: int
    plan: int
    leaving: float
    onboarded: int
    adopted: list[int]
    member: int
    since: int = 0  # first day of the spell
    active: bool = False
    months: int = 0  # of the spell
    into_term: int = 0
    anniversaries: int = 0  # of all spells: the number of the draws
    comebacks: int = 0


@dataclass(slots=True)
class Log:
    """What is noted while the base lives."""

    spells: list[list[int]] = field(default_factory=list)  # customer, start, end, ending, reason
    terms: list[tuple[int, int, int, bool]] = field(default_factory=list)
    leads: list[tuple[int, int, int, int, bool, int]] = field(default_factory=list)
    clamped: int = 0


class Base:
    """A customer base in one replication."""

    def __init__(
        self, population: Population, clock: Clock | None = None, service: Service | None = None
    ) -> None:
        self.population, self.days = population, population.days
        self.clock = Clock() if clock is None else clock
        self.service = service
        self.odds, self.life = Odds(population), population.lifecycle
        self.customers: list[Customer] = []
        self.known: list[Customers] = []
        self.log = Log()
        self.issues: dict[tuple[str, int], list[int]] = {}
        self.named_now: list[tuple[Customer, int]] = []  # who named somebody today
        self._draws = {
            purpose: purpose_key(purpose)
            for purpose in ("renewal", "reason", "upgrade", "downgrade", "payment", "recovery",
                            "referral", "win_back")
        }  # fmt: skip
        leads = population.paid()
        buyers = np.flatnonzero(leads.buys & (leads.decided < self.days.total))
        self.welcome(Customers.joined([population.initial(), population.buyers(leads, buyers)]))
        self.clock.process(self.registrar())

    def welcome(self, come: Customers) -> None:
        """Let customers begin who are there, or will come on known days."""
        first = len(self.customers)
        self.known.append(come)
        columns = [come.key, come.born, come.segment, come.plan, come.leaving, come.onboarded,
                   come.adopted, come.member]  # fmt: skip
        for place, row in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            customer = Customer(first + place, *row)
            self.customers.append(customer)
            self.clock.process(self.lives(customer))
        if self.service is not None:
            self.service.welcome(come, first)

    def draw(self, customer: Customer, purpose: str, number: int) -> float:
        """Return the uniform at an address."""
        return uniform_at(customer.key, self._draws[purpose], number)

    # --- a customer's life -------------------------------------------------------------------

    def lives(self, customer: Customer) -> Steps:
        """Buy, stay for a spell, perhaps come back for another."""
        day = customer.born
        while day < self.days.total:
            if day > 0:
                yield from self.until(day)
            left = yield from self.stays(customer, day)
            day = NEVER if left is None else self.comes_back(customer, left)

    def until(self, day: int) -> Steps:
        """Wait for the closing of the books of a day."""
        now = self.days.midnight(day)
        if now > self.clock.now:
            yield self.clock.at(now, Turn.BOOKS)

    def stays(self, customer: Customer, day: int) -> Steps:
        """Live through a spell; return the day of leaving of one's own will, else None."""
        customer.since, customer.active = day, True
        customer.months = customer.into_term = 0
        if day < 0:
            customer.months = int(self.days.months_before(np.array([day]))[0])
            customer.into_term = customer.months % int(self.odds.term[customer.plan])
        spell = [customer.number, day, STAYS, Ending.NONE, -1]
        self.log.spells.append(spell)
        while True:
            customer.months += 1
            next_day = self.days.anniversary_of(customer.since, customer.months)
            if next_day >= self.days.total:
                return None
            yield from self.until(next_day)
            self.anniversary(customer, next_day, spell)
            customer.anniversaries += 1
            if not customer.active:
                return next_day if spell[3] == Ending.VOLUNTARY else None

    def anniversary(self, customer: Customer, day: int, spell: list[int]) -> None:
        """Close a month: decide on the next term if one ends, name somebody."""
        customer.into_term += 1
        if customer.into_term == self.odds.term[customer.plan]:
            customer.into_term = 0
            ending, reason = self.decides(customer, day)
            if ending == Ending.NONE:
                customer.plan = self.moves(customer, day)
                if self.fails_to_pay(customer):
                    ending, reason = Ending.INVOLUNTARY, FAILED
            self.log.terms.append((customer.number, day, customer.plan, ending == Ending.NONE))
            if ending != Ending.NONE:
                customer.active = False
                spell[2:] = [day, ending, reason]
                return
        self.names_somebody(customer, day)

    def decides(self, customer: Customer, day: int) -> tuple[Ending, int]:
        """Stay or leave, and say why."""
        below = [self.leaving(customer, day)]
        links = self.odds.links("churn")
        for link in links:
            below.append(below[-1] * self.factor(customer, link, day))
        self.log.clamped += below[-1] > 1
        u = self.draw(customer, "renewal", customer.anniversaries)
        if u >= below[-1]:
            return Ending.NONE, -1
        first = next(place for place, p in enumerate(below) if u < p)
        if first > 0:
            name = links[first - 1].name
            return Ending.VOLUNTARY, self.odds.reasons.index(name)
        why = self.draw(customer, "reason", customer.anniversaries)
        return Ending.VOLUNTARY, 1 + bisect_right(self._reason_bounds, why)

    @cached_property
    def _reason_bounds(self) -> list[float]:
        bounds: list[float] = self.odds.reason_bounds.tolist()
        return bounds

    def leaving(self, customer: Customer, day: int) -> float:
        """Return the probability of leaving at the end of a term, without the links."""
        odds = self.odds
        p = customer.leaving * float(odds.segment[customer.segment] * odds.plan[customer.plan])
        p *= self.by_tenure(customer.born, day)
        if day < customer.onboarded:
            p *= odds.onboarding
        for place, adopted in enumerate(customer.adopted):
            if day >= adopted:
                p *= float(odds.feature[place])
        if day >= customer.member:
            p *= odds.member
        for name, campaign in odds.campaigns:
            if self.redeemed_lately(customer, name, campaign, day):
                p *= campaign.churn_factor
        return p

    def by_tenure(self, born: int, day: int) -> float:
        """Return the factor that holds on a day for who bought on another: the last one begun."""
        steps, holds = self.odds.tenure, 0
        for later in range(1, len(steps.factors)):
            begins = self.days.anniversary_of(born, steps.months[later]) + int(steps.days[later])
            if begins <= day:
                holds = later
        return float(steps.factors[holds])

    def redeemed_lately(self, customer: Customer, name: str, campaign: Campaign, day: int) -> bool:
        """Return whether what a campaign issued to a customer still has an effect."""
        reach = campaign.valid_days + campaign.effect_days
        first = max(0, int((day - reach - campaign.first_day) // campaign.every_days))
        last = (day - campaign.first_day) // campaign.every_days
        for issue in range(first, last + 1):
            issued = campaign.first_day + issue * campaign.every_days
            if customer.since <= issued:
                redeemed = self.redeemed(name, campaign, issue)[customer.number]
                if redeemed <= day and day - redeemed <= campaign.effect_days:
                    return True
        return False

    def redeemed(self, name: str, campaign: Campaign, issue: int) -> list[int]:
        """Return when everybody redeems an issue; who comes later gets nothing of it."""
        if (name, issue) not in self.issues:
            _, redeemed = redeemed_days(name, campaign, Customers.joined(self.known), issue)
            self.issues[name, issue] = redeemed.tolist()
        return self.issues[name, issue]

    def columns_of(self, customer: Customer) -> Customers:
        """Return one customer as columns."""
        number = customer.number
        for part in self.known:
            if number < len(part):
                return part.take(np.array([number]))
            number -= len(part)
        raise AssertionError("a customer without columns")

    def factor(self, customer: Customer, link: Any, day: int) -> float:
        """Return by how much a link multiplies a probability of a customer."""
        if self.service is None:
            return 1.0
        since = self.days.midnight(day) - link.memory_days * 86_400
        met = self.service.experience(customer.number, link.from_, since)
        return 1.0 if met is None else on_curve(link.curve, met)

    def moves(self, customer: Customer, day: int) -> int:
        """Return the plan of the next term: a better one, a smaller one, or the same."""
        (up, up_to), (down, down_to) = self.odds.moves
        p = float(up[customer.plan])
        for link in self.odds.links("expansion"):
            p *= self.factor(customer, link, day)
        self.log.clamped += p > 1
        if self.draw(customer, "upgrade", customer.anniversaries) < p:
            return int(up_to[customer.plan])
        if self.draw(customer, "downgrade", customer.anniversaries) < down[customer.plan]:
            return int(down_to[customer.plan])
        return customer.plan

    def fails_to_pay(self, customer: Customer) -> bool:
        """Return whether the payment of a term fails for good."""
        law, number = self.life.renewal, customer.anniversaries
        return (
            self.draw(customer, "payment", number) < law.payment_failure
            and self.draw(customer, "recovery", number) >= law.recovery
        )

    def comes_back(self, customer: Customer, left: int) -> int:
        """Return the day on which a customer is won back, or NEVER."""
        win_back = self.life.win_back
        if win_back is None or customer.comebacks >= win_back.most:
            return NEVER
        number = customer.comebacks
        if self.draw(customer, "win_back", number) >= win_back.probability:
            return NEVER
        customer.comebacks += 1
        days = self.population.pauses(np.array([customer.key], dtype=np.uint64), number)
        return left + int(days[0])

    # --- word of mouth -----------------------------------------------------------------------

    def names_somebody(self, customer: Customer, day: int) -> None:
        """Tell somebody about the business, perhaps."""
        if self.life.referral is None:
            return
        p = self.life.referral.probability
        for link in self.odds.links("referral"):
            p *= self.factor(customer, link, day)
        self.log.clamped += p > 1
        if self.draw(customer, "referral", customer.anniversaries) < p:
            self.named_now.append((customer, customer.anniversaries))

    def registrar(self) -> Steps:
        """Every night note who was named, and welcome those of them who will buy."""
        for day in range(1, self.days.total):
            yield self.clock.at(self.days.midnight(day), Turn.REGISTER)
            if self.named_now:
                self.register(day)

    def register(self, day: int) -> None:
        """Note who was named today; who will buy has a number from now on."""
        named = sorted((c.number, index) for c, index in self.named_now)
        self.named_now.clear()
        parents = Customers.joined([self.columns_of(self.customers[n]) for n, _ in named])
        numbers, index = (np.array(column) for column in zip(*named, strict=True))
        leads = self.population.referred(parents, numbers, index, day)
        buys = leads.buys & (leads.decided < self.days.total)
        come = iter(range(len(self.customers), len(self.customers) + int(buys.sum())))
        for place, (number, one) in enumerate(named):
            customer = next(come) if buys[place] else -1
            decided, won = int(leads.decided[place]), bool(leads.buys[place])
            self.log.leads.append((number, day, one, decided, won, customer))
        if buys.any():
            self.welcome(self.population.buyers(leads, np.flatnonzero(buys)))

    def history(self) -> History:
        """Return everything noted, in order."""
        spells = np.array(sorted(self.log.spells), dtype=np.int64).reshape(-1, 5).T
        terms = np.array(sorted(self.log.terms), dtype=np.int64).reshape(-1, 4).T
        leads = np.array(self.log.leads, dtype=np.int64).reshape(-1, 6).T
        return History(
            Customers.joined(self.known),
            spells[0], spells[1], spells[2], spells[3].astype(np.int8), spells[4],
            terms[0], terms[1], terms[2], terms[3].astype(np.bool_),
            leads[0], leads[1], leads[2], leads[3], leads[4].astype(np.bool_), leads[5],
            int(self.log.clamped),
        )  # fmt: skip


def run_base(population: Population) -> History:
    """Let a customer base live until its horizon, in SimPy, whatever service it gets."""
    base = Base(population)
    base.clock.run_until(population.days.midnight(population.days.total))
    return base.history()
