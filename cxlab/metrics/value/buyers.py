"""Customers without a contract: repeat purchases, new products, who is left, what they bring."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.statistics import Fitted, Mean, Ratio
from cxlab.metrics.value.models import buying, expected_value, gone, spending, still_there
from cxlab.metrics.value.revenue import SEVERAL_CURRENCIES
from cxlab.metrics.value.rows import Rows, customers, orders

__all__ = ["METRICS"]

_BG_NBD = 'Fader, Hardie & Lee (2005), "Counting your customers" the easy way, Marketing Science 24'
_GAMMA_GAMMA = "Fader & Hardie (2013), The gamma-gamma model of monetary value, note 025"
_NO_COST = "costs of goods are not recorded: the margin share of the settings is taken"


def _all(rows: ir.Table) -> ir.BooleanValue:
    return rows.customer_id.notnull()


def _bought(name: str, value: object, **more: object) -> Basis:
    return Basis(
        name=name,
        source="purchase_histories",
        attribution=Attribution.STARTED,
        population="customers whose first purchase, not wholly returned, was in the period",
        belongs=_all,
        value=value,  # type: ignore[arg-type]
        **more,  # type: ignore[arg-type]
    )


_MONEY = {"exclusions": (SEVERAL_CURRENCIES,), "currency": lambda t: t.currency}
_TIMES = {"last": lambda t: t.fact_last_days, "age": lambda t: t.fact_age_days}
HISTORY = _bought("history", lambda t: t.fact_x, also=_TIMES)
SPEND = Basis(
    name="history_spend",
    source="purchase_histories",
    attribution=Attribution.STARTED,
    population="customers with a repeat purchase whose first purchase was in the period",
    belongs=lambda t: t.fact_x > 0,
    value=lambda t: t.fact_x,
    also={"spend": lambda t: t.fact_repeat_mean},
    exclusions=(
        SEVERAL_CURRENCIES,
        Exclusion(
            "nothing_spent", "repeat purchases of value 0, or all of it refunded",
            lambda t: t.fact_repeat_mean <= 0,
        ),
    ),
    currency=lambda t: t.currency,
)  # fmt: skip
VALUE = _bought(
    "history_value", lambda t: t.fact_x,
    also={**_TIMES, "spend": lambda t: t.fact_repeat_mean, "horizon": lambda t: t.fact_horizon,
          "discount": lambda t: t.fact_discount, "margin": lambda t: t.fact_margin_share},
    **_MONEY,
    settings=("value.horizon_months", "value.discount_per_year", "value.margin_share"),
)  # fmt: skip
MARGIN = _bought(
    "margin_to_date", lambda t: t.fact_margin,
    assumes={"transactions.cost": _NO_COST}, **_MONEY,
    settings=("value.margin_share",),
)  # fmt: skip
PRODUCT = _bought(
    "simple_product", lambda t: t.fact_spent * t.fact_margin_share * t.fact_lifespan,
    also={"per": lambda t: t.fact_years}, **_MONEY,
    settings=("value.margin_share", "value.lifespan_years"),
)  # fmt: skip

# Thirty customers watched for 39 weeks: repeat purchases and the day of the last one.
HISTORIES = (
    *[(0, 0)] * 4, (1, 4), (1, 5), (1, 6), (1, 11), (1, 17), (1, 23), (1, 26), (1, 28), (1, 40),
    (1, 41), (1, 41), (1, 43), (1, 46), (1, 95), (2, 39), (2, 41), (2, 50), (2, 115), (2, 218),
    (3, 114), (3, 159), (5, 259), (6, 145), (7, 262), (10, 233), (12, 271),
)  # fmt: skip


def _thirty() -> Rows:
    """Return purchases with these histories, the repeat days spread evenly."""
    lines: list[Mapping[str, Any]] = []
    for number, (repeats, last) in enumerate(HISTORIES):
        days = [0, *(round(last * k / repeats) for k in range(1, repeats + 1))]
        for k, day in enumerate(days):
            amount = (8 + 11 * number % 37) * (1 + 0.5 * ((number + k) % 3 - 1))
            at = (dt.date(2025, 1, 1) + dt.timedelta(days=day)).isoformat()
            lines.append({"transaction_id": f"o{len(lines)}", "customer_id": f"c{number}",
                          "at": at, "amount": amount})  # fmt: skip
    ids = tuple({"customer_id": f"c{i}"} for i in range(len(HISTORIES)))
    return {"customers": ids, "transactions": tuple(lines)}


_ROWS = _thirty()
_STORY = (
    "Thirty customers first bought on 1 January 2025 and are watched for 39 weeks; four never "
    "bought again, one did twelve times. "
)
_AS_OF = "2025-10-02"


def _model(
    metric_id: str,
    title: str,
    definition: str,
    formula: str,
    unit: str,
    basis: Basis,
    statistic: Fitted,
    value: float,
    story: str,
    source: str,
    direction: str = "depends",
    variant_of: str = "",
    notes: tuple[str, ...] = (),
) -> Metric:
    return Metric(
        id=metric_id, title=title, definition=definition, formula=formula, unit=unit,
        direction=direction, basis=basis, statistic=statistic, source=source, notes=notes,
        example=Example(_STORY + story, _ROWS, value, as_of=_AS_OF), variant_of=variant_of,
    )  # fmt: skip


_WALD = "Wald, of the logarithm"
_KNOWN = (
    "Purchases of one day (in the log's zone) are one; one that went back altogether is none.",
    "Time runs from the first purchase to the last whole day before the cut-off, in weeks.",
)


def _bg_nbd(letter: str, place: int, meaning: str, value: float) -> Metric:
    return _model(
        f"bgnbd_{letter}", f"BG/NBD: {letter}", f"{meaning} in the BG/NBD model of the purchases.",
        r"\lambda \sim \Gamma(r, \alpha), \quad p \sim \mathrm{Beta}(a, b)", "parameter", HISTORY,
        Fitted(letter, _WALD, ("value", "last", "age"), buying(place)), value,
        "The maximum of the likelihood, also found by another program from the paper's (6).",
        _BG_NBD, notes=_KNOWN,
    )  # fmt: skip


def _gamma_gamma(letter: str, place: int, meaning: str, value: float) -> Metric:
    return _model(
        f"gg_{letter}", f"Gamma-gamma: {letter}",
        f"{meaning} in the gamma-gamma model of what a purchase is worth.",
        r"z_{ij} \sim \Gamma(p, \nu_i), \quad \nu_i \sim \Gamma(q, \gamma)", "parameter", SPEND,
        Fitted(letter, _WALD, ("value", "spend"), spending(place)), value,
        "The maximum of the likelihood of the 26 who bought again, also found by another program.",
        _GAMMA_GAMMA,
        notes=("Fitted to customers with a repeat purchase, and to the mean of these.",),
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    _model(
        "churn_bgnbd", "Share of customers who have left, without a contract",
        "Mean probability that a customer has left for good, from how often and how recently each "
        "bought (BG/NBD).",
        r"1 - \overline{P(\mathrm{alive} \mid x, t_x, T)}", "share", HISTORY,
        Fitted("mean of 1 − P(alive)", "delta method in the parameters", ("value", "last", "age"),
               gone),
        0.6692563535, "Worked out by another program from the paper.", _BG_NBD, "down", "churn",
        ("Nobody tells when a customer without a contract leaves; this is a model's estimate. It "
         "takes customers who never bought again for alive.",),
    ),
    _model(
        "alive_bgnbd", "Share of customers who are still there, without a contract",
        "Mean probability that a customer will buy again some day, from how often and how recently "
        "each bought (BG/NBD).",
        r"\overline{P(\mathrm{alive} \mid x, t_x, T)}", "share", HISTORY,
        Fitted("mean of P(alive)", "delta method in the parameters", ("value", "last", "age"),
               still_there),
        0.3307436465, "Worked out by another program from the paper.", _BG_NBD, "up", "ret",
    ),
    _bg_nbd("r", 0, "Shape of the distribution of purchase rates", 1.5434355585),
    _bg_nbd("alpha", 1, "Rate, in weeks, of the distribution of purchase rates", 9.1070895289),
    _bg_nbd("a", 2, "First parameter of the distribution of the chance to leave", 0.5002687962),
    _bg_nbd("b", 3, "Second parameter of the distribution of the chance to leave", 0.4494999621),
    _gamma_gamma("p", 0, "Shape of the distribution of one customer's purchases", 2.2540394084),
    _gamma_gamma("q", 1, "Shape of the distribution over customers", 13.282958607),
    _gamma_gamma("gamma", 2, "Rate of the distribution over customers", 142.9939652),
    _model(
        "clv_bgnbd", "Customer value ahead, without a contract",
        "Mean expected margin of a customer's purchases within the horizon from now on, "
        "discounted, by BG/NBD and gamma-gamma.",
        r"\mathrm{margin} \cdot \overline{E[M \mid x, m] \sum_{t} \frac{E[X(t, t+1)]}{(1+d)^{t}}}",
        "money", VALUE,
        Fitted("BG/NBD × gamma-gamma", "none (see the parameters' own intervals)",
               ("value", "last", "age", "spend", "horizon", "discount", "margin"), expected_value),
        54.537686631, "Within 36 months at 10 % a year and a margin of 75 % (settings), also "
        "worked out day by day by another program.",
        "Fader, Hardie & Lee (2005), RFM and CLV, J. Marketing Research 42", "up", "clv",
        ("Horizon, discount and margin are settings (value.horizon_months, …).",
         "How often and how much are taken to be unrelated: check their correlation. Past "
         "purchases and the cost of acquisition are not in it.",),
    ),
    Metric(
        id="clv_historic",
        title="Customer value to date",
        definition="Mean margin that a customer has brought up to the cut-off, refunds taken off.",
        formula=r"\frac{1}{n} \sum_i \sum_j (\mathrm{amount}_{ij} - \mathrm{cost}_{ij})",
        unit="money",
        direction="up",
        basis=MARGIN,
        statistic=Mean(),
        source="the project's own definition: margin to date",
        notes=("By the month of the first purchase; the old have had more time than the young.",
               "A refund counts for its customer, whenever it came up to the cut-off."),
        example=Example(
            "A bought for 100 (cost 60) and 50 (cost 30), and the 50 went back in March; B bought "
            "for 40 (cost 20). A brought 40, B 20: 30 on average. On 28 February A had brought 60.",
            {
                "customers": customers("AB"),
                "transactions": (
                    {"transaction_id": "1", "customer_id": "A", "at": "2026-01-05",
                     "amount": 100.0, "cost": 60.0},
                    {"transaction_id": "2", "customer_id": "A", "at": "2026-02-05",
                     "amount": 50.0, "cost": 30.0},
                    {"transaction_id": "3", "customer_id": "A", "at": "2026-03-02",
                     "amount": -50.0, "cost": -30.0, "is_refund": True, "refers_to": "2"},
                    {"transaction_id": "4", "customer_id": "B", "at": "2026-01-20",
                     "amount": 40.0, "cost": 20.0},
                ),
            },
            30.0,
        ),
        variant_of="clv",
    ),
    Metric(
        id="clv_simple",
        title="Purchase value × frequency × lifespan × margin",
        definition="Net spending per customer and year observed, times the margin share and the "
        "lifespan of the settings.",
        formula=r"\frac{\sum_i \mathrm{spent}_i}{\sum_i \mathrm{years}_i} \cdot "
        r"\mathrm{lifespan} \cdot \mathrm{margin}",
        unit="money",
        direction="up",
        basis=PRODUCT,
        statistic=Ratio(unit="customer"),
        source="the project's own definition: the simple product of textbooks",
        notes=("The lifespan (value.lifespan_years, 3) is an assumption and not measured; nothing "
               "is discounted, no cost of acquisition is taken off.",),
        example=Example(
            "A spent 200 and B 100 in the 365 days since 1 January 2025, their first purchase: 300 "
            "in 2 × 365 ÷ 365.25 years, × 3 years × 75 % = 337.73.",
            orders(
                ("A", "2025-01-01", 150.0), ("A", "2025-05-01", 50.0), ("B", "2025-01-01", 100.0)
            ),
            300 / (730 / 365.25) * 3 * 0.75, as_of="2026-01-01",
        ),
        variant_of="clv",
    ),
)  # fmt: skip
