"""From the local week of a scenario to seconds of a replication, daylight saving included.

Inside the simulation time is seconds since the scenario's start (local midnight), as floats.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxlab.calendars import Schedule
from cxlab.calendars.periods import offset_changes
from cxlab.calendars.stretches import stretches
from cxlab.scenario import Law, Scenario, hourly_rates
from cxlab.sim.openings import calls_at, is_open, last_opening
from cxlab.sim.streams import uniforms

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["RateSteps", "Stretches", "Timeline", "open_stretches", "rate_steps"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

MICRO = 1_000_000
_AROUND = timedelta(days=8)


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

    @property
    def origin_us(self) -> int:
        """The start in microseconds since 1970."""
        return round(self.origin.timestamp()) * MICRO

    def instants(self, seconds: Floats) -> pa.Array:
        """Return seconds as instants in UTC, rounded to microseconds; NaN becomes missing."""
        import pyarrow as pa

        missing = ~np.isfinite(seconds)
        since = seconds * MICRO
        if missing.any():
            since[missing] = 0.0
        micros = np.rint(since, out=since).astype(np.int64)
        micros += self.origin_us
        mask = missing if missing.any() else None
        return pa.array(micros, mask=mask).cast(pa.timestamp("us", "UTC"))

    def seconds(self, micros: Integers) -> Floats:
        """Return microseconds since 1970 as seconds of the replication."""
        return (micros - self.origin_us) / MICRO


@dataclass(frozen=True, slots=True)
class RateSteps:
    """A piecewise constant arrival rate: `per_hour[i]` holds in [edges[i], edges[i+1])."""

    edges: Floats
    per_hour: Floats


@lru_cache(maxsize=8)
def _hour_grid(zone: str, origin: datetime, end: datetime) -> tuple[Floats, Integers, Integers]:
    """Return edges (n + 1, seconds), local hours of the week (n) and days since the start (n).

    Local hours begin on a whole quarter of an hour of UTC in every zone.
    """
    quarters = np.arange(0, round((end - origin).total_seconds()), 900, dtype=np.int64)
    changes = list(offset_changes(ZoneInfo(zone), origin, end))
    since = [round((at - origin).total_seconds()) for at, _ in changes]
    offsets = np.array([offset for _, offset in changes], dtype=np.int64)
    utc = quarters + round(origin.timestamp())
    local = utc + offsets[np.maximum(np.searchsorted(since, quarters, side="right") - 1, 0)]
    day, second = local // 86_400, local % 86_400
    hour = (day + 3) % 7 * 24 + second // 3600  # 1970-01-01 was a Thursday
    first = np.flatnonzero(np.diff(hour, prepend=-1))
    days = day - day[0]
    edges = np.append(first * 900.0, (end - origin).total_seconds())
    return edges, hour[first], days[first]


def rate_steps(scenario: Scenario, channel: str, *, replication: int, seed: int) -> RateSteps:
    """Return the arrival rate of a channel over the horizon of one replication.

    An hour that the clock skips in spring has no arrivals; one that it repeats in autumn has
    them twice: a week lasts 167 or 169 hours then. Special days multiply the rate, and so does
    the busyness of the day, which all channels share.
    """
    edges, hours, days = _hour_grid(scenario.time_zone, scenario.starts_at, scenario.ends_at)
    factor = _busyness(scenario, replication, seed)
    for special in scenario.special_days:
        on = [special.holds(scenario.start + timedelta(d), channel) for d in range(len(factor))]
        factor[on] *= special.arrivals_factor
    rates = hourly_rates(scenario.lines[channel].arrivals_per_hour)[hours] * factor[days]
    return RateSteps(edges, rates)


def _busyness(scenario: Scenario, replication: int, seed: int) -> Floats:
    """Draw a gamma factor of mean 1 for each day: some days are busy for everybody."""
    n, cv = scenario.horizon.total_days, scenario.busyness_cv
    if not cv:
        return np.ones(n)
    return Law(law="gamma", mean=1.0, cv=cv).quantile(uniforms(seed, replication, "busyness", n))


@dataclass(frozen=True, slots=True)
class Stretches:
    """When something is open: disjoint stretches [opens, closes) in order, in seconds.

    They reach over both ends of the replication, so that every moment has an opening behind and
    before it.
    """

    opens: Floats
    closes: Floats

    def is_open(self, time: float) -> bool:
        """Return whether a time lies in one of the stretches."""
        return is_open(self.closes, last_opening(self.opens, time), time)

    def calls_at(self, time: float) -> float:
        """Return when a customer calls who would call at a time."""
        return float(calls_at(self.opens, self.closes, last_opening(self.opens, time), time))


def open_stretches(scenario: Scenario, schedule: Schedule) -> Stretches:
    """Return the open stretches of a schedule around a replication."""
    timeline = Timeline.of(scenario)
    first, last = scenario.starts_at - _AROUND, scenario.ends_at + _AROUND
    found = stretches(schedule, *(round(at.timestamp()) * MICRO for at in (first, last)))
    return Stretches(timeline.seconds(found.opens), timeline.seconds(found.closes))
