"""Open time between instants, and the instant at which so much open time has passed, in numpy.

Both read F(t), the open time up to an instant in whole microseconds: elapsed is F(end) − F(start),
and a due time is the earliest instant at which F reaches F(start) + target.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from cxlab.calendars.hours import Schedule
from cxlab.calendars.stretches import DAY, MICRO, Stretches, midnight, stretches
from cxlab.errors import InputError

__all__ = ["OpenTime", "due", "open_seconds"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

NEVER = 2**62
"""An instant beyond every calendar."""

_NAT = np.iinfo(np.int64).min  # what pandas stores for a missing instant
CENTURY = 100 * 366 * DAY * MICRO


@dataclass(frozen=True)
class OpenTime:
    """Cumulative open time of a schedule; `before[i]` is what lies before stretch i opens."""

    stretches: Stretches
    before: Ints

    @classmethod
    def of(cls, schedule: Schedule, first: int, last: int, version: int | None = None) -> OpenTime:
        """Count the open time from `first` to `last` (microseconds since 1970, UTC)."""
        open_ = stretches(schedule, first, last, version)
        return cls(open_, np.append(0, np.cumsum(open_.closes - open_.opens)))

    def until(self, at: Ints) -> Ints:
        """Return F(t), the open microseconds from the beginning of the calendar to each instant."""
        if not len(self.stretches.opens):
            return np.zeros_like(at)
        index = np.maximum(np.searchsorted(self.stretches.opens, at, side="right") - 1, 0)
        since = at - self.stretches.opens[index]
        length = self.before[index + 1] - self.before[index]
        inside: Ints = self.before[index] + np.clip(since, 0, length)
        return inside

    def reached(self, start: Ints, target: Ints) -> Ints:
        """Return the earliest instant by which `target` microseconds were open; the far future
        where the calendar ends before. A target of 0 is reached at the next open instant.
        """
        goal = self.until(start) + target
        index = np.searchsorted(self.before[1:], goal, side="left")
        later = np.searchsorted(self.before[1:], goal, side="right")
        index = np.where(target == 0, later, index)
        shift = np.append(self.stretches.opens - self.before[:-1], 0)[index]
        found: Ints = np.where(index < len(self.stretches.opens), goal + shift, NEVER)
        return found

    def knows(self, at: Ints) -> npt.NDArray[np.bool_]:
        """Return whether the schedule is valid at each instant."""
        return (at >= self.stretches.valid_first) & (at < self.stretches.valid_last)


def open_seconds(schedule: Schedule, start: Any, end: Any, *, at_event: bool = False) -> Floats:
    """Return the open seconds from `start` to `end`, to the microsecond; NaN where unknown.

    `start` and `end` are zone-aware: Series, DatetimeIndex, lists or single instants. Where the
    hours change in between, the stretches under each version are added (as dbt_zendesk does);
    with `at_event` the version in force at `start` holds for the whole span (as in Zendesk's
    single-event metrics, https://support.zendesk.com/hc/en-us/articles/5654110765338).

    An answer outside hours took 0 seconds. Unknown are: an instant that is missing or lies
    outside the schedule's validity, and an end before its start. Raises InputError for instants
    without a time zone.

    >>> desk = Schedule.weekly("desk", "Europe/Berlin", {"Mon-Fri": "09:00-17:00"})
    >>> asked = pd.Timestamp("2026-03-27T16:30+01:00")  # a Friday; clocks change on Sunday
    >>> open_seconds(desk, [asked, asked], [pd.Timestamp("2026-03-30T09:30+02:00"), None]).tolist()
    [3600.0, nan]
    """
    begin, stop = np.broadcast_arrays(micros(start), micros(end))
    known = (begin != _NAT) & (stop != _NAT) & (begin <= stop)
    out = np.full(begin.shape, np.nan)

    def elapsed(open_time: OpenTime, rows: Ints) -> None:
        a, b = begin[rows], stop[rows]
        valid = open_time.knows(a) & open_time.knows(b)
        spent = (open_time.until(b) - open_time.until(a)) / MICRO
        out[rows] = np.where(valid, spent, np.nan)

    if known.any():
        last = int(stop[known].max())
        _by_version(schedule, begin, np.flatnonzero(known), last, at_event, elapsed)
    return out


def due(
    schedule: Schedule, start: Any, target_seconds: Any, *, at_event: bool = False
) -> pd.DatetimeIndex:
    """Return the instant (UTC) at which `target_seconds` of open time have passed since `start`.

    It is the earliest such instant: a target used up exactly at closing is due at closing, not at
    the next opening. A target of 0 outside hours is due at the next opening: as with every
    target above 0, the clock starts when the desk opens, and nobody is late before. NaT stands
    where start or target is missing or negative, and where the schedule's validity ends before.
    Raises InputError where a schedule without end does not open for so long in a century.

    >>> desk = Schedule.weekly("desk", "Europe/Berlin", {"Mon-Fri": "09:00-17:00"})
    >>> str(due(desk, pd.Timestamp("2026-03-27T16:30+01:00"), 3600)[0])
    '2026-03-30 07:30:00+00:00'
    """
    seconds = np.atleast_1d(np.asarray(target_seconds, dtype=np.float64))
    begin, wanted = np.broadcast_arrays(micros(start), seconds)
    known = (begin != _NAT) & (wanted >= 0) & np.isfinite(wanted)
    if (wanted[known] * MICRO > CENTURY).any():
        raise InputError("a target of more than 100 years", given=float(wanted[known].max()))
    target = np.rint(np.where(known, wanted, 0) * MICRO).astype(np.int64)
    out = np.full(begin.shape, _NAT)

    def reached(open_time: OpenTime, rows: Ints) -> None:
        ends = open_time.reached(begin[rows], target[rows])
        out[rows] = np.where(open_time.knows(begin[rows]) & (ends < NEVER), ends, _NAT)

    if known.any():
        rows = np.flatnonzero(known)
        longest = int(target.max())
        _by_version(schedule, begin, rows, int(begin[known].max()), at_event, reached, longest)
    return pd.DatetimeIndex(out.view("M8[us]"), tz="UTC")


def _by_version(
    schedule: Schedule,
    begin: Ints,
    rows: Ints,
    last: int,
    at_event: bool,
    use: Callable[[OpenTime, Ints], None],
    target: int | None = None,
) -> None:
    """Hand the rows to `use`: all at once, or those of each version under that version alone."""
    first = int(begin[rows].min())
    if not at_event or len(schedule.versions) == 1:
        use(covering(schedule, first, last, target), rows)
        return
    rows = rows[OpenTime.of(schedule, first, last).knows(begin[rows])]
    version = version_at(schedule, begin[rows])
    for number in np.unique(version):
        use(covering(schedule, first, last, target, int(number)), rows[version == number])


def version_ends(schedule: Schedule) -> Ints:
    """Return the instants at which each version but the last ends (microseconds since 1970)."""
    return np.array([midnight(v.end_day, schedule.tz) for v in schedule.versions[:-1]], np.int64)


def version_at(schedule: Schedule, at: Ints) -> Ints:
    """Return the number of the version in force at each instant; in a gap, of the next one."""
    return np.searchsorted(version_ends(schedule), at, side="right").astype(np.int64)


def covering(
    schedule: Schedule, first: int, last: int, target: int | None, version: int | None = None
) -> OpenTime:
    """Return the open time from `first` to `last`, or on until `target` more of it has passed.

    Ends earlier only where the schedule's validity does. Raises InputError where a target is not
    reached within a century.
    """
    if target is None:
        return OpenTime.of(schedule, first, last, version)
    reach = 4 * target + 14 * DAY * MICRO
    while reach <= CENTURY:
        open_time = OpenTime.of(schedule, first, last + reach, version)
        goal = open_time.reached(np.array([last]), np.array([target]))[0]
        if min(goal, open_time.stretches.valid_last) <= last + reach:
            return open_time
        reach *= 4
    raise InputError(
        f"schedule {schedule.id!r} does not open for long enough",
        given=f"a target of {target / MICRO:.0f} s", expected="one that is reached in 100 years",
    )  # fmt: skip


def micros(instants: Any) -> Ints:
    """Return zone-aware instants as microseconds since 1970; the least integer where missing."""
    one = isinstance(instants, dt.datetime) or instants is None or instants is pd.NaT
    try:
        index = pd.DatetimeIndex([instants] if one else instants)
    except (TypeError, ValueError) as error:
        raise InputError("not instants", given=str(error), expected="zone-aware times") from None
    present = index[index.notna()]
    if index.tz is None and len(present):
        raise InputError(
            "instants without a time zone", given=str(present[0]),
            expected='zone-aware times, such as pd.Timestamp("2026-03-27T16:30+01:00")',
        )  # fmt: skip
    return np.asarray(index.as_unit("us").asi8)  # UTC, whatever the zone
