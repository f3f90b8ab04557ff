"""Who is on duty when: breaks, absence, shrinkage, holidays, hires; worked out by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from small_desks import clock, desk_file, tables

from cxlab.scenario import Scenario
from cxlab.sim.roster import AgentPlan, roster

HOUR, DAY = 3600.0, 86_400.0
LINE = {"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}


def with_line(days: int = 1, lines: int = 1, **keys: Any) -> Scenario:
    line = {**LINE, **keys}
    return desk_file(**{"horizon.days": days, "team.shifts": [line] * lines})


def hours(agent: AgentPlan, what: str = "shifts") -> list[tuple[float, float]]:
    return [(a / HOUR, b / HOUR) for a, b in getattr(agent, what)]


def test_shifts_that_touch_are_one() -> None:
    (agent,) = roster(with_line(3, **{"from": "00:00", "to": "24:00"}), 1)
    assert hours(agent) == [(0, 72)]


def test_breaks_are_taken_and_some_are_paid() -> None:
    breaks = [
        {"from": "10:00", "to": "10:15", "paid": True},
        {"from": "12:00", "to": "13:00"},
    ]
    (agent,) = roster(with_line(breaks=breaks), 1)
    assert hours(agent) == [(9, 10), (10.25, 12), (13, 17)]
    assert hours(agent, "paid") == [(9, 12), (13, 17)]


def test_staggered_breaks() -> None:
    breaks = [{"from": "12:00", "to": "12:30", "stagger_minutes": 30}]
    agents = roster(with_line(agents=3, breaks=breaks), 1)
    assert [hours(agent)[0][1] for agent in agents] == [12, 12.5, 13]
    assert [hours(agent)[1][0] for agent in agents] == [12.5, 13, 13.5]


def test_breaks_of_a_night_shift() -> None:
    breaks = [{"from": "23:45", "to": "00:15"}, {"from": "02:00", "to": "02:30"}]
    (agent,) = roster(with_line(2, **{"from": "22:00", "to": "06:00"}, breaks=breaks), 1)
    # The night before the start gives 0:15–2, 2:30–6 of the first day; then two nights, the last
    # cut off at midnight.
    assert hours(agent) == [
        (0.25, 2), (2.5, 6), (22, 23.75), (24.25, 26), (26.5, 30), (46, 47.75),
    ]  # fmt: skip


def test_absence_is_drawn_for_each_agent_and_day_and_is_paid() -> None:
    scenario = with_line(200, agents=5).but(**{"team.absence_probability": 0.1})
    agents = roster(scenario, 1)
    came = [len(agent.shifts) for agent in agents]
    # 1,000 shifts: 900 ± 9.5; four standard deviations are 38.
    assert abs(sum(came) - 900) < 38
    assert len(set(map(lambda a: a.shifts, agents))) == 5  # noqa: C417
    assert all(len(agent.paid) == 200 for agent in agents)
    assert roster(scenario, 1) == agents
    assert roster(scenario, 2) != agents
    # Another line leaves these people alone.
    more = scenario.but(**{"team.shifts": [LINE | {"agents": 5}, LINE]})
    assert roster(more, 1)[:5] == agents


def test_shrinkage_takes_one_piece_of_the_right_length() -> None:
    scenario = with_line(50).but(**{"team.shrinkage": 0.25})  # 2 h of 8
    (agent,) = roster(scenario, 1)
    worked = sum(b - a for a, b in agent.shifts)
    assert worked == pytest.approx(50 * 6 * HOUR)
    assert sum(b - a for a, b in agent.paid) == pytest.approx(50 * 8 * HOUR)
    begins = np.array([b % DAY for (_, b), (c, _) in zip(agent.shifts, agent.shifts[1:],
                       strict=False) if c - b < 8 * HOUR])  # fmt: skip
    assert 45 <= len(begins) <= 50
    assert 9 * HOUR <= begins.min() < begins.max() <= 15 * HOUR
    assert begins.std() > HOUR  # at a random time


HOLIDAYS = {
    "time_zone": "Europe/Berlin",
    "start": "2026-04-02",  # Thursday; Friday and Monday are holidays
    "business_hours": {"hours": {"Mon-Fri": "09:00-17:00"}, "holidays": "DE"},
}


def test_nobody_works_on_holidays_unless_the_line_says_so() -> None:
    lines = [{**LINE, "days": "Mon-Fri"}, {**LINE, "days": "Fri", "works_on_holidays": True}]
    scenario = desk_file(**{**HOLIDAYS, "horizon.days": 6, "team.shifts": lines})
    usual, special = roster(scenario, 1)
    assert [int(a // DAY) for a, _ in usual.shifts] == [0, 5]  # Thursday, Tuesday
    assert [int(a // DAY) for a, _ in special.shifts] == [1]  # Good Friday
    open_saturday = scenario.but(**{"business_hours.special": {"2026-04-03": "10:00-12:00"}})
    assert [int(a // DAY) for a, _ in roster(open_saturday, 1)[0].shifts] == [0, 1, 5]
    closed = scenario.but(**{"business_hours.closed": ["2026-04-07"]})
    assert [int(a // DAY) for a, _ in roster(closed, 1)[0].shifts] == [0]


def test_hired_and_gone() -> None:
    scenario = with_line(5, hired="2026-01-06", last_day="2026-01-08")
    (agent,) = roster(scenario, 1)
    assert hours(agent) == [(24 + 9, 24 + 17), (48 + 9, 48 + 17), (72 + 9, 72 + 17)]


def test_ramp_up_begins_on_the_day_of_hire() -> None:
    scenario = with_line(5, hired="2026-01-06", ramp_up_weeks=2.0, ramp_up_speed=0.4, speed=1.2)
    (agent,) = roster(scenario, 1)
    assert (agent.hired_s, agent.ramp_s) == (DAY, 14 * DAY)
    assert (agent.ramp_speed, agent.speed) == (0.4, 1.2)
    before = with_line(5, hired="2026-01-01", ramp_up_weeks=2.0)
    assert roster(before, 1)[0].hired_s == -4 * DAY


def test_speed_and_wage_of_the_line_go_before_the_teams() -> None:
    team = {"team.speed": 0.8, "team.hourly_cost": 20.0}
    (agent,) = roster(with_line().but(**team), 1)
    assert (agent.speed, agent.hourly_cost) == (0.8, 20.0)
    (agent,) = roster(with_line(speed=1.1, hourly_cost=30.0).but(**team), 1)
    assert (agent.speed, agent.hourly_cost) == (1.1, 30.0)


def test_costs_by_local_day() -> None:
    # 20 an hour; 8 h less 1 h of unpaid break = 7 h = 140 a day, a night shift cut at midnight:
    # 22–24 = 2 h = 40, 0–6 = 6 h = 120.
    breaks = [{"from": "12:00", "to": "13:00"}, {"from": "15:00", "to": "15:30", "paid": True}]
    night = {**LINE, "days": "Mon", "from": "22:00", "to": "06:00"}
    scenario = desk_file(
        **{"horizon.days": 2, "team.hourly_cost": 20.0,
           "team.shifts": [{**LINE, "breaks": breaks}, night]}
    )  # fmt: skip
    costs = tables(scenario, [])["costs"]
    assert costs.amount.tolist() == pytest.approx([180.0, 260.0])
    assert clock(costs.period_start) == ["00:00", "00:00"]
    assert costs.currency.unique().tolist() == ["EUR"]


@pytest.mark.parametrize(("start", "length"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_a_day_of_a_clock_change_is_paid_as_long_as_it_lasts(start: str, length: int) -> None:
    scenario = with_line(**{"from": "00:00", "to": "24:00"}).but(
        **{"time_zone": "Europe/Berlin", "start": start, "team.hourly_cost": 10.0}
    )
    costs = tables(scenario, [])["costs"]
    assert costs.amount.tolist() == pytest.approx([10.0 * length])
    (lasts,) = costs.period_end - costs.period_start
    assert lasts == timedelta(hours=length)
