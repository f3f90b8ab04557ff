"""Customers: their journeys, their seats, and those who join and leave within a month."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.tables import Tables

__all__ = ["fast_growth", "journeys", "seats"]

STAGES = ("evaluation", "onboarding", "use")


def journeys() -> Tables:
    """Return 3,000 rated tickets: 1,000 customers, one in each of three stages of their journey.

    At every stage nine of ten customers are satisfied, and which ones has nothing to do with the
    other stages: stage k fails those whose number has the digit 0 at place k. So all three
    stages were good for 0.9³ = 72.9 % of the customers.

    >>> journeys().frame("tickets")["journey_stage"].value_counts().tolist()
    [1000, 1000, 1000]
    """
    customer = np.arange(1000)
    parts = []
    for place, stage in enumerate(STAGES):
        created = pd.Timestamp(f"2026-0{place + 1}-05T09:00Z")
        part = pd.DataFrame({"customer_id": [f"c{i:03d}" for i in customer]})
        part["ticket_id"] = part["customer_id"] + f"-{stage}"
        part["created_at"], part["journey_stage"] = created, stage
        part["score"] = np.where(customer // 10**place % 10 == 0, 2.0, 5.0)
        parts.append(part)
    tickets = pd.concat(parts, ignore_index=True).assign(channel="email", status="solved")
    tickets["last_solved_at"], tickets["n_solves"] = tickets["created_at"] + pd.Timedelta("2h"), 1
    surveys = pd.DataFrame(
        {
            "survey_id": "S-" + tickets["ticket_id"],
            "instrument": "csat",
            "scale_min": 1,
            "scale_max": 5,
            "subject_type": "ticket",
            "subject_id": tickets["ticket_id"],
            "customer_id": tickets["customer_id"],
            "sent_at": tickets["last_solved_at"],
            "answered_at": tickets["last_solved_at"] + pd.Timedelta("1h"),
            "score": tickets["score"],
        }
    )
    frames = {"tickets": tickets.drop(columns="score"), "surveys": surveys}
    return Tables.from_frames(frames, source="lesson: journeys of three stages")


def seats() -> Tables:
    """Return the seats of 50 accounts, and who used the product in March 2026.

    5 large accounts have 200 seats each, and 80 people of each use them (40 %). 45 small ones
    have 4 seats each, which 6 people share (150 %). In use are 400 + 270 = 670 of 1,180 seats;
    up to what each account bought 400 + 180 = 580, so 600 seats (50.8 %) are used by nobody. The
    mean of the accounts' own rates is (5 · 0.4 + 45 · 1.5) / 50 = 1.39.

    >>> len(seats().frame("usage_events")), seats().frame("entitlements")["quantity"].sum()
    (670, np.float64(1180.0))
    """
    accounts = [(f"large {i}", 200, 80) for i in range(5)]
    accounts += [(f"small {i:02d}", 4, 6) for i in range(45)]
    names = [name for name, _, _ in accounts]
    entitlements = pd.DataFrame({"account_id": names, "quantity": [n for _, n, _ in accounts]})
    entitlements["feature"] = "workspace"
    entitlements["granted_at"] = pd.Timestamp("2025-01-01T00:00Z")
    usage = pd.DataFrame({"customer_id": np.repeat(names, [used for _, _, used in accounts])})
    usage["user_id"] = [f"u{i:03d}" for i in range(len(usage))]
    usage["at"], usage["feature"], usage["n"] = pd.Timestamp("2026-03-10T09:00Z"), "workspace", 1
    usage["is_automated"] = False
    customers = pd.DataFrame({"customer_id": names, "account_id": names})
    customers["segment"] = [name.split()[0] for name in names]
    frames = {"customers": customers, "entitlements": entitlements, "usage_events": usage}
    as_of = pd.Timestamp("2026-06-01T00:00Z")
    return Tables.from_frames(frames, as_of=as_of, source="lesson: seats")


def fast_growth() -> Tables:
    """Return the subscriptions of a business that grows from 100 to 970 customers in March 2026.

    100 customers are there when March begins, and 10 of them leave in it. 900 join in March,
    of whom 20 leave again in it. Of the customers at the start 10 % are lost; 30 of them left in
    all, which is 30 % of 100, 5.6 % of the average of 100 and 970, and 3 % of all 1,000.

    >>> fast_growth().frame("subscriptions")["ended_at"].notna().sum()
    np.int64(30)
    """
    n, started = 1000, pd.Timestamp("2026-03-10T00:00Z")
    frame = pd.DataFrame({"subscription_id": [f"s{i:03d}" for i in range(n)]})
    frame["customer_id"] = [f"c{i:03d}" for i in range(n)]
    frame["started_at"] = [pd.Timestamp("2025-06-01T00:00Z")] * 100 + [started] * 900
    left = [True] * 10 + [False] * 90 + [True] * 20 + [False] * 880
    ended = pd.Series(pd.Timestamp("2026-03-20T00:00Z"), index=frame.index)
    frame["ended_at"] = ended.where(pd.Series(left))
    frame["mrr"] = 50.0
    frame["status"] = np.where(left, "ended", "active")
    as_of = pd.Timestamp("2026-04-15T00:00Z")
    return Tables.from_frames({"subscriptions": frame}, as_of=as_of, source="lesson: fast growth")
