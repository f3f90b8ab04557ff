"""Channels that turn away when closed, and calls that move to the next opening, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_desks import T, clock, desk, desk_file, line, play, tables, workload

from cxlab.sim.plan import desk_plan
from cxlab.sim.timeline import Stretches

HOUR = 3600.0


def opening(*spells: tuple[float, float]) -> Stretches:
    opens, closes = np.array(spells, dtype=float).T
    return Stretches(opens, closes)


def test_half_open() -> None:
    hours = opening((-9, -1), (5, 10), (20, 30))
    assert [hours.is_open(t) for t in (-0.5, 4, 5, 9.9, 10, 19, 20)] == [
        False, False, True, True, False, False, True,
    ]  # fmt: skip


def test_who_calls_while_closed_hears_that_nobody_is_there() -> None:
    # Open [5, 10): the calls at 4 and 10 are turned away beside an idle agent, that of 5 is not.
    closed = line(opening=opening((-9, -1), (5, 10), (20, 30)))
    out = play(workload([T(4, 1), T(5, 1), T(10, 1)]), desk(lines=[closed]))
    np.testing.assert_array_equal(out.left, [4, np.nan, 10])
    assert out.exit.tolist() == [2, 0, 2]


def test_who_waits_when_it_closes_is_still_served() -> None:
    closed = line(opening=opening((0, 10), (20, 30)))
    out = play(workload([T(0, 12), T(9, 1)]), desk(lines=[closed]))
    assert out.answered.tolist() == [0, 12]


def test_calls_of_a_closed_stretch_come_in_the_first_hour_of_the_next_opening() -> None:
    # Closed from 10 to 20 h. The redial of 15 h (half of the night) comes at 20:30, that of 10 h
    # (its very beginning) at 20:00, the return of 12:30 (a quarter) at 20:15.
    hours = opening((0, 10 * HOUR), (20 * HOUR, 30 * HOUR), (44 * HOUR, 54 * HOUR))
    assert hours.calls_at(15 * HOUR) == 20.5 * HOUR
    assert hours.calls_at(10 * HOUR) == 20 * HOUR
    assert hours.calls_at(9.9 * HOUR) == 9.9 * HOUR
    plan = desk(lines=[line(opening=hours)])
    out = play(
        workload(
            [
                T(9 * HOUR, (HOUR, HOUR), back_after=[2.5 * HOUR]),  # solved at 10, back at 12:30
                T(11 * HOUR, (60.0, 60.0), redial_after=[4 * HOUR]),  # turned away, back at 15
            ]
        ),
        plan,
    )
    assert (out.joined / HOUR).tolist() == [9, 20.25, 11, 20.5]


def test_a_short_opening_is_filled_evenly() -> None:
    # Open again [20, 24): less than an hour, so half of the closed time comes at 22.
    assert opening((0, 10), (20, 24), (40, 50)).calls_at(15) == 22


def test_a_bounce_back_from_the_bot_waits_for_the_opening_too() -> None:
    hours = opening((0, 10 * HOUR), (20 * HOUR, 30 * HOUR), (44 * HOUR, 54 * HOUR))
    ticket = T(9 * HOUR, (1.0, 60.0), bot=HOUR, contained=True, back_after=[5 * HOUR])
    out = play(workload([ticket]), desk(lines=[line(opening=hours)]))
    np.testing.assert_array_equal(out.joined / HOUR, [np.nan, 20.5])  # 10 + 5 = 15 h


CLOSED = {
    "channels.chat.opening_hours": {"Mon-Fri": "09:00-17:00"},
    "channels.chat.when_closed": "turn_away",
    "channels.chat.redial_probability": 0.5,
    "channels.chat.redial_minutes": 30,
}


def test_opening_hours_of_the_file() -> None:
    scenario = desk_file(**{**CLOSED, "horizon.days": 7})
    hours = desk_plan(scenario, 1).lines[0].opening
    assert hours is not None
    assert hours.is_open(9 * HOUR)
    assert not hours.is_open(17 * HOUR)
    assert not hours.is_open(5 * 24 * HOUR + 10 * HOUR)  # Saturday
    # A call on Friday at 17:00 and one on Monday at 9:00 are 64 hours apart: Sunday at 1:00 is
    # half of it, and comes at 9:30 on Monday, behind the end of the run.
    assert hours.calls_at(6 * 24 * HOUR + HOUR) == (7 * 24 + 9.5) * HOUR
    # Hours in which customers wait close nothing.
    waits = desk_file(**{**CLOSED, "channels.chat.when_closed": "wait"})
    assert desk_plan(waits, 1).lines[0].opening is None


def test_the_tables_of_a_call_in_the_evening() -> None:
    made = tables(desk_file(**CLOSED), [T(18 * HOUR, 60.0), T(10 * HOUR + 9 * HOUR, 60.0)])
    t = made["tickets"]
    assert clock(t.abandoned_at) == clock(t.created_at) == ["18:00", "19:00"]
    assert t.status.tolist() == ["closed", "closed"]
    assert made["status_events"].new.tolist() == ["new", "closed"] * 2


def test_the_desk_is_open_by_the_local_clock() -> None:
    # Europe/Berlin on 2026-03-29: 9:00 is 8 hours after midnight.
    scenario = desk_file(
        **{**CLOSED, "time_zone": "Europe/Berlin", "start": "2026-03-29",
           "channels.chat.opening_hours": {"Mon-Sun": "09:00-17:00"}}
    )  # fmt: skip
    hours = desk_plan(scenario, 1).lines[0].opening
    assert hours is not None
    assert hours.is_open(8 * HOUR)
    assert not hours.is_open(8 * HOUR - 1)
    assert hours.calls_at(8 * HOUR - 1) == pytest.approx(9 * HOUR, abs=1)
