"""Schedules: weekly opening hours in local time, their changes, special days and holidays."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from typing import Literal, cast

from cxlab.calendars.holidays import check_country, holidays_between
from cxlab.calendars.periods import time_zone
from cxlab.errors import InputError

__all__ = ["DAYS", "Hours", "Schedule", "SpecialDay", "Version", "Week"]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
"""Weekdays as texts name them; their position is the number in the tables (0 = Monday)."""

Week = Mapping[str, str]
"""A week as a text writes it, such as {"Mon-Fri": "09:00-12:30, 13:30-17:00"}."""

_CLOCK = re.compile(r"([01]\d|2[0-4]):([0-5]\d)")


def clock_seconds(text: object) -> int:
    """Return the seconds after midnight of "HH:MM", "24:00" at most; InputError otherwise."""
    match = _CLOCK.fullmatch(text) if isinstance(text, str) else None
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 if match else -1
    if not 0 <= seconds <= 86_400:
        raise InputError("not a time of day", given=text, expected='"HH:MM", "24:00" at most')
    return seconds


def _check_order(start: str, end: str) -> None:
    if clock_seconds(end) <= clock_seconds(start):
        raise InputError(
            "opening hours end before they start", given=f"{start}-{end}",
            expected="an end after the start, on the same day",
            hint="a night shift is two intervals: 22:00-24:00, and 00:00-06:00 of the next day",
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hours:
    """One weekly interval [start, end) in local time: a row of the table `schedules`.

    `weekday` is 0 for Monday. The row is in force on the local dates of the half-open range
    [valid_from, valid_to): the day `valid_to` is the first on which it no longer holds; None
    leaves a side open.
    """

    weekday: int
    start: str
    end: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def __post_init__(self) -> None:
        """Refuse what no desk can keep."""
        if self.weekday not in range(7):
            raise InputError("unknown weekday", given=self.weekday, expected="0 (Mon) to 6 (Sun)")
        _check_order(self.start, self.end)
        if self.first_day >= self.end_day:
            raise InputError(
                "a validity that ends before it starts",
                given=f"valid_from {self.valid_from}, valid_to {self.valid_to}",
                expected="valid_to, the first day no longer valid, after valid_from",
            )

    @property
    def first_day(self) -> dt.date:
        """First local date in force."""
        return self.valid_from or dt.date.min

    @property
    def end_day(self) -> dt.date:
        """First local date no longer in force."""
        return self.valid_to or dt.date.max

    def overlaps(self, other: Hours) -> bool:
        """Return whether some instant lies in both."""
        return (
            self.weekday == other.weekday
            and self.first_day < other.end_day
            and other.first_day < self.end_day
            and self.start < other.end
            and other.start < self.end
        )

    def __str__(self) -> str:
        """Show the row as messages print it."""
        valid = f" from {self.valid_from}" if self.valid_from else ""
        valid += f" until {self.valid_to}" if self.valid_to else ""
        return f"{DAYS[self.weekday]} {self.start}-{self.end}{valid}"


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date on which other hours hold: a row of the table `schedule_exceptions`.

    "closed" without times closes the local day, with times that part of it. "open" needs times;
    the "open" rows of a date replace its weekly hours, also on a holiday.
    """

    date: dt.date
    kind: Literal["closed", "open"]
    start: str | None = None
    end: str | None = None
    name: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no desk can keep."""
        if self.kind not in ("closed", "open"):
            raise InputError(
                "unknown kind of special day", given=self.kind, known=["closed", "open"]
            )
        if (self.start is None) != (self.end is None) or (self.kind == "open" and not self.start):
            raise InputError(
                "a special day lacks a time", given=f"{self.date} {self.start}-{self.end}",
                expected="start and end, or neither of them on a closed day",
            )  # fmt: skip
        if self.start and self.end:
            _check_order(self.start, self.end)

    @property
    def whole(self) -> bool:
        """Whether the day is closed from midnight to midnight."""
        return self.start is None


@dataclass(frozen=True, slots=True)
class Version:
    """The hours in force over one range of local dates [first_day, end_day)."""

    first_day: dt.date
    end_day: dt.date
    hours: tuple[Hours, ...]


@dataclass(frozen=True)
class Schedule:
    """Opening hours of one desk: weekly hours in a time zone, special days, public holidays.

    Where the hours change, `versions` follow each other; a longer gap between them is closed time,
    but a gap of one day is refused, as it comes from taking `valid_to` for the last valid day.
    Before the first and after the last version the schedule says nothing, and open time is
    unknown rather than 0. `country` (ISO 3166, with an optional `subdivision`) closes the public
    holidays that the library `holidays` knows. Raises InputError for hours that overlap or end
    before they start, an unknown weekday, time zone, country or subdivision.

    >>> week = {"Mon-Fri": "09:00-17:00"}
    >>> desk = Schedule.weekly("desk", "Europe/Berlin", week, holidays="DE-BY")
    >>> print(desk.hours[4])
    Fri 09:00-17:00
    """

    id: str
    tz: str
    hours: tuple[Hours, ...]
    special: tuple[SpecialDay, ...] = ()
    country: str | None = None
    subdivision: str | None = None

    def __post_init__(self) -> None:
        """Refuse what no desk can keep."""
        time_zone(self.tz)
        check_country(self.country, self.subdivision)
        if not self.hours:
            raise InputError(f"schedule {self.id!r} has no hours", expected="at least one interval")
        for one, other in combinations(self.hours, 2):
            if one.overlaps(other):
                raise InputError(
                    f"schedule {self.id!r} overlaps itself", given=f"{one} and {other}",
                    expected="intervals that do not share time",
                )  # fmt: skip
            self._check_gap(one, other)
        for day in {special.date for special in self.special}:
            self._check_special(day)

    def _check_gap(self, one: Hours, other: Hours) -> None:
        early, late = sorted((one, other), key=lambda h: h.first_day)
        apart = (late.first_day - early.end_day).days
        between = any(h.first_day <= early.end_day < h.end_day for h in self.hours)
        if one.weekday == other.weekday and apart == 1 and not between:
            raise InputError(
                f"schedule {self.id!r} has a gap of one day in its validity",
                given=f"valid_to {early.valid_to}, then valid_from {late.valid_from}",
                expected=f"valid_to {late.valid_from}: the first day no longer valid",
                hint="write a day on which the desk is closed as an exception",
            )

    def _check_special(self, date: dt.date) -> None:
        rows = [special for special in self.special if special.date == date]
        parts = [row for row in rows if not row.whole]
        clash = any(row.whole for row in rows) and len(rows) > 1
        for a, b in combinations(parts, 2):
            same = a.kind == b.kind
            clash |= same and str(a.start) < str(b.end) and str(b.start) < str(a.end)
        if clash:
            raise InputError(
                f"schedule {self.id!r} has special days that contradict each other",
                given=f"{date}: " + ", ".join(_told(row) for row in rows),
                expected="one closed day, or parts of it that do not overlap",
            )

    @classmethod
    def always(cls, tz: str = "UTC", *, id: str = "always") -> Schedule:
        """Return the schedule that is open around the clock: business time is calendar time."""
        return cls(id, tz, tuple(Hours(day, "00:00", "24:00") for day in range(7)))

    @classmethod
    def weekly(
        cls,
        id: str,
        tz: str,
        week: Week,
        *,
        changes: Mapping[str, Week] | None = None,
        closed: Mapping[str, str] | Iterable[str] = (),
        special: Mapping[str, str] | None = None,
        holidays: str | None = None,
    ) -> Schedule:
        """Return a schedule written as texts.

        `changes` maps the first day of each later week's validity to that week; `closed` lists
        dates (or maps them to names), `special` maps dates to other hours; `holidays` is a
        country such as "DE", or with a subdivision "DE-BY".

        >>> desk = Schedule.weekly(
        ...     "desk", "Asia/Tokyo", {"Mon-Fri": "09:00-12:00, 13:00-18:00"},
        ...     changes={"2026-07-01": {"Mon-Sat": "08:00-20:00"}},
        ...     closed={"2026-12-31": "New Year's Eve"}, special={"2026-12-30": "10:00-14:00"},
        ... )
        >>> [(str(v.first_day), len(v.hours)) for v in desk.versions]
        [('0001-01-01', 10), ('2026-07-01', 6)]
        """
        starts = [None, *sorted(_date(day) for day in changes or {})]
        weeks = {None: week} | {_date(day): later for day, later in (changes or {}).items()}
        hours = [
            Hours(day, start, end, valid_from, valid_to)
            for valid_from, valid_to in pairwise([*starts, None])
            for day, start, end in _week(weeks[valid_from])
        ]
        names = closed if isinstance(closed, Mapping) else dict.fromkeys(closed)
        days = [SpecialDay(_date(day), "closed", name=name) for day, name in names.items()]
        for day, text in (special or {}).items():
            days += [SpecialDay(_date(day), "open", *ends) for ends in _intervals(text)]
        country, _, subdivision = (holidays or "").partition("-")
        return cls(id, tz, tuple(hours), tuple(days), country or None, subdivision or None)

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The hours in force, one entry per range of local dates, in order of time."""
        edges = sorted({h.first_day for h in self.hours} | {h.end_day for h in self.hours})
        found = []
        for first, end in pairwise(edges):
            hours = tuple(h for h in self.hours if h.first_day <= first and end <= h.end_day)
            if hours:
                found.append(Version(first, end, hours))
        return tuple(found)

    def holidays(self, first: dt.date, last: dt.date) -> dict[dt.date, str]:
        """Return the public holidays from `first` to `last`, with their English names."""
        return holidays_between(self.country, self.subdivision, first, last)


def _told(row: SpecialDay) -> str:
    return row.kind if row.whole else f"{row.kind} {row.start}-{row.end}"


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except (TypeError, ValueError):
        raise InputError("not a date", given=text, expected="a date such as 2026-12-24") from None


def _week(week: Week) -> list[tuple[int, str, str]]:
    rows = []
    for days, text in week.items():
        rows += [(day, start, end) for day in _weekdays(days) for start, end in _intervals(text)]
    if not rows:
        raise InputError(
            "a week without hours", expected='hours such as {"Mon-Fri": "09:00-17:00"}'
        )
    return rows


def _weekdays(text: str) -> list[int]:
    """Return the days that "Mon-Fri", "Sat, Sun" or "Sat-Mon" names."""
    found: list[int] = []
    for part in text.split(","):
        ends = [end.strip().title() for end in part.split("-")]
        for end in ends:
            if end not in DAYS:
                raise InputError("unknown weekday", given=text, known=DAYS)
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found += [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    return found


def _intervals(text: str) -> list[tuple[str, str]]:
    """Return the pairs of "09:00-12:00, 13:00-17:00"."""
    pairs = [tuple(end.strip() for end in part.split("-")) for part in str(text).split(",")]
    if any(len(pair) != 2 for pair in pairs):
        raise InputError(
            "not opening hours", given=text, expected='"09:00-17:00", several with ","'
        )
    return cast("list[tuple[str, str]]", pairs)
