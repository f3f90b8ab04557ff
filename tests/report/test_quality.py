"""The data-quality box: counts worked by hand."""

from __future__ import annotations

import pandas as pd

import cxlab as cx
from cxlab.report import data_quality
from cxlab.report.quality import set_aside

DAY = pd.Timestamp("2026-01-05 09:00", tz="UTC")


def test_what_was_read_left_out_set_aside_and_left_open_is_counted():
    # T1 and T2 are solved, T3 is open; T4 and T5 are left out (T4 although it is solved); T6 has no
    # channel and breaks a rule. One of the two answers is no point of its scale.
    tickets = pd.DataFrame({
        "ticket_id": ["T1", "T2", "T3", "T4", "T5", "T6"],
        "created_at": [DAY] * 6,
        "channel": ["email", "email", "chat", "email", "chat", None],
        "status": ["solved", "solved", "open", "solved", "open", "open"],
        "last_solved_at": [DAY + pd.Timedelta(h, "h") if h else pd.NaT for h in (1, 2, 0, 3, 0, 0)],
        "excluded_reason": [None, None, None, "spam", "test", None],
    })  # fmt: skip
    surveys = pd.DataFrame({
        "survey_id": ["S1", "S2"], "instrument": "csat", "scale_min": 1, "scale_max": 5,
        "answered_at": DAY, "score": [5, 7], "subject_type": "ticket", "subject_id": ["T1", "T2"],
    })  # fmt: skip
    log = cx.Tables.from_frames({"tickets": tickets, "surveys": surveys})
    held = "1 of 6 rows of tickets (16.7 %); 1 of 2 rows of surveys (50.0 %)"
    assert set_aside(log) == f"Set aside, and in no number: {held}."
    words = data_quality(log).words
    assert words.splitlines()[:4] == [
        "6 tickets read, 1 set aside; 3 count.",
        "1 ticket is left out of every number: spam.",
        "1 ticket is left out of every number: test.",
        "1 ticket has no solved time: open, given up, or not recorded.",
    ]
    assert "tickets: 5 rows used, 1 set aside" in words
    assert "surveys: 1 rows used, 1 set aside" in words


def test_a_report_says_at_its_head_and_in_its_summary_what_was_set_aside():
    tickets = pd.DataFrame({
        "ticket_id": ["T1", "T2", "T3", "T4"],
        "created_at": [DAY + pd.Timedelta(2 * d, "D") for d in range(4)],
        "channel": ["email", "Telefon", "email", "email"], "status": "open",
    })  # fmt: skip
    view = cx.report.choose_period(cx.Tables.from_frames({"tickets": tickets}), "2026-W02")
    told = cx.report.period_heading(view).page
    words = "Set aside, and in no number: 1 of 4 rows of tickets (25.0 %)"
    assert told["subtitle"].endswith(f"{words}.")
    assert told["summary"] == [f"note: {words}"]
    clean = cx.Tables.from_frames({"tickets": tickets.assign(channel="email")})
    assert (
        "summary" not in cx.report.period_heading(cx.report.choose_period(clean, "2026-W02")).page
    )


def test_no_tables_are_no_tickets():
    assert data_quality(cx.Tables.from_frames({})).words == "There are no tickets."
