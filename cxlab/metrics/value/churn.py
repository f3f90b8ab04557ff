"""Churn of customers with a contract: one loss, and the denominators it is held against."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Metric
from cxlab.metrics.statistics import Ratio, Share
from cxlab.metrics.value.rows import ENDS, NOT_OVER, contracts, not_over

__all__ = ["FIVE", "FIVE_STORY", "METRICS", "closed_cohort"]

_SHOPIFY = "Shopify, Defining churn rate (the denominator problem); academy.practicalcsm.com"


def _at_start(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_active_start


def _lost(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_active_start & ~rows.fact_active_end


def closed_cohort(
    name: str, value: Callable[[ir.Table], ir.Value], needs: tuple[str, ...] = (), **more: object
) -> Basis:
    """Return the basis of the customers who were there when the period began."""
    return Basis(
        name=name,
        source="customer_periods",
        attribution=Attribution.PERIOD_START,
        population="customers with a running contract, no trial, when the period began",
        belongs=_at_start,
        value=value,
        pending=not_over,
        pending_meaning=NOT_OVER,
        needs=(ENDS, *needs),
        **more,  # type: ignore[arg-type]
    )


def _open(
    name: str,
    source: str,
    population: str,
    belongs: Callable[[ir.Table], ir.BooleanValue],
    value: Callable[[ir.Table], ir.Value],
    per: Callable[[ir.Table], ir.Value],
) -> Basis:
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.PERIOD_START,
        population=population,
        belongs=belongs,
        value=value,
        also={"per": per},
        pending=not_over,
        pending_meaning=NOT_OVER,
        needs=(ENDS,),
    )


def _number(flag: ir.BooleanValue) -> ir.FloatingValue:
    number: ir.FloatingValue = flag.cast("int64").cast("float64")
    return number


def _lost_as(kind: str | None) -> Callable[[ir.Table], ir.BooleanValue]:
    def value(rows: ir.Table) -> ir.BooleanValue:
        named = rows.fact_churn_kind
        return _lost(rows) & (named.isnull() if kind is None else (named == kind).fill_null(False))

    return value


AVERAGE = _open(
    "lost_of_average",
    "customer_periods",
    "customers who were there when the period began or when it ended",
    lambda t: t.fact_active_start | t.fact_active_end,
    lambda t: _number(_lost(t)),
    lambda t: (_number(t.fact_active_start) + _number(t.fact_active_end)) / 2,
)
ALL_LOST = _open(
    "all_lost",
    "customer_periods",
    "customers who were there at any time of the period",
    lambda t: t.customer_id.notnull(),
    lambda t: _number(~t.fact_active_end & (t.fact_active_start | t.fact_joined)),
    lambda t: _number(t.fact_active_start),
)
EVENTS = _open(
    "churn_events",
    "customer_times",
    "customers who were there at any time of the period",
    lambda t: t.customer_id.notnull(),
    lambda t: t.fact_left.cast("float64"),
    lambda t: t.fact_days / 365.25,
)

FIVE = contracts(
    {"customer_id": "A", "ended_at": "2026-01-15"},
    {"customer_id": "B"},
    {"customer_id": "C"},
    {"customer_id": "D"},
    {"customer_id": "E"},
    {"customer_id": "F", "started_at": "2026-01-10", "ended_at": "2026-01-20"},
)
FIVE_STORY = (
    "Five customers are there on 1 January. A leaves on the 15th; F comes on the 10th and leaves "
    "on the 20th, inside the month. "
)
_KINDS = contracts(
    {"customer_id": "A", "ended_at": "2026-01-15", "churn_kind": "voluntary"},
    {"customer_id": "B", "ended_at": "2026-01-20", "churn_kind": "involuntary"},
    {"customer_id": "C", "ended_at": "2026-01-20", "churn_kind": "nonrenewal"},
    {"customer_id": "D", "ended_at": "2026-01-25"},
    {"customer_id": "E"},
)
_KINDS_STORY = (
    "Of five customers A cancelled, B's card failed, C's contract was not renewed, D left and "
    "nobody noted how; E stayed. "
)

CHURN = closed_cohort("lost", _lost)


def _of_kind(kind: str | None, word: str, text: str) -> Metric:
    return Metric(
        id=f"churn_{word}",
        title=f"Customer churn, {text}",
        definition=f"Share of the customers there at the period's start who were lost by its end, "
        f"{text}; the four kinds add up to the churn.",
        formula=r"\frac{\mathrm{lost}_{k}}{\mathrm{active}_{\mathrm{start}}}",
        unit="share",
        direction="down",
        basis=closed_cohort(f"lost_{word}", _lost_as(kind), needs=("subscriptions.churn_kind",)),
        statistic=Share(),
        source="academy.practicalcsm.com, split by how the customer was lost",
        example=Example(_KINDS_STORY + "One of five: 20 %.", _KINDS, 0.2, period="2026-01"),
        variant_of="churn",
    )


METRICS: tuple[Metric, ...] = (
    Metric(
        id="churn",
        title="Customer churn",
        definition="Share of the customers there at the period's start who are not there at its "
        "end (closed cohort).",
        formula=r"\mathrm{churn} = \frac{\mathrm{active}_{\mathrm{start}} - "
        r"\mathrm{of\ these\ active}_{\mathrm{end}}}{\mathrm{active}_{\mathrm{start}}}",
        unit="share",
        direction="down",
        basis=CHURN,
        statistic=Share(),
        source=_SHOPIFY,
        notes=(
            "Who joins and leaves inside the period is not in it; who leaves and is back by its "
            "end is not lost.",
            "A trial makes nobody a customer, a pause makes nobody leave.",
            "Without a period the cohort is whoever was there when the data begin.",
        ),
        example=Example(
            FIVE_STORY + "One of the five is lost: 20 %; F is in neither number.",
            FIVE, 0.2, period="2026-01",
        ),
    ),
    Metric(
        id="churn_all_lost",
        title="Customer churn, all who left ÷ active at the start",
        definition="Customers who were there at the start or came (or came back) in the period, "
        "and are gone at its end, per customer there at the start; the same as 1 − (E − N)/S.",
        formula=r"1 - \frac{E - N}{S}",
        unit="ratio",
        direction="down",
        basis=ALL_LOST,
        statistic=Ratio(unit="customer"),
        source=_SHOPIFY,
        notes=("It counts people in the numerator that are not in the denominator, and can "
               "exceed 1.",),
        example=Example(
            FIVE_STORY + "A and F left, five were there at the start: 2 ÷ 5 = 0.4. It is no share "
            "of anybody.", FIVE, 0.4, period="2026-01",
        ),
        variant_of="churn",
    ),
    Metric(
        id="churn_average",
        title="Customer churn, lost ÷ average customers",
        definition="Customers there at the start who are lost by the end, per average of the "
        "customers at the start and at the end.",
        formula=r"\frac{\mathrm{lost}}{(\mathrm{active}_{\mathrm{start}} + "
        r"\mathrm{active}_{\mathrm{end}}) / 2}",
        unit="ratio",
        direction="down",
        basis=AVERAGE,
        statistic=Ratio(unit="customer"),
        source=_SHOPIFY,
        notes=("It falls when many customers join, though nobody stays longer.",),
        example=Example(
            FIVE_STORY + "Five at the start, four at the end: 1 ÷ 4.5 = 0.222.",
            FIVE, 1 / 4.5, period="2026-01",
        ),
        variant_of="churn",
    ),
    Metric(
        id="churn_rate",
        title="Churn rate per customer and year",
        definition="How often customers left, per year that a customer was there.",
        formula=r"\frac{\mathrm{departures}}{\mathrm{customer\ days} / 365.25}",
        unit="per_year",
        direction="down",
        basis=EVENTS,
        statistic=Ratio(unit="customer"),
        source=_SHOPIFY + "; events ÷ exposure, Rothman, Modern Epidemiology (2008), chapter 3",
        notes=("Everybody counts with the days they were there, those who join and leave inside "
               "the period too; months of 28 and 31 days compare.",),
        example=Example(
            FIVE_STORY + "Two departures in 14 + 4 × 31 + 10 = 148 customer-days: "
            "2 ÷ (148 ÷ 365.25) = 4.936 a year.",
            FIVE, 2 / (148 / 365.25), period="2026-01",
        ),
        variant_of="churn",
    ),
    _of_kind("voluntary", "voluntary", "who decided to leave"),
    _of_kind("involuntary", "involuntary", "who did not decide to leave (failed payments)"),
    _of_kind("nonrenewal", "nonrenewal", "whose contract was not renewed"),
    _of_kind(None, "kind_unknown", "of whom nobody recorded how"),
)  # fmt: skip
