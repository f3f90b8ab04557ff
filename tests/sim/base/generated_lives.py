"""Random companies for the tests: customer bases of a few dozen, with any desk or none."""

from __future__ import annotations

from typing import Any

from generated import scenarios
from hypothesis import strategies as st

from cxlab.scenario import Scenario

CHANCES = st.sampled_from([0.3, 0.7, 0.9, 1.0, 0.0])
RARE = st.sampled_from([0.05, 0.05, 0.2, 0.0, 0.0, 1.0])
FACTORS = st.sampled_from([1.0, 1.0, 1.0, 1.0, 0.4, 1.7, 1.7, 1.7, 6.0, 0.0])
LEAVING = st.sampled_from([0.3, 0.2, 0.1, 0.05, 1.0])
PLAIN: list[list[float]] = [[0, 1.0]]
STEPS = st.sampled_from([PLAIN, PLAIN, [[0, 2.0], [1, 0.5]], [[0, 0.0], [1.5, 3.0], [4, 1.0]]])
USUALLY = st.sampled_from([True, True, True, True, True, False])
LONG = st.sampled_from(
    [
        1,
        0.001,
        {"law": "exponential", "mean": 9.0},
        {"law": "gamma", "mean": 20.0, "cv": 0.7},
        {"law": "lognormal", "mean": 12.0, "cv": 1.5},
        {"law": "empirical", "shares": [0.0, 0.4, 1.0], "values": [0.0, 0.0, 60.0]},
    ]
)
TO_THE_DAY = LONG | st.sampled_from([28, 31])
"""Some end on the very day of an anniversary."""
ZONES = [
    ("Europe/Berlin", "2026-01-31"), ("Europe/Berlin", "2026-08-31"), ("UTC", "2028-01-29"),
    ("Asia/Kolkata", "2026-12-30"), ("America/Sao_Paulo", "2018-10-05"),
]  # fmt: skip
PLANS = ["basic", "mini", "pro"]
SEGMENTS = ["home", "office", "school"]
FEATURES = ["api", "report"]
EXPERIENCES = ["first_reply_hours", "resolution_hours", "contacts", "unresolved", "csat"]


def parts(names: list[str]) -> st.SearchStrategy[dict[str, float]]:
    """Shares of some of the names, in tenths that sum to 1."""

    def tenths(cuts: list[int]) -> dict[str, float]:
        edges = [0, *sorted(cuts), 10]
        return {n: (b - a) / 10 for n, a, b in zip(names, edges[:-1], edges[1:], strict=True)}

    n = len(names) - 1
    return st.lists(st.integers(0, 10), min_size=n, max_size=n).map(tenths)


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


@st.composite
def curves(draw: st.DrawFn) -> list[list[float]]:
    """Curves up and down; some go so high that the product is above 1."""
    places = st.sampled_from([0.0, 0.5, 1.0, 2.0, 3.7, 5.0, 24.0, 200.0])
    chosen = sorted(draw(st.lists(places, min_size=1, max_size=4, unique=True)))
    heights = st.sampled_from([1.5, 4.0, 50.0, 1.0, 1.0, 0.3, 0.0])
    return [[x, draw(heights)] for x in chosen]


@st.composite
def _plans(draw: st.DrawFn) -> dict[str, Any]:
    names = PLANS[: draw(st.integers(1, 3))]
    plans = {}
    for name in names:
        plans[name] = {
            "price_per_month": draw(st.sampled_from([0, 9.5, 9.5, 30, 120])),
            "margin": draw(st.sampled_from([0.0, 0.7, 1.0])),
            "seats": draw(st.sampled_from([1, 25])),
            "term_months": draw(st.sampled_from([1, 1, 1, 2, 3, 12])),
            "churn_factor": draw(FACTORS),
        }
        for way in ("upgrade", "downgrade"):
            chance = draw(CHANCES)
            if chance and draw(st.booleans()):
                plans[name] |= {f"{way}_to": draw(st.sampled_from(names)),
                                f"{way}_probability": chance}  # fmt: skip
    return plans


@st.composite
def _segments(draw: st.DrawFn, plans: list[str]) -> dict[str, Any]:
    shares = draw(parts(SEGMENTS[: draw(st.integers(1, 3))]))
    return {
        name: {
            "share": share,
            "plan_shares": draw(parts(plans)),
            "churn_factor": draw(FACTORS),
            "contact_factor": draw(FACTORS),
            "strategic": draw(st.booleans()),
            "patience_factor": draw(st.sampled_from([1.0, 0.2, 3.0])),
        }
        for name, share in shares.items()
    }


@st.composite
def _acquisition(draw: st.DrawFn, segments: list[str]) -> dict[str, Any]:
    ways: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(["fair", "web", "zine"]), max_size=2, unique=True)):
        ways[name] = {"leads_per_week": draw(st.sampled_from([3.0, 0.5, 0.0]))}
    if draw(st.booleans()):
        ways["friends"] = {"kind": "referral"}
    for way in ways.values():
        way |= {
            "buys": draw(CHANCES),
            "evaluates": draw(CHANCES),
            "cost_per_lead": draw(st.sampled_from([0, 3.5])),
            "cost_per_evaluation": draw(st.sampled_from([0, 11])),
        }
        if draw(st.booleans()):
            way |= {"aware_days": draw(LONG), "evaluating_days": draw(LONG)}
        if draw(st.booleans()):
            way["segment_shares"] = draw(parts(segments))
    return ways


@st.composite
def _renewal(draw: st.DrawFn) -> dict[str, Any]:
    law = draw(
        st.sampled_from(
            [
                {"law": "geometric", "leaving_probability": draw(LEAVING)},
                {"law": "beta_geometric", "alpha": 0.7, "beta": 2.0},
                {"law": "gamma_frailty", "hazard": 0.3, "frailty_variance": 1.5},
            ]
        )
    )
    reasons = draw(parts(["price", "moved", "no_need"]))
    return {
        **law, "tenure_factors": draw(STEPS), "reasons": reasons,
        "payment_failure": draw(RARE), "recovery": draw(CHANCES),
    }  # fmt: skip


@st.composite
def _links(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "name": f"link{i}",
            "from": draw(st.sampled_from(EXPERIENCES)),
            "on": draw(st.sampled_from(["churn", "churn", "churn", "expansion", "referral"])),
            "curve": draw(curves()),
            "memory_days": draw(st.sampled_from([30.0, 90.0, 1000.0, 7.0, 1.0, 0.3])),
        }
        for i in range(draw(st.sampled_from([3, 2, 1, 5, 4, 0])))
    ]


@st.composite
def _extras(draw: st.DrawFn) -> dict[str, Any]:
    """What a base may have besides: first steps, features, loyalty, campaigns, purchases."""
    made: dict[str, Any] = {}
    if draw(st.booleans()):
        made["onboarding"] = {"completes": draw(CHANCES), "days": draw(TO_THE_DAY),
                              "churn_factor": draw(FACTORS),
                              "contact_factor": draw(FACTORS)}  # fmt: skip
    made["features"] = {
        name: {"adopts": draw(CHANCES), "days": draw(TO_THE_DAY), "churn_factor": draw(FACTORS),
               "contact_factor": draw(FACTORS), "uses_per_week": draw(st.sampled_from([0, 1.5]))}
        for name in FEATURES[: draw(st.integers(0, 2))]
    }  # fmt: skip
    if draw(USUALLY):
        made["win_back"] = {"probability": draw(CHANCES), "days": draw(LONG),
                            "most": draw(st.integers(1, 3))}  # fmt: skip
    if draw(st.booleans()):
        made["loyalty"] = {"after_months": draw(st.integers(0, 3)), "joins": draw(CHANCES),
                           "days": draw(LONG), "churn_factor": draw(FACTORS)}  # fmt: skip
    made["campaigns"] = {
        name: {"kind": draw(st.sampled_from(["coupon", "points"])), "redeem_days": draw(LONG),
               "first_day": draw(st.sampled_from([0, 10, 28, 400])),
               "every_days": draw(st.sampled_from([30, 7, 31, 400])), "share": draw(CHANCES),
               "members_only": draw(st.booleans()), "redeems": draw(CHANCES),
               "valid_days": draw(st.sampled_from([1, 10, 45])), "churn_factor": draw(FACTORS),
               "effect_days": draw(st.sampled_from([0, 5.5, 60]))}
        for name in ["autumn", "spring"][: draw(st.integers(0, 2))]
    }  # fmt: skip
    if draw(st.booleans()):
        made["purchases"] = {"per_month": draw(st.sampled_from([0, 1.5])), "amount": draw(LONG),
                             "rate_cv": draw(st.sampled_from([0, 0.8])), "margin": 0.3,
                             "products": draw(parts(["book", "pro"]))}  # fmt: skip
    if draw(st.booleans()):
        made["relation_survey"] = {"every_months": draw(st.integers(1, 3)), "response_rate": 0.7,
                                   "cutpoints": [-3 + 0.5 * i for i in range(10)],
                                   "frailty_effect": draw(st.sampled_from([0.0, 0.5]))}  # fmt: skip
    return made


@st.composite
def _contacts(draw: st.DrawFn, channels: list[str]) -> dict[str, Any]:
    return {
        "per_month": draw(st.sampled_from([2.0, 4.0, 0.5, 0.0])),
        "tenure_factors": draw(STEPS),
        "channel_shares": draw(parts(channels)),
    }


@st.composite
def companies(draw: st.DrawFn, *, most: int = 80) -> Scenario:
    """Whole scenarios of a customer base, with a desk of any sort, or none."""
    plans = draw(_plans())
    segments = draw(_segments(list(plans)))
    ways = draw(_acquisition(list(segments)))
    won = any(w["buys"] * w["evaluates"] * w.get("leads_per_week", 0) > 0 for w in ways.values())
    life: dict[str, Any] = {
        "closed_loop": draw(USUALLY),
        "initial_customers": draw(
            st.sampled_from([most, most // 2, most // 4, 1, 0 if won else 2])
        ),
        "segments": segments,
        "plans": plans,
        "acquisition": ways,
        "renewal": draw(_renewal()),
        **draw(_extras()),
    }
    if draw(st.booleans()):
        life["initial_months"] = draw(
            st.sampled_from([0.03285, 4, {"law": "exponential", "mean": 8.0}])
        )
    if "friends" in ways:
        life["referral"] = {"probability": draw(st.sampled_from([0.3, 0.05]))}
    days = draw(st.integers(60, 150))
    zone, start = draw(st.sampled_from(ZONES))
    whole: dict[str, Any] = {"name": "company", "replications": 1}
    if draw(USUALLY):
        whole = draw(scenarios()).resolved()
        del whole["customers"]  # of a desk without a customer base
        for channel in whole["channels"].values():
            if not any(channel["arrivals_per_hour"].values()):
                channel["arrivals_per_hour"] = 1.0
        csat = {"response_rate": draw(st.sampled_from([0.5, 1.0])), "wait_effect": 0.4,
                "cutpoints": [-2.0, -1.0, -0.4, 0.8], "extra_contact_effect": 0.5,
                "escalation_effect": -0.5, "resolution_effect": draw(st.sampled_from([0.0, 0.1])),
                "wait_scale": draw(st.sampled_from(["hours", "log_hours"]))}  # fmt: skip
        whole["surveys"] = draw(st.sampled_from([{}, {"csat": csat}, {"csat": csat}]))
        whole["special_days"] = []
        life |= {"contacts": draw(_contacts(sorted(whole["channels"]))), "links": draw(_links())}
    horizon: dict[str, Any] = {"type": "terminating", "days": days}
    if draw(st.integers(0, 3)) == 0:
        horizon = {"type": "steady", "days": days, "warm_up_days": 20}
    whole |= {
        "time_zone": zone, "start": start, "horizon": horizon, "lifecycle": life,
        "seed": draw(st.integers(0, 10**6)),
    }  # fmt: skip
    return Scenario.of(whole)
