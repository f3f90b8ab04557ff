"""What a schedule may say, and what is refused."""

import datetime as dt

import pytest

from cxlab.calendars import Hours, Schedule, SpecialDay
from cxlab.errors import InputError

DAY = dt.date(2026, 7, 1)


def test_a_week_as_text_is_the_rows_of_the_table():
    desk = Schedule.weekly(
        "desk", "UTC", {"Sat-Sun": "10:00-14:00", "Wed": "09:00-12:00,13:00-17:00"}
    )
    assert [str(row) for row in desk.hours] == [
        "Sat 10:00-14:00", "Sun 10:00-14:00", "Wed 09:00-12:00", "Wed 13:00-17:00",
    ]  # fmt: skip


def test_versions_follow_from_the_rows_even_when_these_change_on_different_days():
    rows = (
        Hours(0, "09:00", "17:00"),
        Hours(5, "10:00", "14:00", dt.date(2026, 3, 1), dt.date(2026, 9, 1)),
        Hours(6, "10:00", "14:00", dt.date(2026, 6, 1)),
    )
    found = [
        (str(v.first_day), [row.weekday for row in v.hours])
        for v in Schedule("s", "UTC", rows).versions
    ]
    assert found == [
        ("0001-01-01", [0]), ("2026-03-01", [0, 5]), ("2026-06-01", [0, 5, 6]),
        ("2026-09-01", [0, 6]),
    ]  # fmt: skip


def test_holidays_come_from_the_country_and_its_subdivision():
    week = {"Mon-Fri": "09:00-17:00"}
    bavaria = Schedule.weekly("m", "Europe/Berlin", week, holidays="DE-BY")
    germany = Schedule.weekly("b", "Europe/Berlin", week, holidays="DE")
    ends = dt.date(2026, 1, 1), dt.date(2026, 1, 31)
    assert bavaria.holidays(*ends) == {
        dt.date(2026, 1, 1): "New Year's Day", dt.date(2026, 1, 6): "Epiphany",
    }  # fmt: skip
    assert list(germany.holidays(*ends)) == [dt.date(2026, 1, 1)]
    with pytest.raises(InputError, match=r"not known for every year.*1990 to 2100"):
        germany.holidays(dt.date(1980, 1, 1), dt.date(2000, 1, 1))


def weekly(week, **more):
    return lambda: Schedule.weekly("desk", more.pop("tz", "UTC"), week, **more)


def rows(*hours, special=()):
    return lambda: Schedule("desk", "UTC", hours, special)


PLAIN = {"Mon-Fri": "09:00-17:00"}
NIGHT = Hours(0, "09:00", "17:00")


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (weekly({"Mon-Fri": "17:00-09:00"}), r"end before they start.*22:00-24:00"),
        (weekly({"Mon-Fri": "09:00-09:00"}), "end before they start"),
        (weekly({"Mon-Fry": "09:00-17:00"}), "unknown weekday.*Mon"),
        (weekly({"Mon": "9-17"}), "not a time of day"),
        (weekly({"Mon": "09:00-24:30"}), "not a time of day"),
        (weekly({"Mon": "nine"}), "not opening hours"),
        (weekly({}), "without hours"),
        (weekly({"Mon-Wed": "09:00-17:00", "Wed": "16:00-18:00"}), "overlaps itself.*Wed 16:00"),
        (weekly(PLAIN, tz="Europe/Berln"), "unknown time zone.*Europe/Berlin"),
        (weekly(PLAIN, holidays="XX"), "unknown country"),
        (weekly(PLAIN, holidays="DE-XY"), "unknown subdivision of DE.*BY"),
        (weekly(PLAIN, changes={"soon": PLAIN}), "not a date"),
        (weekly(PLAIN, closed=["2026-02-30"]), "not a date"),
        (weekly(PLAIN, closed=["2026-07-01"], special={"2026-07-01": "10:00-12:00"}), "contradict"),
        (rows(), "has no hours"),
        (lambda: Hours(7, "09:00", "17:00"), "unknown weekday"),
        (lambda: Hours(0, "09:00", "17:00", DAY, DAY), "ends before it starts"),
        (lambda: SpecialDay(DAY, "open"), "lacks a time"),
        (lambda: SpecialDay(DAY, "closed", "12:00"), "lacks a time"),
        (lambda: SpecialDay(DAY, "shut"), "unknown kind"),
        (
            rows(
                Hours(0, "09:00", "17:00", None, dt.date(2026, 6, 30)),
                Hours(0, "08:00", "20:00", DAY),
            ),
            "gap of one day.*valid_to 2026-07-01",
        ),
        (rows(NIGHT, special=(SpecialDay(DAY, "closed"), SpecialDay(DAY, "closed"))), "contradict"),
    ],
)
def test_what_no_desk_can_keep_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_hours_of_a_single_day_are_no_gap():
    """On 30 June the desk has only its Tuesday hours; Monday's stop and go on around it."""
    one_day = Hours(1, "09:00", "12:00", dt.date(2026, 6, 30), DAY)
    desk = rows(
        Hours(0, "09:00", "17:00", None, dt.date(2026, 6, 30)), one_day,
        Hours(0, "08:00", "20:00", DAY),
    )()  # fmt: skip
    assert len(desk.hours) == 3
