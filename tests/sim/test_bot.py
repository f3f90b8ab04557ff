"""A bot that answers first, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from small_desks import T, clock, desk, desk_file, play, tables, workload

from cxlab.sim.workload import draw_workload

HOUR, MINUTE = 3600.0, 60.0
BOT = {"handle_minutes": 2, "containment": 0.5, "wrong_answers": 0.2, "bounce_back_hours": 1.0}
FILE = desk_file(**{"channels.chat.bot": {**BOT, "cost_per_conversation": 0.25}})


def test_who_is_handed_over_waits_from_then_on() -> None:
    # The bot has ticket 0 for 2 from 0 on; it queues at 2. Ticket 1 (no bot) came at 1: first.
    work = workload([T(0, 5, bot=2, patience=9), T(1, 3)])
    out = play(work, desk())
    assert out.joined.tolist() == [2, 1]
    assert out.answered.tolist() == [4, 1]


def test_contained_and_right_never_needs_a_person() -> None:
    out = play(workload([T(0, 5, bot=2, contained=True)]), desk())
    assert np.isnan(out.joined).all()
    assert np.isnan(out.answered).all()


def test_contained_and_wrong_bounces_back() -> None:
    # The bot is done at 2, the customer back at 2 + 10 and at a person, with the second contact.
    work = workload([T(0, (5, 4), bot=2, contained=True, back_after=[10])])
    out = play(work, desk())
    np.testing.assert_array_equal(out.joined, [np.nan, 12])
    np.testing.assert_array_equal(out.ended, [np.nan, 16])


def test_the_tables_of_a_bot() -> None:
    # 1: handed over at 9:02, 9:02–9:12. 2: solved by the bot at 9:32.
    # 3: solved wrongly at 10:02, back at 11:02, 11:02–11:07.
    made = tables(
        FILE,
        [
            T(9 * HOUR, 600.0, bot=120.0),
            T(9.5 * HOUR, 600.0, bot=120.0, contained=True),
            T(10 * HOUR, (600.0, 300.0), bot=120.0, contained=True, back_after=[HOUR]),
        ],
    )
    t = made["tickets"]
    assert clock(t.first_reply_at) == ["09:00", "09:30", "10:00"]
    assert clock(t.first_human_reply_at) == ["09:02", "", "11:02"]
    assert clock(t.handoff_at) == clock(t.queued_at) == ["09:02", "", "11:02"]
    assert clock(t.first_solved_at) == ["09:12", "09:32", "10:02"]
    assert clock(t.last_solved_at) == ["09:12", "09:32", "11:07"]
    assert t.resolver_id.tolist() == ["agent-001", "bot-chat", "agent-001"]
    assert t.n_reopens.tolist() == [0, 0, 1]
    e = made["status_events"]

    def of(ticket: str) -> list[tuple[str, str, str, str]]:
        mine = e[e.ticket_id == ticket]
        return list(zip(clock(mine["at"]), mine.field, mine.new, mine.actor_type, strict=True))

    assert of("chat-000001") == [
        ("09:00", "status", "new", "customer"),
        ("09:00", "status", "open", "bot"),
        ("09:02", "assignee", "agent-001", "agent"),
        ("09:12", "status", "solved", "agent"),
    ]
    assert of("chat-000002") == [
        ("09:30", "status", "new", "customer"),
        ("09:30", "status", "open", "bot"),
        ("09:32", "status", "solved", "bot"),
    ]
    assert of("chat-000003") == [
        ("10:00", "status", "new", "customer"),
        ("10:00", "status", "open", "bot"),
        ("10:02", "status", "solved", "bot"),
        ("11:02", "status", "open", "customer"),
        ("11:02", "assignee", "agent-001", "agent"),
        ("11:07", "status", "solved", "agent"),
    ]
    m = made["messages"]
    mine = m[m.ticket_id == "chat-000001"]
    assert mine.author_type.tolist() == ["customer", "bot", "agent"]
    assert mine.author_id.tolist()[1] == "bot-chat"
    # The numbers, as texts, put messages of one instant into the order in which they were written.
    by_number = mine.sort_values("message_id", key=lambda ids: ids.astype(str))
    assert by_number.author_type.tolist() == ["customer", "bot", "agent"]
    a = made["agents"]
    assert list(zip(a.agent_id, a.team, a.kind, strict=True)) == [
        ("agent-001", "support", "human"),
        ("bot-chat", "bot", "bot"),
    ]
    assert made["costs"].amount.sum() == 3 * 0.25  # three conversations; nobody has a wage


def test_a_bot_that_the_horizon_cuts_off_has_solved_nothing() -> None:
    # From 23:59 on for 2 minutes: at midnight the bot still has it.
    made = tables(FILE, [T(24 * HOUR - MINUTE, 600.0, bot=120.0, contained=True)])
    t = made["tickets"].iloc[0]
    assert (t.status, t.n_solves, t.assignee_id) == ("open", 0, "bot-chat")
    assert clock(made["tickets"].last_solved_at) == [""]
    assert made["status_events"].new.tolist() == ["new", "open"]


def test_only_whom_a_bot_met_is_handed_over() -> None:
    # The chat is handed over at 9:02, the e-mail comes to the same agent without a bot at 9:30.
    email = {"arrivals_per_hour": 1.0, "handle_minutes": 5.0, "first_reply": "end"}
    tickets = [T(9 * HOUR, 600.0, bot=120.0), T(9.5 * HOUR, 600.0, line=1)]
    t = tables(FILE.but(**{"channels.email": email}), tickets, ["chat", "email"])["tickets"]
    assert clock(t.handoff_at) == ["09:02", ""]
    assert clock(t.queued_at) == ["09:02", "09:30"]


def test_shares_and_the_harder_rest() -> None:
    """Of 14,000: contained 0.5, wrong 0.2 of these, within 4 standard errors."""
    many = FILE.but(**{"horizon.days": 100, "channels.chat.bot.residual_handling_factor": 1.5})
    w = draw_workload(many, 1)
    n = len(w)
    assert abs(w.contained.mean() - 0.5) < 4 * 0.5 / n**0.5
    first = w.first_contact[:-1]
    wrong = ~w.final[first[w.contained]]
    assert abs(wrong.mean() - 0.2) < 4 * 0.4 / len(wrong) ** 0.5
    assert (w.return_after[first[w.contained]][wrong] == 3600).all()
    assert (w.bot_s == 120).all()
    plain = draw_workload(many.but(**{"channels.chat.bot.residual_handling_factor": 1.0}), 1)
    np.testing.assert_allclose(w.work, 1.5 * plain.work, rtol=1e-12)
    without = draw_workload(many.but(**{"channels.chat.bot": None}), 1)
    np.testing.assert_array_equal(without.created, w.created)  # the bot moves no arrival
    assert without.work[0] == pytest.approx(plain.work[plain.first_step[0]])


def test_what_comes_back_to_the_bot_follows_the_bot_s_own_law() -> None:
    # People's customers return after 5 hours and redial after 7 minutes; the bot's after 1 hour.
    keys = {"resolution_probability": 0.5, "return_hours": 5.0, "redial_probability": 0.5,
            "redial_minutes": 7.0}  # fmt: skip
    changes = {f"channels.chat.{key}": value for key, value in keys.items()}
    w = draw_workload(FILE.but(**changes, **{"horizon.days": 10}), 1)
    first = w.first_contact[:-1]
    by_bot, by_people = first[w.contained], first[~w.contained]
    assert set(w.return_after[by_bot].tolist()) == {3600.0, np.inf}
    assert set(w.return_after[by_people].tolist()) == {5 * 3600.0, np.inf}
    assert set(w.redial_after[by_bot].tolist()) == {np.inf}  # nobody waits there
    assert set(w.redial_after[by_people].tolist()) == {420.0, np.inf}


def test_the_last_contact_allowed_is_the_last() -> None:
    w = draw_workload(FILE.but(**{"channels.chat.max_contacts": 1, "horizon.days": 10}), 1)
    assert w.final.all()
    assert len(w.final) == len(w)
