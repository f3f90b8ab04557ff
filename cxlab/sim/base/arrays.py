"""The customer base, all customers of a day at once: plays the rules of `lifecycle`, bit for bit.

The SimPy model is the specification; nothing is decided here that does not stand there. What is
done differently: whoever has something due on a day is handled in one array operation, and every
customer has one row of a table that grows.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from cxlab.scenario.links import Curve, Effect, Experience
from cxlab.sim.addresses import uniforms_at
from cxlab.sim.base.campaigns import redeemed_lately
from cxlab.sim.base.customers import NEVER, Customers, Leads, Population
from cxlab.sim.base.history import STAYS, Ending, History
from cxlab.sim.base.odds import FAILED, Odds

__all__ = ["ArrayBase", "Met", "play_base"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

Met = Callable[[Integers, Experience, float], Floats]
"""What customers met with since a time; NaN for those who did not ask for support."""

_STATE = {
    "plan": np.int64,
    "since": np.int64,
    "months": np.int64,
    "into_term": np.int64,
    "anniversaries": np.int64,
    "comebacks": np.int64,
    "next": np.int64,  # day of the next anniversary, NEVER for who is no customer
    "returns": np.int64,  # day on which the customer is back, or NEVER
    "spell": np.int64,  # the row of the spell
}


class Growing:
    """Columns that grow by rows; room doubles, so that rows are copied a few times only."""

    def __init__(self, columns: dict[str, npt.NDArray[Any]]) -> None:
        self.columns = columns
        self.size = len(next(iter(columns.values())))

    def __getitem__(self, name: str) -> Any:
        """Return one column."""
        return self.columns[name][: self.size]

    def add(self, rows: dict[str, npt.NDArray[Any]]) -> None:
        """Add rows at the end."""
        size = self.size + len(next(iter(rows.values())))
        for name, values in rows.items():
            column = self.columns[name]
            if size > len(column):
                wider = np.empty((2 * size, *column.shape[1:]), dtype=column.dtype)
                wider[: self.size] = column[: self.size]
                self.columns[name] = column = wider
            column[self.size : size] = values
        self.size = size


class ArrayBase:
    """A customer base in one replication, closed day by day."""

    def __init__(self, population: Population, met: Met | None = None) -> None:
        self.population, self.days = population, population.days
        self.odds, self.life = Odds(population), population.lifecycle
        self.met = met
        self.clamped = 0
        none = np.empty(0, dtype=np.int64)
        spells = ("customer", "start", "end", "ending", "reason")
        self.spells = Growing(dict.fromkeys(spells, none))
        self.terms: list[tuple[Integers, Integers, Integers, Flags]] = []
        self.leads: list[list[Any]] = []
        self.decided: dict[int, list[tuple[int, int, Leads, int, list[Any]]]] = {}
        leads = population.paid()
        buyers = np.flatnonzero(leads.buys & (leads.decided < self.days.total))
        come = Customers.joined([population.initial(), population.buyers(leads, buyers)])
        self.people = Growing({name: getattr(come, name)[:0] for name in come.__annotations__})
        self.state = Growing({name: np.empty(0, dtype=kind) for name, kind in _STATE.items()})
        self.welcome(come)
        order = np.argsort(come.born, kind="stable")
        self._births = order, come.born[order]
        self.begin(np.flatnonzero(come.born <= 0), come.born[come.born <= 0])

    @property
    def customers(self) -> Customers:
        """Everybody known so far."""
        return Customers(*(self.people[name] for name in Customers.__annotations__))

    def is_active(self, who: Integers) -> Flags:
        """Return who of some people is a customer now."""
        return np.asarray(self.state["next"][who] < NEVER)

    def welcome(self, come: Customers) -> None:
        """Get to know customers who came, or will come."""
        self.people.add({name: getattr(come, name) for name in come.__annotations__})
        never = np.full(len(come), NEVER)
        rows: dict[str, npt.NDArray[Any]] = {
            name: np.zeros(len(come), dtype=np.int64) for name in _STATE
        }
        self.state.add({**rows, "plan": come.plan, "next": never, "returns": never})

    def begin(self, who: Integers, day: Integers) -> None:
        """Begin spells of some customers on some days."""
        state, n = self.state, len(who)
        months = np.zeros(n, dtype=np.int64)
        before = day < 0
        months[before] = self.days.months_before(day[before])
        state["since"][who], state["months"][who] = day, months
        state["into_term"][who] = months % self.odds.term[state["plan"][who]]
        state["returns"][who] = NEVER
        state["spell"][who] = self.spells.size + np.arange(n)
        self.spells.add({
            "customer": who, "start": day, "end": np.full(n, STAYS),
            "ending": np.full(n, int(Ending.NONE)), "reason": np.full(n, -1),
        })  # fmt: skip
        self.look_ahead(who)

    def look_ahead(self, who: Integers) -> None:
        """Find the next anniversaries."""
        state = self.state
        state["months"][who] += 1
        state["next"][who] = self.days.anniversary(state["since"][who], state["months"][who])

    # --- the closing of the books ------------------------------------------------------------

    def close(self, day: int) -> None:
        """Close the books of a day."""
        due = np.flatnonzero(self.state["next"] == day)
        back = np.flatnonzero(self.state["returns"] == day)
        named = self.anniversaries(due, day)
        order, born = self._births
        new = order[np.searchsorted(born, day) : np.searchsorted(born, day + 1)]
        come = np.concatenate((back, new))
        self.begin(come, np.full(len(come), day))
        self.register_leads(*named, day)
        self.register_buyers(day)

    def anniversaries(self, due: Integers, day: int) -> tuple[Integers, Integers]:
        """Close a month of some customers; return who names somebody, and the draw's number."""
        state = self.state
        state["into_term"][due] += 1
        at_end = state["into_term"][due] == self.odds.term[state["plan"][due]]
        ends = due[at_end]
        state["into_term"][ends] = 0
        ending, reason = self.decisions(ends, day)
        stays = ends[ending == Ending.NONE]
        state["plan"][stays] = self.moves(stays, day)
        lost = self.fails_to_pay(stays)
        ending[ending == Ending.NONE] = np.where(lost, Ending.INVOLUNTARY, Ending.NONE)
        reason[ending == Ending.INVOLUNTARY] = FAILED
        left = ending != Ending.NONE
        self.terms.append((ends, np.full(len(ends), day), state["plan"][ends], ~left))
        gone = ends[left]
        for name, values in (("end", day), ("ending", ending[left]), ("reason", reason[left])):
            self.spells[name][state["spell"][gone]] = values
        state["next"][gone] = NEVER
        there = due[state["next"][due] == day]
        names = there[self.names_somebody(there, day)]
        numbers = state["anniversaries"][names]
        self.win_back(ends[ending == Ending.VOLUNTARY], day)
        state["anniversaries"][due] += 1
        self.look_ahead(there)
        return names, numbers

    def draw(self, who: Integers, purpose: str) -> Floats:
        """Return the uniforms of the anniversary at hand."""
        return uniforms_at(self.people["key"][who], purpose, self.state["anniversaries"][who])

    def decisions(self, who: Integers, day: int) -> tuple[Integers, Integers]:
        """Let customers stay or leave at the end of a term, and say why."""
        below = [self.leaving(who, day)]
        links = self.odds.links("churn")
        for link in links:
            factor = self.factor(who, link.from_, link.curve, link.memory_days, day)
            below.append(below[-1] * factor)
        self.clamped += int((below[-1] > 1).sum())
        u = self.draw(who, "renewal")
        ending = np.where(u < below[-1], int(Ending.VOLUNTARY), int(Ending.NONE))
        own = np.searchsorted(self.odds.reason_bounds, self.draw(who, "reason"), side="right")
        reason = 1 + own
        for place, link in reversed(list(enumerate(links))):
            above = np.all([u >= p for p in below[: place + 1]], axis=0)
            first = above & (u < below[place + 1])
            reason[first] = self.odds.reasons.index(link.name)
        reason[ending == Ending.NONE] = -1
        return ending, reason

    def leaving(self, who: Integers, day: int) -> Floats:
        """Return the probabilities of leaving at the end of a term, without the links."""
        odds, people, state = self.odds, self.people, self.state
        factor = odds.segment[people["segment"][who]] * odds.plan[state["plan"][who]]
        p = people["leaving"][who] * factor
        tenure = day - people["born"][who]
        p = p * odds.tenure.factors[np.searchsorted(odds.tenure.days, tenure, side="right") - 1]
        p = p * np.where(day < people["onboarded"][who], odds.onboarding, 1.0)
        for place, one in enumerate(odds.feature):
            p = p * np.where(day >= people["adopted"][who, place], one, 1.0)
        p = p * np.where(day >= people["member"][who], odds.member, 1.0)
        for name, campaign in odds.campaigns:
            lately = redeemed_lately(
                name, campaign, self.customers.take(who), state["since"][who], day
            )
            p = p * np.where(lately, campaign.churn_factor, 1.0)
        return np.asarray(p)

    def factor(
        self, who: Integers, kind: Experience, curve: Curve, memory_days: float, day: int
    ) -> Floats:
        """Return by how much a link multiplies a probability of some customers."""
        if self.met is None:
            return np.ones(len(who))
        met = self.met(who, kind, self.days.midnight(day) - memory_days * 86_400)
        return np.where(np.isnan(met), 1.0, _on_curve(curve, met))

    def linked(self, who: Integers, day: int, on: Effect, p: Floats) -> Floats:
        """Multiply probabilities by the factors of the links on them."""
        for link in self.odds.links(on):
            p = p * self.factor(who, link.from_, link.curve, link.memory_days, day)
        self.clamped += int((p > 1).sum())
        return p

    def moves(self, who: Integers, day: int) -> Integers:
        """Return the plans of the next term."""
        plan = self.state["plan"][who]
        (up, up_to), (down, down_to) = self.odds.moves
        rises = self.draw(who, "upgrade") < self.linked(who, day, "expansion", up[plan])
        falls = self.draw(who, "downgrade") < down[plan]
        return np.asarray(np.where(rises, up_to[plan], np.where(falls, down_to[plan], plan)))

    def fails_to_pay(self, who: Integers) -> Flags:
        """Return whose payment of a term fails for good."""
        law = self.life.renewal
        return np.asarray(
            (self.draw(who, "payment") < law.payment_failure)
            & (self.draw(who, "recovery") >= law.recovery)
        )

    def win_back(self, left: Integers, day: int) -> None:
        """Note who will be back."""
        law, state = self.life.win_back, self.state
        if law is None:
            return
        number = state["comebacks"][left]
        key = self.people["key"][left]
        back = (number < law.most) & (uniforms_at(key, "win_back", number) < law.probability)
        who, number = left[back], number[back]
        for one in np.unique(number).tolist():
            mine = who[number == one]
            state["returns"][mine] = day + self.population.pauses(self.people["key"][mine], one)
        state["comebacks"][who] += 1

    def names_somebody(self, who: Integers, day: int) -> Flags:
        """Return who tells somebody about the business."""
        law = self.life.referral
        if law is None:
            return np.zeros(len(who), dtype=np.bool_)
        p = self.linked(who, day, "referral", np.full(len(who), law.probability))
        return np.asarray(self.draw(who, "referral") < p)

    def register_leads(self, names: Integers, index: Integers, day: int) -> None:
        """Note who was named today."""
        if not len(names):
            return
        parents = self.customers.take(names)
        leads = self.population.referred(parents, names, index, day)
        for place, (number, one) in enumerate(zip(names.tolist(), index.tolist(), strict=True)):
            decided, buys = int(leads.decided[place]), bool(leads.buys[place])
            row = [number, day, one, decided, buys, -1]
            self.leads.append(row)
            if buys and decided < self.days.total:
                self.decided.setdefault(decided, []).append((number, one, leads, place, row))

    def register_buyers(self, day: int) -> None:
        """Welcome who buys today, in the order of who referred them."""
        come = sorted(self.decided.pop(day, []), key=lambda buyer: buyer[:2])
        if not come:
            return
        first = self.people.size
        for place, (*_, row) in enumerate(come):
            row[-1] = first + place
        parts = [self.population.buyers(leads, np.array([at])) for _, _, leads, at, _ in come]
        self.welcome(Customers.joined(parts))
        self.begin(np.arange(first, self.people.size), np.full(len(come), day))

    def history(self) -> History:
        """Return everything that happened, in order."""
        spells = [self.spells[name] for name in ("customer", "start", "end", "ending", "reason")]
        order = np.lexsort((spells[1], spells[0]))
        spells = [column[order] for column in spells]
        empty = np.empty(0, dtype=np.int64)
        parts = [(empty, empty, empty, empty.astype(np.bool_)), *self.terms]
        terms = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.lexsort((terms[1], terms[0]))
        terms = [column[order] for column in terms]
        leads = np.array(self.leads, dtype=np.int64).reshape(-1, 6).T
        return History(
            self.customers,
            spells[0], spells[1], spells[2], spells[3].astype(np.int8), spells[4],
            terms[0], terms[1], terms[2], terms[3],
            leads[0], leads[1], leads[2], leads[3], leads[4].astype(np.bool_), leads[5],
            self.clamped,
        )  # fmt: skip


def _on_curve(curve: Curve, x: Floats) -> Floats:
    """Return the factors at some experiences, computed as `odds.on_curve` does."""
    y = np.full(len(x), curve[-1][1])
    for (left, low), (right, high) in reversed(list(itertools.pairwise(curve))):
        y = np.where(x <= right, low + (high - low) * ((x - left) / (right - left)), y)
    return np.where(x <= curve[0][0], curve[0][1], y)


def play_base(population: Population) -> History:
    """Let a customer base live until its horizon, whatever service it gets."""
    base = ArrayBase(population)
    for day in range(1, base.days.total):
        base.close(day)
    return base.history()
