"""The canonical tables of a small desk, row by row, worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from small_desks import T, clock, desk_file, play, workload
from small_desks import tables as tables_of

from cxlab.scenario import Scenario, Survey
from cxlab.sim.plan import desk_plan
from cxlab.sim.survey import scores
from cxlab.sim.view import View

HOUR, MINUTE = 3600.0, 60.0

# One agent, 9 to 17 on Monday 2026-01-05, UTC.
# 1: 9:00–9:10, not resolved; back at 10:10, 10:10–10:15, resolved.
# 2: comes at 9:05, waits at most 2 min: gives up at 9:07.
# 3: comes at 16:55, 16:55–17:15: finished after the shift.
# 4: comes at 18:00: nobody there, still waiting at midnight.
TICKETS = [
    T(9 * HOUR, (10 * MINUTE, 5 * MINUTE), back_after=[HOUR]),
    T(9 * HOUR + 5 * MINUTE, 1.0, patience=2 * MINUTE),
    T(16 * HOUR + 55 * MINUTE, 20 * MINUTE),
    T(18 * HOUR, 1.0),
]
SURVEY = {"response_rate": 1.0, "delay_hours": 1.0, "cutpoints": [-4.0, -3.0, -2.0, -1.0]}


def tables(scenario: Scenario, tickets: list[T] = TICKETS) -> dict[str, pd.DataFrame]:
    return tables_of(scenario, tickets)


def texts(values: pd.Series) -> list[object]:
    """Return texts, None where missing (pandas says NaN)."""
    return [None if pd.isna(value) else value for value in values]


def test_tickets() -> None:
    t = tables(desk_file())["tickets"]
    assert t.ticket_id.tolist() == [f"chat-00000{i}" for i in (1, 2, 3, 4)]
    assert clock(t.created_at) == clock(t.queued_at) == ["09:00", "09:05", "16:55", "18:00"]
    assert clock(t.answered_at) == ["09:00", "", "16:55", ""]
    assert clock(t.abandoned_at) == ["", "09:07", "", ""]
    assert clock(t.first_human_reply_at) == clock(t.first_reply_at) == ["09:00", "", "16:55", ""]
    assert clock(t.first_solved_at) == ["09:10", "", "17:15", ""]
    assert clock(t.last_solved_at) == ["10:15", "", "17:15", ""]
    assert clock(t.sla_due_at) == ["09:05", "09:10", "17:00", "18:05"]
    assert t.status.tolist() == ["solved", "closed", "solved", "new"]
    assert t.n_solves.tolist() == [2, 0, 1, 0]
    assert t.n_reopens.tolist() == [1, 0, 0, 0]
    assert t.n_contacts.tolist() == t.n_customer_messages.tolist() == [2, 1, 1, 1]
    assert t.n_public_agent_replies.tolist() == [2, 0, 1, 0]
    assert texts(t.resolver_id) == ["agent-001", None, "agent-001", None]
    assert t.service_target_s.tolist() == [60.0] * 4
    assert t.priority.tolist() == ["normal"] * 4
    assert t.excluded_reason.isna().all()


def test_the_reply_goes_out_at_the_end_where_the_channel_says_so() -> None:
    t = tables(desk_file(**{"channels.chat.first_reply": "end"}))
    assert clock(t["tickets"].first_human_reply_at) == ["09:10", "", "17:15", ""]
    assert clock(t["tickets"].answered_at) == ["09:00", "", "16:55", ""]
    replies = t["messages"][t["messages"].author_type == "agent"]
    assert clock(replies["at"]) == ["09:10", "10:15", "17:15"]


def test_messages() -> None:
    m = tables(desk_file())["messages"]
    assert list(zip(clock(m["at"]), m.author_type, m.ticket_id, strict=True)) == [
        ("09:00", "customer", "chat-000001"),
        ("09:00", "agent", "chat-000001"),
        ("10:10", "customer", "chat-000001"),
        ("10:10", "agent", "chat-000001"),
        ("09:05", "customer", "chat-000002"),
        ("16:55", "customer", "chat-000003"),
        ("16:55", "agent", "chat-000003"),
        ("18:00", "customer", "chat-000004"),
    ]
    assert m.author_id.tolist()[:2] == ["customer-000001", "agent-001"]
    assert m.message_id.is_unique
    assert m.session_id.nunique() == 5


def test_status_events() -> None:
    e = tables(desk_file())["status_events"]
    rows = list(zip(clock(e["at"]), e.ticket_id, e.field, texts(e.old), e.new, e.seq, strict=True))
    assert [row for row in rows if row[1] == "chat-000001"] == [
        ("09:00", "chat-000001", "status", None, "new", 1),
        ("09:00", "chat-000001", "assignee", None, "agent-001", 2),
        ("09:00", "chat-000001", "status", "new", "open", 3),
        ("09:10", "chat-000001", "status", "open", "solved", 4),
        ("10:10", "chat-000001", "status", "solved", "open", 5),
        ("10:15", "chat-000001", "status", "open", "solved", 6),
    ]
    assert [row[3:5] for row in rows if row[1] == "chat-000002"] == [
        (None, "new"),
        ("new", "closed"),
    ]
    assert [row[3:5] for row in rows if row[1] == "chat-000004"] == [(None, "new")]


def test_a_second_agent_is_a_change_of_assignee() -> None:
    # Agent 1 handles 9:00–9:10. The return at 10:10 goes to the agent idle longest: agent 2.
    e = tables(desk_file(**{"team.shifts.0.agents": 2}))["status_events"]
    changes = e[(e.field == "assignee") & (e.ticket_id == "chat-000001")]
    assert list(zip(texts(changes.old), changes.new, strict=True)) == [
        (None, "agent-001"),
        ("agent-001", "agent-002"),
    ]


def test_a_ticket_belongs_to_the_team_that_has_it() -> None:
    # The first team's agent is busy until 10:00, so the second team takes ticket 2; ticket 3 waits
    # at midnight, and the first team may take it.
    shift = {"agents": 1, "days": "Mon-Sun", "from": "09:00", "to": "17:00"}
    scenario = desk_file(
        **{"team": None, "teams": {"one": {"shifts": [shift]}, "two": {"shifts": [shift]}}}
    )
    t = tables(scenario, [T(9 * HOUR, HOUR), T(9.5 * HOUR, 60.0), T(18 * HOUR, 60.0)])["tickets"]
    assert t.group.tolist() == ["one", "two", "one"]
    assert texts(t.assignee_id) == ["agent-001", "agent-002", None]


def test_giving_up_on_a_return_leaves_the_ticket_unsolved() -> None:
    # Ticket 1 is back at 10:10 with a patience of 1 min; ticket 2 holds the agent 10:00–11:00.
    t = tables(
        desk_file(surveys={"csat": SURVEY}),
        [
            T(9 * HOUR, (600.0, 1.0), patience=(60.0, 60.0), back_after=[HOUR]),
            T(10 * HOUR, HOUR),
        ],
    )
    row = t["tickets"].iloc[0]
    assert row.status == "closed"
    assert pd.isna(row.abandoned_at)  # that is for those never answered
    assert pd.isna(row.last_solved_at)
    assert clock(t["tickets"].first_solved_at)[0] == "09:10"
    assert (row.n_solves, row.n_contacts) == (1, 2)
    assert row.n_reopens == 1  # nobody solved it again, and yet it was reopened
    e = t["status_events"]
    e = e[(e.ticket_id == "chat-000001") & (e.field == "status")]
    assert e.new.tolist() == ["new", "open", "solved", "open", "closed"]
    assert t["surveys"].subject_id.tolist() == ["chat-000002"]  # nobody asks the other one


def test_a_return_that_waits_at_the_horizon_is_a_reopen() -> None:
    # Solved at 16:10; back at 18:10, when nobody is there until midnight.
    ticket = T(16 * HOUR, (600.0, 1.0), back_after=[2 * HOUR])
    row = tables(desk_file(), [ticket])["tickets"].iloc[0]
    assert (row.status, row.n_solves, row.n_reopens) == ("open", 1, 1)


def test_shifts_hold_duty_and_handling() -> None:
    s = tables(desk_file())["shifts"]
    rows = list(zip(s.activity, clock(s.start), clock(s.end), strict=True))
    assert rows == [
        ("on_shift", "09:00", "17:15"),  # until the last ticket is finished
        ("handling", "09:00", "09:10"),
        ("handling", "10:10", "10:15"),
        ("handling", "16:55", "17:15"),
    ]
    assert s.ticket_id.fillna("").tolist() == ["", "chat-000001", "chat-000001", "chat-000003"]


def test_a_shift_slept_through_at_the_last_ticket_is_no_duty_of_its_own() -> None:
    # Shifts 9–17 on Monday and Tuesday; handling from Monday 16:00 to Tuesday 18:00, 26 hours.
    s = tables(desk_file(**{"horizon.days": 2}), [T(16 * HOUR, 26 * HOUR)])["shifts"]
    duty = s[s.activity == "on_shift"]
    assert list(
        zip(duty.start.dt.day, clock(duty.start), duty.end.dt.day, clock(duty.end), strict=True)
    ) == [(5, "09:00", 6, "18:00")]


def test_what_the_horizon_cuts_off_is_missing() -> None:
    # Handling from 16:59 on for 10 hours: open at midnight, duty and handling cut there.
    t = tables(desk_file(), [T(16 * HOUR + 59 * MINUTE, 10 * HOUR)])
    ticket = t["tickets"].iloc[0]
    assert ticket.status == "open"
    assert pd.isna(ticket.last_solved_at)
    assert ticket.n_solves == 0
    assert t["shifts"].end.max() == pd.Timestamp("2026-01-06", tz="UTC")


def test_the_warm_up_is_marked_and_stretches_are_cut_at_its_end() -> None:
    scenario = desk_file(
        **{
            "horizon": {"type": "steady", "days": 2, "warm_up_days": 1},
            "team.shifts.0.from": "00:00",
            "team.shifts.0.to": "24:00",
        }
    )
    # Created at 23:59 on the first day, handled until 00:09 on the second; created 00:01.
    t = tables(scenario, [T(24 * HOUR - 60, 600.0), T(24 * HOUR + 60, 60.0)])
    assert t["tickets"].excluded_reason.fillna("").tolist() == ["warm_up", ""]
    marked = t["messages"].groupby("ticket_id").excluded_reason.count()
    assert marked.tolist() == [2, 0]  # both messages of the first ticket
    s = t["shifts"]
    rows = list(
        zip(s.activity, clock(s.start), clock(s.end), texts(s.excluded_reason), strict=True)
    )
    assert rows == [
        ("on_shift", "00:00", "00:00", "warm_up"),
        ("handling", "23:59", "00:00", "warm_up"),
        ("on_shift", "00:00", "00:00", None),
        ("handling", "00:00", "00:09", None),
        ("handling", "00:09", "00:10", None),
    ]


def test_counting_begins_with_the_very_instant_in_which_the_warm_up_ends() -> None:
    days = {"horizon": {"type": "steady", "days": 2, "warm_up_days": 1}}
    made = tables(desk_file(**days), [T(24 * HOUR - 1, 60.0), T(24 * HOUR, 60.0)])
    assert texts(made["tickets"].excluded_reason) == ["warm_up", None]


def test_nobody_is_asked_after_a_solve_that_was_none() -> None:
    # Solved at 16:10; the customer would be back at 2:10, after the end. Ticket 2 is done.
    tickets = [T(16 * HOUR, (600.0, 1.0), back_after=[10 * HOUR]), T(16.5 * HOUR, 600.0)]
    made = tables(desk_file(surveys={"csat": SURVEY}), tickets)
    assert made["tickets"].status.tolist() == ["solved", "solved"]
    assert made["surveys"].subject_id.tolist() == ["chat-000002"]


def test_every_ticket_has_draws_of_its_own() -> None:
    scenario = desk_file(**{"channels.chat.returns_as": "new_ticket"})
    plan = desk_plan(scenario, 1)
    work = workload([T((9 + i) * HOUR, (600.0, 300.0), back_after=[600.0]) for i in range(4)])
    view = View(scenario, plan, work, play(work, plan), 1, scenario.seed)
    drawn = view.u("survey.csat.score", np.arange(8))
    assert len(set(drawn.tolist())) == 8
    assert view.u("survey.csat.score", np.array([5, 2])).tolist() == drawn[[5, 2]].tolist()


def test_surveys_follow_the_last_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    # Ticket 1 is solved for good at 10:15, ticket 3 at 17:15; let the uniforms be all 0.
    monkeypatch.setattr(View, "u", lambda view, purpose, tickets: np.zeros(len(tickets)))
    s = tables(desk_file(surveys={"csat": {**SURVEY, "answer_hours": 0.5}}))["surveys"]
    assert s.subject_id.tolist() == ["chat-000001", "chat-000003"]
    assert clock(s.sent_at) == ["11:15", "18:15"]
    assert clock(s.answered_at) == ["11:45", "18:45"]
    assert s.score.tolist() == [1.0, 1.0]
    # An answer after the horizon is not seen; an invitation after it does not exist.
    s = tables(desk_file(surveys={"csat": {**SURVEY, "answer_hours": 8.0}}))["surveys"]
    assert clock(s.answered_at) == ["19:15", ""]
    assert s.score.fillna(-1).tolist() == [1.0, -1.0]
    s = tables(desk_file(surveys={"csat": {**SURVEY, "delay_hours": 8.0}}))["surveys"]
    assert clock(s.sent_at) == ["18:15"]
    # Nobody answers.
    s = tables(desk_file(surveys={"csat": {**SURVEY, "response_rate": 0.0}}))["surveys"]
    assert s.score.isna().all()
    assert s.answered_at.isna().all()


def test_scores_follow_the_stated_model() -> None:
    """P(score ≤ k) = logistic(c_k + e); at c = ln(1/9), ln(1/4), 0, ln 4 that is .1 .2 .5 .8."""
    cutpoints = [float(np.log(odds)) for odds in (1 / 9, 1 / 4, 1, 4)]
    model = Survey(
        response_rate=1.0, cutpoints=cutpoints, wait_effect=1.0, extra_contact_effect=0.5
    )
    u = np.array([0.09, 0.11, 0.19, 0.21, 0.49, 0.51, 0.79, 0.81])
    at_once = scores(model, u, np.zeros(8), np.zeros(8), np.ones(8, int), np.ones(8, int))
    assert at_once.tolist() == [1, 2, 2, 3, 3, 4, 4, 5]
    # An hour's wait, or two contacts more, adds 1 to every cutpoint: P(score ≤ 3) = .731.
    two, one, none = np.array([0.73, 0.74]), np.ones(2, int), np.zeros(2)
    hour = scores(model, two, np.full(2, 3600.0), none, one, one)
    contacts = scores(model, two, none, none, 3 * one, one)
    assert hour.tolist() == contacts.tolist() == [3, 4]
