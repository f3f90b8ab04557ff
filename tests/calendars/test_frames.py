"""The canonical tables make the same schedules as texts do, or are refused by row."""

import datetime as dt

import pandas as pd
import pytest

from cxlab.calendars import Hours, Schedule, SpecialDay, schedules_from_frames
from cxlab.errors import InputError

COLUMNS = ["schedule_id", "tz", "weekday", "start", "end", "valid_from", "valid_to"]
EXCEPTIONS = ["schedule_id", "date", "kind", "start", "end", "name"]
DAY = dt.date(2026, 7, 1)


def frame(*rows):
    return pd.DataFrame(list(rows), columns=COLUMNS)


def special(*rows):
    return pd.DataFrame(list(rows), columns=EXCEPTIONS)


PLAIN = ("a", "UTC", 0, "09:00", "17:00", None, None)


def row(tz="UTC", weekday=1):
    return "a", tz, weekday, "09:00", "17:00", None, None


@pytest.mark.parametrize(
    "date", [DAY, "2026-07-01", pd.Timestamp("2026-07-01"), dt.datetime(2026, 7, 1)], ids=repr
)
def test_rows_become_hours_whatever_holds_their_dates(date):
    rows = frame(("a", "Europe/Berlin", 0, "09:00", "17:00", None, date),
                 ("a", "Europe/Berlin", 0, "08:00", "20:00", date, None),
                 (7, "Asia/Tokyo", 6, "00:00", "24:00", None, None))  # fmt: skip
    days = special(("a", date, "open", "10:00", "12:00", "half day"),
                   (7, date, "closed", None, None, None))  # fmt: skip
    found = schedules_from_frames(rows, days, holidays={"a": "DE-BY"})
    assert found == {
        "a": Schedule(
            "a", "Europe/Berlin",
            (Hours(0, "09:00", "17:00", None, DAY), Hours(0, "08:00", "20:00", DAY)),
            (SpecialDay(DAY, "open", "10:00", "12:00", "half day"),), "DE", "BY",
        ),
        "7": Schedule(
            "7", "Asia/Tokyo", (Hours(6, "00:00", "24:00"),), (SpecialDay(DAY, "closed"),)
        ),
    }  # fmt: skip


def test_types_as_parquet_gives_them():
    typed = frame(PLAIN).astype(
        {"schedule_id": "category", "tz": "category", "weekday": "int8",
         "valid_to": "datetime64[us]"}
    )  # fmt: skip
    assert schedules_from_frames(typed) == {
        "a": Schedule("a", "UTC", (Hours(0, "09:00", "17:00"),))
    }


@pytest.mark.parametrize(
    ("rows", "days", "message"),
    [
        (frame(PLAIN, row(weekday=7)), None, "row 2: unknown weekday"),
        (frame(PLAIN, row(weekday="Tue")), None, "row 2: unknown week"),
        (frame(("a", "UTC", 1, "9", "17:00", None, None)), None, "row 1: not a time of day"),
        (frame(("a", "UTC", 1, 9, "17:00", None, None)), None, "row 1: not a time of day"),
        (frame(("a", "UTC", 1, "17:00", "09:00", None, None)), None, "row 1: opening hours end"),
        (frame(("a", "UTC", 1, "09:00", "17:00", "soon", None)), None, "row 1: not a local date"),
        (frame(("a", "UTC", 1, None, "17:00", None, None)), None, "row 1: start is empty"),
        (frame(PLAIN, row(tz="Asia/Tokyo")), None, "two time zones"),
        (frame(PLAIN, PLAIN), None, "'a' overlaps itself"),
        (frame(PLAIN).drop(columns="tz"), None, "schedules lacks a column.*'tz'"),
        (frame(PLAIN), special(("b", DAY, "closed", None, None, None)), "unknown schedule.*'b'"),
        (frame(PLAIN), special(("a", DAY, "shut", None, None, None)), "row 1: unknown kind"),
        (frame(PLAIN), special(("a", DAY, "open", None, None, None)), "row 1: a special day lacks"),
    ],
)  # fmt: skip
def test_what_the_tables_cannot_say_is_refused_by_row(rows, days, message):
    with pytest.raises(InputError, match=message):
        schedules_from_frames(rows, days)


def test_holidays_need_a_schedule():
    with pytest.raises(InputError, match=r"unknown schedule.*'b'"):
        schedules_from_frames(frame(PLAIN), holidays={"b": "DE"})
