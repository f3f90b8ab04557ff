"""Customer lifetime value with a contract: the textbook forms, and retention that differs."""

from __future__ import annotations

from cxlab.metrics.declaration import Example, Metric
from cxlab.metrics.sources.value.windows import window_months
from cxlab.metrics.statistics import Fitted
from cxlab.metrics.value.churn import closed_cohort
from cxlab.metrics.value.fits import lifetime, renewing
from cxlab.metrics.value.retention import lives
from cxlab.metrics.value.revenue import SEVERAL_CURRENCIES
from cxlab.metrics.value.rows import contracts
from cxlab.theory import Payments

__all__ = ["METRICS"]

PAYING = closed_cohort(
    "kept_margin",
    lambda t: t.fact_active_end,
    also={
        "months": window_months,
        "discount": lambda t: t.fact_discount,
        "margin": lambda t: t.fact_margin,
        "square": lambda t: t.fact_margin * t.fact_margin,
    },
    exclusions=(SEVERAL_CURRENCIES,),
    needs=("subscriptions.mrr",),
    settings=("value.margin_share", "value.discount_per_year"),
    currency=lambda t: t.currency,
)
RENEWALS = lives("renewals", lambda t: t.fact_renewals, also={"ended": lambda t: t.fact_ended})

# 100 a year of margin at the setting's 75 %.
_ROWS = contracts(
    *(
        {"customer_id": who, "started_at": "2024-12-01", "mrr": 100 / 12 / 0.75, "ended_at": end}
        for who, end in zip("ABCDE", ("2025-06-01", None, None, None, None), strict=True)
    )
)
_STORY = (
    "Five customers with a margin of 100 a year each (75 % of the revenue, a setting); four are "
    "there a year later: m = 100, r = 0.8, d = 10 % (a setting). "
)
_NOTE_24 = "Fader & Hardie (2012), Reconciling and clarifying CLV formulas, note 024"
_NOTES = (
    "Margin share and discount are settings (value.margin_share, value.discount_per_year); the "
    "cost of acquisition is not taken off.",
    "m, r and d are those of the period asked for: a month's churn gives another number than a "
    "year's.",
    "Customers differ in r, and then the mean rate understates the value (see ret_sbg_12).",
)


def _form(
    metric_id: str,
    payments: Payments,
    title: str,
    definition: str,
    formula: str,
    value: float,
    story: str,
    notes: tuple[str, ...] = _NOTES,
) -> Metric:
    return Metric(
        id=metric_id,
        title=title,
        definition=definition,
        formula=formula,
        unit="money",
        direction="up",
        basis=PAYING,
        statistic=Fitted(
            f"lifetime value ({payments})", "delta method, one customer as the unit",
            ("value", "months", "discount"), lifetime(payments), ("margin", "square"),
        ),
        source=_NOTE_24,
        notes=notes,
        example=Example(_STORY + story, _ROWS, value, period="2025"),
        variant_of="" if metric_id == "clv" else "clv",
    )  # fmt: skip


# Of twelve who began in January, six left after one month, two after two and one after three:
# 1/2, 1/3, 1/4 are left, as the model with alpha = beta = 1 has it exactly.
_COHORT = contracts(
    *(
        {"customer_id": who, "started_at": "2026-01-01", "ended_at": end}
        for who, end in zip(
            "ABCDEFGHIJKL",
            (*["2026-02-01"] * 6, *["2026-03-01"] * 2, "2026-04-01", None, None, None),
            strict=True,
        )
    )
)
_COHORT_STORY = (
    "Twelve customers began on 1 January. Six left when the first month was over, two after the "
    "second, one after the third; three are left on 1 April. With alpha = beta = 1 the model has "
    "1/2, 1/3 and 1/4 left, exactly. "
)
_SBG = "Fader & Hardie (2007), How to project customer retention, J. Interactive Marketing 21"


def _sbg(
    metric_id: str,
    title: str,
    definition: str,
    formula: str,
    unit: str,
    statistic: Fitted,
    value: float,
    story: str,
    direction: str = "depends",
) -> Metric:
    return Metric(
        id=metric_id, title=title, definition=definition, formula=formula, unit=unit,
        direction=direction, basis=RENEWALS, statistic=statistic, source=_SBG,
        notes=("A renewal comes up each month after the start; who left in between did not make "
               "the next one. Customers in their first month say nothing yet.",),
        example=Example(_COHORT_STORY + story, _COHORT, value, as_of="2026-04-01"),
        variant_of="ret",
    )  # fmt: skip


_DENSITY = r"\theta \sim \mathrm{Beta}(\alpha, \beta)"
_CELLS = ("value", "ended")

METRICS: tuple[Metric, ...] = (
    _form(
        "clv", "advance", "Customer lifetime value, paid in advance",
        "Discounted margin of a customer who pays now and at every renewal, at the margin and the "
        "retention of the period.",
        r"m \sum_{t=0}^{\infty} \frac{r^t}{(1+d)^t} = m\, \frac{1+d}{1+d-r}", 100 * 1.1 / 0.3,
        "The first payment is now: 100 × 1.1 ÷ 0.3 = 366.67.",
    ),
    _form(
        "clv_renewals", "renewals", "Customer lifetime value, without the first payment",
        "Discounted margin of the renewals still to come, the payment of the current period left "
        "out.",
        r"m \sum_{t=1}^{\infty} \frac{r^t}{(1+d)^t} = m\, \frac{r}{1+d-r}", 100 * 0.8 / 0.3,
        "The first payment has been made: 100 × 0.8 ÷ 0.3 = 266.67.",
    ),
    _form(
        "clv_arrears", "arrears", "Customer lifetime value, paid in arrears",
        "Discounted margin of a customer whose every payment comes at the end of its period, also "
        "from those who do not renew.",
        r"m \sum_{t=1}^{\infty} \frac{r^{t-1}}{(1+d)^t} = m\, \frac{1}{1+d-r}", 100 / 0.3,
        "The naive reading: 100 ÷ (1 + 0.1 − 0.8) = 333.33.",
    ),
    _form(
        "clv_undiscounted", "undiscounted", "Margin × mean lifetime",
        "Margin of a period times the mean number of periods 1 ÷ churn, without discount.",
        r"\frac{m}{1 - r}", 500.0,
        "100 ÷ 0.2 = 500.",
        ("What sales decks call CLV; the discount would take off a quarter here.",),
    ),
    _sbg(
        "ret_sbg_12", "Retention after 12 renewals, projected",
        "Share of a cohort expected to make 12 monthly renewals, when customers differ in how "
        "likely they are to leave (shifted-beta-geometric).",
        r"S(12) = \frac{B(\alpha, \beta + 12)}{B(\alpha, \beta)}", "share",
        Fitted("shifted-beta-geometric S(12)", "delta method in the parameters", _CELLS,
               renewing(lambda m: float(m.survival(12)))),
        1 / 13, "S(12) = 1 ÷ 13 = 7.7 %, where a constant rate of the first month leaves 0.02 %.",
        "up",
    ),
    _sbg(
        "sbg_alpha", "Shifted-beta-geometric: alpha",
        "First parameter of the beta distribution of the probability to leave at a renewal.",
        _DENSITY, "parameter",
        Fitted("alpha", "Wald, of the logarithm", _CELLS, renewing(lambda m: m.alpha, 0)),
        1.0, "Alpha is 1.",
    ),
    _sbg(
        "sbg_beta", "Shifted-beta-geometric: beta",
        "Second parameter of the beta distribution of the probability to leave at a renewal.",
        _DENSITY, "parameter",
        Fitted("beta", "Wald, of the logarithm", _CELLS, renewing(lambda m: m.beta, 1)),
        1.0, "Beta is 1.",
    ),
)  # fmt: skip
