"""One replication, looked at contact by contact and ticket by ticket; computes no metric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from cxlab.scenario import Channel, Scenario
from cxlab.sim.addresses import uniforms_at
from cxlab.sim.outcome import NOBODY, Exit, Outcome
from cxlab.sim.plan import DeskPlan
from cxlab.sim.streams import uniforms
from cxlab.sim.timeline import Timeline
from cxlab.sim.workload import Workload

__all__ = ["Flags", "Floats", "Integers", "View", "named", "numbered", "picked"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

WARM_UP = "warm_up"


def named(names: list[str] | list[str | None], places: npt.NDArray[np.integer]) -> pa.Array:
    """Return names by place, as a column of categories; a place below 0 is empty."""
    once = list(dict.fromkeys(names))
    if len(once) < len(names) and len(places):  # categories stand once each
        which = np.array([once.index(name) for name in names])
        places = np.where(places < 0, -1, which[places])
    names = once
    return picked(pa.array(names, type=pa.string()), places)


def picked(values: pa.Array, places: npt.NDArray[np.integer]) -> pa.DictionaryArray:
    """Return values by place without copying them: a column of categories; below 0 is empty."""
    narrow = places.astype(np.int32)
    missing = narrow < 0
    indices = pa.array(narrow, mask=missing if missing.any() else None)
    return pa.DictionaryArray.from_arrays(indices, values)


def numbered(prefix: str | pa.Array, numbers: Integers, width: int = 6) -> pa.Array:
    """Return identifiers such as "email-000012" for numbers from 0."""
    digits = pc.utf8_lpad(pc.cast(pa.array(numbers + 1), pa.string()), width, "0")
    return pc.binary_join_element_wise(prefix, digits, "-")


_KEPT_NAMES = 65_536


def _first_names(prefix: str, count: int) -> pa.Array:
    """Return `numbered` for the first so many numbers, which runs of a small desk share."""
    if count > _KEPT_NAMES:
        return numbered(prefix, np.arange(count))
    return _kept_names(prefix, 1024 * -(-count // 1024))[:count]


@lru_cache(maxsize=64)
def _kept_names(prefix: str, count: int) -> pa.Array:
    return numbered(prefix, np.arange(count))


@dataclass(frozen=True)
class View:
    """What the tables of one replication are made of.

    A request makes one ticket; a contact that follows an unanswered one, or that the channel
    counts so (`returns_as`), makes a ticket of its own. Arrays are per contact (m) or per ticket.
    """

    scenario: Scenario
    plan: DeskPlan
    workload: Workload
    outcome: Outcome
    replication: int = 1
    seed: int = 0
    known_customers: int | None = None
    """How many customers there are, where a customer base lives; else the scenario says it."""

    @cached_property
    def timeline(self) -> Timeline:
        """Where seconds of the replication lie in time."""
        return Timeline.of(self.scenario)

    @cached_property
    def channels(self) -> list[Channel]:
        """The channels in the workload's order."""
        return [self.scenario.lines[name] for name in self.workload.lines]

    def per_line(self, values: list[float | None] | list[bool]) -> npt.NDArray[np.float64]:
        """Return numbers of the channels as an array, NaN where one states none."""
        return np.array([np.nan if v is None else float(v) for v in values])

    # --- contacts ----------------------------------------------------------------------------

    @cached_property
    def first(self) -> Integers:
        """Per request: its first contact."""
        return self.workload.first_contact[:-1]

    @cached_property
    def is_first(self) -> Flags:
        """Per contact: whether it is its request's first."""
        first = np.zeros(len(self.workload.patience), dtype=np.bool_)
        first[self.first] = True
        return first

    @cached_property
    def line(self) -> npt.NDArray[np.int32]:
        """Per contact: its channel."""
        return self.workload.line[self.workload.request]

    @cached_property
    def begins(self) -> Floats:
        """Per contact: when the customer got in touch; NaN where that did not happen."""
        begins = self.outcome.joined.copy()
        begins[self.first] = self.workload.created
        return begins

    @cached_property
    def happened(self) -> Flags:
        """Per contact: whether the customer got in touch."""
        return ~np.isnan(self.begins)

    @cached_property
    def bot_done(self) -> Floats:
        """Per request: when the bot was done, before the horizon; NaN without one."""
        done = self.workload.created + self.workload.bot_s
        return np.where(done < self.timeline.horizon_s, done, np.nan)

    @cached_property
    def solved(self) -> Floats:
        """Per contact: when it was solved, by people or by the bot; NaN where it was not."""
        solved = self.outcome.ended[self.workload.first_step[1:] - 1]
        bot = np.flatnonzero(self.workload.contained)
        if len(bot):
            solved[self.first[bot]] = self.bot_done[bot]
        return solved

    @cached_property
    def makes_ticket(self) -> Flags:
        """Per contact: whether it makes a ticket of its own."""
        makes = self.is_first.copy()
        later = np.flatnonzero(self.happened & ~self.is_first)
        alone = self.per_line([c.returns_as == "new_ticket" for c in self.channels])[
            self.line[later]
        ]
        makes[later] = (alone > 0) | (self.outcome.exit[later - 1] != Exit.NONE)
        return makes

    @cached_property
    def ticket(self) -> Integers:
        """Per contact: its ticket."""
        return np.cumsum(self.makes_ticket) - 1

    @cached_property
    def number_in_ticket(self) -> Integers:
        """Per contact: its place among the contacts of its ticket, from 0."""
        place = np.arange(len(self.ticket))
        return place - np.maximum.accumulate(np.where(self.makes_ticket, place, 0))

    @cached_property
    def replied(self) -> Floats:
        """Per step: when its public reply went out: at the start of the work, or at its end."""
        at_start = self.per_line([c.first_reply == "start" for c in self.channels]) > 0
        starts = at_start[self.line][self.workload.contact]
        return np.where(starts, self.outcome.answered, self.outcome.ended)

    # --- tickets -----------------------------------------------------------------------------

    @cached_property
    def opening(self) -> Integers:
        """Per ticket: the contact that makes it."""
        return np.flatnonzero(self.makes_ticket)

    @cached_property
    def request(self) -> npt.NDArray[np.int32]:
        """Per ticket: its request."""
        return self.workload.request[self.opening]

    @cached_property
    def ticket_line(self) -> npt.NDArray[np.int32]:
        """Per ticket: its channel."""
        return self.line[self.opening]

    @cached_property
    def created(self) -> Floats:
        """Per ticket: when it was created."""
        return self.begins[self.opening]

    @cached_property
    def has_bot(self) -> Flags:
        """Per ticket: whether a bot met it first."""
        return self.is_first[self.opening] & ~np.isnan(self.workload.bot_s[self.request])

    @cached_property
    def ticket_ids(self) -> pa.Array:
        """Per ticket: its name, the same in every scenario with the channel, or the customer."""
        ids = self._request_ids
        contact = self.opening - self.first[self.request]
        if not contact.any():
            return ids
        suffix = pc.binary_join_element_wise(ids, pc.cast(pa.array(contact + 1), pa.string()), ".")
        return pc.if_else(pa.array(contact > 0), suffix, ids)

    @property
    def _request_ids(self) -> pa.Array:
        """Per ticket: the name of its request."""
        work, request = self.workload, self.request
        if work.key is not None:
            customers = numbered("customer", work.customer[request])
            return numbered(customers, work.number[request], 3)
        sizes = np.zeros(len(work.lines), dtype=np.int64)
        np.maximum.at(sizes, work.line, work.number + 1)  # some requests may have been left out
        names = pa.concat_arrays(
            [_first_names(n, size) for n, size in zip(work.lines, sizes.tolist(), strict=True)]
        )
        begins = np.cumsum(sizes) - sizes
        return names.take(pa.array(begins[self.ticket_line] + work.number[request]))

    def kind_of(self, line: npt.NDArray[np.integer]) -> pa.Array:
        """Return what channels are in the tables."""
        return named([self.scenario.kind(name) for name in self.workload.lines], line)

    def tickets(self, places: npt.NDArray[np.integer]) -> pa.DictionaryArray:
        """Return the names of tickets by place; below 0 is empty."""
        return picked(self.ticket_ids, places)

    @cached_property
    def customer(self) -> Integers:
        """Per ticket: who asked, as a place among `customer_names`."""
        who = self.workload.customer[self.request]
        return np.searchsorted(self._askers, who) if self._few_customers else who

    @cached_property
    def _askers(self) -> Integers:
        """The customers who ever ask, in order."""
        return np.unique(self.workload.customer[self.request])

    @property
    def _few_customers(self) -> bool:
        """Whether so few of the customers ever ask that only they are named."""
        return self._customers > len(self.opening)

    @property
    def _customers(self) -> int:
        return self.scenario.customers if self.known_customers is None else self.known_customers

    @cached_property
    def customer_names(self) -> pa.Array:
        """The names of the customers."""
        who = np.arange(self._customers)
        if self._few_customers:
            who = self._askers
        return numbered("customer", who)

    def customers(self, tickets: npt.NDArray[np.integer]) -> pa.DictionaryArray:
        """Return who asked, by ticket."""
        return picked(self.customer_names, self.customer[tickets])

    @cached_property
    def _in_warm_up(self) -> Integers:
        return np.where(self.created < self.timeline.warm_up_s, 0, -1)

    def excluded(self, tickets: npt.NDArray[np.integer]) -> pa.DictionaryArray:
        """Return why tickets are not counted; empty where they are."""
        return named([WARM_UP], self._in_warm_up[tickets])

    def excluded_at(self, seconds: Floats) -> pa.Array:
        """Return "warm_up" where a time lies in the warm-up, nothing where it counts."""
        return named([WARM_UP], np.where(seconds < self.timeline.warm_up_s, 0, -1))

    def count(self, contacts: Flags) -> Integers:
        """Return how many of some contacts each ticket has."""
        return np.bincount(self.ticket[contacts], minlength=len(self.opening))

    def earliest(self, values: Floats) -> Floats:
        """Return per ticket the value of its first contact that has one."""
        found = np.full(len(self.opening), np.nan)
        known = np.flatnonzero(~np.isnan(values))[::-1]
        found[self.ticket[known]] = values[known]  # the last to be written is the first
        return found

    def latest_place(self, having: Flags) -> Integers:
        """Return per ticket the last of some contacts; −1 where it has none."""
        found = np.full(len(self.opening), -1, dtype=np.int64)
        places = np.flatnonzero(having)
        found[self.ticket[places]] = places
        return found

    @cached_property
    def settled(self) -> Flags:
        """Per ticket: every contact so far ended with a solve."""
        return np.equal(self.count(self.happened), self.count(~np.isnan(self.solved)))

    # --- people ------------------------------------------------------------------------------

    @cached_property
    def bots(self) -> list[str]:
        """Names of the bots, one for each channel that has one."""
        return [
            f"bot-{n}" for n, c in zip(self.workload.lines, self.channels, strict=True) if c.bot
        ]

    @cached_property
    def bot_of_line(self) -> Integers:
        """Per channel: its bot's place among all who answer; −1 without one."""
        has = np.array([c.bot is not None for c in self.channels], dtype=np.bool_)
        return np.where(has, len(self.plan.agents) + np.cumsum(has) - 1, NOBODY)

    @cached_property
    def who(self) -> list[str]:
        """Names of all who answer: the agents, then the bots."""
        return [*(agent.agent_id for agent in self.plan.agents), *self.bots]

    @cached_property
    def teams_of_who(self) -> Integers:
        """Per name in `who`: the team's place; −1 for bots."""
        return np.array(
            [*(a.team for a in self.plan.agents), *(-1 for _ in self.bots)], dtype=np.int64
        )

    # --- draws -------------------------------------------------------------------------------

    def u(self, purpose: str, tickets: Integers) -> Floats:
        """Return uniforms of a purpose for some tickets, whichever of them are asked for."""
        drawn = np.empty(len(tickets))
        request = self.request[tickets]
        if self.workload.key is not None:
            later = self.opening[tickets] - self.first[request]
            return uniforms_at(self.workload.key[request], purpose, later)
        number, later = self.workload.number[request], self.opening[tickets] - self.first[request]
        # A channel's tickets of first contacts are drawn from one stream, of second ones another.
        group = self.ticket_line[tickets] * (1 + int(later.max(initial=0))) + later
        sizes = np.bincount(self.workload.line, minlength=len(self.workload.lines))
        for one in np.flatnonzero(np.bincount(group)).tolist():
            mine = np.flatnonzero(group == one)
            line, place = self.ticket_line[tickets[mine[0]]], int(later[mine[0]])
            name = f"{self.workload.lines[line]}.{purpose}" + (f".{place + 1}" if place else "")
            drawn[mine] = self._stream(name, int(sizes[line]))[number[mine]]
        return drawn

    def _stream(self, name: str, size: int) -> Floats:
        """Return the uniforms of a purpose, which all desks share that meet the workload."""
        key = f"{self.seed}.{self.replication}.{name}"
        drawn: Floats = self.workload.once(
            key, lambda: uniforms(self.seed, self.replication, name, size)
        )
        return drawn
