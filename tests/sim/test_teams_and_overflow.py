"""Who takes what, and who helps out after a wait, worked out by hand."""

from __future__ import annotations

from typing import Any

from small_desks import ALWAYS, T, line, run

from cxlab.scenario import Team
from cxlab.scenario.staffing import able_teams

Log = list[tuple[float, str, int, int]]


def answered(log: Log) -> list[tuple[float, int, int]]:
    return [(time, ticket, agent) for time, what, ticket, agent in log if what == "ANSWER"]


def two_teams(tickets: list[T], *lines: Any, shifts: Any = (ALWAYS, ALWAYS)) -> Log:
    """Agent 0 is of team 0, agent 1 of team 1."""
    return run(tickets, shifts, teams=[0, 1], lines=lines)


def test_a_contact_goes_to_the_first_team_of_its_channel_that_is_free() -> None:
    # Channel 0 prefers team 0, channel 1 team 1; each may take both.
    lines = line([(0, 0), (1, 0)]), line([(1, 0), (0, 0)])
    log = two_teams([T(0, 5, line=1), T(1, 5, line=1), T(6, 5), T(7, 5)], *lines)
    # 0 → team 1 (0–5); 1 → team 0, for team 1 is busy (1–6); at 6 team 0 is free again.
    assert answered(log) == [(0, 0, 1), (1, 1, 0), (6, 2, 0), (7, 3, 1)]


def test_the_team_is_chosen_before_the_agent_who_waits_longest() -> None:
    # Agent 1 waits since 0, agent 0 only since 3: the first team is asked first all the same.
    log = two_teams([T(0, 3), T(4, 1)], line([(0, 0), (1, 0)]))
    assert answered(log) == [(0, 0, 0), (4, 1, 0)]


def test_nobody_takes_what_the_team_has_no_skill_for() -> None:
    # Channel 0 is team 0's only: ticket 1 waits until 10 beside an idle agent of team 1.
    log = two_teams([T(0, 10), T(1, 1), T(2, 1, line=1)], line([(0, 0)]), line([(1, 0)]))
    assert answered(log) == [(0, 0, 0), (2, 2, 1), (10, 1, 0)]


def test_overflow_begins_at_the_very_moment() -> None:
    # Team 1 may take after 4: ticket 1 queued at 1 goes to its idle agent at 5, not at 10.
    log = two_teams([T(0, 10), T(1, 1)], line([(0, 0), (1, 4)]))
    assert answered(log) == [(0, 0, 0), (5, 1, 1)]
    # A helper who becomes free at that very moment takes it too: ticket 1 holds team 1 until 5.
    lines = line([(0, 0), (1, 4)]), line([(1, 0)])
    log = two_teams([T(0, 10), T(0, 5, line=1), T(1, 1)], *lines)
    assert answered(log) == [(0, 0, 0), (0, 1, 1), (5, 2, 1)]
    # Its own team is free at that moment as well and goes first: ticket 0 ends at 5.
    log = two_teams([T(0, 5), T(1, 1)], line([(0, 0), (1, 4)]))
    assert answered(log) == [(0, 0, 0), (5, 1, 0)]


def test_patience_that_ends_when_overflow_begins_is_in_time() -> None:
    log = two_teams([T(0, 10), T(1, 1, patience=4)], line([(0, 0), (1, 4)]))
    assert answered(log) == [(0, 0, 0), (5, 1, 1)]
    log = two_teams([T(0, 10), T(1, 1, patience=3.5)], line([(0, 0), (1, 4)]))
    assert (4.5, "GIVE_UP", 1, -1) in log


def test_overflow_counts_from_the_queueing_of_each_contact() -> None:
    # Tickets 1 (1) and 2 (2) may overflow at 5 and 6. The helper takes 1 at 5 (until 8), 2 at 8.
    log = two_teams([T(0, 20), T(1, 3), T(2, 3)], line([(0, 0), (1, 4)]))
    assert answered(log) == [(0, 0, 0), (5, 1, 1), (8, 2, 1)]


def test_who_may_not_overflow_yet_does_not_stand_in_the_way() -> None:
    # Ticket 1 (class 1, since 1) may overflow at 5; ticket 2 (class 0, since 4) only at 8.
    log = two_teams([T(0, 20), T(1, 1, queue_class=1), T(4, 1)], line([(0, 0), (1, 4)]))
    assert answered(log) == [(0, 0, 0), (5, 1, 1), (8, 2, 1)]


def test_a_chain_of_overflow() -> None:
    # Team 1 after 2, team 2 after 2 + 3 = 5. Team 1 is busy with another channel until 20.
    lines = line([(0, 0), (1, 2), (2, 5)]), line([(1, 0)])
    tickets = [T(0, 20), T(0, 20, line=1), T(1, 1)]
    log = run(tickets, [ALWAYS] * 3, teams=[0, 1, 2], lines=lines)
    assert answered(log) == [(0, 0, 0), (0, 1, 1), (6, 2, 2)]


def test_the_order_of_helpers_comes_from_the_file() -> None:
    shifts = [{"agents": 1, "days": "Mon", "from": "08:00", "to": "16:00"}]

    def team(**keys: Any) -> Team:
        return Team.model_validate({"shifts": shifts, **keys})

    teams = {
        "a": team(skills=["chat"], overflow={"to": "c", "after_minutes": 1.0}),
        "b": team(skills=["email"]),
        "c": team(skills=[], overflow={"to": "b", "after_minutes": 2.0}),
        "d": team(),
        "e": team(tier=2),
    }
    # chat: a and d at once, c after 60 s, b after 60 + 120 s. email: b and d.
    assert able_teams(teams, "chat", 1) == [(0, 0.0), (3, 0.0), (2, 60.0), (1, 180.0)]
    assert able_teams(teams, "email", 1) == [(1, 0.0), (3, 0.0)]
    assert able_teams(teams, "chat", 2) == [(4, 0.0)]
