"""Schedules from the canonical tables `schedules` and `schedule_exceptions`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import pandas as pd

from cxlab.calendars.hours import Hours, Schedule, SpecialDay
from cxlab.errors import InputError

__all__ = ["schedules_from_frames"]

_COLUMNS = ["schedule_id", "tz", "weekday", "start", "end"]
_EXCEPTION_COLUMNS = ["schedule_id", "date", "kind"]

Row = dict[str, Any]
Made = TypeVar("Made", Hours, SpecialDay)


def schedules_from_frames(
    schedules: pd.DataFrame,
    exceptions: pd.DataFrame | None = None,
    *,
    holidays: Mapping[str, str] | None = None,
) -> dict[str, Schedule]:
    """Return the schedules of the tables by id.

    `schedules` has one row per schedule, weekday and interval: schedule_id, tz, weekday (0 =
    Monday), start and end ("HH:MM"), and optionally valid_from and valid_to, local dates of a
    half-open range. `exceptions` has schedule_id, date, kind ("closed" or "open") and optionally
    start, end, name. `holidays` maps an id to its country, such as "DE" or "DE-BY". Raises
    InputError, naming the row, for what a schedule cannot say.

    >>> rows = [("desk", "Europe/Berlin", day, "09:00", "17:00") for day in range(5)]
    >>> frame = pd.DataFrame(rows, columns=["schedule_id", "tz", "weekday", "start", "end"])
    >>> list(schedules_from_frames(frame, holidays={"desk": "DE"}))
    ['desk']
    """
    zones: dict[str, str] = {}
    hours: dict[str, list[Hours]] = {}
    for number, row in _rows(schedules, "schedules", _COLUMNS):
        id, tz = _id(row), str(row["tz"])
        if zones.setdefault(id, tz) != tz:
            raise InputError(
                f"schedule {id!r} has two time zones", given=f"{zones[id]} and {tz}",
                expected="one; a desk that moves is two schedules",
            )  # fmt: skip
        hours.setdefault(id, []).append(_made(_hours, row, "schedules", number))
    special: dict[str, list[SpecialDay]] = {id: [] for id in hours}
    if exceptions is not None:
        for number, row in _rows(exceptions, "schedule_exceptions", _EXCEPTION_COLUMNS):
            _known(_id(row), "schedule_exceptions names", hours)
            day = _made(_special, row, "schedule_exceptions", number)
            special[_id(row)].append(day)
    countries = dict(holidays or {})
    for id in countries:
        _known(id, "holidays are given for", hours)
    return {id: _schedule(id, zones[id], hours[id], special[id], countries.get(id)) for id in hours}


def _schedule(
    id: str, tz: str, hours: list[Hours], special: list[SpecialDay], country: str | None
) -> Schedule:
    land, _, part = (country or "").partition("-")
    return Schedule(id, tz, tuple(hours), tuple(special), land or None, part or None)


def _rows(frame: pd.DataFrame, table: str, needed: list[str]) -> Iterator[tuple[int, Row]]:
    """Yield number (from 1) and values of each row; what is missing is None."""
    absent = [name for name in needed if name not in frame.columns]
    if absent:
        raise InputError(f"{table} lacks a column", given=absent[0], expected=", ".join(needed))
    for number, row in enumerate(frame.to_dict("records"), start=1):
        values = {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for name in needed:
            if values[name] is None:
                raise InputError(f"{table}, row {number}: {name} is empty", expected="a value")
        yield number, values


def _id(row: Row) -> str:
    return str(row["schedule_id"])


def _known(id: str, who: str, hours: dict[str, list[Hours]]) -> None:
    if id not in hours:
        raise InputError(f"{who} an unknown schedule", given=id, known=hours)


def _made(make: Callable[[Row], Made], row: Row, table: str, number: int) -> Made:
    """Return what the row says; an error names the row."""
    try:
        return make(row)
    except InputError as error:
        raise InputError(
            f"{table}, row {number}: {error.what}", given=error.given, expected=error.expected,
            hint=error.hint,
        ) from None  # fmt: skip


def _hours(row: Row) -> Hours:
    weekday = row["weekday"]  # what is no number is refused below, by the name it has
    weekday = int(weekday) if weekday in range(7) else weekday
    valid = _date(row.get("valid_from")), _date(row.get("valid_to"))
    return Hours(weekday, row["start"], row["end"], *valid)


def _special(row: Row) -> SpecialDay:
    date = _date(row["date"])
    assert date is not None
    return SpecialDay(date, row["kind"], row.get("start"), row.get("end"), row.get("name"))


def _date(value: Any) -> dt.date | None:
    """Return a cell as a local date: a date, a text such as "2026-12-24", or a midnight."""
    if value is None:
        return None
    try:
        at = pd.Timestamp(value)
        if at.tz is None and at == at.normalize():
            return at.date()
    except (TypeError, ValueError):
        pass
    raise InputError("not a local date", given=value, expected="a date such as 2026-12-24")
