"""Revenue per account, per user, and per user of a feature."""

from __future__ import annotations

import math
from collections.abc import Callable

import ibis.expr.types as ir
import pandas as pd

from cxlab import stats
from cxlab.metrics.declaration import Attribution, Basis, Example, Metric
from cxlab.metrics.statistics import Fitted, Point, Ratio
from cxlab.metrics.value.revenue import SEVERAL_CURRENCIES
from cxlab.metrics.value.rows import NOT_OVER, Rows, contracts, not_over

__all__ = ["METRICS"]

Value = Callable[[ir.Table], ir.Value]


def _basis(
    name: str,
    source: str,
    population: str,
    belongs: Value,
    value: Value,
    also: dict[str, Value],
    needs: tuple[str, ...] = (),
) -> Basis:
    return Basis(
        name=name,
        source=source,
        attribution=Attribution.PERIOD_START,
        population=population,
        belongs=belongs,
        value=value,
        also=also,
        exclusions=(SEVERAL_CURRENCIES,),
        pending=not_over,
        pending_meaning=NOT_OVER,
        needs=("subscriptions.mrr", *needs),
        currency=lambda t: t.currency,
    )  # fmt: skip


def difference(cells: pd.DataFrame) -> Point:
    """Return the mean of users less that of the others (cells: used; sums: x, xx)."""
    sides = {}
    for used, part in cells.groupby(cells["used"].astype(bool)):
        n, x, xx = (float(part[c].sum()) for c in ("rows", "x", "xx"))
        mean = x / n
        spread = math.sqrt(max(xx / n - mean**2, 0.0) * n / (n - 1)) if n > 1 else math.nan
        low, high = (float(e) for e in stats.mean_interval(mean, spread, n))
        sides[bool(used)] = (mean, low, high)
    if len(sides) < 2:
        nobody = "nobody uses it" if False in sides else "everybody uses it"
        return Point(math.nan, math.nan, math.nan, nobody + ": there is nothing to compare")
    return Point(sides[True][0] - sides[False][0],
                 *stats.difference_interval(*sides[True], *sides[False]))  # fmt: skip


ACCOUNTS = _basis(
    "revenue_per_account", "account_periods", "accounts that paid at any time of the period",
    lambda t: t.fact_paying_days > 0, lambda t: t.fact_mrr_days,
    {"per": lambda t: t.fact_paying_days},
)  # fmt: skip
ALL_ACCOUNTS = _basis(
    "revenue_per_any_account", "account_periods",
    "accounts that were there at any time of the period, paying or not",
    lambda t: t.customer_id.notnull(), lambda t: t.fact_mrr_days, {"per": lambda t: t.fact_days},
)  # fmt: skip
USERS = _basis(
    "revenue_per_user", "account_periods",
    "accounts that were there at any time of the period, paying or not",
    lambda t: t.customer_id.notnull(), lambda t: t.fact_mrr_days,
    {"per": lambda t: t.fact_seat_days}, needs=("subscriptions.seats",),
)  # fmt: skip
FEATURE_USERS = _basis(
    "revenue_per_feature_user", "feature_periods",
    "customers of the period with a use of the feature, once for each feature",
    lambda t: t.fact_users > 0, lambda t: t.fact_monthly,
    {"per": lambda t: t.fact_users.cast("float64")},
)  # fmt: skip
FEATURE_OR_NOT = _basis(
    "revenue_by_feature_use", "feature_periods",
    "customers of the period, once for each feature that anybody used",
    lambda t: t.customer_id.notnull(), lambda t: t.fact_monthly,
    {"used": lambda t: t.fact_users > 0, "x": lambda t: t.fact_monthly,
     "xx": lambda t: t.fact_monthly * t.fact_monthly},
)  # fmt: skip

_ROWS: Rows = contracts(
    {"customer_id": "A", "mrr": 100.0, "seats": 10},
    {"customer_id": "B", "mrr": 50.0, "seats": 5},
    {"customer_id": "C", "mrr": 30.0, "seats": 2, "started_at": "2026-01-16"},
    {"customer_id": "D", "mrr": 0.0, "seats": 1},
)
_ROWS["customers"] = tuple(
    {"customer_id": i, "account_id": {"A": "X", "B": "X"}.get(i, i)} for i in "ABCD"
)
_ROWS["usage_events"] = tuple(
    {"customer_id": who, "user_id": user, "at": at, "feature": "reports"}
    for who, user, at in (
        ("A", "u1", "2026-01-05"), ("A", "u1", "2026-01-06"), ("A", "u2", "2026-01-07"),
        ("C", "u3", "2026-01-20"),
    )
)  # fmt: skip
_STORY = (
    "In January account X pays 150 a month for its customers A (100, 10 seats) and B (50, 5 "
    "seats), C (30, 2 seats) joins on the 16th, D (1 seat) uses the free plan. That is "
    "150 × 31 + 30 × 16 = 5,130 over the days. "
)
_USE = (
    "Customers A (100 a month, two users of reports), B (50, no use), C (30 from the 16th, 15.48 "
    "over the month, one user of reports) and D (free, no use). "
)
_C = 30 * 16 / 31
_SOURCE = "library.kpi.zone (average revenue per account; its text says per user)"

METRICS: tuple[Metric, ...] = (
    Metric(
        id="arpa",
        title="Average revenue per account",
        definition="Recurring revenue of the period per paying account and month, both by the day.",
        formula=r"\frac{\sum_i \mathrm{mrr}_i\, \mathrm{days}_i}{\sum_i \mathrm{paying\ days}_i}",
        unit="money",
        direction="up",
        basis=ACCOUNTS,
        statistic=Ratio(unit="account"),
        source=_SOURCE,
        notes=("Customers of one account are one; a customer without an account is one of its own.",
               "It is an amount a month, whatever the length of the period."),
        example=Example(_STORY + "Two paying accounts for 31 + 16 = 47 days: 109.15.", _ROWS,
                        5130 / 47, period="2026-01"),
    ),
    Metric(
        id="arpa_all",
        title="Average revenue per account, free ones included",
        definition="Recurring revenue of the period per account and month, paying or not.",
        formula=r"\frac{\sum_i \mathrm{mrr}_i\, \mathrm{days}_i}{\sum_i \mathrm{days}_i}",
        unit="money",
        direction="up",
        basis=ALL_ACCOUNTS,
        statistic=Ratio(unit="account"),
        source=_SOURCE,
        example=Example(_STORY + "Three accounts for 31 + 16 + 31 = 78 days: 65.77.", _ROWS,
                        5130 / 78, period="2026-01"),
        variant_of="arpa",
    ),
    Metric(
        id="arpu",
        title="Average revenue per user",
        definition="Recurring revenue of the period per seat and month.",
        formula=r"\frac{\sum_i \mathrm{mrr}_i\, \mathrm{days}_i}"
        r"{\sum_i \mathrm{seats}_i\, \mathrm{days}_i}",
        unit="money",
        direction="up",
        basis=USERS,
        statistic=Ratio(unit="account"),
        source=_SOURCE,
        notes=("Users are the seats of the contract, not the people who were active.",),
        example=Example(_STORY + "Seat-days 310 + 155 + 32 + 31 = 528: 9.72.", _ROWS, 5130 / 528,
                        period="2026-01"),
        variant_of="arpa",
    ),
    Metric(
        id="arpu_f",
        title="Revenue per user of a feature",
        definition="Monthly revenue of the customers with a use of the feature in the period, per "
        "person who used it.",
        formula=r"\frac{\sum_{i \in F} \mathrm{revenue}_i}{\sum_{i \in F} \mathrm{users}_i}",
        unit="money",
        direction="up",
        basis=FEATURE_USERS,
        statistic=Ratio(unit="customer"),
        source="library.kpi.zone (feature-based ARPU)",
        notes=("Ask by feature: without it a customer counts once for each feature it uses.",
               "Uses by programs do not count. It says nothing about what the feature causes."),
        example=Example(_USE + "115.48 by three users: 38.49.", _ROWS, (100 + _C) / 3,
                        period="2026-01", by="feature", group={"feature": "reports"}),
    ),
    Metric(
        id="arpu_f_diff",
        title="Revenue of users of a feature, less that of the others",
        definition="Mean monthly revenue of the customers who used the feature in the period, less "
        "that of the customers who did not.",
        formula=r"\overline{x}_{F} - \overline{x}_{\overline{F}}",
        unit="money",
        direction="depends",
        basis=FEATURE_OR_NOT,
        statistic=Fitted("difference of means", "Student t of each side, recovered variances",
                         ("used",), difference, ("x", "xx")),
        source="difference of group means; limits after Zou & Donner (2008)",
        notes=("Not causal: who uses a feature differs in other ways too (large customers use "
               "more of everything). Ask by feature.",),
        example=Example(_USE + "(100 + 15.48) ÷ 2 − (50 + 0) ÷ 2 = 32.74.", _ROWS,
                        (100 + _C) / 2 - 25, period="2026-01", by="feature",
                        group={"feature": "reports"}),
        variant_of="arpu_f",
    ),
)  # fmt: skip
