"""Who held a ticket then, worked by hand; a long run looked back at equals the short run."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from cxlab.scenario import Scenario
from cxlab.sim import simulate
from cxlab.tables import Tables, complete

BASE = Path(__file__).parents[2] / "scenarios" / "base.toml"


def at(clock):
    return f"2024-03-01T{clock}:00Z"


def log(events, **columns):
    """One ticket and its events: clock, field, old, new."""
    ticket = {"ticket_id": "T", "created_at": at("09:00"), "channel": "email", "status": "open"}
    rows = [
        {"ticket_id": "T", "at": at(c), "field": f, "old": o, "new": n, "seq": i}
        for i, (c, f, o, n) in enumerate(events)
    ]
    frames = {"tickets": pd.DataFrame([ticket | columns])}
    if rows:
        frames["status_events"] = pd.DataFrame(rows)
    return Tables.from_frames(frames)


def then(tables, clock):
    seen = complete(tables, datetime.fromisoformat(at(clock)))
    row = seen.frame("tickets").iloc[0]
    return {c: None if pd.isna(v) else v for c, v in row.items()}


def test_assignee_group_and_priority_are_those_of_then():
    t = log(
        [
            ("10:00", "assignee", None, "ann"),
            ("11:00", "assignee", "ann", "bob"),
            ("11:00", "assignee", "bob", "cem"),
            ("12:00", "group", "first", "second"),
            ("13:00", "priority", None, "high"),
            ("14:00", "assignee", "cem", ""),
        ],
        assignee_id=None,
        group="second",
        priority="high",
    )
    seen = {c: then(t, c) for c in ("09:30", "10:30", "11:30", "12:30", "13:30", "14:30")}
    assert [r["assignee_id"] for r in seen.values()] == [None, "ann", "cem", "cem", "cem", None]
    # The old value of the first later change tells; where the log did not know it, nobody does.
    assert [r["group"] for r in seen.values()] == ["first"] * 3 + ["second"] * 3
    assert [r["priority"] for r in seen.values()] == [None] * 4 + ["high"] * 2


def test_a_field_without_events_keeps_its_recorded_value():
    t = log([("12:00", "group", "a", "b")], group="b", assignee_id="ann", priority="low")
    row = then(t, "11:00")
    assert (row["group"], row["assignee_id"], row["priority"]) == ("a", "ann", "low")
    # Columns that the input lacks are not invented.
    assert then(log([("12:00", "group", "a", "b")]), "11:00")["group"] is None


def test_the_resolver_is_who_had_solved_it_by_then():
    t = log(
        [
            ("09:10", "assignee", None, "ann"),
            ("10:00", "status", "new", "solved"),
            ("10:30", "status", "solved", "open"),
            ("11:00", "assignee", "ann", "bob"),
            ("12:00", "status", "open", "solved"),
        ],
        status="solved",
        assignee_id="bob",
        resolver_id="bob",
    )
    clocks = ("09:30", "10:00", "10:45", "11:30", "12:00")
    seen = [then(t, c) for c in clocks]
    assert [row["resolver_id"] for row in seen] == [None, "ann", "ann", "ann", "bob"]
    assert [row["n_reopens"] for row in seen] == [0, 0, 1, 1, 1]


def test_without_assignee_events_an_earlier_resolver_is_unknown():
    changes = [("new", "solved"), ("solved", "open"), ("open", "solved")]
    events = [(f"{10 + i}:00", "status", *c) for i, c in enumerate(changes)]
    t = log(events, status="solved", resolver_id="bob")
    seen = [then(t, c)["resolver_id"] for c in ("09:30", "10:30", "12:30")]
    assert seen == [None, None, "bob"]


def test_without_events_a_ticket_solved_later_has_no_resolver_yet():
    t = log([], status="solved", last_solved_at=at("12:00"), resolver_id="ann", n_reopens=0)
    assert [then(t, c)["resolver_id"] for c in ("11:00", "12:00")] == [None, "ann"]
    assert then(t, "11:00")["n_reopens"] == 0
    again = log([], status="solved", last_solved_at=at("12:00"), n_reopens=1)
    assert then(again, "11:00")["n_reopens"] is None  # it may have been before or after
    assert then(again, "12:00")["n_reopens"] == 1


@pytest.fixture(scope="module")
def base():
    return Scenario.load(BASE)


def test_a_long_run_looked_back_at_equals_the_short_run(base):
    two = base.but(**{"horizon.weeks": 2})
    short = simulate(two, replications=1).frame("tickets").set_index("ticket_id")
    long = complete(simulate(base, replications=1), two.ends_at)
    seen = long.frame("tickets").set_index("ticket_id")
    assert (short["n_reopens"] > 0).sum() > 100
    columns = ["status", "assignee_id", "resolver_id", "n_solves", "n_reopens"]
    columns += ["group", "priority", "first_solved_at", "last_solved_at"]
    pd.testing.assert_frame_equal(seen[columns], short[columns])


def test_answers_without_a_time_of_asking_appear_when_they_came():
    surveys = pd.DataFrame(
        {"survey_id": ["a", "b"], "answered_at": [at("10:00"), at("12:00")], "score": [5, 4]}
    ).assign(instrument="csat", scale_min=1, scale_max=5, subject_type="ticket", subject_id="T")
    tickets = pd.DataFrame(
        {"ticket_id": ["T"], "created_at": at("09:00"), "channel": "email", "status": "open"}
    )
    for asked in ({}, {"sent_at": None}):
        t = Tables.from_frames({"tickets": tickets, "surveys": surveys.assign(**asked)})
        seen = complete(t, datetime.fromisoformat(at("11:00"))).frame("surveys")
        assert seen["survey_id"].tolist() == ["a"]
        assert seen["score"].tolist() == [5]


def test_a_reply_that_the_source_did_not_record_appears_at_no_instant():
    # The source says when A was replied to and that B was not, whatever B's messages look like.
    tickets = pd.DataFrame({
        "ticket_id": ["A", "B"], "channel": "email", "status": "solved", "created_at": at("09:00"),
        "first_human_reply_at": [at("09:05"), None], "last_solved_at": at("12:00"),
    })  # fmt: skip
    messages = pd.DataFrame({
        "message_id": ["m"], "ticket_id": ["B"], "at": [at("09:10")], "author_type": ["agent"],
        "is_public": [True],
    })  # fmt: skip
    tables = Tables.from_frames({"tickets": tickets, "messages": messages})
    for clock in ("10:00", "13:00"):
        seen = complete(tables, datetime.fromisoformat(at(clock))).frame("tickets")
        assert seen["first_human_reply_at"].notna().tolist() == [True, False], clock
