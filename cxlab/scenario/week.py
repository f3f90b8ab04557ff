"""The week as a scenario file writes it: days, times of day, hour-of-week profiles."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, PlainValidator, WithJsonSchema

from cxlab.calendars import Schedule
from cxlab.errors import InputError

__all__ = [
    "DAYS",
    "ClockTime",
    "Days",
    "LocalDate",
    "OpeningHours",
    "Rates",
    "hourly_rates",
    "parse_days",
    "seconds_of_day",
]

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS_A_WEEK = 168

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")


def parse_days(text: object) -> tuple[int, ...]:
    """Return the weekdays (0 = Monday) that a text such as "Mon-Fri" or "Mon, Wed" names.

    A range may pass the week's end. Raises ValueError where the text names no days, or one
    twice.

    >>> parse_days("Mon-Wed, Sat")
    (0, 1, 2, 5)
    >>> parse_days("Sat-Mon")
    (5, 6, 0)
    """
    expected = f'days such as "Mon-Fri" or "Sat, Sun" (days: {", ".join(DAYS)})'
    if not isinstance(text, str):
        raise ValueError(expected)
    found: list[int] = []
    for part in text.split(","):
        ends = [end.strip().title() for end in re.split("[-–]", part)]
        if len(ends) > 2 or any(end not in DAYS for end in ends):
            raise ValueError(expected)
        first, last = DAYS.index(ends[0]), DAYS.index(ends[-1])
        found += [(first + i) % 7 for i in range((last - first) % 7 + 1)]
    if len(set(found)) != len(found):
        raise ValueError(expected + ", each at most once")
    return tuple(found)


def _check_days(given: object) -> str:
    parse_days(given)
    return str(given)


def seconds_of_day(text: str) -> int:
    """Return the seconds after local midnight of a time of day such as "08:30".

    >>> seconds_of_day("08:30")
    30600
    """
    match = _CLOCK.fullmatch(text.strip())
    seconds = -1
    if match:
        hours, minutes, rest = (int(part or 0) for part in match.groups())
        seconds = hours * 3600 + minutes * 60 + rest
    if not 0 <= seconds <= 86_400:
        raise ValueError('a time of day such as "08:30", in quotation marks, "24:00" at most')
    return seconds


def _check_hours(given: object) -> str | dict[str, str]:
    expected = '"business", or hours such as {"Mon-Fri" = "09:00-12:00, 13:00-17:00"}'
    if given == "business":
        return "business"
    if not isinstance(given, Mapping) or not all(isinstance(v, str) for v in given.values()):
        raise ValueError(expected)
    week = {str(days): str(hours) for days, hours in given.items()}
    try:
        Schedule.weekly("hours", "UTC", week)
    except InputError as error:
        raise ValueError(f"{expected} ({error})") from None
    return week


def _check_clock(given: object) -> str:
    text = given.isoformat("seconds") if isinstance(given, time) else given
    if not isinstance(text, str):
        raise ValueError('a time of day such as "08:30", in quotation marks')
    seconds = seconds_of_day(text)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours:02}:{minutes:02}" + (f":{rest:02}" if rest else "")


def _check_date(given: object) -> date:
    expected = "a date such as 2026-01-05, without a time"
    if isinstance(given, str):
        try:
            given = date.fromisoformat(given)
        except ValueError:
            raise ValueError(expected) from None
    if not isinstance(given, date) or isinstance(given, datetime):
        raise ValueError(expected)
    if not 1970 <= given.year <= 2200:
        raise ValueError("a date between 1970 and 2200")
    return given


def _rate(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError("a number of arrivals per hour")
    if not math.isfinite(given) or given < 0:
        raise ValueError("a finite number of arrivals per hour, 0 or more")
    return float(given)


def _day_profile(given: object) -> float | list[float]:
    if isinstance(given, list | tuple):
        if len(given) != 24:
            raise ValueError(f"24 hourly numbers for a day, not {len(given)}")
        return [_rate(value) for value in given]
    return _rate(given)


def _check_rates(given: object) -> float | list[float] | dict[str, float | list[float]]:
    if isinstance(given, Mapping):
        rates = {str(days): _day_profile(value) for days, value in given.items()}
        named = [day for days in rates for day in parse_days(days)]
        twice = sorted({DAYS[day] for day in named if named.count(day) > 1})
        missing = [DAYS[day] for day in range(7) if day not in named]
        if twice:
            raise ValueError("each day once; named twice: " + ", ".join(twice))
        if missing:
            raise ValueError(f'every day of the week; add for example "{missing[0]}" = 0')
        return rates
    if isinstance(given, list | tuple):
        if len(given) not in (24, HOURS_A_WEEK):
            raise ValueError(
                "one number, 24 (hours of a day) or 168 (hours of the week, Monday 00 first), "
                f"not {len(given)}"
            )
        return [_rate(value) for value in given]
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ValueError('a number, 24 or 168 numbers, or a table such as {"Mon-Fri" = 4, ...}')
    return _rate(given)


def hourly_rates(
    rates: float | Sequence[float] | Mapping[str, float | Sequence[float]],
) -> npt.NDArray[np.float64]:
    """Return the 168 arrivals per hour of a week, Monday 00 first, local time.

    >>> hourly_rates({"Mon-Fri": 2.0, "Sat-Sun": 0.0}).sum()
    np.float64(240.0)
    """
    if isinstance(rates, Mapping):
        week = np.zeros((7, 24))
        for days, value in rates.items():
            week[list(parse_days(days))] = value
        return week.ravel()
    values = np.atleast_1d(np.asarray(rates, dtype=np.float64))
    return np.resize(values, HOURS_A_WEEK)


_NUMBER: dict[str, Any] = {"type": "number", "minimum": 0}
_DAY: dict[str, Any] = {"type": "array", "items": _NUMBER, "minItems": 24, "maxItems": 24}
_WEEK: dict[str, Any] = {"type": "array", "items": _NUMBER, "minItems": 168, "maxItems": 168}
_BY_DAY = {"type": "object", "additionalProperties": {"anyOf": [_NUMBER, _DAY]}}

Days = Annotated[
    str,
    PlainValidator(_check_days),
    WithJsonSchema({"type": "string", "examples": ["Mon-Fri", "Sat, Sun"]}),
]
ClockTime = Annotated[
    str,
    PlainValidator(_check_clock),
    WithJsonSchema({"type": "string", "pattern": r"^\d{1,2}:\d{2}(:\d{2})?$"}),
]
OpeningHours = Annotated[
    str | dict[str, str],
    PlainValidator(_check_hours),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "business"},
                {"type": "object", "additionalProperties": {"type": "string"}},
            ]
        }
    ),
]
"""Hours by days of the week, or "business" for those of the whole desk."""
LocalDate = Annotated[date, BeforeValidator(_check_date)]
Rates = Annotated[
    float | list[float] | dict[str, float | list[float]],
    PlainValidator(_check_rates),
    WithJsonSchema({"anyOf": [_NUMBER, _DAY, _WEEK, _BY_DAY]}),
]
