"""First and next replies: who counts as replying, to what, from when."""

import pandas as pd
import pytest

import cxlab as cx
from cxlab.metrics.desk.rows import changes, messages
from tests.metrics.helpers import tickets


def value(metric, said, *rows, **tables):
    row = cx.measure(tickets(*(rows or ({},)), messages=list(said), **tables), metric).iloc[0]
    return row["value"], row["excluded"], row["pending"]


def said(*pairs, ticket="T0"):
    return messages(ticket, *pairs)


def values(talk, row=None):
    """Every reading of a talk, asked together: value, excluded, pending."""
    log = tickets(row or {}, messages=list(talk))
    return {r["metric"]: (r["value"], r["excluded"], r["pending"])
            for _, r in cx.measure(log, READINGS).iterrows()}  # fmt: skip


READINGS = ["frt", "frt_with_bots", "frt_zendesk", "frt_dbt_zendesk", "frt_chatwoot",
            "frt_customer_start", "nrt"]  # fmt: skip


@pytest.fixture(scope="module")
def with_bots():
    return values(
        said(("customer", "09:00"), ("bot", "09:00:05"), ("note", "09:02"), ("agent", "09:10"))
    )


@pytest.fixture(scope="module")
def unanswered():
    """A ticket with a note and no reply: closed, and open."""
    talk = said(("customer", "09:00"), ("note", "09:05"))
    return values(talk), values(talk, {"status": "open"})


@pytest.fixture(scope="module")
def opened_by_agent():
    talk = said(("agent", "09:01"), ("customer", "10:00"), ("agent", "10:30"))
    return values(talk, {"opened_by": "agent"})


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("frt", 600), ("frt_with_bots", 5), ("frt_zendesk", 600), ("frt_dbt_zendesk", 600),
        ("frt_chatwoot", 600), ("frt_customer_start", 600), ("nrt", 600),
    ],
)  # fmt: skip
def test_bots_and_private_notes_are_no_first_reply(with_bots, metric, expected):
    assert with_bots[metric][0] == expected


@pytest.mark.parametrize(
    "metric", ["frt", "frt_zendesk", "frt_dbt_zendesk", "frt_chatwoot", "frt_customer_start"]
)
def test_closed_without_a_reply_is_not_applicable_and_open_is_pending(unanswered, metric):
    closed, waiting = unanswered
    assert closed[metric][1:] == ({"no_reply": 1}, 0)
    assert waiting[metric][1:] == ({}, 1)


@pytest.mark.parametrize(
    ("metric", "expected", "excluded"),
    [
        ("frt", None, {"opened_by_business": 1}),
        ("frt_customer_start", 1800, {}),  # 10:00 to 10:30
        ("frt_zendesk", 5400, {}),  # the second comment, 10:30
        ("frt_dbt_zendesk", 60, {}),  # the first comment, 09:01
        ("frt_chatwoot", 60, {}),
    ],
)
def test_a_ticket_that_an_agent_opened(opened_by_agent, metric, expected, excluded):
    found = opened_by_agent[metric]
    assert found[1] == excluded
    assert found[0] == expected if expected is not None else pd.isna(found[0])


def test_an_outbound_ticket_nobody_answered_is_not_applicable():
    talk = said(("agent", "09:01"))
    assert value("frt_customer_start", talk, {"opened_by": "agent"})[1] == {
        "customer_never_wrote": 1
    }


def test_the_wait_begins_at_the_hand_off_only_if_it_came_before_the_reply():
    late = {"handoff_at": "09:30", "first_human_reply_at": "09:10"}
    early = {"handoff_at": "09:05", "first_human_reply_at": "09:10"}
    assert cx.measure(tickets(late), "frt_handoff").iloc[0]["value"] == 600
    assert cx.measure(tickets(early), "frt_handoff").iloc[0]["value"] == 300


def test_a_reopened_ticket_starts_a_new_clock():
    events = changes("T0", "status", ("10:00", "solved"), ("+5 09:00", "open"))
    talk = said(("customer", "09:00"), ("agent", "09:30"), ("customer", "+5 09:00"),
                ("agent", "+5 09:10"))  # fmt: skip
    rows = tickets({"status": "open"}, messages=list(talk), status_events=list(events))
    found = cx.measure(rows, "frt_episode", by="week")
    assert found["n"].tolist() == [2]
    assert found["value"].iloc[0] == 1200  # 30 and 10 minutes


def test_a_reply_to_an_episode_does_not_answer_the_next():
    events = changes("T0", "status", ("10:00", "solved"), ("+1 09:00", "open"))
    talk = said(("customer", "09:00"), ("agent", "09:30"), ("customer", "+1 09:00"))
    rows = tickets({"status": "open"}, messages=list(talk), status_events=list(events))
    row = cx.measure(rows, "frt_episode").iloc[0]
    assert (row["value"], row["n"], row["pending"]) == (1800, 1, 1)


def test_a_burst_of_messages_waits_once_from_the_first():
    talk = said(("customer", "09:00"), ("customer", "09:01"), ("customer", "09:59"),
                ("agent", "10:00"), ("agent", "10:01"))  # fmt: skip
    row = cx.measure(tickets({}, messages=list(talk)), "nrt").iloc[0]
    assert (row["value"], row["n"]) == (3600, 1)


def test_a_turn_without_reply_is_pending_while_the_ticket_is_open():
    talk = said(("customer", "09:00"), ("agent", "09:10"), ("customer", "09:20"))
    assert value("nrt_zendesk", talk)[1:] == ({"no_reply": 1}, 0)
    assert value("nrt_zendesk", talk, {"status": "open"})[1:] == ({}, 1)


def test_turns_belong_to_the_period_in_which_the_customer_wrote():
    talk = said(("customer", "09:00"), ("agent", "09:10"), ("customer", "+7 09:00"),
                ("agent", "+8 09:00"))  # fmt: skip
    found = cx.measure(tickets({}, messages=list(talk)), "nrt", by="week").set_index("week")
    assert found["value"].to_dict() == {"2026-W02": 600, "2026-W03": 86400}


def test_looking_back_a_later_reply_is_not_known():
    talk = said(("customer", "09:00"), ("agent", "+3 09:00"))
    log = tickets({}, messages=list(talk))
    then = pd.Timestamp("2026-01-06T00:00Z").to_pydatetime()
    row = cx.measure(log, "nrt", as_of=then).iloc[0]
    assert row["n"] == 0
    assert row["pending"] + sum(row["excluded"].values()) == 1


def test_contacts_are_those_that_the_tickets_count(desk_log):
    """Two routes: contacts row by row, and the column rebuilt from messages."""
    found = cx.measure(desk_log, "vol_contacts").iloc[0]["value"]
    from cxlab.tables.derive import complete

    frame = complete(desk_log).frame("tickets")
    frame = frame[frame["excluded_reason"].isna()]
    silent = (frame["n_customer_messages"].fillna(0) == 0) & (frame["opened_by"] == "customer")
    assert found == frame["n_contacts"].sum() + silent.sum()
