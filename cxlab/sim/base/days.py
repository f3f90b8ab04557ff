"""Days of a replication by number, their midnights, and the monthly anniversaries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from cxlab.scenario import Scenario

__all__ = ["Days", "midnights"]

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def midnights(scenario: Scenario, first: int, last: int) -> Floats:
    """Return when the days from `first` to `last` begin, in seconds of a replication."""
    return _midnights(scenario.time_zone, scenario.start, first, last).copy()


@lru_cache(maxsize=16)
def _midnights(zone: str, start: date, first: int, last: int) -> Floats:
    def at(day: int) -> float:
        on = start + timedelta(days=day)
        return datetime(on.year, on.month, on.day, tzinfo=ZoneInfo(zone)).timestamp()

    origin = at(0)
    return np.array([at(day) - origin for day in range(first, last + 1)])


@dataclass(frozen=True, slots=True)
class Days:
    """Local calendar days, day 0 the first of the replication; days before it are negative.

    `reach` is how many days before day 0 the calendar goes back (customers who were there
    before). Arrays are by day + reach, or by month.
    """

    first: date
    total: int
    reach: int
    midnights: Floats  # seconds since the start, of the days 0 … total
    month: Integers  # of each day, from 0 at the calendar's first
    day_of_month: Integers  # from 0
    month_starts: Integers  # the day on which each month begins

    @classmethod
    def of(cls, scenario: Scenario, reach: int = 0) -> Days:
        """Return the days of a scenario, reaching back some days more."""
        total = scenario.horizon.total_days
        # 15 years more at the end: anniversaries are asked for beyond the horizon.
        first = scenario.start - timedelta(days=reach)
        days = np.datetime64(first) + np.arange(reach + total + 1)
        months = days.astype("datetime64[M]")
        starts = np.arange(months[0], months[-1] + np.timedelta64(15 * 12, "M"))
        month_starts = (starts.astype("datetime64[D]") - np.datetime64(scenario.start)).astype(int)
        return cls(
            scenario.start, total, reach, midnights(scenario, 0, total),
            (months - months[0]).astype(int),
            (days - months.astype("datetime64[D]")).astype(int), month_starts,
        )  # fmt: skip

    def anniversary(self, start: Integers, months: Integers) -> Integers:
        """Return the day so many months after a day: the same of its month, or the last.

        What lies behind the calendar comes out as a day of its last month.

        >>> from cxlab.scenario import Scenario
        >>> desk = {"arrivals_per_hour": 1, "handle_minutes": 1, "first_reply": "end"}
        >>> one = Scenario.of({"name": "a", "time_zone": "UTC", "start": "2026-01-31",
        ...     "horizon": {"type": "terminating", "days": 9}, "channels": {"email": desk},
        ...     "team": {"shifts": [{"days": "Mon-Sun", "from": "00:00", "to": "24:00",
        ...                          "agents": 1}]}})
        >>> Days.of(one).anniversary(np.array([0, 0, 0]), np.array([0, 1, 2])).tolist()
        [0, 28, 59]
        """
        at = start + self.reach
        month = self.month[at] + months
        month = np.minimum(month, len(self.month_starts) - 2)
        last = self.month_starts[month + 1] - 1
        return np.asarray(np.minimum(self.month_starts[month] + self.day_of_month[at], last))

    def anniversary_of(self, start: int, months: int) -> int:
        """Return what `anniversary` does for one day."""
        return int(self.anniversary(np.int64(start), np.int64(months)))  # type: ignore[arg-type]

    def midnight(self, day: int) -> float:
        """Return when a day of the replication begins, in seconds."""
        return float(self.midnights[day])

    def months_before(self, day: Integers) -> Integers:
        """Return how many whole months before day 0 a day lies."""
        at, zero = day + self.reach, self.reach
        whole = self.month[zero] - self.month[at]
        return np.asarray(whole - (self.anniversary(day, whole) > 0))
