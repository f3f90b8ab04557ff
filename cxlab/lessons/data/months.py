"""Tickets that are created in one month and solved in another."""

from __future__ import annotations

import pandas as pd

from cxlab.tables import Tables

__all__ = ["cleared_backlog"]


def cleared_backlog() -> Tables:
    """Return 160 tickets of a desk that clears its backlog in March 2026.

    40 tickets of 2 February take 40 days (solved on 14 March), 60 of 2 March take 10 days, and
    60 of 16 March take 20 days (solved on 5 April). So the mean time to resolve is

    - of the tickets solved in March: (40 · 40 + 60 · 10) / 100 = 22 days,
    - of the tickets created in March: (60 · 10 + 60 · 20) / 120 = 15 days,
    - of those, as they look at the end of March: 10 days, with 60 still open.

    >>> cleared_backlog().frame("tickets")["created_at"].dt.month.value_counts().tolist()
    [120, 40]
    """
    waves = (("2026-02-02", 40, 40), ("2026-03-02", 60, 10), ("2026-03-16", 60, 20))
    rows = []
    for day, n, days in waves:
        created = pd.Timestamp(f"{day}T09:00Z")
        solved = created + pd.Timedelta(days=days)
        rows += [{"created_at": created, "last_solved_at": solved}] * n
    tickets = pd.DataFrame(rows).assign(channel="email", status="solved")
    tickets["first_solved_at"], tickets["n_solves"] = tickets["last_solved_at"], 1
    tickets["ticket_id"] = [f"T{i:03d}" for i in range(len(tickets))]
    return Tables.from_frames(
        {"tickets": tickets},
        as_of=pd.Timestamp("2026-06-01T00:00Z"),
        source="lesson: a backlog is cleared",
    )
