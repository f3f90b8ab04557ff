"""Report periods and local time: ISO weeks, months, quarters and days in one time zone.

Instants are UTC. A period is a half-open window [start, end) whose ends are local midnights of
the report's time zone; across a clock change a day lasts 23 or 25 hours.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, available_timezones

from cxlab.errors import InputError, nearest

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "EVERY", "LAST", "YEARS", "Period", "Span", "last_complete", "local_time", "periods_between",
    "time_zone",
]  # fmt: skip

YEARS = range(1900, 2200)
"""The years a report can be about; beyond them calendars overflow."""

EVERY = ("day", "week", "month", "quarter", "year")
"""The lengths a report period can have."""

WRITTEN = "2016-W15, 2016-04, 2016-Q2, 2016-04-11 or 2016"
"""How periods are written."""

LAST = {"last": "week", **{f"last-{every}": every for every in EVERY}}
"""How a log's last complete period is asked for, with its length."""


def time_zone(name: str) -> ZoneInfo:
    """Return the IANA time zone called `name`; InputError with the nearest name otherwise.

    >>> time_zone("Europe/Berlin").key
    'Europe/Berlin'
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        known = available_timezones()
        raise InputError(
            "unknown time zone", given=name, expected="an IANA name such as Europe/Berlin",
            hint=_zone_hint(name, known),
        ) from None  # fmt: skip


def _zone_hint(name: str, known: set[str]) -> str | None:
    guess = nearest(name, known)
    return f"did you mean {guess!r}?" if guess else None


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A calendar period in a time zone: its first local day and its length.

    `start` and `end` are UTC instants, `label` is what reports print ("2016-W15", "2016-04").
    """

    first_day: dt.date
    every: str
    zone: str = "UTC"

    @classmethod
    def parse(cls, text: str, zone: str = "UTC") -> Period:
        """Read "2016-W15", "2016-04", "2016-Q2", "2016-04-11" or "2016".

        >>> Period.parse("2016-W15").first_day.isoformat()
        '2016-04-11'
        """
        time_zone(zone)
        for every, pattern in _PATTERNS.items():
            match = re.fullmatch(pattern, text.strip())
            if match:
                numbers = [int(part) for part in match.groups()]
                try:
                    if numbers[0] in YEARS:
                        return cls(_first_day(every, *numbers), every, zone)
                except ValueError:
                    pass
                raise InputError("not a period", given=text, expected=_possible(every, *numbers))
        raise InputError("not a period", given=text, expected=WRITTEN)

    @classmethod
    def containing(cls, instant: dt.datetime, every: str, zone: str = "UTC") -> Period:
        """Return the period of length `every` in which the aware `instant` lies."""
        if every not in EVERY:
            raise InputError("unknown period length", given=every, known=EVERY)
        day = instant.astimezone(time_zone(zone)).date()
        if every == "week":
            day -= dt.timedelta(days=day.weekday())
        elif every == "month":
            day = day.replace(day=1)
        elif every == "quarter":
            day = day.replace(month=3 * ((day.month - 1) // 3) + 1, day=1)
        elif every == "year":
            day = day.replace(month=1, day=1)
        return cls(day, every, zone)

    @property
    def start(self) -> dt.datetime:
        """First instant of the period, in UTC."""
        return _midnight(self.first_day, self.zone)

    @property
    def end(self) -> dt.datetime:
        """First instant after the period, in UTC."""
        return _midnight(self.shift(1).first_day, self.zone)

    @property
    def label(self) -> str:
        """The period's name, as `parse` reads it."""
        day = self.first_day
        if self.every == "week":
            year, week, _ = day.isocalendar()
            return f"{year}-W{week:02d}"
        if self.every == "quarter":
            return f"{day.year}-Q{(day.month - 1) // 3 + 1}"
        return {"day": day.isoformat(), "month": f"{day:%Y-%m}", "year": f"{day.year}"}[self.every]

    def shift(self, steps: int) -> Period:
        """Return the period `steps` later (earlier when negative).

        >>> Period.parse("2015-W53").shift(1).label
        '2016-W01'
        """
        day = self.first_day
        if self.every in ("day", "week"):
            return Period(day + dt.timedelta(days=steps * _DAYS[self.every]), self.every, self.zone)
        months = day.year * 12 + day.month - 1 + steps * _MONTHS[self.every]
        return Period(dt.date(months // 12, months % 12 + 1, 1), self.every, self.zone)


@dataclass(frozen=True, slots=True, order=True)
class Span(Period):
    """A period of any number of local days, such as the whole of a simulated run.

    >>> Span.between(dt.date(2026, 1, 5), dt.date(2027, 1, 4)).label
    '2026-01-05 to 2027-01-03'
    """

    days: int = 1

    @classmethod
    def between(cls, first: dt.date, end: dt.date, zone: str = "UTC") -> Span:
        """Return the days from `first` to the one before `end`."""
        return cls(first, "day", zone, (end - first).days)

    @property
    def label(self) -> str:
        """The first and the last day."""
        return f"{self.first_day} to {self.first_day + dt.timedelta(days=self.days - 1)}"

    def shift(self, steps: int) -> Span:
        """Return the stretch of as many days that begins `steps` times as many days later."""
        first = self.first_day + dt.timedelta(days=steps * self.days)
        return Span(first, self.every, self.zone, self.days)


_DAYS = {"day": 1, "week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_PATTERNS = {
    "week": r"(\d{4})-?W(\d{1,2})",
    "quarter": r"(\d{4})-?Q(\d{1,2})",
    "day": r"(\d{4})-(\d{1,2})-(\d{1,2})",
    "month": r"(\d{4})-(\d{1,2})",
    "year": r"(\d{4})",
}


def _first_day(every: str, year: int, number: int = 1, day: int = 1) -> dt.date:
    if every == "week":
        return dt.date.fromisocalendar(year, number, 1)
    if every == "quarter":
        return dt.date(year, 3 * number - 2, 1)
    return dt.date(year, number, day)


def _possible(every: str, year: int, number: int = 1, day: int = 1) -> str:
    """Return in words what a period that a calendar does not have could have been."""
    if year not in YEARS:
        return f"a year from {YEARS[0]} to {YEARS[-1]}"
    if every == "week":
        weeks = dt.date(year, 12, 28).isocalendar().week
        return f"a week from {year}-W01 to {year}-W{weeks} ({year} has {weeks} ISO weeks)"
    if every == "quarter":
        return f"a quarter from {year}-Q1 to {year}-Q4"
    if not 1 <= number <= 12:
        return f"a month from {year}-01 to {year}-12"
    days = (Period(dt.date(year, number, 1), "month").shift(1).first_day - dt.timedelta(1)).day
    return f"a day from {year}-{number:02d}-01 to {year}-{number:02d}-{days}"


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    local = dt.datetime.combine(day, dt.time(), tzinfo=time_zone(zone))
    return local.astimezone(dt.UTC)


def periods_between(first: Period, last: Period) -> list[Period]:
    """Return every period from `first` to `last`, both included, without holes."""
    out = [first]
    while out[-1] < last:
        out.append(out[-1].shift(1))
    return out


def last_complete(
    first: dt.datetime, last: dt.datetime, known: dt.datetime, every: str, zone: str
) -> Period:
    """Return the last period with events that had ended when the log was taken.

    `first` and `last` are the log's first and last event, `known` the end of what it knows. The
    log covers the period from its start whenever it covers any. When the log is too short for
    one to have ended, the period it lies in.

    >>> at = lambda day: dt.datetime(2026, 1, day, tzinfo=dt.UTC)
    >>> last_complete(at(5), at(20), at(20), "week", "UTC").label
    '2026-W03'
    """
    newest = Period.containing(last, every, zone)
    ended = newest if newest.end <= known else newest.shift(-1)
    return ended if ended.end > first else newest


def local_time(
    instant: ir.TimestampValue, zone: str, first: dt.datetime, last: dt.datetime
) -> ir.TimestampValue:
    """Return naive UTC timestamps as naive local ones, as one expression for any backend.

    `first` and `last` bound the instants (aware). The zone's offset is constant between clock
    changes, so the expression is one CASE with a branch for each change in between; no backend
    needs to know time zones.
    """
    import ibis

    changes = list(offset_changes(time_zone(zone), first, last))
    if len(changes) == 1:
        return instant + ibis.interval(seconds=changes[0][1])
    branches = [
        (instant < ibis.timestamp(until.replace(tzinfo=None)), _seconds(offset))
        for (_, offset), (until, _) in pairwise(changes)
    ]
    offset = ibis.cases(*branches, else_=_seconds(changes[-1][1]))
    return instant + offset.as_interval("s")


def _seconds(offset: int) -> ir.IntegerScalar:
    import ibis

    return ibis.literal(offset, type="int64")


def offset_changes(
    zone: ZoneInfo, first: dt.datetime, last: dt.datetime
) -> Iterator[tuple[dt.datetime, int]]:
    """Yield (instant, offset in seconds) at `first` and at each clock change up to `last`."""

    def offset(at: dt.datetime) -> int:
        delta = at.astimezone(zone).utcoffset()
        return int(delta.total_seconds()) if delta is not None else 0

    at = first.astimezone(dt.UTC).replace(minute=0, second=0, microsecond=0)
    now = offset(at)
    yield at, now
    # Clock changes are at least a day apart: step by days, then bisect to the second.
    while at < last:
        step = at + dt.timedelta(days=1)
        if offset(step) != now:
            low, high = at, step
            while high - low > dt.timedelta(seconds=1):
                middle = low + (high - low) // 2
                low, high = (middle, high) if offset(middle) == now else (low, middle)
            change = high.replace(microsecond=0)
            now = offset(step)
            yield change, now
        at = step
