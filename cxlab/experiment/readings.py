"""What one replication of a desk shows of its steady state, read from the times themselves.

Every reading is a pair (numerator, denominator); over replications it becomes a ratio of sums.
The metrics of the tables are not asked: this is the second route to the same numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Scenario
from cxlab.sim import Workload, desk_plan, draw_workload, play
from cxlab.sim.outcome import Exit, Outcome
from cxlab.sim.plan import DeskPlan

__all__ = [
    "Reading",
    "Run",
    "arrivals",
    "contacts_per_request",
    "gave_up",
    "kept_by_bot",
    "mean_time_at_desk",
    "mean_wait",
    "mean_wait_all",
    "occupancy",
    "queue_length",
    "served",
    "served_within",
    "short_abandons_left_out",
    "turned_away",
    "waited",
    "walked_off",
    "within_of_served",
]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Run:
    """One replication, and the stretch of it in which customers are looked at: [start, end).

    Whoever came in it has left the desk, one way or the other, before the horizon: the stretch
    ends early enough for that.
    """

    workload: Workload
    plan: DeskPlan
    outcome: Outcome
    start: float
    end: float

    @classmethod
    def of(cls, scenario: Scenario, replication: int, *, tail_days: int = 1) -> Run:
        """Draw and play one replication (1-based) with the compiled engine."""
        workload, plan = draw_workload(scenario, replication), desk_plan(scenario, replication)
        start = (scenario.warm_up_ends_at - scenario.starts_at).total_seconds()
        end = plan.horizon_s - tail_days * 86_400
        return cls(workload, plan, play(workload, plan), start, end)

    @cached_property
    def counted(self) -> Flags:
        """Per contact: whether it joined the desk in the stretch."""
        joined = self.outcome.joined
        return np.asarray((joined >= self.start) & (joined < self.end))

    @cached_property
    def answered(self) -> Floats:
        """Per contact: when somebody first took it; NaN for nobody."""
        return self.outcome.answered[self.workload.first_step[:-1]]

    @cached_property
    def wait(self) -> Floats:
        """Per contact: seconds from joining to the answer, or to leaving without one."""
        out = self.outcome
        return np.where(np.isnan(self.answered), out.left, self.answered) - out.joined

    def of_kind(self, line: int | None, priority: int | None) -> Flags:
        """Return per contact whether it counts and has a channel, a priority."""
        request, kind = self.workload.request, self.counted
        if line is not None:
            kind = kind & (self.workload.line[request] == line)
        if priority is not None:
            kind = kind & (self.workload.priority[request] == priority)
        return kind

    def time_within(self, begins: Floats, ends: Floats) -> float:
        """Return how many seconds of some stretches lie in [start, end); NaN ends never come."""
        begun = ~np.isnan(begins)
        last = np.where(np.isnan(ends[begun]), self.end, ends[begun])
        return float(
            (
                np.clip(last, self.start, self.end) - np.clip(begins[begun], self.start, self.end)
            ).sum()
        )


Reading = Callable[[Run], tuple[float, float]]
"""Numerator and denominator of one quantity in one run."""


def _of(chosen: Flags, among: Flags) -> tuple[float, float]:
    return float((chosen & among).sum()), float(among.sum())


def waited(run: Run) -> tuple[float, float]:
    """Share of contacts that wait at all."""
    return _of(run.wait > 0, run.counted)


def gave_up(run: Run) -> tuple[float, float]:
    """Share of contacts whose patience ends in line, balking not counted."""
    return _of((run.outcome.exit == Exit.GAVE_UP) & (run.wait > 0), run.counted)


def walked_off(run: Run) -> tuple[float, float]:
    """Share of contacts that leave at once because nobody is free."""
    return _of((run.outcome.exit == Exit.GAVE_UP) & (run.wait == 0), run.counted)


def turned_away(run: Run) -> tuple[float, float]:
    """Share of contacts that find the room full."""
    return _of(run.outcome.exit == Exit.TURNED_AWAY, run.counted)


def served(run: Run) -> tuple[float, float]:
    """Share of contacts that are answered."""
    return _of(~np.isnan(run.answered), run.counted)


def served_within(seconds: float) -> Reading:
    """Service level: answered in time ÷ all contacts."""
    return lambda run: _of(_in_time(run, seconds), run.counted)


def within_of_served(seconds: float) -> Reading:
    """Service level: answered in time ÷ answered."""
    return lambda run: _of(_in_time(run, seconds), run.counted & ~np.isnan(run.answered))


def short_abandons_left_out(seconds: float) -> Reading:
    """Service level: answered in time ÷ (all − gave up in time)."""

    def read(run: Run) -> tuple[float, float]:
        short = np.isnan(run.answered) & (run.wait <= seconds)
        return _of(_in_time(run, seconds), run.counted & ~short)

    return read


def _in_time(run: Run, seconds: float) -> Flags:
    return np.asarray(~np.isnan(run.answered) & (run.wait <= seconds))


def mean_wait(*, line: int | None = None, priority: int | None = None, tier: int = 1) -> Reading:
    """Mean wait in seconds of those answered, at a tier."""

    def read(run: Run) -> tuple[float, float]:
        work, out = run.workload, run.outcome
        first = work.first_step[:-1]
        contact = run.of_kind(line, priority) & (np.diff(work.first_step) >= tier)
        step = first[contact] + tier - 1
        waits = out.answered[step] - out.queued[step]
        there = ~np.isnan(waits)
        return float(waits[there].sum()), float(there.sum())

    return read


def mean_wait_all(run: Run) -> tuple[float, float]:
    """Mean seconds in line of all contacts, answered or not."""
    return float(run.wait[run.counted].sum()), float(run.counted.sum())


def mean_time_at_desk(run: Run) -> tuple[float, float]:
    """Mean seconds from joining to the end of the work, of those answered."""
    out, last = run.outcome, run.workload.first_step[1:] - 1
    spent = (out.ended[last] - out.joined)[run.counted]
    there = ~np.isnan(spent)
    return float(spent[there].sum()), float(there.sum())


def occupancy(run: Run) -> tuple[float, float]:
    """Share of the hands of all agents that hold a contact."""
    out = run.outcome
    busy = run.time_within(out.resumed, out.ended)
    hands = min(line.concurrency for line in run.plan.lines)
    return busy, len(run.plan.agents) * hands * (run.end - run.start)


def queue_length(run: Run) -> tuple[float, float]:
    """Mean number of contacts that wait for their first answer."""
    out = run.outcome
    gone = np.where(np.isnan(run.answered), out.left, run.answered)
    return run.time_within(out.joined, gone), run.end - run.start


def arrivals(run: Run) -> tuple[float, float]:
    """Contacts with people per hour."""
    return float(run.counted.sum()), (run.end - run.start) / 3600


def contacts_per_request(run: Run) -> tuple[float, float]:
    """Mean number of contacts of the requests that came in the stretch."""
    work = run.workload
    there = (work.created >= run.start) & (work.created < run.end)
    joined = ~np.isnan(run.outcome.joined)
    contacts = np.add.reduceat(joined, work.first_contact[:-1]) if len(work) else joined
    return float(contacts[there].sum()), float(there.sum())


def kept_by_bot(run: Run) -> tuple[float, float]:
    """Share of requests that the bot ends."""
    there = (run.workload.created >= run.start) & (run.workload.created < run.end)
    return _of(run.workload.contained, np.asarray(there))
