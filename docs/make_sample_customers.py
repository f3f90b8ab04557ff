"""Make the tables of scenarios/sample_customers: 120 customers of a software company, invented.

Most people use the product, some stop, some have trouble; what a customer answers follows from
that, roughly. Run: `python docs/make_sample_customers.py` (fixed seed, same files).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

OUT = Path(__file__).resolve().parents[1] / "scenarios" / "sample_customers"
END = pd.Timestamp("2026-06-30T12:00Z")
DAY = pd.Timedelta(days=1)


def customers(rng: np.random.Generator) -> pd.DataFrame:
    """Return who bought and when, with a trait `happy` that is not written."""
    n = 120
    acquired = END - pd.to_timedelta(rng.integers(5, 540, n), unit="D")
    return pd.DataFrame({
        "customer_id": [f"c{i:03d}" for i in range(1, n + 1)],
        "acquired_at": acquired.floor("D") + pd.to_timedelta(rng.integers(8, 18, n), unit="h"),
        "segment": rng.choice(["small", "large"], n, p=[0.75, 0.25]),
        "region": rng.choice(["north", "south", "west"], n),
        "happy": rng.beta(3, 1.6, n),
    })  # fmt: skip


def subscriptions(who: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return a yearly contract each; the unhappy end it when it is due, a few before."""
    rows = []
    for number, c in enumerate(who.itertuples(), start=1):
        start, mrr = c.acquired_at + 3 * DAY, float(80 if c.segment == "small" else 400)
        due, row = start + 365 * DAY, {"subscription_id": f"s{number:03d}"}
        row |= {"customer_id": c.customer_id, "started_at": start, "due_at": due, "mrr": mrr}
        early = rng.random() < 0.08
        leaves = rng.random() > 0.25 + 0.7 * c.happy
        ended = start + int(rng.integers(40, 300)) * DAY if early else due if leaves else None
        if ended is not None and ended < END:
            row["ended_at"] = ended
            row["churn_kind"] = "involuntary" if early and rng.random() < 0.4 else "voluntary"
            if rng.random() < 0.8:
                row["churn_reason"] = rng.choice(["price", "service", "fit"])
        elif due < END:
            row["renewed_at"], row["due_at"] = due - 10 * DAY, due + 365 * DAY
        rows.append(row)
    return pd.DataFrame(rows)


def usage(who: pd.DataFrame, contracts: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return use on some days of the last ten weeks, and a first use soon after the start."""
    rows = []
    for c, s in zip(who.itertuples(), contracts.itertuples(), strict=True):
        last = END if pd.isna(s.ended_at) else s.ended_at
        days = [s.started_at + int(rng.integers(0, 8)) * DAY] if rng.random() < 0.94 else []
        if rng.random() < 0.85:
            days += [END - int(d) * DAY for d in rng.choice(70, rng.poisson(6 * c.happy))]
        for day in days:
            at = day.floor("D") + pd.Timedelta(minutes=int(rng.integers(480, 1080)))
            if s.started_at <= at <= last:
                feature = rng.choice(["reports", "export", "alerts"], p=[0.6, 0.25, 0.15])
                rows.append({"customer_id": c.customer_id, "user_id": f"{c.customer_id}-u1",
                             "at": at, "feature": feature})  # fmt: skip
    return pd.DataFrame(rows).sort_values(["at", "customer_id"])


def milestones(who: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return when customers were set up, and when they met the goal they bought it for."""
    rows = []
    for c in who.itertuples():
        at = c.acquired_at + (8 + rng.exponential(20)) * DAY
        if rng.random() < 0.9 and at < END:
            rows.append((c.customer_id, "set up", "activated", at))
            met = at + rng.exponential(60) * DAY
            if rng.random() < c.happy and met < END:
                rows.append((c.customer_id, "first saving", "met", met))
    return pd.DataFrame(rows, columns=["customer_id", "name", "kind", "at"])


def tickets(who: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the support tickets of the last half year; some are open."""
    rows = []
    for c in who.itertuples():
        for _ in range(rng.poisson(0.6 + 2.2 * (1 - c.happy))):
            created = END - rng.uniform(0, 180) * DAY
            solved = created + rng.exponential(4) * DAY
            if created < c.acquired_at:
                continue
            done = solved < END and rng.random() < 0.93
            rows.append({
                "customer_id": c.customer_id, "created_at": created, "channel": "email",
                "status": "solved" if done else "open", "topic": rng.choice(["billing", "use"]),
                "first_human_reply_at": min(created + (solved - created) / 3, END),
                "last_solved_at": solved if done else None,
            })  # fmt: skip
    found = pd.DataFrame(rows).sort_values("created_at", ignore_index=True)
    found.insert(0, "ticket_id", [f"T{i:03d}" for i in range(1, len(found) + 1)])
    return found


def surveys(who: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return NPS and effort, asked of everybody this spring; three of four answered."""
    rows = []
    for c in who.itertuples():
        for name, low, high, more in (("nps", 0, 10, {}), ("ces", 1, 7, {"version": "ces_2"})):
            sent = END - int(rng.integers(20, 110)) * DAY
            if sent < c.acquired_at + 10 * DAY:
                continue
            drawn = low + (high - low) * np.clip(c.happy + rng.normal(0.08, 0.15), 0, 1)
            answered = rng.random() < 0.78
            rows.append({
                "survey_id": f"{name}-{c.customer_id}", "instrument": name, "scale_min": low,
                "scale_max": high, "subject_type": "customer", "subject_id": c.customer_id,
                "customer_id": c.customer_id, "sent_at": sent,
                "answered_at": sent + rng.exponential(2) * DAY if answered else None,
                "score": round(float(drawn)) if answered else None, **more,
            })  # fmt: skip
    found = pd.DataFrame(rows)
    found["score"] = found["score"].where(found["answered_at"] < END)
    found["answered_at"] = found["answered_at"].where(found["answered_at"] < END)
    return found


def advocacy(who: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return what the happiest did for the company."""
    rows = [
        (c.customer_id, c.acquired_at + rng.uniform(90, 300) * DAY, kind)
        for c in who.itertuples()
        for kind in ("reference", "testimonial")
        if c.happy > 0.75 and rng.random() < 0.3
    ]
    found = pd.DataFrame(rows, columns=["account_id", "at", "kind"])
    return found[found["at"] < END]


def main() -> None:
    """Write the tables."""
    rng = np.random.default_rng(20260630)
    who = customers(rng)
    contracts = subscriptions(who, rng)
    frames = {
        "customers": who.drop(columns="happy"), "subscriptions": contracts,
        "usage_events": usage(who, contracts, rng), "milestones": milestones(who, rng),
        "tickets": tickets(who, rng), "surveys": surveys(who, rng),
        "advocacy_acts": advocacy(who, rng),
    }  # fmt: skip
    OUT.mkdir(parents=True, exist_ok=True)
    for name, frame in frames.items():
        for column in frame.columns[frame.dtypes.map(lambda t: isinstance(t, pd.DatetimeTZDtype))]:
            frame[column] = frame[column].dt.floor("min").dt.strftime("%Y-%m-%dT%H:%MZ")
        frame.to_csv(OUT / f"{name}.csv", index=False)


if __name__ == "__main__":
    main()
