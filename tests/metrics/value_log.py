"""A random log of customers: contracts, purchases, costs, surveys and use, nothing left out."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

import cxlab as cx

BEGIN = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
AS_OF = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def random_customers(n=120, seed=3):
    """Tables with everything that can happen to a customer, missing values included."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"c{i}" for i in range(n)])
    customers = pd.DataFrame({"customer_id": ids})
    customers["segment"] = rng.choice(["small", "large", None], n, p=[0.6, 0.3, 0.1])
    customers["account_id"] = [f"a{i // 2}" if i % 3 == 0 else None for i in range(n)]
    customers["excluded_reason"] = rng.choice([None, "test"], n, p=[0.95, 0.05])
    frames = {
        "customers": customers,
        "subscriptions": _spells(rng, ids),
        "transactions": _payments(rng, ids),
        "surveys": _answers(rng, ids),
        "usage_events": _uses(rng, ids),
        "costs": _costs(rng),
    }
    return cx.Tables.from_frames(frames, as_of=AS_OF)


def _days(rng, size, most=365):
    return BEGIN + pd.to_timedelta(rng.integers(0, most, size), unit="D")


def _spells(rng, ids):
    rows = []
    for who in ids:
        at = int(rng.integers(-200, 300))
        for number in range(int(rng.integers(1, 4))):
            length = int(rng.integers(10, 200))
            over = at + length < 365
            rows.append(
                {
                    "subscription_id": f"{who}-{number % 2}", "customer_id": who,
                    "product": str(rng.choice(["basic", "pro"])),
                    "started_at": BEGIN + dt.timedelta(days=at),
                    "ended_at": BEGIN + dt.timedelta(days=at + length) if over else None,
                    "due_at": BEGIN + dt.timedelta(days=at + length),
                    "mrr": None if rng.random() < 0.03 else float(rng.integers(0, 9) * 10),
                    "seats": int(rng.integers(1, 20)),
                    "is_trial": bool(rng.random() < 0.1),
                    "churn_kind": rng.choice(["voluntary", "involuntary"]) if over else None,
                    "churn_reason": rng.choice(["price", "service", None]) if over else None,
                    "excluded_reason": "test" if rng.random() < 0.05 else None,
                }
            )  # fmt: skip
            at += length + int(rng.choice([0, 0, 30]))
            if at >= 365:
                break
    return pd.DataFrame(rows)


def _payments(rng, ids):
    size = 6 * len(ids)
    frame = pd.DataFrame({"transaction_id": [f"o{i}" for i in range(size)]})
    frame["customer_id"] = rng.choice(ids, size)
    frame["at"] = _days(rng, size)
    frame["amount"] = rng.integers(0, 100, size).astype(float)
    frame["product"] = rng.choice(["x", "y", "z", None], size, p=[0.5, 0.3, 0.1, 0.1])
    frame["excluded_reason"] = rng.choice([None, "test"], size, p=[0.95, 0.05])
    refund = rng.random(size) < 0.1
    frame["is_refund"] = refund
    frame.loc[refund, "amount"] *= -1
    earlier = [f"o{int(rng.integers(0, i + 1))}" for i in range(size)]
    frame["refers_to"] = pd.Series(earlier).where(refund & (rng.random(size) < 0.5))
    return frame


def _answers(rng, ids):
    size = 200
    frame = pd.DataFrame({"survey_id": [f"s{i}" for i in range(size)]})
    frame["subject_id"] = rng.choice(ids, size)
    frame["answered_at"] = _days(rng, size)
    frame["score"] = rng.integers(0, 11, size)
    return frame.assign(instrument="nps", scale_min=0, scale_max=10, subject_type="customer")


def _uses(rng, ids):
    size = 300
    frame = pd.DataFrame({"customer_id": rng.choice(ids[:80], size), "at": _days(rng, size)})
    frame["user_id"] = rng.choice(["u1", "u2", None], size)
    frame["feature"] = rng.choice(["reports", "export"], size)
    frame["is_automated"] = rng.random(size) < 0.2
    return frame


def _costs(rng):
    starts = pd.date_range("2024-12-01", "2025-11-01", freq="MS", tz="UTC")
    frame = pd.DataFrame({"period_start": starts})
    frame["period_end"] = starts + pd.DateOffset(months=1)
    frame["amount"] = rng.integers(100, 900, len(frame)).astype(float)
    return frame.assign(centre="sales")
