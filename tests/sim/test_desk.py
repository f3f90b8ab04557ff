"""Desks small enough to be worked out by hand: the whole log, as the rules say."""

from __future__ import annotations

from small_desks import ALWAYS, T, run


def answered(log: list[tuple[float, str, int, int]]) -> list[tuple[float, int, int]]:
    return [(time, ticket, agent) for time, what, ticket, agent in log if what == "ANSWER"]


def test_one_agent_one_queue() -> None:
    # Arrivals at 0, 1, 2; 1.5 each: 0–1.5, 1.5–3, 3–4.5.
    log = run([T(0, 1.5), T(1, 1.5), T(2, 1.5)])
    assert log == [
        (0.0, "CONTACT", 0, -1),
        (0.0, "ANSWER", 0, 0),
        (1.0, "CONTACT", 1, -1),
        (1.5, "SOLVE", 0, 0),
        (1.5, "ANSWER", 1, 0),
        (2.0, "CONTACT", 2, -1),
        (3.0, "SOLVE", 1, 0),
        (3.0, "ANSWER", 2, 0),
        (4.5, "SOLVE", 2, 0),
    ]


def test_a_better_class_goes_first_and_interrupts_nobody() -> None:
    # Ticket 0 holds the agent until 10. Waiting then: 1 and 2 (class 2), 3 and 4 (class 0).
    # Classes first, inside a class who queued first: 3, 4, 1, 2.
    log = run([T(0, 10), T(1, 1, queue_class=2), T(2, 1, queue_class=2), T(3, 1), T(4, 1)])
    assert answered(log) == [(0, 0, 0), (10, 3, 0), (11, 4, 0), (12, 1, 0), (13, 2, 0)]


def test_one_instant_all_arrive_before_any_is_given_out() -> None:
    # All come at 5 while the agent is idle: the class decides, not the order of the list.
    log = run([T(5, 1, queue_class=2), T(5, 1, queue_class=1), T(5, 1, queue_class=0)])
    assert answered(log) == [(5, 2, 0), (6, 1, 0), (7, 0, 0)]
    # A return (0–1, back at 5), an arrival at 5 and the start of a shift at 5 are one instant.
    tickets = [T(0, (1, 1), queue_class=1, back_after=[4]), T(5, 1, queue_class=0)]
    log = run(tickets, [((0, 2),), ((5, 9),)])
    assert answered(log) == [(0, 0, 0), (5, 1, 1), (6, 0, 1)]


def test_equal_instants_and_classes_go_by_place() -> None:
    log = run([T(5, 1), T(5, 1), T(5, 1)])
    assert answered(log) == [(5, 0, 0), (6, 1, 0), (7, 2, 0)]


def test_the_agent_idle_longest_is_first_then_the_first_in_the_plan() -> None:
    # Agents 0 and 1 both idle since 0: agent 0 takes ticket 0 (0–2), agent 1 ticket 1 (1–4).
    # At 5 agent 0 is idle since 2, agent 1 since 4: ticket 2 goes to 0, ticket 3 (6) to 1.
    log = run([T(0, 2), T(1, 3), T(5, 9), T(6, 9)], [ALWAYS, ALWAYS])
    assert answered(log) == [(0, 0, 0), (1, 1, 1), (5, 2, 0), (6, 3, 1)]
    # Ticket 0 to agent 0 (0–4), ticket 1 to agent 1 (1–2): at 5 agent 1 is idle longer.
    log = run([T(0, 4), T(1, 1), T(5, 9)], [ALWAYS, ALWAYS])
    assert answered(log)[-1] == (5, 2, 1)


def test_the_backlog_of_the_night_is_served_in_the_morning() -> None:
    # Shifts [9, 17) and [33, 41). Ticket 0 comes at 16, is finished at 18, after the shift.
    # Tickets 1 (16.5) and 2 (20) wait for the morning: 33–35, 35–36; ticket 3 (34): 36–37.
    log = run([T(16, 2), T(16.5, 2), T(20, 1), T(34, 1)], [((9, 17), (33, 41))])
    assert answered(log) == [(16, 0, 0), (33, 1, 0), (35, 2, 0), (36, 3, 0)]
    assert (18.0, "SOLVE", 0, 0) in log


def test_nothing_is_taken_at_the_very_end_of_a_shift() -> None:
    # The ticket in hand ends at 17 = the shift's end; ticket 1 waits since 16: for 33.
    assert answered(run([T(15, 2), T(16, 1)], [((9, 17), (33, 41))])) == [(15, 0, 0), (33, 1, 0)]
    # An idle agent takes nothing that comes at 17, and something at 33, the shift's start.
    log = run([T(17, 1), T(33, 1)], [((9, 17), (33, 41))])
    assert answered(log) == [(33, 0, 0), (34, 1, 0)]


def test_a_shift_that_starts_when_another_ends_hands_over_at_once() -> None:
    # Ticket 0 comes at 17: agent 0 goes at 17, agent 1 comes at 17 and takes it.
    assert answered(run([T(17, 1)], [((9, 17),), ((17, 25),)])) == [(17, 0, 1)]


def test_work_past_the_start_of_the_next_shift() -> None:
    # Ticket 0 is in hand 9–20, over the second shift's start at 18: it goes on at 20.
    log = run([T(9, 11), T(10, 1)], [((9, 17), (18, 25))])
    assert answered(log) == [(9, 0, 0), (20, 1, 0)]
    # … and over its end: ticket 1 waits for the third shift.
    log = run([T(9, 20), T(10, 1)], [((9, 17), (18, 25), (40, 41))])
    assert answered(log) == [(9, 0, 0), (40, 1, 0)]


def test_served_if_and_only_if_the_wait_is_within_patience() -> None:
    # The agent is free at 10. Waits of 9 each: patience 9 is served at its very end;
    # 8.5 gives up at 9.5 (= 1 + 8.5).
    log = run([T(0, 10), T(1, 1, patience=9)])
    assert answered(log) == [(0, 0, 0), (10, 1, 0)]
    log = run([T(0, 10), T(1, 1, patience=8.5), T(2, 1)])
    assert (9.5, "GIVE_UP", 1, -1) in log
    assert answered(log) == [(0, 0, 0), (10, 2, 0)]


def test_of_two_at_the_end_of_their_patience_the_first_is_served() -> None:
    # Both patiences end at 10, when one agent becomes free: ticket 1 is first in the queue.
    log = run([T(0, 10), T(1, 1, patience=9), T(2, 1, patience=8)])
    assert answered(log) == [(0, 0, 0), (10, 1, 0)]
    assert log[-2:] == [(10.0, "GIVE_UP", 2, -1), (11.0, "SOLVE", 1, 0)]


def test_an_agent_who_starts_at_the_end_of_patience_is_in_time() -> None:
    assert answered(run([T(1, 1, patience=8)], [((9, 17),)])) == [(9, 0, 0)]


def test_a_patience_that_outlives_the_wait_changes_nothing() -> None:
    # Answered at 1, patience would end at 4, in the middle of handling 1–9.
    log = run([T(1, 8, patience=3), T(2, 1)])
    assert answered(log) == [(1, 0, 0), (9, 1, 0)]
    assert all(what != "GIVE_UP" for _, what, _, _ in log)


def test_a_customer_comes_back_to_the_end_of_the_class() -> None:
    # Ticket 0: 0–2, comes back 3 later, at 5, while ticket 1 (4–7) is handled; ticket 2 came
    # at 4.5 and goes first (7–8); the second contact takes 8–12. A third would come at 12 + 1.
    log = run([T(0, (2, 4), back_after=[3]), T(4, 3), T(4.5, 1)])
    assert answered(log) == [(0, 0, 0), (4, 1, 0), (7, 2, 0), (8, 0, 0)]
    assert log[-1] == (12.0, "SOLVE", 0, 0)
    assert (5.0, "CONTACT", 0, -1) in log


def test_a_second_wait_has_a_patience_of_its_own() -> None:
    # First contact 0–2 (patience 1 irrelevant). Back at 5, patience 1.5: the agent is busy
    # with ticket 1 until 14, so the customer gives up at 6.5, and never comes back again.
    log = run([T(0, (2, 4, 4), patience=(1, 1.5, 9), back_after=[3, 3]), T(4, 10)])
    assert log[-2:] == [(6.5, "GIVE_UP", 0, -1), (14.0, "SOLVE", 1, 0)]


def test_the_horizon_cuts_before_its_instant() -> None:
    # Until 10: the solve at 10 is not seen, nor the arrival at 10.
    log = run([T(8, 2), T(9, 1), T(10, 1)], until=10)
    assert log == [
        (8.0, "CONTACT", 0, -1),
        (8.0, "ANSWER", 0, 0),
        (9.0, "CONTACT", 1, -1),
    ]


def test_nobody_works_and_nobody_comes() -> None:
    assert run([], [ALWAYS]) == []
    assert run([T(1, 1, patience=2)], []) == [(1.0, "CONTACT", 0, -1), (3.0, "GIVE_UP", 0, -1)]
