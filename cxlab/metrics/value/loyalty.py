"""Repeat purchases and new products of customers who buy without a contract."""

from __future__ import annotations

from collections.abc import Callable

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.sources.value.orders import COHORT_DAYS
from cxlab.metrics.statistics import Ratio, Share
from cxlab.metrics.value.revenue import SEVERAL_CURRENCIES
from cxlab.metrics.value.rows import NOT_OVER, not_over, orders

__all__ = ["METRICS"]

Value = Callable[[ir.Table], ir.Value]


def _buying(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_days_bought >= 1


def _existing(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_existing


def _unknown_product(rows: ir.Table) -> ir.BooleanValue:
    return rows.fact_unknown_products & (rows.fact_new_products == 0)


def _periods(name: str, population: str, belongs: Value, value: Value, **more: object) -> Basis:
    return Basis(
        name=name,
        source="buyer_periods",
        attribution=Attribution.PERIOD_START,
        population=population,
        belongs=belongs,
        value=value,
        pending=not_over,
        pending_meaning=NOT_OVER,
        **more,  # type: ignore[arg-type]
    )


_UNKNOWN = Exclusion(
    "product_unknown", "bought something that nobody recorded, and nothing known to be new",
    _unknown_product,
)  # fmt: skip

_ORDERS = orders(
    ("A", "2026-01-05", 10.0), ("A", "2026-01-20", 10.0),
    ("B", "2026-01-07", 10.0),
    ("C", "2026-01-08", 10.0), ("C", "2026-01-08", 5.0),
)  # fmt: skip
_LATER = orders(
    ("A", "2025-01-01", 10.0), ("A", "2025-12-01", 10.0), ("B", "2025-01-01", 10.0),
    ("B", "2026-02-01", 10.0), ("C", "2026-01-08", 10.0),
)  # fmt: skip
_CROSS = orders(
    ("A", "2025-12-05", 10.0), ("A", "2026-01-05", 30.0), ("A", "2026-01-06", 10.0),
    ("B", "2025-12-05", 10.0), ("B", "2026-01-05", 20.0),
    ("C", "2025-12-05", 10.0),
    ("D", "2026-01-05", 10.0), ("D", "2026-01-09", 10.0),
)  # fmt: skip
_CROSS["transactions"] = tuple(
    {**row, "product": product}
    for row, product in zip(_CROSS["transactions"], "xyxxxxxy", strict=True)
)
_CROSS_STORY = (
    "A, B and C bought product x in December. In January A buys y for 30 and x for 10, B x for 20, "
    "C nothing; D comes and buys x and y for 10 each. "
)

METRICS: tuple[Metric, ...] = (
    Metric(
        id="loyal",
        title="Repeat purchase rate",
        definition="Share of the customers with a purchase in the period that bought on two days "
        "or more.",
        formula=r"\frac{\left|\{ i : \mathrm{days}_i \ge 2 \}\right|}"
        r"{\left|\{ i : \mathrm{days}_i \ge 1 \}\right|}",
        unit="share",
        direction="up",
        basis=_periods(
            "repeat_purchase", "customers with a purchase in the period", _buying,
            lambda t: t.fact_days_bought >= 2,
        ),
        statistic=Share(),
        source="library.kpi.zone (customer loyalty: likelihood of a repeat purchase)",
        notes=("Purchases of one day are one, so that the lines of an order are no repeat; what "
               "went back altogether was no purchase.",
               "Who comes late in the period has had less time: loyal_365d gives all the same."),
        example=Example(
            "In January A bought on two days, B once, C twice on one day: one of three.",
            _ORDERS, 1 / 3, period="2026-01",
        ),
    ),
    Metric(
        id="loyal_365d",
        title=f"Repeat purchase within {COHORT_DAYS} days",
        definition=f"Share of the customers whose first purchase was in the period that bought "
        f"again within {COHORT_DAYS} days of it.",
        formula=r"\frac{\left|\{ i : t_{i,2} - t_{i,1} \le 365 \}\right|}{n}",
        unit="share",
        direction="up",
        basis=Basis(
            name="repeat_365d",
            source="purchase_histories",
            attribution=Attribution.STARTED,
            population="customers whose first purchase, not wholly returned, was in the period",
            belongs=lambda t: t.customer_id.notnull(),
            value=lambda t: t.fact_soon,
            pending=lambda t: ~t.fact_mature,
            pending_meaning=f"first bought less than {COHORT_DAYS} days before the cut-off",
        ),
        statistic=Share(),
        source="library.kpi.zone (repeat purchase), in mature cohorts only",
        example=Example(
            "A and B first bought on 1 January 2025, A again in December, B after 396 days; C is "
            "too young and pending: one of two.",
            _LATER, 0.5,
        ),
        variant_of="loyal",
    ),
    Metric(
        id="xsell",
        title="Cross-sell rate",
        definition="Share of the customers who had bought before the period that buy a product in "
        "it which they never bought before.",
        formula=r"\frac{\left|\{ i \in E : i\ \mathrm{buys\ a\ new\ product} \}\right|}{|E|}",
        unit="share",
        direction="up",
        basis=_periods(
            "cross_sold", "customers with a purchase before the period", _existing,
            lambda t: t.fact_new_products >= 1,
            exclusions=(_UNKNOWN,), needs=("transactions.product",),
        ),
        statistic=Share(),
        source="academy.practicalcsm.com (cross-sell)",
        notes=("Customers who cannot buy anything new, because they have it all, are in it.",),
        example=Example(
            _CROSS_STORY + "Of A, B and C only A bought something new: one third. D is new "
            "altogether.", _CROSS, 1 / 3, period="2026-01",
        ),
    ),
    Metric(
        id="attach",
        title="Attach rate",
        definition="Share of the customers with a purchase in the period that bought two or more "
        "different products in it.",
        formula=r"\frac{\left|\{ i : \mathrm{products}_i \ge 2 \}\right|}"
        r"{\left|\{ i : \mathrm{days}_i \ge 1 \}\right|}",
        unit="share",
        direction="up",
        basis=_periods(
            "attached", "customers with a purchase in the period", _buying,
            lambda t: t.fact_products >= 2,
            exclusions=(
                Exclusion(
                    "product_unknown", "bought something that nobody recorded, and fewer than two "
                    "known products", lambda t: t.fact_unknown_products & (t.fact_products < 2),
                ),
            ),
            needs=("transactions.product",),
        ),
        statistic=Share(),
        source="academy.practicalcsm.com (cross-sell), as attach rate",
        example=Example(
            _CROSS_STORY + "A and D bought two products, B one: two of three.",
            _CROSS, 2 / 3, period="2026-01",
        ),
        variant_of="xsell",
    ),
    Metric(
        id="xsell_revenue",
        title="Revenue from products new to the customer",
        definition="Net revenue from products that the customer never bought before, per net "
        "revenue of the period, of the customers who had bought before it.",
        formula=r"\frac{\sum_{i \in E} \mathrm{new}_i}{\sum_{i \in E} \mathrm{revenue}_i}",
        unit="share",
        direction="up",
        basis=_periods(
            "cross_sold_revenue", "customers with a purchase in the period and one before it",
            lambda t: _existing(t) & _buying(t), lambda t: t.fact_new_revenue,
            also={"per": lambda t: t.fact_revenue}, currency=lambda t: t.currency,
            exclusions=(SEVERAL_CURRENCIES, _UNKNOWN), needs=("transactions.product",),
        ),
        statistic=Ratio(unit="customer"),
        source="academy.practicalcsm.com (cross-sell), by revenue",
        example=Example(
            _CROSS_STORY + "30 of A's and B's 60: one half.", _CROSS, 0.5, period="2026-01",
        ),
        variant_of="xsell",
    ),
)  # fmt: skip
