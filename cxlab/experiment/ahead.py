"""What customers will still bring after the end of a run, by the formula of a lifetime."""

from __future__ import annotations

import numpy as np
import pandas as pd

from cxlab.experiment.companies import with_customers
from cxlab.scenario import Scenario
from cxlab.theory import lifetime_value

__all__ = ["later", "value_ahead"]


def value_ahead(runs: pd.DataFrame, scenario: Scenario) -> dict[str, float]:
    """Return by plan what a customer who has it at the end is worth then, discounted to the start.

    m r ÷ (1 + d − r), the lifetime value without the payment for the term that runs: what is paid
    already is not counted again. m is the margin of a term, with what customers buy besides in so
    many months; r the share that renewed of all terms of the plan that ended in all runs (where
    none did, as many leave a month as of all customers); d the discount of a term. The next payment
    is due half a term after the end, on average. Changes of plan are left out, and customers
    differ, so that it understates. NaN where nobody leaves and nothing is discounted.
    """
    life = with_customers(scenario).lifecycle
    assert life is not None
    months = runs["customer_months"].sum()
    leaving, extras = ((runs[of].sum() / months if months else 0.0) for of in ("lost", "extras"))
    horizon, yearly = scenario.horizon, 1 + life.discount_per_year
    years = (horizon.total_days - horizon.dropped_days) / 365.25
    values = {}
    for name, plan in life.plans.items():
        ended, term = runs[f"ended: {name}"].sum(), plan.term_months
        renewed = runs[f"renewed: {name}"].sum() / ended if ended else max(0, 1 - term * leaving)
        discount = yearly ** (term / 12) - 1
        if 1 + discount - renewed <= 0:
            values[str(name)] = float("nan")
            continue
        margin = term * (plan.price_per_month * plan.margin + extras)
        each = float(lifetime_value(margin, renewed, discount, "renewals"))
        values[str(name)] = each * yearly ** (term / 24 - years)
    return values


def later(runs: pd.DataFrame, values: dict[str, float]) -> pd.Series:
    """Return run by run what the customers there at the end are worth, by the value of each plan.

    NaN where somebody has a plan whose value is unknown, and where nobody is there in any run.
    """
    there = runs[[f"there: {name}" for name in values]]
    each = np.where(there > 0, there * list(values.values()), 0.0)
    known = bool(runs["customer_months"].sum())
    return pd.Series(each.sum(axis=1) if known else np.nan, index=runs.index)
