"""Promises: which target holds, on which clock, and what is due."""

import pytest

import cxlab as cx
from cxlab.metrics.desk.rows import changes, messages
from tests.metrics.helpers import tickets

HOUR = 3600


def target(metric="frt", hours=1, **more):
    return {"policy_id": "p", "metric": metric, "target_s": int(hours * HOUR), "clock": "calendar",
            **more}  # fmt: skip


def outcome(metric, rows, *targets, as_of="+30 00:00", **tables):
    log = tickets(*rows, sla_targets=list(targets), as_of=as_of, **tables)
    row = cx.measure(log, metric).iloc[0]
    return row["n"], row["numerator"], row["pending"], row["excluded"]


@pytest.mark.parametrize(("reply", "met"), [("10:00", 1), ("10:00:01", 0)])
def test_used_up_exactly_is_kept(reply, met):
    assert outcome("sla_frt", [{"first_human_reply_at": reply}], target()) == (1, met, 0, {})


def test_unanswered_is_a_breach_once_due_and_pending_before():
    rows = [{"status": "open", "first_human_reply_at": None}]
    assert outcome("sla_frt", rows, target(), as_of="10:00") == (0, 0, 1, {})
    assert outcome("sla_frt", rows, target(), as_of="10:01") == (1, 0, 0, {})


@pytest.fixture(scope="module")
def without_and_with_changes():
    # 6 hours, 3 of them pending, were kept in 4; without the changes that is a breach of 4.
    ticket = {"first_human_reply_at": "15:00", "last_solved_at": "15:00"}
    said = messages("T0", ("customer", "09:00"), ("agent", "09:00"), ("customer", "09:00"),
                    ("agent", "15:00"))  # fmt: skip
    promises = [target(kind, hours=4, pauses_on="pending") for kind in ("frt", "nrt", "resolution")]
    pending = changes("T0", "status", ("09:00", "open"), ("10:00", "pending"), ("13:00", "open"),
                      ("15:00", "solved"))  # fmt: skip
    silent = tickets(ticket, messages=said, sla_targets=promises)
    told = tickets(ticket, messages=said, sla_targets=promises, status_events=pending)
    asked = ["sla_frt", "sla_nrt", "sla_resolution"]
    return [cx.measure(log, asked).set_index("metric") for log in (silent, told)]


@pytest.mark.parametrize("metric", ["sla_frt", "sla_nrt", "sla_resolution"])
def test_without_a_log_of_changes_the_note_says_that_no_clock_was_paused(
    without_and_with_changes, metric
):
    rows = [measured.loc[metric] for measured in without_and_with_changes]
    assert [(r["n"], r["numerator"]) for r in rows] == [(1, 0), (1, 1)]
    assert "clocks never paused, priority as it is now" in rows[0]["note"]
    assert "paused" not in rows[1]["note"]


def test_nothing_promised_is_left_out():
    rows = [{"first_human_reply_at": "09:10"}]
    assert outcome("sla_frt", rows, target("nrt")) == (0, 0, 0, {"no_target": 1})


@pytest.mark.parametrize(
    ("valid", "met"),
    [
        ({"valid_to": "2026-01-05T09:00Z"}, None),  # the end does not belong to it
        ({"valid_from": "2026-01-05T09:00Z"}, 1),
        ({"valid_from": "2026-01-05T09:00:01Z"}, None),
    ],
)
def test_the_target_in_force_when_the_clock_started_holds(valid, met):
    found = outcome("sla_frt", [{"first_human_reply_at": "09:30"}], target(**valid))
    assert found == ((1, met, 0, {}) if met else (0, 0, 0, {"no_target": 1}))


def test_a_later_target_goes_before_an_earlier_and_one_of_the_priority_before_all():
    rows = [{"first_human_reply_at": "11:00", "priority": "high"}]
    old, new = target(hours=4), target(hours=1, valid_from="2026-01-01T00:00Z")
    assert outcome("sla_frt", rows, old, new)[1] == 0
    assert outcome("sla_frt", rows, new, target(hours=3, priority="high"))[1] == 1
    assert outcome("sla_frt", rows, new, target(hours=3, priority="low"))[1] == 0


@pytest.mark.parametrize(("at", "met"), [("09:00", 0), ("09:30", 1)])
def test_a_priority_raised_later_does_not_change_what_was_promised(at, met):
    events = [{"ticket_id": "T0", "at": at, "field": "priority", "old": "low", "new": "urgent"}]
    rows = [{"first_human_reply_at": "11:00", "priority": "urgent"}]
    targets = target(hours=1, priority="urgent"), target(hours=8, priority="low")
    assert outcome("sla_frt", rows, *targets, status_events=events)[1] == met


@pytest.mark.parametrize(("pauses", "met"), [("pending, hold", 1), ("pending", 0), (None, 0)])
def test_named_statuses_stop_the_clock(pauses, met):
    # 09:00 to 13:00, of which 10:00 to 12:00 on hold and 12:00 to 12:30 pending: 1.5 h run.
    events = changes("T0", "status", ("09:00", "open"), ("10:00", "hold"), ("12:00", "pending"),
                     ("12:30", "open"), ("13:00", "solved"))  # fmt: skip
    promise = target("resolution", 1.5, pauses_on=pauses)
    found = outcome("sla_resolution", [{"last_solved_at": "13:00"}], promise,
                    status_events=list(events))  # fmt: skip
    assert found == (1, met, 0, {})


def test_a_paused_clock_of_an_open_ticket_does_not_run_out():
    events = changes("T0", "status", ("09:00", "open"), ("09:30", "pending"))
    promise = target("resolution", 1, pauses_on="pending")
    rows = [{"status": "pending"}]
    assert outcome("sla_resolution", rows, promise, status_events=list(events))[2] == 1
    plain = outcome("sla_resolution", rows, target("resolution"), status_events=list(events))
    assert plain[:2] == (1, 0)


def test_business_hours_without_a_schedule_say_so():
    rows = [{"first_human_reply_at": "09:30"}]
    assert outcome("sla_frt", rows, target(clock="business"))[3] == {"no_schedule": 1}


def test_a_first_reply_is_no_next_reply_and_a_thank_you_needs_none():
    talk = messages("T0", ("customer", "09:00"), ("agent", "12:00"), ("customer", "12:30"))
    found = outcome("sla_nrt", [{}], target("nrt"), messages=list(talk))
    assert found == (0, 0, 0, {"no_reply": 1})


def test_the_recorded_outcome_stays_with_sla():
    rows = [{"sla_met": True, "first_human_reply_at": "15:00"}]
    log = tickets(*rows, sla_targets=[target()])
    assert cx.measure(log, "sla,sla_frt")["value"].tolist() == [1.0, 0.0]
