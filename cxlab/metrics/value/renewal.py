"""Renewals: of the contracts that came up, how many went on, and what they are worth."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.statistics import Mean, Ratio, Share
from cxlab.metrics.value.rows import ENDS, contracts

__all__ = ["METRICS"]

_RECORDED = "renewals are not recorded: a contract that runs on past its due date is renewed"


def _due(name: str, value: object, needs: tuple[str, ...] = (), **more: object) -> Basis:
    return Basis(
        name=name,
        source="contracts_due",
        attribution=Attribution.DUE,
        population="contracts, no trials, that were due for renewal in the period, whenever "
        "they were renewed",
        belongs=lambda t: t.subscription_id.notnull(),
        value=value,  # type: ignore[arg-type]
        pending=lambda t: ~t.fact_known,
        pending_meaning="the grace after the due date (a setting, 30 days) is not over",
        needs=("subscriptions.due_at", ENDS, *needs),
        assumes={"subscriptions.renewed_at": _RECORDED},
        settings=("value.renewal_grace_days",),
        **more,  # type: ignore[arg-type]
    )


def _renewed_value(rows: ir.Table) -> ir.FloatingValue:
    value: ir.FloatingValue = rows.fact_renewed.ifelse(rows.mrr, 0.0)
    return value


_ROWS = contracts(
    {"customer_id": "A", "mrr": 100.0, "due_at": "2026-01-10", "renewed_at": "2025-12-20",
     "ended_at": "2026-01-10"},
    {"customer_id": "B", "mrr": 40.0, "due_at": "2026-01-20", "renewed_at": "2026-01-30"},
    {"customer_id": "C", "mrr": 60.0, "due_at": "2026-01-15", "ended_at": "2026-01-15"},
    {"customer_id": "D", "mrr": 50.0, "due_at": "2026-02-20"},
)  # fmt: skip
_ROWS["subscriptions"] += (
    {"subscription_id": "s1", "customer_id": "A", "started_at": "2026-01-10", "ended_at": None,
     "mrr": 110.0, "due_at": "2027-01-10"},
)  # fmt: skip
_STORY = (
    "Due in January: A (100 a month), renewed in December already, at 110; B (40), renewed ten "
    "days late, within the grace; C (60), which ended. D is due in February and pending. "
)
_SOURCE = "library.kpi.zone (renewal rate); due in the period, after grace"

METRICS: tuple[Metric, ...] = (
    Metric(
        id="renew",
        title="Renewal rate",
        definition="Share of the contracts due in the period that were renewed by the end of the "
        "grace after the due date.",
        formula=r"\frac{\mathrm{renewed}}{\mathrm{due}}",
        unit="share",
        direction="up",
        basis=_due("renewed", lambda t: t.fact_renewed),
        statistic=Share(),
        source=_SOURCE,
        notes=(
            "An early renewal counts in the period of the due date, a contract ended early as due "
            "and not renewed.",
            "A contract is pending until its grace is over even if it was renewed before: else "
            "the young ones would all be renewals.",
            "Contracts of one customer due on one day count one by one.",
            "A contract whose price changes before its due date is due once, at the last price.",
        ),
        example=Example(_STORY + "Two of three: 66.7 %.", _ROWS, 2 / 3, period="2026-01"),
    ),
    Metric(
        id="renew_value",
        title="Renewal rate by value",
        definition="Monthly revenue due in the period that was renewed, per revenue due.",
        formula=r"\frac{\sum_{\mathrm{renewed}} \mathrm{mrr}_i}"
        r"{\sum_{\mathrm{due}} \mathrm{mrr}_i}",
        unit="share",
        direction="up",
        basis=_due(
            "renewed_value", _renewed_value, also={"per": lambda t: t.mrr},
            needs=("subscriptions.mrr",), currency=lambda t: t.currency,
        ),
        statistic=Ratio(unit="contract"),
        source=_SOURCE,
        notes=("A contract counts with what was due, not with the new price.",),
        example=Example(
            _STORY + "100 + 40 of 200: 70 %.", _ROWS, 0.7, period="2026-01"
        ),
        variant_of="renew",
    ),
    Metric(
        id="acv",
        title="Annual contract value of renewals",
        definition="Mean yearly value of the contracts that were due in the period and renewed, at "
        "the price after renewal.",
        formula=r"\frac{\sum_{\mathrm{renewed}} 12\, \mathrm{mrr}_i}{n_{\mathrm{renewed}}}",
        unit="money",
        direction="up",
        basis=_due(
            "renewal_acv", lambda t: 12 * t.fact_mrr_next,
            exclusions=(
                Exclusion(
                    "not_renewed", "due, and not renewed",
                    lambda t: t.fact_known & ~t.fact_renewed,
                ),
            ),
            needs=("subscriptions.mrr",), currency=lambda t: t.currency,
        ),
        statistic=Mean(),
        source="academy.practicalcsm.com (average contract value of renewals)",
        notes=("A contract over several years counts with one year.",),
        example=Example(
            _STORY + "12 × 110 and 12 × 40, on average 900.", _ROWS, 900.0, period="2026-01"
        ),
    ),
)  # fmt: skip
