"""The runs by which a search steers: a few replications, the same draws for every plan.

Only the times at which people are answered are looked at, and no tables are made: a plan takes
milliseconds. The figures are those of `cxlab.measure` on the same runs (a test holds them), and
the plan that comes out is measured by that on runs of its own.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab import stats
from cxlab.experiment.staffing.requirement import DEFAULT_PROMISE_S
from cxlab.experiment.staffing.shifts import HALF_HOURS
from cxlab.experiment.staffing.targets import Target
from cxlab.scenario import Scenario
from cxlab.sim.base.tables import desk_view
from cxlab.sim.engines import play
from cxlab.sim.plan import DeskPlan, desk_plan
from cxlab.sim.run import play_replication
from cxlab.sim.tickets import due_s
from cxlab.sim.timeline import MICRO
from cxlab.sim.view import View
from cxlab.sim.workload import Workload, draw_workload

__all__ = ["Sample", "Standing", "Waits", "standing", "waits_of"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Waits:
    """The counted tickets of one run: when they came and what happened to them, in seconds.

    NaN is what did not happen. `half` is the local half-hour of the week in which a ticket came.
    """

    line: Integers
    half: Integers
    created: Floats
    queued: Floats
    answered: Floats
    left: Floats
    replied: Floats
    solved: Floats
    promise: Floats
    due: Floats
    live: Flags
    ends: float

    def of(self, target: Target, lines: Sequence[str]) -> Counted:
        """Return what a target counts: which tickets, their value, and which miss it."""
        mine = np.ones(len(self.line), dtype=np.bool_)
        if target.channel is not None:
            mine = self.line == lines.index(target.channel)
        if target.metric.startswith("frt"):
            return self._durations(mine, self.replied - self.created, target)
        if target.metric.startswith("art"):
            return self._durations(mine, self.solved - self.created, target)
        if target.metric == "sla":
            return self._promises(mine)
        return self._queue(mine & self.live & ~np.isnan(self.queued), target)

    def _durations(self, mine: Flags, waited: Floats, target: Target) -> Counted:
        known = mine & ~np.isnan(waited)
        open_s = self.ends - self.created
        late = np.where(np.isnan(waited), open_s, waited) > target.limit
        given_up = ~np.isnan(self.left)
        return Counted(self, known, waited, mine & late & ~given_up, mine & ~given_up)

    def _promises(self, mine: Flags) -> Counted:
        met = self.replied <= self.due
        pending = np.isnan(self.replied) & (self.ends <= self.due)
        counts = mine & ~np.isnan(self.due) & ~pending
        return Counted(self, counts, met.astype(float), counts & ~met, counts)

    def _queue(self, mine: Flags, target: Target) -> Counted:
        answered, gone = ~np.isnan(self.answered), ~np.isnan(self.left) & np.isnan(self.answered)
        end = np.where(answered, self.answered, np.where(gone, self.left, self.ends))
        wait, waiting = end - self.queued, ~answered & ~gone
        in_time = wait <= self.promise
        if target.metric == "asa":
            served = mine & answered
            return Counted(self, served, wait, mine & (wait > target.limit), mine)
        if target.metric == "abandonment":
            counts = mine & ~waiting
            return Counted(self, counts, gone.astype(float), counts & gone, counts)
        counts = mine & ~(waiting & in_time)
        if target.metric == "service_level_served":
            counts = mine & answered
        if target.metric == "service_level_no_short":
            counts &= ~(gone & in_time)
        good = answered & in_time
        return Counted(self, counts, good.astype(float), counts & ~good, counts)


@dataclass(frozen=True, slots=True)
class Counted:
    """What a target counts in one run; flags and values are per ticket."""

    waits: Waits
    counts: Flags
    values: Floats
    missed: Flags
    base: Flags

    @property
    def known(self) -> Floats:
        """The values that count."""
        return self.values[self.counts]

    def by_half_hour(self, lines: int) -> tuple[Floats, Floats]:
        """Return tickets, and those that miss the target, by channel and half-hour of coming."""
        place = self.waits.line * HALF_HOURS + self.waits.half
        came, missed = (
            np.bincount(place[some], minlength=lines * HALF_HOURS)
            for some in (self.base, self.missed & self.base)
        )
        shape = (lines, HALF_HOURS)
        return came.reshape(shape).astype(float), missed.reshape(shape).astype(float)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a plan stands against one target: value, the bound that must meet the limit.

    `bound` is one-sided, on the bad side, at the confidence asked for; `came` and `missed`
    (channels, 336) are tickets a run, and those that miss it, by half-hour of coming.
    """

    target: Target
    value: float
    bound: float
    came: Floats
    missed: Floats

    @property
    def excess(self) -> float:
        """How far the bound is on the good side of the limit; below 0 it is not met."""
        got = self.target.excess(self.bound)
        return -math.inf if math.isnan(got) else got

    @property
    def too_many(self) -> Floats:
        """Per channel and half-hour: the missing tickets above the share that may miss."""
        return self.missed - self.allowed * self.came

    @property
    def allowed(self) -> float:
        """The share of tickets that may miss the limit; for a mean, that of an exponential."""
        name = self.target.metric
        if self.target.unit == "share":
            return 1 - self.target.limit if self.target.at_least else self.target.limit
        return {"frt_p90": 0.1, "art_p90": 0.1, "frt": 0.5, "art_median": 0.5}.get(
            name, math.exp(-1)
        )

    @property
    def met(self) -> bool:
        """Whether the target is met with the confidence asked for."""
        return self.excess >= 0


def standing(target: Target, runs: Sequence[Counted], confidence: float, lines: int) -> Standing:
    """Return where runs stand against a target: value and one-sided bound over replications.

    Shares and means are ratios of sums (jackknife), quantiles means over runs (Student), as
    `over_replications` has them.
    """
    both = 2 * confidence - 1
    if target.metric in ("frt", "frt_p90", "art_median", "art_p90"):
        share = 0.9 if target.metric.endswith("p90") else 0.5
        each = [float(np.quantile(r.known, share)) if len(r.known) else math.nan for r in runs]
        value, low, high = stats.replication_interval(each, both)
    else:
        top, bottom = [r.known.sum() for r in runs], [float(len(r.known)) for r in runs]
        value, low, high = stats.jackknife_ratio(top, bottom, both)
    halves = [r.by_half_hour(lines) for r in runs]
    came, missed = (np.mean([h[i] for h in halves], axis=0) for i in (0, 1))
    return Standing(target, value, low if target.at_least else high, came, missed)


class Sample:
    """Some replications of a scenario, played with any plan; requests are drawn once."""

    def __init__(self, scenario: Scenario, replications: int) -> None:
        self.scenario = scenario
        self.numbers = range(1, replications + 1)
        self._drawn: dict[int, Workload] = {}

    def views(self, planned: Scenario) -> list[View]:
        """Return the runs of a scenario that differs from the sample's in its shifts only."""
        plan = None if _chance_in_roster(planned) else desk_plan(planned, 1)
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # the compiled engine runs beside itself
            return list(pool.map(lambda number: self._view(planned, number, plan), self.numbers))

    def _view(self, planned: Scenario, number: int, alike: DeskPlan | None) -> View:
        """Return one run; `alike` is the plan of every replication, if they are all alike."""
        if planned.lifecycle is not None:
            view = desk_view(play_replication(planned, number))
            assert view is not None  # a scenario to staff has a desk
            return view
        if number not in self._drawn:
            self._drawn[number] = draw_workload(self.scenario, number)
        workload = self._drawn[number]
        plan = alike or desk_plan(planned, number)
        return View(planned, plan, workload, play(workload, plan), number, planned.seed)

    def standings(
        self, planned: Scenario, targets: Sequence[Target], confidence: float
    ) -> list[Standing]:
        """Return where a plan stands against each target."""
        promised = any(target.metric == "sla" for target in targets)
        runs = [waits_of(view, promised=promised) for view in self.views(planned)]
        lines = list(planned.lines)
        return [
            standing(target, [run.of(target, lines) for run in runs], confidence, len(lines))
            for target in targets
        ]


def _chance_in_roster(scenario: Scenario) -> bool:
    """Return whether who is there when differs from replication to replication."""
    teams = scenario.all_teams.values()
    return any(team.absence_probability or team.shrinkage for team in teams)


def waits_of(view: View, *, promised: bool = True) -> Waits:
    """Return the tickets of one run that count: those created after the warm-up.

    When the first reply is due is looked up only where it is asked for (`promised`).
    """
    first, out = view.workload.first_step[:-1], view.outcome
    answered = view.earliest(out.answered[first])
    left = view.latest_place(~np.isnan(out.left))
    gone = np.where((left >= 0) & np.isnan(answered), out.left[left], np.nan)
    last = view.latest_place(~np.isnan(view.solved))
    counts = view.created >= view.timeline.warm_up_s
    line = view.ticket_line
    promise = view.per_line([c.service_level_seconds for c in view.channels])
    in_line = np.array([view.scenario.kind(n) in ("phone", "chat") for n in view.workload.lines])
    return Waits(
        line=line[counts].astype(np.int64),
        half=_half_hours(view)[counts],
        created=view.created[counts],
        queued=view.earliest(out.joined)[counts],
        answered=answered[counts],
        left=gone[counts],
        replied=view.earliest(view.replied[first])[counts],
        solved=np.where(view.settled, view.solved[last], np.nan)[counts],
        promise=np.where(np.isnan(promise), DEFAULT_PROMISE_S, promise)[line][counts],
        due=(due_s(view) if promised else np.full(len(line), np.nan))[counts],
        live=(in_line | ~np.isnan(promise))[line][counts],
        ends=view.timeline.horizon_s,
    )


def _half_hours(view: View) -> Integers:
    """Return the local half-hour of the week in which each ticket came."""
    timeline = view.timeline
    of_week = _local_halves(timeline.origin_us, timeline.horizon_s, view.scenario.time_zone)
    return of_week[(view.created // 1800).astype(np.int64)]


@lru_cache(maxsize=8)
def _local_halves(origin_us: int, horizon_s: float, zone: str) -> Integers:
    """Return the local half-hour of the week of each half-hour of a replication."""
    halves = np.arange(math.ceil(horizon_s / 1800))
    starts = pd.to_datetime(origin_us + halves * 1800 * MICRO, unit="us", utc=True)
    local = starts.tz_convert(zone)
    of_week = local.day_of_week * 48 + local.hour * 2 + local.minute // 30
    return np.asarray(of_week, dtype=np.int64)
