"""Who is on duty when in one replication: the shift plan, less breaks, holidays and absences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from cxlab.calendars.stretches import day_number, local_to_utc
from cxlab.scenario import Scenario, Shift, Team, parse_days
from cxlab.sim.streams import uniforms
from cxlab.sim.timeline import Timeline

__all__ = ["AgentPlan", "is_drawn", "roster"]

Span = tuple[float, float]
Spells = tuple[tuple[float, float], ...]
Floats = npt.NDArray[np.float64]
DAY = 86_400


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent: who, how fast, and when; times are seconds of the replication, in order.

    `shifts` are the half-open stretches at the desk, `paid` those that are paid. The agent works
    at `ramp_speed` at `hired_s` and evenly faster until `speed` is reached `ramp_s` later.
    """

    agent_id: str
    team: int
    shifts: Spells
    paid: Spells = ()
    hourly_cost: float | None = None
    speed: float = 1.0
    hired_s: float = 0.0
    ramp_s: float = 0.0
    ramp_speed: float = 1.0


def roster(scenario: Scenario, replication: int, *, seed: int | None = None) -> list[AgentPlan]:
    """Return the agents of a scenario in one replication (1-based), team by team.

    Every line of a shift plan has people of its own. Whether somebody misses a shift, and when
    meetings are, is drawn for each agent and day by itself: another line changes neither.
    """
    root = scenario.seed if seed is None else seed
    plans: list[AgentPlan] = []
    for place, (name, team) in enumerate(scenario.all_teams.items()):
        for number, line in enumerate(team.shifts):
            days = _days(scenario, line)
            alike: tuple[Spells, Spells] | None = None
            for one in range(line.agents):
                who = f"{name}.{number + 1}.{one + 1}"
                away = _Away(root, replication, who, team, scenario.horizon.total_days + 1)
                shifts, paid = alike or _spells(scenario, line, days, one, away)
                alike = (shifts, paid) if _all_alike(team, line) else None
                plans.append(_plan(scenario, team, line, f"agent-{len(plans) + 1:03d}", place,
                                   shifts, paid))  # fmt: skip
    return plans


def is_drawn(scenario: Scenario) -> bool:
    """Return whether who is there differs from replication to replication."""
    return any(t.absence_probability or t.shrinkage for t in scenario.all_teams.values())


def _all_alike(team: Team, line: Shift) -> bool:
    """Return whether all agents of a line have the same hours."""
    staggered = any(pause.stagger_minutes for pause in line.breaks)
    return not (team.absence_probability or team.shrinkage or staggered)


def _plan(
    scenario: Scenario, team: Team, line: Shift, agent_id: str, place: int, shifts: Spells,
    paid: Spells,
) -> AgentPlan:  # fmt: skip
    timeline = Timeline.of(scenario)
    ramp = line.ramp_up_weeks is not None and line.hired is not None
    hired = _midnights(scenario, [line.hired])[0] if ramp and line.hired else timeline.origin_us
    return AgentPlan(
        agent_id,
        place,
        shifts,
        paid,
        line.hourly_cost if line.hourly_cost is not None else team.hourly_cost,
        line.speed or team.speed,
        (hired - timeline.origin_us) / 1e6,
        (line.ramp_up_weeks or 0.0) * 7 * DAY if ramp else 0.0,
        line.ramp_up_speed if ramp else 1.0,
    )


def _midnights(scenario: Scenario, days: list[date]) -> npt.NDArray[np.int64]:
    local = np.array([day_number(day) * DAY for day in days], dtype=np.int64)
    return local_to_utc(local, scenario.time_zone)


def _days(scenario: Scenario, line: Shift) -> list[int]:
    """Return the days on which the line's shift begins, from −1: a night shift may last over."""
    weekdays, open_days = parse_days(line.days), _open_days(scenario)
    found = []
    for day in range(-1, scenario.horizon.total_days):
        on = scenario.start + timedelta(days=day)
        works = line.works_on_holidays or open_days is None or on in open_days
        employed = (line.hired is None or on >= line.hired) and (
            line.last_day is None or on <= line.last_day
        )
        if on.weekday() in weekdays and works and employed:
            found.append(day)
    return found


def _open_days(scenario: Scenario) -> set[date] | None:
    """Return the local days with business hours, holidays left out; None without such hours.

    A weekday that never has business hours is not closed to the shift plan, which says itself
    who works then.
    """
    schedule = scenario.schedule
    if schedule is None:
        return None
    days = [scenario.start + timedelta(d) for d in range(-1, scenario.horizon.total_days)]
    closed = set(schedule.holidays(days[0], days[-1]))
    closed |= {special.date for special in schedule.special if special.kind == "closed" and
               special.whole}  # fmt: skip
    closed -= {special.date for special in schedule.special if special.kind == "open"}
    return set(days) - closed


@dataclass(frozen=True, slots=True)
class _Away:
    """The draws of one agent: an absence and a place for the lost piece, for every day."""

    seed: int
    replication: int
    who: str
    team: Team
    n: int

    def absent(self) -> npt.NDArray[np.bool_]:
        if not self.team.absence_probability:
            return np.zeros(self.n, dtype=np.bool_)
        drawn = uniforms(self.seed, self.replication, f"absence.{self.who}", self.n)
        return np.asarray(drawn < self.team.absence_probability)

    def places(self) -> Floats:
        return uniforms(self.seed, self.replication, f"shrinkage.{self.who}", self.n)


def _spells(
    scenario: Scenario, line: Shift, days: list[int], one: int, away: _Away
) -> tuple[Spells, Spells]:
    """Return an agent's stretches at the desk and paid stretches, inside the horizon."""
    absent, share = away.absent(), away.team.shrinkage
    places = away.places() if share else np.zeros(away.n)
    desk: list[list[float]] = []
    paid: list[list[float]] = []
    for day, ((start, end), *pauses) in zip(days, _wall(scenario, line, days, one), strict=True):
        present = not absent[day + 1]
        unpaid: list[Span] = []
        free: list[Span] = []
        for pause, (begins, ends) in zip(line.breaks, pauses, strict=True):
            (free if pause.paid else unpaid).append((begins, ends))
        lost = share * (end - start)
        meeting = start + places[day + 1] * (end - start - lost)
        if share:
            free.append((meeting, meeting + lost))
        paid += _without([start, end], unpaid)
        if present:
            desk += _without([start, end], unpaid + free)
    horizon = Timeline.of(scenario).horizon_s
    return _joined(desk, horizon), _joined(paid, horizon)


def _wall(scenario: Scenario, line: Shift, days: list[int], one: int) -> list[list[Span]]:
    """Return the shift and its breaks, (start, end) each, on each day, in seconds."""
    late = [0.0, *(p.stagger_minutes * 60 * one for p in line.breaks)]
    begins = [line.starts_s] + [
        line.starts_s + (p.starts_s - line.starts_s) % DAY for p in line.breaks
    ]
    lengths = [line.length_s, *(p.length_s for p in line.breaks)]
    origin = Timeline.of(scenario)
    midnight = np.array([day_number(scenario.start) + d for d in days], dtype=np.int64) * DAY
    columns = []
    for start, length, later in zip(begins, lengths, late, strict=True):
        ends = [local_to_utc(midnight + s, scenario.time_zone) for s in (start, start + length)]
        columns.append([origin.seconds(e) + later for e in ends])
    return [[(float(a[i]), float(b[i])) for a, b in columns] for i in range(len(days))]


def _without(span: list[float], pauses: list[Span]) -> list[list[float]]:
    """Return what is left of a span when pauses are taken out of it."""
    left = [span]
    for begins, ends in sorted(pauses):
        parts: list[list[float]] = []
        for start, end in left:
            parts += [[start, min(end, begins)], [max(start, ends), end]]
        left = [part for part in parts if part[0] < part[1]]
    return left


def _joined(spans: list[list[float]], horizon: float) -> Spells:
    """Cut the spans to the horizon; those that touch become one."""
    joined: list[list[float]] = []
    for start, end in spans:
        start, end = max(start, 0.0), min(end, horizon)
        if end <= start:  # outside the horizon, or inside the hour that spring skips
            continue
        if joined and joined[-1][1] >= start:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    return tuple((start, end) for start, end in joined)
