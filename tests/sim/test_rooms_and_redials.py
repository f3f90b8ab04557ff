"""Full rooms, balking, callbacks and redials, worked out by hand."""

from __future__ import annotations

from small_desks import T, clock, desk_file, line, run, tables

HOUR, MINUTE = 3600.0, 60.0
Log = list[tuple[float, str, int, int]]


def without_contacts(log: Log) -> list[tuple[float, str, int]]:
    return [(time, what, ticket) for time, what, ticket, _ in log if what != "CONTACT"]


def test_who_finds_the_room_full_is_turned_away() -> None:
    # Ticket 0 in hand until 10, ticket 1 takes the only place, ticket 2 finds it taken.
    # At 10 ticket 1 is taken: the place is free for ticket 3.
    log = run([T(0, 10), T(1, 5), T(2, 1), T(11, 1)], lines=[line(room=1)])
    assert without_contacts(log) == [
        (0, "ANSWER", 0),
        (2, "TURNED_AWAY", 2),
        (10, "SOLVE", 0),
        (10, "ANSWER", 1),
        (15, "SOLVE", 1),
        (15, "ANSWER", 3),
        (16, "SOLVE", 3),
    ]


def test_no_room_at_all_still_lets_the_free_agent_be_reached() -> None:
    log = run([T(0, 10), T(1, 1), T(10, 1)], lines=[line(room=0)])
    assert without_contacts(log) == [
        (0, "ANSWER", 0),
        (1, "TURNED_AWAY", 1),
        (10, "SOLVE", 0),
        (10, "ANSWER", 2),  # came in the instant in which the agent became free
        (11, "SOLVE", 2),
    ]


def test_of_those_who_come_together_the_last_in_order_are_turned_away() -> None:
    # At 5 three come, one is taken, one waits: the classes decide, 2 (class 0) is taken and of
    # 1 and 3 (class 1) the later in the list goes.
    tickets = [T(5, 1, queue_class=1), T(5, 1), T(5, 1, queue_class=1)]
    log = run(tickets, lines=[line(room=1)])
    assert without_contacts(log) == [
        (5, "ANSWER", 1),
        (5, "TURNED_AWAY", 2),
        (6, "SOLVE", 1),
        (6, "ANSWER", 0),
        (7, "SOLVE", 0),
    ]


def test_who_waits_already_stays_even_for_a_better_class() -> None:
    log = run([T(0, 10), T(1, 1, queue_class=1), T(2, 1)], lines=[line(room=1)])
    assert (2.0, "TURNED_AWAY", 2, -1) in log


def test_giving_up_at_that_moment_comes_too_late_to_make_room() -> None:
    # Ticket 1's patience ends at 3, when ticket 2 comes: patience ends after rooms are counted.
    log = run([T(0, 10), T(1, 1, patience=2), T(3, 1)], lines=[line(room=1)])
    assert (3.0, "TURNED_AWAY", 2, -1) in log
    assert (3.0, "GIVE_UP", 1, -1) in log
    log = run([T(0, 10), T(1, 1, patience=2), T(3.5, 1)], lines=[line(room=1)])
    assert all(what != "TURNED_AWAY" for _, what, _, _ in log)


def test_rooms_are_one_for_each_channel_and_no_higher_tier_fills_them() -> None:
    # Ticket 0 is passed on at 1 and waits for tier 2 for ever; the room of 1 holds ticket 2.
    rooms = line([(0, 0)], [], room=1), line([(0, 0)], room=1)
    tickets = [T(0, [(1, 1)]), T(1, 9), T(2, 1), T(3, 1, line=1)]
    log = run(tickets, lines=rooms)
    assert all(what != "TURNED_AWAY" for _, what, _, _ in log)


def test_done_at_once_and_passed_on_is_not_turned_away() -> None:
    # Work of 0 at tier 1: passed on at 5, in the instant of joining, to a tier where nobody is.
    log = run([T(5, [(0, 1)])], lines=[line([(0, 0)], [], room=0)])
    assert without_contacts(log) == [(5, "PASS", 0), (5, "ANSWER", 0)]


def test_balking_is_a_patience_of_nothing() -> None:
    # Ticket 1 finds somebody at work and leaves at once; ticket 2 finds nobody at work and stays.
    log = run([T(0, 5), T(1, 1, patience=0), T(5, 1, patience=0)])
    assert without_contacts(log) == [
        (0, "ANSWER", 0),
        (1, "GIVE_UP", 1),
        (5, "SOLVE", 0),
        (5, "ANSWER", 2),
        (6, "SOLVE", 2),
    ]


def test_a_callback_keeps_the_place_in_the_queue_and_frees_the_one_in_the_room() -> None:
    # Ticket 1 leaves a number at 3 (= 1 + 2); the room of 1 is free for ticket 2 at 4. At 10
    # ticket 1 is called back first.
    tickets = [T(0, 10), T(1, 1, patience=2, leaves_number=True), T(4, 1)]
    log = run(tickets, lines=[line(room=1)])
    assert without_contacts(log) == [
        (0, "ANSWER", 0),
        (10, "SOLVE", 0),
        (10, "ANSWER", 1),
        (11, "SOLVE", 1),
        (11, "ANSWER", 2),
        (12, "SOLVE", 2),
    ]


def test_a_redial_waits_anew() -> None:
    # Ticket 1 gives up at 3 and is back at 3 + 4 = 7, with a patience of 2 until 9; no third try.
    tickets = [T(0, 10), T(1, (1, 1), patience=2, redial_after=[4]), T(8, 1)]
    log = run(tickets)
    assert [row for row in log if row[2] == 1] == [
        (1.0, "CONTACT", 1, -1),
        (3.0, "GIVE_UP", 1, -1),
        (7.0, "CONTACT", 1, -1),
        (9.0, "GIVE_UP", 1, -1),
    ]


def test_who_is_turned_away_redials_too() -> None:
    log = run([T(0, 10), T(1, 2), T(2, (1, 1), redial_after=[9])], lines=[line(room=1)])
    assert [row for row in log if row[2] == 2] == [
        (2.0, "CONTACT", 2, -1),
        (2.0, "TURNED_AWAY", 2, -1),
        (11.0, "CONTACT", 2, -1),
        (12.0, "ANSWER", 2, 0),  # after ticket 1, 10–12
        (13.0, "SOLVE", 2, 0),
    ]


def test_a_redial_is_a_ticket_of_its_own() -> None:
    # Ticket 1 holds the agent 9:00–10:00. Ticket 2 gives up at 9:12, calls again at 9:57 and is
    # answered at 10:00.
    made = tables(
        desk_file(),
        [
            T(9 * HOUR, HOUR),
            T(9 * HOUR + 600, (60.0, 60.0), patience=(120.0, 900.0), redial_after=[45 * MINUTE]),
        ],
    )
    t = made["tickets"]
    assert t.ticket_id.tolist() == ["chat-000001", "chat-000002", "chat-000002.2"]
    assert clock(t.created_at) == ["09:00", "09:10", "09:57"]
    assert clock(t.sla_due_at) == ["09:05", "09:15", "10:02"]  # 5 minutes for each of them
    assert clock(t.abandoned_at) == ["", "09:12", ""]
    assert clock(t.answered_at) == ["09:00", "", "10:00"]
    assert t.status.tolist() == ["solved", "closed", "solved"]
    assert t.n_contacts.tolist() == [1, 1, 1]
    assert t.customer_id.nunique() == 1  # the same person; here all are
    e = made["status_events"]
    assert e[e.ticket_id == "chat-000002"].new.tolist() == ["new", "closed"]
    assert e[e.ticket_id == "chat-000002.2"].new.tolist() == ["new", "agent-001", "open", "solved"]


def test_a_return_is_a_ticket_of_its_own_where_the_channel_says_so() -> None:
    scenario = desk_file(**{"channels.chat.returns_as": "new_ticket"})
    made = tables(scenario, [T(9 * HOUR, (600.0, 300.0), back_after=[HOUR])])
    t = made["tickets"]
    assert t.ticket_id.tolist() == ["chat-000001", "chat-000001.2"]
    assert clock(t.created_at) == ["09:00", "10:10"]
    assert clock(t.last_solved_at) == ["09:10", "10:15"]
    assert t.n_reopens.tolist() == [0, 0]
