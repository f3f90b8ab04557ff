"""The customer base, compiled: plays the rules of `lifecycle` on the same draws, bit for bit.

The SimPy model is the specification; nothing is decided here that does not stand there. What is
done differently: the books of a day are closed by one loop over all customers (`books`), who have
one row each of a table that grows; referred customers are drawn in batches, when the first of a
batch is due.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cxlab.sim.addresses import purpose_key
from cxlab.sim.base import books
from cxlab.sim.base.campaigns import redeemed_days
from cxlab.sim.base.customers import NEVER, Customers, Leads, Population
from cxlab.sim.base.growing import Growing
from cxlab.sim.base.history import STAYS, Ending, History
from cxlab.sim.base.odds import Odds

__all__ = ["NO_MEMORY", "CompiledBase", "play_base"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_NONE = np.empty(0, dtype=np.int64)

NO_MEMORY = books.Memory(_NONE, _NONE, np.empty(0), np.empty((0, len(books.EXPERIENCES))))
"""Nobody ever met with anything."""


class CompiledBase:
    """A customer base in one replication, closed day by day."""

    def __init__(self, population: Population) -> None:
        self.population, self.days = population, population.days
        self.odds, self.life = Odds(population), population.lifecycle
        self._rules, self._links = _rules(self.odds), _links(self.odds)
        days = self.days
        self._calendar = books.Calendar(days.month, days.day_of_month, days.month_starts,
                                        days.reach)  # fmt: skip
        self._issues: list[tuple[int, int, int, Integers]] = []
        self._campaigns = self._of_campaigns()
        spells = ("customer", "start", "end", "ending", "reason")
        self.spells = Growing(dict.fromkeys(spells, _NONE))
        self.terms: list[tuple[Integers, Integers, Integers, Flags]] = []
        self.leads: list[tuple[Integers, ...]] = []
        self._waiting: list[tuple[Leads, Integers]] = []  # named, and not drawn as customers yet
        self._first_due = NEVER
        self.clamped = 0
        leads = population.paid()
        buyers = np.flatnonzero(leads.buys & (leads.decided < days.total))
        come = Customers.joined([population.initial(), population.buyers(leads, buyers)])
        self.people = Growing({name: getattr(come, name)[:0] for name in come.__annotations__})
        self.state = Growing(dict.fromkeys(books.State._fields, _NONE))
        self._moved = (-1, -1, -1)
        self._births: dict[int, list[Integers]] = {}
        self._counted = 0  # customers, those who are named but not drawn yet included
        self.welcome(come)
        self._counted = self.people.size
        there = np.flatnonzero(come.born <= 0)
        self.begin(there, come.born[there])
        self._issue(0)

    @property
    def customers(self) -> Customers:
        """Everybody known so far."""
        return Customers(*(self.people[name] for name in Customers.__annotations__))

    def is_active(self, who: Integers) -> Flags:
        """Return who of some people is a customer now."""
        return np.asarray(self.state["next"][who] < NEVER)

    def welcome(self, come: Customers) -> None:
        """Get to know customers who will come, or are there."""
        first, n = self.people.size, len(come)
        self.people.add({name: getattr(come, name) for name in come.__annotations__})
        rows: dict[str, npt.NDArray[Any]] = dict.fromkeys(
            books.State._fields, np.zeros(n, dtype=np.int64)
        )
        never = np.full(n, NEVER)
        self.state.add({**rows, "plan": come.plan, "next": never, "returns": never})
        for day in np.unique(come.born[come.born > 0]).tolist():
            self._births.setdefault(day, []).append(first + np.flatnonzero(come.born == day))

    def begin(self, who: Integers, day: Integers) -> None:
        """Begin spells of some customers on some days."""
        state, n = self.state, len(who)
        months = np.zeros(n, dtype=np.int64)
        before = day < 0
        months[before] = self.days.months_before(day[before])
        state["since"][who], state["months"][who] = day, months + 1
        state["into_term"][who] = months % self.odds.term[state["plan"][who]]
        state["returns"][who] = NEVER
        state["spell"][who] = self.spells.size + np.arange(n)
        state["next"][who] = self.days.anniversary(day, months + 1)
        self.spells.add({
            "customer": who, "start": day, "end": np.full(n, STAYS),
            "ending": np.full(n, int(Ending.NONE)), "reason": np.full(n, -1),
        })  # fmt: skip

    # --- the closing of the books ------------------------------------------------------------

    def close(self, day: int, memory: books.Memory = NO_MEMORY) -> None:
        """Close the books of a day, knowing what customers met with."""
        if self._first_due <= day:
            self._draw_waiting()
        self._issue(day)
        notes = self._close(day, memory)
        terms, names, left, clamped = notes.counts.tolist()
        self.clamped += clamped
        notes.counts[3] = 0
        ended = notes.ended[:terms].copy()
        self.terms.append((ended, np.full(terms, day), notes.plan[:terms].copy(),
                           notes.stays[:terms].copy()))  # fmt: skip
        self._will_be_back(notes.left[:left], notes.comeback[:left], day)
        self._come(day)
        if names:
            self._note_leads(notes.names[:names].copy(), notes.number[:names].copy(), day)

    def _close(self, day: int, memory: books.Memory) -> books.Notes:
        moved = self.people.moved, self.state.moved, self.spells.moved
        if moved != self._moved:
            self._moved = moved
            self._look_up_columns()
        books.close(
            self._columns, self._stand, self._rules, self._links, self._campaigns, self._calendar,
            memory, self.people.size, day, self.days.midnight(day), self._notes,
        )  # fmt: skip
        return self._notes

    def _look_up_columns(self) -> None:
        """Find the columns again, some of which have moved to a wider place."""
        self._columns = books.People(*(self.people.whole(name) for name in books.People._fields))
        self._stand = books.State(*(self.state.whole(name) for name in books.State._fields))
        spells = (self.spells.whole(name) for name in ("end", "ending", "reason"))
        self._notes = _notes(len(self._columns.key), *spells)

    def _will_be_back(self, who: Integers, number: Integers, day: int) -> None:
        """Note when those come back who left today and will."""
        for one in np.unique(number).tolist():
            mine = who[number == one]
            pauses = self.population.pauses(self.people["key"][mine], one)
            self.state["returns"][mine] = day + pauses
            for on in np.unique(day + pauses).tolist():
                if on < self.days.total:
                    back = mine[day + pauses == on]
                    self._births.setdefault(on, []).append(back)

    def _come(self, day: int) -> None:
        """Begin the spells of those who come today, for the first time or again."""
        parts = self._births.pop(day, None)
        if parts:
            who = np.sort(np.concatenate(parts))
            self.begin(who, np.full(len(who), day))

    def _note_leads(self, names: Integers, index: Integers, day: int) -> None:
        """Note who was named today; who will buy has a number from now on."""
        leads = self.population.referred(self.customers.take(names), names, index, day)
        buys = leads.buys & (leads.decided < self.days.total)
        number = np.full(len(names), -1)
        number[buys] = self._counted + np.arange(int(buys.sum()))
        self._counted += int(buys.sum())
        self.leads.append((names, np.full(len(names), day), index, leads.decided,
                           leads.buys.astype(np.int64), number))  # fmt: skip
        if buys.any():
            self._waiting.append((leads, np.flatnonzero(buys)))
            self._first_due = min(self._first_due, int(leads.decided[buys].min()))

    def _draw_waiting(self) -> None:
        """Draw those who were named, all at once."""
        parts = [self.population.buyers(leads, places) for leads, places in self._waiting]
        self._waiting.clear()
        self._first_due = NEVER
        self.welcome(Customers.joined(parts))

    # --- campaigns -----------------------------------------------------------------------------

    def _issue(self, day: int) -> None:
        """Note what campaigns issue today, as far as it keeps customers."""
        changed = False
        for place, (name, campaign) in enumerate(self.odds.campaigns):
            number, rest = divmod(day - campaign.first_day, campaign.every_days)
            if number >= 0 and rest == 0:
                _, redeemed = redeemed_days(name, campaign, self.customers, number)
                self._issues.append((place, day, day + campaign.valid_days, redeemed))
                changed = True
        if changed:
            self._campaigns = self._of_campaigns(day)

    def _of_campaigns(self, day: int = 0) -> books.Campaigns:
        known = [campaign for _, campaign in self.odds.campaigns]
        self._issues = [x for x in self._issues if x[2] + known[x[0]].effect_days >= day]
        wide = max((len(redeemed) for *_, redeemed in self._issues), default=0)
        table = np.full((len(self._issues), wide), NEVER)
        for row, (*_, redeemed) in enumerate(self._issues):
            table[row, : len(redeemed)] = redeemed
        return books.Campaigns(
            np.array([place for place, *_ in self._issues], dtype=np.int64),
            np.array([on for _, on, *_ in self._issues], dtype=np.int64),
            table,
            np.array([campaign.churn_factor for campaign in known], dtype=np.float64),
            np.array([campaign.effect_days for campaign in known], dtype=np.float64),
        )

    # --- what happened -------------------------------------------------------------------------

    def history(self) -> History:
        """Return everything that happened, in order."""
        if self._waiting:
            self._draw_waiting()
        spells = [self.spells[name] for name in ("customer", "start", "end", "ending", "reason")]
        order = np.lexsort((spells[1], spells[0]))
        spells = [column[order] for column in spells]
        parts = [(_NONE, _NONE, _NONE, _NONE.astype(np.bool_)), *self.terms]
        terms = [np.concatenate(column) for column in zip(*parts, strict=True)]
        order = np.lexsort((terms[1], terms[0]))
        terms = [column[order] for column in terms]
        named = [(_NONE,) * 6, *self.leads]
        leads = [np.concatenate(column) for column in zip(*named, strict=True)]
        return History(
            self.customers,
            spells[0], spells[1], spells[2], spells[3].astype(np.int8), spells[4],
            terms[0], terms[1], terms[2], terms[3],
            leads[0], leads[1], leads[2], leads[3], leads[4].astype(np.bool_), leads[5],
            self.clamped,
        )  # fmt: skip


def _notes(customers: int, end: Integers, ending: Integers, reason: Integers) -> books.Notes:
    def room(n: int) -> Integers:
        return np.empty(n, dtype=np.int64)

    return books.Notes(
        room(customers), room(customers), np.empty(customers, dtype=np.bool_), end, ending, reason,
        room(customers), room(customers), room(customers),
        room(customers), np.zeros(4, dtype=np.int64),
    )  # fmt: skip


def _rules(odds: Odds) -> books.Rules:
    life = odds.life
    (up, up_to), (down, down_to) = odds.moves
    law, win_back = life.renewal, life.win_back
    return books.Rules(
        segment=odds.segment, plan=odds.plan, term=odds.term, up=up, up_to=up_to, down=down,
        down_to=down_to, tenure_months=odds.tenure.months, tenure_days=odds.tenure.days,
        tenure=odds.tenure.factors,
        feature=np.asarray(odds.feature, dtype=np.float64), reason_bounds=odds.reason_bounds,
        purposes=np.array([purpose_key(name) for name in books.PURPOSES], dtype=np.uint64),
        onboarding=odds.onboarding, member=odds.member, payment_failure=law.payment_failure,
        recovery=law.recovery,
        referral=-1.0 if life.referral is None else life.referral.probability,
        win_back=0.0 if win_back is None else win_back.probability,
        most=0 if win_back is None else win_back.most,
    )  # fmt: skip


def _links(odds: Odds) -> books.Links:
    links = [link for effect in books.EFFECTS for link in odds.links(effect)]  # type: ignore[arg-type]
    points = [point for link in links for point in link.curve]
    return books.Links(
        on=np.array([books.EFFECTS.index(x.on) for x in links], dtype=np.int64),
        kind=np.array([books.EXPERIENCES.index(x.from_) for x in links], dtype=np.int64),
        memory_s=np.array([x.memory_days * 86_400 for x in links], dtype=np.float64),
        reason=np.array(
            [odds.reasons.index(x.name) if x.on == "churn" else -1 for x in links], dtype=np.int64
        ),
        start=np.cumsum([0, *(len(x.curve) for x in links)]),
        x=np.array([x for x, _ in points], dtype=np.float64),
        y=np.array([y for _, y in points], dtype=np.float64),
    )


def play_base(population: Population) -> History:
    """Let a customer base live until its horizon, whatever service it gets."""
    base = CompiledBase(population)
    for day in range(1, base.days.total):
        base.close(day)
    return base.history()
