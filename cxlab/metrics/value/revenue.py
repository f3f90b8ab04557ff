"""Recurring revenue kept, lost and grown, of the customers there when the period began."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.facts import at_most
from cxlab.metrics.statistics import Fitted, Mean, Ratio, Share
from cxlab.metrics.value.fits import compounded
from cxlab.metrics.value.rows import ENDS, NOT_OVER, Rows, contracts, not_over

__all__ = ["METRICS", "SEVERAL_CURRENCIES"]

Value = Callable[[ir.Table], ir.Value]

SEVERAL_CURRENCIES = Exclusion(
    "several_currencies",
    "the customer pays in several currencies, which are no sum",
    lambda t: t.fact_currencies > 1,
)
_BOARD = "SaaS Metrics Standards Board (closed start cohort, new customers left out)"


def _paying(rows: ir.Table) -> ir.BooleanValue:
    """Customers who paid when the period began; unknown revenue stays in, to be counted out."""
    return (rows.fact_mrr_start > 0).fill_null(True) & _there(rows)


def _there(rows: ir.Table) -> ir.BooleanValue:
    known: ir.BooleanValue = (
        rows.fact_active_start
        if "fact_active_start" in rows.columns
        else rows.fact_mrr_start.notnull()
    )
    return known


def _basis(
    name: str,
    value: Value,
    per: Value | None = None,
    source: str = "customer_periods",
    belongs: Value = _paying,
    population: str = "customers who paid recurring revenue when the period began",
) -> Basis:
    booked = source == "booked_periods"
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.PERIOD_START,
        population=population,
        belongs=belongs,
        value=value,
        also={} if per is None else {"per": per},
        exclusions=(SEVERAL_CURRENCIES,),
        pending=not_over,
        pending_meaning=NOT_OVER,
        needs=("mrr_movements",) if booked else ("subscriptions.mrr", ENDS),
        currency=lambda t: t.currency,
    )


def _kept(rows: ir.Table) -> ir.NumericValue:
    """Revenue at the end, of each customer at most what it paid at the start."""
    return at_most(rows.fact_mrr_end, rows.fact_mrr_start)


def _start(rows: ir.Table) -> ir.FloatingValue:
    value: ir.FloatingValue = rows.fact_mrr_start
    return value


def _end(rows: ir.Table) -> ir.FloatingValue:
    value: ir.FloatingValue = rows.fact_mrr_end
    return value


def _lost(rows: ir.Table) -> ir.FloatingValue:
    value: ir.FloatingValue = rows.fact_active_end.ifelse(0.0, rows.fact_mrr_start)
    return value


def _monthly(name: str, kept: Value) -> Basis:
    return Basis(
        name=name,
        source="customer_months",
        attribution=Attribution.HAPPENED,
        population="customers who paid when a month of the period began, once for each month",
        belongs=_paying,
        value=_end,
        also={"month": lambda t: t.fact_at, "kept": kept, "start": _start},
        exclusions=(SEVERAL_CURRENCIES,),
        pending=not_over,
        pending_meaning="the month is not over at the cut-off",
        needs=("subscriptions.mrr", ENDS),
        currency=lambda t: t.currency,
    )


def _grew(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_mrr_end > rows.fact_mrr_start


EXPANDED = "customers who paid when the period began and pay more when it ends"
_MRR = contracts(
    {"customer_id": "A", "mrr": 50.0, "ended_at": "2026-01-15"},
    {"customer_id": "A", "mrr": 65.0, "started_at": "2026-01-15"},
    {"customer_id": "B", "mrr": 30.0},
    {"customer_id": "C", "mrr": 20.0, "ended_at": "2026-01-20"},
    {"customer_id": "D", "mrr": 40.0, "started_at": "2026-01-10"},
)
_STORY = (
    "On 1 January A pays 50 a month, B 30 and C 20: 100 together. A goes up to 65, C leaves, D "
    "comes and pays 40. "
)
_BOOKED: Rows = {
    "customers": tuple({"customer_id": i} for i in "ABCD"),
    "mrr_movements": tuple(
        {"customer_id": who, "at": at, "kind": kind, "amount": amount}
        for who, at, kind, amount in (
            ("A", "2025-12-01", "new", 50.0),
            ("B", "2025-12-01", "new", 30.0),
            ("C", "2025-12-01", "new", 20.0),
            ("A", "2026-01-01", "expansion", 15.0),
            ("C", "2026-01-01", "churn", 20.0),
            ("D", "2026-01-01", "new", 40.0),
        )
    ),
}
_BOOKED_STORY = (
    "Until December 50, 30 and 20 were booked as new for A, B and C. In January 15 are booked as "
    "expansion of A, 20 as churn of C and 40 as new for D. "
)
# 100 → 50 → 100 of one customer, 100 → 100 → 100 of another.
_SWING = contracts(
    {"customer_id": "A", "mrr": 100.0, "ended_at": "2026-01-10"},
    {"customer_id": "A", "mrr": 50.0, "started_at": "2026-01-10", "ended_at": "2026-02-10"},
    {"customer_id": "A", "mrr": 100.0, "started_at": "2026-02-10"},
    {"customer_id": "B", "mrr": 100.0},
    {"customer_id": "C", "mrr": 100.0, "started_at": "2026-01-10", "ended_at": "2026-02-10"},
)
_SWING_STORY = (
    "A and B pay 100 each on 1 January. A goes down to 50 in January and back up to 100 in "
    "February; C comes in January with 100 and leaves in February. "
)


def _ratio(
    metric_id: str,
    title: str,
    definition: str,
    formula: str,
    basis: Basis,
    example: Example,
    unit: str,
    direction: str = "up",
    variant_of: str = "",
    notes: tuple[str, ...] = (),
) -> Metric:
    return Metric(
        id=metric_id, title=title, definition=definition, formula=formula, unit=unit,
        direction=direction, basis=basis, statistic=Ratio(unit="customer"), source=_BOARD,
        notes=notes, example=example, variant_of=variant_of,
    )  # fmt: skip


_GRR_FORMULA = r"\frac{\sum_i \min(\mathrm{end}_i, \mathrm{start}_i)}{\sum_i \mathrm{start}_i}"
_NRR_FORMULA = r"\frac{\sum_i \mathrm{end}_i}{\sum_i \mathrm{start}_i}"

METRICS: tuple[Metric, ...] = (
    _ratio(
        "grr", "Gross revenue retention",
        "Revenue at the period's end of the customers who paid at its start, of each at most what "
        "it paid then, per revenue at the start.",
        _GRR_FORMULA, _basis("grr", _kept, _start),
        Example(_STORY + "50 + 30 + 0 = 80 of 100: 80 %. Capped in total instead of per customer "
                "it would be 95 %.", _MRR, 0.8, period="2026-01"),
        unit="share",
        notes=("The cap is on each customer: growth of one never hides the loss of another.",),
    ),
    _ratio(
        "nrr", "Net revenue retention",
        "Revenue at the period's end of the customers who paid at its start, per revenue at the "
        "start; new customers are left out.",
        _NRR_FORMULA, _basis("nrr", _end, _start),
        Example(_STORY + "65 + 30 + 0 = 95 of 100; D is in neither sum.", _MRR, 0.95,
                period="2026-01"),
        unit="rate",
    ),
    _ratio(
        "nrr_with_new", "Revenue at the end ÷ revenue at the start",
        "Revenue of all customers at the period's end, new ones too, per revenue at its start.",
        r"\frac{\sum_{\mathrm{all}} \mathrm{end}_i}{\sum_i \mathrm{start}_i}",
        _basis("growth", _end, _start, belongs=lambda t: t.customer_id.notnull(),
               population="customers who were there at any time of the period"),
        Example(_STORY + "65 + 30 + 40 = 135 of 100: growth, that hides the loss of C.", _MRR,
                1.35, period="2026-01"),
        unit="rate",
        variant_of="nrr",
        notes=("Growth, not retention: new customers leak in.",),
    ),
    _ratio(
        "churn_revenue", "Revenue churn",
        "Revenue at the period's start of the customers who are gone at its end, per revenue at "
        "the start.",
        r"\frac{\sum_{\mathrm{lost}} \mathrm{start}_i}{\sum_i \mathrm{start}_i}",
        _basis("revenue_lost", _lost, _start),
        Example(_STORY + "C's 20 of 100: 20 %, with one customer of three.", _MRR, 0.2,
                period="2026-01"),
        unit="share", direction="down", variant_of="churn",
    ),
    _ratio(
        "grr_booked", "Gross revenue retention, from booked movements",
        "As grr, with each customer's revenue added up from the booked movements.",
        _GRR_FORMULA, _basis("grr_booked", _kept, _start, source="booked_periods"),
        Example(_BOOKED_STORY + "50 + 30 + 0 = 80 of 100.", _BOOKED, 0.8, period="2026-01"),
        unit="share", variant_of="grr",
        notes=("A movement counts from its instant on: one on 1 January is January's.",),
    ),
    _ratio(
        "nrr_booked", "Net revenue retention, from booked movements",
        "As nrr, with each customer's revenue added up from the booked movements.",
        _NRR_FORMULA, _basis("nrr_booked", _end, _start, source="booked_periods"),
        Example(_BOOKED_STORY + "65 + 30 + 0 = 95 of 100.", _BOOKED, 0.95, period="2026-01"),
        unit="rate",
        variant_of="nrr",
        notes=("A movement counts from its instant on: one on 1 January is January's.",),
    ),
    Metric(
        id="nrr_compounded",
        title="Net revenue retention, months compounded",
        definition="Product of the net revenue retention of each month of the period.",
        formula=r"\prod_{m} \frac{\sum_i \mathrm{end}_{i,m}}{\sum_i \mathrm{start}_{i,m}}",
        unit="rate",
        direction="up",
        basis=_monthly("nrr_months", _end),
        statistic=Fitted("product of monthly ratios", "none (months share customers)", ("month",),
                         compounded, ("kept", "start")),
        source=_BOARD + ", chained by month",
        notes=("Each month has a cohort of its own: customers won in the period count from the "
               "next month on. n counts customers once a month.",),
        example=Example(
            _SWING_STORY + "January: 150 of 200; February: 200 of the 250 that A, B and C paid: "
            "0.75 × 0.8 = 0.6. Point to point it is 200 of 200: 1.",
            _SWING, 0.6, by="quarter", as_of="2026-03-01", group={"quarter": "2026-Q1"},
        ),
        variant_of="nrr",
    ),
    Metric(
        id="grr_compounded",
        title="Gross revenue retention, months compounded",
        definition="Product of the gross revenue retention of each month of the period.",
        formula=r"\prod_{m} \frac{\sum_i \min(\mathrm{end}_{i,m}, \mathrm{start}_{i,m})}"
        r"{\sum_i \mathrm{start}_{i,m}}",
        unit="share",
        direction="up",
        basis=_monthly("grr_months", _kept),
        statistic=Fitted("product of monthly ratios", "none (months share customers)", ("month",),
                         compounded, ("kept", "start")),
        source=_BOARD + ", chained by month",
        notes=("A loss that is made good later stays a loss, as it does not point to point.",),
        example=Example(
            _SWING_STORY + "January: 150 of 200; February: 50 + 100 + 0 of 250: "
            "0.75 × 0.6 = 0.45. Point to point it is 1.",
            _SWING, 0.45, by="quarter", as_of="2026-03-01", group={"quarter": "2026-Q1"},
        ),
        variant_of="grr",
    ),
    Metric(
        id="arpx",
        title="Expansion revenue per customer that expanded",
        definition="Mean growth of monthly revenue over the period, of the customers who pay more "
        "at its end than at its start.",
        formula=r"\frac{\sum_{i \in X} (\mathrm{end}_i - \mathrm{start}_i)}{|X|}",
        unit="money",
        direction="up",
        basis=_basis("expansion", lambda t: t.fact_mrr_end - t.fact_mrr_start,
                     belongs=lambda t: _paying(t) & _grew(t), population=EXPANDED),
        statistic=Mean(),
        source="library.kpi.zone (average revenue per expansion account)",
        example=Example(_STORY + "Only A expanded: 15.", _MRR, 15.0, period="2026-01"),
    ),
    Metric(
        id="arpx_total",
        title="Revenue per customer that expanded",
        definition="Mean monthly revenue at the period's end of the customers who pay more then "
        "than at its start.",
        formula=r"\frac{\sum_{i \in X} \mathrm{end}_i}{|X|}",
        unit="money",
        direction="up",
        basis=_basis("expanded_total", _end, belongs=lambda t: _paying(t) & _grew(t),
                     population=EXPANDED),
        statistic=Mean(),
        source="library.kpi.zone (revenue from accounts that expanded)",
        example=Example(_STORY + "Only A expanded: it pays 65.", _MRR, 65.0, period="2026-01"),
        variant_of="arpx",
    ),
    Metric(
        id="upsell",
        title="Upsell rate",
        definition="Share of the customers who paid at the period's start that pay more at its "
        "end.",
        formula=r"\frac{\left|\{ i : \mathrm{end}_i > \mathrm{start}_i \}\right|}"
        r"{\left|\{ i : \mathrm{start}_i > 0 \}\right|}",
        unit="share",
        direction="up",
        basis=_basis("upsell", _grew),
        statistic=Share(),
        source="academy.practicalcsm.com (upsell)",
        example=Example(_STORY + "A of A, B and C: one third.", _MRR, 1 / 3, period="2026-01"),
        variant_of="xsell",
    ),
)  # fmt: skip
