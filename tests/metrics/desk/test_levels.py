"""Escalation by kind and tier, first level resolution, reopens within a time."""

import pytest

import cxlab as cx
from cxlab.metrics.desk.rows import changes
from tests.metrics.helpers import tickets

SOLVED = {"last_solved_at": "12:00", "n_solves": 1}


def step(ticket, low, high, kind="functional", at="10:00"):
    return {"ticket_id": ticket, "at": at, "kind": kind, "from_tier": low, "to_tier": high}


def shares(*steps, n=4, metrics="esc,esc_tier,flr"):
    log = tickets(*[SOLVED] * n, escalations=list(steps))
    found = cx.measure(log, metrics).set_index("metric")
    return {m: (found.loc[m, "numerator"], found.loc[m, "n"]) for m in found.index}


def test_two_escalations_of_one_ticket_are_one_escalated_ticket():
    found = shares(step("T0", 1, 2), step("T0", 2, 3, at="11:00"))
    assert found == {"esc": (1, 4), "esc_tier": (1, 4), "flr": (3, 4)}


def test_a_step_down_or_aside_leads_to_no_higher_tier():
    found = shares(step("T0", 1, 1), step("T1", 1, 1, "hierarchical"))
    assert found == {"esc": (2, 4), "esc_tier": (0, 4), "flr": (4, 4)}


def test_a_ticket_born_at_tier_2_is_not_escalated_from_tier_1_and_not_first_level():
    found = shares(step("T0", 2, 1), step("T1", 2, 3), metrics="esc_tier,esc_tier_2_3,flr")
    assert found == {"esc_tier": (0, 2), "esc_tier_2_3": (1, 2), "flr": (2, 4)}


def test_unknown_tiers_are_unknown_not_low():
    log = tickets(*[SOLVED] * 2, escalations=[step("T0", None, None)])
    row = cx.measure(log, "flr").iloc[0]
    assert (row["n"], row["excluded"]) == (1, {"tier_unknown": 1})
    assert cx.measure(log, "esc_functional").iloc[0]["numerator"] == 1


def test_a_known_step_aside_does_not_tell_where_an_unknown_one_led():
    steps = [step("T0", 1, 1, "timeout"), step("T0", None, None, at="11:00")]
    log = tickets(SOLVED, escalations=steps)
    assert cx.measure(log, "flr").iloc[0]["excluded"] == {"tier_unknown": 1}
    up = tickets(SOLVED, escalations=[steps[1], step("T0", 1, 2)])
    assert cx.measure(up, "flr").iloc[0]["numerator"] == 0


def test_first_level_and_escalation_to_higher_tiers_add_up_to_one():
    found = shares(step("T0", 1, 2), step("T2", 1, 3), step("T3", 1, 1, "timeout"), n=7)
    assert found["flr"][0] / found["flr"][1] == 1 - found["esc_tier"][0] / found["esc_tier"][1]


def test_a_reassignment_is_no_escalation():
    events = changes("T0", "assignee", ("10:00", "Ann"), ("11:00", "Bob"))
    log = tickets(*[SOLVED] * 2, status_events=list(events), escalations=[step("T1", 1, 2)])
    assert cx.measure(log, "esc_functional").iloc[0]["numerator"] == 1


@pytest.mark.parametrize(("back", "reopened"), [("+7 10:00", 1), ("+7 10:00:01", 0)])
def test_a_reopen_exactly_at_the_end_of_the_time_counts(back, reopened):
    events = changes("T0", "status", ("10:00", "solved"), (back, "open"), ("+8 00:00", "solved"))
    log = tickets({}, status_events=list(events))
    row = cx.measure(log, "reopen_7d").iloc[0]
    assert (row["numerator"], row["n"]) == (reopened, 1)


def test_a_ticket_solved_lately_may_still_come_back():
    events = changes("T0", "status", ("10:00", "solved"))
    row = cx.measure(tickets({}, status_events=list(events), as_of="+6 00:00"), "reopen_7d").iloc[0]
    assert (row["n"], row["pending"], row["flag"]) == (0, 1, "immature")


def test_a_close_after_a_solve_is_no_second_solve():
    events = changes("T0", "status", ("10:00", "solved"), ("+5 10:00", "closed"))
    log = tickets({"status": "closed"}, status_events=list(events))
    found = cx.measure(log, "reopen_7d,reopens_per_ticket")["value"].tolist()
    assert found == [0.0, 0.0]


def test_the_clocks_of_a_status_fill_the_time_to_the_solve(desk_log):
    """Requester wait and agent wait of a ticket that was solved once are its resolution time."""
    names = "rt_requester_wait,rt_agent_wait,rt_agent_work,rt_on_hold,rt_ticket"
    found = cx.measure(desk_log, names, by="ticket_id").set_index(["ticket_id", "metric"])["value"]
    wide = found.unstack().dropna()
    once = cx.measure(desk_log, "reopens_per_ticket", by="ticket_id").set_index("ticket_id")
    wide = wide[once["value"].reindex(wide.index) == 0]
    assert len(wide) > 50
    assert (wide.rt_requester_wait + wide.rt_agent_wait - wide.rt_ticket).abs().max() < 1e-6
    assert (wide.rt_agent_work + wide.rt_on_hold - wide.rt_requester_wait).abs().max() < 1e-6
