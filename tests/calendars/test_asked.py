"""Periods as they are asked for: ranges, and their edges in a calendar."""

from __future__ import annotations

import datetime as dt

import pytest

from cxlab.calendars import Period, last_complete
from cxlab.calendars.asked import period_asked, periods_asked
from cxlab.errors import InputError


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (["2015-W52..2016-W02"], ["2015-W52", "2015-W53", "2016-W01", "2016-W02"]),
        (["2016-W52..2017-W01"], ["2016-W52", "2017-W01"]),  # 2016 has 52 weeks
        (["2020-W53..2021-W01"], ["2020-W53", "2021-W01"]),
        (["2016-11..2017-02"], ["2016-11", "2016-12", "2017-01", "2017-02"]),
        (["2016-Q4..2017-Q1"], ["2016-Q4", "2017-Q1"]),
        (["2015..2016"], ["2015", "2016"]),
        (["2016-02-28..2016-03-01"], ["2016-02-28", "2016-02-29", "2016-03-01"]),
        (["2016-W14..2016-W14"], ["2016-W14"]),
        (["last", "2016-W14", "2016-W13..2016-W14"], ["last", "2016-W14", "2016-W13"]),
        ([" 2016-W14 "], ["2016-W14"]),
        (["2016-W5", "2016W05", "2016-W05", "Last", "last"], ["2016-W05", "last"]),
        (["2016-W99"], ["2016-W99"]),  # refused by whoever reads it
        ([], []),
    ],
)
def test_several_periods_and_ranges(given, found):
    assert periods_asked(given) == found


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("2016-W15..2016-W14", "not a range of periods"),
        ("2016-W14..2016-04", "not a range of periods"),
        ("last..2016-W14", "not a period: given 'last'"),
        ("2016-W14..", "not a period: given ''"),
        ("2016-W54..2017-W01", "not a period"),
        ("1900..2199-W01", "not a range"),
        ("1950-01-01..2016-01-01", "too many periods.*at most 600"),
    ],
)
def test_what_is_no_range_is_refused(given, words):
    with pytest.raises(InputError, match=words):
        periods_asked([given])


def test_a_slip_of_a_last_period_is_named():
    assert period_asked(" Last-Month ", "UTC") == "last-month"
    with pytest.raises(InputError, match="did you mean 'last-month'"):
        period_asked("last-mont", "UTC")


@pytest.mark.parametrize(
    ("every", "ends", "label"),
    [
        # A log that knows the last second of a period covers it; a second less, and it does not.
        ("week", "2016-01-04 00:00", "2015-W53"),
        ("week", "2016-01-03 23:59:59", "2015-W52"),
        ("quarter", "2016-04-01 00:00", "2016-Q1"),
        ("quarter", "2016-03-31 23:59:59", "2015-Q4"),
        ("month", "2016-03-01 00:00", "2016-02"),
        ("month", "2016-02-29 23:59:59", "2016-01"),
        ("year", "2016-01-01 00:00", "2015"),
        ("year", "2015-12-31 23:59:59", "2014"),
    ],
)
def test_the_last_whole_period_at_its_very_end(every, ends, label):
    known = dt.datetime.fromisoformat(ends).replace(tzinfo=dt.UTC)
    first, last = dt.datetime(2013, 1, 1, tzinfo=dt.UTC), known - dt.timedelta(hours=1)
    assert last_complete(first, last, known, every, "UTC").label == label


def test_the_end_of_a_period_is_local_across_a_clock_change():
    """Berlin, 27 March 2016: the week has 167 hours and ends at 22:00 UTC, others at 23:00."""
    week = Period.parse("2016-W12", "Europe/Berlin")
    assert (week.end - week.start) == dt.timedelta(hours=167)
    assert week.start.hour == 23
    assert week.end == dt.datetime(2016, 3, 27, 22, tzinfo=dt.UTC)
    first = dt.datetime(2016, 1, 1, tzinfo=dt.UTC)
    for known, label in ((week.end, "2016-W12"), (week.end - dt.timedelta(seconds=1), "2016-W11")):
        last = week.end - dt.timedelta(hours=2)
        assert last_complete(first, last, known, "week", "Europe/Berlin").label == label
