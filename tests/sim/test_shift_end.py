"""What happens to work in hand at a shift's end, worked out by hand."""

from __future__ import annotations

import numpy as np
from small_desks import T, clock, desk, desk_file, line, play, run, tables, workload

HOUR, MINUTE = 3600.0, 60.0
BACK = line(hand_back=True)
Log = list[tuple[float, str, int, int]]


def test_finish_is_overtime() -> None:
    # 8–10 in a shift that ends at 9: finished, and on duty until then.
    plan = desk([((0, 9), (20, 30))])
    out = play(workload([T(8, 2)]), plan)
    assert out.ended.tolist() == [10]
    assert out.duty_start.tolist() == [0, 20]
    assert out.duty_end.tolist() == [10, 30]


def test_hand_back_keeps_what_was_done() -> None:
    # 8–9 of a work of 5, then a break until 12: 12–16.
    log = run([T(8, 5)], [((0, 9), (12, 30))], lines=[BACK])
    assert log == [
        (8.0, "CONTACT", 0, -1),
        (8.0, "ANSWER", 0, 0),
        (9.0, "BACK", 0, 0),
        (12.0, "ANSWER", 0, 0),
        (16.0, "SOLVE", 0, 0),
    ]


def test_handed_back_work_keeps_its_old_place() -> None:
    # Ticket 0 queued at 0, ticket 1 at 1. Handed back at 9, ticket 0 stands before ticket 1;
    # another agent comes at 10 and takes it: 10–11, then ticket 1: 11–13.
    log = run([T(0, 10), T(1, 2)], [((0, 9),), ((10, 30),)], lines=[BACK])
    assert [row for row in log if row[1] != "CONTACT"] == [
        (0.0, "ANSWER", 0, 0),
        (9.0, "BACK", 0, 0),
        (10.0, "ANSWER", 0, 1),
        (11.0, "SOLVE", 0, 1),
        (11.0, "ANSWER", 1, 1),
        (13.0, "SOLVE", 1, 1),
    ]


def test_an_idle_agent_takes_over_in_the_same_instant() -> None:
    log = run([T(8, 5)], [((0, 9),), ((8.5, 30),)], lines=[BACK])
    assert log[-3:] == [(9.0, "BACK", 0, 0), (9.0, "ANSWER", 0, 1), (13.0, "SOLVE", 0, 1)]


def test_what_is_left_is_work_not_time() -> None:
    # Agent 0 at speed 0.5 does 2 of the work of 6 in 0–4; agent 1 at speed 2 needs 2 for the 4.
    log = run(
        [T(0, 6)], [((0, 4),), ((10, 30),)], lines=[BACK], agents=[{"speed": 0.5}, {"speed": 2.0}]
    )
    assert log[-3:] == [(4.0, "BACK", 0, 0), (10.0, "ANSWER", 0, 1), (12.0, "SOLVE", 0, 1)]


def test_a_newcomer_becomes_faster() -> None:
    # Speed 0.5 at 0, 1 at 100, in between at 50: 0.75. The speed of the start holds for a task:
    # 3 of work at 0 last 6, 3 at 50 last 4, 3 at 100 and later 3.
    newcomer = {"ramp_s": 100.0, "ramp_speed": 0.5}
    log = run([T(0, 3), T(50, 3), T(100, 3), T(200, 3)], agents=[newcomer])
    assert [time for time, what, _, _ in log if what == "SOLVE"] == [6, 54, 103, 203]


def test_work_that_ends_with_the_shift_is_done() -> None:
    log = run([T(8, 1)], [((0, 9),)], lines=[BACK])
    assert log[-1] == (9.0, "SOLVE", 0, 0)


def test_each_channel_has_its_own_rule() -> None:
    # Two in hand at 9: line 0 is handed back (2 of 4 left), line 1 finished at 11, on overtime.
    lines = [line(concurrency=2, hand_back=True), line(concurrency=2)]
    work = workload([T(7, 4), T(7, 4, line=1)], ["line0", "line1"])
    out = play(work, desk([((0, 9), (20, 30))], lines=lines))
    assert out.ended.tolist() == [22, 11]
    assert out.handed_end.tolist() == [9]
    assert out.duty_end.tolist() == [11, 30]


def test_the_pace_of_what_stays_in_hand_changes_at_the_shifts_end() -> None:
    # slowdown 1. From 5 to 9 both do 2: line 0 (work 10) goes back with 8 left, line 1 (work 4)
    # has 2 left and works alone: 9–11.
    lines = [line(concurrency=2, slowdown=1.0, hand_back=True), line(concurrency=2, slowdown=1.0)]
    work = workload([T(5, 10), T(5, 4, line=1)], ["line0", "line1"])
    out = play(work, desk([((0, 9), (20, 90))], lines=lines))
    assert out.ended.tolist() == [28, 11]


def test_the_tables_of_a_hand_back() -> None:
    # Agent 1 9–17, agent 2 18–20. Work of 2 h from 16:00: 16–17, then 18–19 by agent 2.
    scenario = desk_file(
        **{
            "rules.shift_end": "hand_back",
            "channels.chat.first_reply": "end",
            "team.shifts": [
                {"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"},
                {"agents": 1, "days": "Mon-Sun", "from": "18:00", "to": "20:00"},
            ],
        }
    )
    made = tables(scenario, [T(16 * HOUR, 2 * HOUR)])
    e = made["status_events"]
    assert list(zip(clock(e["at"]), e.field, e.old, e.new, strict=True)) == [
        ("16:00", "status", None, "new"),
        ("16:00", "assignee", None, "agent-001"),
        ("16:00", "status", "new", "open"),
        ("18:00", "assignee", "agent-001", "agent-002"),
        ("19:00", "status", "open", "solved"),
    ]
    t, s = made["tickets"].iloc[0], made["shifts"]
    assert (t.assignee_id, t.resolver_id) == ("agent-002", "agent-002")
    assert clock(made["tickets"].answered_at) == ["16:00"]
    assert clock(made["tickets"].first_human_reply_at) == ["19:00"]
    reply = made["messages"].iloc[-1]
    assert (reply.author_type, reply.author_id) == ("agent", "agent-002")
    busy = s[s.activity == "handling"]
    assert list(zip(busy.agent_id, clock(busy.start), clock(busy.end), strict=True)) == [
        ("agent-001", "16:00", "17:00"),
        ("agent-002", "18:00", "19:00"),
    ]
    # Where the reply goes out at the start, it is that of agent 1.
    starts = scenario.but(**{"channels.chat.first_reply": "start"})
    reply = tables(starts, [T(16 * HOUR, 2 * HOUR)])["messages"].iloc[-1]
    assert (reply.author_type, reply.author_id) == ("agent", "agent-001")


def test_handed_back_and_never_taken_up_again() -> None:
    scenario = desk_file(**{"rules.shift_end": "hand_back"})
    made = tables(scenario, [T(16 * HOUR, 2 * HOUR)])
    t, s = made["tickets"].iloc[0], made["shifts"]
    assert (t.status, t.n_solves) == ("open", 0)
    assert list(zip(s.activity, clock(s.start), clock(s.end), strict=True)) == [
        ("on_shift", "09:00", "17:00"),
        ("handling", "16:00", "17:00"),
    ]
    assert made["status_events"].new.tolist() == ["new", "agent-001", "open"]


def test_handed_back_again_and_again() -> None:
    # 1 a shift of a work of 3.5: shifts of 1 at 0, 10, 20, 30.
    out = play(workload([T(0, 3.5)]), desk([((0, 1), (10, 11), (20, 21), (30, 31))], lines=[BACK]))
    assert out.handed_start.tolist() == [0, 10, 20]
    assert out.handed_end.tolist() == [1, 11, 21]
    assert out.ended.tolist() == [30.5]
    assert np.array_equal(out.answered, [0])
    assert np.array_equal(out.resumed, [30])
