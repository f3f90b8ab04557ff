"""The support desk as a SimPy model: customers who wait, agents who pull work.

The rules, which hold whatever the kernel does:

1. Time is half-open: a shift is [start, end), a run ends before its horizon.
2. At one instant everything that happens comes first: arrivals, returns, completed tickets,
   shift starts and ends. An agent whose shift ends now takes nothing now.
3. Then waiting tickets are given out, in the order of queue class (channel rank, priority),
   time of queueing, place in the workload; to the agent who is idle longest, then to the
   first in the shift plan.
4. Then patience ends: a customer is served if and only if wait ≤ patience.
5. An agent finishes the ticket in hand after the shift's end, and is on duty until then.
6. A ticket that is solved but not resolved comes back as it is: same ticket, waiting anew,
   with a patience of its own.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from math import inf
from typing import Any

import simpy

from cxlab.sim.clock import Clock, Turn
from cxlab.sim.log import Log, Mark, Records
from cxlab.sim.workload import Workload

__all__ = ["Desk", "run_desk"]

Steps = Generator[simpy.Event, Any, None]
Shifts = Sequence[tuple[float, float]]


@dataclass(slots=True)
class Contact:
    """One contact of a customer, from joining the queue to being solved or giving up."""

    ticket: int
    number: int  # 0 for the first contact of the ticket
    over: simpy.Event  # its value: was it solved?
    waiting: bool = True


@dataclass(slots=True)
class Idle:
    """An agent who waits for work; `next` brings a contact, or None at the shift's end."""

    next: simpy.Event
    shift_end: float
    waiting: bool = True


@dataclass(slots=True)
class Queue:
    """Waiting contacts in order of queue class, time of queueing, place in the workload."""

    heap: list[tuple[int, float, int, Contact]] = field(default_factory=list)

    def join(self, queue_class: int, time: float, contact: Contact) -> None:
        """Put a customer at the end of its class."""
        heappush(self.heap, (queue_class, time, contact.ticket, contact))

    def forget_gone(self) -> None:
        """Drop customers at the head of the queue who have given up."""
        while self.heap and not self.heap[0][3].waiting:
            heappop(self.heap)

    def first(self) -> Contact:
        """Take the customer whose turn it is."""
        contact = heappop(self.heap)[3]
        contact.waiting = False
        return contact


@dataclass(slots=True)
class Bench:
    """Idle agents: longest idle first, then first in the shift plan."""

    heap: list[tuple[float, int, Idle]] = field(default_factory=list)

    def sit(self, time: float, agent: int, idle: Idle) -> None:
        """Let an agent wait for work."""
        heappush(self.heap, (time, agent, idle))

    def forget_gone(self) -> None:
        """Drop agents at the head of the bench who have gone home."""
        while self.heap and not self.heap[0][2].waiting:
            heappop(self.heap)

    def first(self) -> Idle:
        """Take the agent whose turn it is."""
        idle = heappop(self.heap)[2]
        idle.waiting = False
        return idle


class Desk:
    """One desk in one replication: a workload, agents with shifts, a clock and a log."""

    def __init__(self, workload: Workload, shifts: Sequence[Shifts]) -> None:
        self.clock = Clock()
        self.log = Log()
        self.queue = Queue()
        self.bench = Bench()
        self.idle: dict[int, Idle] = {}
        self.dispatching = False
        # Plain lists: the model reads single numbers, for which NumPy is slow.
        self.created = workload.created.tolist()
        self.queue_class = workload.queue_class.tolist()
        self.handling = workload.handling.tolist()
        self.patience = workload.patience.tolist()
        self.final = workload.final.tolist()
        self.return_after = workload.return_after.tolist()
        for agent, spells in enumerate(shifts):
            self.clock.process(self.agent(agent, spells))
        self.clock.process(self.arrivals())

    def arrivals(self) -> Steps:
        """Let every customer begin at the ticket's time of creation."""
        for ticket, time in enumerate(self.created):
            yield self.clock.at(time)
            self.clock.process(self.customer(ticket))

    def customer(self, ticket: int) -> Steps:
        """Get in touch, wait, and come back later while the problem is not resolved."""
        for number, final in enumerate(self.final[ticket]):
            solved = yield self.get_in_touch(ticket, number)
            if final or not solved:
                return
            yield self.clock.timeout(self.return_after[ticket][number])

    def get_in_touch(self, ticket: int, number: int) -> simpy.Event:
        """Join the queue now; the event returned tells how the contact ended."""
        now = self.clock.now
        contact = Contact(ticket, number, self.clock.event())
        self.log.ticket(now, Mark.CONTACT, ticket, number)
        self.queue.join(self.queue_class[ticket], now, contact)
        patience = self.patience[ticket][number]
        if patience != inf:
            self.clock.call(now + patience, Turn.GIVE_UP, partial(self.give_up, contact))
        self.wake_dispatcher()
        return contact.over

    def give_up(self, contact: Contact) -> None:
        """End a customer's wait, unless somebody answered in time."""
        if contact.waiting:
            contact.waiting = False
            self.log.ticket(self.clock.now, Mark.GIVE_UP, contact.ticket, contact.number)
            contact.over.succeed(False)

    def agent(self, agent: int, spells: Shifts) -> Steps:
        """Be on duty in every shift: take a ticket, handle it, take the next."""
        for start, end in spells:
            if start > self.clock.now:
                yield self.clock.at(start)
            if self.clock.now >= end:
                continue  # still at the last ticket of the shift before
            self.log.duty(self.clock.now, Mark.ON_DUTY, agent)
            if end != inf:
                self.clock.call(end, Turn.HAPPEN, partial(self.send_home, agent))
            while self.clock.now < end:
                contact = yield self.next_contact(agent, end)
                if contact is None:
                    break
                yield from self.handle(agent, contact)
            self.log.duty(self.clock.now, Mark.OFF_DUTY, agent)

    def next_contact(self, agent: int, shift_end: float) -> simpy.Event:
        """Sit on the bench; the event returned brings a contact, or None at the shift's end."""
        idle = Idle(self.clock.event(), shift_end)
        self.idle[agent] = idle
        self.bench.sit(self.clock.now, agent, idle)
        self.wake_dispatcher()
        return idle.next

    def send_home(self, agent: int) -> None:
        """End a shift of an agent who has nothing to do (the others finish first)."""
        idle = self.idle.get(agent)
        if idle and idle.waiting and idle.shift_end <= self.clock.now:
            idle.waiting = False
            idle.next.succeed(None)

    def handle(self, agent: int, contact: Contact) -> Steps:
        """Work on a ticket until it is solved."""
        ticket, number = contact.ticket, contact.number
        self.log.ticket(self.clock.now, Mark.ANSWER, ticket, number, agent)
        yield self.clock.timeout(self.handling[ticket][number])
        self.log.ticket(self.clock.now, Mark.SOLVE, ticket, number, agent)
        contact.over.succeed(True)

    def wake_dispatcher(self) -> None:
        """Have tickets given out once everything of this instant has happened.

        Where nobody waits or nobody is idle there is nothing to give out; whoever comes on
        the empty side wakes the dispatcher.
        """
        if not self.dispatching and self.queue.heap and self.bench.heap:
            self.dispatching = True
            self.clock.call(self.clock.now, Turn.DISPATCH, self.dispatch)

    def dispatch(self) -> None:
        """Give waiting tickets to idle agents until one side runs out."""
        self.dispatching = False
        while True:
            self.queue.forget_gone()
            self.bench.forget_gone()
            if not (self.queue.heap and self.bench.heap):
                return
            self.bench.first().next.succeed(self.queue.first())


def run_desk(workload: Workload, shifts: Sequence[Shifts], until: float) -> Records:
    """Run one desk on drawn tickets until just before `until` (seconds) and return its log.

    `shifts` holds, for every agent, half-open shifts in order. Draws nothing.
    """
    desk = Desk(workload, shifts)
    desk.clock.run(until=until)
    return desk.log.records()
