"""What a new customer costs, and how long it takes to earn that back."""

from __future__ import annotations

import math

import ibis.expr.types as ir
import pandas as pd

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.statistics import Fitted, Point, Ratio
from cxlab.metrics.value.fits import NOTHING
from cxlab.metrics.value.revenue import SEVERAL_CURRENCIES
from cxlab.metrics.value.rows import NOT_OVER, Rows, contracts, not_over

__all__ = ["METRICS", "months_to"]

NEVER = "never: at this churn the margin adds up to {limit:,.0f} of {cost:,.0f}"


def _new(
    name: str, value: object, settings: tuple[str, ...] = ("value.margin_share",), **more: object
) -> Basis:
    return Basis(
        name=name,
        source="new_customers",
        attribution=Attribution.STARTED,
        population="customers whose first paying contract began in the period",
        belongs=lambda t: t.customer_id.notnull(),
        value=value,  # type: ignore[arg-type]
        exclusions=(
            SEVERAL_CURRENCIES,
            Exclusion(
                "other_currency", "costs are in another currency than the customer's revenue",
                lambda t: t.fact_mixed,
            ),
        ),
        pending=not_over,
        pending_meaning=NOT_OVER,
        needs=("costs", "subscriptions.mrr"),
        settings=settings,
        currency=lambda t: t.currency,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def _cost(rows: ir.Table) -> ir.FloatingValue:
    value: ir.FloatingValue = rows.fact_cac
    return value


def months_to(cost: float, margin: float, churn: float) -> Point:
    """Return how many monthly payments m, (1−c) m, (1−c)² m, … make up the cost.

    The first is made at once; ∞ where all of them together, m ÷ c, do not reach it.

    >>> months_to(1200, 112.5, 0.0).value
    11.0
    >>> months_to(1200, 112.5, 0.1)[::3]
    (inf, 'never: at this churn the margin adds up to 1,125 of 1,200')
    """
    if not margin > 0:
        return Point(math.inf, NOTHING, NOTHING, NEVER.format(limit=0.0, cost=cost))
    if churn == 0:
        return Point(float(math.ceil(round(cost / margin, 9))), NOTHING, NOTHING)
    limit = margin / churn
    if cost > limit * (1 - 1e-12):
        return Point(math.inf, NOTHING, NOTHING, NEVER.format(limit=limit, cost=cost))
    if churn == 1:
        return Point(1.0, NOTHING, NOTHING)
    months = math.log1p(-cost / limit) / math.log1p(-churn)
    return Point(float(max(math.ceil(round(months, 9)), 1)), NOTHING, NOTHING)


def at_churn(cells: pd.DataFrame) -> Point:
    """Return the payback in months at the cohort's own monthly churn.

    Cells: `gone`; sums: `cost`, `margin` (of a month), `there` (months).
    """
    rows = float(cells["rows"].sum())
    lost = float(cells.loc[cells["gone"].astype(bool), "rows"].sum())
    cost, margin, there = (float(cells[c].sum()) for c in ("cost", "margin", "there"))
    return months_to(cost / rows, margin / rows, min(lost / there, 1.0))


def observed(cells: pd.DataFrame) -> Point:
    """Return the first month in which the cohort's margin to date reached its cost.

    Cells: `paid` and `seen` months; sums: `cost`, `margin` (of a month). Month k is averaged
    over the customers that can have reached it.
    """
    cost = float(cells["cost"].sum()) / float(cells["rows"].sum())
    total, last = 0.0, int(cells["seen"].max())
    for month in range(1, last + 1):
        can = cells[cells["seen"] >= month]
        total += float(can.loc[can["paid"] >= month, "margin"].sum()) / float(can["rows"].sum())
        if total >= cost * (1 - 1e-12):
            return Point(float(month), NOTHING, NOTHING)
    if (cells["paid"] < cells["seen"]).all():
        why = f"never: all have left, and brought {total:,.0f} of {cost:,.0f} each"
        return Point(math.inf, NOTHING, NOTHING, why)
    why = f"not yet: {total:,.0f} of {cost:,.0f} after {last} months"
    return Point(NOTHING, NOTHING, NOTHING, why)


_NO_INTERVAL = "costs are no sample"
_COSTS = tuple(
    {"period_start": "2025-12-01", "period_end": "2026-01-01", "centre": centre, "amount": amount}
    for centre, amount in (("sales", 1800.0), ("marketing", 600.0), ("support", 5000.0))
)
_ROWS: Rows = {
    **contracts(
        {"customer_id": "A", "mrr": 200.0, "started_at": "2026-01-05"},
        {"customer_id": "B", "mrr": 100.0, "started_at": "2026-01-20"},
        {"customer_id": "C", "mrr": 500.0},
    ),
    "costs": _COSTS,
}
_STORY = (
    "Sales and marketing cost 2,400 in December. In January A (200 a month) and B (100) began; C "
    "was there before: 1,200 for each new customer, who pays 150 on average. "
)


def _left(*ends: str | None) -> Rows:
    return {
        **contracts(
            *(
                {"customer_id": who, "mrr": 150.0, "started_at": "2025-01-01", "ended_at": end}
                for who, end in zip("ABCD", ends, strict=True)
            )
        ),
        "costs": (
            {"period_start": "2024-12-01", "period_end": "2025-01-01", "centre": "sales",
             "amount": 1600.0},
        ),
    }  # fmt: skip


# Monthly payments begun by 1 July: A one, B two, C and D six each.
_COHORT = _left("2025-01-31", "2025-02-28", None, None)
# Days there until 1 July: 30, 58, 181 and 181; two departures.
_MONTHS = (30 + 58 + 181 + 181) / (365.25 / 12)
_BOARD = "SaaS Metrics Standards Board (gross-margin-adjusted); library.kpi.zone"

METRICS: tuple[Metric, ...] = (
    Metric(
        id="cac",
        title="CAC payback",
        definition="Sales and marketing cost of the period before, per monthly gross margin of the "
        "customers won in the period.",
        formula=r"\frac{\mathrm{S\&M}_{t-1}}{n_{\mathrm{new}} \cdot \mathrm{ARPA} \cdot "
        r"\mathrm{margin}}",
        unit="months",
        direction="down",
        basis=_new("payback", _cost, also={"per": lambda t: t.fact_margin}),
        statistic=Ratio(unit="customer", no_interval=_NO_INTERVAL),
        source=_BOARD,
        notes=(
            "As if nobody ever left; cac_churn and cac_cohort say whether it is ever paid back.",
            "The margin is a setting (value.margin_share, 75 %). All new customers share the cost "
            "(blended), so a segment's number differs by revenue alone.",
            "A cost belongs to the period that its middle lies in; the period before is as long "
            "as the report's.",
        ),
        example=Example(
            _STORY + "1,200 ÷ (150 × 75 %) = 10.7 months.", _ROWS, 2400 / (300 * 0.75),
            period="2026-01",
        ),
    ),
    Metric(
        id="cac_revenue",
        title="CAC payback on revenue",
        definition="Sales and marketing cost of the period before, per monthly revenue of the "
        "customers won in the period.",
        formula=r"\frac{\mathrm{S\&M}_{t-1}}{n_{\mathrm{new}} \cdot \mathrm{ARPA}}",
        unit="months",
        direction="down",
        basis=_new("payback_revenue", _cost, (), also={"per": lambda t: t.fact_mrr}),
        statistic=Ratio(unit="customer", no_interval=_NO_INTERVAL),
        source="library.kpi.zone (from revenue)",
        notes=("Revenue pays for the service first: on margin it takes a third longer here.",),
        example=Example(_STORY + "1,200 ÷ 150 = 8.0 months.", _ROWS, 8.0, period="2026-01"),
        variant_of="cac",
    ),
    Metric(
        id="cac_cost",
        title="Customer acquisition cost",
        definition="Sales and marketing cost of the period before, per customer won in the period.",
        formula=r"\frac{\mathrm{S\&M}_{t-1}}{n_{\mathrm{new}}}",
        unit="money",
        direction="down",
        basis=_new("acquisition_cost", _cost, (), also={"per": lambda t: t.fact_mrr * 0.0 + 1.0}),
        statistic=Ratio(unit="customer", no_interval=_NO_INTERVAL),
        source="academy.practicalcsm.com (CAC)",
        example=Example(_STORY + "2,400 ÷ 2 = 1,200.", _ROWS, 1200.0, period="2026-01"),
        variant_of="cac",
    ),
    Metric(
        id="cac_churn",
        title="CAC payback with churn",
        definition="Monthly payments that make up the cost of acquisition when each month the "
        "cohort's own share leaves; infinite when they never do.",
        formula=r"\min \left\{ k : m\, \frac{1 - (1-c)^k}{c} \ge \mathrm{CAC} \right\}",
        unit="months",
        direction="down",
        basis=_new(
            "payback_churn", _cost,
            also={"gone": lambda t: t.fact_gone, "cost": _cost, "margin": lambda t: t.fact_margin,
                  "there": lambda t: t.fact_months_there},
        ),
        statistic=Fitted("payback at the cohort's churn", f"none ({_NO_INTERVAL})", ("gone",),
                         at_churn, ("cost", "margin", "there")),
        source="geometric retention; library.kpi.zone (time to recoup)",
        notes=("At 10 % a month a customer who brings 112.50 a month brings 1,125 in all: 1,200 "
               "are never paid back, though 1,200 ÷ 112.50 is 10.7 months.",
               "Who goes on without paying has left: only payments pay anything back."),
        example=Example(
            "Four customers for 400 each bring 112.50 a month. Two have left in "
            "(30 + 58 + 181 + 181) days = 14.78 months: 13.5 % a month, 831 in all. After four "
            "payments it is 366, after five 429.",
            _COHORT, 5.0, period="2025-01", as_of="2025-07-01",
        ),
        variant_of="cac",
    ),
    Metric(
        id="cac_cohort",
        title="CAC payback as observed",
        definition="First month in which the margin that a cohort of new customers brought reached "
        "what they cost; infinite when all left before.",
        formula=r"\min \left\{ k : \sum_{j=1}^{k} \overline{m}_j \ge \mathrm{CAC} \right\}",
        unit="months",
        direction="down",
        basis=_new(
            "payback_cohort", _cost,
            also={"paid": lambda t: t.fact_paid_months, "seen": lambda t: t.fact_seen_months,
                  "cost": _cost, "margin": lambda t: t.fact_margin},
        ),
        statistic=Fitted("first month paid back", f"none ({_NO_INTERVAL})", ("paid", "seen"),
                         observed, ("cost", "margin")),
        source="library.kpi.zone (time to recoup), observed in the cohort",
        notes=("Not yet paid back is undefined, with how far it got in the note.",
               "A customer pays at the start of each month, at the price it began with."),
        example=Example(
            "Four customers for 400 each bring 112.50 a month. A leaves after one payment, B after "
            "two, C and D stay: 112.50, 84.38 and then 56.25 a month each; 112.50 + 84.38 + "
            "4 × 56.25 = 421.88 is the first to reach 400: month 6.",
            _COHORT, 6.0, period="2025-01", as_of="2025-07-01",
        ),
        variant_of="cac",
    ),
)  # fmt: skip
