"""Metrics of engagement: one score from several activities, and activity after a renewal."""

from __future__ import annotations

from dataclasses import replace

from cxlab.metrics.declaration import Attribution, Basis, Example, Metric
from cxlab.metrics.sources.success import FOLLOW_DAYS
from cxlab.metrics.statistics import Mean, Share

__all__ = ["METRICS"]

_LACKING = {
    "usage_events": "use is not recorded: days active and features are left out of the score",
    "usage_events.is_automated": "programs are not told apart from people",
    "transactions": "orders are not recorded: left out of the score",
    "messages": "messages are not recorded: left out of the score",
    "surveys": "survey answers are not recorded: left out of the score",
    "advocacy_acts": "acts of advocacy are not recorded: left out of the score",
    "subscriptions": "who left is not recorded: every customer acquired counts as active",
}

_SCORE = Basis(
    name="engagement",
    source="engaged",
    attribution=Attribution.PERIOD_END,
    population="customers active at the period's end",
    belongs=lambda t: t.fact_window_start.notnull(),
    value=lambda t: t.fact_engagement,
    pending=lambda t: ~t.fact_window_over,
    pending_meaning="the period is not over at the cut-off",
    needs=(
        "subscriptions|customers",
        "usage_events|transactions|messages|surveys|advocacy_acts",
    ),
    assumes=_LACKING,
    settings=("engagement",),
)
_AFTER_RENEWAL = Basis(
    name="active_after_renewal",
    source="renewals",
    attribution=Attribution.HAPPENED,
    population="renewals of contracts in the period",
    belongs=lambda t: t.fact_at.notnull(),
    value=lambda t: t.fact_active,
    pending=lambda t: ~t.fact_mature,
    pending_meaning=f"renewed less than {FOLLOW_DAYS} days before the cut-off",
    needs=("subscriptions.renewed_at", "usage_events"),
    assumes={"usage_events.is_automated": "programs are not told apart from people"},
)


def _use(customer: str, at: str, feature: str, **more: object) -> dict[str, object]:
    return {"customer_id": customer, "at": at, "feature": feature, **more}


def _contract(customer: str, **more: object) -> dict[str, object]:
    return {
        "subscription_id": f"s-{customer}", "customer_id": customer, "started_at": "2025-01-01",
        **more,
    }  # fmt: skip


_ROWS: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (
        _contract("c1"), _contract("c2"), _contract("c3"), _contract("c4", ended_at="+10 00:00"),
    ),
    "usage_events": (
        _use("c1", "+40 09:00", "reports"),
        _use("c1", "+41 09:00", "export"),
        _use("c1", "+42 09:00", "search"),
        _use("c1", "+5 09:00", "alerts"),
        _use("c2", "+50 09:00", "reports"),
        _use("c2", "+51 09:00", "reports", is_automated=True),
        _use("c4", "+5 09:00", "reports"),
    ),
}  # fmt: skip
_STORY = (
    "In the 30 days before 1 March customer 1 was active on 3 days (of 20 for full marks) and "
    "used 3 features (of 10); customer 2 on 1 day with 1 feature, a program's call aside; customer "
    "3 did nothing, customer 4 had left. The log has no orders, messages, answers or acts: only "
    "days active (weight 30) and features (20) count. "
)
_EXAMPLE = Example(_STORY, _ROWS, 28 / 3, period="2026-02")
_NOTES = (
    "Weights and full marks are settings (a TOML file); changed ones make another version of the "
    "score and stand in the note of each result.",
    "An activity that no customer of the log has shown up to the period is taken as not recorded, "
    "not as 0.",
)

_RENEWED: dict[str, tuple[dict[str, object], ...]] = {
    "subscriptions": (
        _contract("c1", renewed_at="10:00"),
        _contract("c2", renewed_at="10:00"),
        _contract("c3", renewed_at="10:00"),
        _contract("c4", renewed_at="+45 10:00"),
    ),
    "usage_events": (
        _use("c1", "+30 10:00", "reports"),
        _use("c2", "10:00", "reports"),
        _use("c2", "+30 10:00:01", "reports"),
        _use("c3", "+2 10:00", "reports", is_automated=True),
    ),
}

METRICS: tuple[Metric, ...] = (
    Metric(
        id="eng",
        title="Customer engagement score",
        definition="Mean over active customers of the weighted share of full marks that each "
        "reached in several activities in the 30 days before the period's end.",
        formula=r"\mathrm{eng} = 100\, \frac{\sum_i w_i \min(1, x_i / c_i)}{\sum_i w_i}",
        unit="score",
        direction="up",
        basis=_SCORE,
        statistic=Mean(),
        source="court323.com (several activities in one score; the formula varies)",
        notes=_NOTES,
        example=replace(
            _EXAMPLE,
            story=_STORY + "100 × (30 × 0.15 + 20 × 0.3) ÷ 50 = 21, "
            "100 × (30 × 0.05 + 20 × 0.1) ÷ 50 = 7 and 0: mean 9.33.",
        ),
    ),
    Metric(
        id="eng_rank",
        title="Customer engagement, percentile ranks",
        definition="Mean of each customer's weighted percentile rank among all active customers; "
        "equal customers share the middle of their ranks.",
        formula=r"100\, \frac{\sum_i w_i\, r_i}{\sum_i w_i}, \quad "
        r"r_i = \frac{\left|\{ j : x_j < x_i \}\right| + "
        r"\frac{1}{2} \left|\{ j : x_j = x_i \}\right|}{n}",
        unit="score",
        direction="up",
        basis=replace(_SCORE, name="engagement_rank", value=lambda t: t.fact_rank_score),
        statistic=Mean(),
        source="court323.com; ranks need no full marks",
        notes=(
            "Over all customers it is always 50: ask it by segment, tier or customer.", *_NOTES,
        ),
        variant_of="eng",
        example=replace(
            _EXAMPLE,
            story=_STORY + "In both activities the ranks are (2 + ½) ÷ 3, (1 + ½) ÷ 3 and "
            "½ ÷ 3: 83.3, 50 and 16.7, whose mean is 50 by construction.",
            value=50.0,
        ),
    ),
    Metric(
        id="eng_z",
        title="Customer engagement, standardised",
        definition="Mean of each customer's weighted z-scores among all active customers, as a "
        "T-score: 50 is the average customer, 10 points are one standard deviation.",
        formula=r"50 + 10\, \frac{\sum_i w_i\, (x_i - \overline{x}_i) / s_i}{\sum_i w_i}",
        unit="score",
        direction="up",
        basis=replace(_SCORE, name="engagement_z", value=lambda t: t.fact_t_score),
        statistic=Mean(),
        source="court323.com; T-scores after W. A. McCall, How to Measure in Education (1922)",
        notes=(
            "Over all customers it is 50 unless a score is clipped at 0 or 100: ask it by segment, "
            "tier or customer.", *_NOTES,
        ),
        variant_of="eng",
        example=replace(
            _EXAMPLE,
            story=_STORY + "Both activities are 3, 1 and 0: mean 4 ÷ 3, deviations 1.336, −0.267 "
            "and −1.069: T-scores 63.4, 47.3 and 39.3, whose mean is 50.",
            value=50.0,
        ),
    ),
    Metric(
        id="pr_eng",
        title="Post-renewal engagement",
        definition="Share of renewals whose customer used the product within the 30 days after, "
        "the renewal's own instant left out; programs do not count.",
        formula=r"\frac{\left|\{ i : \exists\, t \in (r_i, r_i + 30\,\mathrm{d}] \}\right|}"
        r"{n_{\mathrm{renewed,\ older\ than\ 30\,d}}}",
        unit="share",
        direction="up",
        basis=_AFTER_RENEWAL,
        statistic=Share(),
        source="library.kpi.zone, post-renewal engagement (window 30 days)",
        example=Example(
            "Three contracts were renewed on Monday at 10:00. Customer 1 comes back exactly 30 "
            "days later, which counts; customer 2 at 10:00 sharp and one second after the 30 "
            "days, which does not; for customer 3 only a program called. A fourth was renewed "
            "15 days before the cut-off: pending. 1 ÷ 3.",
            _RENEWED, 1 / 3,
        ),
    ),
)  # fmt: skip
