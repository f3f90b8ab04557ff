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

__all__ = ["run_compiled"]

Floats = npt.NDArray[np.float64]
Small = npt.NDArray[np.int32]
Records = npt.NDArray[Any]


def run_compiled(workload: Workload, plan: DeskPlan) -> Outcome:
    """Run one desk on a drawn workload until just before its horizon, compiled by Numba.

    The outcome equals that of `run_desk`, bit by bit. Draws nothing.
    """
    desk = _desk(workload, plan)
    shifts = _Shifts.of(plan)
    rooms = bool(np.isfinite(desk.lines["room"]).any())
    kernel.play(
        desk, *_first_joins(workload, plan), shifts.starts, shifts.starts_of, shifts.ends,
        shifts.ends_of, rooms,
    )  # fmt: skip
    state = desk.state[0]
    handed, duties = desk.handed[: state["handed"]], desk.duties[: state["duties"]]
    contacts, steps = desk.contacts, desk.steps
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


def _first_joins(workload: Workload, plan: DeskPlan) -> tuple[Floats, Small]:
    """Return when requests first need a person, in order of time, and with which contact.

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
    order = np.argsort(at, kind="stable")
    order = order[: np.searchsorted(at[order], np.inf)]
    return at[order], contact[order]


def _desk(workload: Workload, plan: DeskPlan) -> kernel.Desk:
    most = max(line.concurrency for line in plan.lines)
    nobody = np.full((len(plan.teams), most), kernel.NOBODY, dtype=np.int32)
    benches = np.empty(nobody.shape, dtype=kernel.BENCH)
    benches["head"] = benches["tail"] = nobody
    helpers = [line.helpers[tier] for line in plan.lines for tier in range(kernel.TIERS)]
    openings = [line.opening for line in plan.lines if line.opening is not None]
    state = np.zeros(1, dtype=kernel.STATE)
    state["horizon"], state["ageing"] = plan.horizon_s, plan.ageing_s
    return kernel.Desk(
        contacts=_contacts(workload),
        steps=_steps(workload),
        agents=_agents(plan),
        tasks=np.zeros((len(plan.agents), most), dtype=kernel.TASK),
        benches=benches,
        rows=_rows(workload),
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
        **_room_for(
            workload, plan, most, overflows=any(h[1] > 0 for some in helpers for h in some)
        ),
        state=state,
    )


def _room_for(workload: Workload, plan: DeskPlan, most: int, *, overflows: bool) -> dict[str, Any]:
    """Return what fills up during the run, wide enough for the worst case.

    Memory that is never written to is never taken.
    """
    m, s = len(workload.patience), len(workload.work)
    ends = sum(len(agent.shifts) for agent in plan.agents)
    helpers = max((len(some) for line in plan.lines for some in line.helpers), default=0)
    later = m - len(workload) + (helpers * (s + ends * most) if overflows else 0)

    def heap(size: int) -> kernel.Heap:
        return kernel.Heap(
            np.empty(size + 1), np.empty(size + 1, dtype=np.int32), np.zeros(1, dtype=np.int64)
        )

    return {
        "later": heap(later),
        "limits": heap(m),
        "joined": np.empty(m + 1, dtype=np.int32),
        "handed": np.empty((ends * most + 1, 4)),
        "duties": np.empty((ends + len(plan.agents) + 1, 3)),
    }


def _contacts(workload: Workload) -> Records:
    contacts = np.zeros(len(workload.patience), dtype=kernel.CONTACT)
    for name in ("patience", "return_after", "redial_after", "leaves_number", "request"):
        contacts[name] = getattr(workload, name)
    contacts["first_step"], contacts["end_step"] = workload.first_step[:-1], workload.first_step[1:]
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


def _rows(workload: Workload) -> Records:
    """Return the queue rows: (line × TIERS + tier) × PRIORITIES + priority."""
    size = kernel.TIERS * kernel.PRIORITIES
    rows = np.zeros(len(workload.lines) * size, dtype=kernel.ROW)
    place = np.arange(len(rows))
    rows["line"], rows["queue"] = place // size, place // kernel.PRIORITIES
    rows["head"] = rows["tail"] = kernel.NOBODY
    # Of one channel all classes of a priority are the same: (rank − 1) × PRIORITIES + priority.
    own = (workload.line.astype(np.int64) * kernel.TIERS * kernel.PRIORITIES) + (
        workload.queue_class % kernel.PRIORITIES
    )
    for tier in range(kernel.TIERS):
        rows["queue_class"][own + tier * kernel.PRIORITIES] = workload.queue_class
    return rows


@dataclass(frozen=True, slots=True)
class _Shifts:
    """All shift starts and ends in order of time, and whose they are."""

    starts: Floats
    starts_of: Small
    ends: Floats
    ends_of: Small

    @classmethod
    def of(cls, plan: DeskPlan) -> _Shifts:
        who = np.repeat(np.arange(len(plan.agents), dtype=np.int32),
                        [len(agent.shifts) for agent in plan.agents])  # fmt: skip
        pairs = [pair for agent in plan.agents for pair in agent.shifts]
        starts, ends = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
        first, last = np.argsort(starts, kind="stable"), np.argsort(ends, kind="stable")
        return cls(starts[first], who[first], ends[last], who[last])
