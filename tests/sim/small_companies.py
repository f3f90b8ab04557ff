"""A small company for the tests: a customer base of everything there is, and a desk."""

from __future__ import annotations

from typing import Any

from small_desks import desk_file

from cxlab.scenario import Scenario

LINKS: list[dict[str, Any]] = [
    {"name": "waiting", "from": "first_reply_hours", "curve": [[1.0, 0.9], [24.0, 2.0]],
     "low": [[1.0, 1.0], [24.0, 1.2]], "high": [[1.0, 0.8], [24.0, 4.0]], "memory_days": 45.0},
    {"name": "delight", "from": "csat", "on": "referral", "curve": [[3.0, 0.5], [5.0, 2.0]]},
    {"name": "trust", "from": "contacts", "on": "expansion", "curve": [[1.0, 1.0], [3.0, 0.2]]},
]  # fmt: skip

EXPONENTIAL = {"law": "exponential", "mean": 13.0}

LIFE: dict[str, Any] = {
    "initial_customers": 300,
    "initial_months": {"law": "exponential", "mean": 17.0},
    "acquisition": {
        "search": {"leads_per_week": 42.0, "buys": 0.31, "cost_per_lead": 7.0},
        "friends": {"kind": "referral", "buys": 0.5, "aware_days": EXPONENTIAL},
    },
    "segments": {
        "home": {"share": 0.75, "plan_shares": {"basic": 1.0}},
        "office": {"share": 0.25, "plan_shares": {"basic": 0.5, "pro": 0.5},
                   "patience_factor": 1.5},
    },
    "plans": {
        "basic": {"price_per_month": 19.0, "upgrade_to": "pro", "upgrade_probability": 0.04},
        "pro": {"price_per_month": 59.0, "term_months": 12},
    },
    "onboarding": {"completes": 0.85, "days": EXPONENTIAL, "churn_factor": 1.6},
    "features": {"reports": {"adopts": 0.6, "churn_factor": 0.8}},
    "contacts": {"per_month": 0.5, "channel_shares": {"chat": 1.0}},
    "renewal": {"law": "beta_geometric", "alpha": 0.7, "beta": 9.0, "payment_failure": 0.02,
                "recovery": 0.6, "reasons": {"price": 0.7, "moved": 0.3}},
    "referral": {"probability": 0.02},
    "win_back": {"probability": 0.1, "days": EXPONENTIAL},
    "loyalty": {"joins": 0.4, "after_months": 3},
    "campaigns": {"spring": {"every_days": 90, "redeems": 0.3, "churn_factor": 0.7}},
    "purchases": {"per_month": 0.2, "amount": 11.0},
    "relation_survey": {"response_rate": 0.3, "cutpoints": [float(c) for c in range(-5, 5)]},
    "links": LINKS,
}  # fmt: skip


def company_file(**changes: Any) -> Scenario:
    """Return a company with everything in it and an open loop, some keys changed."""
    csat = {"response_rate": 0.3, "cutpoints": [-2.5, -1.5, -0.6, 0.8]}
    whole = {"lifecycle": LIFE, "surveys": {"csat": csat}}
    return desk_file(**whole).but(**changes)


def base_file(**changes: Any) -> Scenario:
    """Return a customer base without a desk: only what it needs."""
    needed = ("initial_customers", "segments", "plans", "renewal")
    life = {key: LIFE[key] for key in needed}
    return Scenario.of(
        {"name": "base", "time_zone": "Europe/Berlin", "start": "2026-01-05", "replications": 2,
         "horizon": {"type": "terminating", "days": 90}, "lifecycle": life}
    ).but(**changes)  # fmt: skip
