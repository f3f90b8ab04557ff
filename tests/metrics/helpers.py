"""Small canonical tables made by hand or drawn at random."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

import cxlab as cx
from cxlab.metrics import METRICS
from cxlab.metrics.examples import clock, example_frames
from cxlab.tables import TABLES, Kind

START = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)


def tickets(*rows, as_of="+60 00:00", **tables):
    """Tables from ticket rows whose `*_at` values are clock times of the worked examples."""
    frames = {"tickets": pd.DataFrame([_row(i, r) for i, r in enumerate(rows)])}
    frames |= {name: pd.DataFrame([_row(None, r) for r in t]) for name, t in tables.items()}
    return cx.Tables.from_frames(frames, as_of=clock(as_of))


def every_example(as_of):
    """The rows of every worked example as one log, told apart by their ids.

    A few questions over it ask every declaration at once; metrics that are added take part.
    """
    parts = {}
    for number, metric in enumerate(METRICS.values()):
        for name, frame in example_frames(metric).items():
            for column in TABLES[name].columns:
                if column.kind is Kind.ID and column.name in frame:
                    known = frame[column.name].notna()
                    told = f"{number}:" + frame[column.name].astype("string")
                    frame[column.name] = told.where(known, None)
            parts.setdefault(name, []).append(frame)
    frames = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    return cx.Tables.from_frames(frames, as_of=as_of)


def _row(number, row):
    base = {} if number is None else {
        "ticket_id": f"T{number}", "channel": "email", "status": "solved", "created_at": "09:00",
    }  # fmt: skip
    timed = {**base, **row}
    return {
        k: clock(v) if (k.endswith("_at") or k == "at") and v is not None else v
        for k, v in timed.items()
    }


def random_tickets(n=400, seed=1, weeks=5):
    """Tickets with everything that can happen to them, missing values included."""
    rng = np.random.default_rng(seed)
    created = START + pd.to_timedelta(np.sort(rng.uniform(0, weeks * 7 * 86400, n)), unit="s")
    frame = pd.DataFrame({"ticket_id": [f"T{i:05d}" for i in range(n)], "created_at": created})
    frame["created_at"] = frame["created_at"].dt.floor("s")

    def later(column, scale, share):
        gap = pd.to_timedelta(rng.exponential(scale, n).round(), unit="s")
        return (frame[column] + gap).where(rng.random(n) < share)

    frame["channel"] = rng.choice(["email", "chat", "phone"], n)
    frame["customer_id"] = rng.choice([f"c{i}" for i in range(60)], n)
    frame.loc[rng.random(n) < 0.1, "customer_id"] = None
    frame["topic"] = rng.choice(["billing", "login"], n)
    frame["opened_by"] = rng.choice(["customer", "agent"], n, p=[0.9, 0.1])
    frame["queued_at"] = frame["created_at"].where(rng.random(n) < 0.9)
    frame["answered_at"] = later("queued_at", 40, 0.8)
    frame["abandoned_at"] = later("queued_at", 60, 0.7).where(frame["answered_at"].isna())
    frame["first_human_reply_at"] = later("created_at", 3600, 0.85)
    frame["last_solved_at"] = later("created_at", 86400, 0.7)
    frame["status"] = np.where(
        frame["last_solved_at"].notna(), "solved", rng.choice(["new", "open", "closed"], n)
    )
    frame["n_solves"] = np.where(frame["status"] == "solved", rng.integers(1, 3, n), 0)
    frame["n_contacts"] = rng.integers(1, 3, n)
    frame["sla_due_at"] = (frame["created_at"] + pd.Timedelta("1h")).where(rng.random(n) < 0.8)
    frame["excluded_reason"] = rng.choice([None, "spam"], n, p=[0.9, 0.1])
    return frame
