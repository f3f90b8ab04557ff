"""Calendar days of a customer base: anniversaries and midnights, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from small_bases import scenario

from cxlab.sim.base.days import Days

HOUR = 3600.0


def days(start: str, total: int = 400, zone: str = "UTC", reach: int = 0) -> Days:
    return Days.of(scenario(total, top={"start": start, "time_zone": zone}), reach)


def told(calendar: Days, start: int, months: range) -> list[str]:
    """Return anniversaries as dates."""
    found = [calendar.anniversary_of(start, m) for m in months]
    at_once = calendar.anniversary(np.full(len(months), start), np.array(months))
    assert at_once.tolist() == found
    return [str(calendar.first + timedelta(days=day)) for day in found]


def test_the_last_day_of_a_month() -> None:
    # Counted from the first day, not from the anniversary before: the 31st comes back.
    assert told(days("2026-01-31"), 0, range(13)) == [
        "2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30",
        "2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31", "2026-11-30", "2026-12-31",
        "2027-01-31",
    ]  # fmt: skip
    assert told(days("2026-01-01"), 29, range(1, 3)) == ["2026-02-28", "2026-03-30"]  # the 30th


def test_leap_years() -> None:
    assert told(days("2028-01-31"), 0, range(1, 3)) == ["2028-02-29", "2028-03-31"]
    born = days("2028-02-29", total=1600)
    assert told(born, 0, range(12, 49, 12)) == [
        "2029-02-28", "2030-02-28", "2031-02-28", "2032-02-29",
    ]  # fmt: skip
    # 2100 is no leap year.
    assert told(days("2100-01-31"), 0, range(1, 2)) == ["2100-02-28"]


def test_any_day_of_four_years() -> None:
    calendar = days("2027-01-01", total=1461)
    for day in range(0, 1461, 7):
        on = date(2027, 1, 1) + timedelta(days=day)
        for months in (1, 5, 12, 13):
            year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
            following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
            last = (following - timedelta(days=1)).day
            expected = date(year, month + 1, min(on.day, last))
            assert calendar.anniversary_of(day, months) == (expected - date(2027, 1, 1)).days


def test_months_behind_those_who_were_there() -> None:
    # From 15 March 2026 back: whoever came on 15 February has one month behind, on the day itself.
    calendar = days("2026-03-15", reach=800)
    came = [date(2026, 3, 15), date(2026, 3, 14), date(2026, 2, 16), date(2026, 2, 15),
            date(2026, 2, 14), date(2025, 3, 15), date(2025, 3, 16), date(2024, 2, 29)]  # fmt: skip
    back = np.array([(on - date(2026, 3, 15)).days for on in came])
    assert calendar.months_before(back).tolist() == [0, 0, 0, 1, 1, 12, 11, 24]


def test_months_behind_at_the_end_of_a_short_month() -> None:
    # On 28 February those of 28 to 31 January complete their first month, and those of
    # 31 December, who have had 31 January, their second.
    calendar = days("2026-02-28", reach=60)
    back = np.array([-28, -29, -30, -31, -59])  # 31, 30, 29, 28 January, 31 December
    assert calendar.months_before(back).tolist() == [1, 1, 1, 1, 2]
    assert days("2026-02-27", reach=60).months_before(np.array([-27, -30, -31])).tolist() == [
        0, 0, 1,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "start", "hours"),
    [
        # Berlin: 23 hours on 29 March, 25 on 25 October 2026.
        ("Europe/Berlin", "2026-03-28", [24, 23, 24]),
        ("Europe/Berlin", "2026-10-24", [24, 25, 24]),
        # Half past, but no daylight saving.
        ("Asia/Kolkata", "2026-03-28", [24, 24, 24]),
        # São Paulo, 2018: clocks went from 00:00 to 01:00 on 4 November (the day began at 01:00),
        # and on 17 February from 24:00 back to 23:00.
        ("America/Sao_Paulo", "2018-11-03", [24, 23, 24]),
        ("America/Sao_Paulo", "2018-02-16", [24, 25, 24]),
    ],
)
def test_midnights(zone: str, start: str, hours: list[int]) -> None:
    midnights = days(start, total=3, zone=zone).midnights
    assert (np.diff(midnights) / HOUR).tolist() == hours
    assert midnights[0] == 0


def test_where_the_midnights_lie() -> None:
    made = scenario(2, top={"start": "2018-11-04", "time_zone": "America/Sao_Paulo"})
    assert str(made.starts_at) == "2018-11-04 03:00:00+00:00"  # 01:00 local, its first instant
    assert Days.of(made).midnights.tolist() == [0.0, 23 * HOUR, 47 * HOUR]
    made = scenario(1, top={"start": "2026-03-29", "time_zone": "Asia/Kolkata"})
    assert str(made.starts_at) == "2026-03-28 18:30:00+00:00"


def test_anniversaries_are_calendar_days_whatever_the_clock_does() -> None:
    for zone in ("Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata"):
        calendar = days("2018-01-31", zone=zone)
        assert told(calendar, 0, range(1, 4)) == ["2018-02-28", "2018-03-31", "2018-04-30"]
