"""Tickets of which some are still open: how long do they take?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.tables import Tables

__all__ = ["open_tickets"]


def open_tickets(
    *, n: int = 1500, median_days: float = 30.0, days: int = 90, seed: int = 4
) -> Tables:
    """Return tickets of the last 90 days whose time to resolve has a median of 30 days.

    Times are exponential with that median, whenever a ticket was created (evenly over `days`).
    At the cut-off, the end of the 90 days, those that would take longer than they are old are
    open. Which those are is not chance: the slow ones. Of the tickets that are done, time t
    has the density λ exp(−λt) · (1 − t/90) up to a factor: their median is near 16.5 days.

    >>> open_tickets().frame("tickets")["status"].value_counts().to_dict()
    {'solved': 902, 'open': 598}
    """
    rng = np.random.default_rng(seed)
    end = pd.Timestamp("2026-04-01T00:00Z")
    age = pd.Series(np.sort(rng.uniform(0, days, n))[::-1])
    takes = pd.Series(rng.exponential(median_days / np.log(2), n))
    created = (end - pd.to_timedelta(age, unit="D")).dt.floor("s")
    solved = (created + pd.to_timedelta(takes, unit="D")).dt.floor("s")
    done = solved <= end
    tickets = pd.DataFrame(
        {
            "ticket_id": [f"T{i:04d}" for i in range(n)],
            "channel": "email",
            "created_at": created,
            "status": np.where(done, "solved", "open"),
            "first_solved_at": solved.where(done),
            "last_solved_at": solved.where(done),
            "n_solves": done.astype(int),
        }
    )
    return Tables.from_frames({"tickets": tickets}, as_of=end, source="lesson: open tickets")
