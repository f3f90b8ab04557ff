"""Retention of customers with a contract: shares kept, cohort curves, and how long they stay."""

from __future__ import annotations

import ibis.expr.types as ir

from cxlab.metrics.declaration import Attribution, Basis, Example, Exclusion, Metric
from cxlab.metrics.sources.value.lives import COHORT_DAYS
from cxlab.metrics.sources.value.windows import window_months
from cxlab.metrics.statistics import Fitted, Ratio, Share
from cxlab.metrics.value.churn import FIVE, FIVE_STORY, closed_cohort
from cxlab.metrics.value.fits import median_months, surviving, yearly
from cxlab.metrics.value.rows import ENDS, NOT_OVER, contracts, not_over

__all__ = ["METRICS", "lives"]

_KM = (
    "Kaplan & Meier (1958); Greenwood's limits on the log(−log) scale, Klein & Moeschberger (2003)"
)


def _everybody(rows: ir.Table) -> ir.BooleanValue:
    return rows.customer_id.notnull()


def lives(name: str, value: object, needs: tuple[str, ...] = (), **more: object) -> Basis:
    """Return the basis of all customers that ever had a contract, in the period they started."""
    return Basis(
        name=name,
        source="customer_lives",
        attribution=Attribution.STARTED,
        population="customers whose first contract, no trial, began in the period",
        belongs=_everybody,
        value=value,  # type: ignore[arg-type]
        needs=(ENDS, *needs),
        **more,  # type: ignore[arg-type]
    )


def _number(flag: ir.BooleanValue) -> ir.FloatingValue:
    number: ir.FloatingValue = flag.cast("int64").cast("float64")
    return number


KEPT = closed_cohort("kept", lambda t: t.fact_active_end)
LOST_IN = closed_cohort(
    "lost_in_months", lambda t: ~t.fact_active_end, also={"months": window_months}
)
NET = Basis(
    name="kept_net",
    source="customer_periods",
    attribution=Attribution.PERIOD_START,
    population="customers who were there at any time of the period",
    belongs=_everybody,
    value=lambda t: _number(t.fact_active_end) - _number(t.fact_joined),
    also={"per": lambda t: _number(t.fact_active_start)},
    pending=not_over,
    pending_meaning=NOT_OVER,
    needs=(ENDS,),
)
EVER = lives("ever_lost", lambda t: t.fact_gone)
STAY = lives("stay", lambda t: t.fact_days, also={"ended": lambda t: t.fact_ended})
REVENUE_EVER = lives(
    "revenue_ever",
    lambda t: _number(t.fact_gone) * t.fact_mrr_last,
    also={"per": lambda t: t.fact_mrr_last},
    needs=("subscriptions.mrr",),
    currency=lambda t: t.currency,
    exclusions=(
        Exclusion("several_currencies", "paid in several currencies", lambda t:
                  t.fact_currencies > 1),
    ),
)  # fmt: skip


def _after(days: int) -> Basis:
    return lives(
        f"there_after_{days}d",
        lambda t: t[f"fact_there_{days}"],
        pending=lambda t: ~t[f"fact_mature_{days}"],
        pending_meaning=f"began less than {days} days before the cut-off",
    )


_LIVES = contracts(
    {"customer_id": "A", "started_at": "2025-01-01", "ended_at": "2025-01-21"},
    {"customer_id": "B", "started_at": "2025-01-01", "ended_at": "2025-03-02"},
    {"customer_id": "C", "started_at": "2025-01-01", "ended_at": "2025-02-10"},
    {"customer_id": "C", "started_at": "2025-03-20"},
    {"customer_id": "D", "started_at": "2025-01-01"},
    {"customer_id": "E", "started_at": "2026-02-20"},
)
_LIVES_STORY = (
    "A, B, C and D began on 1 January 2025. A left after 20 days, B after 60, C after 40 and came "
    "back on 20 March; D stayed. E began 14 days before the cut-off. "
)
_COHORT = {30: (0.75, "B, C and D"), 90: (0.5, "C, back again, and D"), 365: (0.5, "C and D")}
# Days in order: 20 lost (of 5), 40 lost (of 4 − 1 censored at 14), 60 lost, D censored.
_CURVE = contracts(
    {"customer_id": "A", "started_at": "2025-01-01", "ended_at": "2025-01-21"},
    {"customer_id": "B", "started_at": "2025-01-01", "ended_at": "2025-08-01"},
    {"customer_id": "C", "started_at": "2026-01-01"},
    {"customer_id": "D", "started_at": "2024-01-01"},
    {"customer_id": "E", "started_at": "2024-01-01", "ended_at": "2025-01-15"},
)
_CURVE_STORY = (
    "A left after 20 days, B after 212, E after 380; C has been there for 64 days and D for 795, "
    "unfinished both. After 20 days 4 of 5 are left; C is out of sight before B leaves one of "
    "three: S = 4/5 × 2/3 = 8/15; E leaves one of two: 4/15. "
)
_SURVIVAL = {1: (0.8, "4/5"), 3: (0.8, "4/5"), 6: (0.8, "4/5"), 12: (8 / 15, "8/15"),
             24: (4 / 15, "4/15")}  # fmt: skip


def _cohort(days: int) -> Metric:
    value, who = _COHORT[days]
    return Metric(
        id=f"ret_{days}d",
        title=f"Retention {days} days after the start",
        definition=f"Share of the customers who began in the period that are there {days} days "
        "after their start; who left and came back is there.",
        formula=rf"\frac{{\left|\{{ i : i\ \mathrm{{active\ at}}\ s_i + {days}\ "
        rf"\mathrm{{days}} \}}\right|}}{{\left|\{{ i : s_i + {days}\ \mathrm{{days}} \le "
        r"\mathrm{as\ of} \}\right|}",
        unit="share",
        direction="up",
        basis=_after(days),
        statistic=Share(),
        source="cohort retention on day N, in mature cohorts only; academy.practicalcsm.com",
        notes=("By month of the start it is the cohort table's column.",),
        example=Example(
            _LIVES_STORY + f"After {days} days {who} are there, of four; E is pending.",
            _LIVES,
            value,
        ),
        variant_of="ret",
    )


def _survival(months: int) -> Metric:
    value, fraction = _SURVIVAL[months]
    length = f"{months} month{'s' if months > 1 else ''}"
    return Metric(
        id=f"ret_km_{months}",
        title=f"Share that stays longer than {length}",
        definition=f"Kaplan–Meier estimate of the share of customers whose first stay lasts "
        f"longer than {length}; those still there count so far.",
        formula=r"\hat S(t) = \prod_{t_j \le t} \left( 1 - \frac{d_j}{n_j} \right)",
        unit="share",
        direction="up",
        basis=STAY,
        statistic=Fitted(
            f"Kaplan–Meier S({length})", "Greenwood, log(−log)", ("value", "ended"),
            surviving(months),
        ),
        source=_KM,
        notes=("A month is 365.25 ÷ 12 days, a begun day a whole one; a stay that ends exactly "
               "then has ended.",),
        example=Example(_CURVE_STORY + f"After {length}: {fraction}.", _CURVE, value),
        variant_of="ret",
    )  # fmt: skip


METRICS: tuple[Metric, ...] = (
    Metric(
        id="ret",
        title="Customer retention",
        definition="Share of the customers there at the period's start who are there at its end; "
        "1 − churn.",
        formula=r"\mathrm{ret} = 1 - \mathrm{churn}",
        unit="share",
        direction="up",
        basis=KEPT,
        statistic=Share(),
        source="academy.practicalcsm.com; closed cohort as in churn",
        example=Example(
            FIVE_STORY + "Four of the five are left: 80 %.", FIVE, 0.8, period="2026-01"
        ),
    ),
    Metric(
        id="ret_net",
        title="Retention as (E − N) ÷ S",
        definition="Customers at the end less those who came in the period or came back in it, "
        "per customer at the start.",
        formula=r"\frac{E - N}{S}",
        unit="ratio",
        direction="up",
        basis=NET,
        statistic=Ratio(unit="customer", no_interval="it is no share of anybody"),
        source="the textbook form; academy.practicalcsm.com",
        notes=("Equal to retention only when nobody joins and leaves inside the period.",),
        example=Example(
            FIVE_STORY + "E = 4, N = 1, S = 5: 3 ÷ 5 = 0.6, though only one of five was lost.",
            FIVE, 0.6, period="2026-01",
        ),
        variant_of="ret",
    ),
    Metric(
        id="churn_yearly",
        title="Customer churn, as a year's at the same pace",
        definition="The period's churn compounded to twelve months.",
        formula=r"1 - (1 - \mathrm{churn})^{12 / m}",
        unit="share",
        direction="down",
        basis=LOST_IN,
        statistic=Fitted("churn compounded to a year", "Wilson, compounded", ("value", "months"),
                         yearly),
        source="compounding of a constant rate",
        notes=("5 % a month are 46.0 % a year, not 60 %.",
               "m is the period's length in months; a calendar month is one, whatever its days."),
        example=Example(
            FIVE_STORY + "20 % in a month: 1 − 0.8¹² = 93.1 %.", FIVE, 1 - 0.8**12, period="2026-01"
        ),
        variant_of="churn",
    ),
    Metric(
        id="churn_ever",
        title="Customers lost, of all there ever were",
        definition="Share of all customers who ever began that are not there at the cut-off.",
        formula=r"\frac{\mathrm{gone}}{\mathrm{ever\ began}}",
        unit="share",
        direction="down",
        basis=EVER,
        statistic=Share(),
        source="what snapshots without dates call churn (IBM Telco sample)",
        notes=("It grows with the age of the business and is no rate per period.",),
        example=Example(
            _LIVES_STORY + "A and B are gone, of five: 40 %.", _LIVES, 0.4
        ),
        variant_of="churn",
    ),
    Metric(
        id="churn_revenue_ever",
        title="Revenue lost, of all there ever was",
        definition="Last monthly revenue of the customers who are gone, of the last monthly "
        "revenue of all customers.",
        formula=r"\frac{\sum_{\mathrm{gone}} \mathrm{mrr}_i}{\sum_{\mathrm{all}} \mathrm{mrr}_i}",
        unit="share",
        direction="down",
        basis=REVENUE_EVER,
        statistic=Ratio(unit="customer"),
        source="as churn_ever, weighted by revenue",
        example=Example(
            "A paid 60 a month and left; B and C pay 20 each: 60 ÷ 100 = 60 %, with one customer "
            "of three.",
            contracts(
                {"customer_id": "A", "mrr": 60.0, "ended_at": "2026-01-15"},
                {"customer_id": "B", "mrr": 20.0},
                {"customer_id": "C", "mrr": 20.0},
            ),
            0.6,
        ),
        variant_of="churn",
    ),
    *(_cohort(days) for days in COHORT_DAYS),
    *(_survival(months) for months in _SURVIVAL),
    Metric(
        id="ret_median",
        title="Median time a customer stays",
        definition="Kaplan–Meier median of the length of a customer's first stay, in months; "
        "those still there count up to now.",
        formula=r"\min \{ t : \hat S(t) \le 0.5 \}",
        unit="months",
        direction="up",
        basis=STAY,
        statistic=Fitted("Kaplan–Meier median", "Brookmeyer & Crowley", ("value", "ended"),
                         median_months),
        source=_KM,
        notes=("Undefined while more than half are still there.",),
        example=Example(
            _CURVE_STORY + "S falls below one half at 380 days: 380 ÷ 30.4375 = 12.48 months.",
            _CURVE, 380 / (365.25 / 12),
        ),
        variant_of="ret",
    ),
)  # fmt: skip
