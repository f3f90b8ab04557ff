"""Tickets with first replies: skewed waits, and replies by a desk that keeps hours."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats as st

from cxlab.calendars import Schedule, due
from cxlab.tables import Tables

__all__ = ["skewed_replies", "two_hour_replies"]

MEDIAN_S = 20 * 60
"""Median of the skewed waits, in seconds."""

SIGMA = 1.5
"""Standard deviation of the logarithm of the skewed waits."""


def skewed_replies(*, forgotten_days: float | None = None) -> Tables:
    """Return 401 e-mails of one Monday whose waits for a reply are lognormal.

    The waits are the quantiles of the distribution at (i − ½)/401, so nothing is left to
    chance: their median is 20 minutes exactly, and their mean comes near the distribution's,
    20 · exp(1.5²/2) = 61.6 minutes. With `forgotten_days` the longest wait is that long instead:
    one ticket was forgotten. It leaves the median where it is and lifts the mean by about
    forgotten_days · 1440/401 minutes.

    >>> skewed_replies().frame("tickets").shape[0]
    401
    """
    n = 401
    wait = MEDIAN_S * np.exp(SIGMA * st.norm.ppf((np.arange(n) + 0.5) / n))
    if forgotten_days is not None:
        wait[-1] = forgotten_days * 86400
    created = pd.Timestamp("2026-01-05T09:00Z")
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"T{i:03d}" for i in range(n)],
            "channel": "email",
            "status": "solved",
            "created_at": created,
            "first_human_reply_at": created + pd.to_timedelta(wait, unit="s").round("us"),
        }
    )
    return Tables.from_frames({"tickets": tickets}, source="lesson: skewed replies")


def two_hour_replies(desk: Schedule) -> Tables:
    """Return 672 e-mails, one an hour over four weeks, each answered after two open hours.

    They come around the clock from Monday 2026-01-05, at half past; `desk` answers every one when
    it has been open for exactly two hours since. So the wait in business hours is 2 h for every
    ticket, whatever its wait in calendar time is. The hours of `desk` stand in `schedules`.

    >>> open_desk = Schedule.always()
    >>> two_hour_replies(open_desk).frame("tickets").shape[0]
    672
    """
    created = pd.date_range("2026-01-05T00:30", periods=672, freq="h", tz="UTC")
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"T{i:03d}" for i in range(len(created))],
            "channel": "email",
            "status": "solved",
            "created_at": created,
            "first_human_reply_at": due(desk, created, 2 * 3600.0),
            "schedule_id": desk.id,
        }
    )
    hours = pd.DataFrame(
        [(desk.id, desk.tz, h.weekday, h.start, h.end) for h in desk.hours],
        columns=["schedule_id", "tz", "weekday", "start", "end"],
    )
    return Tables.from_frames(
        {"tickets": tickets, "schedules": hours}, source="lesson: replies within two open hours"
    )
