"""The support desk as a SimPy model: customers who wait, agents who pull work.

The rules, which hold whatever the kernel does:

1. Time is half-open: a shift is [start, end), a run ends before its horizon.
2. At one instant shifts start first, then comes what happens by itself: arrivals, returns,
   completed work. Then shifts end: an agent whose shift ends now takes nothing now.
3. Then waiting contacts are given out, in the order of queue class (channel rank, priority),
   time of queueing, place in the workload. With ageing the order is that of time of queueing +
   class × ageing. A contact goes to the first team, in the plan's order for its channel and
   tier, that has a free agent with its skill and may take it already; in the team to the agent
   with the fewest contacts in hand, then to who is unchanged longest, then to the first in plan.
4. Then a full room turns away who joined now and still waits, the last in order first.
5. Then patience ends: a customer is served if and only if wait ≤ patience. Some leave a number
   instead of giving up, and keep their place for as long as it takes.
6. An agent holds one contact, or several whose channels allow it, never more than any of these
   channels allows. Each lasts 1 + slowdown × (contacts in hand − 1) times as long.
7. At a shift's end agents finish what they have in hand, and are on duty until then, or hand it
   back: it waits at its old place in the queue, with what is left of its work.
8. What is passed on waits at the next tier, patiently. What is solved but not resolved comes
   back, and so do some who gave up: a contact more, waiting anew with a patience of its own.
   Where a closed channel turns customers away, they come in the first hour of the next opening.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from math import inf, isnan
from typing import Any

import simpy

from cxlab.sim.clock import Clock, Turn
from cxlab.sim.outcome import Exit, Outcome
from cxlab.sim.plan import DeskPlan
from cxlab.sim.recorder import Recorder
from cxlab.sim.roster import AgentPlan
from cxlab.sim.workload import Workload

__all__ = ["Desk", "run_desk"]

Steps = Generator[simpy.Event, Any, None]


@dataclass(slots=True, eq=False)
class Contact:
    """One contact of a customer, from joining the queue to its end; it waits, or it does not."""

    request: int
    number: int  # its row in the workload
    line: int
    tier: int = 0
    queued: float = 0.0
    waiting: bool = False
    answered: bool = False
    inside: bool = False  # takes a place in the waiting room


@dataclass(slots=True, eq=False)
class Task:
    """What an agent has in hand: a contact, and the work left, in seconds of this agent."""

    contact: Contact
    step: int
    left: float
    since: float


@dataclass(slots=True)
class Queue:
    """The contacts of one channel, tier and class that wait, in order.

    Every class has a queue of its own: whom nobody may take yet must not stand in the way of a
    contact of another class that waited long enough for the helpers.
    """

    line: int
    tier: int
    helpers: frozenset[int]  # the teams that may take its contacts, some of them later
    heap: list[tuple[float, float, int, Contact]] = field(default_factory=list)

    def head(self) -> tuple[float, float, int, Contact] | None:
        """Return whose turn it is; who has left since is forgotten."""
        while self.heap and not self.heap[0][3].waiting:
            heappop(self.heap)
        return self.heap[0] if self.heap else None


class Agent:
    """One agent: on duty or not, with tasks in hand, working as fast as the hands are full."""

    def __init__(self, desk: Desk, place: int, plan: AgentPlan) -> None:
        self.desk, self.place, self.plan = desk, place, plan
        self.on_duty = False
        self.tasks: list[Task] = []
        self.changed = 0.0  # when the hands were last filled or emptied, or the shift began
        self.settled = 0.0
        self.version = 0
        self.seat: tuple[float, int] | None = None
        self.seated_with = 0

    def shifts(self) -> Steps:
        """Come to every shift and leave at its end."""
        clock = self.desk.clock
        for start, end in self.plan.shifts:
            yield clock.at(start, Turn.COME)
            self.come()
            yield clock.at(end, Turn.LEAVE)
            self.leave()

    def come(self) -> None:
        """Begin a shift; who still works at the last one's task simply goes on."""
        if not self.tasks:
            self.desk.record.comes(self.place, self.desk.clock.now)
        self.on_duty = True
        self.changed = self.desk.clock.now
        self.sit()

    def leave(self) -> None:
        """End a shift: hand back what may be handed back, finish the rest."""
        self.on_duty = False
        self.stand()
        back = [t for t in self.tasks if self.desk.plan.lines[t.contact.line].hand_back]
        if back:
            self.settle()
            for task in back:
                self.tasks.remove(task)
                self.desk.hand_back(self, task)
            self.go_on()
        self.go_home()

    def go_home(self) -> None:
        """End the duty once the hands are empty."""
        if not self.on_duty and not self.tasks:
            self.desk.record.leaves(self.place, self.desk.clock.now)

    def speed(self) -> float:
        """Return how fast the agent works now."""
        plan = self.plan
        if not plan.ramp_s:
            return plan.speed
        share = (self.desk.clock.now - plan.hired_s) / plan.ramp_s
        return (
            plan.speed if share >= 1 else plan.ramp_speed + (plan.speed - plan.ramp_speed) * share
        )

    def most(self) -> int:
        """Return how many contacts the channels in hand allow at once."""
        lines = self.desk.plan.lines
        return min((lines[task.contact.line].concurrency for task in self.tasks), default=1)

    def take(self, contact: Contact, step: int) -> None:
        """Begin to work on a contact."""
        self.stand()
        self.settle()
        now = self.desk.clock.now
        self.tasks.append(Task(contact, step, self.desk.work[step] / self.speed(), now))
        self.changed = now
        self.go_on()
        self.sit()

    def pace(self, task: Task) -> float:
        """Return how many seconds a second of work takes."""
        return 1.0 + self.desk.plan.lines[task.contact.line].slowdown * (len(self.tasks) - 1)

    def settle(self) -> None:
        """Take off what was done since the hands last changed."""
        now = self.desk.clock.now
        for task in self.tasks:
            task.left = max(task.left - (now - self.settled) / self.pace(task), 0.0)
        self.settled = now

    def go_on(self) -> None:
        """Work on; the task that will be done first says when."""
        self.version += 1
        if self.tasks:
            first, lasts = self.tasks[0], self.tasks[0].left
            if len(self.tasks) > 1:
                first = min(self.tasks, key=lambda task: task.left * self.pace(task))
                lasts = first.left * self.pace(first)
            done = self.desk.clock.now + lasts
            self.desk.clock.call(done, Turn.HAPPEN, partial(self.finish, first, self.version))

    def finish(self, task: Task, version: int, _: simpy.Event) -> None:
        """Be done with a task, unless the hands changed since this was foreseen."""
        if version != self.version:
            return
        self.stand()
        if len(self.tasks) > 1:
            self.settle()
        self.tasks.remove(task)
        self.changed = self.desk.clock.now
        self.go_on()
        self.desk.done(task)
        self.sit()
        self.go_home()

    def sit(self) -> None:
        """Be there for work, if there is a hand free."""
        held = len(self.tasks)
        if self.on_duty and (held == 0 or held < self.most()):
            self.seat, self.seated_with = (self.changed, self.place), held
            insort(self.desk.bench[self.plan.team][held], self.seat)
            self.desk.seated += 1
            if any(self.plan.team in queue.helpers for queue in self.desk.lined_up):
                self.desk.wake_dispatcher()

    def stand(self) -> None:
        """No longer be there for work."""
        if self.seat is not None:
            seats = self.desk.bench[self.plan.team][self.seated_with]
            del seats[bisect_left(seats, self.seat)]
            self.desk.seated -= 1
            self.seat = None


class Desk:
    """One desk in one replication: a plan, a clock, a record, and requests that are expected."""

    def __init__(self, plan: DeskPlan, clock: Clock | None = None) -> None:
        self.clock, self.plan = Clock() if clock is None else clock, plan
        self.record = Recorder()
        # Plain lists: the model reads single numbers, for which NumPy is slow.
        self.line: list[int] = []
        self.queue_class: list[int] = []
        self.first_step: list[int] = [0]
        self.work: list[float] = []
        self.patience: list[float] = []
        self.return_after: list[float] = []
        self.redial_after: list[float] = []
        self.leaves_number: list[bool] = []
        self.created: list[float] = []
        self.first_contact: list[int] = [0]
        self.bot_s: list[float] = []
        self.contained: list[bool] = []
        self.queues: dict[tuple[int, int, int], Queue] = {}  # by channel, tier and class
        self.lined_up: list[Queue] = []  # those in which somebody waits, or waited
        most = max(line.concurrency for line in plan.lines)
        self.bench: list[list[list[tuple[float, int]]]] = [
            [[] for _ in range(most)] for _ in plan.teams
        ]
        self.joined_now: list[list[Contact]] = [[] for _ in plan.lines]
        self.inside = [0] * len(plan.lines)
        self.dispatching = False
        self.hopeful: list[Contact] = []  # joined now, and may be answered at once
        self.seated = 0
        self.agents = [Agent(self, place, agent) for place, agent in enumerate(plan.agents)]
        for agent in self.agents:
            self.clock.process(agent.shifts())

    def expect(self, workload: Workload, comes: Callable[[int], bool] | None = None) -> None:
        """Let customers begin at their requests' times; `comes` says then whether one does."""
        first = len(self.created)
        for name in ("line", "queue_class", "created", "bot_s", "contained", "work", "patience",
                     "return_after", "redial_after", "leaves_number"):  # fmt: skip
            getattr(self, name).extend(getattr(workload, name).tolist())
        for name in ("first_contact", "first_step"):
            ends = getattr(self, name)
            ends.extend((getattr(workload, name)[1:] + ends[-1]).tolist())
        self.record.expect(workload)
        self.clock.process(self.arrivals(first, len(self.created), comes))

    def arrivals(self, first: int, last: int, comes: Callable[[int], bool] | None) -> Steps:
        """Let customers begin at their requests' times of creation."""
        for request in range(first, last):
            yield self.clock.at(self.created[request])
            if comes is not None and not comes(request):
                continue
            if isnan(self.bot_s[request]):
                self.get_in_touch(request, self.first_contact[request])
            else:
                self.clock.process(self.meets_bot(request, self.first_contact[request]))

    def meets_bot(self, request: int, number: int) -> Steps:
        """Be answered by the bot: it settles the request, rightly or not, or hands over."""
        yield self.clock.at(self.clock.now + self.bot_s[request])
        if self.contained[request]:
            self.may_come_back(request, number, self.return_after[number])
        else:
            self.get_in_touch(request, number)

    def may_come_back(self, request: int, number: int, pause: float) -> None:
        """Let a customer come back after a pause; for ever is never."""
        if pause != inf:
            self.clock.process(self.comes_back(request, number, pause))

    def comes_back(self, request: int, number: int, pause: float) -> Steps:
        """Get in touch once more."""
        again = self.clock.now + pause
        opening = self.plan.lines[self.line[request]].opening
        yield self.clock.at(again if opening is None else opening.calls_at(again))
        self.get_in_touch(request, number + 1)

    def get_in_touch(self, request: int, number: int) -> None:
        """Need a person: join the queue now."""
        now = self.clock.now
        contact = Contact(request, number, self.line[request])
        self.record.joins(number, now)
        line = self.plan.lines[contact.line]
        if line.opening is not None and not line.opening.is_open(now):
            self.goes(contact, Exit.TURNED_AWAY)
            return
        contact.inside = True
        self.inside[contact.line] += 1
        if line.room != inf:
            if not self.joined_now[contact.line]:
                self.clock.call(now, Turn.TURN_AWAY, partial(self.turn_away, contact.line))
            self.joined_now[contact.line].append(contact)
        self.wait(contact, 0, now)
        if self.dispatching:
            self.hopeful.append(contact)
        else:
            self.limit(contact)

    def limit(self, contact: Contact) -> None:
        """Let patience end some time."""
        patience = self.patience[contact.number]
        if contact.waiting and patience != inf:
            end = contact.queued + patience
            self.clock.call(end, Turn.GIVE_UP, partial(self.lose_patience, contact))

    def wait(self, contact: Contact, tier: int, queued: float) -> None:
        """Put a contact into the queue of its channel and a tier."""
        contact.tier, contact.queued, contact.waiting = tier, queued, True
        queue = self.queue_of(contact)
        queue_class = self.queue_class[contact.request]
        first = queued + queue_class * self.plan.ageing_s if self.plan.ageing_s else queue_class
        if not queue.heap:
            self.lined_up.append(queue)
        heappush(queue.heap, (first, queued, contact.request, contact))
        for _, after in self.plan.lines[contact.line].helpers[tier]:
            if after > 0 and queued + after >= self.clock.now:
                self.clock.call(queued + after, Turn.HAPPEN, self.wake_dispatcher)
        if self.free_agent(queue, queued) is not None:
            self.wake_dispatcher()

    def queue_of(self, contact: Contact) -> Queue:
        """Return the queue in which a contact waits at its tier."""
        place = contact.line, contact.tier, self.queue_class[contact.request]
        if place not in self.queues:
            helpers = self.plan.lines[contact.line].helpers[contact.tier]
            teams = frozenset(team for team, _ in helpers)
            self.queues[place] = Queue(contact.line, contact.tier, teams)
        return self.queues[place]

    def lose_patience(self, contact: Contact, _: simpy.Event) -> None:
        """End a customer's patience, unless somebody answered in time."""
        if contact.answered or not contact.waiting:
            return
        if self.leaves_number[contact.number]:
            self.leave_room(contact)
        else:
            self.goes(contact, Exit.GAVE_UP)

    def turn_away(self, line: int, _: simpy.Event) -> None:
        """Keep no more waiting than the room holds; who is inside already may stay."""
        late = [contact for contact in self.joined_now[line] if contact.inside]
        self.joined_now[line].clear()
        late.sort(key=lambda c: (self.queue_class[c.request], c.request))
        while late and self.inside[line] > self.plan.lines[line].room:
            self.goes(late.pop(), Exit.TURNED_AWAY)

    def leave_room(self, contact: Contact) -> None:
        """Free the place in the waiting room."""
        if contact.inside:
            contact.inside = False
            self.inside[contact.line] -= 1

    def goes(self, contact: Contact, exit: Exit) -> None:
        """Let a customer leave unanswered."""
        contact.waiting = False
        self.leave_room(contact)
        self.record.goes(contact.number, exit, self.clock.now)
        self.may_come_back(contact.request, contact.number, self.redial_after[contact.number])

    def done(self, task: Task) -> None:
        """Pass a contact on to the next tier, or tell the customer that it is solved."""
        contact = task.contact
        self.record.ends(task.step, self.clock.now)
        if task.step + 1 < self.first_step[contact.number + 1]:
            self.record.queues(task.step + 1, self.clock.now)
            self.wait(contact, contact.tier + 1, self.clock.now)
        else:
            pause = self.return_after[contact.number]
            self.may_come_back(contact.request, contact.number, pause)

    def hand_back(self, agent: Agent, task: Task) -> None:
        """Let a contact wait at its old place, with what is left of its work."""
        self.record.hands_back(task.step, agent.place, task.since, self.clock.now)
        self.work[task.step] = task.left * agent.speed()
        self.wait(task.contact, task.contact.tier, task.contact.queued)

    def wake_dispatcher(self, _: simpy.Event | None = None) -> None:
        """Have contacts given out once everything of this instant has happened.

        Whoever comes wakes the dispatcher, if somebody is there on the other side.
        """
        if not self.dispatching:
            self.dispatching = True
            self.clock.call(self.clock.now, Turn.DISPATCH, self.dispatch)

    def dispatch(self, _: simpy.Event) -> None:
        """Give waiting contacts to free agents until none fits another."""
        self.dispatching = False
        while self.seated:
            best: tuple[float, float, int, Contact] | None = None
            chosen: tuple[Queue, Agent] | None = None
            for queue in self.lined_up[:]:
                head = queue.head()
                if head is None:
                    self.lined_up.remove(queue)
                elif best is None or head[:3] < best[:3]:
                    agent = self.free_agent(queue, head[1])
                    if agent is not None:
                        best, chosen = head, (queue, agent)
            if best is None or chosen is None:
                break
            self.answer(best[3], *chosen)
        for contact in self.hopeful:
            self.limit(contact)
        self.hopeful.clear()

    def free_agent(self, queue: Queue, queued: float) -> Agent | None:
        """Return who takes the contact at the head of a queue; None when nobody can."""
        line = self.plan.lines[queue.line]
        for team, after in line.helpers[queue.tier]:
            if after > 0 and self.clock.now < queued + after:
                continue
            for seats in self.bench[team][: line.concurrency]:
                if seats:
                    return self.agents[seats[0][1]]
        return None

    def answer(self, contact: Contact, queue: Queue, agent: Agent) -> None:
        """Let an agent take a contact."""
        heappop(queue.heap)
        if not queue.heap:
            self.lined_up.remove(queue)
        contact.waiting, contact.answered = False, True
        self.leave_room(contact)
        step = self.first_step[contact.number] + contact.tier
        self.record.answers(step, agent.place, self.clock.now)
        agent.take(contact, step)


def run_desk(workload: Workload, plan: DeskPlan) -> Outcome:
    """Run one desk on a drawn workload until just before its horizon, in SimPy.

    Draws nothing: the same workload and plan give the same outcome, to the last bit.
    """
    desk = Desk(plan)
    desk.expect(workload)
    desk.clock.run_until(plan.horizon_s)
    return desk.record.outcome()
