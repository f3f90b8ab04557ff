"""The query's answers are those of numpy, and pauses and changing schedules add up by hand."""

import datetime as dt

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxlab.calendars import (
    Calendar,
    Hours,
    Schedule,
    due,
    open_seconds,
    with_due,
    with_open_seconds,
    with_open_seconds_by_schedule,
    with_running_seconds,
)
from cxlab.errors import InputError

from .helpers import instants, random_pairs, schedules

OFFICE = {"Mon-Fri": "09:00-17:00"}
BERLIN = Schedule.weekly("berlin", "Europe/Berlin", OFFICE)
TOKYO = Schedule.weekly("tokyo", "Asia/Tokyo", {"Mon-Sat": "10:00-12:30,13:07-19:00"})
LONGER = Schedule.weekly(
    "longer", "Europe/Berlin", OFFICE, changes={"2024-07-01": {"Mon-Fri": "08:00-20:00"}}
)
ENDED = Schedule(
    "ended", "Asia/Kolkata",
    (Hours(0, "09:00", "17:00", dt.date(2024, 3, 1), dt.date(2024, 9, 1)),
     Hours(2, "09:00", "17:00", dt.date(2024, 3, 1), dt.date(2025, 2, 1))),
)  # fmt: skip
ALWAYS = Schedule.always("Europe/Berlin")


def table(**columns):
    """Return an Ibis table; instants become plain UTC timestamps, as the canonical tables are."""
    arrays = {}
    for name, values in columns.items():
        if isinstance(values, pd.DatetimeIndex):
            plain = values.tz_convert("UTC").tz_localize(None) if values.tz else values
            arrays[name] = pa.array(plain.as_unit("us"), pa.timestamp("us"))
        else:
            arrays[name] = pa.array(values, from_pandas=True)
    return ibis.memtable(pa.table(arrays))


def times(*texts):
    return pd.DatetimeIndex([pd.Timestamp(t, tz="UTC") if t else pd.NaT for t in texts], tz="UTC")


def answers(expression, *columns):
    found = expression.order_by("row").to_pyarrow()
    return [found[name].to_pandas().to_numpy() for name in columns]


def micros(seconds):
    return np.rint(np.asarray(seconds, dtype=float) * 1e6)


def same_in_both(desks, ids, start, end, target, at_event):
    """Compare elapsed and due times of the query with those of numpy."""
    rows = table(row=np.arange(len(ids)), schedule_id=ids, a=start, b=end, target=target)
    calendar = Calendar.covering(rows, ["a", "b"], desks, longest_target_s=float(max(target)))
    asked = with_open_seconds(rows, {"spent": ("a", "b")}, calendar, at_event=at_event)
    asked = with_due(asked, {"due": ("a", "target")}, calendar, at_event=at_event)
    spent, ends = answers(asked, "spent", "due")
    assert len(spent) == len(ids)
    for desk in desks:
        own = np.asarray(ids) == desk.id
        expected = open_seconds(desk, start[own], end[own], at_event=at_event)
        np.testing.assert_array_equal(spent[own], expected)
        wanted = due(desk, start[own], np.asarray(target)[own], at_event=at_event)
        np.testing.assert_array_equal(ends[own], wanted.tz_localize(None).to_numpy())


@pytest.mark.parametrize("at_event", [False, True])
def test_the_query_equals_numpy_on_many_pairs(at_event):
    desks = [BERLIN, TOKYO, LONGER, ENDED, ALWAYS]
    start, end = random_pairs(20_000, seed=7)
    rng = np.random.default_rng(8)
    ids = rng.choice([desk.id for desk in desks], len(start))
    target = rng.integers(0, 300 * 3600, len(start)) * (rng.random(len(start)) < 0.9)
    same_in_both(desks, ids, start, end, target, at_event)


def test_many_schedules_are_looked_up_by_a_join():
    desks = [Schedule.weekly(f"d{i}", "UTC", {"Mon-Fri": f"{i:02}:00-23:00"}) for i in range(20)]
    start, end = random_pairs(2_000, seed=10)
    ids = np.random.default_rng(11).choice([d.id for d in [*desks, LONGER]], len(start))
    same_in_both([*desks, LONGER], ids, start, end, [3600] * len(ids), at_event=True)


@settings(deadline=None, max_examples=20)
@given(
    schedules("one"), schedules("two"), st.booleans(),
    st.lists(st.tuples(instants(), instants(), st.integers(0, 10**6)), min_size=1, max_size=20),
)  # fmt: skip
def test_the_query_equals_numpy_for_any_schedules(one, two, at_event, asked):
    start, end = (pd.DatetimeIndex([row[i] for row in asked]).as_unit("us") for i in (0, 1))
    ids = ["one" if i % 2 else "two" for i in range(len(asked))]
    same_in_both([one, two], ids, start, end, [row[2] for row in asked], at_event)


def test_what_is_unknown_is_null_and_no_row_is_lost():
    start = times(None, "2024-03-04", "2024-03-05", "2024-03-04", "2024-03-04", "2024-03-04")
    end = times("2024-03-05", None, "2024-03-04", "2024-03-05", "2024-03-05", "2024-03-05")
    ids = ["berlin", "berlin", "berlin", None, "nowhere", "berlin"]
    rows = table(row=range(6), schedule_id=ids, a=start, b=end)
    calendar = Calendar.covering(rows, ["a", "b"], [BERLIN], longest_target_s=1)
    asked = with_open_seconds(rows, {"s": ("a", "b")}, calendar)
    asked = with_due(asked, {"due": ("a", 1), "late": ("a", -1)}, calendar)
    spent, ends, late = answers(asked, "s", "due", "late")
    assert [None if np.isnan(s) else s for s in spent] == [None] * 5 + [8 * 3600]
    assert pd.isna(ends).tolist() == [True, False, False, True, True, False]
    assert pd.isna(late).all()
    assert asked.columns == ("row", "schedule_id", "a", "b", "s", "due", "late")


def test_beyond_the_calendar_there_is_no_answer_rather_than_a_shorter_one():
    rows = table(row=range(2), a=times("2024-03-04", "2024-03-04"),
                 b=times("2024-03-05", "2026-03-04"))  # fmt: skip
    ends = times("2024-03-01", "2024-06-01")
    calendar = Calendar.of([BERLIN], *ends, longest_target_s=3600)
    desk = ibis.literal("berlin")
    asked = with_open_seconds(rows, {"s": ("a", "b")}, calendar, schedule=desk)
    asked = with_due(asked, {"due": ("a", 3600 * 8 * 250)}, calendar, schedule=desk)
    spent, late = answers(asked, "s", "due")
    assert spent[0] == 8 * 3600
    assert np.isnan(spent[1])
    assert pd.isna(late).all()
    with pytest.raises(InputError, match=r"outside the business calendar.*2026-03-04.*covering"):
        calendar.require(rows, ["a", "b"])
    Calendar.covering(rows, ["a", "b"], [BERLIN]).require(rows, ["a", "b"])


def test_around_the_clock_business_seconds_are_calendar_seconds():
    start, end = random_pairs(5_000, seed=9)
    rows = table(row=np.arange(len(start)), a=start, b=end)
    calendar = Calendar.covering(rows, ["a", "b"], [ALWAYS])
    asked = with_open_seconds(rows, {"s": ("a", "b")}, calendar, schedule=ibis.literal("always"))
    (spent,) = answers(asked, "s")
    np.testing.assert_array_equal(spent, (end - start).to_numpy().astype("int64") / 1e6)


# Monday 2024-03-04 to Wednesday: 24 open hours in Berlin (08:00 to 16:00 UTC each day).
def test_a_clock_that_pauses_by_hand():
    n = 4
    rows = table(
        row=range(n), ticket_id=["none", "some", "live", "out"], schedule_id=["berlin"] * n,
        a=times(*["2024-03-04 08:00"] * n), b=times(*["2024-03-06 16:00"] * n),
    )  # fmt: skip
    pauses = table(
        ticket_id=["some", "some", "some", "live", "out"],
        start=times("2024-03-04 15:00", "2024-03-01 00:00", "2024-03-06 15:59:59.999999",
                    "2024-03-05 12:00", "2024-03-05 20:00"),
        end=times("2024-03-05 09:00", "2024-03-04 08:30", "2024-03-09 00:00", None,
                  "2024-03-06 07:00"),
    )  # fmt: skip
    calendar = Calendar.covering(rows, ["a", "b"], [BERLIN])
    (left,) = answers(with_running_seconds(rows, {"s": ("a", "b")}, calendar, pauses), "s")
    hours = np.array([24, 24 - 1 - 1 - 0.5, 24 - 4 - 8, 24])  # "out" paused at night only
    assert micros(left).tolist() == (hours * 3.6e9 - [0, 1, 0, 0]).tolist()


def test_a_ticket_that_changes_its_schedule_by_hand():
    n = 5
    rows = table(
        row=range(n), ticket_id=["one", "moved", "hole", "alien", "moved"],
        a=times(*["2024-03-04 08:00"] * n), b=times(*["2024-03-05 03:00"] * (n - 1), None),
    )  # fmt: skip
    spells = table(
        ticket_id=["one", "moved", "moved", "hole", "alien", "alien"],
        start=times("2024-03-01", "2024-03-04 08:00", "2024-03-05 00:00", "2024-03-04 09:00",
                    "2024-03-01", "2024-03-04 12:00"),
        end=times(None, "2024-03-05 00:00", None, None, "2024-03-04 12:00", None),
        schedule_id=["berlin", "berlin", "tokyo", "berlin", "berlin", "mars"],
    )  # fmt: skip
    calendar = Calendar.covering(rows, ["a", "b"], [BERLIN, TOKYO])
    asked = with_open_seconds_by_schedule(rows, {"s": ("a", "b")}, calendar, spells)
    (spent,) = answers(asked, "s")
    # Berlin is open for 8 h on Monday; Tokyo from 01:00 UTC on Tuesday: 2 h until 03:00.
    assert [None if np.isnan(s) else s / 3600 for s in spent] == [8, 10, None, None, None]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda r, c: with_open_seconds(r, {"s": ("a", "c")}, c), "unknown column.*'c'"),
        (lambda r, c: with_open_seconds(r, {"a": ("a", "b")}, c), "taken.*'a'"),
        (lambda r, c: with_open_seconds(r, {"s": ("a", "b")}, c, schedule="desk"), "'desk'"),
        (lambda r, c: with_due(r, {"due": ("a", "target")}, c), "unknown column.*'target'"),
        (lambda r, c: Calendar.of([BERLIN, BERLIN], *times("2024-01-01", "2024-02-01")), "one id"),
        (lambda r, c: Calendar.of([BERLIN], *times("2024-02-01", "2024-01-01")), "ends before"),
        (lambda r, c: Calendar.of([], *times("2024-01-01", "2024-02-01")), "without schedules"),
    ],
)
def test_bad_questions_are_refused(ask, message):
    rows = table(row=[0], schedule_id=["berlin"], a=times("2024-03-04"), b=times("2024-03-05"))
    calendar = Calendar.covering(rows, ["a", "b"], [BERLIN])
    with pytest.raises(InputError, match=message):
        ask(rows, calendar)
