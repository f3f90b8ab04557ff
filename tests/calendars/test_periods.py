"""Periods in a time zone, worked out from the calendar by hand."""

import datetime as dt

import ibis
import pandas as pd
import pytest

from cxlab.calendars import Period, local_time, periods_between, time_zone
from cxlab.errors import InputError

UTC = dt.UTC


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2016-W15", "2016-04-11", "2016-04-18"),
        ("2015-W53", "2015-12-28", "2016-01-04"),  # a year of 53 weeks
        ("2016-02", "2016-02-01", "2016-03-01"),  # leap year
        ("2016-Q4", "2016-10-01", "2017-01-01"),
        ("2016-02-29", "2016-02-29", "2016-03-01"),
        ("2016", "2016-01-01", "2017-01-01"),
    ],
)
def test_periods_begin_and_end_at_midnight(text, start, end):
    period = Period.parse(text)
    assert period.label == text
    assert period.start == dt.datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert period.end == dt.datetime.fromisoformat(end).replace(tzinfo=UTC)


def test_a_week_with_a_clock_change_has_167_or_169_hours():
    spring = Period.parse("2026-W13", "Europe/Berlin")
    autumn = Period.parse("2026-W43", "Europe/Berlin")
    assert (spring.end - spring.start) == dt.timedelta(hours=167)
    assert (autumn.end - autumn.start) == dt.timedelta(hours=169)


@pytest.mark.parametrize(
    "text", ["2016-W54", "2016-13", "2016-02-30", "last week", "", "2016-Q5", "9999", "0001-W01"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(InputError, match="not a period"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "possible"),
    [
        # 1 January 2016 is a Friday: 52 weeks. 1 January 2015 and 2026 are Thursdays: 53 weeks.
        ("2016-W99", r"a week from 2016-W01 to 2016-W52 \(2016 has 52 ISO weeks\)"),
        ("2016-W00", "a week from 2016-W01 to 2016-W52"),
        ("2026-W54", r"2026-W53 \(2026 has 53 ISO weeks\)"),
        ("2016-13", "a month from 2016-01 to 2016-12"),
        ("2016-13-01", "a month from 2016-01 to 2016-12"),
        ("2016-Q7", "a quarter from 2016-Q1 to 2016-Q4"),
        ("2016-02-30", "a day from 2016-02-01 to 2016-02-29"),
        ("2015-02-29", "a day from 2015-02-01 to 2015-02-28"),
        ("1016-W01", "a year from 1900 to 2199"),
        ("week 15", "2016-W15, 2016-04, 2016-Q2, 2016-04-11 or 2016"),
    ],
)
def test_what_a_calendar_does_not_have_is_refused_with_what_it_has(text, possible):
    with pytest.raises(InputError, match=f"given '{text}'; expected .*{possible}"):
        Period.parse(text)


def test_the_period_of_an_instant_is_local():
    late = dt.datetime(2026, 1, 4, 23, 30, tzinfo=UTC)  # Monday 00:30 in Berlin
    assert Period.containing(late, "week", "Europe/Berlin").label == "2026-W02"
    assert Period.containing(late, "week").label == "2026-W01"
    assert Period.containing(late, "quarter").label == "2026-Q1"


def test_periods_between_have_no_holes_and_shift_back_and_forth():
    labels = [p.label for p in periods_between(Period.parse("2015-12"), Period.parse("2016-02"))]
    assert labels == ["2015-12", "2016-01", "2016-02"]
    assert Period.parse("2016-Q1").shift(-1).label == "2015-Q4"
    assert Period.parse("2016").shift(-16).label == "2000"


def test_an_unknown_zone_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="Europe/Berlin"):
        time_zone("Europe/Berln")
    for hostile in ("../etc/passwd", "", "x" * 5000, "/etc/localtime"):
        with pytest.raises(InputError, match="unknown time zone"):
            time_zone(hostile)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Asia/Kolkata", "UTC"])
def test_local_time_agrees_with_pandas_over_years_of_clock_changes(zone):
    instants = pd.date_range("2024-01-01", "2026-12-31", freq="4177s", tz="UTC").as_unit("us")
    table = ibis.memtable(pd.DataFrame({"at": instants.tz_localize(None)}))
    shown = table.select(
        "at", local=local_time(table["at"], zone, instants[0], instants[-1])
    ).order_by("at").to_pandas()  # fmt: skip
    expected = instants.tz_convert(zone).tz_localize(None)
    assert (shown["local"].to_numpy() == expected.to_numpy()).all()
