"""When a schedule is open: local hours turned into stretches of UTC time.

Local times become UTC as RFC 5545 (section 3.3.5) says: a time that a clock change skips is read
with the offset before the change, a time that occurs twice is its first occurrence. A shift from
00:00 to 08:00 thus lasts 7 hours in the night in which clocks go forward and 9 in the other.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cxlab.calendars.hours import Hours, Schedule, SpecialDay, clock_seconds
from cxlab.calendars.periods import offset_changes, time_zone
from cxlab.errors import InputError

__all__ = ["MICRO", "Stretches", "day_number", "local_to_utc", "midnight", "stretches"]

Ints = npt.NDArray[np.int64]

MICRO = 1_000_000
"""Microseconds in a second: instants are whole microseconds since 1970 in UTC."""

DAY = 86_400
_EPOCH = dt.date(1970, 1, 1)
_LIMITS = (dt.date(1900, 1, 3), dt.date(2199, 12, 29))
_FAR = 2**62


@dataclass(frozen=True)
class Stretches:
    """The open stretches [opens, closes) of a schedule, in order, disjoint and not touching.

    All are microseconds since 1970 in UTC. They are known between `first` and `last`; the
    schedule is valid between `valid_first` and `valid_last` (far away where it has no limit).
    """

    opens: Ints
    closes: Ints
    first: int
    last: int
    valid_first: int
    valid_last: int


def day_number(day: dt.date) -> int:
    """Return the days from 1970-01-01 to `day`."""
    return (day - _EPOCH).days


def stretches(schedule: Schedule, first: int, last: int, version: int | None = None) -> Stretches:
    """Return when `schedule` is open, at least from `first` to `last` (microseconds).

    With `version` the hours of that one version hold for all time. Raises InputError for instants
    beyond the years 1900 to 2199.
    """
    days = np.arange(first // MICRO // DAY - 1, last // MICRO // DAY + 2)
    if days[0] < day_number(_LIMITS[0]) or days[-1] > day_number(_LIMITS[1]):
        raise InputError(
            "business hours are asked for beyond the calendar",
            given=f"{_shown(first)} to {_shown(last)}", expected="instants from 1900 to 2199",
        )  # fmt: skip
    hours, valid = schedule.hours, (dt.date.min, dt.date.max)
    if version is None:
        valid = (schedule.versions[0].first_day, schedule.versions[-1].end_day)
    else:
        hours = tuple(
            Hours(h.weekday, h.start, h.end) for h in schedule.versions[version].hours
        )  # fmt: skip
    edges = local_to_utc(np.array([days[0], days[-1] + 1]) * DAY, schedule.tz)
    in_force = days[(days >= day_number(valid[0])) & (days < day_number(valid[1]))]
    local = _local_hours(schedule, hours, in_force)
    opens, closes = _merged(*local_to_utc(local, schedule.tz))
    limits = [
        far if day in (dt.date.min, dt.date.max) else midnight(day, schedule.tz)
        for day, far in zip(valid, (-_FAR, _FAR), strict=True)
    ]
    return Stretches(opens, closes, int(edges[0]), int(edges[1]), *limits)


def _shown(micros: int) -> str:
    return str(np.datetime64(micros, "us"))


def midnight(day: dt.date, zone: str) -> int:
    """Return the first instant of a local date."""
    return int(local_to_utc(np.array([day_number(day) * DAY]), zone)[0])


def _local_hours(schedule: Schedule, hours: tuple[Hours, ...], days: Ints) -> Ints:
    """Return the local [starts, ends] of the open time on `days`, in seconds since 1970."""
    special: dict[int, list[SpecialDay]] = {}
    for other in schedule.special:
        special.setdefault(day_number(other.date), []).append(other)
    closed: set[int] = set()
    if schedule.country and len(days):
        first, last = (_EPOCH + dt.timedelta(days=int(day)) for day in (days[0], days[-1]))
        closed = {day_number(day) for day in schedule.holidays(first, last)}
    plain = days[~np.isin(days, list(closed | set(special)))]
    weekday = (plain + 3) % 7  # 1970-01-01 was a Thursday
    pairs = [np.empty((2, 0), dtype=np.int64)]
    for row in hours:
        held = plain[(weekday == row.weekday) & _in_force(row, plain)]
        pairs.append(held * DAY + [[clock_seconds(row.start)], [clock_seconds(row.end)]])
    for day in sorted(special.keys() & set(days.tolist())):
        week = [] if day in closed else _week_hours(hours, day)
        pairs += [day * DAY + np.array(pair).reshape(2, 1) for pair in _day(special[day], week)]
    return np.concatenate(pairs, axis=1)


def _in_force(row: Hours, days: Ints) -> npt.NDArray[np.bool_]:
    return (days >= day_number(row.first_day)) & (days < day_number(row.end_day))


def _week_hours(hours: tuple[Hours, ...], day: int) -> list[tuple[int, int]]:
    one = np.array([day])
    return [
        (clock_seconds(row.start), clock_seconds(row.end))
        for row in hours
        if row.weekday == (day + 3) % 7 and _in_force(row, one)[0]
    ]


def _day(rows: list[SpecialDay], week: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the hours of a special day: its own or the week's, less what is closed."""
    if any(row.whole for row in rows):
        return []
    own = [_ends(row) for row in rows if row.kind == "open"]
    left = own or week
    for shut in (_ends(row) for row in rows if row.kind == "closed"):
        left = [
            part
            for start, end in left
            for part in ((start, min(end, shut[0])), (max(start, shut[1]), end))
            if part[0] < part[1]
        ]
    return left


def _ends(row: SpecialDay) -> tuple[int, int]:
    return clock_seconds(row.start), clock_seconds(row.end)


@lru_cache(maxsize=256)
def _offsets(zone: str, first_year: int, end_year: int) -> tuple[Ints, Ints]:
    """Return when the zone's offsets begin (seconds in UTC) and the offsets in seconds."""
    ends = (dt.datetime(year, 1, 1, tzinfo=dt.UTC) for year in (first_year, end_year))
    changes = list(offset_changes(time_zone(zone), *ends))
    return (
        np.array([int(at.timestamp()) for at, _ in changes]),
        np.array([offset for _, offset in changes]),
    )


def local_to_utc(local: Ints, zone: str) -> Ints:
    """Return local times (seconds since 1970 on the wall clock) as microseconds in UTC.

    >>> local_to_utc(np.array([0]), "Europe/Berlin").tolist()
    [-3600000000]
    """
    if not local.size:
        return local
    years = [int(np.datetime64(int(at), "s").astype("M8[Y]").astype(int)) + 1970
             for at in (local.min(), local.max())]  # fmt: skip
    begins, offsets = _offsets(zone, years[0] - 1, years[1] + 2)
    # A time belongs to the first offset whose stretch of wall-clock time has not ended yet.
    index = np.searchsorted(begins[1:] + offsets[:-1], local, side="right")
    skipped = (index > 0) & (local - offsets[index] < begins[index])
    utc: Ints = (local - offsets[index - skipped]) * MICRO
    return utc


def _merged(opens: Ints, closes: Ints) -> tuple[Ints, Ints]:
    """Return the union of the stretches, in order; those that a clock change ate are dropped."""
    kept = opens < closes
    order = np.argsort(opens[kept], kind="stable")
    opens, closes = opens[kept][order], np.maximum.accumulate(closes[kept][order])
    apart = opens[1:] > closes[:-1]
    first, last = np.append(True, apart), np.append(apart, True)
    return (opens[first], closes[last]) if len(opens) else (opens, closes)
