"""Report periods, local time and business hours."""

from __future__ import annotations

from cxlab.calendars.hours import Hours, Schedule, SpecialDay
from cxlab.calendars.open_time import due, open_seconds
from cxlab.calendars.periods import EVERY, YEARS, Period, local_time, periods_between, time_zone

__all__ = [
    "EVERY",
    "YEARS",
    "Hours",
    "Period",
    "Schedule",
    "SpecialDay",
    "due",
    "local_time",
    "open_seconds",
    "periods_between",
    "time_zone",
]
