"""Report periods, local time and business hours."""

from __future__ import annotations

from cxlab.calendars.calendar import Calendar
from cxlab.calendars.frames import schedules_from_frames
from cxlab.calendars.hours import Hours, Schedule, SpecialDay
from cxlab.calendars.in_query import with_due, with_open_seconds
from cxlab.calendars.open_time import due, open_seconds
from cxlab.calendars.periods import (
    EVERY,
    LAST,
    YEARS,
    Period,
    last_complete,
    local_time,
    periods_between,
    time_zone,
)
from cxlab.calendars.spells import with_open_seconds_by_schedule, with_running_seconds

__all__ = [
    "EVERY",
    "LAST",
    "YEARS",
    "Calendar",
    "Hours",
    "Period",
    "Schedule",
    "SpecialDay",
    "due",
    "last_complete",
    "local_time",
    "open_seconds",
    "periods_between",
    "schedules_from_frames",
    "time_zone",
    "with_due",
    "with_open_seconds",
    "with_open_seconds_by_schedule",
    "with_running_seconds",
]
