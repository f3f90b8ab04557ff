"""Which period a log covers, and what it may be compared with."""

from __future__ import annotations

import pandas as pd
import pytest

import cxlab as cx
from cxlab.report import choose_period, data_quality, period_heading


def _log(first, last, as_of=None):
    created = pd.date_range(first, last, freq="5h", tz="UTC")
    frame = pd.DataFrame({"ticket_id": [f"T{i}" for i in range(len(created))],
                          "created_at": created, "channel": "email", "status": "open"})  # fmt: skip
    end = pd.Timestamp(as_of, tz="UTC").to_pydatetime() if as_of else None
    return cx.Tables.from_frames({"tickets": frame}, as_of=end)


@pytest.mark.parametrize(
    ("first", "last", "as_of", "label", "partly"),
    [
        ("2026-01-09 09:00", "2026-01-14 12:00", None, "2026-W02", True),
        ("2026-01-05 09:00", "2026-01-14 12:00", None, "2026-W02", False),
        ("2026-01-05 09:00", "2026-01-16 17:00", "2026-01-19", "2026-W03", False),
        ("2026-01-06 09:00", "2026-01-08 12:00", None, "2026-W02", True),
        ("2026-01-09 09:00", "2026-01-20 12:00", None, "2026-W03", False),
    ],
)
def test_last_is_the_last_week_that_is_covered(first, last, as_of, label, partly):
    view = choose_period(_log(first, last, as_of))
    assert (view.current.label, view.partly_covered) == (label, partly)
    assert ("partly covered" in period_heading(view).words) == partly


def test_a_period_before_the_log_begins_has_no_value():
    log = _log("2026-01-05 09:00", "2026-01-20 12:00")
    before = choose_period(log, "2026-W02").before(["vol"])
    assert before["note"].item() == "no comparison: the log begins in 2026-W02"
    assert before["value"].isna().all()
    whole = choose_period(log, "2026-W03").before(["vol"])
    assert (whole["note"].item(), whole["value"].notna().all()) == ("", True)


def test_a_period_in_which_the_log_begins_is_said_to_be_so():
    log = _log("2026-01-07 09:00", "2026-01-20 12:00")
    before = choose_period(log, "2026-W03").before(["vol"])
    assert before["note"].item() == "the log begins within it"
    assert before["value"].notna().all()


def test_the_log_is_as_known_in_the_reports_time_zone():
    log = _log("2026-01-05 09:00", "2026-01-20 12:00", "2026-01-20 23:30")
    assert "2026-01-21 00:30 (Europe/Berlin)" in data_quality(log, tz="Europe/Berlin").words
