"""Classes and ageing, worked out by hand: who is answered when."""

from __future__ import annotations

from small_desks import T, run

Log = list[tuple[float, str, int, int]]


def answered(log: Log) -> list[tuple[float, int]]:
    return [(time, ticket) for time, what, ticket, _ in log if what == "ANSWER"]


def test_without_ageing_a_better_class_always_goes_first() -> None:
    # Ticket 0 holds the agent until 10; then 2 (class 0, since 9) before 1 (class 1, since 1).
    log = run([T(0, 10), T(1, 1, queue_class=1), T(9, 1)])
    assert answered(log) == [(0, 0), (10, 2), (11, 1)]


def test_with_ageing_who_came_so_much_earlier_goes_first() -> None:
    # Ageing 5: ticket 1 (class 1) counts from 1 + 5 = 6, ticket 2 (class 0) from 9: 1 is first.
    log = run([T(0, 10), T(1, 1, queue_class=1), T(9, 1)], ageing_s=5.0)
    assert answered(log) == [(0, 0), (10, 1), (11, 2)]
    # Two classes count twice: 1 + 2 · 5 = 11 > 9, so ticket 2 goes first …
    log = run([T(0, 10), T(1, 1, queue_class=2), T(9, 1)], ageing_s=5.0)
    assert answered(log) == [(0, 0), (10, 2), (11, 1)]
    # … and with 1 + 2 · 3 = 7 < 9 it does not.
    log = run([T(0, 10), T(1, 1, queue_class=2), T(9, 1)], ageing_s=3.0)
    assert answered(log) == [(0, 0), (10, 1), (11, 2)]


def test_of_two_that_count_from_the_same_moment_the_one_that_queued_first_goes_first() -> None:
    # 1 + 8 = 9 = 9 + 0: ticket 1 queued first, although its class is worse.
    log = run([T(0, 10), T(1, 1, queue_class=1), T(9, 1)], ageing_s=8.0)
    assert answered(log) == [(0, 0), (10, 1), (11, 2)]
    # Both came at 2, so ageing says nothing for class 1: class 0 first.
    log = run([T(0, 10), T(2, 1, queue_class=1), T(2, 1)], ageing_s=8.0)
    assert answered(log) == [(0, 0), (10, 2), (11, 1)]


def test_inside_a_class_ageing_changes_nothing() -> None:
    log = run([T(0, 10), T(1, 1, queue_class=3), T(2, 1, queue_class=3)], ageing_s=1.0)
    assert answered(log) == [(0, 0), (10, 1), (11, 2)]
