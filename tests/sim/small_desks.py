"""Small desks for the tests: a workload written by hand, agents on shifts, what happened in order.

Everything is played by both engines, which have to agree to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from cxlab.scenario import Scenario
from cxlab.sim.compiled import run_compiled
from cxlab.sim.desk import run_desk
from cxlab.sim.outcome import Exit, Outcome
from cxlab.sim.plan import DeskPlan, LinePlan, desk_plan
from cxlab.sim.roster import AgentPlan
from cxlab.sim.tables import record
from cxlab.sim.view import View
from cxlab.sim.workload import Workload

INF = float("inf")
ALWAYS = ((0.0, INF),)
PRIORITIES = 4


@dataclass(frozen=True)
class T:
    """A ticket: created, handling (one number per contact; a tuple in it: one per tier)."""

    created: float
    handling: float | Sequence[float | Sequence[float]]
    patience: float | Sequence[float] = INF
    queue_class: int = 0
    back_after: Sequence[float] = field(default=())  # one return per number
    redial_after: Sequence[float] = field(default=())  # the same for giving up
    leaves_number: bool = False
    line: int = 0
    bot: float = float("nan")
    contained: bool = False

    @property
    def contacts(self) -> list[list[float]]:
        """Work of each contact's steps."""
        given = [self.handling] if np.isscalar(self.handling) else list(self.handling)  # type: ignore[arg-type]
        n = 1 + max(len(self.back_after), len(self.redial_after))
        given += [1.0] * (n - len(given))
        return [[float(w)] if np.isscalar(w) else [float(x) for x in w] for w in given]  # type: ignore[union-attr, arg-type]


def workload(tickets: Sequence[T], lines: Sequence[str] = ("chat",)) -> Workload:
    """Return the workload of tickets given in order of creation."""
    n = len(tickets)
    works = [work for t in tickets for work in t.contacts]
    sizes = [len(t.contacts) for t in tickets]

    def padded(values: Sequence[float], size: int) -> list[float]:
        return [*values, *[INF] * (size - len(values))]

    patience = [
        p
        for t, size in zip(tickets, sizes, strict=True)
        for p in np.resize(np.asarray(t.patience, dtype=float), size).tolist()
    ]
    back = [b for t, size in zip(tickets, sizes, strict=True) for b in padded(t.back_after, size)]
    redial = [
        b for t, size in zip(tickets, sizes, strict=True) for b in padded(t.redial_after, size)
    ]
    line = np.array([t.line for t in tickets], dtype=np.int32)
    rank = np.array([t.queue_class for t in tickets], dtype=np.int32)
    return Workload(
        created=np.array([t.created for t in tickets], dtype=float),
        line=line,
        number=np.arange(n),
        priority=np.full(n, 2, dtype=np.int32),
        queue_class=rank,
        topic=np.full(n, -1, dtype=np.int32),
        customer=np.zeros(n, dtype=np.int64),
        bot_s=np.array([t.bot for t in tickets], dtype=float),
        contained=np.array([t.contained for t in tickets], dtype=bool),
        first_contact=np.cumsum([0, *sizes]),
        patience=np.array(patience, dtype=float),
        final=~np.isfinite(np.array(back, dtype=float)),
        return_after=np.array(back, dtype=float),
        redial_after=np.array(redial, dtype=float),
        leaves_number=np.repeat(np.array([t.leaves_number for t in tickets], dtype=bool), sizes),
        first_step=np.cumsum([0, *(len(work) for work in works)]),
        work=np.array([w for work in works for w in work], dtype=float),
        lines=tuple(lines),
    )


def desk(
    shifts: Sequence[Any] = (ALWAYS,), until: float = INF, *, teams: Sequence[int] | None = None,
    lines: Sequence[LinePlan] | None = None, agents: Sequence[dict[str, Any]] = (), **more: Any,
) -> DeskPlan:  # fmt: skip
    """Return the plan of a small desk; without `lines` one team does everything of one channel."""
    places = teams or [0] * len(shifts)
    people = [AgentPlan(f"agent-{i + 1:03d}", team, tuple(spells))
              for i, (team, spells) in enumerate(zip(places, shifts, strict=True))]  # fmt: skip
    people = [
        replace(one, **(agents[i] if i < len(agents) else {})) for i, one in enumerate(people)
    ]
    names = tuple(f"team{i}" for i in range(max([0, *places]) + 1))
    return DeskPlan(tuple(lines or [line()]), tuple(people), until, teams=names, **more)


def line(*helpers: Sequence[tuple[int, float]], **more: Any) -> LinePlan:
    """Return a channel whose tiers may be taken by the given (team, after); else by team 0."""
    given = [tuple(some) for some in helpers] or [((0, 0.0),)]
    given += [((0, 0.0),)] * (3 - len(given))
    return LinePlan(tuple(given), **more)


def play(work: Workload, plan: DeskPlan) -> Outcome:
    """Play a workload with both engines; they must agree to the last bit."""
    first, second = run_desk(work, plan), run_compiled(work, plan)
    assert first.differences(second) == []
    return first


def fifo(arrivals: Any, handling: Any, patience: Any) -> Workload:
    """Return the workload of one class of customers who come once."""
    columns = (np.asarray(c, dtype=float).tolist() for c in (arrivals, handling, patience))
    return workload([T(*row) for row in zip(*columns, strict=True)])


ORDER = ("CONTACT", "SOLVE", "PASS", "BACK", "ANSWER", "TURNED_AWAY", "GIVE_UP")


def happenings(work: Workload, out: Outcome) -> list[tuple[float, str, int, int]]:
    """Return (time, what, ticket, agent) in order of time; at one instant in that of ORDER."""
    rows: list[tuple[float, str, int, int]] = []
    request = work.request
    for contact in np.flatnonzero(~np.isnan(out.joined)).tolist():
        rows.append((out.joined[contact], "CONTACT", int(request[contact]), -1))
    for contact in np.flatnonzero(out.exit).tolist():
        what = "GIVE_UP" if out.exit[contact] == Exit.GAVE_UP else "TURNED_AWAY"
        rows.append((out.left[contact], what, int(request[contact]), -1))
    for step in np.flatnonzero(~np.isnan(out.answered)).tolist():
        contact = work.contact[step]
        ticket = int(request[contact])
        rows.append((out.answered[step], "ANSWER", ticket, int(out.first_agent[step])))
        if out.resumed[step] != out.answered[step]:
            rows.append((out.resumed[step], "ANSWER", ticket, int(out.agent[step])))
        if not np.isnan(out.ended[step]):
            last = step + 1 == work.first_step[contact + 1]
            what = "SOLVE" if last else "PASS"
            rows.append((out.ended[step], what, ticket, int(out.agent[step])))
    for step, agent, end in zip(out.handed_step, out.handed_agent, out.handed_end, strict=True):
        rows.append((end, "BACK", int(request[work.contact[step]]), int(agent)))
    plain = [(float(time), what, ticket, agent) for time, what, ticket, agent in rows]
    return sorted(plain, key=lambda row: (row[0], ORDER.index(row[1]), row[2]))


def run(
    tickets: Sequence[T], shifts: Sequence[Any] = (ALWAYS,), until: float = INF, **more: Any
) -> list[tuple[float, str, int, int]]:
    """Run a desk with both engines; return what happened."""
    names = [f"line{i}" for i in range(len(more.get("lines") or [0]))]
    work = workload(tickets, names)
    return happenings(work, play(work, desk(shifts, until, **more)))


def plain(table: pa.Table) -> pd.DataFrame:
    """Return a table as a frame of plain objects, None where a text is missing."""
    frame = table.to_pandas()
    for name in frame.select_dtypes(["category", "str", "object"]):
        frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
    return frame


def tables(
    scenario: Scenario, tickets: Sequence[T], lines: Sequence[str] = ("chat",)
) -> dict[str, pd.DataFrame]:
    """Return the tables of a hand-written workload at a scenario's desk, played by both engines."""
    plan, work = desk_plan(scenario, 1), workload(tickets, lines)
    view = View(scenario, plan, work, play(work, plan), 1, scenario.seed)
    return {name: plain(table) for name, table in record(view).items()}


def clock(times: pd.Series) -> list[str]:
    """Return instants of the day as text, "" where missing."""
    return times.dt.strftime("%H:%M").fillna("").tolist()


def outcome(out: Outcome) -> tuple[np.ndarray, np.ndarray]:
    """Return start and end of each customer's only contact; NaN starts for those who gave up."""
    return out.answered, np.where(np.isnan(out.ended), out.left, out.ended)


def desk_file(**changes: Any) -> Scenario:
    """Return a small scenario: chat, one agent from 9 to 17, one day in UTC."""
    plain = Scenario.of(
        {
            "name": "plain",
            "time_zone": "UTC",
            "start": "2026-01-05",
            "seed": 3,
            "replications": 1,
            "customers": 50,
            "horizon": {"type": "terminating", "days": 1},
            "channels": {
                "chat": {
                    "arrivals_per_hour": 6.0,
                    "handle_minutes": {"law": "exponential", "mean": 5.0},
                    "first_reply": "start",
                    "service_level_seconds": 60.0,
                    "first_reply_target_minutes": 5.0,
                }
            },
            "team": {"shifts": [{"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}]},
        }
    )
    return plain.but(**changes)
