"""The expected load, worked out by hand: work offered, hands there, and what is left over."""

from __future__ import annotations

import numpy as np
import pytest
from small_desks import desk_file

from cxlab.sim.load import bottlenecks, expected_load, load_notes

WEEK = {"horizon": {"type": "terminating", "weeks": 1}}
STEADY = {"horizon": {"type": "steady", "weeks": 4, "warm_up_weeks": 1}}


def test_a_week_of_one_agent() -> None:
    # 6 chats an hour of 5 minutes are half an hour of work each hour, 84 a week; one agent from
    # 9 to 17 every day can do 56. 28 hours are left after each week, and none of it drains.
    (one,) = bottlenecks(desk_file(**WEEK))
    assert one.queues == ("chat",)
    assert one.teams == ("support",)
    assert one.work_h.sum() == pytest.approx(84)
    assert one.capacity_h.sum() == pytest.approx(56)
    assert one.weekly_load == pytest.approx(1.5)
    assert one.growth_h == pytest.approx(28)
    assert one.hours_to_drain == np.inf
    assert np.isnan(one.load[8])  # nobody is there at 8
    assert one.load[9] == pytest.approx(0.5)
    (note,) = load_notes(desk_file(**STEADY))
    assert "150 % of a week's work of support" in note
    assert "grows by up to 28 hours" in note


def test_a_backlog_that_drains() -> None:
    # 2 an hour: 4 hours of work a day of which 16/6 arrive while nobody is there. From 9 on the
    # agent does 1 an hour, 1/6 comes in: on Monday 9 · 1/6 = 1.5 waits and is gone during the
    # hour from 10 (1.5 − 2 · 5/6 < 0). From 17 to 9 next day 16/6 = 2.67 wait, and are gone
    # within 2.67 ÷ 5/6 = 3.2 hours: the backlog of 17 o'clock lasts 16 + 3 whole hours.
    scenario = desk_file(**WEEK, **{"channels.chat.arrivals_per_hour": 2.0})
    (one,) = bottlenecks(scenario)
    assert one.backlog_h[8] == pytest.approx(1.5)
    assert one.backlog_h[10] == 0
    assert one.backlog_h[32] == pytest.approx(16 / 6)
    assert one.hours_to_drain == 19
    assert one.growth_h == 0
    assert load_notes(scenario) == []


def test_what_makes_work() -> None:
    # Returns 0.2, at most 3 contacts: 1 + 0.2 + 0.04 = 1.24 contacts. Two chats in a hand, each
    # half as slow again: 2 ÷ 1.5 hands. A quarter goes to tier 2 and takes 20 minutes.
    scenario = desk_file(
        **WEEK,
        **{
            "channels.chat.resolution_probability": 0.8,
            "channels.chat.return_hours": 1.0,
            "channels.chat.concurrency": 2,
            "channels.chat.slowdown": 0.5,
            "channels.chat.escalation_probability": 0.25,
            "channels.chat.tier2": {"handle_minutes": 20.0},
            "teams": {
                "first": {"shifts": [SHIFT]},
                "second": {"tier": 2, "shifts": [SHIFT]},
            },
        },
    )
    first, second = bottlenecks(scenario)
    assert first.work_h[0] == pytest.approx(6 * 1.24 * (5 / 60) / (2 / 1.5))
    assert second.queues == ("chat (tier 2)",)
    assert second.work_h[0] == pytest.approx(6 * 1.24 * 0.25 * (20 / 60) / (2 / 1.5))


SHIFT = {"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}


def test_what_a_bot_keeps_is_no_work() -> None:
    # Half is contained, a fifth of that comes back: 0.5 + 0.5 · 0.2 = 0.6 contacts, each 1.5 times
    # as long.
    bot = {"handle_minutes": 1.0, "containment": 0.5, "wrong_answers": 0.2,
           "bounce_back_hours": 1.0, "residual_handling_factor": 1.5}  # fmt: skip
    (one,) = bottlenecks(desk_file(**WEEK, **{"channels.chat.bot": bot}))
    assert one.work_h[0] == pytest.approx(6 * 0.6 * 5 / 60 * 1.5)


def test_special_days_are_counted() -> None:
    # Three times as many chats on the Tuesday: 7 + 2 days' worth of 12 hours of work.
    special = [{"from": "2026-01-06", "arrivals_factor": 3.0}]
    (one,) = bottlenecks(desk_file(**WEEK, special_days=special))
    assert one.work_h.sum() == pytest.approx(9 * 12)


def test_slow_agents_do_less() -> None:
    (one,) = bottlenecks(desk_file(**WEEK, **{"team.speed": 0.75}))
    assert one.capacity_h.sum() == pytest.approx(0.75 * 56)


def test_who_bounces_back_has_used_a_contact() -> None:
    # At most 2 contacts, of which half resolve. Handed over, ½: 1 + ½ contacts. Kept and wrong,
    # ½ · ⅕: the second contact alone. 0.75 + 0.1.
    bot = {"handle_minutes": 1.0, "containment": 0.5, "wrong_answers": 0.2,
           "bounce_back_hours": 1.0}  # fmt: skip
    returns = {"channels.chat.resolution_probability": 0.5, "channels.chat.return_hours": 1.0,
               "channels.chat.max_contacts": 2}  # fmt: skip
    (one,) = bottlenecks(desk_file(**WEEK, **returns, **{"channels.chat.bot": bot}))
    assert one.work_h[0] == pytest.approx(6 * 0.85 * 5 / 60)


def test_the_tightest_queues_are_named() -> None:
    # E-mail can be done by both, chat by one team alone: 84 hours of chat meet 56.
    email = {"arrivals_per_hour": 0.1, "handle_minutes": 5.0, "first_reply": "end"}
    scenario = desk_file(
        **WEEK,
        **{
            "channels.email": email,
            "teams": {
                "all": {"shifts": [SHIFT]},
                "mail": {"skills": ["email"], "shifts": [{**SHIFT, "agents": 5}]},
            },
        },
    )
    (one,) = bottlenecks(scenario)
    assert one.queues == ("chat",)
    assert one.teams == ("all",)
    assert one.weekly_load == pytest.approx(1.5)


def test_an_hour_too_much_for_specialists_is_said_though_the_pool_has_hands() -> None:
    # From 10 to 11 on Mondays 24 chats of 5 minutes are 2 hours of work for the one who can chat;
    # the five who cannot are idle. Over the week e-mail is the tighter of the two.
    chats = {"channels.chat.arrivals_per_hour": [24.0 * (hour == 10) for hour in range(168)]}
    email = {"arrivals_per_hour": 16.0, "handle_minutes": 7.0, "first_reply": "end"}
    scenario = desk_file(
        **WEEK,
        **chats,
        **{
            "channels.email": email,
            "teams": {
                "all": {"shifts": [SHIFT]},
                "mail": {"skills": ["email"], "shifts": [{**SHIFT, "agents": 5}]},
            },
        },
    )
    (one,) = bottlenecks(scenario)
    assert one.queues == ("chat", "email")
    assert one.weekly_load == pytest.approx((168 * 16 * 7 / 60 + 2) / (6 * 56))
    (note,) = load_notes(scenario)
    assert note.startswith(
        "load of 1 or more in 1 hour of the week (worst Mon 10:00 with 2.00: chat at all)"
    )


def test_days_that_a_run_does_not_reach_have_neither_work_nor_hands() -> None:
    # One Monday: 12 hours of work against 8.
    (one,) = bottlenecks(desk_file())
    assert one.work_h.sum() == pytest.approx(12)
    assert one.capacity_h.sum() == pytest.approx(8)


def test_the_table_has_a_row_for_every_hour() -> None:
    table = expected_load(desk_file(**WEEK))
    assert len(table) == 168
    tuesday_ten = table[(table.day == "Tue") & (table.hour == 10)].iloc[0]
    assert (tuesday_ten.work_h, tuesday_ten.capacity_h, tuesday_ten.load) == (0.5, 1.0, 0.5)
