"""Metrics of health: one score from what is known of a customer, in two readings."""

from __future__ import annotations

from dataclasses import replace

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.statistics import Mean

__all__ = ["METRICS"]

_HEALTH = Basis(
    name="health",
    source="healthy",
    attribution=Attribution.POINT_IN_TIME,
    population="customers active at the cut-off",
    belongs=lambda t: t.created_at.notnull(),
    value=lambda t: t.fact_health,
    exclusions=(
        Exclusion("no_measures", "nothing is known of it", lambda t: t.fact_measures == 0),
    ),
    needs=("subscriptions|customers", "usage_events|surveys|tickets|stakeholders|transactions"),
    assumes={
        "surveys": "no surveys: satisfaction and effort are left out",
        "tickets.customer_id": "no customers of tickets: support is left out",
        "usage_events": "use is not recorded: engagement rests on what else is",
        "stakeholders": "no stakeholders: the relationship is left out",
        "subscriptions": "who left is not recorded: every customer acquired counts as active",
    },
    settings=("health", "engagement", "relationship"),
)
_POINTS = replace(
    _HEALTH,
    name="health_points",
    value=lambda t: t.fact_points,
    exclusions=(
        *_HEALTH.exclusions,
        Exclusion(
            "incomplete", "a measure is unknown, so the points cannot reach 100",
            lambda t: t.fact_points.isnull(),
        ),
    ),
)  # fmt: skip


def _contract(customer: str) -> dict[str, object]:
    return {
        "subscription_id": f"s-{customer}", "customer_id": customer, "started_at": "2025-01-01",
    }  # fmt: skip


def _answer(number: int, instrument: str, score: int, at: str, **more: object) -> dict[str, object]:
    return {
        "survey_id": f"a{number}", "instrument": instrument, "scale_min": 0, "scale_max": 100,
        "subject_type": "customer", "subject_id": "c1", "answered_at": at, "score": score, **more,
    }  # fmt: skip


def _use(day: int, feature: str) -> dict[str, object]:
    return {"customer_id": "c1", "at": f"+{day} 09:00", "feature": feature}


_HEALTH_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (_contract("c1"),),
    "surveys": (
        _answer(1, "csat", 90, "+1 09:00"),
        _answer(2, "csat", 47, "+20 09:00"),
        _answer(3, "ces", 59, "+20 09:00", version="ces_2"),
    ),
    "usage_events": (_use(40, "reports"), _use(41, "export"), _use(42, "search")),
}
_POINT_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (_contract("c1"), _contract("c2")),
    "surveys": (
        _answer(1, "csat", 80, "+20 09:00"),
        _answer(2, "ces", 81, "+20 09:00", version="ces_2"),
    ),
    "usage_events": _HEALTH_ROWS["usage_events"],
    "tickets": (
        {"ticket_id": "T1", "customer_id": "c1", "channel": "email", "status": "solved",
         "created_at": "09:00"},
    ),
    "stakeholders": (
        {"account_id": "c1", "person_id": "ann", "role": "sponsor",
         "last_contact_at": "+60 00:00"},
    ),
}  # fmt: skip

METRICS: tuple[Metric, ...] = (
    Metric(
        id="health",
        title="Customer health score",
        definition="Mean over active customers of the weighted mean of their measures from 0 to "
        "100; a measure that is not known is left out, weight and all.",
        formula=r"\mathrm{health} = \frac{\sum_{i\ \mathrm{known}} w_i s_i}"
        r"{\sum_{i\ \mathrm{known}} w_i}",
        unit="score",
        direction="up",
        basis=_HEALTH,
        statistic=Mean(),
        source="Gainsight scorecards (Σ weight × score ÷ Σ weight); library.kpi.zone",
        notes=(
            "Measures: latest satisfaction (CSAT, NPS) and effort (CES) answers, engagement "
            "score, open tickets (of customers who ever had one), relationship depth.",
            "Weights are settings; changed ones stand in the result's note.",
        ),
        example=Example(
            "A customer last answered 47 of 100 for satisfaction and 59 for ease, and its "
            "engagement score is 21 (3 days and 3 features, see eng). Nothing is known of "
            "support and relationship: (20 × 47 + 15 × 59 + 22 × 21) ÷ 57 = 40.12, not ÷ 100.",
            _HEALTH_ROWS, 2287 / 57,
        ),
    ),
    Metric(
        id="health_points",
        title="Customer health, points",
        definition="Mean over active customers of points out of 100: each measure gives its "
        "weight's share for the band it falls into (0, 25, 50, 75 or 100 % above 0, 20, 40, 60 "
        "and 80); customers with an unknown measure are left out.",
        formula=r"\sum_i w_i\, b(s_i), \quad \sum_i w_i = 100",
        unit="score",
        direction="up",
        basis=_POINTS,
        statistic=Mean(),
        source="ChurnZero, Setting up ChurnScore Factors: points total 100, the top of a range "
        "is inclusive and the bottom is not",
        notes=("Bands and weights are settings; changed ones stand in the result's note.",),
        variant_of="health",
        example=Example(
            "Satisfaction 80 is the top of its band and gets 75 % of 20 points, effort 81 all 15; "
            "engagement 21 gets 25 % of 22; no open ticket 100 % of 20; relationship 40 is the "
            "top of the second band, 25 % of 23: 15 + 15 + 5.5 + 20 + 5.75 = 61.25. A second "
            "customer, of whom answers and stakeholders are unknown, is left out.",
            _POINT_ROWS, 61.25,
        ),
    ),
)  # fmt: skip
