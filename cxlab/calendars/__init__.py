"""Report periods, local time and business hours."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cxlab.calendars.calendar import Calendar as Calendar
    from cxlab.calendars.frames import schedules_from_frames as schedules_from_frames
    from cxlab.calendars.hours import Hours as Hours
    from cxlab.calendars.hours import Schedule as Schedule
    from cxlab.calendars.hours import SpecialDay as SpecialDay
    from cxlab.calendars.in_query import with_due as with_due
    from cxlab.calendars.in_query import with_open_seconds as with_open_seconds
    from cxlab.calendars.open_time import due as due
    from cxlab.calendars.open_time import open_seconds as open_seconds
    from cxlab.calendars.periods import EVERY as EVERY
    from cxlab.calendars.periods import LAST as LAST
    from cxlab.calendars.periods import YEARS as YEARS
    from cxlab.calendars.periods import Period as Period
    from cxlab.calendars.periods import Span as Span
    from cxlab.calendars.periods import last_complete as last_complete
    from cxlab.calendars.periods import local_time as local_time
    from cxlab.calendars.periods import periods_between as periods_between
    from cxlab.calendars.periods import time_zone as time_zone
    from cxlab.calendars.spells import (
        with_open_seconds_by_schedule as with_open_seconds_by_schedule,
    )
    from cxlab.calendars.spells import with_running_seconds as with_running_seconds

# Imported when first used: hours of a desk need no database.
_HOMES = {
    "Calendar": "calendar",
    "EVERY": "periods",
    "Hours": "hours",
    "LAST": "periods",
    "Period": "periods",
    "Schedule": "hours",
    "SpecialDay": "hours",
    "Span": "periods",
    "YEARS": "periods",
    "due": "open_time",
    "last_complete": "periods",
    "local_time": "periods",
    "open_seconds": "open_time",
    "periods_between": "periods",
    "schedules_from_frames": "frames",
    "time_zone": "periods",
    "with_due": "in_query",
    "with_open_seconds": "in_query",
    "with_open_seconds_by_schedule": "spells",
    "with_running_seconds": "spells",
}

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


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"cxlab.calendars.{_HOMES[name]}"), name)
