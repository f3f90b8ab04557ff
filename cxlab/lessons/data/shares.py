"""Shares whose totals mislead: every part improves, the whole gets worse."""

from __future__ import annotations

import itertools

import pandas as pd

from cxlab.tables import Tables

__all__ = ["shifted_mix"]

CELLS = {
    ("2026-03", "phone"): (640, 800),
    ("2026-03", "email"): (100, 200),
    ("2026-04", "phone"): (252, 300),
    ("2026-04", "email"): (378, 700),
}
"""Tickets resolved at the first contact, of all, in each month and channel."""


def shifted_mix() -> Tables:
    """Return 1,000 tickets of each of two months, between which work moves from phone to e-mail.

    Resolved at the first contact are by phone 640 of 800 in March and 252 of 300 in April, by
    e-mail 100 of 200 and 378 of 700: 80 % → 84 % and 50 % → 54 %. Both channels improve, and of
    all tickets 74 % → 63 %. With the mix of both months together (55 % phone) it would have been
    66.5 % and 70.5 %. The other tickets took a second contact.

    >>> shifted_mix().frame("tickets")["n_contacts"].eq(1).sum()
    np.int64(1370)
    """
    rows = []
    number = itertools.count()
    for (month, channel), (once, n) in CELLS.items():
        created = pd.Timestamp(f"{month}-02T09:00Z")
        part = pd.DataFrame({"number": list(itertools.islice(number, n))})
        part["ticket_id"] = part["number"].map("T{:04d}".format)
        part["customer_id"] = part["number"].map("c{:04d}".format)
        part["channel"], part["topic"], part["status"] = channel, "billing", "solved"
        part["created_at"] = created + pd.to_timedelta(part.index * 30, unit="min")
        part["last_solved_at"] = part["created_at"] + pd.Timedelta("2h")
        part["n_contacts"] = [1] * once + [2] * (n - once)
        part["n_solves"] = 1
        rows.append(part.drop(columns="number"))
    return Tables.from_frames(
        {"tickets": pd.concat(rows, ignore_index=True)},
        as_of=pd.Timestamp("2026-07-01T00:00Z"),
        source="lesson: a mix that shifts",
    )
