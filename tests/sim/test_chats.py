"""Agents who hold several contacts, worked out by hand: rates that change in mid-work."""

from __future__ import annotations

from small_desks import ALWAYS, T, line, run

Log = list[tuple[float, str, int, int]]


def pairs(log: Log, what: str) -> list[tuple[float, int, int]]:
    return [(time, ticket, agent) for time, kind, ticket, agent in log if kind == what]


def test_two_chats_at_half_the_speed() -> None:
    # slowdown 1: two at once last twice as long. Ticket 0 (work 10) alone 0–4: 6 left; from 4 on
    # both at half speed. Ticket 1 (work 2) takes 4: 4–8. Ticket 0 has 6 − 2 = 4 left: 8–12.
    log = run([T(0, 10), T(4, 2)], lines=[line(concurrency=2, slowdown=1.0)])
    assert pairs(log, "ANSWER") == [(0, 0, 0), (4, 1, 0)]
    assert pairs(log, "SOLVE") == [(8, 1, 0), (12, 0, 0)]


def test_three_chats() -> None:
    # slowdown 0.5: two at 1.5, three at 2.0 seconds for a second of work.
    # Tickets of 6 at 0, 3, 6. 0–3: ticket 0 does 3, 3 left. 3–6: each does 2: ticket 0 has 1,
    # ticket 1 has 4 left. From 6 on 2.0: ticket 0 ends at 8 (1 · 2); ticket 1 has 3, ticket 2
    # has 5 left. From 8 on 1.5: ticket 1 ends at 12.5; ticket 2 has 2 left and ends at 14.5.
    log = run([T(0, 6), T(3, 6), T(6, 6)], lines=[line(concurrency=3, slowdown=0.5)])
    assert pairs(log, "SOLVE") == [(8, 0, 0), (12.5, 1, 0), (14.5, 2, 0)]


def test_no_more_than_allowed_and_then_in_order() -> None:
    # Two at once without slowing down: tickets 2 and 3 wait for the first hands free, at 5 and 6.
    log = run([T(0, 5), T(1, 5), T(2, 5), T(3, 5)], lines=[line(concurrency=2)])
    assert pairs(log, "ANSWER") == [(0, 0, 0), (1, 1, 0), (5, 2, 0), (6, 3, 0)]


def test_the_emptier_hands_take_first() -> None:
    # Ticket 0 to agent 0. Ticket 1 to agent 1, who has nothing in hand. Both have one then:
    # ticket 2 goes to who is unchanged longest, agent 0.
    log = run([T(0, 9), T(1, 9), T(2, 9)], [ALWAYS] * 2, lines=[line(concurrency=2)])
    assert pairs(log, "ANSWER") == [(0, 0, 0), (1, 1, 1), (2, 2, 0)]


def test_a_call_takes_both_hands() -> None:
    # Line 0 chat (2 at once), line 1 phone (1). Ticket 0 chats 0–5: the call of 1 waits for
    # empty hands, the chat of 2 does not. At 7 both chats are over, and the call keeps the chat
    # of 8 out until 10.
    lines = [line(concurrency=2), line()]
    log = run([T(0, 5), T(1, 3, line=1), T(2, 5), T(8, 1)], lines=lines)
    assert pairs(log, "ANSWER") == [(0, 0, 0), (2, 2, 0), (7, 1, 0), (10, 3, 0)]


def test_each_channel_slows_down_by_its_own_factor() -> None:
    # Line 0: no slowdown; line 1: slowdown 1. Both hold two. Ticket 0 (line 0, work 4) is done at
    # 4 whatever else is in hand; ticket 1 (line 1, work 4) does 2 until then, 2 more until 6.
    lines = [line(concurrency=2), line(concurrency=2, slowdown=1.0)]
    log = run([T(0, 4), T(0, 4, line=1)], lines=lines)
    assert pairs(log, "SOLVE") == [(4, 0, 0), (6, 1, 0)]


def test_slow_agents_and_many_chats() -> None:
    # Speed 0.5: work 2 is 4 s of this agent. Alone 0–2: 2 left; then two at double: 2–6.
    # Ticket 1 has done 4 / 2 = 2 of its 4 by 6: 6–8.
    log = run(
        [T(0, 2), T(2, 2)], lines=[line(concurrency=2, slowdown=1.0)], agents=[{"speed": 0.5}]
    )
    assert pairs(log, "SOLVE") == [(6, 0, 0), (8, 1, 0)]
