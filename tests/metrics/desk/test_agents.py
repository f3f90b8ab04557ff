"""Credit for solves: to whom, by which rule, and compared how."""

import numpy as np
import pytest

import cxlab as cx
from cxlab.metrics.desk.rows import changes
from cxlab.stats import shrunk_shares
from tests.metrics.helpers import tickets

AGENTS = [
    {"agent_id": a, "team": "one", "kind": "bot" if a == "Bot" else "human"}
    for a in ("Ann", "Bob", "Bot")
]


def by_agent(log, metric):
    found = cx.measure(log, metric, by="agent")
    return dict(zip(found["agent"], found["value"], strict=True))


def test_credit_after_a_reassignment_goes_by_the_rule_that_is_named():
    events = changes("T0", "assignee", ("09:00", "Ann"), ("11:00", "Bob"))
    row = {"last_solved_at": "10:00", "resolver_id": "Cem", "assignee_id": "Bob"}
    log = tickets(row, status_events=list(events))
    assert by_agent(log, "agent_n") == {"Cem": 1}
    assert by_agent(log, "agent_n_assignee") == {"Ann": 1}


def test_whoever_takes_it_at_the_instant_of_the_solve_has_it():
    events = changes("T0", "assignee", ("09:00", "Ann"), ("10:00", "Bob"))
    log = tickets({"last_solved_at": "10:00", "assignee_id": "Bob"}, status_events=list(events))
    assert by_agent(log, "agent_n_assignee") == {"Bob": 1}


def test_bots_and_nobody_get_no_credit():
    done = {"last_solved_at": "10:00"}
    log = tickets({**done, "resolver_id": "Bot"}, {**done, "resolver_id": "Ann"}, done,
                  agents=AGENTS)  # fmt: skip
    row = cx.measure(log, "agent_n").iloc[0]
    assert (row["value"], row["excluded"]) == (1, {"bot": 1, "nobody": 1})
    alone = cx.measure(tickets({**done, "resolver_id": "Bot"}), "agent_art").iloc[0]
    assert "agents are not recorded" in alone["note"]


def test_credit_of_an_answer_goes_to_who_solved_the_ticket():
    ask = {"instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
           "subject_id": "T0", "survey_id": "s", "answered_at": "12:00", "score": 5,
           "agent_id": "Bob"}  # fmt: skip
    log = tickets({"last_solved_at": "10:00", "resolver_id": "Ann"}, surveys=[ask])
    assert by_agent(log, "agent_csat") == {"Ann": 1.0}
    assert by_agent(log, "csat") == {"Bob": 1.0}


def test_shares_of_all_agents_add_up_to_the_tickets(desk_log):
    shared = cx.measure(desk_log, "agent_n_shared", by="agent")
    whole = cx.measure(desk_log, "agent_n_shared").iloc[0]["value"]
    assert shared["value"].sum() == pytest.approx(whole)
    assert whole == pytest.approx(round(whole))


def test_hours_of_nobody_who_solved_still_divide():
    duty = [{"agent_id": a, "start": "09:00", "end": "17:00", "activity": "on_shift"}
            for a in ("Ann", "Bob")]  # fmt: skip
    from cxlab.metrics.examples import clock

    duty = [{**d, "start": clock(d["start"]), "end": clock(d["end"])} for d in duty]
    log = tickets({"last_solved_at": "10:00", "resolver_id": "Ann"}, shifts=duty)
    assert by_agent(log, "agent_n_per_hour") == {"Ann": 1 / 8, "Bob": 0.0}


def test_drawn_means_lie_between_the_agents_and_the_teams(desk_log):
    own = by_agent(desk_log, "agent_art")
    drawn = by_agent(desk_log, "agent_art_shrunk")
    people = [a for a in own if not np.isnan(own[a])]
    low, high = min(own[a] for a in people), max(own[a] for a in people)
    assert len(people) >= 3
    assert all(low <= drawn[a] <= high for a in people)


def test_drawn_means_are_those_of_the_period_alone():
    rows = [
        {"resolver_id": who, "created_at": f"+{day} 08:00",
         "last_solved_at": f"+{day} {hour:02d}:00"}
        for day in (0, 7) for who, hours in (("Ann", (9, 11)), ("Bob", (15, 17)))
        for hour in hours
    ]  # fmt: skip
    one = cx.measure(tickets(*rows[:4]), "agent_art_shrunk", by="agent")["value"]
    two = cx.measure(tickets(*rows), "agent_art_shrunk", by="agent,week").set_index("week")["value"]
    np.testing.assert_allclose(two.loc["2026-W02"].to_numpy(), one.to_numpy())


def test_fewer_than_four_agents_and_equal_times_are_not_drawn():
    rows = [{"resolver_id": f"a{i}", "last_solved_at": "10:00"} for i in range(5) for _ in "xy"]
    assert set(by_agent(tickets(*rows), "agent_art_shrunk").values()) == {3600.0}
    few = [{"resolver_id": who, "last_solved_at": t} for who, t in
           (("a", "10:00"), ("a", "11:00"), ("b", "12:00"), ("b", "13:00"))]  # fmt: skip
    found = by_agent(tickets(*few), "agent_art_shrunk")
    assert found == {"a": 5400.0, "b": 12600.0}


def test_a_lucky_agent_is_drawn_towards_the_others():
    ask = {"instrument": "csat", "scale_min": 1, "scale_max": 5, "subject_type": "ticket",
           "answered_at": "12:00"}  # fmt: skip
    counts = {"a": (14, 20), "b": (12, 20), "c": (16, 20), "d": (13, 20), "new": (2, 2)}
    rows, surveys = [], []
    for who, (good, n) in counts.items():
        for i in range(n):
            surveys.append({**ask, "survey_id": f"{who}{i}", "subject_id": f"T{len(rows)}",
                            "score": 5 if i < good else 1})  # fmt: skip
            rows.append({"last_solved_at": "10:00", "resolver_id": who})
    found = by_agent(tickets(*rows, surveys=surveys), "agent_csat_shrunk")
    expected = shrunk_shares([g for g, _ in counts.values()], [n for _, n in counts.values()])
    assert list(found.values()) == pytest.approx(expected.value.tolist(), rel=1e-9)
    assert found["new"] < 0.9


def test_without_agents_among_the_groups_a_drawn_mean_is_undefined(desk_log):
    row = cx.measure(desk_log, "agent_art_shrunk").iloc[0]
    assert row["flag"] == "undefined"
    assert "by agent" in row["note"]


def test_the_case_mix_of_all_agents_together_is_as_expected(desk_log):
    """Observed ÷ expected of the whole desk is 1 by construction: the standard is the desk."""
    for metric in ("agent_art_adjusted", "agent_csat_adjusted"):
        assert cx.measure(desk_log, metric).iloc[0]["value"] == pytest.approx(1.0, abs=1e-8)
