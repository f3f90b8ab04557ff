"""Work that is passed on from tier to tier, worked out by hand."""

from __future__ import annotations

from small_desks import ALWAYS, T, clock, desk_file, line, run, tables

THREE = line([(0, 0)], [(1, 0)], [(2, 0)])
HOUR, MINUTE = 3600.0, 60.0


def test_one_tier_after_the_other() -> None:
    # Tier 1: 0–2, tier 2: 2–5, tier 3: 5–9. Ticket 1 waits for tier 1 until 2: 2–3.
    log = run([T(0, [(2, 3, 4)]), T(1, 1)], [ALWAYS] * 3, teams=[0, 1, 2], lines=[THREE])
    assert log == [
        (0.0, "CONTACT", 0, -1),
        (0.0, "ANSWER", 0, 0),
        (1.0, "CONTACT", 1, -1),
        (2.0, "PASS", 0, 0),
        (2.0, "ANSWER", 0, 1),
        (2.0, "ANSWER", 1, 0),
        (3.0, "SOLVE", 1, 0),
        (5.0, "PASS", 0, 1),
        (5.0, "ANSWER", 0, 2),
        (9.0, "SOLVE", 0, 2),
    ]


def test_a_higher_tier_has_a_queue_of_its_own_and_patience_is_over() -> None:
    # Tier 2 works from 10 on. Ticket 0 is passed on at 2, ticket 1 (better class) at 3: 1 first.
    # Both have a patience of 1, which ended with the first answer.
    tickets = [T(0, [(2, 5)], patience=1, queue_class=1), T(2, [(1, 5)], patience=1)]
    log = run(tickets, [ALWAYS, ((10, 99),)], teams=[0, 1], lines=[line([(0, 0)], [(1, 0)])])
    assert log[-4:] == [
        (10.0, "ANSWER", 1, 1),
        (15.0, "SOLVE", 1, 1),
        (15.0, "ANSWER", 0, 1),
        (20.0, "SOLVE", 0, 1),
    ]


FILE = desk_file(
    **{
        "team": None,
        "teams": {
            name: {
                "tier": tier,
                "shifts": [{"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}],
            }
            for name, tier in (("front", 1), ("second", 2), ("third", 3))
        },
        "channels.chat.escalation_probability": 0.5,
        "channels.chat.tier2": {"handle_minutes": 10, "escalation_probability": 0.5},
        "channels.chat.tier3": {"handle_minutes": 10},
    }
)


def test_the_tables_of_an_escalation() -> None:
    # 9:00–9:10 tier 1, 9:10–9:30 tier 2, 9:30–10:00 tier 3. Back at 11:00: 11:00–11:05, tier 1.
    ticket = T(9 * HOUR, [(10 * MINUTE, 20 * MINUTE, 30 * MINUTE), 5 * MINUTE], back_after=[HOUR])
    made = tables(FILE, [ticket])
    up = made["escalations"]
    assert list(zip(clock(up["at"]), up.from_tier, up.to_tier, strict=True)) == [
        ("09:10", 1, 2),
        ("09:30", 2, 3),
    ]
    assert up.kind.unique().tolist() == ["functional"]
    e = made["status_events"]
    rows = list(zip(clock(e["at"]), e.field, e.old, e.new, e.actor_type, strict=True))
    assert rows == [
        ("09:00", "status", None, "new", "customer"),
        ("09:00", "assignee", None, "agent-001", "agent"),
        ("09:00", "status", "new", "open", "agent"),
        ("09:10", "tier", "1", "2", "agent"),
        ("09:10", "assignee", "agent-001", "agent-002", "agent"),
        ("09:30", "tier", "2", "3", "agent"),
        ("09:30", "assignee", "agent-002", "agent-003", "agent"),
        ("10:00", "status", "open", "solved", "agent"),
        ("11:00", "status", "solved", "open", "customer"),
        ("11:00", "tier", "3", "1", "customer"),
        ("11:00", "assignee", "agent-003", "agent-001", "agent"),
        ("11:05", "status", "open", "solved", "agent"),
    ]
    t = made["tickets"].iloc[0]
    assert (t.group, t.assignee_id, t.resolver_id) == ("front", "agent-001", "agent-001")
    assert (t.n_solves, t.n_reopens, t.n_public_agent_replies) == (2, 1, 4)
    assert made["agents"].tier.tolist() == [1, 2, 3]


def test_the_first_reply_stays_that_of_tier_1() -> None:
    ends = FILE.but(**{"channels.chat.first_reply": "end"})
    ticket = T(9 * HOUR, [(10 * MINUTE, 20 * MINUTE)])
    for scenario, first, second in ((FILE, "09:00", "09:10"), (ends, "09:10", "09:30")):
        made = tables(scenario, [ticket])
        assert clock(made["tickets"].first_human_reply_at) == [first]
        replies = made["messages"][made["messages"].author_type == "agent"]
        assert clock(replies["at"]) == [first, second]
        assert replies.author_id.tolist() == ["agent-001", "agent-002"]
