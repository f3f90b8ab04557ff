"""The compiled engine: plays the rules of `cxlab.sim.desk` on the same draws, to the last bit.

The SimPy model is the specification; nothing is decided here that does not stand there. What is
done differently: everything of one instant is handled on the spot, in the order of `Turn`,
without an event for each; an agent's next completion is one entry of a heap that moves; queues
and benches are linked lists, which keep their order because time does not run backwards; a
customer who is served at once has no timer. No number is computed in another order than there,
and nothing is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cxlab.sim import kernel
from cxlab.sim.outcome import Outcome
from cxlab.sim.plan import DeskPlan
from cxlab.sim.workload import Workload

__all__ = ["CompiledDesk", "first_joins", "run_compiled"]

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.int32]
Records = npt.NDArray[Any]


def run_compiled(workload: Workload, plan: DeskPlan) -> Outcome:
    """Run one desk on a drawn workload until just before its horizon, compiled by Numba.

    The outcome equals that of `run_desk`, bit by bit. Draws nothing.
    """
    desk = CompiledDesk(plan, len(workload.lines))
    desk.add(workload)
    at, contact = first_joins(workload, plan)
    order = np.argsort(at, kind="stable")
    order = order[: np.searchsorted(at[order], np.inf)]
    desk.advance(at[order], contact[order], plan.horizon_s)
    return desk.outcome()


class CompiledDesk:
    """A desk that is played on from time to time, and to which requests may be added meanwhile.

    Contacts and steps of requests added later stand behind those of the earlier ones.
    """

    def __init__(self, plan: DeskPlan, lines: int) -> None:
        self.plan = plan
        self.contacts, self.steps = 0, 0
        self._requests = 0
        self._shifts = _Shifts.of(plan)
        self._rooms = any(np.isfinite(line.room) for line in plan.lines)
        self._desk = _desk(plan, lines)

    @property
    def records(self) -> tuple[Records, Records]:
        """The contacts and the steps, as they stand."""
        return self._desk.contacts[: self.contacts], self._desk.steps[: self.steps]

    def add(self, workload: Workload) -> None:
        """Add requests that may come from now on."""
        m, s = len(workload.patience), len(workload.work)
        self._grow(m, s, workload)
        desk = self._desk
        before = (self._requests, self.steps)
        desk.contacts[self.contacts : self.contacts + m] = workload.once(
            f"contacts {before}", lambda: _contacts(workload, *before)
        )
        desk.steps[self.steps : self.steps + s] = workload.once("steps", lambda: _steps(workload))
        _name_classes(desk.rows, workload)
        self._requests, self.contacts, self.steps = (
            self._requests + len(workload), self.contacts + m, self.steps + s,
        )  # fmt: skip

    def _grow(self, m: int, s: int, workload: Workload) -> None:
        """Make room for more contacts and steps; memory that is never written to is not taken."""
        desk, need = self._desk, self.contacts + m
        more: dict[str, Any] = {}
        if need > len(desk.contacts):
            size = need if not self.contacts else 2 * need
            more["contacts"] = _wider(desk.contacts, self.contacts, size)
            more["limits"] = _wider_heap(desk.limits, size)
            more["joined"] = np.empty(size + 1, dtype=np.int32)
        if self.steps + s > len(desk.steps):
            size = self.steps + s if not self.steps else 2 * (self.steps + s)
            more["steps"] = _wider(desk.steps, self.steps, size)
        if more:
            grown = desk._replace(**more)
            later = len(grown.contacts) + self._overflows(len(grown.steps))
            self._desk = grown._replace(later=_wider_heap(desk.later, later))

    def _overflows(self, steps: int) -> int:
        """Return how often at most the dispatcher is woken for helpers."""
        helpers = [some for line in self.plan.lines for some in line.helpers]
        if not any(after > 0 for some in helpers for _, after in some):
            return 0
        ends = sum(len(agent.shifts) for agent in self.plan.agents)
        return max(map(len, helpers)) * (steps + ends * int(self._desk.tasks.shape[1]))

    def advance(self, joins: Floats, contacts: Small, until: float) -> None:
        """Play on to just before a time; in it, contacts first need a person when `joins` says."""
        shifts = self._shifts
        starts, starts_of, ends, ends_of = shifts.next(until)
        kernel.play(
            self._desk, joins, contacts, starts, starts_of, ends, ends_of, self._rooms, until
        )

    def outcome(self) -> Outcome:
        """Return everything that happened so far."""
        state = self._desk.state[0]
        handed = self._desk.handed[: state["handed"]]
        duties = self._desk.duties[: state["duties"]]
        contacts, steps = self.records
        columns = {name: steps[name].copy() for name in kernel.STEP.names or () if name != "work"}
        columns |= {name: contacts[name].copy() for name in ("joined", "left", "exit")}
        return Outcome(
            **columns,
            handed_step=handed[:, 0].astype(np.int32),
            handed_agent=handed[:, 1].astype(np.int32),
            handed_start=handed[:, 2],
            handed_end=handed[:, 3],
            duty_agent=duties[:, 0].astype(np.int32),
            duty_start=duties[:, 1],
            duty_end=duties[:, 2],
        ).sorted()


def first_joins(workload: Workload, plan: DeskPlan) -> tuple[Floats, Small]:
    """Return per request when it first needs a person (inf for never), and with which contact.

    That is at the creation, or when the bot hands over; where the bot's answer was wrong, when
    the customer is back. Requests that the bot settles never do.
    """
    at, contact = workload.created, workload.first_contact[:-1].astype(np.int32)
    if np.isnan(workload.bot_s).all():
        return at, contact
    bot = np.flatnonzero(~np.isnan(workload.bot_s))
    at = at.copy()
    at[bot] += workload.bot_s[bot]
    settled = np.flatnonzero(workload.contained)
    at[settled] += workload.return_after[contact[settled]]
    for request in settled[np.isfinite(at[settled])].tolist():
        opening = plan.lines[workload.line[request]].opening
        if opening is not None:
            at[request] = opening.calls_at(float(at[request]))
    contact[settled] += 1
    return at, contact


def _desk(plan: DeskPlan, lines: int) -> kernel.Desk:
    """Return a desk without requests."""
    most = max(line.concurrency for line in plan.lines)
    nobody = np.full((len(plan.teams), most), kernel.NOBODY, dtype=np.int32)
    benches = np.empty(nobody.shape, dtype=kernel.BENCH)
    benches["head"] = benches["tail"] = nobody
    helpers = [line.helpers[tier] for line in plan.lines for tier in range(kernel.TIERS)]
    openings = [line.opening for line in plan.lines if line.opening is not None]
    state = np.zeros(1, dtype=kernel.STATE)
    state["horizon"], state["ageing"] = plan.horizon_s, plan.ageing_s
    ends = sum(len(agent.shifts) for agent in plan.agents)
    return kernel.Desk(
        contacts=np.empty(0, dtype=kernel.CONTACT),
        steps=np.empty(0, dtype=kernel.STEP),
        agents=_agents(plan),
        tasks=np.zeros((len(plan.agents), most), dtype=kernel.TASK),
        benches=benches,
        rows=_rows(lines),
        lines=_lines(plan),
        helpers=np.array(
            [(after, team) for some in helpers for team, after in some], dtype=kernel.HELPER
        ),
        helper_start=np.cumsum([0, *(len(some) for some in helpers)]),
        openings=np.array(
            [pair for o in openings for pair in zip(o.opens, o.closes, strict=True)],
            dtype=kernel.OPENING,
        ),
        busy=np.zeros(len(plan.agents), dtype=np.int32),
        later=_heap(0),
        limits=_heap(0),
        joined=np.empty(1, dtype=np.int32),
        handed=np.empty((ends * most + 1, 4)),
        duties=np.empty((ends + len(plan.agents) + 1, 3)),
        state=state,
    )


def _heap(size: int) -> kernel.Heap:
    return kernel.Heap(
        np.empty(size + 1), np.empty(size + 1, dtype=np.int32), np.zeros(1, dtype=np.int64)
    )


def _wider_heap(heap: kernel.Heap, size: int) -> kernel.Heap:
    wider, used = _heap(size), int(heap.size[0])
    wider.times[:used], wider.whats[:used] = heap.times[:used], heap.whats[:used]
    wider.size[0] = used
    return wider


def _wider(records: Records, used: int, size: int) -> Records:
    wider = np.empty(size, dtype=records.dtype)
    wider[:used] = records[:used]
    return wider


def _contacts(workload: Workload, requests: int, steps: int) -> Records:
    """Return the contacts of requests that stand behind so many other requests and steps."""
    contacts = np.zeros(len(workload.patience), dtype=kernel.CONTACT)
    for name in ("patience", "return_after", "redial_after", "leaves_number"):
        contacts[name] = getattr(workload, name)
    contacts["request"] = workload.request + requests
    contacts["first_step"] = workload.first_step[:-1] + steps
    contacts["end_step"] = workload.first_step[1:] + steps
    for name in ("line", "queue_class"):
        contacts[name] = getattr(workload, name)[workload.request]
    contacts["joined"] = contacts["left"] = np.nan
    return contacts


def _steps(workload: Workload) -> Records:
    steps = np.zeros(len(workload.work), dtype=kernel.STEP)
    steps["work"] = workload.work
    for name in ("queued", "answered", "resumed", "ended"):
        steps[name] = np.nan
    steps["first_agent"] = steps["agent"] = kernel.NOBODY
    return steps


def _agents(plan: DeskPlan) -> Records:
    agents = np.zeros(len(plan.agents), dtype=kernel.AGENT)
    for name in ("team", "speed", "hired_s", "ramp_s", "ramp_speed"):
        agents[name] = [getattr(agent, name) for agent in plan.agents]
    agents["done"] = np.inf
    agents["seat"] = agents["busy_place"] = kernel.NOBODY
    return agents


def _lines(plan: DeskPlan) -> Records:
    lines = np.zeros(len(plan.lines), dtype=kernel.LINE)
    for name in ("slowdown", "room", "concurrency", "hand_back"):
        lines[name] = [getattr(line, name) for line in plan.lines]
    lines["openings"] = [0 if x.opening is None else len(x.opening.opens) for x in plan.lines]
    lines["opening"] = np.cumsum([0, *lines["openings"][:-1]])
    return lines


def _rows(lines: int) -> Records:
    """Return the queue rows: (line × TIERS + tier) × PRIORITIES + priority."""
    size = kernel.TIERS * kernel.PRIORITIES
    rows = np.zeros(lines * size, dtype=kernel.ROW)
    place = np.arange(len(rows))
    rows["line"], rows["queue"] = place // size, place // kernel.PRIORITIES
    rows["head"] = rows["tail"] = kernel.NOBODY
    return rows


def _name_classes(rows: Records, workload: Workload) -> None:
    """Tell the queue rows their class.

    Of one channel all classes of a priority are the same: (rank − 1) × PRIORITIES + priority.
    """
    own = (workload.line.astype(np.int64) * kernel.TIERS * kernel.PRIORITIES) + (
        workload.queue_class % kernel.PRIORITIES
    )
    for tier in range(kernel.TIERS):
        rows["queue_class"][own + tier * kernel.PRIORITIES] = workload.queue_class


@dataclass(slots=True)
class _Shifts:
    """All shift starts and ends in order of time, whose they are, and how many are past."""

    starts: Floats
    starts_of: Small
    ends: Floats
    ends_of: Small
    started: int = 0
    ended: int = 0

    def next(self, until: float) -> tuple[Floats, Small, Floats, Small]:
        """Return the starts and ends before a time that were not returned yet."""
        first, last = self.started, self.ended
        self.started = int(np.searchsorted(self.starts, until))
        self.ended = int(np.searchsorted(self.ends, until))
        return (
            self.starts[first : self.started], self.starts_of[first : self.started],
            self.ends[last : self.ended], self.ends_of[last : self.ended],
        )  # fmt: skip

    @classmethod
    def of(cls, plan: DeskPlan) -> _Shifts:
        who = np.repeat(np.arange(len(plan.agents), dtype=np.int32),
                        [len(agent.shifts) for agent in plan.agents])  # fmt: skip
        pairs = [pair for agent in plan.agents for pair in agent.shifts]
        starts, ends = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
        first, last = np.argsort(starts, kind="stable"), np.argsort(ends, kind="stable")
        return cls(starts[first], who[first], ends[last], who[last])
