"""The last period of a desk that is closed at its end; calendars of January and February 2026.

5 January is a Monday, 1 February a Sunday, 6 February a Friday, 28 February a Saturday.
"""

from __future__ import annotations

import datetime as dt

import pandas as pd
import pytest

import cxlab as cx


def _log(last, *extra, open_days=5, since="2026-01-05", hours=(), special=(), as_of=None,
         desk="UTC", other=(), work=None):  # fmt: skip
    """A ticket at 09:00 and one at 16:00 of each open day, those in `extra`, and a last one."""
    days = pd.date_range(since, pd.Timestamp(last).normalize(), freq="D")
    usual = [day + pd.Timedelta(hours=h) for day in days if day.weekday() < open_days
             for h in (9, 16) if day + pd.Timedelta(hours=h) <= pd.Timestamp(last)]  # fmt: skip
    created = [*usual, *map(pd.Timestamp, extra), pd.Timestamp(last)]
    frames = {"tickets": pd.DataFrame({
        "ticket_id": [str(i) for i in range(len(created))],
        "created_at": pd.DatetimeIndex(created).tz_localize("UTC"),
        "channel": "email", "status": "open",
    })}  # fmt: skip
    for column, at in (work or {}).items():  # of the log's first ticket
        frames["tickets"][column] = [pd.Timestamp(at, tz="UTC"), *[pd.NaT] * (len(created) - 1)]
    if hours:
        frames["schedules"] = pd.DataFrame(
            [(name, desk, day, "09:00", "17:00")
             for name, days in (("desk", hours), ("other", other)) for day in days],
            columns=["schedule_id", "tz", "weekday", "start", "end"],
        )  # fmt: skip
    if special:
        frames["schedule_exceptions"] = pd.DataFrame(
            {"schedule_id": "desk", "date": pd.to_datetime(list(special)), "kind": "closed"}
        )
    return cx.Tables.from_frames(frames, as_of=as_of)


MON_FRI = (0, 1, 2, 3, 4)


@pytest.mark.parametrize(
    ("log", "asked", "period", "partly"),
    [
        # Friday of the fifth week: four Saturdays and four Sundays before it, without a ticket.
        (_log("2026-02-06 17:30"), "last", "2026-W06", False),
        # On Thursday evening Friday is still to come.
        (_log("2026-02-05 17:30"), "last", "2026-W05", False),
        # Friday of the fourth week: three weekends do not tell.
        (_log("2026-01-30 17:30"), "last", "2026-W04", False),
        # ... but the business hours do,
        (_log("2026-01-30 17:30", hours=MON_FRI), "last", "2026-W05", False),
        # unless tickets come on days that they have closed.
        (_log("2026-01-30 17:30", "2026-01-10 12:00", hours=MON_FRI), "last", "2026-W04", False),
        # One ticket on a Saturday: the next Saturday may bring one as well.
        (_log("2026-02-06 17:30", "2026-01-10 12:00"), "last", "2026-W05", False),
        # Nobody writes on Saturdays, but somebody answers or solves on one: the backlog changes.
        (_log("2026-02-06 17:30", work={"last_solved_at": "2026-01-10 12:00"}), "last", "2026-W05",
         False),
        (_log("2026-02-06 17:30", work={"first_human_reply_at": "2026-01-10 12:00"}), "last",
         "2026-W05", False),
        (_log("2026-01-30 17:30", hours=MON_FRI, work={"last_solved_at": "2026-01-10 12:00"}),
         "last", "2026-W04", False),
        # Taken on Friday at noon: no other Friday's last ticket came before 16:00.
        (_log("2026-02-06 12:00"), "last", "2026-W06", True),
        # Open on Saturdays, and the log ends on Friday: Saturday is to come.
        (_log("2026-02-06 17:30", open_days=6), "last", "2026-W05", False),
        # February ends on a Saturday; its last Friday is the 27th.
        (_log("2026-02-27 17:30"), "last-month", "2026-02", False),
        (_log("2026-02-26 17:30"), "last-month", "2026-01", True),  # it begins on 5 January
        # Friday is a holiday of the calendar: the log ends on Thursday.
        (_log("2026-02-05 17:30", hours=MON_FRI, special=("2026-02-06",)), "last", "2026-W06",
         False),
        # A day is over when it is over.
        (_log("2026-02-06 17:30"), "last-day", "2026-02-05", False),
    ],
)  # fmt: skip
def test_the_last_period_ends_with_its_last_open_day(log, asked, period, partly):
    view = cx.report.choose_period(log, asked)
    assert (view.current.label, view.partly_covered) == (period, partly)


def test_the_page_says_why_days_count_as_closed():
    told = cx.report.period_heading(cx.report.choose_period(_log("2026-02-06 17:30"))).page
    assert told["subtitle"] == (
        "The log ends on 2026-02-06 17:30; from 2026-02-07 on the desk counts as closed: none of "
        "the 4 Saturdays and none of the 4 Sundays in the log had a ticket, a reply or a solve."
    )
    known = _log("2026-01-30 17:30", hours=MON_FRI)
    told = cx.report.period_heading(cx.report.choose_period(known)).page
    assert told["subtitle"].endswith("counts as closed: the business hours have them closed.")


def test_the_days_are_those_of_the_reports_time_zone():
    """Sunday 23:30 UTC is Monday in Berlin: no ticket came on a Sunday there."""
    nights = [f"2026-{day} 23:30" for day in ("01-11", "01-18", "01-25", "02-01")]
    log = _log("2026-02-06 17:30", *nights)
    assert cx.report.choose_period(log, tz="UTC").current.label == "2026-W05"
    assert cx.report.choose_period(log, tz="Europe/Berlin").current.label == "2026-W06"


@pytest.mark.parametrize(
    ("last", "partly"),
    [
        ("2026-02-06 17:30", False),
        ("2026-02-06 12:00", True),
        # On Thursday evening Friday is to come, and no closed day makes up for it.
        ("2026-02-05 17:30", True),
    ],
)
def test_a_period_is_covered_alike_whether_it_is_named_or_the_last(last, partly):
    log = _log(last)
    named = cx.report.choose_period(log, "2026-W06")
    assert named.partly_covered == partly
    asked = cx.report.choose_period(log, "last")
    if asked.current == named.current:
        assert asked.rest == named.rest
    else:
        assert named.rest is None


def test_tickets_after_the_end_of_what_is_known_open_no_day():
    """Looking back at a Friday, the ticket of the Saturday eight days later is not known."""
    back = dt.datetime(2026, 2, 6, 17, 30, tzinfo=dt.UTC)
    log = _log("2026-02-14 12:00", as_of=back)
    assert cx.report.choose_period(log).current.label == "2026-W06"


def test_a_log_of_which_nothing_is_known_yet_has_no_closed_days():
    log = _log("2026-02-06 17:30", as_of=dt.datetime(2026, 1, 5, 8, tzinfo=dt.UTC))
    assert cx.report.choose_period(log, "2026-W02").rest is None


def test_the_log_lacks_nothing_where_some_other_friday_ended_as_early():
    """Three Fridays ended at 17:00, that of 16 January at 16:00."""
    late = [f"2026-01-{day} 17:00" for day in ("09", "23", "30")]
    assert cx.report.choose_period(_log("2026-02-06 15:59", *late)).partly_covered
    assert not cx.report.choose_period(_log("2026-02-06 16:30", *late)).partly_covered


def test_a_log_that_is_known_into_its_closed_days_lacks_nothing():
    """Until Saturday noon nothing came: Friday is known, though no other Saturday had a ticket."""
    log = _log("2026-02-06 12:00", as_of=dt.datetime(2026, 2, 7, 12, tzinfo=dt.UTC))
    view = cx.report.choose_period(log)
    assert (view.current.label, view.partly_covered) == ("2026-W06", False)


def test_business_hours_are_those_of_the_desks_time_zone():
    """In Los Angeles it is Friday until Saturday 08:00 UTC: hours end there at 01:00 UTC."""
    log = _log("2026-01-30 17:30", hours=MON_FRI, desk="America/Los_Angeles")
    view = cx.report.choose_period(log, tz="America/Los_Angeles")
    assert (view.current.label, view.partly_covered) == ("2026-W05", False)


def test_a_day_is_closed_where_every_desk_is():
    """One desk works on Saturdays: its Saturday is to come, whatever the other does."""
    log = _log("2026-01-30 17:30", hours=(*MON_FRI, 5), other=MON_FRI)
    assert cx.report.choose_period(log).current.label == "2026-W04"
    assert cx.report.choose_period(
        _log("2026-01-30 17:30", hours=MON_FRI, other=(0, 1, 2, 3))
    ).current.label == "2026-W05"  # fmt: skip


@pytest.mark.parametrize(("asked", "early"), [("last-day", ""), ("last", "more than a day ")])
def test_by_how_much_a_period_is_early_is_not_overstated(asked, early):
    told = cx.report.choose_period(_log("2026-02-05 17:30"), asked).passed_over
    assert told.partition("17:30, ")[2].startswith(f"{early}before its end (--period 2026-")
