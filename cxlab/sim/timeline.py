"""From the local week of a scenario to seconds of a replication, daylight saving included.

Inside the simulation time is seconds since the scenario's start (local midnight), as floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.scenario import Scenario, Shift, hourly_rates, parse_days

__all__ = ["AgentPlan", "RateSteps", "Timeline", "rate_steps", "shift_plan"]

# Local hours begin on a whole quarter of an hour of UTC in every zone.
_STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Where a replication begins, where it is cut off, and where counting begins."""

    origin: datetime
    horizon_s: float
    warm_up_s: float

    @classmethod
    def of(cls, scenario: Scenario) -> Timeline:
        """Return the timeline of a scenario."""
        origin = scenario.starts_at
        return cls(
            origin,
            (scenario.ends_at - origin).total_seconds(),
            (scenario.warm_up_ends_at - origin).total_seconds(),
        )

    def instants(self, seconds: npt.NDArray[np.float64]) -> pd.DatetimeIndex:
        """Return seconds as instants in UTC, rounded to microseconds; NaN becomes missing."""
        known = np.isfinite(seconds)
        since = np.rint(np.where(known, seconds, 0.0) * 1e6).astype("timedelta64[us]")
        at = np.datetime64(self.origin.replace(tzinfo=None), "us") + since
        at[~known] = np.datetime64("NaT")
        return pd.DatetimeIndex(at).tz_localize("UTC")


@dataclass(frozen=True, slots=True)
class RateSteps:
    """A piecewise constant arrival rate: `per_hour[i]` holds in [edges[i], edges[i+1])."""

    edges: npt.NDArray[np.float64]
    per_hour: npt.NDArray[np.float64]


def hour_grid(scenario: Scenario) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Return edges (n + 1, seconds) and local hours of the week (n) of the whole horizon."""
    zone, origin, end = scenario.zone, scenario.starts_at, scenario.ends_at
    edges: list[float] = []
    hours: list[int] = []
    at = origin
    while at < end:
        local = at.astimezone(zone)
        hour = local.weekday() * 24 + local.hour
        if not hours or hour != hours[-1]:
            edges.append((at - origin).total_seconds())
            hours.append(hour)
        at += _STEP
    edges.append((end - origin).total_seconds())
    return np.array(edges), np.array(hours, dtype=np.int64)


def rate_steps(scenario: Scenario, channel: str) -> RateSteps:
    """Return the arrival rate of a channel over the horizon.

    An hour that the clock skips in spring has no arrivals; one that it repeats in autumn has
    them twice: a week lasts 167 or 169 hours then.
    """
    edges, hours = hour_grid(scenario)
    by_name = {str(name): c for name, c in scenario.channels.items()}
    return RateSteps(edges, hourly_rates(by_name[channel].arrivals_per_hour)[hours])


@dataclass(frozen=True, slots=True)
class AgentPlan:
    """One agent: who, and the half-open shifts [start, end) in seconds, in order."""

    agent_id: str
    hourly_cost: float | None
    shifts: tuple[tuple[float, float], ...]


def shift_plan(scenario: Scenario) -> tuple[AgentPlan, ...]:
    """Return the agents of a scenario; every line of its shift plan has people of its own."""
    team = scenario.team
    plans: list[AgentPlan] = []
    for line in team.shifts:
        spells = _spells(scenario, line)
        cost = line.hourly_cost if line.hourly_cost is not None else team.hourly_cost
        for _ in range(line.agents):
            plans.append(AgentPlan(f"agent-{len(plans) + 1:03d}", cost, spells))
    return tuple(plans)


def _spells(scenario: Scenario, line: Shift) -> tuple[tuple[float, float], ...]:
    """Return the shifts of one line inside the horizon; shifts that touch become one."""
    origin, horizon = scenario.starts_at, Timeline.of(scenario).horizon_s
    weekdays = parse_days(line.days)
    spells: list[tuple[float, float]] = []
    # From the day before the start: its night shift may last into the first day.
    for day in range(-1, scenario.horizon.total_days):
        on = scenario.start + timedelta(days=day)
        if on.weekday() not in weekdays:
            continue
        midnight = datetime(on.year, on.month, on.day)
        start, end = (
            _since(origin, midnight + timedelta(seconds=s), scenario)
            for s in (line.starts_s, line.starts_s + line.length_s)
        )
        start, end = max(start, 0.0), min(end, horizon)
        if end <= start:  # outside the horizon, or inside the hour that spring skips
            continue
        if spells and spells[-1][1] >= start:
            spells[-1] = (spells[-1][0], end)
        else:
            spells.append((start, end))
    return tuple(spells)


def _since(origin: datetime, wall: datetime, scenario: Scenario) -> float:
    return (wall.replace(tzinfo=scenario.zone).astimezone(UTC) - origin).total_seconds()
