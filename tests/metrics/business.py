"""Canonical tables of customers, use, advocacy and rewards, by hand or drawn at random."""

import datetime as dt

import numpy as np
import pandas as pd

import cxlab as cx
from cxlab.metrics.examples import clock
from cxlab.tables import TABLES, Kind

BEGIN = pd.Timestamp("2026-01-05", tz="UTC")
AS_OF = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def log(as_of="+60 00:00", **tables):
    """Tables from rows (or frames) whose instants are clock times of the worked examples."""
    frames = {
        name: rows if isinstance(rows, pd.DataFrame) else _frame(name, rows)
        for name, rows in tables.items()
    }
    return cx.Tables.from_frames(frames, as_of=clock(as_of))


def _frame(name, rows):
    instants = {c.name for c in TABLES[name].columns if c.kind is Kind.INSTANT}
    return pd.DataFrame(
        [{k: clock(v) if k in instants and v else v for k, v in row.items()} for row in rows]
    )


def contract(customer="c1", started="2025-01-01", **more):
    return {"subscription_id": f"s-{customer}", "customer_id": customer, "started_at": started,
            **more}  # fmt: skip


def use(at, customer="c1", user="ann", feature="reports", **more):
    return {"customer_id": customer, "user_id": user, "at": at, "feature": feature, **more}


def one(tables, metric, **asked):
    rows = cx.measure(tables, metric, **asked)
    assert len(rows) == 1
    return rows.iloc[0]


def counted(row):
    return row["n"] + row["pending"] + sum(row["excluded"].values())


def random_business(seed=3, customers=40):
    """Frames of a business with everything in it: excluded rows, missing values, programs."""
    rng = np.random.default_rng(seed)
    ids = np.array([f"c{i:02d}" for i in range(customers)])

    def instants(n, days=140):
        return (BEGIN + pd.to_timedelta(rng.uniform(0, days * 86400, n), unit="s")).floor("s")

    def excluded(n):
        return rng.choice([None, "test"], n, p=[0.95, 0.05])

    n_use, n_acts, n_leads, n_rewards, n_answers = 3000, 200, 150, 300, 200
    who = rng.choice(ids, n_use)
    started = instants(customers, 60)
    ended = (started + pd.to_timedelta(rng.uniform(20, 200, customers), unit="D")).floor("s")
    frames = {
        "customers": pd.DataFrame({
            "customer_id": ids, "account_id": [f"a{i // 2:02d}" for i in range(customers)],
            "acquired_at": started, "segment": rng.choice(["small", "large"], customers),
            "excluded_reason": excluded(customers)}),
        "subscriptions": pd.DataFrame({
            "subscription_id": [f"s{i}" for i in ids], "customer_id": ids, "started_at": started,
            "ended_at": pd.Series(ended).where((rng.random(customers) < 0.3) & (ended < AS_OF)),
            "renewed_at": pd.Series(started + pd.Timedelta("60D")).where(
                rng.random(customers) < 0.7),
            "seats": rng.integers(1, 6, customers), "mrr": rng.uniform(50, 500, customers),
            "is_trial": rng.random(customers) < 0.1}),
        "usage_events": pd.DataFrame({
            "customer_id": who, "user_id": [f"{c}-{u}" for c, u in
                                           zip(who, rng.integers(0, 4, n_use), strict=True)],
            "at": instants(n_use), "feature": rng.choice(["reports", "export", "search"], n_use),
            "is_automated": rng.random(n_use) < 0.1, "excluded_reason": excluded(n_use)}),
        "entitlements": pd.DataFrame({
            "account_id": [f"a{i:02d}" for i in range(customers // 2)] * 2,
            "feature": ["reports"] * (customers // 2) + ["export"] * (customers // 2),
            "granted_at": instants(customers, 90), "quantity": rng.integers(1, 9, customers)}),
        "milestones": pd.DataFrame({
            "customer_id": ids[:25], "name": "goal",
            "kind": rng.choice(["exceeded", "met"], 25), "at": instants(25)}),
        "stakeholders": pd.DataFrame({
            "account_id": [f"a{i:02d}" for i in rng.integers(0, 15, 40)],
            "person_id": [f"p{i}" for i in range(40)],
            "role": rng.choice(["sponsor", "buyer", "user", "guest"], 40),
            "seniority": rng.choice(["vp", "staff"], 40), "last_contact_at": instants(40)}),
        "advocacy_acts": pd.DataFrame({
            "account_id": [f"a{i:02d}" for i in rng.integers(0, customers // 2, n_acts)],
            "at": instants(n_acts), "excluded_reason": excluded(n_acts),
            "kind": rng.choice(["reference", "intro_prompted", "intro_made", "qbr_held",
                                "qbr_intent"], n_acts)}),
        "referrals": pd.DataFrame({
            "referral_id": [f"r{i}" for i in range(n_leads)],
            "referrer_id": rng.choice(ids, n_leads),
            "referred_id": [f"n{i}" for i in rng.integers(0, 130, n_leads)],
            "at": instants(n_leads), "source_tier": rng.choice(["strategic", "other"], n_leads),
            "status": rng.choice(["open", "won", "lost"], n_leads)}),
        "campaigns": pd.DataFrame({
            "campaign_id": [f"k{i}" for i in range(n_rewards)],
            "customer_id": rng.choice(ids, n_rewards), "kind": rng.choice(["points", "coupon"],
                                                                          n_rewards),
            "issued_at": instants(n_rewards), "value": rng.uniform(1, 20, n_rewards)}),
        "loyalty_members": pd.DataFrame({
            "customer_id": ids[:30], "eligible_from": instants(30, 60)}),
        "surveys": pd.DataFrame({
            "survey_id": [f"v{i}" for i in range(n_answers)], "instrument": "csat", "scale_min": 1,
            "scale_max": 5, "subject_type": "customer", "subject_id": rng.choice(ids, n_answers),
            "answered_at": instants(n_answers), "score": rng.integers(1, 6, n_answers)}),
        "transactions": pd.DataFrame({
            "transaction_id": [f"t{i}" for i in range(200)], "customer_id": rng.choice(ids, 200),
            "at": instants(200), "amount": rng.uniform(1, 90, 200)}),
    }  # fmt: skip
    leads = frames["referrals"]
    gap = pd.to_timedelta(rng.exponential(40 * 86400, n_leads).round(), unit="s")
    closed = leads["at"] + gap
    leads["closed_at"] = closed.where((leads["status"] != "open") & (closed < AS_OF))
    leads.loc[leads["closed_at"].isna(), "status"] = "open"
    rewards = frames["campaigns"]
    rewards["expires_at"] = (rewards["issued_at"] + pd.Timedelta("45D")).where(
        rng.random(n_rewards) < 0.5
    )
    redeemed = rewards["issued_at"] + pd.to_timedelta(rng.uniform(1, 80, n_rewards), unit="D")
    rewards["redeemed_at"] = redeemed.dt.floor("s").where(
        (rng.random(n_rewards) < 0.4) & (redeemed < AS_OF)
    )
    members = frames["loyalty_members"]
    members["enrolled_at"] = (members["eligible_from"] + pd.Timedelta("10D")).where(
        rng.random(30) < 0.6
    )
    return frames
