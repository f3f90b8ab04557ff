"""Days at the end of a period on which a desk is closed: its log ends before them and lacks none.

A desk that works Monday to Friday has no ticket after Friday, whenever its log is taken.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import ibis
import numpy as np
import pandas as pd

from cxlab.calendars import Period, local_time, open_seconds, schedules_from_frames, time_zone
from cxlab.metrics.facts import naive_utc
from cxlab.tables import Tables

__all__ = ["ENOUGH", "Rest", "closed_rest"]

ENOUGH = 4
"""So many of a weekday must lie in the log, none with a ticket, for it to count as closed."""


@dataclass(frozen=True, slots=True)
class Rest:
    """The closed days at a period's end: the midnight they begin at, and how that is known.

    `whole`: the log lacks nothing of the days before: it ends no earlier in the day than the last
    ticket of some other day of that weekday came.
    """

    begins: dt.datetime
    why: str
    whole: bool


def closed_rest(
    tables: Tables, period: Period, first: dt.datetime, known: dt.datetime
) -> Rest | None:
    """Return the closed days at the end of a period that the log does not reach, if there are any.

    `first` is the log's first ticket, `known` the end of what it knows (both aware). A day is
    closed where no ticket was ever created, answered or solved on its weekday, in a log that holds
    `ENOUGH` of them; or where the table of schedules has it closed, unless such came on other
    days that it has closed: the backlog would change on it.
    """
    last = _last_of_days(tables, "created_at", period.zone, first, known)
    busy = {*last}.union(
        *(_last_of_days(tables, name, period.zone, first, known) for name in _WORK)
    )
    ends = known.astimezone(time_zone(period.zone))
    days = pd.date_range(min(last), ends.date(), freq="D")
    shut = _shut(tables, period, days[0])
    calendar = shut is not None and not set(shut) & busy
    closed = {day: words for day in _days_from(ends.date(), period)
              if (words := _closed(day, days, busy, shut if calendar else None))}  # fmt: skip
    open_end = period.shift(1).first_day
    while open_end - _DAY in closed:
        open_end -= _DAY
    rest = [day for day in closed if day >= open_end]
    if not rest:
        return None
    same = [at for day, at in last.items()
            if day.weekday() == ends.weekday() and day != ends.date()]  # fmt: skip
    begins = Period(open_end, "day", period.zone).start
    whole = begins <= known or (bool(same) and ends.time() >= min(same))
    return Rest(begins, _joined(dict.fromkeys(closed[day] for day in sorted(rest))), whole)


def _joined(reasons: Iterable[str]) -> str:
    """Return reasons as one: what the weekdays of the log have in common is said once."""
    *others, last = reasons
    return " and ".join([*(other.removesuffix(_SILENT) for other in others), last])


_SILENT = " in the log had a ticket, a reply or a solve"
_WORK = ("first_human_reply_at", "last_solved_at")
_DAY = dt.timedelta(days=1)
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _days_from(day: dt.date, period: Period) -> list[dt.date]:
    return [day + i * _DAY for i in range((period.shift(1).first_day - day).days)]


def _last_of_days(
    tables: Tables, column: str, zone: str, first: dt.datetime, known: dt.datetime
) -> dict[dt.date, dt.time]:
    """Return the time of day of the last ticket, reply or solve of each local day that has one."""
    tickets = tables["tickets"]
    told = tickets.filter(tickets[column] <= ibis.timestamp(naive_utc(known)))
    rows = told.select(at=local_time(told[column], zone, first, known))
    found = rows.group_by(day=rows.at.date()).aggregate(at=rows.at.max()).execute().dropna()
    at = pd.to_datetime(found["at"])
    return dict(zip(at.dt.date, at.dt.time, strict=True))


def _closed(
    day: dt.date, days: pd.DatetimeIndex, busy: Iterable[dt.date], shut: set[dt.date] | None
) -> str:
    """Return why a day is taken as closed; "" where it may have been busy."""
    if shut is not None and day in shut:
        return "the business hours have them closed"
    same = int((days.day_of_week == day.weekday()).sum())
    if same >= ENOUGH and day.weekday() not in {d.weekday() for d in busy}:
        return f"none of the {same} {_NAMES[day.weekday()]}s{_SILENT}"
    return ""


def _shut(tables: Tables, period: Period, first: dt.date) -> set[dt.date] | None:
    """Return the local days from `first` on that every schedule has closed; None without any."""
    if not tables.has("schedules"):
        return None
    extra = tables["schedule_exceptions"] if tables.has("schedule_exceptions") else None
    found = schedules_from_frames(
        tables["schedules"].execute(), None if extra is None else extra.execute()
    )
    days = pd.date_range(first, period.shift(1).first_day, freq="D")
    shut = np.full(len(days) - 1, bool(found))
    for desk in found.values():
        starts = days.tz_localize(desk.tz, ambiguous=True, nonexistent="shift_forward")
        shut &= open_seconds(desk, starts[:-1], starts[1:]) == 0
    return set(days[:-1][shut].date)
