"""Open time worked out by hand, against the library workclock, and by its laws."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
import workclock
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlab.calendars import Hours, Schedule, SpecialDay, due, open_seconds
from cxlab.errors import InputError

from .helpers import instants, random_pairs, schedules

OFFICE = {"Mon-Fri": "09:00-17:00"}
BERLIN = Schedule.weekly("office", "Europe/Berlin", OFFICE)
NIGHT = Schedule.weekly("night", "Europe/Berlin", {"Mon-Sun": "00:00-08:00"})
DELHI = Schedule.weekly("delhi", "Asia/Kolkata", {"Mon-Fri": "09:00-18:00"})
BAVARIA = Schedule.weekly("m", "Europe/Berlin", OFFICE, holidays="DE-BY")
LONGER = Schedule.weekly(
    "longer", "Europe/Berlin", OFFICE, changes={"2026-07-01": {"Mon-Fri": "08:00-20:00"}}
)
SPECIAL = Schedule.weekly(
    "special", "Europe/Berlin", OFFICE, holidays="DE",
    closed={"2026-01-02": "bridge day"}, special={"2026-01-01": "10:00-12:00"},
)  # fmt: skip
GAP = Schedule(
    "gap", "UTC",
    (Hours(0, "09:00", "17:00", dt.date(2026, 1, 1), dt.date(2026, 2, 1)),
     Hours(0, "09:00", "17:00", dt.date(2026, 3, 1), dt.date(2026, 4, 1))),
)  # fmt: skip


def at(text, zone="Europe/Berlin"):
    """Return the instant; a text that names its offset keeps it."""
    instant = pd.Timestamp(text)
    return instant if instant.tz is not None else instant.tz_localize(zone)


@pytest.mark.parametrize(
    ("schedule", "start", "end", "minutes"),
    [
        (BERLIN, "2026-03-20 16:30", "2026-03-23 09:30", 60),  # Friday to Monday: 30 + 30
        (BERLIN, "2026-03-27 16:30", "2026-03-30 09:30", 60),  # with a clock change in between
        (NIGHT, "2026-03-29 00:00", "2026-03-29 08:00", 7 * 60),
        (NIGHT, "2026-10-25 00:00", "2026-10-25 08:00", 9 * 60),
        (NIGHT, "2026-03-28 12:00", "2026-03-30 12:00", 15 * 60),  # 7 h and 8 h
        (BERLIN, "2026-03-20 18:00", "2026-03-21 10:00", 0),  # reply outside hours
        (BERLIN, "2026-03-21 10:00", "2026-03-23 09:00", 0),  # at the very opening
        (BERLIN, "2026-03-20 17:00", "2026-03-20 23:00", 0),
        (BERLIN, "2026-03-20 12:00", "2026-03-20 12:00", 0),
        (BAVARIA, "2026-01-05 16:00", "2026-01-07 10:00", 120),  # Tuesday is Epiphany
        (BERLIN, "2026-01-05 16:00", "2026-01-07 10:00", 600),
        (LONGER, "2026-06-30 16:00", "2026-07-01 10:00", 180),  # 1 h old, 2 h new
        (SPECIAL, "2025-12-31 16:00", "2026-01-05 09:30", 60 + 120 + 30),
        (GAP, "2026-01-26 16:00Z", "2026-03-02 10:00Z", 120),  # a gap of a month is closed
    ],
)  # fmt: skip
def test_open_minutes_by_hand(schedule, start, end, minutes):
    assert open_seconds(schedule, at(start), at(end)).tolist() == [minutes * 60]


def test_hours_of_an_asian_desk_are_local():
    # 20:00 UTC on Monday is 01:30 on Tuesday in Delhi; 04:00 UTC is 09:30.
    spent = open_seconds(DELHI, at("2026-01-05 20:00", "UTC"), at("2026-01-06 04:00", "UTC"))
    assert spent.tolist() == [30 * 60]


def test_the_schedule_at_the_event_holds_for_the_whole_span():
    ends = at("2026-06-30 16:00"), at("2026-07-01 10:00")
    assert open_seconds(LONGER, *ends, at_event=True).tolist() == [2 * 3600]  # 1 h and 1 h
    assert due(LONGER, ends[0], 7200, at_event=True)[0] == at("2026-07-01 10:00")
    assert due(LONGER, ends[0], 7200)[0] == at("2026-07-01 09:00")


def test_a_special_day_can_close_for_part_of_it_only():
    eve = SpecialDay(dt.date(2026, 12, 24), "closed", "12:00", "24:00", "Christmas Eve")
    desk = Schedule("d", "UTC", (Hours(3, "09:00", "17:00"),), (eve,))
    spent = open_seconds(desk, at("2026-12-24 00:00", "UTC"), at("2026-12-25 00:00", "UTC"))
    assert spent.tolist() == [3 * 3600]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (None, "2026-03-02 10:00Z"), ("2026-03-02 10:00Z", None),
        ("2026-03-02 10:00Z", "2026-03-02 09:59Z"),  # the end before the start
        ("2025-12-29 10:00Z", "2026-01-05 10:00Z"),  # before the schedule
        ("2026-03-30 10:00Z", "2026-04-06 10:00Z"),  # after it
    ],
)  # fmt: skip
def test_what_nobody_knows_is_missing_and_not_zero(start, end):
    ends = [None if text is None else pd.Timestamp(text) for text in (start, end)]
    assert np.isnan(open_seconds(GAP, *ends)).all()


@pytest.mark.parametrize(
    ("schedule", "start", "seconds", "expected"),
    [
        (BERLIN, "2026-03-27 16:30", 3600, "2026-03-30 09:30"),
        (BERLIN, "2026-03-27 16:30", 1800, "2026-03-27 17:00"),  # used up at closing: due then
        (BERLIN, "2026-03-27 16:30", 0, "2026-03-27 16:30"),
        (BERLIN, "2026-03-28 03:00", 0, "2026-03-30 09:00"),  # not before the desk opens
        (BERLIN, "2026-03-27 17:00", 0, "2026-03-30 09:00"),
        (BERLIN, "2026-03-27 17:00", 1e-6, "2026-03-30 09:00:00.000001"),
        (NIGHT, "2026-03-29 00:00", 7 * 3600 + 60, "2026-03-30 00:01"),
        (BERLIN, "2026-01-01 00:00", 3600 * 8 * 250, "2026-12-16 17:00"),  # beyond any look-ahead
        (Schedule.always("Europe/Berlin"), "2026-03-28 03:00", 86_400, "2026-03-29 04:00"),
        (GAP, "2026-03-30 16:30+00:00", 1801, None),  # the schedule ends before
        (GAP, "2026-03-30 16:30+00:00", -1, None),
    ],
)
def test_due_times_by_hand(schedule, start, seconds, expected):
    found = due(schedule, at(start), seconds)[0]
    assert found is pd.NaT if expected is None else found == at(expected)


def test_bad_questions_are_refused():
    with pytest.raises(InputError, match="without a time zone"):
        open_seconds(BERLIN, [pd.Timestamp("2026-01-01")], [at("2026-01-02")])
    with pytest.raises(InputError, match="1900 to 2199"):
        open_seconds(BERLIN, at("2026-01-01"), at("2200-01-01"))
    with pytest.raises(InputError, match="100 years"):
        due(BERLIN, at("2026-01-01"), 1e12)
    with pytest.raises(InputError, match="not instants"):
        open_seconds(BERLIN, ["yesterday"], [at("2026-01-02")])


# --- against another implementation -----------------------------------------------------------


def as_workclock(schedule):
    """Return the same weekly hours and holidays as a schedule of the library workclock."""

    def clock(text):
        return dt.time() if text == "24:00" else dt.time.fromisoformat(text)

    rules = [
        workclock.WorkDay(clock(row.start), clock(row.end), days=[row.weekday])
        for row in schedule.hours
    ]
    free = schedule.holidays(dt.date(2023, 12, 1), dt.date(2026, 2, 1))
    if free:
        rules.append(workclock.Holidays(list(free)))
    return workclock.Schedule(rules, time_zone=ZoneInfo(schedule.tz))


COMPARED = [
    BERLIN,
    NIGHT,
    BAVARIA,
    Schedule.always("Australia/Lord_Howe"),
    Schedule.weekly(
        "split", "America/New_York", {"Mon-Fri": "08:30-12:00,13:00-18:15"}, holidays="US-NY"
    ),
    Schedule.weekly("midnight", "Africa/Cairo", {"Mon-Sun": "00:00-00:30,23:30-24:00"}),
    Schedule.weekly("skipped", "Europe/Berlin", {"Mon-Sun": "02:15-02:45,03:30-08:00"}),
    DELHI,
]


def same_as_workclock(schedule, n, seed):
    start, end = random_pairs(n, seed)
    other = as_workclock(schedule)
    naive = [np.asarray(index.tz_localize(None)).astype("M8[us]") for index in (start, end)]
    spent = other.between_many(*naive) / np.timedelta64(1, "us")
    np.testing.assert_array_equal(np.rint(open_seconds(schedule, start, end) * 1e6), spent)
    target = np.random.default_rng(seed).integers(1, 200 * 3600, n)
    expected = other.add_many(naive[0], target.astype("m8[s]"))
    np.testing.assert_array_equal(
        np.asarray(due(schedule, start, target).tz_localize(None)), expected
    )


@pytest.mark.parametrize("schedule", COMPARED, ids=lambda s: f"{s.id}-{s.tz}")
def test_equals_workclock(schedule):
    same_as_workclock(schedule, 10_000, seed=20260105)


@pytest.mark.long
@pytest.mark.parametrize("schedule", COMPARED, ids=lambda s: f"{s.id}-{s.tz}")
def test_equals_workclock_on_many_pairs(schedule):
    same_as_workclock(schedule, 200_000, seed=20260106)


# --- laws -------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(schedules(), st.lists(instants(), min_size=3, max_size=3).map(sorted))
def test_open_time_adds_up(schedule, three):
    a, b, c = three
    parts = open_seconds(schedule, [a, b, a], [b, c, c]) * 1e6
    assert round(parts[0]) + round(parts[1]) == round(parts[2])


@settings(deadline=None)
@given(st.sampled_from(["UTC", "Europe/Berlin", "Africa/Cairo", "Australia/Lord_Howe"]),
       instants(), instants())  # fmt: skip
def test_around_the_clock_business_time_is_calendar_time(zone, a, b):
    a, b = sorted((a, b))
    assert open_seconds(Schedule.always(zone), a, b)[0] == (b - a) / dt.timedelta(seconds=1)


@settings(deadline=None)
@given(schedules(), instants(), st.integers(0, 10**6), st.booleans())
def test_a_due_time_is_the_earliest_after_so_much_open_time(schedule, start, target, at_event):
    found = due(schedule, start, target, at_event=at_event)[0]
    assert open_seconds(schedule, start, found, at_event=at_event)[0] == target
    if target:
        before = found - pd.Timedelta("1us")
        assert open_seconds(schedule, start, before, at_event=at_event)[0] < target
